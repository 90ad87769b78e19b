"""Room in a column for a value that it does not take yet, as operations: as long as rows have others there still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic.operations import ops

from ..catalog import COLUMN, Item
from ..dialects.lists import Lists
from ..errors import RevisionDataInvalid
from ..prover import Subject
from .completing import Completion
from .decisions import Fill
from .decisions.names import column_name


def room_for(value: str, column: Item, completion: Completion, lists: Lists) -> list[ops.MigrateOperation]:
    """Let a column take a value, on the scratch database; the operations that do it. None, if it takes it.

    Args:
        value: the value.
        column: the column, which may have been changed since it was read.
        completion: does it.
        lists: how the kind of database holds a column to a list.
    """
    current = completion.read()
    column = next(item for item in current.items if item.key == column.key)
    listed = lists.listed(current, column)
    if listed is not None and value in listed.values:
        return []
    return completion.reach(lists.widened(current, column, value))


def room_for_fills(fills: Iterable[Fill], completion: Completion, subject: Subject) -> Iterator[ops.MigrateOperation]:
    """As `room_for`, for what columns get that are there, and are held to a list that has it later only.

    Args:
        fills: what was decided.
        completion: does it. What has another name has it already.
        subject: the database that it stands in for.

    Raises:
        RevisionDataInvalid: no row can have it before the revision is committed.
    """
    lists = subject.dialect.lists
    for fill in fills:
        if fill.is_new or not isinstance(fill.value, str):
            continue
        place, name = fill.column
        current = completion.read()
        column = next(item for item in current.parts(place, COLUMN) if item.name == name)
        listed = lists.listed(current, column)
        if listed is None or listed.of_elements or listed.holder is column or fill.value in listed.values:
            continue
        if listed.grows_late:
            raise RevisionDataInvalid(
                f"{column_name(*fill.column)} cannot be {fill.value} in the revision that adds this value",
                why=f"rows can have it only when {listed.holder.label} has it, and that is committed",
                state="nothing was written",
                hint="fill it with a value that was there before; or make a revision for the value, and then this one",
            )
        yield from room_for(fill.value, column, completion, lists)
