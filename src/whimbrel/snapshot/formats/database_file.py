"""A database of SQLite as a file of its own, by SQLite's online backup."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from ...connect.sayings import in_one_line
from ...dialects import Dialect
from ...environment import Visit
from ...errors import ArchiveInvalid, DumpFailed, FileRefused, RowsRefused, place
from ..sqlite_files import copy_in, copy_out, file_of, locked, opened, told
from ..transfer import Transfer
from ..view import View
from .base import Loaded, no_format, unreadable
from .whole import counts_of, loaded, refuse_shared, refuse_what_is_there

_MAGIC = b"SQLite format 3\0"
_OFTEN = 10_000
"""Steps of SQLite's machine between two looks whether it is to stop: some milliseconds."""


class DatabaseFile:
    """A file of SQLite."""

    def check(self, dialect: Dialect, path: str) -> None:
        """Refuse other databases than SQLite."""
        if dialect.name != "sqlite":
            raise no_format(path, f"a .db file is one of SQLite, and this is {dialect.name}")

    def dump(self, transfer: Transfer, view: View, path: str) -> int:
        """Copy the database to it."""
        visit = view.visit
        refuse_shared(visit, DumpFailed)
        view.tell_left_out(transfer.tell)
        rows = sum(view.counts().values())
        target = sqlite3.connect(path, check_same_thread=False)
        try:
            copy_out(transfer, view, target)
            target.execute("PRAGMA journal_mode = DELETE")  # else whoever reads it needs to write beside it
        except sqlite3.Error as error:
            raise DumpFailed(
                "the database cannot be copied",
                where=visit.where,
                why=in_one_line(error),
                state="nothing was written",
                hint="look whether there is room, and whether the file is whole: PRAGMA integrity_check",
            ) from error
        finally:
            target.close()
        return rows

    @contextmanager
    def opened(self, transfer: Transfer, path: str) -> Iterator[_Source]:
        """A file of SQLite that is whole; nobody changes it meanwhile."""
        try:
            with open(path, "rb") as file:
                magic = file.read(len(_MAGIC))
        except OSError as error:
            raise unreadable(path, error) from error
        if magic != _MAGIC:
            raise _invalid(path, "it does not begin as one does")
        try:
            connection = opened(path)
        except sqlite3.Error as error:
            raise _invalid(path, in_one_line(error)) from error
        try:
            connection.set_progress_handler(lambda: int(transfer.interruption.requested), _OFTEN)
            _check(transfer, connection, path)
            connection.set_progress_handler(None, 0)
            yield _Source(transfer, connection, path)
        finally:
            connection.close()


def _check(transfer: Transfer, connection: sqlite3.Connection, path: str) -> None:
    """Read all of it, and begin to see it as it is now."""
    try:
        connection.execute("BEGIN")
        found = [str(words) for (words,) in connection.execute("PRAGMA integrity_check(3)")]
    except sqlite3.Error as error:
        transfer.interruption.check()  # it may have been cut off because of that
        raise _invalid(path, in_one_line(error)) from error
    if found != ["ok"]:
        raise _invalid(path, "; ".join(words.splitlines()[-1] for words in found))
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        raise _invalid(path, "there is nothing in it")


def _invalid(path: str, why: str) -> ArchiveInvalid:
    return ArchiveInvalid(
        "the file is no database of SQLite, or is damaged",
        where=place(path),
        why=why,
        state="nothing was changed",
        hint="use another copy of it, or write it anew: whimbrel dump_db",
    )


class _Source:
    """A file of SQLite to load."""

    def __init__(self, transfer: Transfer, connection: sqlite3.Connection, path: str) -> None:
        self._transfer = transfer
        self._connection = connection
        self._path = path

    def load(self, visit: Visit, dialect: Dialect, replace: bool) -> Loaded:
        """Copy it over the database. SQLite does that in one transaction, which a crash rolls back."""
        transfer = self._transfer
        refuse_shared(visit, RowsRefused)
        self._refuse_same(file_of(visit))
        there = counts_of(visit, dialect)
        try:
            self._copy(visit, dialect, there, replace)
        except sqlite3.Error as error:
            raise RowsRefused(
                "the file cannot be copied over the database",
                where=visit.where,
                why=in_one_line(error),
                state="nothing was changed: all of it was rolled back",
                hint="look whether the file may be written to, and there is room; then run the same command again",
            ) from error
        return loaded(transfer, visit, dialect, self._path, sum(there.values()))

    def _copy(self, visit: Visit, dialect: Dialect, there: dict[str, int], replace: bool) -> None:
        """Copy it, if nobody has written since it was seen what is there.

        A transaction cannot be open meanwhile. Where the journal is not a WAL, the lock outlasts its end; with a WAL,
        whoever is faster is noticed as soon as the copy has the lock.
        """
        transfer = self._transfer
        is_wal = visit.query("PRAGMA journal_mode") == [("wal",)]
        visit.end_driver_transaction()
        settings = () if is_wal else ("PRAGMA locking_mode = EXCLUSIVE",)
        with (
            locked(transfer, visit, "BEGIN EXCLUSIVE", *settings) as target,
            closing(opened(file_of(visit))) as other,
        ):
            clearing = dialect.contents.drop(lambda query: target.execute(query).fetchall(), None)
            objects = [one for one in clearing if one.startswith("DROP")]
            if objects and not replace:
                refuse_what_is_there(there, len(objects), visit, self._path)
            if is_wal:
                self._refuse_other_pages(target, visit)
            seen = other.execute("PRAGMA data_version").fetchone() if is_wal else None
            target.execute("COMMIT")

            def look_again() -> None:
                if is_wal and other.execute("PRAGMA data_version").fetchone() != seen:
                    raise sqlite3.OperationalError("somebody has written meanwhile")

            copy_in(
                transfer, self._connection, target, look_again, told(transfer, "load", os.path.basename(self._path))
            )

    def _refuse_other_pages(self, target: sqlite3.Connection, visit: Visit) -> None:
        """A WAL has pages of one size."""
        own, other = (one.execute("PRAGMA page_size").fetchone()[0] for one in (self._connection, target))
        if own != other:
            raise RowsRefused(
                "the pages of the file have another size than those of the database, which is in WAL mode",
                where=visit.where,
                why=f"{own} bytes, and {other}",
                state="nothing was changed",
                hint="PRAGMA journal_mode = DELETE in the database first; or load a .sql file, or an archive",
            )

    def _refuse_same(self, file: str) -> None:
        if os.path.exists(file) and os.path.samefile(file, self._path):
            raise FileRefused(
                "the file is the database itself",
                where=place(self._path),
                state="nothing was changed",
                hint="name a file that whimbrel dump_db has written",
            )
