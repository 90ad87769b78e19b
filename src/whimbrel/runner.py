"""Runs plans: each revision in its own transaction, and "done" only when a new connection sees it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from alembic.runtime.migration import RevisionStep

from .environment import AlembicStep, Environment, Visit, Work
from .errors import NotCommitted, RevisionFileBroken, VersionTableBroken
from .events import Listener, Notice, RevisionFinished, RevisionStarted
from .planner import Plan, Planner, Plans, Step

_COMMIT_FIRST = "in env.py, call connection.commit() right before context.configure(…)"


class Change(NamedTuple):
    """What a command did to one database, or to one schema with a version table of its own.

    Attributes:
        where: which one: the URL with the password masked, and the schema if there is one.
        before: the heads before.
        after: the heads now, as a new connection sees them.
        revisions: what was run, in order.
        verified: whether a new connection has confirmed `after`. False only if the caller still holds the
            transaction, or for a database that whimbrel cannot read by itself.
    """

    where: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    revisions: tuple[str, ...]
    verified: bool


class Outcome(NamedTuple):
    """What a command did.

    Attributes:
        status: `done`, or `nothing to do`, or `written` if SQL was only written out.
        changes: one for each database; more than one only if the project's env.py visits several.
    """

    status: Literal["done", "nothing to do", "written"]
    changes: tuple[Change, ...]

    @property
    def before(self) -> tuple[str, ...]:
        """The heads before, of all databases."""
        return tuple(dict.fromkeys(head for change in self.changes for head in change.before))

    @property
    def after(self) -> tuple[str, ...]:
        """The heads now, of all databases."""
        return tuple(dict.fromkeys(head for change in self.changes for head in change.after))

    @property
    def revisions(self) -> tuple[str, ...]:
        """What was run, in order; a revision that two databases needed stands there twice."""
        return tuple(revision for change in self.changes for revision in change.revisions)

    @property
    def verified(self) -> bool:
        """Whether every change is verified."""
        return all(change.verified for change in self.changes)


class Runner:
    """Changes a database through its environment.

    Args:
        environment: how to get at it.
        listener: who is told what happens.
    """

    def __init__(self, environment: Environment, listener: Listener) -> None:
        self._environment = environment
        self._listen = listener
        self._untold: list[RevisionFinished] = []

    def migrate(self, plans: Plans, **options: Any) -> Outcome:
        """Run the plan that `plans` makes once it is known where the database is. Writes the database.

        Args:
            plans: makes the plan.
            options: passed to Alembic's `EnvironmentContext`: `destination_rev`, `tag`, `as_sql`, `starting_rev`.

        Raises:
            WhimbrelError: a revision failed, the plan cannot be made, or what was done is not in the database.
        """

        def steps(visit: Visit) -> Iterator[AlembicStep]:
            plan = plans(self._planner(visit))
            visit.planned, visit.direction = len(plan.steps), plan.direction
            yield from self._run(visit, plan, self._importable(plan))

        return self._do(Work(steps, writes=True, per_revision=True, options=options))

    def stamp(self, targets: Sequence[str], *, purge: bool = False, **options: Any) -> Outcome:
        """Set what the version table holds without running anything. Writes the database.

        Args:
            targets: revisions to stamp.
            purge: forget what the table holds first, whatever it is.
            options: as in `migrate`.

        Raises:
            WhimbrelError: a target names nothing (nothing is purged then), or the change is not in the database.
        """
        scripts = self._environment.scripts

        def steps(visit: Visit) -> Iterator[AlembicStep]:
            visit.planned = 1
            yield from self._planner(visit).stamp(targets, scripts._stamp_revs)

        def check(visit: Visit) -> None:
            try:
                visit.purged = visit.read()
            except VersionTableBroken:  # whatever the table holds, it goes
                visit.purged = ("unreadable",)
            Planner(scripts.history, scripts.revision_map, ()).stamp_targets(targets)

        work = Work(steps, writes=True, options={**options, "purge": purge}, before=check if purge else None)
        return self._do(work)

    def ensure_version_table(self, **options: Any) -> None:
        """Create the version table if it is not there. Writes the database.

        Raises:
            WhimbrelError: the database refused.
        """

        def steps(visit: Visit) -> Iterator[AlembicStep]:
            visit.context._ensure_version_table()
            return iter(())

        for visit in self._environment.run(Work(steps, writes=True, options=options)):
            if not visit.offline and not visit.uncommitted and not visit.sees_table_anew():
                raise NotCommitted(
                    "the version table was made, but a new connection does not find it",
                    where=visit.where,
                    why="it was made in a transaction that env.py did not commit",
                    state="the database is as it was",
                    hint=_COMMIT_FIRST,
                )

    # -- parts ----------------------------------------------------------------------------------

    def _planner(self, visit: Visit) -> Planner:
        scripts = self._environment.scripts
        return Planner(scripts.history, scripts.revision_map, visit.heads)

    def _importable(self, plan: Plan) -> list[RevisionStep]:
        """The steps as Alembic runs them. This imports their files, all of them before the first one runs."""
        scripts = self._environment.scripts
        steps = []
        for step in plan.steps:
            script = scripts.get_revision(step.revision)
            if not callable(getattr(script.module, step.direction, None)):
                raise RevisionFileBroken(
                    f"revision {step.revision} has no {step.direction}()",
                    where=script.path,
                    hint=f"add  def {step.direction}(): …  to the file",
                )
            steps.append(RevisionStep(scripts.revision_map, script, step.direction == "upgrade"))
        return steps

    def _run(self, visit: Visit, plan: Plan, alembic_steps: list[RevisionStep]) -> Iterator[AlembicStep]:
        for number, (step, alembic_step) in enumerate(zip(plan.steps, alembic_steps, strict=True), 1):
            if not visit.offline:
                self._listen(RevisionStarted(step.revision, step.message, step.direction, number, len(plan.steps)))
            visit.running, visit.recorded, visit.committed_midway = step.revision, False, False
            started = time.monotonic()
            yield alembic_step
            self._finish(visit, step, time.monotonic() - started)

    def _finish(self, visit: Visit, step: Step, seconds: float) -> None:
        """Alembic asks for the next step when it is through with this one.

        What is not committed yet is told when it is verified: somebody may still roll it back.
        """
        visit.running = None
        visit.finished.append(step.revision)
        if visit.offline:
            return
        event = RevisionFinished(step.revision, step.message, step.direction, seconds)
        if visit.uncommitted:
            self._untold.append(event)
        else:
            self._listen(event)

    def _do(self, work: Work) -> Outcome:
        visits = self._environment.run(work)
        if work.offline:
            return Outcome("written", tuple(_written(visit) for visit in visits))
        changes = tuple(self._change(same) for same in _by_version_table(visits))
        for event in self._untold:
            self._listen(event)
        changed = any(set(change.before) != set(change.after) or change.revisions for change in changes)
        return Outcome("done" if changed else "nothing to do", changes)

    def _change(self, visits: list[Visit]) -> Change:
        """What the visits of one version table came to: it must hold what the last one has reported."""
        first, last = visits[0], visits[-1]
        verified = self._verify(last)
        revisions = tuple(revision for visit in visits for revision in visit.finished)
        return Change(last.where, first.before, tuple(sorted(last.reported)), revisions, verified)

    def _verify(self, visit: Visit) -> bool:
        """Ask a new connection whether the database is where it was reported to be.

        Raises:
            NotCommitted: it is not.
        """
        if visit.uncommitted and visit.shared and visit.changed:
            self._listen(
                Notice("the migrations ran in the transaction of the given connection", "they are done when you commit")
            )
            return False
        if visit.uncommitted and visit.has_one_connection and visit.changed:
            raise _left_open(visit)
        try:
            seen = visit.read_settled()
        except Exception as error:
            if not visit.changed:
                return False  # an env.py may have closed the tunnel that it had opened to the database
            raise _unconfirmed(visit, error) from error
        if seen is None:
            return False
        if frozenset(seen) != visit.reported:
            raise _not_committed(visit, seen)
        return True


def _written(visit: Visit) -> Change:
    return Change(visit.url or "", (), (), tuple(visit.finished), verified=False)


def _by_version_table(visits: Iterable[Visit]) -> list[list[Visit]]:
    """The visits of each version table: an env.py may come to the same one twice."""
    same: dict[tuple[object, ...], list[Visit]] = {}
    for visit in visits:
        same.setdefault(visit.table, []).append(visit)
    return list(same.values())


def _left_open(visit: Visit) -> NotCommitted:
    return NotCommitted(
        f"the run ended at {', '.join(sorted(visit.reported)) or 'base'}, in a transaction that is still open",
        where=visit.where,
        why="env.py has not committed it, and its engine has no other connection",
        state="nothing is done until it is committed",
        hint=_COMMIT_FIRST,
    )


def _unconfirmed(visit: Visit, error: Exception) -> NotCommitted:
    return NotCommitted(
        f"the run ended at {', '.join(sorted(visit.reported)) or 'base'}, but no new connection could confirm it",
        where=visit.where,
        why=next(iter(str(error).splitlines()), type(error).__name__),
        state="what was run is most likely committed",
        hint="whimbrel current, a little later",
    )


def _not_committed(visit: Visit, seen: tuple[str, ...]) -> NotCommitted:
    reported, found = ", ".join(sorted(visit.reported)) or "base", ", ".join(seen) or "base"
    external = visit.context._in_external_transaction
    return NotCommitted(
        f"the run ended at {reported}, but a new connection finds the database at {found}",
        where=visit.where,
        why="they ran in a transaction that env.py did not commit; executing anything before context.configure() "
        "begins one"
        if external
        else "the transaction was rolled back, or another process has changed the version table since",
        state=f"the database is at {found}"
        + ("" if visit.context.impl.transactional_ddl else "; statements that commit by themselves have been kept"),
        hint=_COMMIT_FIRST if external else "run it again, unless env.py has rolled it back on purpose: a dry run",
    )
