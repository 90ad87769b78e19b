"""The portable archive: rows alone, which every database takes that is at the same revision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ....archive import ArchiveReader
from ....dialects import Dialect
from ....environment import Visit
from ....events import Notice
from ...transfer import Transfer
from ...view import View
from ..base import Loaded, unreadable
from .dumping import Dump
from .loading import Load


class Archive:
    """An archive, in whose place a database has to be already: it holds no schema."""

    def check(self, dialect: Dialect, path: str) -> None:
        """It is for all of them."""

    def dump(self, transfer: Transfer, view: View, path: str) -> int:
        """Write all rows to it."""
        view.tell_left_out(transfer.tell)
        for table, why in view.unread():
            transfer.tell(Notice(f"table {table} is left out: {why}"))
        return Dump(transfer, view).write(path)

    @contextmanager
    def opened(self, transfer: Transfer, path: str) -> Iterator[_Source]:
        """An archive that is as it was written."""
        try:
            reader = ArchiveReader(path)
        except OSError as error:
            raise unreadable(path, error) from error
        with reader as archive:
            archive.check(transfer.interruption.check)
            yield _Source(transfer, archive, path)


class _Source:
    """An archive to load."""

    def __init__(self, transfer: Transfer, archive: ArchiveReader, path: str) -> None:
        self._transfer = transfer
        self._archive = archive
        self._path = path

    def load(self, visit: Visit, dialect: Dialect, replace: bool) -> Loaded:
        """Load its rows, in one transaction."""
        return Load(self._transfer, self._archive, visit, dialect).run(self._path, replace)
