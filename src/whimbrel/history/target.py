"""What was asked for, and which revisions that means: one grammar for every command.

    target  = [branch "@"] symbol [("+" | "-") N]
            | [branch "@"] ("+" | "-") N
    symbol  = "head" | "heads" | "base" | "current" | revision | prefix of a revision | branch label
    range   = [target] ":" [target]

It is Alembic's, with the same meaning wherever Alembic accepts it, and `± N` accepted everywhere (Alembic takes
`head-1` to `upgrade` but not to `show`). What follows a target is an error: Alembic reads `+1abc` as `+1`.
"""

from __future__ import annotations

import re

from ..errors import MultipleHeads, RevisionAmbiguous, RevisionNotFound, TargetInvalid
from ..record import TYPE_CHECKING, Record
from .graph import History

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

BASE = "base"
CURRENT = "current"
HEAD = "head"
HEADS = "heads"

_TARGET = re.compile(r"(?:(?P<branch>[^@]+)@)?(?P<symbol>[^@+:-]+)?(?P<steps>[+-]\d{1,9})?")
_SHORTEST_PREFIXED = 4  # Alembic completes only ids that have at least this many characters.


class Target(Record):
    """A parsed target; at least one of `symbol` and `steps` is given."""

    text: str
    branch: str | None
    symbol: str | None
    steps: int

    @property
    def asks_database(self) -> bool:
        """Whether it counts from where the database is: `current`, or `+N` from nowhere else."""
        return self.symbol == CURRENT or (self.symbol is None and self.steps > 0)


def parse(text: str) -> Target:
    """Read a target.

    Raises:
        TargetInvalid: the text is not a target, whatever the revisions are.
    """
    match = _TARGET.fullmatch(text)
    # Steps of nothing and from nowhere mean nothing; Alembic refuses `+0` as well.
    if match is None or not (match["symbol"] or int(match["steps"] or 0)):
        raise TargetInvalid(
            f'"{text}" is not a revision target',
            why="a target is head, heads, base, current, a revision or branch label, with +N or -N behind it if wanted",
            hint="for example  head  +1  -1  ae10  ae10+2  billing@head",
        )
    return Target(text, match["branch"], match["symbol"], int(match["steps"] or 0))


def parse_range(text: str) -> tuple[str, str]:
    """The two sides of `START:END`; either may be empty.

    Raises:
        TargetInvalid: there is not exactly one colon.
    """
    start, colon, end = text.strip().partition(":")
    if not colon or ":" in end:
        raise TargetInvalid(
            f'"{text}" is not a range of revisions',
            hint="a range is START:END, START: or :END, for example  ae10:head  or  -3:current",
        )
    return start, end


