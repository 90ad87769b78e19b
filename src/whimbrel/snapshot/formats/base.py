"""What a file of rows is, as one short protocol."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import PurePath
from typing import NamedTuple, Protocol

from ...dialects import Dialect
from ...environment import Visit
from ...errors import FileRefused, FormatUnknown, NotEmpty, counted, few, place
from ..transfer import Transfer
from ..view import View


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


class Loaded(NamedTuple):
    """What was loaded.

    Attributes:
        path: the file.
        where: the database, with the password masked.
        revisions: where it is.
        tables: how many tables have rows now.
        rows: how many rows there are now.
        replaced: how many rows were there before, and are gone.
        compared: whether each row was read again, and is as it was in the file.
    """

    path: str
    where: str
    revisions: tuple[str, ...]
    tables: int
    rows: int
    replaced: int
    compared: bool = False


class Source(Protocol):
    """A file that was looked at, and can be loaded."""

    def load(self, visit: Visit, dialect: Dialect, replace: bool) -> Loaded:
        """Load it, all of it or nothing. Writes the database.

        Args:
            visit: the database.
            dialect: what it is.
            replace: whether what is there may go.
        """


class Format(Protocol):
    """A kind of file that rows are written to and taken from."""

    def check(self, dialect: Dialect, path: str) -> None:
        """Refuse a kind of database that this format is not for.

        Raises:
            FormatUnknown
        """

    def dump(self, transfer: Transfer, view: View, path: str) -> int:
        """Write a database to a file that is there, and empty; how many rows it has then. Reads the database."""

    def opened(self, transfer: Transfer, path: str) -> AbstractContextManager[Source]:
        """A file, looked at as far as that can be without a database.

        Raises:
            ArchiveInvalid: it is another kind of file, is cut off, or was changed.
            FileRefused: it cannot be read.
        """


def no_format(path: str, why: str | None = None) -> FormatUnknown:
    """The error for a file whose ending names no format, or none for this database."""
    pure = PurePath(path)
    return FormatUnknown(
        f'the ending "{pure.suffix}" names no format' + (" for this database" if why else "")
        if pure.suffix
        else "the file has no ending that names a format",
        where=place(path),
        why=why,
        state="nothing was changed",
        hint=f"{pure.stem}.whimbrel, an archive that every database takes; .sql for its own tool"
        + ("" if why else ", .db for a file of SQLite"),
    )


def unreadable(path: str, error: OSError) -> FileRefused:
    """The error for a file that cannot be read."""
    return FileRefused(
        "the file cannot be read",
        where=place(path),
        why=error.strerror or str(error),
        state="nothing was changed",
        hint="check that it exists, and that you may read it",
    )


def not_empty(there: dict[str, int], where: str, path: str, what: Callable[[int], str]) -> NotEmpty:
    """The error for a database in which there is something that would have to go.

    Args:
        there: the tables, and how many rows each has.
        where: the database.
        path: the file.
        what: what is there, of how many tables.
    """
    tables = [f"{label} ({counted(count, 'row')})" for label, count in there.items()]
    return NotEmpty(
        what(len(there)),
        where=where,
        why=few(tables, 3),
        state="nothing was changed",
        hint=f"whimbrel load_db {os.fspath(path)} --yes, if they may go; whimbrel dump_db keeps them",
    )
