"""Watches the statements of a revision, and notes those that a crash must not make it execute twice.

As long as a revision is one transaction there is nothing to note. Of what commits midway (DDL on MySQL, an autocommit
block on PostgreSQL) it is noted that it begins, before it is executed; that it is through is noted with the next one,
or can be seen. What was done before it in the same transaction is noted in that transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from threading import get_ident
from typing import Any

from sqlalchemy import Connection, Pool, event

from ..connect.engine import driver_is_in_transaction, errors_explained
from ..dialects import Dialect
from ..dialects.base import ALONE, COMMITS, ENDS, IN_TRANSACTION, MAY_COMMIT, PASSES, kind_of
from ..dialects.statement import Statement, only_looks, read_statement
from ..environment import Visit, watched
from ..errors import WhimbrelError
from ..interruption import Interruption, StopRequested
from ..journal.book import AGAIN, REFUSED, STARTED, Book, Entry
from ..patience import Patience
from .execution import Execution
from .notes import Notes, takes_all_back
from .reads import Reads
from .replay import Replay
from .resumption import Resumption, entry_of, image_hash
from .session_state import SessionState
from .turn import Again, Turn
from .undecided import half_made, unknown

_HOOKS = ("do_execute", "do_executemany", "do_execute_no_params")
_UNSEEN = "statements through the driver's own connection"
_LOCKED = "statements between LOCK TABLES and UNLOCK TABLES"


class Recorder:
    """The statements of one revision after the other, on one connection.

    Args:
        visit: the database.
        dialect: what it is.
        turn: the database's lock.
        interruption: whether the run is to stop.
    """

    def __init__(
        self,
        visit: Visit,
        dialect: Dialect,
        turn: Turn,
        interruption: Interruption,
    ) -> None:
        assert visit.context.connection is not None
        self._visit = visit
        self._connection: Connection = visit.context.connection
        self._changes = dialect.changes
        self._has_watch = dialect.sessions.locks_each_transaction
        self._interruption = interruption
        self._turn = turn
        self._active = False
        self._thread = get_ident()
        self._hooks = {name: self._hook(name) for name in _HOOKS}
        self._notes = Notes(None, ("", ""))
        self._session = SessionState(self._changes.ddl_commits)
        self._replay = self._replay_of(("", ""), Resumption(()))
        self._reads = Reads()
        self._stopped_by: Exception | None = None
        self._caught: tuple[Exception, str] | None = None
        """What did not get its lock in time, with its text; the revision may have gone on as if nothing had been."""
        self.failed: Exception | None = None
        """What the driver has raised last, on this connection and no other one of the revision's."""
        # `environment.sqlite` watches where it keeps the transactions.
        self._watch = nullcontext() if self._has_watch else watched(self._connection, self.leaving)
        self.was_elsewhere = False
        """Whether the revision has opened another connection, on which nothing is rolled back with this one."""
        self._refused: tuple[Entry, Statement] | None = None
        """The statement that the database has refused last, if its image can tell whether that has left anything."""

    def __enter__(self) -> Recorder:
        self._watch.__enter__()
        for name in _HOOKS:
            event.listen(self._connection.engine, name, self._hooks[name])
        event.listen(Pool, "checkout", self._checked_out)
        event.listen(self._connection, "begin", self._begun)
        event.listen(self._connection, "rollback", self._rolled_back)
        return self

    def __exit__(self, *_: object) -> None:
        self._active = False
        self._watch.__exit__(None, None, None)
        for name in _HOOKS:
            event.remove(self._connection.engine, name, self._hooks[name])
        event.remove(Pool, "checkout", self._checked_out)
        event.remove(self._connection, "begin", self._begun)
        event.remove(self._connection, "rollback", self._rolled_back)

    def start(self, key: tuple[str, str], book: Book | None = None, resumption: Resumption | None = None) -> None:
        """A revision begins.

        Args:
            key: the revision and the direction.
            book: where to note statements; None to note nothing.
            resumption: what is left of an interrupted run of it.
        """
        left = resumption or Resumption(())
        self._replay = self._replay_of(key, left)
        self._notes = Notes(book, key, left.left)
        self._session = SessionState(self._changes.ddl_commits)
        self._reads = Reads()
        self._stopped_by = self.failed = self._refused = self._caught = None
        self.was_elsewhere = False
        self._active = True
        self._thread = get_ident()
        self._visit.watcher = self
        self._visit.committed_midway = bool(self._replay)

    def stop(self) -> None:
        """The revision's own statements are through.

        Raises:
            whatever has stopped the run, and was caught by the revision.
            NeedsDecision: it was interrupted the last time behind where it has ended now.
        """
        self._active = False
        if self._stopped_by is not None:
            with errors_explained(self._connection):
                raise self._stopped_by
        if self._caught is not None:
            error, sql = self._caught
            with errors_explained(self._connection, sql):  # the limit is ours: the revision cannot have meant it
                raise error
        self._replay.end()

    def settle(self) -> None:
        """The revision has failed, and its transaction is rolled back: what is known of its last statement by now.

        Only on the connection it has failed on. On another one nothing is known: the server may still work for the one
        that was lost.
        """
        book = self._notes.book
        if book is None:
            return
        if self._refused is not None:
            entry, statement = self._refused
            if image_hash(self._changes.image(self._visit.query, statement)) == entry.before_image:
                book.clear(*self._notes.key, entry.seq)
        self._notes.write_committed()
        # Also what the driver's own connection has committed.
        self._visit.committed_midway = bool(book.entries(*self._notes.key))

    @property
    def has_noted(self) -> bool:
        """Whether the journal has statements of the revision, to be forgotten when it is through."""
        return self._notes.has_any

    @property
    def may_repeat(self) -> bool:
        """Whether another try, in the same session, would do nothing twice and find nothing in its way."""
        return self._session.is_repeatable and not self.was_elsewhere

    @property
    def has_locked_tables(self) -> bool:
        """Whether the revision has locked tables, and may have left them so."""
        return self._session.has_locked_tables

    # -- called by the environment -----------------------------------------------------------------

    def begun(self) -> None:
        """Between two transactions of a revision, on SQLite, another migrator may have been faster."""
        if self._active:
            with self._interruption.deferred():
                self._turn.check_position()

    def committing(self) -> None:
        """What was executed since the last commit is committed now, and so is the note of it."""
        if not self._active:
            return
        with self._interruption.deferred():
            if self._notes.pending or self._replay:
                self._turn.may_commit_midway()
                self._visit.committed_midway = True
            if not self.has_locked_tables:
                self._notes.committing()

    def busy(self, error: Exception) -> bool:
        """A transaction in the middle of the revision cannot begin yet, on SQLite: wait; whether to try again."""
        if not self._active:
            return False
        with self._interruption.deferred():
            return self._turn.wait_out(error, read_statement("BEGIN"), None) is not None

    def leaving(self) -> None:
        """From now on statements cannot be seen. That they may have been executed is noted."""
        if self._active:
            with self._interruption.deferred():
                self._leave(_UNSEEN)

    def _leave(self, summary: str) -> None:
        if self._changes.ddl_commits:  # so what cannot be seen may have
            self._visit.committed_midway = True
        if self._notes.book is None or self.has_locked_tables:
            return
        if self._has_watch or self._changes.ddl_commits:
            self._visit.resumable = False
        entry = entry_of(self._notes.next(), read_statement(""), summary, None, "")._replace(summary=summary)
        noted = self._replay.match(entry)
        if noted is not None and noted.state != AGAIN:
            raise unknown(self._notes.key, noted, "nobody saw what was executed on the driver's own connection")
        # In the transaction that is there: whoever commits that, commits the note.
        self._notes.write([entry._replace(seq=self._notes.place(noted), state=STARTED)])
        if self._changes.ddl_commits:
            self._visit.commit_behind()

    # -- called by SQLAlchemy ----------------------------------------------------------------------

    def _executed(self, call: str, cursor: Any, sql: str, parameters: Any, context: Any) -> bool:
        """Execute a statement, unless it is done; whether that was done here."""
        if not self._active or context is None or context.root_connection is not self._connection:
            return False
        if self._stopped_by is not None:
            raise self._stopped_by
        try:
            with self._interruption.deferred():
                self._execute_once(Execution(call, cursor, sql, parameters, context), looks=only_looks(sql))
        except (StopRequested, Again, WhimbrelError) as error:
            self._stopped_by = error  # raised again, and at the end: a revision may catch whatever its statements raise
            raise
        return True

    def _execute_once(self, execution: Execution, *, looks: bool) -> None:
        if looks:
            return self._look(execution)
        kind = kind_of(self._changes, execution.statement)
        if kind in (PASSES, ENDS) or self.has_locked_tables or self._is_temporary(execution.statement):
            return self._pass(execution, kind)
        entry = execution.entry(self._notes.next(), "/".join(self._notes.key))
        noted = self._replay.match(entry._replace(reads_sha256=self._reads.sha256))
        if noted is not None and self._replay.is_done(noted, execution.statement):
            execution.pretend(noted)
        else:
            placed = entry._replace(seq=self._notes.place(noted), reads_sha256=self._reads.sha256)
            self._note(execution, placed, kind)
        self._session.watch_tables(execution.statement)
        return None

    def _look(self, execution: Execution) -> None:
        self._execute(execution)
        if self._notes.book is not None:
            execution.note_rows(self._reads)

    def _pass(self, execution: Execution, kind: str) -> None:
        """Execute what is executed again in every run."""
        statement = execution.statement
        if kind in (ENDS, COMMITS, MAY_COMMIT) and not takes_all_back(statement):
            self.committing()
        self._visit.committed_midway = self._visit.committed_midway or kind in (COMMITS, MAY_COMMIT)
        self._session.watch_tables(statement)
        if self._session.locks_tables(statement):
            self._leave(_LOCKED)  # not even the journal can be written behind it
        self._look(execution)
        self._session.executed(statement, kind, execution.sets_autocommit)
        self._notes.watch(statement)

    def _note(self, execution: Execution, entry: Entry, kind: str) -> None:
        """Execute what must not be executed twice."""
        if kind == COMMITS:
            self._commit_midway(execution, entry)
        elif kind == MAY_COMMIT:
            self._commit_perhaps(execution, entry)
        elif self._autocommits and kind == ALONE:
            self._alone(execution, entry)
        elif self._autocommits and kind == IN_TRANSACTION:
            self._in_transaction_of_its_own(execution, entry)
        else:
            self._in_transaction(execution, entry)
        if self._notes.book is not None and execution.may_drop_journal:
            self._notes.book.doubt()

    def _in_transaction(self, execution: Execution, entry: Entry) -> None:
        try:
            self._execute(execution)
        except Exception:
            self._notes.executed(entry._replace(state=REFUSED))  # the revision may catch that, and go on
            raise
        self._notes.executed(execution.result(entry))

    def _commit_midway(self, execution: Execution, entry: Entry) -> None:
        """A statement that commits what came before, then itself."""
        statement, visit = execution.statement, self._visit
        self._turn.may_commit_midway()
        commits_others = self._notes.pending
        entry = self._begin(entry, statement)
        if self._notes.book is not None and not self._changes.commits_first(statement):
            visit.commit_behind()
        # One whose image is known is executed, or not.
        visit.committed_midway = visit.committed_midway or commits_others or entry.before_image is None
        self._refused = (entry, statement) if entry.before_image is not None else None
        self._patiently(lambda: self._execute(execution), statement)
        self._refused = None
        visit.committed_midway = True
        self._notes.committed(execution.result(entry))

    def _commit_perhaps(self, execution: Execution, entry: Entry) -> None:
        """Statements of which nobody knows whether they commit, and when.

        That they begin is noted in the transaction that is there: the note is committed exactly if they, or what came
        before them, have committed something.
        """
        self._turn.may_commit_midway()
        entry = self._begin(entry, execution.statement)
        self._visit.committed_midway = True
        self._execute(execution)
        if driver_is_in_transaction(self._connection):
            self._notes.executed(execution.result(entry))
        else:
            self._notes.committed(execution.result(entry))

    def _alone(self, execution: Execution, entry: Entry) -> None:
        """A statement that cannot be in a transaction."""
        statement, query = execution.statement, self._visit.query
        self._turn.may_commit_midway()
        entry = self._begin(entry, statement)

        def once() -> None:
            if self.failed is not None:
                self._changes.clean_up(query, statement)
            self._execute(execution)

        if entry.before_image is not None:
            self.failed = None
            self._patiently(once, statement)
        else:  # a procedure may have committed a part of its work
            self._execute(execution)
        if self._changes.is_half_made(query, statement):
            raise half_made(self._notes.key, entry)
        self._notes.committed(execution.result(entry))

    def _in_transaction_of_its_own(self, execution: Execution, entry: Entry) -> None:
        """A statement outside of a transaction that could be in one: so it is, together with the note of it."""
        self._turn.may_commit_midway()
        query = self._visit.query

        def in_transaction() -> None:
            query("BEGIN")
            try:
                self._turn.limit_waits()
                self._execute(execution)
                self._notes.write([execution.result(entry)])
                query("COMMIT")
            except BaseException:
                with suppress(Exception):  # the connection may be lost
                    query("ROLLBACK")
                raise

        self._patiently(in_transaction, execution.statement)

    # -- parts ----------------------------------------------------------------------------------

    def _checked_out(self, *_: object) -> None:
        """Somebody has taken a connection of any engine: the revision, if that is at work in this thread."""
        is_its_own = self._active and get_ident() == self._thread and not self._interruption.is_deferred
        self.was_elsewhere = self.was_elsewhere or is_its_own

    def _begun(self, connection: Connection) -> None:
        """Another transaction of the revision begins: what limits its waiting may be of the transaction."""
        if self._active and not self._autocommits:
            with self._interruption.deferred():
                self._turn.limit_waits()

    def _rolled_back(self, connection: Connection) -> None:
        if self._active:
            self._notes.rolled_back()

    def _hook(self, name: str) -> Callable[..., bool]:
        if name == "do_execute_no_params":
            return lambda cursor, sql, context: self._executed(name, cursor, sql, None, context)
        return lambda cursor, sql, parameters, context: self._executed(name, cursor, sql, parameters, context)

    def _execute(self, execution: Execution) -> None:
        try:
            with self._interruption:
                execution.execute()
        except Exception as error:
            self._fail(error, execution)
            raise

    def _fail(self, error: Exception, execution: Execution) -> None:
        self.failed = error
        if self._changes.undoes_all(error):  # whatever the revision makes of it, what it did before is gone
            self._notes.rolled_back()
            self._stopped_by = error
        is_ours = "NOWAIT" not in execution.statement.words and not self._session.has_own_limit
        if is_ours and self._changes.is_transient(error) == "lock":
            self._caught = error, execution.sql

    def _is_temporary(self, statement: Statement) -> bool:
        """Whether a statement changes only a table that ends with the session, and is executed again in each."""
        name = self._session.temporary_table(statement)
        return name is not None and self._changes.is_temporary(self._visit.query, name)

    @property
    def _autocommits(self) -> bool:
        options = self._connection.get_execution_options()
        is_told = self._visit.autocommits or options.get("isolation_level") == "AUTOCOMMIT"
        # A transaction the revision may have begun by itself.
        return (is_told or self._session.autocommits) and not driver_is_in_transaction(self._connection)

    def _replay_of(self, key: tuple[str, str], resumption: Resumption) -> Replay:
        return Replay(key, resumption, self._changes, self._visit.query)

    def _begin(self, entry: Entry, statement: Statement) -> Entry:
        """Note that a statement begins, and what it changes as that is now."""
        image = None if statement.others else self._changes.image(self._visit.query, statement)
        begun = entry._replace(state=STARTED, before_image=image_hash(image))
        self._notes.write([begun])
        return begun

    def _patiently(self, execute: Callable[[], None], statement: Statement) -> None:
        """Execute a statement that is alone in its transaction; again when it failed only for the moment."""
        patience: Patience | None = None
        caught = self._caught
        while True:
            try:
                execute()
                self.failed, self._caught = None, caught
                return
            except Exception as error:
                cause = getattr(error, "orig", None) or error
                if self._changes.is_transient(cause) is None:
                    raise
                patience = self._turn.wait_out(cause, statement, patience)
                if patience is None:
                    raise
