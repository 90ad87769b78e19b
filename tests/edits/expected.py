"""The rows that must be there after an edit, and after it was taken back: values stay, whatever they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from .case import Case
from .grounds import Contents

Columns = Mapping[str, Sequence[str]]
"""The columns of each table of the models."""

_COUNTERS = "sqlite_sequence"
"""Where SQLite keeps the last key of each table with AUTOINCREMENT: not a table of the models, and not to be lost."""


def after_upgrade(before: Contents, case: Case, new: Columns) -> Contents:
    """The rows that must be there after the upgrade.

    Args:
        before: those before.
        case: says what was renamed, may be dropped, and has other values.
        new: the models as they are.
    """
    result: Contents = {label: [] for label in new}
    for label, rows in before.items():
        now = case.table_renames.get(label, label)
        if now in new or now not in case.allow_drop:
            result[now] = [_moved(row, label, case, new.get(now)) for row in rows]
    return _with_values(_counters(result, case), case.then)


def after_downgrade(before: Contents, case: Case, old: Columns, new: Columns) -> Contents:
    """The rows that must be there after the downgrade: what was dropped is back, and empty.

    Args:
        before: those before the upgrade.
        case: as in `after_upgrade`.
        old, new: the models as they were and as they are.
    """
    result: Contents = {}
    for label, rows in before.items():
        now = case.table_renames.get(label, label)
        if label not in old:
            result[label] = [row for row in rows if label != _COUNTERS or row["name"] not in case.allow_drop]
        elif now not in new:
            result[label] = []
        else:
            kept = {name for name in old[label] if _name_now(label, name, case) in new[now]}
            result[label] = [{name: row[name] if name in kept else None for name in row} for row in rows]
    return _with_values(result, case.back)


def differing(expected: Contents, found: Contents) -> str:
    """What is wrong with the rows of a database, table by table; nothing if they are as expected."""
    lines = [
        f"{label}: {rows} expected, {found.get(label)} found"
        for label, rows in expected.items()
        if _as_text(rows) != _as_text(found.get(label, []))
    ]
    extra = [label for label, rows in found.items() if rows and label not in expected and label != _COUNTERS]
    return "\n".join(lines + [f"{label}: not expected" for label in extra])


def lost(before: Contents, found: Contents, case: Case, new: Columns) -> str:
    """Which values are neither where they were nor where they should be, whatever else there is; nothing if none.

    Args:
        before: the rows before.
        found: those that are there.
        case: says what was renamed, may be dropped, and has other values.
        new: the models as they are.
    """
    lines = []
    for label, rows in before.items():
        now = case.table_renames.get(label, label)
        if label == _COUNTERS or (now not in new and now in case.allow_drop) or not rows:
            continue
        wanted = {name: _name_now(label, name, case) for name in rows[0]}
        kept = {old: name for old, name in wanted.items() if now not in new or name in new[now]}
        kept = {old: name for old, name in kept.items() if f"{now}.{name}" not in case.then}
        there = found.get(now, found.get(label, []))
        expected = [{name: row[old] for old, name in kept.items()} for row in rows]
        actual = [{name: row.get(name, row.get(old)) for old, name in kept.items()} for row in there]
        if _as_text(expected) != _as_text(actual):
            lines.append(f"{label}: {expected} expected, {actual} found")
    return "\n".join(lines)


def _name_now(table: str, column: str, case: Case) -> str:
    renamed = case.renames.get(f"{table}.{column}")
    return column if renamed is None else renamed.rpartition(".")[2]


def _moved(row: Mapping[str, Any], table: str, case: Case, columns: Sequence[str] | None) -> dict[str, Any]:
    moved = {_name_now(table, name, case): value for name, value in row.items()}
    return moved if columns is None else {name: moved.get(name) for name in columns}


def _counters(contents: Contents, case: Case) -> Contents:
    if _COUNTERS in contents:
        contents[_COUNTERS] = [
            {**row, "name": case.table_renames.get(row["name"], row["name"])}
            for row in contents[_COUNTERS]
            if row["name"] not in case.allow_drop
        ]
    return contents


def _with_values(contents: Contents, values: Mapping[str, Sequence[Any]]) -> Contents:
    for place, wanted in values.items():
        label, _, column = place.rpartition(".")
        for row, value in zip(contents[label], wanted, strict=True):
            row[column] = value
    return contents


def _as_text(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows as text, in an order of its own: what is equal looks equal."""
    return sorted(repr(sorted((name, _value(value)) for name, value in row.items())) for row in rows)


def _value(value: Any) -> Any:
    """Numbers by what they are worth, and moments by when they are: the drivers give them back as they like."""
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)
    if isinstance(value, bool | int | float | Decimal):
        return Decimal(
            int(value) if isinstance(value, bool) else repr(value) if isinstance(value, float) else value
        ).normalize()
    return value
