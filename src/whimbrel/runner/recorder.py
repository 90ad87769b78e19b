"""Watches the statements of a revision, and notes those that a crash must not make it execute twice.

As long as a revision is one transaction there is nothing to note. What commits midway (DDL on MySQL, an autocommit
block on PostgreSQL) is noted before and after it is executed, and what was done before it in the same transaction is
noted in that transaction: whatever happens then, it is known how far the revision came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from sqlalchemy import Connection, event

from ..connect.engine import driver_is_in_transaction, errors_explained
from ..dialects import Dialect
from ..dialects.base import ALONE, COMMITS, ENDS, IN_TRANSACTION, PASSES
from ..dialects.statement import Statement, only_looks, read_statement
from ..environment import Visit, watched
from ..errors import WhimbrelError
from ..interruption import Interruption, StopRequested
from ..journal.book import AGAIN, FINISHED, NOT_KEPT, STARTED, Book, Entry
from ..patience import Patience
from .execution import Execution
from .resumption import Mismatch, Resumption, entry_of, image_hash, is_done
from .turn import Again, Turn
from .undecided import unknown, unlike

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
        self._book: Book | None = None
        self._interruption = interruption
        self._turn = turn
        self._key = ("", "")
        self._active = False
        self._hooks = {name: self._hook(name) for name in _HOOKS}
        self._seq = 0
        self._buffer: list[Entry] = []
        self._unwritten: Entry | None = None
        self._noted: set[int] = set()
        self._last_time = 0
        self._temporary: set[str] = set()
        self._resumption = Resumption(())
        self._stopped_by: Exception | None = None
        self.failed: Exception | None = None
        """What the driver has raised last, on this connection and no other one of the revision's."""
        # `environment.sqlite` watches where it keeps the transactions.
        self._watch = nullcontext() if self._has_watch else watched(self._connection, self.leaving)
        self.was_elsewhere = False
        """Whether the revision has opened another connection, on which nothing is rolled back with this one."""
        self._has_set_autocommit = False
        self.has_locked_tables = False
        """Whether the revision has locked tables, so that others, as the journal's, are out of reach."""
        self._refused: tuple[Entry, Statement] | None = None
        """The statement that the database has refused last, if its image can tell whether that has left anything."""

    def __enter__(self) -> Recorder:
        self._watch.__enter__()
        for name in _HOOKS:
            event.listen(self._connection.engine, name, self._hooks[name])
        event.listen(self._connection.engine, "engine_connect", self._connected)
        return self

    def __exit__(self, *_: object) -> None:
        self._active = False
        self._watch.__exit__(None, None, None)
        for name in _HOOKS:
            event.remove(self._connection.engine, name, self._hooks[name])
        event.remove(self._connection.engine, "engine_connect", self._connected)

    def start(self, revision: str, direction: str, book: Book | None = None, entries: Sequence[Entry] = ()) -> None:
        """A revision begins.

        Args:
            revision, direction: which one.
            book: where to note statements; None to note nothing.
            entries: what is noted of an interrupted run of it.
        """
        self._key = (revision, direction)
        self._book = book
        self._seq, self._buffer, self._unwritten, self._temporary, self._refused = 0, [], None, set(), None
        self.has_locked_tables = self._has_set_autocommit = False
        self._resumption = Resumption(entries)
        self._noted = {entry.seq for entry in entries}
        self._last_time = max(self._noted, default=0)
        self._stopped_by = self.failed = None
        self.was_elsewhere = False
        self._active = True
        self._visit.watcher = self

    def stop(self) -> None:
        """The revision's own statements are through.

        Raises:
            whatever has stopped the run, and was caught by the revision.
            NeedsDecision: it was interrupted the last time behind where it has ended now.
        """
        self._active = False
        if self._stopped_by is not None:
            raise self._stopped_by
        if self.failed is not None and self._changes.is_transient(self.failed) is not None:
            with errors_explained(self._connection):  # the limit to lock waits is ours, so it is not the revision's
                raise self.failed
        if self._resumption:
            self._matched(Entry(0, "", "its end", "", ""))

    def settle(self) -> None:
        """The revision has failed: what is known of its last statement by now, on the connection it has failed on.

        On another one nothing is known: the server may still work for the one that was lost.
        """
        if self._book is None:
            return
        if self._refused is not None:
            entry, statement = self._refused
            if image_hash(self._changes.image(self._visit.query, statement)) == entry.before_image:
                self._book.clear(*self._key, entry.seq)
        if self._unwritten is not None:
            self._book.write(*self._key, [self._unwritten])

    @property
    def has_noted(self) -> bool:
        """Whether the journal has statements of the revision, to be forgotten when it is through."""
        return bool(self._noted)

    # -- called by the environment -----------------------------------------------------------------

    def begun(self) -> None:
        """Between two transactions of a revision, on SQLite, another migrator may have been faster."""
        if self._active and not self._noted:
            with self._interruption.deferred():
                self._turn.check_position()

    def committing(self) -> None:
        """What was executed since the last commit is committed now, and so is the note of it."""
        if not self._active:
            return
        with self._interruption.deferred():
            if self._buffer or self._resumption:
                self._turn.may_commit_midway()
            # Of a statement whose image is known it can be seen whether it is through.
            if self._buffer or (self._unwritten is not None and self._unwritten.before_image is None):
                self._write([])

    def leaving(self) -> None:
        """From now on statements cannot be seen. That they may have been executed is noted."""
        if self._active:
            with self._interruption.deferred():
                self._leave(_UNSEEN)

    def _leave(self, summary: str) -> None:
        if self._book is None or self.has_locked_tables:
            return
        if self._has_watch or self._changes.ddl_commits:
            self._visit.resumable = False
        entry = entry_of(self._next(), read_statement(""), summary, None, "")._replace(summary=summary)
        noted = self._matched(entry)
        if noted is not None and noted.state != AGAIN:
            raise unknown(self._key, noted, "nobody saw what was executed on the driver's own connection")
        entry = entry._replace(seq=self._seq, state=STARTED)
        if self._changes.ddl_commits:
            self._write([entry])
            self._visit.commit_behind()
            self._visit.committed_midway = True
        elif self._has_watch:
            self._write([entry])
        else:
            self._buffer.append(entry)  # in the transaction, as long as that lasts

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
            return self._execute(execution)
        kind = self._changes.kind(execution.statement)
        is_passed = kind in (PASSES, ENDS) and not execution.statement.commits_in_a_script
        if is_passed or self.has_locked_tables or self._is_temporary(execution.statement):
            return self._pass(execution, kind)
        entry = execution.entry(self._next(), "/".join(self._key))
        noted = self._matched(entry)
        if noted is not None and self._is_done(noted, execution.statement):
            execution.pretend(noted)
        else:
            self._note(execution, entry if entry.seq == self._seq else entry._replace(seq=self._seq), kind)
        return None

    def _pass(self, execution: Execution, kind: str) -> None:
        """Execute what is executed again in every run."""
        if kind in (ENDS, COMMITS):
            self.committing()
        self._note_temporary(execution.statement)
        verb = execution.statement.verb
        if verb == "LOCK" and self._changes.ddl_commits:
            self._leave(_LOCKED)  # not even the journal can be written behind it
        self._execute(execution)
        if self._changes.ddl_commits and verb in ("LOCK", "UNLOCK"):
            self.has_locked_tables = verb == "LOCK"
        elif kind == ENDS and verb == "SET":
            self._has_set_autocommit = execution.sets_autocommit

    def _note(self, execution: Execution, entry: Entry, kind: str) -> None:
        """Execute what must not be executed twice."""
        if kind == COMMITS or execution.statement.commits_in_a_script:
            self._commit_midway(execution, entry)
        elif self._autocommits and kind == ALONE:
            self._alone(execution, entry)
        elif self._autocommits and kind == IN_TRANSACTION:
            self._in_transaction_of_its_own(execution, entry)
        else:
            self._execute(execution)
            self._buffer.append(execution.result(entry))
        if self._book is not None and execution.may_drop_journal:
            self._book.doubt()

    def _commit_midway(self, execution: Execution, entry: Entry) -> None:
        """A statement that commits what came before, then itself."""
        self._turn.may_commit_midway()
        if self._book is not None:
            entry = self._started(entry, execution.statement)
            self._write([entry])
            if execution.statement.is_script or not self._changes.commits_first(execution.statement):
                self._visit.commit_behind()
        self._visit.committed_midway = True
        self._buffer.clear()
        self._refused = (entry, execution.statement) if entry.before_image is not None else None
        self._patiently(lambda: self._execute(execution), execution.statement)
        self._refused = None
        self._unwritten = execution.result(entry)

    def _alone(self, execution: Execution, entry: Entry) -> None:
        """A statement that cannot be in a transaction."""
        self._turn.may_commit_midway()
        if self._book is not None:
            entry = self._started(entry, execution.statement)
            self._write([entry])
        self._patiently(lambda: self._execute(execution), execution.statement)
        self._unwritten = execution.result(entry)

    def _in_transaction_of_its_own(self, execution: Execution, entry: Entry) -> None:
        """A statement outside of a transaction that could be in one: so it is, together with the note of it."""
        self._turn.may_commit_midway()
        query = self._visit.query

        def in_transaction() -> None:
            query("BEGIN")
            try:
                self._turn.limit_waits()
                self._execute(execution)
                self._write([execution.result(entry)])
                query("COMMIT")
            except BaseException:
                query("ROLLBACK")
                raise

        self._patiently(in_transaction, execution.statement)

    # -- parts ----------------------------------------------------------------------------------

    def _connected(self, connection: Connection) -> None:
        self.was_elsewhere = self.was_elsewhere or self._active

    def _hook(self, name: str) -> Callable[..., bool]:
        if name == "do_execute_no_params":
            return lambda cursor, sql, context: self._executed(name, cursor, sql, None, context)
        return lambda cursor, sql, parameters, context: self._executed(name, cursor, sql, parameters, context)

    def _execute(self, execution: Execution) -> None:
        try:
            with self._interruption:
                execution.execute()
        except Exception as error:
            self.failed = error
            raise

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    @property
    def _autocommits(self) -> bool:
        options = self._connection.get_execution_options()
        is_told = self._visit.autocommits or options.get("isolation_level") == "AUTOCOMMIT"
        # A transaction the revision may have begun by itself.
        return (is_told or self._has_set_autocommit) and not driver_is_in_transaction(self._connection)

    def _note_temporary(self, statement: Statement) -> None:
        if statement.verb == "CREATE" and not statement.modifiers.isdisjoint(("TEMP", "TEMPORARY")):
            self._temporary.add(".".join(statement.name).lower())

    def _is_temporary(self, statement: Statement) -> bool:
        """Whether a statement changes only a table that ends with the session, and is executed again in each."""
        if not self._temporary or statement.several or statement.verb == "WITH":
            return False
        if statement.subject not in ("", "TABLE", "INDEX"):
            return False
        return ".".join(statement.table or statement.name).lower() in self._temporary

    def _matched(self, entry: Entry) -> Entry | None:
        """What is noted of a statement; its place is that of the note, or behind all that is noted."""
        try:
            noted = self._resumption.match(entry)
        except Mismatch as mismatch:
            raise unlike(self._key, *mismatch.args) from None
        while self._resumption.passed_over:
            passed = self._resumption.passed_over.pop()
            if passed.state == STARTED and not self._is_atomic(passed):
                raise unknown(self._key, passed, "it was being executed, and the revision does not come to it any more")
        if noted is not None:
            self._seq = noted.seq
        else:
            self._seq = max(self._seq, self._last_time + 1)
        return noted

    def _is_atomic(self, entry: Entry) -> bool:
        """Whether a statement is executed or not, so that a revision that looks for what it makes does not find a half
        of it: an index that is built concurrently is there and invalid.
        """
        return entry.before_image is not None and self._changes.kind(read_statement(entry.summary)) == COMMITS

    def _is_done(self, noted: Entry, statement: Statement) -> bool:
        """Whether a statement that was begun is through; cleaned up behind it if it is not.

        Raises:
            NeedsDecision: nobody can know.
        """
        if is_done(noted):
            if noted.returned == NOT_KEPT:
                raise unknown(self._key, noted, "it returned rows that the revision goes by, and they are not kept")
            self._check_for(noted, statement)
            return True
        if noted.state == AGAIN:
            return False
        now = self._changes.image(self._visit.query, statement)
        if now is None or noted.before_image is None:
            raise unknown(self._key, noted, "nothing in the database shows whether it was executed")
        happened = self._changes.happened(statement, now, image_hash(now) != noted.before_image)
        if happened is None:
            raise unknown(self._key, noted, "what it has left in the database is not clear")
        if not happened:
            self._changes.clean_up(self._visit.query, statement)
        return happened

    def _check_for(self, noted: Entry, statement: Statement) -> None:
        """A table that was made must be there: somebody may have undone by hand what the journal calls done."""
        makes = statement.verb == "CREATE" and statement.subject == "TABLE" and self._changes.ddl_commits
        if noted.state != FINISHED or not makes or self._changes.image(self._visit.query, statement) != "absent":
            return
        if not any(statement.name[-1] in other.summary for other in self._resumption.left):
            raise unknown(self._key, noted, "it is noted as done, and what it has made is not there")

    def _started(self, entry: Entry, statement: Statement) -> Entry:
        image = self._changes.image(self._visit.query, statement)
        return entry._replace(state=STARTED, before_image=image_hash(image))

    def _write(self, entries: list[Entry]) -> None:
        """Note these, and what was not noted yet of those before."""
        if self._book is None or self.has_locked_tables:
            return
        last = [self._unwritten] if self._unwritten is not None else []
        fresh = [*last, *self._buffer, *entries]
        self._book.write(*self._key, fresh)
        self._noted.update(entry.seq for entry in fresh)
        self._unwritten = None
        self._buffer.clear()

    def _patiently(self, execute: Callable[[], None], statement: Statement) -> None:
        """Execute a statement that is alone in its transaction; again when it failed only for the moment."""
        patience: Patience | None = None
        while True:
            try:
                execute()
                self.failed = None
                return
            except Exception as error:
                if self._changes.is_transient(error) is None:
                    raise
                patience = self._turn.wait_out(error, statement, patience)
                if patience is None:
                    raise
