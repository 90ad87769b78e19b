"""Makes a database empty: of its rows, or of everything in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import exc

from ..dialects import Dialect
from ..dialects.contents import Table
from ..environment import Visit
from ..environment.reasons import hint_for, reason
from ..errors import RowsRefused, counted
from ..events import Notice
from .dumping import File
from .transfer import Transfer, transaction
from .view import in_order, rows_of, seen, view_of


class Counted(NamedTuple):
    """How many rows a table has.

    Attributes:
        where: the database, with the password masked.
        table: its name, with its schema if that is not the usual one.
        rows: how many.
    """

    where: str
    table: str
    rows: int


class Cleaned(NamedTuple):
    """What was removed.

    Attributes:
        where: the database, with the password masked.
        rows: how many rows.
        tables: how many tables they were in.
        dropped: how many objects were dropped; 0 if the schema was to stay.
        backup: the archive that was written before; None if none was.
    """

    where: str
    rows: int
    tables: int
    dropped: int = 0
    backup: str | None = None


def count(transfer: Transfer) -> list[Counted]:
    """How many rows each table has, as `dump` would write them. Reads the database."""

    def counted_in(visit: Visit, dialect: Dialect) -> list[Counted]:
        with view_of(visit, dialect) as view:
            return [Counted(visit.where, label, number) for label, number in view.counts().items()]

    return [one for counts in transfer.look(counted_in) for one in counts]


def clean(transfer: Transfer, *, schema: bool = False, backup: str | bool = False) -> Cleaned:
    """Remove all rows, or everything. Writes the database.

    Args:
        transfer: how to get at it.
        schema: drop everything, the version table too; else only the rows go, and neither that nor the journal.
        backup: a file that it is written to first, in the same transaction; true for one that is named as by `dump`.

    Raises:
        RowsRefused: the database refused.
        CommitUnknown: the connection was lost during the commit.
        LockBusy: a migrator is at work.
        WhimbrelError: as `dump`, with a backup.
    """
    file = None
    if backup:
        file = File(transfer, None if isinstance(backup, bool) else backup)
        transfer.refuse_several("a file")
    done = transfer.change(lambda visit, dialect: _Cleaning(transfer, visit, dialect).run(schema, file))
    return Cleaned(
        ", ".join(dict.fromkeys(one.where for one in done)),
        sum(one.rows for one in done),
        sum(one.tables for one in done),
        sum(one.dropped for one in done),
        next((one.backup for one in done), None),
    )


class _Cleaning:
    """One database being made empty."""

    def __init__(self, transfer: Transfer, visit: Visit, dialect: Dialect) -> None:
        self._transfer = transfer
        self._visit = visit
        self._dialect = dialect
        self._contents = dialect.contents
        self._rows = rows_of(visit, dialect)
        self._dropped = 0
        self._lasting: list[str] = []

    def run(self, schema: bool, file: File | None) -> Cleaned:
        """Do it, with another try for what fails only for the moment."""
        visit, turn = self._visit, self._transfer.turn(self._visit, self._dialect)

        def work() -> Cleaned:
            with transaction(visit, self._dialect, turn, self._rows):
                view = seen(visit, self._dialect, self._rows)
                ordered = in_order(view.tables)[0]
                counts = self._locked(ordered)
                backup = file.write(view._replace(is_alone=True)).path if file else None
                if not schema:
                    self._empty(ordered)
                    for table, why in view.unread():
                        self._transfer.tell(Notice(f"the rows of {table} stay: {why}"))
                dropped = self._drop(ordered) if schema else 0
                return Cleaned(visit.where, sum(counts), sum(map(bool, counts)), dropped, backup)

        try:
            return turn.run(work, lambda error: not self._is_lasting)
        except exc.DBAPIError as error:
            raise RowsRefused(
                "the database cannot be emptied",
                where=visit.where,
                why=reason(error),
                state=self._state,
                hint=hint_for(error, self._dialect.name) or "use a user who may: migration_url",
            ) from error

    @property
    def _is_lasting(self) -> bool:
        """Whether something is gone that no rollback brings back."""
        return bool(self._lasting or (self._dropped and self._dialect.changes.ddl_commits))

    @property
    def _state(self) -> str:
        if self._dropped and self._dialect.changes.ddl_commits:
            return f"{counted(self._dropped, 'object')} dropped, which this database does not roll back"
        if self._lasting:
            return f"rolled back, but for tables without transactions: {', '.join(self._lasting)}"
        return "nothing was changed: all of it was rolled back"

    def _locked(self, tables: Sequence[Table]) -> list[int]:
        """Let nobody else write tables; how many rows each has."""
        for statement in self._contents.lock(tables):
            self._rows.ask(statement)
        return [int(self._rows.ask(self._contents.count(table))[0][0]) for table in tables]

    def _empty(self, ordered: Sequence[Table]) -> None:
        """Remove the rows."""
        contents, rows = self._contents, self._rows
        before, after = contents.closed(ordered, ordered)
        for statement in before:
            rows.ask(statement)
        self._lasting = [table.label for table in ordered if not table.is_transactional]
        for statement in contents.empty(ordered[::-1]):
            self._transfer.interruption.check()
            rows.ask(statement)
        for statement in after:
            rows.ask(statement)
        left = [table.label for table in ordered if rows.ask(contents.count(table)) != [(0,)]]
        if left:
            raise RowsRefused(
                f"there are rows in {', '.join(left)} again",
                where=self._visit.where,
                why="a trigger writes them when others are removed",
                state=self._state,
                hint="drop that trigger first, and make it again afterwards",
            )

    def _drop(self, tables: Sequence[Table]) -> int:
        """Drop everything in the schemas of these tables and of the version table; how many objects."""
        schemas = dict.fromkeys((None, self._visit.schema, *(table.schema for table in tables)))
        for statement in [one for schema in schemas for one in self._contents.drop(self._rows.ask, schema)]:
            self._transfer.interruption.check()
            self._rows.ask(statement)
            self._dropped += statement.startswith("DROP")
        return self._dropped
