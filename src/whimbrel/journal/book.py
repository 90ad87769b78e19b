"""Writes the journal, on the connection of the migrations and in their transactions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from ..record import Record
from .attempt import CRASHED, RUNNING, Attempt
from .tables import Tables

OWN = "whimbrel_journal"
"""The execution option of the journal's own statements."""

STARTED, FINISHED, HAPPENED, AGAIN, UNDECIDED = "started", "done", "happened", "again", "undecided"
"""The states of a statement. `happened` and `again` are what a human has decided about one that was `undecided`."""


class Entry(Record):
    """One statement of a revision that has committed something before it was through.

    Attributes:
        seq: its place among those of the revision that change something, from 1.
        state: one of the states above.
        summary: what it does, without values.
        sql_sha256, parameters_sha256: of its text and of its parameters.
        before_image: a hash of what it changes, as it was before; None if that cannot be seen.
        affected, inserted_id: what the driver said of it.
        returned_rows: whether it returned rows, which the revision may have gone by.
    """

    seq: int
    state: str
    summary: str
    sql_sha256: str
    parameters_sha256: str
    before_image: str | None = None
    affected: int | None = None
    inserted_id: int | None = None
    returned_rows: bool = False


def now() -> str:
    """The time as the journal writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Book:
    """The journal of one database.

    Args:
        connection: the connection of the migrations. Nothing here commits.
        schema: the schema of the version table.
    """

    def __init__(self, connection: Connection, schema: str | None) -> None:
        self._connection = connection
        self._tables = Tables(schema)

    def create(self) -> None:
        """Make the tables, those that are not there."""
        self._tables.metadata.create_all(self._connection)

    # -- attempts -------------------------------------------------------------------------------

    def begin(self, attempt: Attempt) -> None:
        """Note that an attempt begins."""
        self._execute(insert(self._tables.attempts), attempt._asdict())

    def end(self, attempt: Attempt, state: str, *, to_heads: str | None = None, error: str | None = None) -> None:
        """Note how an attempt has ended."""
        table = self._tables.attempts
        self._execute(
            update(table).where(table.c.run == attempt.run, table.c.number == attempt.number),
            {"state": state, "ended_at": now(), "to_heads": to_heads, "error": error},
        )

    def forget(self, attempt: Attempt) -> None:
        """An attempt that was never begun."""
        table = self._tables.attempts
        self._execute(delete(table).where(table.c.run == attempt.run, table.c.number == attempt.number))

    def open_attempts(self) -> list[Attempt]:
        """The attempts that run, or whose process is gone."""
        table = self._tables.attempts
        rows = self._execute(
            select(*(table.c[name] for name in Attempt._fields)).where(table.c.state == RUNNING).order_by("started_at")
        )
        return [Attempt(*row) for row in rows]

    def mark_crashed(self, attempts: Iterable[Attempt]) -> None:
        """Note that the processes of these are gone."""
        for attempt in attempts:
            self.end(attempt, CRASHED)

    def last_attempt(self, revision: str, direction: str) -> Attempt | None:
        """The last attempt of a revision."""
        table = self._tables.attempts
        rows = self._execute(
            select(*(table.c[name] for name in Attempt._fields))
            .where(table.c.revision == revision, table.c.direction == direction)
            .order_by(table.c.started_at.desc())
            .limit(1)
        )
        return next((Attempt(*row) for row in rows), None)

    # -- statements -----------------------------------------------------------------------------

    def half_done(self) -> list[tuple[str, str]]:
        """The revisions of which something is committed, and not all: with their direction."""
        table = self._tables.statements
        rows = self._execute(select(table.c.revision, table.c.direction).distinct())
        return [(str(revision), str(direction)) for revision, direction in rows]

    def entries(self, revision: str, direction: str) -> list[Entry]:
        """The statements of a revision that was left in the middle."""
        table = self._tables.statements
        rows = self._execute(
            select(*(table.c[name] for name in Entry._fields))
            .where(table.c.revision == revision, table.c.direction == direction)
            .order_by(table.c.seq)
        )
        return [Entry(*row) for row in rows]

    def write(self, revision: str, direction: str, entries: Iterable[Entry]) -> None:
        """Note statements."""
        rows = [
            {**entry._asdict(), "revision": revision, "direction": direction, "at": now()}
            | {"returned_rows": int(entry.returned_rows)}
            for entry in entries
        ]
        if rows:
            self._execute(insert(self._tables.statements), rows)

    def mark(self, revision: str, direction: str, seqs: Iterable[int], **values: Any) -> None:
        """Change what is noted of statements."""
        table = self._tables.statements
        self._execute(update(table).where(self._of(revision, direction), table.c.seq.in_(list(seqs))), values)

    def clear(self, revision: str, direction: str, seqs: Iterable[int] | None = None) -> None:
        """Forget the statements of a revision, all or some."""
        table = self._tables.statements
        condition = self._of(revision, direction)
        if seqs is not None:
            condition = and_(condition, table.c.seq.in_(list(seqs)))
        self._execute(delete(table).where(condition))

    def _of(self, revision: str, direction: str) -> Any:
        table = self._tables.statements
        return and_(table.c.revision == revision, table.c.direction == direction)

    def _execute(self, statement: Any, parameters: Any = None) -> Any:
        return self._connection.execute(statement, parameters, execution_options={OWN: True})
