"""Columns that get another type, whose values may not be the same in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from ...catalog import Catalog, Item
from ...dialects.base import Dialect
from ...differ import Rename
from ...record import Record
from .names import columns_on_both_sides
from .parts import Part


class Retyped(Record):
    """A column that gets another type.

    Attributes:
        old: the column, as the database has it.
        new: as the models say it.
    """

    old: Item
    new: Item

    @property
    def part(self) -> Part:
        """The column, as the database calls it."""
        return Part(self.old.schema, self.old.table or "", self.old.name)

    @property
    def place(self) -> tuple[str | None, str]:
        """Its table."""
        return self.part.place

    @property
    def name(self) -> str:
        """What people call it."""
        return self.part.name

    @property
    def change(self) -> str:
        """What becomes of it."""
        old, new = (column.fact("type") or "none" for column in (self.old, self.new))
        return f"change column {self.name}: type {old} -> {new}"

    def count_of(self, number: int) -> str:
        """A number of its values."""
        return self.part.count_of(number)

    def loss_of(self, number: int) -> str:
        """What is lost of it, in words."""
        return f"{self.count_of(number)} would not come back as {'it was' if number == 1 else 'they were'}"


def retyped(
    actual: Catalog,
    wanted: Catalog,
    dialect: Dialect,
    renames: Collection[Rename],
    concerns: Callable[[Item], bool],
) -> Iterator[Retyped]:
    """The columns that get another type in which values may be others.

    Not those that are computed; nor those whose values are to be of a list: what becomes of a value is asked there.

    Args:
        actual: what the database has, all of it.
        wanted: what the models say.
        dialect: the kind of database.
        renames: what has another name in the models.
        concerns: whether something is to be changed.
    """
    for old, new in columns_on_both_sides(actual, wanted, renames):
        is_other = old.fact("type") != new.fact("type") and (concerns(old) or concerns(new))
        is_computed = old.fact("generated") is not None or new.fact("generated") is not None
        if not is_other or is_computed or dialect.casts.keeps(old, new):
            continue
        if dialect.lists.listed(wanted, new) is None:
            yield Retyped(old, new)
