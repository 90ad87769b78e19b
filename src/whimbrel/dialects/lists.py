"""Columns whose values are held to a list, as one short protocol: by an enumeration, or by a CHECK."""

from __future__ import annotations

import re

from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from ..catalog import Catalog, Item
else:
    Protocol = object  # for type checkers only


class Listed(Record):
    """A list of values.

    Attributes:
        values: the values, in their order.
        holder: what holds columns to them: an enumeration, a CHECK, or the column by its own type.
        of_elements: whether the elements of an array are held, which may be NULL whatever the column may be.
        grows_late: whether rows can have a value that it gets only when that is committed.
    """

    values: tuple[str, ...]
    holder: Item
    of_elements: bool = False
    grows_late: bool = False


_LENGTH = re.compile(r"(?:(?:var)?char|character|character varying)\((\d+)\)", re.IGNORECASE)


def room_in(type_: str) -> int | None:
    """For how many characters a type has room; None if it is no text that says so."""
    found = _LENGTH.fullmatch(type_)
    return int(found[1]) if found else None


def long_enough(type_: str, value: str) -> str:
    """The type of a text with room for a value; another type as it is."""
    room = room_in(type_)
    return type_ if room is None or room >= len(value) else type_.replace(f"({room})", f"({len(value)})")


class Lists(Protocol):
    """How a kind of database holds a column to a list, and how a value of it becomes another one.

    A column is given as the catalog has it. In an array each element is such a value.
    """

    def listed(self, catalog: Catalog, column: Item) -> Listed | None:
        """What a column is held to; None if it is to no list.

        Args:
            catalog: the whole schema.
            column: a column of it.
        """

    def others(self, column: Item, values: Sequence[str]) -> str:
        """The query for what is in a column and not in a list: each value, and how many rows have it."""

    def replacing(self, column: Item, old: str, new: str | None) -> str:
        """The statement that turns a value into another one, or into NULL, in each row that has it."""

    def room(self, column: Item) -> int | None:
        """How many characters a text may have in a column; None if that is not limited."""

    def settling(self, catalog: Catalog, column: Item) -> Sequence[str]:
        """The statements before values of a column become others, and its table is altered in the same transaction.

        Args:
            catalog: the whole schema.
            column: a column of it.
        """

    def renaming(self, holder: Item, old: str, new: str) -> str | None:
        """The statement that gives a value of an enumeration another name, wherever it is; None if there is none."""

    def widened(self, catalog: Catalog, column: Item, new: str) -> Catalog:
        """A schema like another one, in which a column takes one more value, and has room for it.

        Args:
            catalog: the whole schema.
            column: a column of it.
            new: the value. An enumeration that is a type of its own does not get it.
        """

    def literal(self, text: str) -> str:
        """A text as it stands in a statement, whatever is in it and however the server is set."""
