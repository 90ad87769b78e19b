"""Foreign keys that are enforced while a table is rebuilt: what is said of it, and to whom."""

from __future__ import annotations

from collections import Counter

from ...dialects.sqlite.foreign_keys import Violation
from ...errors import ForeignKeysBroken, few

_SHOWN = 5


class ForeignKeysInTheWay(Exception):
    """A table cannot be rebuilt in the transaction that is open: dropping the old one would delete what refers to it.

    Whoever has begun the transaction may roll it back, and run the revision again with foreign keys switched off.
    """

    def __init__(self, table: str) -> None:
        super().__init__(f"foreign keys are enforced, and {table} has rows that others may refer to")
        self.table = table


def check_violations(before: Counter[Violation], after: Counter[Violation]) -> None:
    """Compare the rows that refer to nothing with those that did so before.

    Raises:
        ForeignKeysBroken: there are new ones.
    """
    new = after - before
    if not new:
        return
    rows = [str(one) for one in new.elements()]
    raise ForeignKeysBroken(
        "rows would refer to rows that are not there",
        why=few(rows, _SHOWN, between="; ", last=", and "),
        hint="what deletes or changes rows that others refer to belongs into a revision of its own: "
        "while a table is rebuilt, nothing cascades",
    )
