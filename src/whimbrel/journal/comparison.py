"""The tables that say where a database is, and what was done to it, among all others.

A comparison of models and database leaves them out, as no model declares them. Alembic leaves out the version table
alone, and only in the schema that is configured: one that is left over in another schema, or from before it was
renamed, it would drop.
"""

from __future__ import annotations

from ..record import TYPE_CHECKING
from .attempt import ATTEMPTS, PREFIX, STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    IncludeName = Callable[[Any, Any, Any], bool]
    """What Alembic asks whether a name in the database takes part: the name, its kind, the names it is below."""

_DEFAULT_VERSION_TABLE = "alembic_version"


def is_record(name: Any, version_table: str, *, folds: bool = False) -> bool:
    """Whether a table, in whatever schema, is a version table or one of the journal's, going by its name.

    Args:
        name: the name of the table.
        version_table: what the project calls its version table; Alembic's default is another's, or was its own before.
        folds: whether names that differ in upper and lower case alone are the same.
    """
    names = (version_table, _DEFAULT_VERSION_TABLE, ATTEMPTS, STATEMENTS)
    return name in names or (folds and name.lower() in (one.lower() for one in names))


def without_records(given: IncludeName | None, metadata: Any, version_table: str) -> IncludeName:
    """An `include_name` that leaves out version tables and the journal's, in any schema; else it asks `given`.

    A table that a model declares is none of them, whatever it is called.

    Args:
        given: the one of the project, if it has one.
        metadata: the models: a `MetaData`, several of them, or None.
        version_table: what the project calls its version table; one of Alembic's default name is left out as well.
    """

    def include_name(name: Any, kind: Any, parents: Any) -> bool:
        is_one = kind == "table" and (is_record(name, version_table) or (name or "").startswith(PREFIX))
        if is_one and not _declares(metadata, name, parents.get("schema_name")):
            return False
        return given is None or given(name, kind, parents)

    return include_name


def _declares(metadata: Any, name: str, schema: str | None) -> bool:
    several = [metadata] if hasattr(metadata, "tables") else metadata or ()
    return any((table.name, table.schema) == (name, schema) for one in several for table in one.tables.values())
