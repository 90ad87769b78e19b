"""One command's way through the databases of an environment: each is planned for, locked, and migrated step by step."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from alembic.runtime.migration import RevisionStep
from sqlalchemy import exc

from ..dialects import Dialect
from ..edited import edited, refusal, told
from ..environment import AlembicStep, Environment, LazyScript, Visit
from ..errors import DatabaseFailed, RevisionFileBroken
from ..events import Listener, Notice, RevisionFinished, RevisionStarted
from ..interruption import Interruption, Stopped, StopRequested
from ..journal import Attempt, read_attempts
from ..journal.attempt import open_ends
from ..journal.provenance import Provenance, provenance
from ..planner import Plan, Planner, Plans, Step, check_known
from ..settings.limits import Limits
from .attempts import Attempts, has_half_done
from .cancelling import canceller
from .protection import Protection
from .turn import Again, Turn
from .verification import verify

_TRIES = 3
"""How often the journal is read on MySQL, where it may be made between two statements that a transaction reads with."""


class Migration:
    """Runs what a command plans for each database that its environment visits.

    Args:
        environment: how to get at them.
        plans: makes the plan for one.
        limits: how long to wait for what, and what to keep.
        listen: who is told what happens.
        interruption: whether the run is to stop.
    """

    def __init__(
        self,
        environment: Environment,
        plans: Plans,
        limits: Limits,
        listen: Listener,
        interruption: Interruption,
    ) -> None:
        self._environment = environment
        self._interruption = interruption
        self._plans = plans
        self._limits = limits
        self._listen = listen
        self._provenance: Provenance | None = None
        self._protection: Protection | None = None
        self._first_plan: Plan | None = None
        self._failed: list[Protection] = []
        self._begun_once: set[str] = set()
        self._warned: set[tuple[object, ...]] = set()
        self.untold: list[RevisionFinished] = []
        """Revisions that are through, but not committed: somebody may still roll them back."""

    def around(self, visit: Visit, run: Callable[[], None]) -> None:
        """Run the steps of one database: `Work.around`."""
        dialect = visit.dialect
        self._protection = self._first_plan = None
        if visit.offline or dialect is None:
            run()
            return
        with self._interruption.deferred():
            self._persist(visit, dialect, run)
            if visit.owned and visit.changed:
                # Not only when env.py has ended: it may close a tunnel to the database then.
                protection = self._protection
                visit.confirmed = verify(visit, self._listen, lambda: protection is not None and protection.is_noted)

    def steps(self, visit: Visit) -> Iterator[AlembicStep]:
        """The steps of one database, for Alembic: `Work.steps`."""
        plan = self.plan(visit, visit.heads)
        visit.planned, visit.direction = len(visit.finished) + len(plan.steps), plan.direction
        alembic_steps = self._importable(plan)
        protection = self._protection
        if protection is not None:
            protection.follow(plan)
        for step, alembic_step in zip(plan.steps, alembic_steps, strict=True):
            self._interruption.check()
            started = time.monotonic()
            if protection is None:
                self._begun(visit, step)
            else:
                protection.surround(alembic_step, step, partial(self._begun, visit, step))
            yield alembic_step
            visit.commit_rest()
            if protection is not None:
                protection.committed()
            self._finish(visit, step, time.monotonic() - started)

    def plan(self, visit: Visit, heads: tuple[str, ...]) -> Plan:
        """What is to be done with a database at these heads.

        A target that counts from where the database was, `+1`, stays what it was at first, however often it is tried.
        """
        scripts = self._environment.scripts
        first = self._first_plan
        if first is not None and first.is_relative:
            applied = scripts.history.ancestors(heads, effective=True)
            left = (step for step in first.steps if (step.revision in applied) == (step.direction == "downgrade"))
            return first._replace(heads=heads, steps=tuple(left))
        plan = self._plans(Planner(scripts.history, scripts.revision_map, heads))
        self._first_plan = first or plan
        return plan

    def tell_afterwards(self) -> None:
        """When env.py has ended: note what could not be noted in transactions of its own."""
        for protection in self._failed:
            protection.tell_afterwards()

    # -- parts ----------------------------------------------------------------------------------

    def _persist(self, visit: Visit, dialect: Dialect, run: Callable[[], None]) -> None:
        """Run the steps of one database, as often as it takes.

        Raises:
            Stopped: the run was asked to.
        """
        interruption = self._interruption
        turn = Turn(visit, dialect, self._limits, self._listen, interruption.sleep)
        try:
            turn.persist(lambda: self._once(visit, dialect, turn, run), self._may_repeat)
        except BaseException as error:
            is_stopped = isinstance(error, StopRequested)
            # The server may hear of it only when it executes the next statement, one of whimbrel's own.
            if not is_stopped and not (
                interruption.requested and isinstance(error, exc.DBAPIError | KeyboardInterrupt)
            ):
                raise self._ended(error)  # noqa: B904  # the same one
            interruption.requested = False  # it was for this run
            raise self._ended(Stopped()) from error
        finally:
            interruption.use(None)

    def _once(self, visit: Visit, dialect: Dialect, turn: Turn, run: Callable[[], None]) -> None:
        """Run the steps from where the database is now; if there are none, nothing is locked, and nothing written."""
        heads, attempts = self._checked(visit, dialect)
        if not self.plan(visit, heads).steps and not self._has_open_ends(visit, dialect, attempts):
            visit.begin(heads)
            if self._protection is not None:
                self._protection.withdraw()
            return
        with turn.locked():
            self._interruption.use(canceller(visit, dialect, turn.session))
            protection = self._protection = self._protection or self._protected(visit, dialect, turn)
            try:
                with protection:
                    run()
            except Again:
                visit.roll_back()
                protection.withdraw()
                raise

    def _may_repeat(self, error: BaseException | None) -> bool:
        """Whether a failure has left nothing behind that another try would do twice."""
        return self._protection is None or self._protection.may_repeat(error)

    def _ended(self, error: BaseException) -> BaseException:
        """The error that has ended the steps of a database, once that is noted."""
        if self._protection is not None:
            self._protection.end(error)
            self._failed.append(self._protection)
        return error

    def _checked(self, visit: Visit, dialect: Dialect) -> tuple[tuple[str, ...], list[Attempt]]:
        """Where a database is, and its journal; told, or refused, if what was applied there was edited since.

        Raises:
            DatabaseRevisionUnknown: it is at a revision that no file has; the journal may know where it came from.
            HistoryEdited: with `strict`.
        """
        history = self._environment.scripts.history
        try:
            heads = visit.read()
            attempts = self._attempts_of(visit, dialect) if self._limits.journal else []
        finally:
            visit.end_driver_transaction()
        check_known(history, heads, attempts)
        found = edited(history, heads, attempts)
        if found and self._limits.strict:
            raise refusal(found, visit.where)
        if found and visit.table not in self._warned:
            self._warned.add(visit.table)
            self._listen(Notice(*told(found)))
        return heads, attempts

    @staticmethod
    def _attempts_of(visit: Visit, dialect: Dialect) -> list[Attempt]:
        """The attempts that the journal has, as far as a transaction that began before it was made can see them."""
        for _ in range(_TRIES if dialect.locking_read else 0):
            with suppress(DatabaseFailed):
                return read_attempts(visit.query, dialect, visit.schema)
            visit.end_driver_transaction()
        if dialect.locking_read and not visit.owned:
            return []
        return read_attempts(visit.query, dialect, visit.schema)

    @staticmethod
    def _has_open_ends(visit: Visit, dialect: Dialect, attempts: list[Attempt]) -> bool:
        """Whether more is to be said than that nothing is to be done: somebody has not come to his end."""
        open_attempts = open_ends(attempts).values()
        return any(one.is_gone for one in open_attempts) or bool(open_attempts and has_half_done(visit, dialect))

    def _protected(self, visit: Visit, dialect: Dialect, turn: Turn) -> Protection:
        scripts = self._environment.scripts
        attempts: Attempts | None = None
        # What was left in the middle is gone on with whatever the settings say: else it would be done twice.
        if self._limits.journal or has_half_done(visit, dialect):
            self._provenance = self._provenance or provenance(self._environment.database.root, "whimbrel")
            attempts = Attempts(visit, scripts, self._provenance, turn.session.number)
        return Protection(visit, dialect, turn, attempts, self._interruption, self._listen)

    def _importable(self, plan: Plan) -> list[RevisionStep]:
        """The steps as Alembic runs them. This imports their files, all of them before the first one runs."""
        scripts = self._environment.scripts
        steps = []
        for step in plan.steps:
            script = scripts.get_revision(step.revision)
            if step.revision in self._begun_once and isinstance(script, LazyScript):
                script.forget()
            _check_runs(getattr(script.module, step.direction, None), step, script.path)
            steps.append(RevisionStep(scripts.revision_map, script, step.direction == "upgrade"))
        return steps

    def _begun(self, visit: Visit, step: Step) -> None:
        if not visit.offline:
            number = len(visit.finished) + 1
            self._listen(RevisionStarted(step.revision, step.message, step.direction, number, visit.planned))
        self._begun_once.add(step.revision)
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


def _check_runs(function: Any, step: Step, path: str) -> None:
    """Refuse what does nothing when Alembic calls it: it throws away what a coroutine or a generator would have run."""
    name = f"{step.direction}()"
    if not callable(function):
        what, hint = f"has no {name}", f"add  def {name}: …  to the file"
    elif inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        what = f"has an async {name}, which would never run"
        hint = f"write it as  def {name}: …  and without await; op works the same with an async driver"
    elif inspect.isgeneratorfunction(function):
        what, hint = f"has a generator as {name}, which would never run", "take the yield out of it"
    else:
        return
    raise RevisionFileBroken(f"revision {step.revision} {what}", where=path, state="nothing was changed", hint=hint)
