"""The names that PostgreSQL makes up for what was given none."""

from __future__ import annotations

import re
from functools import cache

from ....record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ROOM = 63
"""The bytes of a name, unless somebody has compiled the server otherwise."""


def is_made_up(name: str, table: str, columns: Iterable[str], label: str) -> bool:
    """Whether the database would call a thing of this table so, or would if the name was not taken: `t_a_key1`.

    Args:
        name: what it is called.
        table: the table.
        columns: those that it would name.
        label: what stands at the end.
    """
    found = re.search(rf"_{label}(\d*)\Z", name)
    return found is not None and name == _made_up(table, "_".join(_distinct(columns)), label + found[1])


def _distinct(columns: Iterable[str]) -> list[str]:
    """Columns as an index calls its own: one that it has twice gets a number."""
    names: list[str] = []
    for column in columns:
        numbers = ("", *range(1, len(names) + 1))
        names.append(next(name for number in numbers if (name := f"{column}{number}") not in names))
    return names


def _made_up(table: str, columns: str, label: str) -> str:
    columns = _cut(columns, _ROOM)
    room = _ROOM - len(label) - (2 if columns else 1)
    first, second = len(table.encode()), len(columns.encode())
    while first + second > room:  # the longer one gives way
        first, second = (first - 1, second) if first > second else (first, second - 1)
    return "_".join(filter(None, [_cut(table, first), _cut(columns, second), label]))


def _cut(text: str, room: int) -> str:
    return text.encode()[:room].decode(errors="ignore")


@cache
def is_serial(table: str, column: str, name: str) -> bool:
    """Whether a sequence is called as that of a serial column of this name."""
    return is_made_up(name, table, [column], "seq")
