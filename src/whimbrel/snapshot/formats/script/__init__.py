"""SQL as the database's own tool writes it: schema, rows and version table, for the same kind of database."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from ....dialects import Dialect
from ....environment import Visit
from ....errors import ArchiveInvalid, place
from ...transfer import Transfer
from ...view import View
from ..base import Loaded, unreadable
from . import by_python, by_tool

_TAIL = 4096


class Script:
    """A script of SQL."""

    def check(self, dialect: Dialect, path: str) -> None:
        """Every kind of database has one."""

    def dump(self, transfer: Transfer, view: View, path: str) -> int:
        """Have it written."""
        if view.dialect.tools is None:
            return by_python.dump(transfer, view, path)
        return by_tool.dump(transfer, view, view.dialect.tools, path)

    @contextmanager
    def opened(self, transfer: Transfer, path: str) -> Iterator[_Source]:
        """A file that can be read; of what kind it has to be, its database says."""
        try:
            file = open(path, "rb")  # noqa: SIM115  # the `with` below closes it: what fails there is no failure to open
        except OSError as error:
            raise unreadable(path, error) from error
        with file:
            yield _Source(transfer, file, path)


class _Source:
    """A script to load."""

    def __init__(self, transfer: Transfer, file: IO[bytes], path: str) -> None:
        self._transfer = transfer
        self._file = file
        self._path = path

    def load(self, visit: Visit, dialect: Dialect, replace: bool) -> Loaded:
        """Load it into a database that is empty, or is made so."""
        tools = dialect.tools
        self._check_end(by_python.END if tools is None else tools.end, dialect.name)
        if tools is None:
            return by_python.load(self._transfer, visit, dialect, self._file, self._path, replace)
        return by_tool.Load(self._transfer, visit, dialect, tools, self._file, self._path).run(replace)

    def _check_end(self, end: bytes, kind: str) -> None:
        """Refuse a script that does not end as one does: the tools load it as far as it goes."""
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, size - _TAIL))
        if not re.search(rb"(?:^|\n)" + end + rb"\s*\Z", self._file.read()):
            raise ArchiveInvalid(
                f"the file is no complete script of {kind}",
                where=place(self._path),
                why="it does not end as one does: it is cut off, or another kind of database has written it",
                state="nothing was changed",
                hint="use another copy of it, or write it anew: whimbrel dump_db",
            )
        self._file.seek(0)
