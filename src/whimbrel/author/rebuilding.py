"""Tables of SQLite that are made anew, for what no operation of Alembic's batches says: a CHECK without a name goes, a
collation changes.

The file says what the table is afterwards, as Alembic's `batch_alter_table(copy_from=…)` takes it; the rows are copied.
Its indexes are told too: whimbrel makes them again by their own texts, but stock Alembic only those that it is told of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import render
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.sql.schema import ColumnCollectionConstraint

from ..catalog import COLUMN, INDEX, Item
from ..dialects.sqlite.ddl import Clause, Column, Definition, IndexDefinition, mentions, read_definition, read_index
from ..dialects.sqlite.ddl import definition as of
from .operations import escaped

_ON_CONFLICT = (of.PRIMARY_KEY, of.UNIQUE)


class RebuildTable(ops.MigrateOperation):
    """A table that is made anew as a definition says.

    Args:
        wanted: the table as it is to be.
        before: the table and its parts as they are.
    """

    def __init__(self, wanted: Item, before: Sequence[Item]) -> None:
        self.table = _table(wanted.schema, read_definition(wanted.definition))
        there = {item.name.lower() for item in before if item.kind == COLUMN}
        gone = there - {column.name.lower() for column in self.table.columns}
        indexes = (item.definition for item in before if item.kind == INDEX)
        self.indexes = [read_index(text) for text in indexes if not any(mentions(text, name) for name in gone)]
        self.new = [column for column in self.table.columns if column.name.lower() not in there]

    @property
    def old(self) -> list[sa.Column[Any]]:
        """The columns that are there already: their values are copied."""
        return [column for column in self.table.columns if column not in self.new]

    def is_on_new(self, constraint: sa.Constraint) -> bool:
        """Whether a constraint needs a column that is not there yet. A CHECK is a text, and names none."""
        if isinstance(constraint, sa.CheckConstraint):
            return False
        assert isinstance(constraint, ColumnCollectionConstraint)
        return any(column in self.new for column in constraint.columns)

    def next_old(self, new: sa.Column[Any]) -> str | None:
        """The column before which a new one is put; None for the end."""
        names = [*self.table.columns]
        return next((column.name for column in names[names.index(new) :] if column not in self.new), None)

    def reverse(self) -> Any:
        """There is none: what it was before is known elsewhere."""
        raise NotImplementedError

    def to_diff_tuple(self) -> Any:
        """As Alembic's operations have it."""
        return ("rebuild_table", self.table.schema, self.table.name)


@render.renderers.dispatch_for(RebuildTable)
def _rebuild_table(context: AutogenContext, operation: RebuildTable) -> str:
    table = operation.table
    alembic, sqlalchemy = context.opts["alembic_module_prefix"], context.opts["sqlalchemy_module_prefix"]
    constraints = _constraints(table)
    late = [constraint for constraint in constraints if operation.is_on_new(constraint)]
    parts = [render._render_column(column, context) for column in operation.old]
    parts += _rendered(context, (constraint for constraint in constraints if constraint not in late))
    parts += [_index(context, index) for index in operation.indexes]
    parts += [f"{name}={value!r}" for name, value in sorted(table.dialect_kwargs.items())]
    parts += [f"schema={table.schema!r}"] if table.schema else []
    inner = ",\n        ".join(parts)
    schema = f", schema={table.schema!r}" if table.schema else ""
    arguments = "".join(f"        {text},\n" for text in _rendered(context, late))
    return (
        f"with {alembic}batch_alter_table(\n    {table.name!r}{schema},\n    recreate='always',\n"
        f"    copy_from={sqlalchemy}Table(\n        {table.name!r},\n        {sqlalchemy}MetaData(),\n"
        f"        {inner},\n    ),\n"
        + (f"    table_args=[\n{arguments}    ],\n" if arguments else "")
        + (f") as batch_op:\n{_additions(context, operation)}" if operation.new else "):\n    pass")
    )


def _additions(context: AutogenContext, operation: RebuildTable) -> str:
    """New columns are added in the batch: those of the table that is copied are all read from the old one."""
    told = ((render._render_column(column, context), operation.next_old(column)) for column in operation.new)
    return "\n".join(
        f"    batch_op.add_column({column}{f', insert_before={before!r}' if before else ''})" for column, before in told
    )


def _rendered(context: AutogenContext, constraints: Iterable[sa.Constraint]) -> list[str]:
    return [text for text in map(partial(_constraint, context), constraints) if text]


