"""Reads an archive, after a look whether all of it is there and as it was written."""

from __future__ import annotations

import hashlib
import json
import zlib
from zipfile import BadZipFile, ZipFile

from ..errors import ArchiveInvalid, place
from ..record import TYPE_CHECKING
from .manifest import NAME, ArchivedTable, Manifest, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Any

    from ..connect.rows import Pace

_CHUNK = 1 << 20
_DAMAGED = (BadZipFile, zlib.error, EOFError)


class ArchiveReader:
    """An archive to read, as a context.

    Args:
        path: the file.

    Attributes:
        manifest: what it says of itself.

    Raises:
        ArchiveInvalid: it is none, or is cut off.
        OSError: it cannot be read.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._zip = ZipFile(path)
        except BadZipFile as error:
            raise self._broken("it has no end: it is cut off, or something else") from error
        try:
            self.manifest: Manifest = parse(self._zip.read(NAME), place(path))
        except KeyError as error:
            self._zip.close()
            raise self._broken("it has no manifest: it is cut off, or something else") from error
        except _DAMAGED as error:
            self._zip.close()
            raise self._broken(f"its manifest is damaged: {error}") from error
        except RuntimeError as error:
            self._zip.close()
            raise self._foreign(error) from error
        except ArchiveInvalid:
            self._zip.close()
            raise

    def __enter__(self) -> ArchiveReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._zip.close()

    def check(self, pause: Callable[[], None] = lambda: None) -> None:
        """Read all of it once, and compare it with what the manifest says.

        Args:
            pause: called from time to time; raises if that is to end.

        Raises:
            ArchiveInvalid: something is missing, or was changed.
        """
        for table in self.manifest.tables:
            digest, rows = hashlib.sha256(), 0
            try:
                with self._zip.open(table.file) as part:
                    while chunk := part.read(_CHUNK):
                        digest.update(chunk)
                        rows += chunk.count(b"\n")
                        pause()
            except KeyError as error:
                raise self._broken(f"the rows of {table.label} are missing") from error
            except _DAMAGED as error:
                raise self._broken(f"the rows of {table.label} are damaged: {error}") from error
            except RuntimeError as error:
                raise self._foreign(error) from error
            if digest.hexdigest() != table.sha256:
                raise self._broken(f"the rows of {table.label} have another checksum than when they were written")
            if rows != table.rows:
                raise self._broken(f"{table.label} has {rows} rows, and should have {table.rows}")

    def rows(self, table: ArchivedTable, pace: Pace) -> Iterator[list[list[Any]]]:
        """The rows of a table, some at a time."""
        decode = json.JSONDecoder().decode
        with self._zip.open(table.file) as part:
            batch: list[list[Any]] = []
            size = 0
            for line in part:
                batch.append(decode(line.decode()))
                size += len(line)
                if len(batch) >= pace.size:
                    pace.seen(len(batch), size)
                    yield batch
                    batch, size = [], 0
            if batch:
                yield batch

    def _foreign(self, error: RuntimeError) -> ArchiveInvalid:
        """For what `zipfile` raises if a part is encrypted, or compressed in a way that is not known here."""
        is_unknown = isinstance(error, NotImplementedError)
        return ArchiveInvalid(
            "the archive was packed again, by something else than whimbrel",
            where=place(self._path),
            why=str(error) if is_unknown else "it is encrypted",
            state="nothing was changed",
            hint="unpack it, and pack it as a plain zip file; or write it anew: whimbrel dump_db",
        )

    def _broken(self, why: str) -> ArchiveInvalid:
        return ArchiveInvalid(
            "the archive is damaged",
            where=place(self._path),
            why=why,
            state="nothing was changed",
            hint="use another copy of it, or write it anew: whimbrel dump_db",
        )
