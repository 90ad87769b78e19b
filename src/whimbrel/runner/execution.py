"""One execution of a statement, as SQLAlchemy is about to hand it to the driver."""

from __future__ import annotations

from typing import Any

from ..dialects.statement import read_statement
from ..journal.book import FINISHED, Entry
from .resumption import entry_of


class Execution:
    """A statement with its cursor.

    Args:
        call: the method of SQLAlchemy's dialect that executes it.
        cursor, sql, parameters, context: what that method is called with.
    """

    def __init__(self, call: str, cursor: Any, sql: str, parameters: Any, context: Any) -> None:
        self._call = call
        self._cursor = cursor
        self._sql = sql
        self._parameters = parameters
        self._context = context
        self.statement = read_statement(sql)

    def execute(self) -> None:
        """Hand it to the driver."""
        arguments = () if self._call == "do_execute_no_params" else (self._parameters,)
        getattr(self._context.dialect, self._call)(self._cursor, self._sql, *arguments, self._context)

    def entry(self, seq: int, salt: str) -> Entry:
        """The statement as the journal has it, before it is executed."""
        return entry_of(seq, self.statement, self._sql, self._parameters, salt)

    def result(self, entry: Entry) -> Entry:
        """The same when it was executed, with what the driver says of it."""
        identity = getattr(self._cursor, "lastrowid", None)
        affected = getattr(self._cursor, "rowcount", None)
        return entry._replace(
            state=FINISHED,
            affected=affected if isinstance(affected, int) else None,
            inserted_id=identity if isinstance(identity, int) else None,
            returned_rows=getattr(self._cursor, "description", None) is not None,
        )

    def pretend(self, noted: Entry) -> None:
        """Let it look as if it was executed now, though that was the last time."""
        self._context._rowcount = -1 if noted.affected is None else noted.affected
        self._context.get_lastrowid = lambda: noted.inserted_id
