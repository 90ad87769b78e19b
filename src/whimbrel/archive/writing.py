"""Writes an archive, table by table. The manifest comes last: an archive without one is not complete."""

from __future__ import annotations

import hashlib
import json
from zipfile import ZIP_DEFLATED, ZipFile

from ..record import TYPE_CHECKING
from .manifest import NAME, ArchivedTable, Manifest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Any

    from ..connect.rows import Pace

_LEVEL = 1  # the higher ones take three times as long, for a tenth of the size


class ArchiveWriter:
    """An archive that is being written, as a context.

    Args:
        path: the file, which is written anew.
    """

    def __init__(self, path: str) -> None:
        self._zip = ZipFile(path, "w", ZIP_DEFLATED, compresslevel=_LEVEL)
        self._encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
        self._number = 0

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._zip.close()

    def table(self, table: ArchivedTable, batches: Iterable[list[list[Any]]], pace: Pace) -> ArchivedTable:
        """Write the rows of a table; what is known of it then.

        Args:
            table: its names.
            batches: its rows, some at a time, as lists of what JSON can hold.
            pace: is told how large they are.
        """
        self._number += 1
        name, rows, digest, encode = f"tables/{self._number:04}.jsonl", 0, hashlib.sha256(), self._encode
        with self._zip.open(name, "w", force_zip64=True) as part:
            for batch in batches:
                lines = "".join([encode(row) + "\n" for row in batch]).encode()
                digest.update(lines)
                part.write(lines)
                rows += len(batch)
                pace.seen(len(batch), len(lines))
        return table._replace(file=name, rows=rows, sha256=digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """Write what makes it complete."""
        self._zip.writestr(NAME, manifest.text())
