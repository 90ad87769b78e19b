"""What becomes of values in a column that gets another type, as one short protocol."""

from __future__ import annotations

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    from ..catalog import Item
else:
    Protocol = object  # for type checkers only


class Casts(Protocol):
    """How a kind of database makes values of another type of those that a column has.

    Columns are given as the catalog has them: the one that there is, and what it is to be.
    """

    def keeps(self, old: Item, new: Item) -> bool:
        """Whether each value is the same in the new type, or refused by it: known without a look at the rows."""

    def changing(self, old: Item, new: Item) -> str | None:
        """A condition for rows of the old column's table: its value would not come back as it was from the new type.

        It reads, and no more. False of what the database refuses to change, or it fails because of that.

        Returns:
            The condition; None if there is none that says it.
        """

    def trying(self, old: Item, new: Item) -> str | None:
        """A condition that is true of no row, and fails because of a value that is none of the new type.

        It tells why `changing` has failed: the way back may, too. None where queries do not fail of that.
        """

    def refuses(self, error: BaseException) -> bool:
        """Whether that is what such a condition has failed of: a value."""
