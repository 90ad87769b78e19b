"""Values for rows that have none, as operations: before a column is NOT NULL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import copy
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops

from ..catalog import COLUMN, Catalog, Item
from ..dialects.lists import Lists
from ..errors import RevisionDataInvalid
from ..prover import Subject
from .decisions import Fill
from .decisions.names import ColumnOf, column_name
from .decisions.typed import bare
from .operations import ReversibleStatement, Statement


class MakeRequired(ops.AlterColumnOp):
    """A new column that is NOT NULL once its rows are filled. On the way back it is dropped, and needs nothing else."""

    def reverse(self) -> Any:
        """There is none."""
        raise NotImplementedError


def filled(
    operations: Iterable[ops.MigrateOperation],
    fills: Collection[Fill],
    subject: Subject,
    type_of: Callable[[ColumnOf], Any],
    current: Catalog,
) -> list[ops.MigrateOperation]:
    """Operations with the statements that fill columns: new ones between being added and being made NOT NULL, and those
    that get another type between that and being made NOT NULL.

    Args:
        operations: Alembic's.
        fills: what was decided.
        subject: the database that they are for.
        type_of: knows the types of the models.
        current: what there is before, where things have their new names.

    Raises:
        RevisionDataInvalid: a value cannot be written.
    """
    filling = {fill.column: _filling(fill, subject, type_of(fill.column), current) for fill in fills}
    split = [part for operation in operations for part in _split(operation, filling)]
    first = [part for fill in fills if not fill.is_new for part in filling[fill.column] if part not in split]
    found = [*first, *split]
    missing = [column_name(*column) for column, parts in filling.items() if parts[-1] not in found]
    if missing:
        raise RevisionDataInvalid(
            f"no value can be written for {', '.join(missing)}",
            why="the column is added by no operation of Alembic's",
            state="nothing was written",
            hint="leave --fill out, and write the UPDATE into the file",
        )
    return found


def _split(
    operation: ops.MigrateOperation, filling: Mapping[ColumnOf, list[Statement]]
) -> Iterator[ops.MigrateOperation]:
    """What is done to a table, with statements between its parts."""
    if not isinstance(operation, ops.ModifyTableOps):
        yield operation
        return
    parts: list[ops.MigrateOperation] = []
    for part in operation.ops:
        statements = filling.get(_column_of(part), [])
        halves = _halves(part) if statements else None
        if halves is None:
            parts.append(part)
            continue
        yield ops.ModifyTableOps(operation.table_name, [*parts, halves[0]], schema=operation.schema)
        yield from statements
        parts = [halves[1]]
    if parts:
        yield ops.ModifyTableOps(operation.table_name, parts, schema=operation.schema)


def _column_of(operation: ops.MigrateOperation) -> ColumnOf:
    """The column that comes, or is changed."""
    name = operation.column.name if isinstance(operation, ops.AddColumnOp) else getattr(operation, "column_name", "")
    return ((getattr(operation, "schema", None), getattr(operation, "table_name", "")), name)


def _halves(operation: ops.MigrateOperation) -> tuple[ops.MigrateOperation, ops.MigrateOperation] | None:
    """What is done before rows are filled, and behind that; None if nothing has to be done before."""
    if isinstance(operation, ops.AddColumnOp):
        return _as_optional(operation), _required(operation)
    if not isinstance(operation, ops.AlterColumnOp) or operation.modify_type is None or operation.modify_nullable:
        return None
    first, then = copy(operation), copy(operation)
    first.modify_nullable = None
    then.existing_type, then.modify_type = operation.modify_type, None
    if operation.modify_server_default is not False:
        then.existing_server_default, then.modify_server_default = operation.modify_server_default, False
    if operation.modify_comment is not False:
        then.existing_comment, then.modify_comment = operation.modify_comment, False
    return first, then


def _as_optional(operation: ops.AddColumnOp) -> ops.AddColumnOp:
    column: sa.Column[Any] = operation.column._copy()
    column.nullable = True
    return ops.AddColumnOp(operation.table_name, column, schema=operation.schema, **operation.kw)


def _required(operation: ops.AddColumnOp) -> MakeRequired:
    column = operation.column
    return MakeRequired(
        operation.table_name,
        column.name,
        schema=operation.schema,
        existing_type=column.type,
        existing_nullable=True,
        existing_comment=column.comment,
        modify_nullable=False,
    )


def _filling(fill: Fill, subject: Subject, type_: Any, current: Catalog) -> list[Statement]:
    """The statement that fills a column, and what has to stand beside it.

    A value that the column could not have before is taken away on the way back: it would be in the way.
    """
    sql = _update(fill, subject, type_)
    if fill.is_new:
        return [Statement(sql)]
    place, name = fill.column
    lists = subject.dialect.lists
    column = next(item for item in current.parts(place, COLUMN) if item.name == name)
    settling = [ReversibleStatement(one, one) for one in lists.settling(current, column)]
    if _could_be(fill.value, column, current, lists):
        return [*settling, Statement(sql)]
    return [*settling, ReversibleStatement(sql, lists.replacing(column, fill.value, None)), *settling]


def _could_be(value: Any, column: Item, current: Catalog, lists: Lists) -> bool:
    """Whether a column takes a value as it is."""
    listed, room = lists.listed(current, column), lists.room(column)
    if not isinstance(value, str) or (listed is not None and listed.of_elements):
        return True
    return value in listed.values if listed is not None else room is None or len(value) <= room


def _update(fill: Fill, subject: Subject, type_: Any) -> str:
    place, name = fill.column
    quoted = subject.dialect.quoted
    where = "" if fill.is_new else f" WHERE {quoted(name)} IS NULL"
    return f"UPDATE {quoted(*place)} SET {quoted(name)} = {literal_of(fill, subject, type_)}{where}"


def literal_of(fill: Fill, subject: Subject, type_: Any) -> str:
    """A value as the database writes it. SQLAlchemy would double each `%` of a text, and the file is no such text.

    Raises:
        RevisionDataInvalid: it cannot be written.
    """
    if isinstance(fill.value, str):
        return subject.dialect.lists.literal(fill.value)
    try:
        literal = sa.literal(fill.value, bare(type_))
        return str(literal.compile(dialect=subject.sql_dialect, compile_kwargs={"literal_binds": True}))
    except (sa.exc.CompileError, NotImplementedError) as error:
        raise RevisionDataInvalid(
            f"no value can be written for {column_name(*fill.column)}",
            why=str(error),
            state="nothing was written",
            hint="leave --fill out, and write the UPDATE into the file",
        ) from error
