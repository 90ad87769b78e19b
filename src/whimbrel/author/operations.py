"""Operations that autogenerate needs and Alembic does not write, or not well: renames, statements, and batches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op, renderers
from alembic.operations import ops


def parts_of(operations: Iterable[Any]) -> Iterator[Any]:
    """Operations, those on one table one by one."""
    for one in operations:
        yield from one.ops if isinstance(one, ops.ModifyTableOps) else (one,)


class RenameColumn(ops.AlterColumnOp):
    """A column that gets another name; Alembic's own loses it when it is reversed."""

    def reverse(self) -> RenameColumn:
        """The way back."""
        assert self.modify_name is not None
        return RenameColumn(
            self.table_name,
            self.modify_name,
            schema=self.schema,
            modify_name=self.column_name,
            existing_type=self.existing_type,
            existing_nullable=self.existing_nullable,
            existing_server_default=self.existing_server_default,
            existing_comment=self.existing_comment,
        )

    def to_diff_tuple(self) -> Any:
        """As Alembic's operations have it."""
        return ("rename_column", self.schema, self.table_name, self.column_name, self.modify_name)


class RenameTable(ops.RenameTableOp):
    """A table that gets another name; Alembic's own cannot be reversed, nor written."""

    def reverse(self) -> RenameTable:
        """The way back."""
        return RenameTable(self.new_table_name, self.table_name, schema=self.schema)

    def to_diff_tuple(self) -> Any:
        """As Alembic's operations have it."""
        return ("rename_table", self.schema, self.table_name, self.new_table_name)


class InBatch(ops.ModifyTableOps):
    """Operations on one table, in a batch, whatever `render_as_batch` says.

    Alembic writes those of all databases as the last one is configured, and forgets its own prefix in a batch.
    """


class Statement(ops.ExecuteSQLOp):
    """A statement in the database's own words, which is executed as it is.

    Args:
        sql: the statement.
    """

    def __init__(self, sql: str) -> None:
        super().__init__(escaped(sql))


class ReversibleStatement(Statement):
    """A statement with a way back.

    Args:
        sql: the statement.
        back: the one that takes it back.
    """

    def __init__(self, sql: str, back: str) -> None:
        super().__init__(sql)
        self._sql, self._back = sql, back

    def reverse(self) -> ReversibleStatement:
        """The way back."""
        return ReversibleStatement(self._back, self._sql)


_ESCAPED = re.compile(r"\\(?=:\w*(?![:\w]))")
"""A backslash that SQLAlchemy's `text()` takes for the sign that no parameter begins behind it."""
_BIND = re.compile(r"(?<![:\w\\]):(?=\w+(?![:\w]))")
"""A colon that it takes for the beginning of one."""


def escaped(sql: str) -> str:
    """SQL as SQLAlchemy's `text()` has to get it, so that it is executed as it is here."""
    return _BIND.sub(r"\:", _ESCAPED.sub(r"\\\\", sql))


@renderers.dispatch_for(Statement)
def _statement(context: AutogenContext, operation: Statement) -> str:
    return f"{context.opts['alembic_module_prefix']}execute({_quoted(str(operation.sqltext))})"


def _quoted(text: str) -> str:
    """A text as people would write it: names are in one kind of quotes, values in the other."""
    is_simple = text.isprintable() and "\\" not in text and '"""' not in text and not text.endswith('"')
    return f'"""{text}"""' if is_simple and "'" in text and '"' in text else repr(text)


@renderers.dispatch_for(RenameTable)
def _rename_table(context: AutogenContext, operation: RenameTable) -> str:
    schema = f", schema={operation.schema!r}" if operation.schema else ""
    prefix = context.opts["alembic_module_prefix"]
    return f"{prefix}rename_table({operation.table_name!r}, {operation.new_table_name!r}{schema})"


@renderers.dispatch_for(InBatch)
def _in_batch(context: AutogenContext, operation: InBatch) -> list[str]:
    prefix = context.opts["alembic_module_prefix"]
    lines = [f"with {prefix}batch_alter_table({operation.table_name!r}, schema={operation.schema!r}) as batch_op:"]
    with context._within_batch():
        for part in operation.ops:
            lines += render_op(context, part)
    return [*lines, ""]
