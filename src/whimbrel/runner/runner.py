"""Changes databases: by plans, by stamping, by making the version table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..environment import AlembicStep, Environment, Visit, Work
from ..events import Created, Listener, RevisionFinished
from ..interruption import Interruption
from ..journal.attempt import STAMPED
from ..planner import Plans
from ..settings.limits import Limits
from .migration import Migration
from .outcome import Change, Outcome
from .stamping import Stamping
from .verification import verify, verify_version_table


class Runner:
    """Changes a database through its environment.

    Args:
        environment: how to get at it.
        listener: who is told what happens.
        limits: how long to wait for what, and what to keep.
        interruption: whether the run is to stop.
    """

    def __init__(
        self, environment: Environment, listener: Listener, limits: Limits, interruption: Interruption
    ) -> None:
        self._environment = environment
        self._listen = listener
        self._limits = limits
        self._interruption = interruption

    def migrate(self, plans: Plans, *, create: bool = False, **options: Any) -> Outcome:
        """Run the plan that `plans` makes once it is known where the database is. Writes the database.

        Args:
            plans: makes the plan.
            create: make a database that is missing.
            options: passed to Alembic's `EnvironmentContext`: `destination_rev`, `tag`, `as_sql`, `starting_rev`.

        Raises:
            WhimbrelError: a revision failed, the plan cannot be made, or what was done is not in the database.
        """

        made: list[str] = []

        def created(event: Created) -> None:
            made.append(event.name)
            self._listen(event)

        migration = Migration(self._environment, plans, self._limits, self._listen, self._interruption)
        work = Work(
            migration.steps,
            writes=True,
            per_revision=True,
            options=options,
            around=migration.around,
            created=created if create else None,
        )
        try:
            return self._do(work, migration.untold)._replace(created=tuple(made))
        finally:
            with self._interruption.deferred():
                migration.tell_afterwards()

    def stamp(self, targets: Sequence[str], *, purge: bool = False, state: str = STAMPED, **options: Any) -> Outcome:
        """Set what the version table holds without running anything. Writes the database.

        Args:
            targets: revisions to stamp.
            purge: forget what the table holds first, whatever it is.
            state: what the journal says of it; that the database was seen to be as they leave it, by default.
            options: as in `migrate`.

        Raises:
            WhimbrelError: a target names nothing (nothing is purged then), or the change is not in the database.
        """
        stamping = Stamping(self._environment, targets, state, self._limits, self._listen)
        return self._do(stamping.work(purge=purge, options=options))

    def ensure_version_table(self, **options: Any) -> None:
        """Create the version table if it is not there. Writes the database.

        Raises:
            WhimbrelError: the database refused.
        """

        def steps(visit: Visit) -> Iterator[AlembicStep]:
            visit.context._ensure_version_table()
            return iter(())

        for visit in self._environment.run(Work(steps, writes=True, options=options)):
            verify_version_table(visit)

    # -- parts ----------------------------------------------------------------------------------

    def _do(self, work: Work, untold: Iterable[RevisionFinished] = ()) -> Outcome:
        self._interruption.is_too_late = False
        visits = self._environment.run(work)
        if work.offline:
            return Outcome("written", tuple(_written(visit) for visit in visits))
        with self._interruption.deferred():
            self._interruption.is_too_late = True
            changes = tuple(self._change(same) for same in _by_version_table(visits))
            for event in untold:
                self._listen(event)
        changed = any(set(change.before) != set(change.after) or change.revisions for change in changes)
        return Outcome("done" if changed else "nothing to do", changes)

    def _change(self, visits: list[Visit]) -> Change:
        """What the visits of one version table came to: it must hold what the last one has reported."""
        first, last = visits[0], visits[-1]
        verified = verify(last, self._listen) if last.confirmed is None else last.confirmed
        revisions = tuple(revision for visit in visits for revision in visit.finished)
        return Change(last.where, first.before, tuple(sorted(last.reported)), revisions, verified)


def _written(visit: Visit) -> Change:
    return Change(visit.url or "", (), (), tuple(visit.finished), verified=False)


def _by_version_table(visits: Iterable[Visit]) -> list[list[Visit]]:
    """The visits of each version table: an env.py may come to the same one twice."""
    same: dict[tuple[object, ...], list[Visit]] = {}
    for visit in visits:
        same.setdefault(visit.table, []).append(visit)
    return list(same.values())
