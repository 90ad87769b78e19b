"""Renames as operations, first for the tables and then for the columns in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from alembic.operations import ops
from sqlalchemy import Connection, DefaultClause, inspect, text

from ..catalog import COLUMN, INDEX, TABLE, Catalog, Difference, Item
from ..differ import Rename
from ..prover import Subject
from .operations import RenameColumn, RenameTable, ReversibleStatement, Statement

_CARRIED = frozenset(("type", "charset", "collation", "not null", "default", "comment"))
"""Facts of a column that Alembic carries over where the database wants the whole of it to rename it.

The character set of a text is part of its type to SQLAlchemy, and the table's where the column says none.
"""
_LONGEST = 63
"""Bytes of a name on PostgreSQL. Of a longer one it leaves out what no rename could bring back."""


def tables_renamed(renames: Iterable[Rename]) -> list[ops.MigrateOperation]:
    """The operations that rename tables."""
    return [RenameTable(one.old, one.new, schema=one.schema) for one in renames if one.kind == TABLE]


def columns_renamed(
    renames: Iterable[Rename], connection: Connection, subject: Subject, current: Catalog
) -> Iterator[ops.MigrateOperation]:
    """The operations that rename columns. Reads the database, in which tables are renamed already.

    Args:
        renames: the renames.
        connection: to the database in which they are to be done.
        subject: the database that it stands in for.
        current: what there is.
    """
    for one in renames:
        if one.kind != COLUMN:
            continue
        if not subject.dialect.catalogs.traits.says_columns_whole:
            yield RenameColumn(one.table, one.old, schema=one.schema, modify_name=one.new)
            continue
        item = next(item for item in current.parts((one.schema, one.table), COLUMN) if item.name == one.old)
        if _is_carried(item):
            existing = _existing(connection, one)
            yield RenameColumn(one.table, one.old, schema=one.schema, modify_name=one.new, **existing)
        else:
            yield _RenameInWords(subject, one)


def sequences_renamed(renames: Sequence[Rename], subject: Subject, current: Catalog) -> Iterator[ops.MigrateOperation]:
    """The operations that let the sequences of PostgreSQL's identity columns follow their tables and columns.

    What such a sequence is called is in no catalog, as it may be left from what its table was called once. So one that
    is not called as the database would call it stays as it is.

    Args:
        renames: the renames.
        subject: the database that the scratch database stands in for.
        current: what there is, with all of them done.
    """
    quoted = subject.dialect.quoted
    tables = {(one.schema, one.new): one.old for one in renames if one.kind == TABLE}
    columns = {((one.schema, one.table), one.new): one.old for one in renames if one.kind == COLUMN}
    taken = {(item.schema, item.name) for item in current.items}
    for place in dict.fromkeys([*tables, *(place for place, _ in columns)]):
        schema, table = place
        for column in current.parts(place, COLUMN):
            old = f"{tables.get(place, table)}_{columns.get((place, column.name), column.name)}_seq"
            new = f"{table}_{column.name}_seq"
            is_known = max(len(old.encode()), len(new.encode())) <= _LONGEST and (schema, new) not in taken
            if column.fact("identity") and old != new and is_known:
                yield ReversibleStatement(
                    f"ALTER SEQUENCE IF EXISTS {quoted(schema, old)} RENAME TO {quoted(new)}",
                    f"ALTER SEQUENCE IF EXISTS {quoted(schema, new)} RENAME TO {quoted(old)}",
                )


def indexes_renamed(
    differences: Iterable[Difference], subject: Subject, current: Catalog
) -> Iterator[ops.MigrateOperation]:
    """The operations that rename indexes after their columns, before anything is done to foreign keys.

    An index that a server has made for a foreign key goes with it, and comes back by another name when there is another
    key; not where it is somebody's own, as in a database that was read from a dump. One that was renamed is that.

    Args:
        differences: what is left to do of tables whose columns have other names now.
        subject: the database that the scratch database stands in for.
        current: what there is.
    """
    quoted, taken = subject.dialect.quoted, {item.key for item in current.items}
    for one in differences:
        old, new = one
        if old is None or new is None or old.kind != INDEX or not one.is_renamed or new.key in taken:
            continue
        table, there, wanted = quoted(old.schema, old.table), quoted(old.name), quoted(new.name)
        yield ReversibleStatement(
            f"ALTER TABLE {table} RENAME KEY {there} TO {wanted}", f"ALTER TABLE {table} RENAME KEY {wanted} TO {there}"
        )


def _is_carried(column: Item) -> bool:
    """Whether Alembic carries all of a column over. It doubles `%` in a default, and `:a` is a parameter to it."""
    default = str(column.fact("default") or "")
    return {name for name, _ in column.facts} <= _CARRIED and not {"%", ":"} & set(default)


class _RenameInWords(Statement):
    """A column that has more than Alembic carries over: what numbers or computes it, or changes it with each row."""

    def __init__(self, subject: Subject, rename: Rename) -> None:
        self._subject = subject
        self._rename = rename
        quoted = subject.dialect.quoted
        super().__init__(
            f"ALTER TABLE {quoted(rename.schema, rename.table)}"
            f" RENAME COLUMN {quoted(rename.old)} TO {quoted(rename.new)}"
        )

    def reverse(self) -> _RenameInWords:
        return _RenameInWords(self._subject, self._rename._replace(old=self._rename.new, new=self._rename.old))


def _existing(connection: Connection, rename: Rename) -> dict[str, Any]:
    columns = inspect(connection).get_columns(rename.table, rename.schema)
    column = next(column for column in columns if column["name"] == rename.old)
    default = column["default"]
    return {
        "existing_type": column["type"],
        "existing_nullable": column["nullable"],
        # Not the text alone: Alembic asks whether there is one, and a text has no answer to that.
        "existing_server_default": DefaultClause(text(default)) if default is not None else False,
        "existing_comment": column.get("comment"),
    }
