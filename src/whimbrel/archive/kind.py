"""What an archive has to know of a kind of values. The kinds are in `numbers`, `texts` and `times`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Convert = Callable[[Any], Any]


class Kind:
    """A kind of values, as one object that keeps nothing.

    A value is natural for it if it is what databases have where a column is of this kind. Every other one is a stray:
    in SQLite a column holds anything, whatever its type says. None is neither, and never comes here.

    Attributes:
        types: those that drivers have for natural values.
        into: for other kinds of columns, by their names: what makes of a natural value one for such a column, which
            means the same, or raises ValueError. Where there is nothing it is tried as it is.
        exact: what makes of a natural value one for a column that holds nothing but this kind; None if it is one.
    """

    types: tuple[type, ...] = (str,)
    into: Mapping[str, Convert] = {}
    exact: Convert | None = None

    def natural(self, value: Any) -> bool:
        """Whether such a column is for such values."""
        return type(value) in self.types

    def write(self, value: Any) -> Any:
        """A natural value as JSON has it: no object, as those are the strays."""
        return value

    def read(self, written: Any) -> Any:
        """The value that was written."""
        return written

    def form(self, trait: str) -> Convert | None:
        """What makes of a value one whose `repr` is equal exactly if it means the same; None if it is that already.

        Strays and None stay what they are, and no natural value has a form that is equal to one of them.

        Args:
            trait: of the column, see `dialects.contents.Column`.
        """
        return None


class Written(Kind):
    """A kind whose values are texts with a grammar: one is natural if it can be read."""

    def natural(self, value: Any) -> bool:
        """Whether it can be read."""
        return self.same(value) is not value

    def form(self, trait: str) -> Convert:
        """`same`, whatever the column is."""
        return self.same

    def same(self, value: Any) -> Any:
        """The form of a value; a stray stays what it is."""
        if type(value) is not str:
            return value
        try:
            return self.parse(value)
        except (ValueError, OverflowError, RecursionError):
            return value

    def parse(self, text: str) -> Any:
        """What a text stands for, and no text; raises ValueError if it stands for nothing of this kind."""
        raise NotImplementedError
