"""Writes the journal, on the connection of the migrations and in their transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Any

from ..dialects import Dialect
from ..record import Record
from .attempt import ABANDONED, ATTEMPTS, DONE, RUNNING, STATEMENTS, Attempt, read_half_done
from .tables import ATTEMPT_COLUMNS, ATTEMPT_KEY, STATEMENT_COLUMNS, STATEMENT_KEY, definitions

STARTED, FINISHED, REFUSED = "started", "done", "refused"
HAPPENED, AGAIN, UNDECIDED = "happened", "again", "undecided"
"""The states of a statement. One that was `refused` has left nothing: the database has refused it, or it was taken
back with a savepoint. `happened` and `again` are what a human has decided about one that was `undecided`."""

_AT_ONCE = 500
"""Rows in one statement, so that there are not too many parameters for any driver."""


class Entry(Record):
    """One statement of a revision that has committed something before it was through.

    Attributes:
        seq: its place among those of the revision that change something, from 1.
        state: one of the states above.
        summary: what it does, without values.
        sql_sha256, parameters_sha256: of its text and of its parameters.
        before_image: a hash of what it changes, as it was before; None if that cannot be seen.
        affected, inserted_id: what the driver said of it.
        returned: the rows that it returned, if they are keys that the database has made up; `NOT_KEPT` for any others;
            None if it returned none.
        reads_sha256: a hash of the rows that the revision had read before; None if it had read none.
    """

    seq: int
    state: str
    summary: str
    sql_sha256: str
    parameters_sha256: str
    before_image: str | None = None
    affected: int | None = None
    inserted_id: int | None = None
    returned: str | None = None
    reads_sha256: str | None = None


NOT_KEPT = "not kept"
"""What stands for returned rows that may hold what nobody should read in a journal."""


def now() -> str:
    """The time as the journal writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Book:
    """The journal of one database.

    It writes through the driver: SQLAlchemy would take longer for it than for the migrations that it is about.

    Args:
        execute: runs a statement, with `?` for each of its parameters, on the connection of the migrations. Nothing
            here commits.
        dialect: what the database is.
        schema: the schema of the version table.
        locking_read: what stands behind its questions, see `Dialect.locking_read`.
    """

    def __init__(
        self,
        execute: Callable[[str, Sequence[Any]], list[tuple[Any, ...]]],
        dialect: Dialect,
        schema: str | None,
        locking_read: str = "",
    ) -> None:
        self._locking_read = locking_read
        self._run = execute
        self._dialect = dialect
        self._may_be_gone = False
        self._schema = schema
        self._attempts = dialect.quoted(schema, ATTEMPTS)
        self._statements = dialect.quoted(schema, STATEMENTS)

    def create(self) -> None:
        """Make the tables, those that are not there."""
        for definition in definitions(self._dialect, self._schema):
            self._run(definition, ())

    def doubt(self) -> None:
        """Something may have dropped the tables: before they are used next, see whether they are there."""
        self._may_be_gone = True

    # -- attempts -------------------------------------------------------------------------------

    def note(self, *attempts: Attempt) -> None:
        """Note attempts as they are now."""
        self._put(self._attempts, ATTEMPT_COLUMNS, ATTEMPT_KEY, attempts)

    def forget(self, attempt: Attempt) -> None:
        """An attempt that was never begun."""
        self._execute(f"DELETE FROM {self._attempts} WHERE run = ? AND number = ?", (attempt.run, attempt.number))

    def open_attempts(self) -> list[Attempt]:
        """The attempts that run, or whose process is gone."""
        return self._read("state = ? ORDER BY started_at", RUNNING)

    def last_attempt(self, revision: str, direction: str) -> Attempt | None:
        """The last attempt of a revision."""
        found = self._read("revision = ? AND direction = ? ORDER BY started_at DESC LIMIT 1", revision, direction)
        return found[0] if found else None

    def open_tries(self, revision: str, direction: str) -> list[Attempt]:
        """The attempts of a revision since it got through last, or was given up."""
        found = self._read("revision = ? AND direction = ? ORDER BY started_at DESC", revision, direction)
        return list(takewhile(lambda one: one.state not in (DONE, ABANDONED), found))

    # -- statements -----------------------------------------------------------------------------

    def half_done(self) -> tuple[tuple[str, str], ...]:
        """The revisions of which something is committed, and not all: with their direction."""
        return read_half_done(lambda sql: self._execute(sql, ()), self._dialect, self._schema, self._locking_read)

    def entries(self, revision: str, direction: str) -> list[Entry]:
        """The statements of a revision that was left in the middle."""
        columns, behind = ", ".join(Entry._fields), f"ORDER BY seq{self._locking_read}"
        select = f"SELECT {columns} FROM {self._statements} WHERE revision = ? AND direction = ? {behind}"
        return [Entry(*row) for row in self._execute(select, (revision, direction))]

    def write(self, revision: str, direction: str, entries: Iterable[Entry]) -> None:
        """Note statements as they are now."""
        at = now()
        rows = ((revision, direction, *entry, at) for entry in entries)
        self._put(self._statements, STATEMENT_COLUMNS, STATEMENT_KEY, rows)

    def mark(self, revision: str, direction: str, seq: int, state: str) -> None:
        """Change the state of a statement."""
        self._execute(
            f"UPDATE {self._statements} SET state = ? WHERE revision = ? AND direction = ? AND seq = ?",
            (state, revision, direction, seq),
        )

    def clear(self, revision: str, direction: str, seq: int | None = None) -> None:
        """Forget the statements of a revision, or one of them."""
        delete = f"DELETE FROM {self._statements} WHERE revision = ? AND direction = ?"
        if seq is None:
            self._execute(delete, (revision, direction))
        else:
            self._execute(f"{delete} AND seq = ?", (revision, direction, seq))

    # -- parts ----------------------------------------------------------------------------------

    def _execute(self, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        if self._may_be_gone:
            self._may_be_gone = False
            for table in (ATTEMPTS, STATEMENTS):
                if not self._run(self._dialect.table_exists(table, self._schema), ()):
                    self.create()
        return self._run(statement, parameters)

    def _read(self, condition: str, *parameters: Any) -> list[Attempt]:
        columns = ", ".join(Attempt._fields)
        rows = self._execute(
            f"SELECT {columns} FROM {self._attempts} WHERE {condition}{self._locking_read}", parameters
        )
        return [Attempt(*row) for row in rows]

    def _put(self, table: str, columns: Iterable[str], key: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        names, left = tuple(columns), iter(rows)
        marks = f"({', '.join('?' * len(names))})"
        while some := list(islice(left, _AT_ONCE)):
            statement = self._dialect.put(table, names, key, ", ".join([marks] * len(some)))
            self._execute(statement, [value for row in some for value in row])
