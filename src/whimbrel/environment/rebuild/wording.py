"""SQLAlchemy's objects in the words of SQLite, as clauses that go into the text of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic.ddl.impl import DefaultImpl
from alembic.operations.schemaobj import SchemaObjects
from sqlalchemy.schema import CreateColumn, CreateTable

from ...dialects.sqlite.ddl import Clause, Column, Definition, read_column, read_constraint, read_definition


class Wording:
    """What Alembic would have SQLAlchemy write for a new table.

    Args:
        impl: Alembic's, for the connection.
        table: the name of the table.
    """

    def __init__(self, impl: DefaultImpl, table: str) -> None:
        self._impl = impl
        self._table = table
        self._dialect = impl.dialect

    def column(self, column: sa.Column[Any]) -> Column:
        """A column without what comes by itself: keys, constraints of the table, indexes."""
        copied = column._copy()
        copied.primary_key = copied.unique = copied.index = False
        sa.Table(self._table, sa.MetaData(), copied)
        return read_column(self._compiled(CreateColumn(copied)))

    def type(self, name: str, type_: Any) -> Column:
        """A column of a type, and with no more than that says: a collation, perhaps."""
        return self.column(sa.Column(name, sa.types.to_instance(type_)))

    def default(self, name: str, default: Any) -> tuple[Clause, ...]:
        """The clause of a default, or of what a column computes."""
        return self.column(sa.Column(name, sa.Integer, server_default=default)).clauses_of("DEFAULT", "GENERATED")

    def constraint(self, constraint: sa.Constraint) -> Clause | None:
        """A constraint; None if this database is to have none such."""
        rule = constraint._create_rule
        compiler = self._dialect.ddl_compiler(self._dialect, None)  # type: ignore[arg-type]  # as Alembic does
        if rule is not None and not rule(compiler):
            return None
        text = compiler.process(constraint)
        return read_constraint(text) if text else None

    def table(self, table: sa.Table, names: Mapping[str, str]) -> tuple[Definition, list[sa.Index]]:
        """A table that was given as a whole, with its indexes.

        Args:
            table: of SQLAlchemy's.
            names: new names of columns, by the ones that it has, in lower case.
        """
        copied = table.to_metadata(sa.MetaData(naming_convention=table.metadata.naming_convention))
        for key in copied.foreign_keys:  # what they refer to need not be told
            SchemaObjects()._ensure_table_for_fk(copied.metadata, key)
        for column in copied.columns:
            column.name = names.get(column.name.lower(), column.name)
        return read_definition(self._compiled(CreateTable(copied))), list(copied.indexes)

    def casts(self, old: sa.types.TypeEngine[Any], new: Any) -> bool:
        """Whether Alembic would convert the values of a column that gets another type."""
        column: sa.Column[Any] = sa.Column("x", old)
        transfer: dict[str, Any] = {"expr": column}
        impl: Any = self._impl  # this method has no types
        impl.cast_for_batch_migrate(column, transfer, sa.types.to_instance(new))
        return transfer["expr"] is not column

    def _compiled(self, element: Any) -> str:
        return str(element.compile(dialect=self._dialect)).strip()
