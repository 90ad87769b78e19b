"""Writes the rows of a database into an archive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ....archive import ArchivedColumn, ArchivedTable, ArchiveWriter, Manifest
from ....archive.values import archived
from ....connect.rows import Pace
from ....dialects.contents import Table
from ....errors import DumpFailed
from ....events import RowsMoved
from ....version import __version__
from ...transfer import Transfer
from ...view import View


class Dump:
    """One archive being written."""

    def __init__(self, transfer: Transfer, view: View) -> None:
        self._transfer = transfer
        self._view = view
        self._dialect = view.dialect
        self._contents = view.dialect.contents

    def write(self, path: str) -> int:
        """Write it; how many rows it has."""
        tables = self._view.tables
        with ArchiveWriter(path) as archive:
            parts = tuple(self._table(archive, table, number) for number, table in enumerate(tables, 1))
            manifest = self._manifest(parts)
            archive.finish(manifest)
        return manifest.rows

    def _manifest(self, tables: tuple[ArchivedTable, ...]) -> Manifest:
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        name, heads = self._transfer.database.name, self._view.heads
        return Manifest(__version__, made_at, name, self._dialect.name, heads, tables)

    def _table(self, archive: ArchiveWriter, table: Table, number: int) -> ArchivedTable:
        columns = tuple(ArchivedColumn(column.name, column.kind) for column in table.columns)
        following = {column.name: column.following for column in table.columns if column.following is not None}
        part = ArchivedTable(table.schema, table.name, columns, "", following=following)
        pace = Pace()
        try:
            with self._view.reading(table):
                return archive.table(part, self._batches(table, pace, number), pace)
        except (ValueError, UnicodeError) as error:
            raise DumpFailed(
                f"{table.label} holds what no archive can",
                where=self._view.visit.where,
                why=str(error) if not isinstance(error, UnicodeError) else "a text that is none",
                state="nothing was written",
                hint="correct it in the database, or leave it to the database's own tool",
            ) from error

    def _batches(self, table: Table, pace: Pace, number: int) -> Iterator[list[list[Any]]]:
        converts = [archived(column.kind, loose=column.loose) for column in table.columns]
        done = 0
        for batch in self._view.rows.stream(self._contents.read(table), pace):
            self._transfer.interruption.check()
            done += len(batch)
            self._transfer.tell(RowsMoved("dump", table.label, done, number, len(self._view.tables)))
            yield [[convert(value) for convert, value in zip(converts, row)] for row in batch]
