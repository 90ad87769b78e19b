"""The journal's tables in a comparison of models and database: they are left out, as no model declares them."""

from __future__ import annotations

from ..record import TYPE_CHECKING
from .attempt import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    IncludeName = Callable[[Any, Any, Any], bool]
    """What Alembic asks whether a name in the database takes part: the name, its kind, the names it is below."""


def without_journal(given: IncludeName | None, metadata: Any) -> IncludeName:
    """An `include_name` that leaves out the journal's tables, in any schema, and asks `given` for everything else.

    A table that a model declares is not the journal's, whatever it is called.

    Args:
        given: the one of the project, if it has one.
        metadata: the models: a `MetaData`, several of them, or None.
    """

    def include_name(name: Any, kind: Any, parents: Any) -> bool:
        if kind == "table" and (name or "").startswith(PREFIX) and not _declares(metadata, name):
            return False
        return given is None or given(name, kind, parents)

    return include_name


def _declares(metadata: Any, name: str) -> bool:
    several = [metadata] if hasattr(metadata, "tables") else metadata or ()
    return any(table.name == name for one in several for table in one.tables.values())
