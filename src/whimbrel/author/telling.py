"""What is told of a new revision: what it does, and which rows it has no value for."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from alembic.operations import ops
from sqlalchemy import Column

from ..catalog import COLUMN, Item
from ..differ import Rename
from ..errors import few
from ..events import Found, Listener, Notice
from .comparing import Compared
from .decisions import becomes_required, gives_no_value
from .decisions.names import column_name
from .operations import parts_of

_SHOWN = 5  # of what nobody declares


def tell(listener: Listener, compared: Sequence[Compared]) -> None:
    """Tell what differs, one line each, and then of columns that rows may have no value for.

    The database that is compared may have no rows, and others do.

    Args:
        listener: is told.
        compared: the databases, with what is left to be done when all that is renamed has its new name.
    """
    lines = {str(difference) for one in compared for difference in one.remaining}
    lines |= {_renamed(rename) for one in compared for rename in one.renames}
    lines |= {str(given) for one in compared for given in (*one.remaps, *one.fills)}
    for line in sorted(lines):
        listener(Found("difference", line))
    for notice in dict.fromkeys(notice for one in compared for notice in _lacking_values(one)):
        listener(notice)


def tell_undeclared(listener: Listener, compared: Sequence[Compared]) -> None:
    """Tell which views, functions and triggers are nobody's, where others are declared."""
    items = dict.fromkeys(item for one in compared for item in one.scope.declarations.undeclared)
    if not items:
        return
    labels = [item.label for item in items]
    listener(
        Notice(
            f"not declared, and left alone: {few(labels, _SHOWN)}",
            f"declare what is yours; --allow-drop {shlex.quote(labels[0])} drops what is to go",
        )
    )


def tell_unfilled(listener: Listener, operations: Iterable[Any]) -> None:
    """Tell of columns that rows may have no value for, where nothing was compared but by Alembic.

    Args:
        listener: is told.
        operations: those of a new revision.
    """
    for part in parts_of(operations):
        if isinstance(part, ops.AddColumnOp) and _has_no_value(part.column):
            name, how = part.column.name, "is NOT NULL and has no server default"
        elif isinstance(part, ops.AlterColumnOp) and part.modify_nullable is False:
            name, how = part.column_name, "becomes NOT NULL"
        else:
            continue
        label = Item(COLUMN, name, part.schema, part.table_name).label
        listener(Notice(f"{label} {how}: rows may have no value for it", "write into the file what they get"))


def _has_no_value(column: Column[Any]) -> bool:
    return not column.nullable and column.server_default is None and column.computed is None and column.identity is None


def _renamed(rename: Rename) -> str:
    return f"rename {Item(rename.kind, rename.old, rename.schema, rename.table).label} to {rename.new}"


def _lacking_values(compared: Compared) -> Iterator[Notice]:
    filled = {fill.column for fill in compared.fills}
    without = compared.subject.dialect.catalogs.traits.without_value
    for difference in compared.remaining:
        item, before = difference.item, difference.before
        if item.kind != COLUMN or difference.after is None or (item.place, item.name) in filled:
            continue
        column = shlex.quote(f"{column_name((item.schema, item.table or ''), item.name)}=VALUE")
        if before is None and gives_no_value(item):
            yield Notice(
                f"{item.label} is NOT NULL and has no server default: {without}",
                f"give it a server_default; or say what they get: --fill {column}",
            )
        elif before is not None and becomes_required(before, item):
            yield Notice(
                f"{item.label} becomes NOT NULL: the upgrade fails where a row is NULL",
                f"say what they get: --fill {column}",
            )
