"""One command's way through the databases of an environment: each is planned for, locked, and migrated step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from alembic.runtime.migration import RevisionStep
from sqlalchemy import exc

from ..dialects import Dialect
from ..edited import edited, refusal, told
from ..environment import AlembicStep, Environment, Visit
from ..errors import RevisionFileBroken
from ..events import Listener, Notice, RevisionFinished, RevisionStarted
from ..journal import read_attempts
from ..journal.provenance import Provenance, provenance
from ..planner import Plan, Planner, Plans, Step, check_known
from ..settings.limits import Limits
from .attempts import Attempts
from .recorder import Recorder
from .turn import Turn
from .verification import verify
from .widening import widen


class Migration:
    """Runs what a command plans for each database that its environment visits.

    Args:
        environment: how to get at them.
        plans: makes the plan for one.
        limits: how long to wait for what, and what to keep.
        listen: who is told what happens.
    """

    def __init__(self, environment: Environment, plans: Plans, limits: Limits, listen: Listener) -> None:
        self._environment = environment
        self._plans = plans
        self._limits = limits
        self._listen = listen
        self._provenance: Provenance | None = None
        self._protection: _Protection | None = None
        self._warned: set[tuple[object, ...]] = set()
        self.untold: list[RevisionFinished] = []
        """Revisions that are through, but not committed: somebody may still roll them back."""

    def around(self, visit: Visit, run: Callable[[], None]) -> None:
        """Run the steps of one database: `Work.around`."""
        dialect = visit.dialect
        self._protection = None
        if visit.offline or dialect is None:
            run()
            return
        turn = Turn(visit, dialect, self._limits, self._listen)
        protection: _Protection | None = None

        def once() -> None:
            heads = self._checked(visit, dialect)
            if not self.plan(visit, heads).steps:
                visit.begin(heads)  # nothing to do: nothing is locked, and nothing written
                return
            with turn.locked():
                nonlocal protection
                protection = protection or self._protected(visit, dialect, turn)
                self._protection = protection
                with protection:
                    run()

        try:
            turn.persist(once, lambda: protection is None or protection.may_repeat)
        except BaseException as error:
            if protection is not None:
                protection.end(error)
            raise
        if visit.owned and visit.changed:
            # Not only when env.py has ended: it may close a tunnel to the database then.
            visit.confirmed = verify(visit, self._listen)

    def steps(self, visit: Visit) -> Iterator[AlembicStep]:
        """The steps of one database, for Alembic: `Work.steps`."""
        plan = self.plan(visit, visit.heads)
        visit.planned, visit.direction = len(visit.finished) + len(plan.steps), plan.direction
        alembic_steps = self._importable(plan)
        protection = self._protection
        if protection is not None:
            protection.follow(plan)
            visit.resumable = protection.may_resume
        for step, alembic_step in zip(plan.steps, alembic_steps, strict=True):
            started = time.monotonic()
            if protection is None:
                self._begun(visit, step)
            else:
                protection.surround(alembic_step, step, partial(self._begun, visit, step))
            yield alembic_step
            self._finish(visit, step, time.monotonic() - started)

    def plan(self, visit: Visit, heads: tuple[str, ...]) -> Plan:
        """What is to be done with a database at these heads."""
        scripts = self._environment.scripts
        return self._plans(Planner(scripts.history, scripts.revision_map, heads))

    # -- parts ----------------------------------------------------------------------------------

    def _checked(self, visit: Visit, dialect: Dialect) -> tuple[str, ...]:
        """Where a database is; told, or refused, if what was applied there was edited since.

        Raises:
            DatabaseRevisionUnknown: it is at a revision that no file has; the journal may know where it came from.
            HistoryEdited: with `strict`.
        """
        heads, history = visit.peek(), self._environment.scripts.history
        attempts = read_attempts(visit.query, dialect, visit.schema) if self._limits.journal else []
        visit.end_driver_transaction()
        check_known(history, heads, attempts)
        found = edited(history, heads, attempts)
        if found and self._limits.strict:
            raise refusal(found, visit.where)
        if found and visit.table not in self._warned:
            self._warned.add(visit.table)
            self._listen(Notice(*told(found)))
        return heads

    def _protected(self, visit: Visit, dialect: Dialect, turn: Turn) -> _Protection:
        scripts = self._environment.scripts
        attempts: Attempts | None = None
        if self._limits.journal:
            self._provenance = self._provenance or provenance(self._environment.database.root, "whimbrel")
            attempts = Attempts(visit, scripts, self._provenance, dialect.sessions.session(visit.query))
            visit.end_driver_transaction()
        return _Protection(visit, dialect, turn, attempts, self._listen)

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

    def _begun(self, visit: Visit, step: Step) -> None:
        if not visit.offline:
            number = len(visit.finished) + 1
            self._listen(RevisionStarted(step.revision, step.message, step.direction, number, visit.planned))
        visit.running, visit.recorded, visit.committed_midway = step.revision, False, False

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
            self.untold.append(event)
        else:
            self._listen(event)


class _Protection:
    """What each step of a database is surrounded with: the check that nobody was faster, the journal, the recorder.

    Args:
        visit: the database.
        dialect: what it is.
        turn: its lock.
        attempts: its journal, if it has one.
        listen: who is told if it cannot have one.
    """

    def __init__(self, visit: Visit, dialect: Dialect, turn: Turn, attempts: Attempts | None, listen: Listener) -> None:
        self._visit = visit
        self._dialect = dialect
        self._turn = turn
        self._attempts = attempts
        self._listen = listen
        self._is_open = False
        self._recorder: Recorder | None = None
        context = visit.context
        context.on_version_apply_callbacks = (*context.on_version_apply_callbacks, self._applied)

    def __enter__(self) -> _Protection:
        if not self._is_open:
            self._open_journal()
            self._is_open = True
        book = self._attempts.book if self._attempts is not None else None
        self._recorder = Recorder(
            self._visit,
            self._dialect,
            book,
            may_commit=self._turn.may_commit_midway,
            limit_waits=self._turn.limit_waits,
            retry=self._turn.wait_out,
        )
        self._recorder.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        assert self._recorder is not None
        self._recorder.__exit__(*error)

    @property
    def may_repeat(self) -> bool:
        """Whether running the step again from its top would do nothing twice."""
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
        widen(self._visit, plan)
        if self._visit.owned and connection.in_transaction():
            connection.commit()
        if self._attempts is not None:
            self._attempts.follow(plan)

    def surround(self, alembic_step: RevisionStep, step: Step, begun: Callable[[], None]) -> None:
        """Let a step check, before it runs, that it is still to be run, and be watched while it does."""
        migrate = alembic_step.migration_fn
        assert self._recorder is not None
        recorder = self._recorder
        if self._attempts is not None:
            self._attempts.begin()

        def protected(**arguments: Any) -> None:
            self._turn.enter_transaction()
            begun()
            recorder.start(step.revision, step.direction, self._attempts.entries() if self._attempts else [])
            migrate(**arguments)
            recorder.stop()

        alembic_step.migration_fn = protected

    def end(self, error: BaseException) -> None:
        """The run has failed."""
        if self._attempts is not None:
            self._attempts.end(error, self._recorder.refused if self._recorder is not None else None)

    def _applied(self, **_: Any) -> None:
        """The version table was changed, in the transaction of the step."""
        if self._attempts is not None and self._recorder is not None:
            self._attempts.finish(has_noted=self._recorder.has_noted)

    def _open_journal(self) -> None:
        if self._attempts is None:
            return
        try:
            self._attempts.open()
        except exc.DBAPIError as error:
            if self._dialect.changes.is_transient(error.orig or error) is not None or error.connection_invalidated:
                raise
            connection = self._visit.context.connection
            if connection is not None and connection.in_transaction():
                connection.rollback()
            self._attempts = None
            self._listen(
                Notice(
                    "no journal is kept: its tables cannot be made here",
                    "a revision that is interrupted in the middle cannot be resumed; journal = false hides this",
                )
            )
