"""Which revisions a command runs, decided by Alembic's `RevisionMap`; pure: no file is run, no database asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from shlex import quote
from typing import Literal, NamedTuple

from alembic.runtime.migration import StampStep
from alembic.script.revision import MultipleHeads as AlembicMultipleHeads
from alembic.script.revision import RangeNotAncestorError, ResolutionError, Revision, RevisionError, RevisionMap

from .errors import (
    DatabaseRevisionUnknown,
    MultipleHeads,
    RevisionAmbiguous,
    RevisionNotFound,
    TargetInvalid,
    VersionTableBroken,
)
from .history import History
from .history.target import BASE, CURRENT, Resolver, Target, parse
from .journal import Attempt, last_applied, provenance_of

Direction = Literal["upgrade", "downgrade"]


class Step(NamedTuple):
    """One revision to run, in one direction."""

    revision: str
    message: str
    direction: Direction


class Plan(NamedTuple):
    """What will be done, in order.

    Attributes:
        direction: up or down.
        heads: where the database was when the plan was made.
        steps: what to run.
        is_relative: whether the target was counted from where the database was.
        empties: whether no revision is left afterwards.
    """

    direction: Direction
    heads: tuple[str, ...]
    steps: tuple[Step, ...]
    is_relative: bool = False
    empties: bool = False


class Planner:
    """Plans for a database at `heads`.

    Args:
        history: the revision files.
        revision_map: the same, as Alembic sees them.
        heads: what the version table holds.
        attempts: the journal: it knows where a revision came from that no file has.

    Raises:
        RevisionFileBroken, HistoryBroken: the revision files do not hold together.
        DatabaseRevisionUnknown: the version table holds a revision that no file has.
        VersionTableBroken: it holds a revision and one of its ancestors.
    """

    def __init__(
        self,
        history: History,
        revision_map: RevisionMap,
        heads: tuple[str, ...],
        attempts: Collection[Attempt] = (),
    ) -> None:
        check_known(history, heads, attempts)
        if contradiction := history.contradiction(heads):
            raise contradiction
        self._history = history
        self._map = revision_map
        self._heads = heads

    def upgrade(self, text: str) -> Plan:
        """The revisions between where the database is and the target, oldest first.

        Raises:
            TargetInvalid, RevisionNotFound, RevisionAmbiguous, MultipleHeads: there is no such way.
            VersionTableBroken: the rows of the version table contradict each other.
        """
        parsed = parse(text)
        if parsed.symbol is None and parsed.steps < 0:
            raise TargetInvalid(f'"{text}" goes down, and upgrade goes up', hint=f"whimbrel downgrade {text}")
        target = self._absolute(parsed)
        with self._explained(text, "upgrade"):
            revisions = list(self._map.iterate_revisions(target, self._heads, implicit_base=True))
        return self._plan("upgrade", reversed(revisions), parsed.symbol is None)

    def downgrade(self, text: str) -> Plan:
        """The revisions to take back until the database is at the target, newest first.

        Raises:
            As `upgrade`. `-N` with several heads is ambiguous: Alembic warns, and takes one of them by chance.
        """
        parsed = parse(text)
        if parsed.symbol is None and parsed.steps > 0:
            raise TargetInvalid(f'"{text}" goes up, and downgrade goes down', hint=f"whimbrel upgrade {text}")
        if parsed.symbol is None:
            self._check_for_one_way_down(parsed)
        target = self._absolute(parsed)
        with self._explained(text, "downgrade"):
            revisions = list(self._map.iterate_revisions(self._heads, target, select_for_downgrade=True))
        return self._plan("downgrade", revisions, parsed.symbol is None)

    def undo(self, revision: str) -> Plan:
        """One revision to take back, and no other: of a fork or of a new line, `downgrade` takes back more.

        Args:
            revision: its id. It is applied, and nothing that comes after it is.
        """
        with self._explained(revision, "downgrade"):
            found = self._map.get_revision(revision)
        assert isinstance(found, Revision)
        return self._plan("downgrade", [found], is_relative=False)

    def stamp(self, texts: Iterable[str], changes: StampChanges) -> list[StampStep]:
        """The changes of the version table that put the database at the targets.

        One target after the other: Alembic derives the changes for all of them from the rows before the first, and
        then changes rows that are gone, or deletes what it has just written.

        Args:
            texts: the targets.
            changes: Alembic's changes for one target, from the rows that are there.

        Raises:
            As `stamp_targets`.
            VersionTableBroken: the rows of the version table contradict each other.
        """
        return self._stamp(texts, changes)[0]

    def stamped(self, texts: Iterable[str], changes: StampChanges) -> tuple[str, ...]:
        """What the version table holds after `stamp`, with the same arguments, and errors."""
        return self._stamp(texts, changes)[1]

    def _stamp(self, texts: Iterable[str], changes: StampChanges) -> tuple[list[StampStep], tuple[str, ...]]:
        """The changes, and the rows after them."""
        rows, steps = self._heads, list[StampStep]()
        for target in self.stamp_targets(texts):
            try:
                following = self._stamp_changes(target, rows, changes)
            except AssertionError as error:
                raise self._overlapping(f"one of them comes before {target} and another one after it") from error
            for step in following:
                rows = (*(row for row in rows if row not in step.from_revisions), *step.to_revisions)
            steps += following
        return steps, rows

    def _stamp_changes(self, target: str, rows: tuple[str, ...], changes: StampChanges) -> list[StampStep]:
        """The changes for one target; a new line is said to fork from the row that there was, as in Alembic."""
        steps = changes(target, rows)
        if not steps or steps[0].from_revisions:
            return steps
        forking = changes(target, self._heads)
        return forking if forking and all(step.is_upgrade for step in forking) else steps

    def stamp_targets(self, texts: Iterable[str]) -> tuple[str, ...]:
        """What to stamp, in words that Alembic knows: what is to be cleared, then ids. Every target is accepted.

        Raises:
            TargetInvalid, RevisionNotFound, RevisionAmbiguous, MultipleHeads: a target names nothing.
        """
        clears: list[str] = []
        revisions: list[str] = []
        for text in texts:
            found = self._stamped(parse(text))
            revisions += found
            if not found:
                branch = parse(text).branch
                clears.append(f"{branch}@{BASE}" if branch else BASE)
        if contradiction := self._history.contradiction(revisions):
            raise TargetInvalid(
                f"a database cannot be at {' and '.join(revisions)}: one of them includes another",
                why=contradiction.what,
                hint="name the newest revision of each line",
            )
        return tuple(dict.fromkeys([*clears, *self._dependencies_first(revisions)]))

    def _stamped(self, target: Target) -> tuple[str, ...]:
        """The revisions that a target of `stamp` names; none for base.

        `+N` and `-N` name the revision at which `upgrade` and `downgrade` would end. Without a row there is nothing to
        go down from, and `-N` counts from the heads, as in Alembic.
        """
        if target.symbol is None and target.steps > 0:
            with self._explained(target.text, "upgrade"):
                ends = self._map._parse_upgrade_target(self._heads, target.text, assert_relative_length=True)
        elif target.symbol is None and self._heads:
            self._check_for_one_way_down(target)
            with self._explained(target.text, "downgrade"):
                ends = self._map._parse_downgrade_target(self._heads, target.text, assert_relative_length=True)[1:]
        else:
            return Resolver(self._history, self._heads).revisions(target.text)
        return tuple(end.revision for end in ends if isinstance(end, Revision))

    def _dependencies_first(self, revisions: Collection[str]) -> list[str]:
        """Each after those that it depends on, which lose their row to it then, as in an upgrade."""
        return sorted(revisions, key=lambda name: len(self._history.ancestors([name], effective=True) & {*revisions}))

    def _check_for_one_way_down(self, target: Target) -> None:
        if target.branch is None and len(self._heads) > 1:
            raise RevisionAmbiguous(
                f'"{target.text}" could go down from {len(self._heads)} heads: {", ".join(self._heads)}',
                state="nothing was changed",
                hint=f"go along one: {self._heads[0]}@{target.text}, or LABEL@{target.text}, "
                "or name the revision to end at",
            )

    def _absolute(self, target: Target) -> str:
        """A target that Alembic understands: `current` is not among its words."""
        if target.symbol != CURRENT:
            return target.text
        return Resolver(self._history, self._heads).one(target.text) or BASE

    def _plan(self, direction: Direction, revisions: Iterable[Revision], is_relative: bool) -> Plan:
        steps = (Step(r.revision, self._history[r.revision].message, direction) for r in revisions)
        plan = Plan(direction, self._heads, tuple(steps), is_relative)
        return plan._replace(empties=direction == "downgrade" and self._takes_all_back(plan))

    def _takes_all_back(self, plan: Plan) -> bool:
        applied = set(self._history.ancestors(self._heads, effective=True))
        return bool(plan.steps) and applied <= {step.revision for step in plan.steps}

    @contextmanager
    def _explained(self, text: str, direction: Direction) -> Iterator[None]:
        """Alembic's errors in our words."""
        at = ", ".join(self._heads) or BASE
        try:
            yield
        except AlembicMultipleHeads as error:
            raise MultipleHeads(
                f'"{text}" means one head and there are {len(error.heads)}: {", ".join(error.heads)}',
                hint="heads for all of them, LABEL@head for one, or join them: whimbrel merge heads",
            ) from error
        except ResolutionError as error:
            raise self._unresolved(error, text) from error
        except RangeNotAncestorError as error:
            raise TargetInvalid(
                f"{text} is not a revision to {direction} to from {at}",
                why="it is on another line of revisions" if direction == "upgrade" else "it is not applied",
                hint="whimbrel history -i shows where the database is",
            ) from error
        except RevisionError as error:
            if "overlaps with" in str(error):
                raise self._overlapping(str(error)) from error
            raise self._out_of_reach(text, at, direction, str(error)) from error
        except AssertionError as error:
            # Alembic asserts that a branch has one current revision instead of saying that it has not.
            raise TargetInvalid(
                f'"{text}" cannot be reached from {at}',
                why="the branch it names has no single current revision",
                hint="name the revision to end at",
            ) from error

    def _overlapping(self, why: str) -> VersionTableBroken:
        """The error for rows of which one depends on another; `History.contradiction` is about single lines."""
        return VersionTableBroken(
            f"the version table holds revisions that include each other: {', '.join(self._heads)}",
            why=why,
            state="nothing was changed",
            hint="whimbrel stamp --purge REVISION writes the right one; find it with whimbrel history",
        )

    def _out_of_reach(self, text: str, at: str, direction: Direction, words: str) -> TargetInvalid | RevisionAmbiguous:
        """Alembic's words for a walk that does not end well, in ours."""
        if words == "Ambiguous walk":
            parents = (
                [p for head in self._heads for p in self._history.parents(head)] if direction == "downgrade" else []
            )
            return RevisionAmbiguous(
                f'"{text}" can go more than one way from {at}',
                hint=f"name the revision to end at, for example {parents[0]}" if parents else "name the revision",
            )
        past = "didn't produce" in words or words == "Walked too far"
        return TargetInvalid(
            f'"{text}" cannot be reached from {at}',
            why="that is further than the history goes" if past else words,
            hint="whimbrel history -i shows where the database is",
        )

    def _unresolved(self, error: ResolutionError, text: str) -> RevisionNotFound | RevisionAmbiguous:
        if str(error).startswith("Multiple revisions start"):
            return RevisionAmbiguous(str(error).rstrip("."), hint="write more of it")
        try:
            Resolver(self._history, self._heads).revisions(text)
        except (RevisionNotFound, RevisionAmbiguous) as ours:
            return ours
        return RevisionNotFound(str(error))


