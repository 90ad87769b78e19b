"""What every query of the catalog begins with, and how what it finds becomes items."""

from __future__ import annotations

from ....catalog import Item
from ....catalog.items import facts
from ....record import TYPE_CHECKING, Record
from ...base import literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Address = tuple[str, int, int]
    """What the database itself calls a thing: the catalog that it is in, its number there, and that of a column."""

SCHEMAS = """
WITH ns AS (
    SELECT oid, nspname::text, nullif(nspname, current_schema())::text AS schema
    FROM pg_namespace WHERE nspname IN ({schemas})
), theirs AS (
    SELECT classid, objid FROM pg_depend
    WHERE deptype = 'e' AND classid IN (
        'pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass, 'pg_collation'::regclass)
)"""
"""Which schemas are read, the default one without its name; and what extensions have made."""

TABLES = (
    SCHEMAS
    + """, tables AS (
    SELECT ns.schema, ns.nspname, t.* FROM pg_class t JOIN ns ON ns.oid = t.relnamespace
    WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition AND t.relpersistence <> 't'
        AND NOT EXISTS (SELECT FROM theirs WHERE classid = 'pg_class'::regclass AND objid = t.oid){only}
)"""
)
"""The tables in them. A partition goes with its table: what it holds, and not what it is, makes it."""


_OWN = "pg_attver="
"""What newer servers note for themselves among the options of a column; pg_dump leaves it out, too."""


GRANTS = """(
    SELECT string_agg(g.told, E'\\n' ORDER BY g.told) FROM (
        SELECT format('%s TO %s%s', string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type),
            CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
            CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS told
        FROM aclexplode({list}) x WHERE x.grantee <> {owner} GROUP BY x.grantee, x.is_grantable) g)"""
"""Who may do what. No model says it; but what has to be made again must not lose it."""


class Among(Record):
    """Where a query looks.

    Attributes:
        schemas: the names of the schemas, as texts in a statement.
        tables: those of the tables; empty for all.
    """

    schemas: str
    tables: str = ""

    def put_into(self, sql: str, **more: str) -> str:
        """A query that looks there."""
        only = f" AND t.relname IN ({self.tables})" if self.tables else ""
        return sql.format(schemas=self.schemas, only=only, **more)


class Source(Record):
    """A query for things of a schema.

    Attributes:
        sql: the query.
        columns: names for its columns, as far as that of the table, `name`, and its `schema`; none for what is part of
            no table.
        is_part: a condition for what is part of a table.
        sketches: other queries, whose rows change whenever those of the first do: what is to be noticed costs less
            than what is to be told. None if there is nothing to be saved.
    """

    sql: str
    columns: str = "schema, name"
    is_part: str = "true"
    sketches: tuple[str, ...] = ()


class Found(Record):
    """An item, and all that the database calls it, or what belongs to it alone."""

    item: Item
    addresses: tuple[Address, ...]


def found(
    kind: str,
    schema: str | None,
    name: str,
    given: Mapping[str, Any],
    *addresses: tuple[str, int | None] | Address,
    table: str | None = None,
    definition: str = "",
    is_named: bool = True,
) -> Found:
    """A thing that was read.

    Args:
        kind: what it is.
        schema: where it is.
        name: what it is called.
        given: its facts.
        addresses: the catalogs and numbers by which others refer to it; those without a number are left out.
        table: what it is a part of.
        definition: with what it is made.
        is_named: whether somebody has chosen its name.
    """
    item = Item(kind, name, schema, table, facts(given), definition, is_named)
    return Found(item, tuple((one[0], one[1], one[2] if len(one) > 2 else 0) for one in addresses if one[1]))


def options(given: list[str] | None) -> str:
    """Storage parameters, in an order that does not depend on when they were set, as they stand in a statement."""
    if not given:
        return ""
    pairs = (one.partition("=") for one in sorted(given) if not one.startswith(_OWN))
    return ", ".join(f"{name}={literal(value)}" for name, _, value in pairs)


def behind(text: str, *heads: str) -> str:
    """What stands behind the beginning of a definition, which tells the name: things that are renamed are the same."""
    for head in heads:
        text = text.removeprefix(head)
    return text
