"""Stamps: what the version table holds is set without running anything, and the journal says who has done that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any
from uuid import uuid4

from alembic.runtime.migration import StampStep

from ..dialects import Dialect
from ..environment import AlembicStep, Environment, Visit, Work
from ..errors import VersionTableBroken
from ..events import Listener
from ..history.target import BASE
from ..journal import ATTEMPTS, STAMP, Attempt
from ..journal.book import Book, now
from ..journal.provenance import provenance
from ..planner import Planner
from ..settings.limits import Limits
from .attempts import attempt_by
from .resolving import settle_half_done
from .turn import Turn
from .widening import make_room


class Stamping:
    """One command's stamp of the databases of an environment.

    Args:
        environment: leads to them.
        targets: revisions to stamp.
        state: what the journal says of it: how it was made sure that the database is as they leave it.
        limits: how long to wait for what, and what to keep.
        listen: who is told what happens.
    """

    def __init__(
        self, environment: Environment, targets: Sequence[str], state: str, limits: Limits, listen: Listener
    ) -> None:
        self._environment = environment
        self._scripts = environment.scripts
        self._targets = targets
        self._state = state
        self._limits = limits
        self._listen = listen
        self._turn: Turn | None = None

    def work(self, *, purge: bool, options: dict[str, Any]) -> Work:
        """What is to be done with each database.

        Args:
            purge: forget what the table holds first, whatever it is.
            options: of Alembic's `EnvironmentContext`.
        """
        return Work(
            self._steps,
            writes=True,
            options={**options, "purge": purge},
            before=self._before_purge if purge else None,
            around=self._locked,
        )

    # -- parts ----------------------------------------------------------------------------------

    def _planner(self, heads: tuple[str, ...]) -> Planner:
        return Planner(self._scripts.history, self._scripts.revision_map, heads)

    def _before_purge(self, visit: Visit) -> None:
        """Be sure that there is something to stamp before what is there is forgotten."""
        try:
            visit.purged = visit.read()
        except VersionTableBroken:  # whatever the table holds, it goes
            visit.purged = ("unreadable",)
        self._planner(()).stamp_targets(self._targets)

    def _locked(self, visit: Visit, run: Callable[[], None]) -> None:
        """Run while no other migrator is at work."""
        self._turn = None
        if visit.offline or visit.dialect is None:
            run()
            return
        turn = self._turn = Turn(visit, visit.dialect, self._limits, self._listen)

        def once() -> None:
            with turn.locked():
                run()

        turn.persist(once, lambda error: True)

    def _steps(self, visit: Visit) -> Iterator[AlembicStep]:
        visit.planned = 1
        planner = self._planner(visit.heads)
        changes = planner.stamp(self._targets, self._scripts._stamp_revs)
        after = planner.stamped(self._targets, self._scripts._stamp_revs)
        if not visit.offline and visit.dialect is not None:
            settle_half_done(visit, visit.dialect, self._scripts.history, planner.stamp_targets(self._targets))
            if self._limits.journal and set(after) != set(visit.before):
                self._noted(changes, partial(self._note, visit, visit.dialect, after))
        make_room(visit, [revision for change in changes for revision in change.to_revisions])
        yield from changes

    @staticmethod
    def _noted(changes: Sequence[StampStep], note: Callable[[], None]) -> None:
        """Have it noted in the transaction that changes the version table, in which Alembic calls this."""

        def stamp_revision(**_: Any) -> None:
            note()

        if changes:
            changes[0].migration_fn = stamp_revision
        else:  # a purge has done it all
            note()

    def _note(self, visit: Visit, dialect: Dialect, after: Sequence[str]) -> None:
        """Note the stamp in the journal, which is made if it is not there. Writes the database."""
        connection, turn = visit.context.connection, self._turn
        assert connection is not None
        assert turn is not None
        book = Book(visit.execute, dialect, visit.schema, visit.locking_read)
        with nullcontext() if connection.in_transaction() else connection.begin():
            connection.exec_driver_sql("SELECT 1")  # what goes past SQLAlchemy begins no transaction on SQLite
            if not visit.query(dialect.table_exists(ATTEMPTS, visit.schema)):
                book.create()
            book.note(*self._attempts(visit, after, turn.session.number))

    def _attempts(self, visit: Visit, after: Sequence[str], session: str) -> Iterator[Attempt]:
        """What the journal holds of it: an entry for each revision that is recorded now, and was not."""
        who = provenance(self._environment.database.root, "whimbrel")
        stamped = attempt_by(who, visit, STAMP, session)._replace(
            run=uuid4().hex,
            from_heads=" ".join(sorted(visit.before)),
            to_heads=" ".join(sorted(after)),
            state=self._state,
            ended_at=now(),
        )
        recorded = [revision for revision in after if revision not in visit.before]
        for number, revision in enumerate(recorded or after or [BASE], 1):
            yield stamped._replace(number=number, revision=revision)
