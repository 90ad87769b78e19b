"""Real transactions on SQLite, for revisions that were written for a driver without them.

Python's sqlite3 begins a transaction before an INSERT but not before a CREATE TABLE, so that with stock Alembic a
revision that fails half-way leaves the first half behind. Here every transaction begins with `BEGIN IMMEDIATE`: DDL is
rolled back, and a second migrator waits for the write lock instead of failing in the middle.

Some revisions count on there being none. They get what they count on, as late and for as short as possible.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event

from ..connect.engine import errors_explained, query_of
from ..dialects.sqlite.foreign_keys import is_enforced
from ..dialects.statement import words_of
from .watching import watched

_BEGIN = "BEGIN IMMEDIATE"
_BLANK = r"(?:[\s;]|--[^\n]*\n|/\*.*?\*/)*"
_FIRST_WORD = re.compile(rf"{_BLANK}(\w*)", re.DOTALL)
_OUTSIDE = words_of("VACUUM ATTACH DETACH")
_PRAGMA_OUTSIDE = re.compile(
    r"PRAGMA\s+(?:\w+\.)?(?:\w+\s*=|(?:foreign_keys|journal_mode|synchronous|wal_checkpoint)\s*\()", re.IGNORECASE
)
_FOREIGN_KEYS = re.compile(r"PRAGMA\s+(?:\w+\.)?foreign_keys\s*[=(]\s*['\"]?(\w+)", re.IGNORECASE)
_ON = words_of("ON YES TRUE 1")
_CHANGES_NOTHING = words_of("SELECT PRAGMA EXPLAIN BEGIN COMMIT END ROLLBACK SAVEPOINT RELEASE")


class Transactions:
    """The transactions of one connection, until `stop()`.

    - `BEGIN`, and what SQLite refuses or ignores inside of a transaction, is executed outside: what came before is
      committed, and the next statement begins again. `PRAGMA foreign_keys = OFF` is such a one: ignored, the rebuild of
      a table that follows it would delete the rows that refer to it. In a transaction that the engine or env.py has
      begun, with stock Alembic it is ignored as well: there `ON` counts only if an `OFF` has changed anything.
    - Whoever takes the driver's own connection sends statements that nobody can look at first. From then on the
      transaction is the driver's, as with stock Alembic, until SQLAlchemy begins the next one.

    Args:
        connection: the connection, not in a transaction yet.
        before_commit: called before something is committed behind SQLAlchemy's back.
        on_commit: called when something was committed that can no more be rolled back.
        on_leave: called before the transaction is left to the driver.
        on_begin: called when a transaction has begun, and nobody else can write any more.
        on_busy: called with the driver's error when it cannot begin; whether to try again.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        before_commit: Callable[[], None],
        on_commit: Callable[[], None],
        on_leave: Callable[[], None],
        on_begin: Callable[[], None],
        on_busy: Callable[[Exception], bool],
    ) -> None:
        self.connection = connection
        self._driver: Any = connection.connection.driver_connection
        self._before_commit = before_commit
        self._on_commit = on_commit
        self._on_leave = on_leave
        self._on_begin = on_begin
        self._on_busy = on_busy
        self._is_ours = False
        self._is_drivers = False
        self._changed = False
        self._has_switched_off = False
        self._watch = watched(connection, self._leave_to_driver)
        self._watch.__enter__()
        self._listeners = {"before_cursor_execute": self._before, "after_cursor_execute": self._after}
        if not connection.engine.dispatch.begin:  # else the engine begins by itself, as SQLAlchemy's recipe does
            self._listeners["begin"] = self._begin
        for name, listener in self._listeners.items():
            event.listen(connection, name, listener)

    def stop(self) -> None:
        """Leave the connection as it was: it may be the caller's."""
        for name, listener in self._listeners.items():
            event.remove(self.connection, name, listener)
        self._watch.__exit__(None, None, None)

    def _begin(self, connection: Connection) -> None:
        """Forget the last transaction. The first statement begins: until then, whoever has the driver's own connection
        may send a pragma, which would be ignored inside of a transaction.
        """
        self._is_ours = self._is_drivers = self._changed = False
        self._driver = connection.connection.driver_connection

    def _before(self, connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        if self._autocommits:
            return
        first = _FIRST_WORD.match(statement)
        assert first is not None, "it may be empty"
        word = first[1].upper()
        begins = word == "BEGIN"
        is_outside = word in _OUTSIDE or (word == "PRAGMA" and self._leads_outside(statement, first.start(1)))
        if is_outside or (begins and self._is_ours):
            self._commit()
        elif not begins and not self._is_drivers and not self._is_in_transaction:
            self._begin_immediate()
        if begins:
            self._is_ours = False
        elif word not in _CHANGES_NOTHING:
            self._changed = True

    def _leads_outside(self, statement: str, start: int) -> bool:
        """Whether a pragma is one for which the transaction is left."""
        if not _PRAGMA_OUTSIDE.match(statement, start):
            return False
        switch = _FOREIGN_KEYS.match(statement, start)
        if switch is None or self._is_ours or not self._is_in_transaction:
            return True
        wants_on, is_on = switch[1].upper() in _ON, self._enforces
        if wants_on == is_on or (wants_on and not self._has_switched_off):
            return False
        self._has_switched_off = not wants_on
        return True

    def _after(self, *_: Any) -> None:
        """Notice a COMMIT of the revision's own, and what the driver will keep or not as it likes."""
        if self._changed and (self._is_drivers or not self._is_in_transaction) and not self._autocommits:
            self._changed = False
            self._on_commit()

    def _leave_to_driver(self) -> None:
        if not self._autocommits and not self.connection.in_nested_transaction():
            self._on_leave()
            self._commit()
            self._is_drivers = True
            self._on_commit()

    def _begin_immediate(self) -> None:
        while not self._has_begun():
            pass
        self._is_ours = True
        self._on_begin()

    def _has_begun(self) -> bool:
        with errors_explained(self.connection, _BEGIN):
            cursor = self.connection.connection.cursor()
            try:
                cursor.execute(_BEGIN)
            except self.connection.dialect.loaded_dbapi.OperationalError as error:
                if not self._on_busy(error):
                    raise
                return False
            finally:
                cursor.close()
        return True

    def _commit(self) -> None:
        """Commit behind SQLAlchemy's back, which goes on believing in its transaction; not in one of its savepoints."""
        if not self._is_in_transaction or self.connection.in_nested_transaction():
            return
        if self._changed:
            self._before_commit()
        cursor = self.connection.connection.cursor()
        cursor.execute("COMMIT")
        cursor.close()
        self._is_ours = False
        if self._changed:
            self._changed = False
            self._on_commit()

    @property
    def _enforces(self) -> bool:
        """Whether foreign keys are enforced."""
        return is_enforced(query_of(self.connection.connection))

    @property
    def _autocommits(self) -> bool:
        return self.connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"

    @property
    def _is_in_transaction(self) -> bool:
        """Whether SQLite itself is in a transaction; SQLAlchemy only knows what it was told."""
        return bool(getattr(self._driver, "in_transaction", False))
