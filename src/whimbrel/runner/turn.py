"""What surrounds the revisions of one database: the lock, and another try for what failed only for the moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from os import getpid
from socket import gethostname
from typing import TypeVar

from sqlalchemy import exc

from ..connect.engine import behind_transaction
from ..dialects import Dialect, Holder
from ..dialects.base import Session
from ..dialects.statement import Statement, read_statement
from ..environment import Visit
from ..errors import LockBusy, PoolerInTheWay
from ..events import Listener, Waiting
from ..lock import Lock, busy
from ..patience import Patience
from ..settings.limits import Limits
from .holding import holder_of

T = TypeVar("T")
OVERTAKEN, LOCKED, REBUILDS = "overtaken", "locked", "rebuilds"
_TOLD_AFTER, _TOLD_EVERY = 1.0, 10.0
"""Seconds until it is said that the database is waited for, and from then on."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0


class Again(Exception):
    """Everything begins again from where the database is. `args`: OVERTAKEN or LOCKED, if a revision was not begun, as
    somebody else has been faster; REBUILDS, if it was rolled back and is to be run with foreign keys switched off.
    """


class Turn:
    """One database's turn in a run.

    Args:
        visit: the database.
        dialect: what it is.
        limits: how long to wait for what.
        listen: is told what is waited for.
        sleep: pauses for so many seconds; raises if the run is to stop.
    """

    def __init__(
        self,
        visit: Visit,
        dialect: Dialect,
        limits: Limits,
        listen: Listener,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._visit = visit
        self._sessions = dialect.sessions
        self._changes = dialect.changes
        self._locking_read = dialect.locking_read
        self._limits = limits
        self._listen = listen
        self._sleep = sleep
        self._lock: Lock | None = None
        self._waits_for_locks = self._lock_wait()
        self._told = _TOLD_AFTER

    # -- the lock -------------------------------------------------------------------------------

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Have the lock meanwhile; behind a pooler, and where each transaction locks, each revision takes it itself.

        Raises:
            LockBusy: another migrator has it.
        """
        visit = self._visit
        if self._sessions.locks_each_transaction:
            if not visit.owned:
                self._wait_to_begin()
                yield
                return
            with self._prepared():
                yield
            return
        self._lock = self._made_lock()
        if self.session.is_pooled:
            self._make_version_table()
            yield
            return
        if not visit.owned:
            self._lock.acquire(self._lock_wait(), self._listen, in_transaction=True)
            visit.locking_read = self._locking_read  # the transaction may have begun before others were through
            try:
                yield
            finally:
                self._release_with_transaction(self._lock)
            return
        self._lock.acquire(self._lock_wait(), self._listen)
        with self._prepared(self._lock):
            yield

    @contextmanager
    def _prepared(self, lock: Lock | None = None) -> Iterator[None]:
        """Have the session prepared meanwhile, and give its lock back afterwards, if it has one."""
        visit, name = self._visit, f"whimbrel on {gethostname()}, process {getpid()}"
        seconds = self._limits.lock_timeout
        if lock is None:  # the limit is that of the lock as well
            seconds = min(seconds or self._limits.lock_wait, self._limits.lock_wait)
        undo = self._sessions.prepare(visit.query, name, seconds)
        visit.commit_behind()  # a rollback would forget it
        try:
            yield
        except BaseException:
            with suppress(Exception):
                visit.roll_back()  # what could not be committed must not be, by what follows
            raise
        finally:
            if not visit.is_lost:  # the lock with the connection
                with suppress(Exception):
                    for statement in undo:
                        visit.query(statement)
                    if undo:
                        visit.commit_behind()
                    if lock is not None:
                        lock.release()
                    visit.end_driver_transaction()

    def _release_with_transaction(self, lock: Lock) -> None:
        """Where a transaction is not ours to end, give the lock back when whoever has it has ended it."""
        connection = self._visit.context.connection

        def release() -> None:
            with suppress(Exception):  # the connection broke, and the lock with it
                lock.release()

        if not self._sessions.keeps_locks or connection is None:
            return
        if connection.closed or not connection.in_transaction():
            release()
        else:
            behind_transaction(connection, release)

    def _make_version_table(self) -> None:
        """Make it in a transaction that has the lock: Alembic makes it before any step."""
        context = self._visit.context
        if self._visit.owned and context.connection is not None:
            with context.connection.begin():
                self.lock_transaction()
                context._ensure_version_table()

    def _wait_to_begin(self) -> None:
        """In a transaction that is not ours to begin again: have it write, which others may be doing."""
        connection = self._visit.context.connection
        while connection is not None:
            try:
                connection.exec_driver_sql("SELECT 1")
                return
            except exc.DBAPIError as error:
                if self.wait_out(error.orig, read_statement(""), None) is None:
                    raise

    def enter_transaction(self) -> None:
        """In the transaction of a revision, before it begins: be sure that nobody else runs it.

        Raises:
            Again: somebody does, or has.
        """
        self.lock_transaction()
        self.check_position()
        # Whoever comes next is waited for anew, and told of anew.
        self._waits_for_locks, self._told = self._lock_wait(), _TOLD_AFTER

    def lock_transaction(self) -> None:
        """In a transaction of a session that may not have the lock, take it until the transaction ends.

        Raises:
            Again: somebody else has it.
        """
        if self._lock is None or self._is_sure:
            return
        if not self._sessions.acquire_in_transaction(self._visit.query, self._lock.key):
            raise Again(LOCKED)

    @property
    def _is_sure(self) -> bool:
        """Whether the session has the lock in each of its transactions: no pooler may give them to others."""
        return self.session.is_pooled is False and self._visit.owned

    def check_position(self) -> None:
        """In a transaction that has the lock: be sure that the database is still where the revision starts.

        Raises:
            Again: somebody has been faster.
        """
        # With the same question, no statement of the transaction is let to hold others up for long.
        heads = self._visit.read_rows(self._limit, begins=self._sessions.locks_each_transaction)
        if not heads:
            self.limit_waits()
        if frozenset(heads) != self._visit.reported:
            raise Again(OVERTAKEN)

    def limit_waits(self) -> None:
        """Let no statement of the transaction hold others up for long."""
        if self._limit:
            self._visit.query(f"SELECT 1 WHERE {self._limit}")

    @property
    def _limit(self) -> str:
        return self._sessions.lock_wait_limit(self._limits.lock_timeout) if self._visit.owned else ""

    def may_commit_midway(self) -> None:
        """Whether what comes may be committed before the revision is through.

        Raises:
            PoolerInTheWay: the next statement may go to another session.
            LockBusy: the lock was lost.
        """
        lock = self._lock
        if lock is None:
            return
        if self.session.is_pooled:
            raise PoolerInTheWay(
                "the revision commits midway, and a connection pooler stands before the database",
                where=self._visit.where,
                why="the lock would not last: each transaction may get another session of the server",
                hint="set migration_url to the server itself, past the pooler",
            )
        if self._visit.owned and not self._is_same_session():
            raise LockBusy(
                "the lock was lost in the middle of the revision",
                where=self._visit.where,
                why="the session of the server is another one than before",
                hint="connect to the server itself, past any pooler, and run the same command again",
            )

    def _lock_wait(self) -> Patience:
        return Patience(self._limits.lock_wait, sleep=self._sleep)

    @cached_property
    def session(self) -> Session:
        """The session of the migrations, when the run began."""
        try:
            return self._sessions.identity(self._visit.driver, self._visit.query)
        finally:
            self._visit.end_driver_transaction()

    def _is_same_session(self) -> bool:
        """Whether the session that has taken the lock is still that of the connection."""
        if self._visit.is_lost:
            return False
        # A driver of MySQL has one session; behind one of PostgreSQL there may be a pooler that did not show.
        return self._changes.ddl_commits or (
            self._sessions.identity(self._visit.driver, self._visit.query) == self.session
        )

    def _made_lock(self) -> Lock:
        visit = self._visit
        key = self._sessions.key(visit.query, visit.schema, visit.context.version_table)
        return Lock(
            self._sessions,
            visit.query,
            key,
            holder=lambda: holder_of(visit, key),
            between_tries=visit.end_driver_transaction,
            where=visit.where,
        )

    # -- another try ----------------------------------------------------------------------------

    def run(self, work: Callable[[], T], may_repeat: Callable[[BaseException | None], bool] = lambda error: True) -> T:
        """Call `work` while no other migrator is at work, and again if it has failed only for the moment.

        Args:
            work: is to be done, and finds where the database is in the visit.
            may_repeat: as of `persist`; always, by default.

        Raises:
            LockBusy: another migrator has the lock.
        """

        def once() -> T:
            self._visit.begin(self._visit.peek())
            with self.locked():
                return work()

        return self.persist(once, may_repeat)

    def persist(self, once: Callable[[], T], may_repeat: Callable[[BaseException | None], bool]) -> T:
        """Call `once` until it gets through, or fails for good; what it returns.

        Args:
            once: does the work from where the database is.
            may_repeat: whether what a driver has raised has left nothing that `once` would do twice.
        """
        patience: Patience | None = None
        through = len(self._visit.finished)
        while True:
            try:
                return once()
            except Again as again:
                self._visit.roll_back()
                if again.args[0] == LOCKED and not self._waits_for_locks.wait():
                    raise busy(self._holder(), self._limits.lock_wait, self._visit.where) from again
            except exc.DBAPIError as error:
                if not self._visit.owned or self._visit.blocked is not None or not may_repeat(error.orig):
                    raise
                self._visit.roll_back()
                if len(self._visit.finished) > through:  # it is another revision that waits now
                    patience, through = None, len(self._visit.finished)
                # With a COMMIT that fails, SQLAlchemy names no statement.
                patience = self.wait_out(error.orig, read_statement(error.statement or "COMMIT"), patience)
                if patience is None:
                    raise

    def wait_out(self, error: BaseException | None, statement: Statement, patience: Patience | None) -> Patience | None:
        """Wait until a statement that failed for the moment may get through; None if it will not, or not in time.

        Args:
            error: what the driver raised.
            statement: which statement it was.
            patience: what this returned before, for the same statement.
        """
        reason = self._changes.is_transient(error) if error is not None else None
        if reason is None:
            return None
        if self._sessions.locks_each_transaction and statement.verb != "COMMIT":
            if self._waits_for_locks.waited > self._told:
                waited = self._waits_for_locks.waited
                self._listen(Waiting("the database", str(self._holder() or "another program"), waited))
                self._told = waited + _TOLD_EVERY
            if not self._waits_for_locks.wait():
                raise busy(self._holder(), self._limits.lock_wait, self._visit.where) from error
            return self._waits_for_locks
        if patience is None:
            patience = Patience(self._limits.retry, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE, sleep=self._sleep)
        what = {"lock": "a lock", "deadlock": "another try after a deadlock"}.get(reason, "another try")
        who = " and ".join(map(str, self._blockers(statement))) or self._unknown
        self._listen(Waiting(f"{what}, for {statement.summary}", who, patience.waited))
        if patience.wait():
            return patience
        self._visit.blocked = f"tried for {patience.waited:.0f} s, and in the way was {who}"
        return None

    def _blockers(self, statement: Statement) -> list[Holder]:
        try:
            return self._sessions.blockers(self._visit.query, statement)
        except Exception:
            return []  # not everybody may see the sessions of others
        finally:
            self._visit.end_driver_transaction()

    @property
    def _unknown(self) -> str:
        """Who is in the way, if nobody is found: of a file only the kernel may know."""
        return "another program" if self._sessions.locks_each_transaction else "somebody who cannot be seen, or is gone"

    def _holder(self) -> Holder | None:
        key = self._lock.key if self._lock is not None else ""
        try:
            return holder_of(self._visit, key)
        finally:
            self._visit.end_driver_transaction()
