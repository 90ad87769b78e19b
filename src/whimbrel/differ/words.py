"""Differences between models and a database, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


def described(diffs: Iterable[Any]) -> list[str]:
    """Alembic's difference tuples as one line each, for example `add column orders.phone`.

    Args:
        diffs: what `UpgradeOps.as_diffs()` returns: tuples, and lists of tuples for one column.
    """
    return [_described(diff) for diff in _flat(diffs)]


def without_removals(diffs: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """The differences without those that would only remove something from the database."""
    return (diff for diff in _flat(diffs) if not diff[0].startswith("remove_"))


def _flat(diffs: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for diff in diffs:
        if isinstance(diff, list):
            yield from diff
        else:
            yield diff


def _described(diff: tuple[Any, ...]) -> str:
    kind, *rest = diff
    words = kind.replace("_", " ").replace("fk", "foreign key")
    match kind:
        case "add_table" | "remove_table":
            return f"{words} {_qualified(rest[0].schema, rest[0].name)}"
        case "add_column" | "remove_column":
            schema, table, column = rest
            return f"{words} {_qualified(schema, table)}.{column.name}"
        case "add_table_comment" | "remove_table_comment":
            return f"{words} {_qualified(rest[0].schema, rest[0].name)}"
        case _ if kind.startswith("modify_"):
            schema, table, column, _, before, after = rest
            return f"{words} {_qualified(schema, table)}.{column}: {_short(before)} -> {_short(after)}"
        case _ if hasattr(rest[0], "table") and rest[0].table is not None:
            item = rest[0]
            columns = ", ".join(column.name for column in getattr(item, "columns", ()))
            return f"{words} {item.name or ''}({columns}) on {_qualified(item.table.schema, item.table.name)}"
        case _:
            return f"{words} {', '.join(map(str, rest))}"


def _qualified(schema: str | None, table: str) -> str:
    return f"{schema}.{table}" if schema else str(table)


def _short(value: Any) -> str:
    text = getattr(value, "arg", value)
    return " ".join(str(text).split()) if text is not None and text is not False else "none"
