"""Columns that become NOT NULL where rows have no value for them: it was said, or is asked for. Else it is told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from ...catalog import COLUMN, TABLE, Catalog, Item
from ...dialects.base import Dialect
from ...differ import Rename
from ...errors import RevisionDataInvalid
from ...record import Record
from .answers import Answers, Asking, Question
from .names import MODELS, ColumnOf, Names, column_name
from .parts import Part, counting_where
from .typed import Unreadable, value_of

_GIVES_VALUES = ("default", "generated", "identity", "auto increment")
_LEAVE = 0  # the first of the choices


class Lacking(Record):
    """A column that rows may have no value for.

    Attributes:
        item: the column, as the models say it.
        part: what the database has of it: the table of a new one, or the column.
    """

    item: Item
    part: Part

    @property
    def column(self) -> ColumnOf:
        """The column, as the models call it."""
        return ((self.item.schema, self.item.table or ""), self.item.name)

    @property
    def is_new(self) -> bool:
        """Whether the database does not have it."""
        return self.part.column is None


class Fill(Record):
    """A value for rows that have none.

    Attributes:
        column: the column, as the models call it.
        value: the value, as Python has it.
        is_new: whether it is a column that the database does not have.
    """

    column: ColumnOf
    value: Any
    is_new: bool

    def __str__(self) -> str:
        return f"fill {column_name(*self.column)}: {self.value}"


Without = Callable[[Part], int]
"""Counts the rows of a table, or those in which a column is NULL. Reads the database."""
TypeOf = Callable[[ColumnOf], Any]
"""The type of a column in the models; None for one that is in none of their tables."""


def counting_without(part: Part, dialect: Dialect) -> str:
    """The statement that counts the rows of a table, or those in which a column is NULL; as `counting` does."""
    return counting_where(part, dialect, "" if part.column is None else f"{dialect.quoted(part.column)} IS NULL")


def gives_no_value(item: Item) -> bool:
    """Whether a column has to have a value, and gives a row none that comes without."""
    return item.fact("not null") is not None and not any(item.fact(name) for name in _GIVES_VALUES)


def lacking(actual: Catalog, wanted: Catalog, renames: Collection[Rename]) -> Iterator[Lacking]:
    """The columns that become NOT NULL: new ones without a default, and others.

    Args:
        actual: what the database has.
        wanted: what the models say.
        renames: what has another name in them.
    """
    tables = {(one.schema, one.new): (one.schema, one.old) for one in renames if one.kind == TABLE}
    columns = {((one.schema, one.table), one.new): one.old for one in renames if one.kind == COLUMN}
    for place in wanted.tables:
        old_place = tables.get(place, place)
        if old_place not in actual.tables:
            continue
        there = {item.name: item for item in actual.parts(old_place, COLUMN)}
        for item in wanted.parts(place, COLUMN):
            old = there.get(columns.get((place, item.name), item.name))
            if old is None and gives_no_value(item):
                yield Lacking(item, Part(*old_place))
            elif old is not None and becomes_required(old, item):
                yield Lacking(item, Part(*old_place, old.name))


def becomes_required(old: Item, new: Item) -> bool:
    """Whether a column may be NULL before, and not after."""
    is_computed = new.fact("generated") is not None or old.fact("generated") is not None
    return old.fact("not null") is None and new.fact("not null") is not None and not is_computed


def decide_fills(
    columns: Sequence[Lacking],
    wanted: Catalog,
    type_of: TypeOf,
    without: Without,
    answers: Answers,
    asking: Asking | None,
) -> tuple[Fill, ...]:
    """Decide what rows get that have no value. Who has said nothing, and is not there to be asked, is told elsewhere.

    Args:
        columns: those that become NOT NULL, as `lacking` finds them.
        wanted: what the models say.
        type_of: knows the types of the models.
        without: counts the rows that have no value; only asked for a question.
        answers: what was said with the command.
        asking: asks about each column; None if nobody can be asked.

    Raises:
        RevisionDataInvalid: what was said cannot be meant, or is no value of the column's type.
    """
    names = Names(wanted, MODELS)
    of = {one.column: one for one in columns}
    found: dict[ColumnOf, Fill] = {}
    for name, text in answers.fills:
        column = names.column(name)
        if column not in of:
            raise _invalid(
                f"{name} does not become NOT NULL, so no row needs a value for it",
                why="it is a column that may be NULL, was NOT NULL before, gives rows a default, or is in a new table",
            )
        found[column] = _read(of[column], text, type_of)
    for one in columns if asking is not None else ():
        if one.column not in found and (count := without(one.part)):
            assert asking is not None
            typed = _asked(asking, one, count, type_of)
            if typed is not None:
                found[one.column] = _read(one, typed, type_of)
    return tuple(found.values())


def _read(one: Lacking, text: str, type_of: TypeOf) -> Fill:
    try:
        return Fill(one.column, value_of(type_of(one.column), text), one.is_new)
    except Unreadable as error:
        raise cannot_be(one.column, text, str(error)) from None


def _asked(asking: Asking, one: Lacking, count: int, type_of: TypeOf) -> str | None:
    name = column_name(*one.column)
    rows = one.part._replace(column=None).count_of(count)
    is_new = f"{name} is new and NOT NULL, and its table has {rows}"
    told = is_new if one.is_new else f"{name} becomes NOT NULL, and is NULL in {rows}"
    chosen = asking.choose(
        Question(
            (told, "What do they get?"),
            ("nothing: write it without, and look through the file", "a value that I type now"),
            default=_LEAVE,
        )
    )
    if chosen is None or chosen == _LEAVE:
        return None

    def objection(text: str) -> str | None:
        try:
            value_of(type_of(one.column), text)
        except Unreadable as error:
            return str(error)
        return None

    return asking.enter(f"{name} =", objection)


def cannot_be(column: ColumnOf, text: str, why: str) -> RevisionDataInvalid:
    """The error for what is no value of a column."""
    return _invalid(f"{column_name(*column)} cannot be {text}", why=why)


def _invalid(what: str, *, why: str) -> RevisionDataInvalid:
    return RevisionDataInvalid(
        what, why=why, state="nothing was written", hint="--fill TABLE.COLUMN=VALUE, as the models call the column"
    )
