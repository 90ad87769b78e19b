"""Whether two sets of rows are the same, in whatever order they come, and however their values are written."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from ..archive.values import comparable
from ..dialects.contents import Table

_MODULUS = 1 << 128


class Sum:
    """The rows of a table, as the sum of their hashes.

    Args:
        table: says what the values are.
        column: the number of the only column to look at; all of them without it.

    Attributes:
        rows: how many there are.
    """

    def __init__(self, table: Table, column: int | None = None) -> None:
        compares = [comparable(one.kind, one.trait) for one in table.columns]
        self._compares = [(at, one) for at, one in enumerate(compares) if column in (None, at)]
        self.rows = 0
        self._total = 0

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Count more rows in, of which there is at least one."""
        total, columns = 0, list(zip(*rows, strict=True))
        same_columns = [columns[at] if compare is None else map(compare, columns[at]) for at, compare in self._compares]
        for same in zip(*same_columns, strict=True):
            total += int.from_bytes(blake2b(repr(same).encode("utf-8", "surrogatepass"), digest_size=16).digest())
        self._total = (self._total + total) % _MODULUS
        self.rows += len(rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sum) and (self.rows, self._total) == (other.rows, other._total)

    __hash__ = None  # type: ignore[assignment]  # it grows
