"""What a new revision would drop for good: found, and refused where nobody can have meant it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from alembic.operations import ops

from ...catalog import COLUMN, TABLE, Catalog
from ...differ import Rename
from ...errors import DropUnanswered, TablesWouldBeDropped, counted, few
from ..operations import parts_of
from .answers import Answers
from .parts import Part

_SHOWN = 8  # tables, of those that there are


def dropped(actual: Catalog, wanted: Catalog, renames: Collection[Rename]) -> list[Part]:
    """The tables and columns that are in the database, and in the models under no name. A table stands for its columns.

    Args:
        actual: what the database has.
        wanted: what the models say.
        renames: what has another name in them.
    """
    tables = {(one.schema, one.old): (one.schema, one.new) for one in renames if one.kind == TABLE}
    kept = {((one.schema, one.table), one.old) for one in renames if one.kind == COLUMN}
    found: list[Part] = []
    for place in actual.tables:
        new_place = tables.get(place, place)
        if new_place not in wanted.tables:
            found.append(Part(*place))
            continue
        columns = {item.name for item in wanted.parts(new_place, COLUMN)}
        found += [
            Part(*place, item.name)
            for item in actual.parts(place, COLUMN)
            if item.name not in columns and (new_place, item.name) not in kept
        ]
    return found


def check_imported(
    drops: Sequence[Part], actual: Catalog, wanted: Catalog, answers: Answers, *, where: str | None = None
) -> None:
    """Refuse models that lack most of the database's tables: most likely they were not all imported.

    It is no question: who is asked ten times whether a table may go says yes ten times.

    Args:
        drops: what is dropped, as `dropped` finds it.
        actual: what the database has.
        wanted: what the models say.
        answers: tables that may be dropped by name.
        where: the env.py that imports the models, if there is one.

    Raises:
        TablesWouldBeDropped: more than half of all tables would go, and two at least, or the models have none; and not
            each was named.
    """
    gone = [part for part in drops if part.column is None]
    of = len(actual.tables)
    is_most = not wanted.tables or (len(gone) > 1 and len(gone) * 2 > of)
    left = [part.name for part in gone if part.name not in answers.allow_drop]
    if not gone or not is_most or not left:
        return
    importing = "import the modules with your models in env.py" if where else 'models = ["package.module"]'
    refusal = TablesWouldBeDropped(
        f"{len(gone)} of {counted(of, 'table')} of the database are not in the models, and would be dropped",
        where=where,
        why=f"most likely a module with models was not imported: {few(left, _SHOWN)}",
        state="nothing was written",
        hint=f"{importing}; or, if they are to go, --allow-drop for each of them",
    )
    refusal.tables = tuple(left)
    raise refusal


def check_drops_allowed(operations: Iterable[Any], answers: Answers) -> None:
    """Refuse operations of Alembic's that drop what nobody has said may go, where nothing can be counted.

    Args:
        operations: those of a new revision.
        answers: what may be dropped, by name.

    Raises:
        DropUnanswered: something else would be.
    """
    names = [
        name
        for part in parts_of(operations)
        if (name := _dropped_by(part)) is not None and name not in answers.allow_drop
    ]
    if names:
        renamed = "" if answers.no_rename else ", and whether it is renamed is not known"
        raise DropUnanswered(
            f"{', '.join(names)} would be dropped, and nobody says that this may be",
            why=f"what it holds was not counted{renamed}, as nothing can be proven here",
            state="nothing was written",
            hint=" ".join(f"--allow-drop {shlex.quote(name)}" for name in names),
        )


def _dropped_by(operation: Any) -> str | None:
    if isinstance(operation, ops.DropTableOp):
        return Part(operation.schema, operation.table_name).name
    if isinstance(operation, ops.DropColumnOp):
        return Part(operation.schema, operation.table_name, operation.column_name).name
    return None
