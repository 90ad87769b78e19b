"""What a file of rows is, by the ending of its name."""

from __future__ import annotations

from pathlib import PurePath

from .archive import Archive
from .base import Dumped, Format, Loaded, no_format
from .database_file import DatabaseFile
from .script import Script

__all__ = ["ARCHIVE", "Dumped", "Format", "Loaded", "format_of"]

ARCHIVE = ".whimbrel"

_FORMATS: dict[str, type[Format]] = {ARCHIVE: Archive, ".sql": Script, ".db": DatabaseFile}


def format_of(path: str) -> Format:
    """What a file is.

    Raises:
        FormatUnknown: its ending names no format.
    """
    ending = PurePath(path).suffix.lower()
    if ending not in _FORMATS:
        raise no_format(path)
    return _FORMATS[ending]()
