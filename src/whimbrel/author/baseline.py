"""Databases whose tables no revision has made: noticed, and given a first revision that makes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, inspect

from ..errors import BaselineRefused, NeedsBaseline, counted, few
from ..history import History

_SHOWN = 4  # names or differences, of those that there are


def tables_there(context: MigrationContext) -> list[str]:
    """The tables of the models that the database has. Reads it."""
    assert context.connection is not None
    metadata: Any = context.opts.get("target_metadata")
    several: Iterable[MetaData] = metadata if isinstance(metadata, list | tuple) else [metadata]
    inspector = inspect(context.connection)
    tables = {(table.schema, table.name) for one in several for table in one.tables.values()}
    schemas = {schema for schema, _ in tables}
    there = {(schema, name) for schema in schemas for name in inspector.get_table_names(schema)}
    return sorted(f"{schema}.{name}" if schema else name for schema, name in tables & there)


def needs_baseline(tables: list[str]) -> NeedsBaseline:
    """The error for a database that has what the models say, and no revision that has made it."""
    seen = few(tables, _SHOWN, last=", and ")
    return NeedsBaseline(
        f"the database has {counted(len(tables), 'table')} of the models already, and no revision has made them",
        why=f"something like create_all() did ({seen}), so that the new revision would be empty",
        state="nothing was written",
        hint='whimbrel revision --autogenerate --baseline -m "baseline"  writes one that makes them',
    )


def check_no_history(history: History) -> None:
    """Refuse a baseline where there are revisions.

    Raises:
        BaselineRefused
    """
    if len(history):
        raise BaselineRefused(
            f"there are revisions already: {counted(len(history), 'revision')}",
            why="a baseline is the first one",
            state="nothing was written",
            hint="whimbrel stamp REVISION, if the database is as one of them leaves it",
        )


def check_same(differences: list[str]) -> None:
    """Refuse a baseline for a database that is not as the models say.

    Raises:
        BaselineRefused
    """
    if differences:
        raise BaselineRefused(
            f"the database differs from the models in {counted(len(differences), 'place')}",
            why=few(differences, _SHOWN, between="; ", last="; and "),
            state="nothing was written",
            hint="make them agree first, models or database; or leave --baseline out if the database is empty",
        )