class Resolver:
    """Turns targets into revisions of one history.

    Args:
        history: the revisions.
        current: where the database is; None when nobody has asked it, so that `current` is refused.
    """

    def __init__(self, history: History, current: Collection[str] | None = None) -> None:
        self._history = history
        self._current = current

    def revisions(self, text: str, *, stop_at_end: bool = False) -> tuple[str, ...]:
        """The revisions that a target names: one, several for `heads` or `current`, none for `base`.

        Args:
            text: the target.
            stop_at_end: take the last revision there is, if the steps go further than the history.

        Raises:
            TargetInvalid, RevisionNotFound, RevisionAmbiguous, MultipleHeads.
        """
        target = parse(text)
        if target.symbol is None:
            starts = self._starts_of_relative(target)
            return _unique(self._walk(start, target) for start in starts)
        if target.steps:
            # On the way up a branch chooses the way, not the start; of several current revisions it chooses one.
            on_branch = target.steps < 0 or target.symbol == CURRENT
            start = self._symbol(target if on_branch else target._replace(branch=None))
            if len(start) > 1:
                raise RevisionAmbiguous(
                    f'"{text}" starts from several revisions: {", ".join(start)}', hint=f"name one of them: {start[0]}"
                )
            return _unique([self._walk(start[0] if start else None, target, stop_at_end=stop_at_end)])
        return self._symbol(target)

    def one(self, text: str) -> str | None:
        """The single revision that a target names, or None for `base`.

        Raises:
            RevisionAmbiguous: it names several; and what `revisions` raises.
        """
        revisions = self.revisions(text)
        if len(revisions) > 1:
            raise RevisionAmbiguous(
                f'"{text}" means {len(revisions)} revisions: {", ".join(revisions)}',
                hint=f"name one of them, for example {revisions[0]}",
            )
        return revisions[0] if revisions else None

    def between(self, start: str, end: str) -> list[str]:
        """The revisions of the range `start:end`, both included, newest first.

        Args:
            start: a target, or empty for `base`; `-N` counts back from the end, as Alembic's tutorial says
                (`-r -3:current`; Alembic itself counts from the heads, so that this fails unless they are one).
            end: a target, or empty for `heads`; `+N` counts on from the start.

        Raises:
            TargetInvalid: the start does not come before the end; and what `revisions` raises.
        """
        starts, ends = self._range(start or BASE, end or HEADS)
        history = self._history
        wanted = history.ancestors(ends, effective=True)
        if not wanted.issuperset(starts):
            raise TargetInvalid(
                f"{start or BASE} does not come before {end or HEADS}",
                why="a range goes up one line of revisions, from its older end to its newer one",
                hint=f"perhaps  {end or HEADS}:{start}" if start and end else "whimbrel history shows the lines",
            )
        if starts:
            after = history.descendants(starts)
            if after.isdisjoint(ends):  # only dependencies lead from the start to the end
                after = history.descendants(starts, effective=True)
            wanted = (wanted - history.ancestors(starts, effective=True)) & after | set(starts)
        return history.newest_first(wanted, ends)

    def _range(self, start: str, end: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        first, last = parse(start), parse(end)
        if last.symbol is None and last.steps > 0:
            starts = self.revisions(start)
            ends = _unique(self._walk(name, last, stop_at_end=True) for name in starts or (None,))
            return starts, self._on_branch_of_start(ends, first)
        ends = self.revisions(end, stop_at_end=True)
        if first.symbol is None and first.steps < 0:
            ends_on_branch = self._on_branch(ends, first.branch)
            return _unique(self._walk(name, first, stop_at_end=True) for name in ends_on_branch), ends
        return self.revisions(start), self._on_branch_of_start(ends, first)

    def _on_branch_of_start(self, ends: tuple[str, ...], start: Target) -> tuple[str, ...]:
        """A range that starts on a branch ends where its label is; on its line, if it is a revision without a label."""
        if start.branch is None:
            return ends
        history, branch = self._history, start.branch
        labels = {branch} if branch in history.labelled else {*history.labels(self._revision(branch, None))}
        if not labels:
            return self._on_branch(ends, branch)
        return tuple(name for name in ends if labels.intersection(history.labels(name)))

    # -- symbols --------------------------------------------------------------------------------

    def _symbol(self, target: Target) -> tuple[str, ...]:
        history, branch = self._history, target.branch
        match target.symbol:
            case "heads":
                return self._on_branch(history.heads, branch) if branch else history.effective_heads
            case "head":
                return self._single_head(target)
            case "base":
                return ()
            case "current":
                return self._on_branch(self._currents(target), branch)
            case _:
                return (self._revision(target.symbol or "", branch),)

    def _single_head(self, target: Target) -> tuple[str, ...]:
        heads = self._on_branch(self._history.heads, target.branch)
        if len(heads) > 1:
            prefix = f"{target.branch}@" if target.branch else ""
            raise MultipleHeads(
                f'"{target.text}" means one head and there are {len(heads)}: {", ".join(heads)}',
                hint=f"{prefix}heads for all of them, LABEL@head for one, or join them: whimbrel merge {prefix}heads",
            )
        return heads

    def _currents(self, target: Target) -> tuple[str, ...]:
        if self._current is None:
            raise TargetInvalid(
                f'"{target.text}" depends on the database, and this command does not ask it',
                hint="name a revision, head, or a label",
            )
        unknown = [name for name in self._current if name not in self._history]
        if unknown:
            raise self._not_found(unknown[0])
        return tuple(self._current)

    def _revision(self, name: str, branch: str | None) -> str:
        candidates = self._candidates(name)
        if branch is not None:
            candidates = self._on_branch(candidates, branch)
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            raise RevisionAmbiguous(
                f'"{name}" is the beginning of {len(candidates)} revisions: {", ".join(candidates[:4])}',
                hint="write more of it",
            )
        raise self._not_found(name, branch)

    def _candidates(self, name: str) -> tuple[str, ...]:
        """The revision of this id or label, else all whose id or label begins with it."""
        history = self._history
        if name in history:
            return (name,)
        if name in history.labelled:
            return (history.labelled[name],)
        ids = [revision for revision in history if revision.startswith(name) and len(revision) >= _SHORTEST_PREFIXED]
        labels = [label for label in history.labelled if label.startswith(name) and len(label) >= _SHORTEST_PREFIXED]
        return _unique([*ids, *(history.labelled[label] for label in labels)])

    def _on_branch(self, revisions: Iterable[str], branch: str | None) -> tuple[str, ...]:
        """Those of `revisions` that are on one line with the revision that `branch` names, a label or a revision."""
        if branch is None:
            return tuple(revisions)
        root = self._revision(branch, None)
        line = self._history.ancestors([root]) | self._history.descendants([root])
        return tuple(revision for revision in revisions if revision in line)

    # -- steps ----------------------------------------------------------------------------------

    def _starts_of_relative(self, target: Target) -> tuple[str | None, ...]:
        """`+N` counts from where the database is, `-N` from the heads (in `show`, as in Alembic)."""
        if target.steps > 0:
            return self._on_branch(self._currents(target), target.branch) or (None,)
        heads = self._history.effective_heads
        return tuple(h for h in heads if target.branch is None or target.branch in self._history.labels(h))

    def _walk(self, start: str | None, target: Target, *, stop_at_end: bool = False) -> str | None:
        """`target.steps` up or down the line from `start`; None is base. A range stops where the line ends."""
        at = start
        for _ in range(abs(target.steps)):
            following = self._up(at, target.branch) if target.steps > 0 else self._down(at)
            if len(following) > 1:
                raise RevisionAmbiguous(
                    f'"{target.text}" can go more than one way: {", ".join(map(str, following))}',
                    hint="name the revision, or go along a branch: LABEL@+1",
                )
            if not following and stop_at_end:
                return at
            if not following:
                raise TargetInvalid(
                    f'"{target.text}" goes past the end of the history',
                    why=f"{at or BASE} is the last revision on its line" if target.steps > 0 else "it goes below base",
                    hint="whimbrel history shows the lines",
                )
            at = following[0]
        return at

    def _up(self, at: str | None, branch: str | None) -> tuple[str, ...]:
        return self._on_branch(self._history.bases if at is None else self._history.children[at], branch)

    def _down(self, at: str | None) -> tuple[str | None, ...]:
        if at is None:
            return ()
        return self._history.parents(at) or (None,)

    def _not_found(self, name: str, branch: str | None = None) -> RevisionNotFound:
        history = self._history
        what = f'no revision "{name}" on branch "{branch}"' if branch else f'no revision or branch label "{name}"'
        similar = self.similar(name)
        return RevisionNotFound(
            f"{what} in {len(history)} files" if len(history) != 1 else f"{what} in the one file there is",
            why=f"{len(history.broken)} files could not be read" if history.broken else None,
            hint=f"did you mean {similar}?" if similar else "whimbrel history lists them",
        )

    def similar(self, name: str) -> str | None:
        """The revision or label that somebody who typed `name` may have meant, with its message."""
        from difflib import get_close_matches

        history = self._history
        messages = {history[revision].message.lower(): revision for revision in history}
        words = [*history, *(revision[: max(len(name), 4)] for revision in history), *history.labelled, HEAD, HEADS]
        found = get_close_matches(name, words, n=1, cutoff=0.6)
        if found:
            matching = next((revision for revision in history if revision.startswith(found[0])), found[0])
        else:
            meant = [revision for message, revision in messages.items() if name.lower() in message]
            if not meant:
                return None
            matching = meant[0]
        return f"{matching} ({history[matching].message})" if matching in history else matching


def _unique(revisions: Iterable[str | None]) -> tuple[str, ...]:
    """Without base and without repetition, in order."""
    return tuple(dict.fromkeys(revision for revision in revisions if revision is not None))
