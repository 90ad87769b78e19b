"""Writes the rows of a database into an archive."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import exc

from .. import versions
from ..archive import ArchivedColumn, ArchivedTable, ArchiveWriter, Manifest, fingerprint
from ..archive.values import archived
from ..atomic import Replacement
from ..connect.rows import Pace, Rows
from ..dialects import Dialect
from ..dialects.contents import Table
from ..environment import AlembicStep, Environment, Visit, Work
from ..environment.reasons import hint_for, reason
from ..errors import DumpFailed, FileRefused, WouldOverwrite, place
from ..events import Listener, RowsMoved, Wrote
from ..interruption import Interruption, Stopped
from ..version import __version__
from .formats import ARCHIVE, check_ending
from .view import consistent_view, dialect_of, tables_with_data


class Dumped(NamedTuple):
    """What was written.

    Attributes:
        path: the file.
        where: the database, with the password masked.
        revisions: where it was.
        tables: how many tables are in the file.
        rows: how many rows.
        size: of the file, in bytes.
    """

    path: str
    where: str
    revisions: tuple[str, ...]
    tables: int
    rows: int
    size: int


def dump(
    environment: Environment,
    path: str | None,
    listen: Listener,
    interruption: Interruption,
    *,
    overwrite: bool = False,
) -> Dumped:
    """Write all rows of a database into an archive, as they are at one moment. Reads the database.

    Args:
        environment: how to get at it.
        path: the file; None for one in the current folder, named for the database, its revision and the time.
        listen: is told how far it is.
        interruption: whether it is to stop.
        overwrite: whether a file of that name may be replaced.

    Raises:
        FormatUnknown: the ending names no format.
        WouldOverwrite: there is a file of that name.
        DumpFailed: rows cannot be read, or env.py visits several databases.
        FileRefused: the file cannot be written.
    """
    done: list[Dumped] = []
    if path is not None:
        check_ending(path)

    def around(visit: Visit, run: Callable[[], None]) -> None:
        if done:
            raise DumpFailed(
                "env.py visits several databases, and an archive holds one",
                where=visit.where,
                state=f"{done[0].path} was written, with the rows of {done[0].where}",
                hint="have env.py visit one, as -x arguments may tell it",
            )
        dialect = dialect_of(visit)
        with interruption.deferred():
            visit.begin(visit.peek())
            file = path or _name(environment.database.name, visit.heads)
            if os.path.lexists(file) and not overwrite:
                raise WouldOverwrite(
                    "there is a file of that name",
                    where=place(file),
                    state="nothing was written",
                    hint="another name; or --yes, to replace it",
                )
            done.append(_Dump(environment.database.name, visit, dialect, listen, interruption).write(file))

    environment.run(Work(_no_steps, per_revision=True, options={"dont_mutate": True}, around=around))
    listen(Wrote(done[0].path))
    return done[0]


def _no_steps(visit: Visit) -> Iterator[AlembicStep]:
    return iter(())


def _name(database: str, heads: tuple[str, ...]) -> str:
    return f"{database}-{'+'.join(heads) or 'base'}-{datetime.now():%Y%m%d-%H%M%S}{ARCHIVE}"


class _Dump:
    """One archive being written."""

    def __init__(self, name: str, visit: Visit, dialect: Dialect, listen: Listener, interruption: Interruption) -> None:
        self._name = name
        self._visit = visit
        self._dialect = dialect
        self._contents = dialect.contents
        self._listen = listen
        self._interruption = interruption

    def write(self, path: str) -> Dumped:
        """Write it; what was written."""
        visit = self._visit
        with consistent_view(visit, self._dialect) as rows:
            heads = versions.read(rows.ask, self._dialect, visit.context.version_table, visit.schema)
            tables = tables_with_data(visit, self._dialect, rows)
            try:
                with Replacement(path) as temporary, ArchiveWriter(temporary) as archive:
                    parts = tuple(
                        self._table(archive, rows, table, number, len(tables)) for number, table in enumerate(tables, 1)
                    )
                    manifest = self._manifest(heads, parts)
                    archive.finish(manifest)
            except OSError as error:
                raise _unwritable(path, error) from error
        return Dumped(path, visit.where, heads, len(parts), manifest.rows, os.path.getsize(path))

    def _manifest(self, heads: tuple[str, ...], tables: tuple[ArchivedTable, ...]) -> Manifest:
        shape = ((one.schema, one.name, (column.name for column in one.columns)) for one in tables)
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        return Manifest(__version__, made_at, self._name, self._dialect.name, heads, fingerprint(shape), tables)

    def _table(self, archive: ArchiveWriter, rows: Rows, table: Table, number: int, total: int) -> ArchivedTable:
        columns = tuple(ArchivedColumn(column.name, column.kind) for column in table.columns)
        following = {column.name: column.following for column in table.columns if column.following is not None}
        part = ArchivedTable(table.schema, table.name, columns, "", following=following)
        pace = Pace()
        try:
            return archive.table(part, self._batches(rows, table, pace, number, total), pace)
        except exc.DBAPIError as error:
            raise DumpFailed(
                f"the rows of {table.label} cannot be read",
                where=self._visit.where,
                why=reason(error),
                state="nothing was written",
                hint=hint_for(error, self._dialect.name) or "whoever reads them needs the right to",
            ) from error
        except (ValueError, UnicodeError) as error:
            raise DumpFailed(
                f"{table.label} holds what no archive can",
                where=self._visit.where,
                why=str(error) if not isinstance(error, UnicodeError) else "a text that is none",
                state="nothing was written",
                hint="correct it in the database, or leave it to the database's own tool",
            ) from error

    def _batches(self, rows: Rows, table: Table, pace: Pace, number: int, total: int) -> Iterator[list[list[Any]]]:
        converts = [archived(column.kind, loose=column.loose) for column in table.columns]
        done = 0
        for batch in rows.stream(self._contents.read(table), pace):
            check(self._interruption)
            done += len(batch)
            self._listen(RowsMoved("dump", table.label, done, number, total))
            yield [[convert(value) for convert, value in zip(converts, row)] for row in batch]


def check(interruption: Interruption) -> None:
    """Go no further if the run is to stop.

    Raises:
        Stopped
    """
    if interruption.requested:
        interruption.requested = False  # it was for this run
        raise Stopped


def _unwritable(path: str, error: OSError) -> FileRefused:
    return FileRefused(
        "the file cannot be written",
        where=place(path),
        why=error.strerror or str(error),
        state="nothing was written",
        hint="check that its folder exists, that you may write there, and that there is room",
    )
