"""What a new revision would drop for good, and who says that it may go."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NoReturn

from alembic.operations import ops

from ...catalog import COLUMN, TABLE, Catalog
from ...catalog.items import qualified
from ...dialects.base import Dialect
from ...differ import Rename
from ...errors import DropUnanswered, TablesWouldBeDropped, counted, few
from ...record import Record
from ..operations import parts_of
from .answers import Answers, Asking, Question
from .names import DATABASE, Names, Place, column_name

_SHOWN = 8  # tables, of those that there are


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
        return _told(number, "row" if self.column is None else "value")


Count = Callable[[Part], int]
"""Counts the rows of a table, or the values of a column that are not NULL; no more than `COUNTED` and one. Reads the
database."""

COUNTED = 1_000_000
"""How many rows or values are counted at most: who would lose more knows enough, and need not wait for minutes."""


def counting(part: Part, dialect: Dialect) -> str:
    """The statement that counts what is lost with a table or a column: rows, or values that are not NULL."""
    some = "" if part.column is None else f" WHERE {dialect.quoted(part.column)} IS NOT NULL"
    return f"SELECT count(*) FROM (SELECT 1 FROM {dialect.quoted(*part.place)}{some} LIMIT {COUNTED + 1}) AS counted"


def _told(number: int, noun: str) -> str:
    return counted(number, noun) if number <= COUNTED else f"more than {COUNTED:,} {noun}s"


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


def acknowledge_drops(
    drops: Sequence[Part],
    actual: Catalog,
    count: Count,
    answers: Answers,
    asking: Asking | None,
    *,
    known: Collection[Part] = (),
    others: Collection[str] = (),
) -> None:
    """Have it said of everything that is lost with a revision that it may go. What is empty may.

    Args:
        drops: what is dropped, as `dropped` finds it.
        actual: what the database has.
        count: says how much is lost.
        answers: what was said with the command.
        asking: asks, once for each table; None if nobody can be asked.
        known: of which it was said already: `Decided.dropped`.
        others: names of what holds nothing: views, functions and triggers.

    Raises:
        RevisionDataInvalid: something may be dropped that is not there.
        DropUnanswered: something must not go, or nobody has said that it may.
    """
    names = Names(actual, DATABASE)
    for name in answers.allow_drop:
        names.check_one_of_all(name, others)
    asked = [part for part in drops if part.name not in answers.allow_drop and part not in known]
    lost = {part: number for part in asked if (number := count(part))}
    of_tables: dict[Place, dict[Part, int]] = {}
    for part, number in lost.items():
        of_tables.setdefault(part.place, {})[part] = number
    while of_tables and asking is not None and asking.choose(_question(next(iter(of_tables.values())))) == 1:
        del of_tables[next(iter(of_tables))]
    if of_tables:
        _refuse({part: number for parts in of_tables.values() for part, number in parts.items()})


def _question(lost: Mapping[Part, int]) -> Question:
    told = [f"  drop {_kind(part)} {part.name}: {part.count_of(number)} would be lost" for part, number in lost.items()]
    return Question(
        ("The models do not have this any more:", *told),
        ("keep it: write nothing", f"drop it: {_sum(lost)} are lost" if len(lost) > 1 else "drop it"),
    )


def _sum(lost: Mapping[Part, int]) -> str:
    return _told(sum(lost.values()), "value")


def _kind(part: Part) -> str:
    return TABLE if part.column is None else COLUMN


def _refuse(lost: Mapping[Part, int]) -> NoReturn:
    rows = sum(number for part, number in lost.items() if part.column is None)
    values = sum(lost.values()) - rows
    told = [_told(rows, "row")] * bool(rows) + [_told(values, "value")] * bool(values)
    refusal = DropUnanswered(
        f"{' and '.join(told)} would be lost, and nobody says that this is meant",
        why="; ".join(f"drop {_kind(part)} {part.name} ({part.count_of(number)})" for part, number in lost.items()),
        state="nothing was written",
        hint=" ".join(f"--allow-drop {shlex.quote(part.name)}" for part in lost) + "  if it is",
    )
    refusal.drops = tuple({"name": part.name, "count": number} for part, number in lost.items())
    raise refusal


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
