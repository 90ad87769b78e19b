"""Catalogs written as text, as short as the tables of a test are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from whimbrel.catalog import COLUMN, FOREIGN_KEY, INDEX, PRIMARY_KEY, TABLE, UNIQUE, Catalog, Item

_KINDS = {"index": INDEX, "unique": UNIQUE, "pk": PRIMARY_KEY, "fk": FOREIGN_KEY, "check": "check"}


def catalog(text: str, schema: str | None = None) -> Catalog:
    """A catalog of tables, one in a line.

    `users: id integer!, name varchar(80) = 'x'; pk(id); index(name); fk(team_id > teams)` is a table with two columns,
    of which `!` is NOT NULL and what stands behind `=` is a default, and with keys.
    """
    lines = (line.strip() for line in text.splitlines())
    return Catalog(item for line in lines if line for item in _table(line, schema))


def _table(line: str, schema: str | None) -> Iterator[Item]:
    name, _, rest = line.partition(": ")
    columns, *keys = rest.split("; ")
    yield Item(TABLE, name, schema=schema, table=name)
    for column in re.split(r", (?![^(]*\))", columns):
        yield _column(column.strip(), name, schema)
    for number, key in enumerate(keys):
        kind, _, what = key.strip().removesuffix(")").partition("(")
        facts = (("definition", _definition(kind, what)),)
        yield Item(_KINDS[kind], f"{kind}_{name}_{number}", schema=schema, table=name, facts=facts)


def _column(text: str, table: str, schema: str | None) -> Item:
    declared, _, default = text.partition(" = ")
    name, _, kind = declared.partition(" ")
    facts = {"type": kind.removesuffix("!"), "not null": "yes" if kind.endswith("!") else "", "default": default}
    return Item(
        COLUMN, name, schema=schema, table=table, facts=tuple(sorted((key, one) for key, one in facts.items() if one))
    )


def _definition(kind: str, what: str) -> str:
    if kind == "fk":
        columns, _, target = what.partition(" > ")
        return f"FOREIGN KEY ({columns}) REFERENCES {target}(id)"
    return f"{kind.upper()} ({what})"
