"""Names for constraints that have none, by a convention, so that a batch can drop them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from ...dialects.sqlite.ddl import Clause, Column, Definition


def names_by_convention(definition: Definition, convention: Mapping[str, str]) -> Iterator[tuple[Clause, str]]:
    """The constraints of a table that have no name, each with the one that a convention gives it.

    A CHECK has nothing that a convention could make a name of.
    """
    for column, clause in definition.clauses:
        constraint = _constraint(column, clause) if clause.name is None else None
        if constraint is None:
            continue
        columns = [sa.Column(one.name, sa.Integer) for one in definition.columns]
        metadata = sa.MetaData(naming_convention=dict(convention))
        sa.Table(definition.name, metadata, *columns, constraint)
        if isinstance(constraint.name, str):
            yield clause, constraint.name


def _constraint(column: Column | None, clause: Clause) -> Any:
    columns = [column.name] if column is not None else list(clause.columns)
    if clause.kind == "UNIQUE":
        return sa.UniqueConstraint(*columns)
    if clause.kind == "PRIMARY KEY":
        return sa.PrimaryKeyConstraint(*columns)
    reference = clause.reference
    if reference is None:
        return None
    # Without columns it is the parent's key that is meant, whatever that is called.
    theirs = reference.columns or ("id",) * len(columns)
    return sa.ForeignKeyConstraint(columns, [f"{reference.table}.{name}" for name in theirs])
