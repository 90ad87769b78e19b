"""What is told of a new revision: what it does, and which rows it has no value for."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from ..catalog import COLUMN, Item
from ..differ import Rename
from ..errors import few
from ..events import Found, Listener, Notice
from .comparing import Compared
from .decisions import gives_no_value
from .decisions.names import column_name

_SHOWN = 5  # of what nobody declares


def tell(listener: Listener, compared: Sequence[Compared]) -> None:
    """Tell what differs, one line each, and then of new columns that rows have no value for.

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


def _renamed(rename: Rename) -> str:
    return f"rename {Item(rename.kind, rename.old, rename.schema, rename.table).label} to {rename.new}"


def _lacking_values(compared: Compared) -> Iterator[Notice]:
    filled = {fill.column for fill in compared.fills}
    for difference in compared.remaining:
        item = difference.item
        is_new = difference.before is None and item.kind == COLUMN
        if not is_new or not gives_no_value(item) or (item.place, item.name) in filled:
            continue
        what = compared.subject.dialect.catalogs.traits.without_value
        column = shlex.quote(f"{column_name((item.schema, item.table or ''), item.name)}=VALUE")
        yield Notice(
            f"{item.label} is NOT NULL and has no server default: {what}",
            f"give it a server_default; or say what they get: --fill {column}",
        )
