"""What a new revision would lose something of, as the database calls it, and how much that is."""

from __future__ import annotations

from ...catalog import COLUMN, TABLE
from ...catalog.items import qualified
from ...dialects.base import Dialect
from ...errors import counted
from ...record import Record
from .names import Place, column_name


class Part(Record):
    """A table of the database, or a column of it; both as the database calls them.

    Attributes:
        schema: the schema of the table; None for that in which names without one are looked up.
        table: the table.
        column: the column; None for the whole table.
    """

    schema: str | None
    table: str
    column: str | None = None

    @property
    def place(self) -> Place:
        """The table."""
        return (self.schema, self.table)

    @property
    def name(self) -> str:
        """What people call it: `users`, `users.email`."""
        return qualified(*self.place) if self.column is None else column_name(self.place, self.column)

    def count_of(self, number: int) -> str:
        """A number of what it holds: `3 rows`, `2 values`; `more than 1,000,000 rows`, if no more were counted."""
        return told(number, "row" if self.column is None else "value")

    @property
    def change(self) -> str:
        """What becomes of it."""
        return f"drop {TABLE if self.column is None else COLUMN} {self.name}"

    def loss_of(self, number: int) -> str:
        """What is lost of it, in words."""
        return f"{self.count_of(number)} would be lost"


COUNTED = 1_000_000
"""How many rows or values are counted at most: who would lose more knows enough, and need not wait for minutes."""


def counting(part: Part, dialect: Dialect) -> str:
    """The statement that counts what is lost with a table or a column: rows, or values that are not NULL."""
    return counting_where(part, dialect, "" if part.column is None else f"{dialect.quoted(part.column)} IS NOT NULL")


def counting_where(part: Part, dialect: Dialect, condition: str) -> str:
    """The statement that counts the rows of a part's table, up to `COUNTED` and one.

    Args:
        part: which table.
        dialect: its database.
        condition: which of them; all, if it is empty.
    """
    some = f" WHERE {condition}" if condition else ""
    return f"SELECT count(*) FROM (SELECT 1 FROM {dialect.quoted(*part.place)}{some} LIMIT {COUNTED + 1}) AS counted"


def told(number: int, noun: str) -> str:
    """A number of things; `more than 1,000,000`, if no more were counted."""
    return counted(number, noun) if number <= COUNTED else f"more than {COUNTED:,} {noun}s"
