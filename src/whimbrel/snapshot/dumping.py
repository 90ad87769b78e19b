"""Writes a database to a file, which appears complete or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from ..atomic import Replacement
from ..dialects import Dialect
from ..environment import Visit
from ..errors import FileRefused, WouldOverwrite, place
from ..events import Wrote
from .formats import ARCHIVE, Dumped, format_of
from .transfer import Transfer
from .view import View, view_of

_NO_WORD = re.compile(r"[^\w+]+")


def dump(transfer: Transfer, path: str | None, *, overwrite: bool = False) -> Dumped:
    """Write a database to a file, as it is at one moment. Reads the database.

    Args:
        transfer: how to get at it.
        path: the file; None for an archive in the current folder, named for the database, its revision and the time.
        overwrite: whether a file of that name may be replaced.

    Raises:
        FormatUnknown: the ending names no format, or none for this kind of database.
        WouldOverwrite: there is a file of that name.
        SeveralDatabases: env.py visits several.
        ProgramMissing: the database's own tool is not here.
        DumpFailed: the database cannot be read.
        FileRefused: the file cannot be written.
    """
    file = File(transfer, path, overwrite=overwrite)
    transfer.refuse_several("a file")

    def write(visit: Visit, dialect: Dialect) -> Dumped:
        with view_of(visit, dialect) as view:
            return file.write(view)

    [dumped] = transfer.look(write)
    return dumped


class File:
    """A file that a database is written to.

    Args:
        transfer: whom to tell, and when to stop.
        path: the file, as for `dump`.
        overwrite: whether a file of that name may be replaced.

    Raises:
        FormatUnknown: the ending names no format.
    """

    def __init__(self, transfer: Transfer, path: str | None, *, overwrite: bool = False) -> None:
        self._transfer = transfer
        self._path = path
        self._may_overwrite = overwrite
        self._form = format_of(f"rows{ARCHIVE}" if path is None else path)

    def write(self, view: View) -> Dumped:
        """Write it; another time, too, and only what was written last is there then. Reads the database.

        Raises:
            as `dump`
        """
        visit = view.visit
        path = self._path or _name(self._transfer.database.name, visit.heads)
        self._form.check(view.dialect, path)
        if os.path.lexists(path) and not self._may_overwrite:
            raise WouldOverwrite(
                "there is a file of that name",
                where=place(path),
                state="nothing was written",
                hint="another name; or --yes, to replace it",
            )
        with _replacing(path) as temporary:
            rows = self._form.dump(self._transfer, view, temporary)
        self._path, self._may_overwrite = path, True  # it is ours now
        self._transfer.tell(Wrote(path))
        return Dumped(path, visit.where, view.heads, len(view.tables), rows, os.path.getsize(path))


def _name(database: str, heads: tuple[str, ...]) -> str:
    """What a file is called by default. What a database and its revisions are called cannot become a path."""
    words = _NO_WORD.sub("-", f"{database}-{'+'.join(heads) or 'base'}").strip("-")
    return f"{words}-{datetime.now():%Y%m%d-%H%M%S}{ARCHIVE}"


@contextmanager
def _replacing(path: str) -> Iterator[str]:
    """A file beside the one that it becomes. What it is a copy of may be removed next: so the disk has it then."""
    try:
        with Replacement(path, is_lasting=True) as temporary:
            yield temporary
    except OSError as error:
        raise FileRefused(
            "the file cannot be written",
            where=place(path),
            why=error.strerror or str(error),
            state="nothing was written",
            hint="check that its folder exists, that you may write there, and that there is room",
        ) from error
