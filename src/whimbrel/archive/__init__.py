"""A portable archive: the rows of a database in one file, which any of the databases can take in again."""

from __future__ import annotations

from .manifest import ArchivedColumn, ArchivedTable, Manifest
from .reading import ArchiveReader
from .writing import ArchiveWriter

__all__ = ["ArchiveReader", "ArchiveWriter", "ArchivedColumn", "ArchivedTable", "Manifest"]