def check_known(history: History, heads: Iterable[str], attempts: Collection[Attempt] = ()) -> None:
    """Refuse a database that is at a revision no file has.

    Args:
        history: the revision files.
        heads: what the version table holds.
        attempts: the journal, which may know where the revision came from.

    Raises:
        RevisionFileBroken, HistoryBroken: the files do not hold together; one of them may have the revision.
        DatabaseRevisionUnknown
    """
    history.check()
    for head in heads:
        if head not in history:
            raise _unknown(head, attempts)


def _unknown(head: str, attempts: Collection[Attempt]) -> DatabaseRevisionUnknown:
    provenance, attempt = provenance_of(attempts, head), last_applied(attempts, head)
    search = f"-- {quote(f':/*{attempt.file}')}" if attempt and attempt.file else f"-S {head}"
    return DatabaseRevisionUnknown(
        f"the database is at {head}, which no revision file has",
        why=f"it was {provenance}"
        if provenance
        else "the file was deleted or renamed, or the database was upgraded from another git branch",
        state="nothing was changed",
        hint=f"git log --all {search} finds the file; if it is gone for good: whimbrel stamp --purge REVISION",
    )


Plans = Callable[[Planner], Plan]
StampChanges = Callable[[str, tuple[str, ...]], list[StampStep]]
