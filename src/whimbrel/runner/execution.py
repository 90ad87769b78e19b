"""One execution of a statement, as SQLAlchemy is about to hand it to the driver."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.util import await_only

from ..dialects.statement import Statement, read_statement
from ..journal import PREFIX
from ..journal.book import FINISHED, NOT_KEPT, Entry
from .reads import Reads, is_of_catalog
from .resumption import entry_of

_HOLD_TABLES = ("SCHEMA", "DATABASE", "OWNED")
_DIGITS = re.compile(r"[0-9]{1,20}")
_MOST_KEPT = 60_000
"""Characters of returned rows: a TEXT of MySQL holds 65,535 bytes."""


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

    @cached_property
    def statement(self) -> Statement:
        """What it does to what."""
        return read_statement(self._sql, self._context.dialect.name)

    @property
    def sql(self) -> str:
        """Its text."""
        return self._sql

    @property
    def sets_autocommit(self) -> bool:
        """Whether it makes the server commit each statement from now on, as `SET autocommit = 1` of MySQL does."""
        return re.search(r"autocommit\s*:?=\s*(?:1|on|true)\b", self._sql, re.IGNORECASE) is not None

    @property
    def may_drop_journal(self) -> bool:
        """Whether it may drop the journal's tables: those of a schema, or by name; who can know of a procedure?"""
        verb, subject = self.statement.verb, self.statement.subject
        if verb == "DROP":
            return subject in _HOLD_TABLES or PREFIX in self._sql
        return verb in ("DO", "CALL", "EXECUTE", "BEGIN") or bool(self.statement.others)

    def execute(self) -> None:
        """Hand it to the driver."""
        arguments = () if self._call == "do_execute_no_params" else (self._parameters,)
        getattr(self._context.dialect, self._call)(self._cursor, self._sql, *arguments, self._context)
        if self._context.dialect.name in ("mysql", "mariadb") and self.statement.others:
            self._execute_others()

    def _execute_others(self) -> None:
        """Wait for the statements behind the first, and raise what the server says of them.

        MySQL answers each by itself, and SQLAlchemy looks at the first answer only: what is wrong with the others it
        writes, with its values, to its log.
        """
        cursor = self._cursor
        self._context._rowcount = cursor.rowcount
        if cursor.description is not None:
            self._serve(cursor.description, [tuple(row) for row in cursor.fetchall()])
        if not self._context.dialect.is_async:
            while cursor.nextset():
                pass
            return
        while await_only(cursor._cursor.nextset()):
            pass

    def entry(self, seq: int, salt: str) -> Entry:
        """The statement as the journal has it, before it is executed."""
        return entry_of(seq, self.statement, self._sql, self._parameters, salt)

    def note_rows(self, reads: Reads) -> None:
        """Note the rows that it has returned, unless they are of the schema, or still with the server."""
        description = getattr(self._cursor, "description", None)
        if description is None or self._context._is_server_side or is_of_catalog(self._sql):
            return
        rows = [tuple(row) for row in self._cursor.fetchall()]
        self._serve(description, rows)
        reads.add(self._sql, self._parameters, rows)

    def result(self, entry: Entry) -> Entry:
        """The same when it was executed, with what the driver says of it."""
        identity = getattr(self._cursor, "lastrowid", None)
        affected = getattr(self._cursor, "rowcount", None)
        return entry._replace(
            state=FINISHED,
            affected=affected if isinstance(affected, int) else None,
            inserted_id=identity if isinstance(identity, int) else None,
            returned=self._returned(),
        )

    def pretend(self, noted: Entry) -> None:
        """Let it look as if it was executed now, though that was the last time."""
        self._context._rowcount = -1 if noted.affected is None else noted.affected
        self._context.get_lastrowid = lambda: noted.inserted_id
        if noted.returned is not None:
            names, rows = json.loads(noted.returned)
            self._serve([(name, *[None] * 6) for name in names], [tuple(row) for row in rows])

    def _returned(self) -> str | None:
        """The rows that it has returned, for the journal: keys that the database has made up, nothing it was given."""
        description = getattr(self._cursor, "description", None)
        if self.statement.others:
            return None if description is None else NOT_KEPT
        if description is None:
            return None
        rows = [tuple(row) for row in self._cursor.fetchall()]
        self._serve(description, rows)
        # SQLAlchemy asks by itself only for what the database has made up. An UPDATE may return whatever is there.
        is_asked = not self._context._is_implicit_returning
        if is_asked and self.statement.verb != "INSERT":
            return NOT_KEPT
        given = self._given if is_asked else set()
        if not all(_is_number(value) and value not in given for row in rows for value in row):
            return NOT_KEPT
        text = json.dumps([[column[0] for column in description], rows])
        return text if len(text) <= _MOST_KEPT else NOT_KEPT

    @property
    def _given(self) -> set[int]:
        """The numbers that the statement has from elsewhere."""
        texts = [self._sql, *(str(value) for value in _values(self._parameters))]
        return {int(digits) for text in texts for digits in _DIGITS.findall(text)}

    def _serve(self, description: Sequence[Any], rows: Sequence[tuple[Any, ...]]) -> None:
        """Let SQLAlchemy have these rows."""
        self._context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(None, description, rows)
        self._context.fetchall_for_returning = lambda cursor: rows  # of an INSERT in several batches


def _is_number(value: object) -> bool:
    return type(value) is int  # which a bool is not


def _values(parameters: Any) -> Iterator[Any]:
    """The values among parameters, whatever they are wrapped in."""
    if isinstance(parameters, Mapping):
        parameters = parameters.values()
    elif not isinstance(parameters, list | tuple):
        yield parameters
        return
    for value in parameters:
        yield from _values(value)