def _constraint(context: AutogenContext, constraint: sa.Constraint) -> str | None:
    return render._render_constraint(constraint, context, sa.MetaData())


def _index(context: AutogenContext, index: IndexDefinition) -> str:
    prefix = context.opts["sqlalchemy_module_prefix"]

    def text(sql: str) -> str:
        return f"{prefix}text({sql.replace(':', chr(92) + ':')!r})"

    parts = [repr(index.name)]
    parts += [repr(name) if name else text(part) for name, part in zip(index.columns, index.parts, strict=True)]
    parts += ["unique=True"] * index.is_unique
    parts += [f"sqlite_where={text(index.where)}"] * bool(index.where)
    return f"{prefix}Index({', '.join(parts)})"


def _constraints(table: sa.Table) -> list[sa.Constraint]:
    return sorted(table.constraints, key=lambda one: (type(one).__name__, str(one.name or "")))


def _table(schema: str | None, definition: Definition) -> sa.Table:
    options = {
        "sqlite_autoincrement": any(clause.autoincrement for _, clause in definition.clauses) or None,
        "sqlite_with_rowid": False if "WITHOUT ROWID" in definition.options else None,
        "sqlite_strict": True if "STRICT" in definition.options and _knows_strict() else None,
    }
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    columns = [_column(column) for column in definition.columns]
    return sa.Table(definition.name, sa.MetaData(), *columns, *_keys(definition), schema=schema, **given)


def _knows_strict() -> bool:
    """Whether this SQLAlchemy can say that a table is strict: it learned that on the way."""
    return "strict" in dict(dialect.construct_arguments or ())[sa.Table]


def _column(column: Column) -> sa.Column[Any]:
    clauses = {clause.kind: clause for clause in column.clauses}
    given: list[Any] = []
    if (generated := clauses.get(of.GENERATED)) is not None:
        given.append(sa.Computed(_text(generated.value), persisted=generated.stored))
    default = clauses.get(of.DEFAULT)
    conflict = clauses[of.NOT_NULL].conflict if of.NOT_NULL in clauses else ""
    options: dict[str, Any] = {"sqlite_on_conflict_not_null": conflict} if conflict else {}
    return sa.Column(
        column.name,
        _type(column.type, clauses[of.COLLATE].value if of.COLLATE in clauses else None),
        *given,
        nullable=of.NOT_NULL not in clauses,
        server_default=_text(default.value) if default is not None else None,
        **options,
    )


def _type(text: str, collation: str | None) -> sa.types.TypeEngine[Any]:
    untyped: Any = dialect()
    found: sa.types.TypeEngine[Any] = untyped._resolve_type_affinity(text)
    if collation is not None and isinstance(found, sa.String):
        found.collation = collation
    return found


def _keys(definition: Definition) -> Iterator[sa.Constraint]:
    keys: dict[str, Any] = {
        of.PRIMARY_KEY: sa.PrimaryKeyConstraint,
        of.UNIQUE: sa.UniqueConstraint,
        of.CHECK: _check,
        of.FOREIGN_KEY: _foreign_key,
    }
    for column, clause in definition.clauses:
        columns = clause.columns or ((column.name,) if column is not None else ())
        conflict = {"sqlite_on_conflict": clause.conflict} if clause.conflict and clause.kind in _ON_CONFLICT else {}
        if clause.kind in (of.CHECK, of.FOREIGN_KEY):
            yield keys[clause.kind](clause, columns)
        elif clause.kind in keys:
            yield keys[clause.kind](*columns, name=clause.name, **conflict)


def _check(clause: Clause, columns: tuple[str, ...]) -> sa.Constraint:
    return sa.CheckConstraint(_text(clause.value), name=clause.name)


def _text(sql: str) -> sa.TextClause:
    """SQL that is in the file as it has to be there: it is a text of SQLAlchemy's twice, when it is written and run."""
    return sa.text(escaped(escaped(sql)))


def _foreign_key(clause: Clause, columns: tuple[str, ...]) -> sa.Constraint:
    reference = clause.reference
    assert reference is not None
    return sa.ForeignKeyConstraint(
        columns,
        [f"{reference.table}.{name}" for name in reference.columns],
        name=clause.name,
        onupdate=reference.on_update or None,
        ondelete=reference.on_delete or None,
        match=reference.match or None,
        deferrable="DEFERRABLE" in reference.deferral or None,
        initially=reference.deferral.partition("INITIALLY ")[2] or None,
    )
