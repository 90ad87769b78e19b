"""What each step is surrounded with: the check that nobody was faster, the journal, the watch over its statements."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

from alembic.runtime.migration import RevisionStep
from sqlalchemy import exc

from ..dialects import Dialect
from ..environment import Visit
from ..errors import HalfDone
from ..events import Listener, Notice
from ..interruption import Interruption
from ..planner import Plan, Step
from .attempts import Attempts, has_half_done
from .enforcement import Enforcement
from .leftovers import clear_leftovers
from .recorder import Recorder
from .turn import Turn
from .widening import widen


class Protection:
    """The protection of the steps of one database.

    Args:
        visit: the database.
        dialect: what it is.
        turn: its lock.
        attempts: its journal, if it has one.
        interruption: whether the run is to stop.
        listen: who is told if it cannot have one.
    """

    def __init__(
        self,
        visit: Visit,
        dialect: Dialect,
        turn: Turn,
        attempts: Attempts | None,
        interruption: Interruption,
        listen: Listener,
    ) -> None:
        self._visit = visit
        self._dialect = dialect
        self._turn = turn
        self._attempts = attempts
        self._interruption = interruption
        self._listen = listen
        self._is_over = False
        self._recorder: Recorder | None = None
        self._enforcement = Enforcement(visit)
        context = visit.context
        context.on_version_apply_callbacks = (*context.on_version_apply_callbacks, self._applied)

    def __enter__(self) -> Protection:
        self._recorder = Recorder(self._visit, self._dialect, self._turn, self._interruption)
        self._recorder.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        assert self._recorder is not None
        self._recorder.__exit__(*error)
        self._enforcement.restore()

    def may_repeat(self, error: BaseException | None) -> bool:
        """Whether an error was raised on the connection of the migrations, and another try would do nothing twice."""
        recorder = self._recorder
        failed_here = recorder is None or recorder.failed is error or self._visit.recorded
        ours = failed_here and (recorder is None or recorder.may_repeat)
        if self._visit.running is not None and not ours:
            return False
        return self.may_resume or not self._visit.committed_midway

    @property
    def may_resume(self) -> bool:
        """Whether a revision that is left in the middle is gone on with by the next run."""
        return self._attempts is not None

    def follow(self, plan: Plan) -> None:
        """Prepare for what is to be run.

        Alembic is in a transaction, in which it has read the version, and perhaps made its table.
        """
        connection = self._visit.context.connection
        assert connection is not None
        self._turn.lock_transaction()
        clear_leftovers(self._visit, self._listen)
        widen(self._visit, plan)
        # With nothing to do, and in a transaction of MySQL that may be older than the journal, that is left alone.
        if self._attempts is not None and (plan.steps or not self._visit.locking_read):
            self._open_journal(self._attempts, plan)
        if self._visit.owned and connection.in_transaction():
            connection.commit()

    def surround(self, alembic_step: RevisionStep, step: Step, begun: Callable[[], None]) -> None:
        """Let a step check, before it runs, that it is still to be run, and be watched while it does."""
        self._enforcement.prepare(step.revision)
        migrate = alembic_step.migration_fn
        assert self._recorder is not None
        recorder = self._recorder

        def protected(**arguments: Any) -> None:
            self._turn.enter_transaction()
            begun()
            self._visit.resumable = self.may_resume
            attempts, key = self._attempts, (step.revision, step.direction)
            if attempts is not None:
                recorder.start(key, attempts.book, attempts.resumption())
            else:
                recorder.start(key)
            self._enforcement.begin()
            try:
                with self._interruption.heard_at_once():
                    migrate(**arguments)
                recorder.stop()
            except Exception:
                if self._visit.in_the_way is not None:
                    self._enforcement.end(recorder.may_repeat)
                raise
            self._enforcement.end(recorder.may_repeat)

        alembic_step.migration_fn = protected

    def committed(self) -> None:
        """The step is through, and committed if it is ours to commit."""
        self._enforcement.restore()
        if self._attempts is not None:
            self._attempts.committed()

    def withdraw(self) -> None:
        """The step that was to begin is not begun: somebody else has been faster."""
        if self._attempts is not None:
            self._attempts.withdraw()

    @property
    def is_noted(self) -> bool:
        """Whether a new connection finds the last step of this run in the journal, as done."""
        return self._attempts is not None and self._attempts.is_noted()

    def end(self, error: BaseException) -> None:
        """The run has failed. env.py may begin another one in the same context."""
        self._is_over = True
        if self._recorder is not None and self._recorder.has_locked_tables:
            with suppress(Exception):
                self._visit.query("UNLOCK TABLES")
        if self._attempts is not None:
            self._attempts.end(error, self._recorder.settle if self._recorder is not None else lambda: None)

    def tell_afterwards(self) -> None:
        """env.py has ended, and whatever transaction it had."""
        if self._attempts is not None:
            self._attempts.tell_afterwards()

    def _applied(self, **_: Any) -> None:
        """The version table was changed, in the transaction of the step."""
        if self._attempts is not None and self._recorder is not None and not self._is_over:
            self._attempts.finish(has_noted=self._recorder.has_noted)

    def _go_without_journal(self) -> None:
        """Nobody may write it. What it says of a revision in the middle holds all the same.

        Raises:
            HalfDone: a revision was left in the middle: else what it has done would be done twice.
        """
        visit = self._visit
        if has_half_done(visit, self._dialect):
            raise HalfDone(
                "a revision was left in the middle, and the journal of it cannot be written",
                where=visit.where,
                why="the user of the URL has no right to",
                state="nothing was changed by this run",
                hint="run the same command as the user that has made the journal's tables: migration_url",
            )
        self._attempts = None
        self._listen(
            Notice(
                "no journal is kept: its tables cannot be made or written here",
                "a revision that is interrupted in the middle cannot be resumed; journal = false hides this",
            )
        )

    def _open_journal(self, attempts: Attempts, plan: Plan) -> None:
        visit, connection = self._visit, self._visit.context.connection
        assert connection is not None
        # On PostgreSQL what is refused breaks the transaction, which may not be ours.
        is_apart = not visit.owned and connection.in_transaction() and self._dialect.name == "postgresql"
        try:
            with connection.begin_nested() if is_apart else nullcontext():
                attempts.follow(plan)
        except exc.DBAPIError as error:
            if not self._dialect.changes.is_forbidden(error.orig or error):
                raise
            if not is_apart and visit.owned and connection.in_transaction():
                connection.rollback()
                visit.context._ensure_version_table()  # it may have been made in that transaction
                widen(visit, plan)
            self._go_without_journal()
