"""Tables whose enumerations are types of their own, which PostgreSQL has beside them.

Alembic's `create_table` makes the type of each, and fails if it is there: another table uses it, or a second one that
is made with it. No operation of Alembic's drops one. So the types are made and dropped by statements of their own,
and the tables are written so that they leave them alone.
"""

from __future__ import annotations

from typing import Any

from alembic.operations import ops
from sqlalchemy import ARRAY, Column, Enum
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine


def without_types(operation: ops.MigrateOperation) -> ops.MigrateOperation:
    """An operation that makes no type: a table that is made, with types that are there."""
    if not isinstance(operation, ops.CreateTableOp):
        return operation
    return ops.CreateTableOp(
        operation.table_name,
        [_column(item) if isinstance(item, Column) else item for item in operation.columns],
        schema=operation.schema,
        if_not_exists=operation.if_not_exists,
        _namespace_metadata=operation._namespace_metadata,
        _constraints_included=operation._constraints_included,
        comment=operation.comment,
        info=operation.info,
        prefixes=operation.prefixes,
        **operation.kw,
    )


def _column(column: Column[Any]) -> Column[Any]:
    type_ = _there_already(column.type)
    if type_ is column.type:
        return column
    copy: Column[Any] = column._copy()
    copy.type = type_
    return copy


def _there_already(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(type_, ARRAY):
        item = _there_already(type_.item_type)
        return type_ if item is type_.item_type else postgresql.ARRAY(item, dimensions=type_.dimensions)
    if isinstance(type_, Enum) and type_.native_enum:
        return postgresql.ENUM(*type_.enums, name=type_.name, schema=type_.schema, create_type=False)
    return type_
