"""What a file of rows is, by the ending of its name."""

from __future__ import annotations

from pathlib import PurePath

from ..errors import FormatUnknown, place

ARCHIVE = ".whimbrel"


def check_ending(path: str) -> None:
    """Refuse a file whose ending names no format.

    Raises:
        FormatUnknown
    """
    ending = PurePath(path).suffix
    if ending.lower() != ARCHIVE:
        raise FormatUnknown(
            f'the ending "{ending}" names no format' if ending else "the file has no ending that names a format",
            where=place(path),
            state="nothing was changed",
            hint=f"{ARCHIVE} is an archive, which every database takes: {PurePath(path).stem}{ARCHIVE}",
        )
