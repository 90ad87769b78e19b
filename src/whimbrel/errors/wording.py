"""How errors, and what else is told, write places and numbers."""

from __future__ import annotations

import os

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def place(path: str, line: int | None = None) -> str:
    """A file, and a line of it, as a user would write it in the current folder."""
    try:
        relative = os.path.relpath(path)
    except (ValueError, FileNotFoundError):  # on another drive of Windows; or the current folder is gone
        relative = ".."
    shown = path if relative.startswith("..") else relative
    return f"{shown}:{line}" if line else shown


def from_here(text: str) -> str:
    """A text, with a path that it begins with as in the current folder."""
    try:
        return text.removeprefix(os.path.join(os.getcwd(), ""))
    except FileNotFoundError:  # the current folder is gone
        return text


def counted(number: int, noun: str) -> str:
    """A number and what it counts: `1 revision`, `2 revisions`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def few(texts: Sequence[str], number: int, *, between: str = ", ", last: str = " and ") -> str:
    """The first of some texts, and how many more there are: `a, b and 3 more`.

    Args:
        texts: all of them.
        number: how many are told.
        between: what stands between two of them.
        last: what stands before the number of the others.
    """
    more = len(texts) - number
    return between.join(texts[:number]) + (f"{last}{more} more" if more > 0 else "")


def one_line(text: str) -> str:
    """Fold line breaks: drivers send paragraphs, and a message has one line for each field."""
    return " ".join(line.strip() for line in text.splitlines() if line.strip())
