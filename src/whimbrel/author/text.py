"""What users and programs type for a new revision file is data: checked, and written so that it stays data.

Stock Alembic pastes the message into the file as it is: a message with three quotes and a line break becomes code that
the next `alembic history` runs (measured).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ..errors import RevisionDataInvalid

_REVISION_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_READ_AS_TARGET = "@-+:"
# Characters that reorder what is shown around them: a message could look like another one.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(message: str) -> str:
    """A message without line breaks, control characters and characters that reorder text."""
    visible = ("" if char in _BIDI else " " if _is_control(char) else char for char in message)
    return " ".join("".join(visible).split())


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")


def in_docstring(message: str) -> str:
    """A one-line message written so that a docstring with it reads back as the message."""
    escaped = message.replace("\\", "\\\\").replace('"""', r"\"\"\"")
    return f'{escaped[:-1]}\\"' if escaped.endswith('"') and not escaped.endswith('\\"') else escaped


def check_revision_id(revision: str) -> str:
    """A revision id that can be typed, stored and put into a file name.

    Raises:
        RevisionDataInvalid: it is too long for the version table's 32 characters, or has others than letters, digits,
            `_` and `.`.
    """
    if not _REVISION_ID.fullmatch(revision):
        raise RevisionDataInvalid(
            "a revision id has 1 to 32 letters, digits, _ or .",
            why=f"{len(revision)} characters: {one_line(revision)[:48]!r}",
            state="nothing was written",
            hint="leave --rev-id out, and one is made",
        )
    if "-" in revision:
        raise RevisionDataInvalid(
            f'a revision id has no "-": {revision}',
            why="Alembic reads abc-1 as the revision before abc",
            state="nothing was written",
            hint=f"--rev-id {revision.replace('-', '_')}",
        )
    return revision


def check_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Branch labels that can be typed as part of a target.

    Raises:
        RevisionDataInvalid: one is empty, or has characters that a target gives a meaning to.
    """
    labels = tuple(labels)
    for label in labels:
        if not label or label != one_line(label) or any(char in label for char in _READ_AS_TARGET):
            raise RevisionDataInvalid(
                f"{label!r} cannot be a branch label",
                why="it is typed in targets such as label@head, so it has none of @ - + :",
                state="nothing was written",
                hint="use letters, digits, _ and .",
            )
    return labels
