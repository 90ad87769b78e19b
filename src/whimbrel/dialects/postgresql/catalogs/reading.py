"""A whole schema of PostgreSQL, as a catalog."""

from __future__ import annotations

from contextlib import contextmanager, suppress

from ....catalog import Catalog
from ....record import TYPE_CHECKING
from ...base import literal
from . import keys, routines, tables, types
from .keys import read_keys
from .routines import read_routines
from .sources import SCHEMAS, TABLES, Among
from .tables import read_tables
from .types import read_types

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ....catalog.items import Item, Key, Place
    from ....connect.driver import Query
    from .sources import Address, Found, Source

_WHERE = """
SELECT current_schema()::text, current_setting('server_version_num')::int, current_setting('search_path'),
    cardinality(current_schemas(false)), quote_ident(current_schema())"""

_TEXTS = """{tables}
SELECT u.schema, u.name, sum(u.told)::text FROM ({rows}) u (schema, name, told) GROUP BY 1, 2"""

_USES = """
SELECT DISTINCT d.classid::regclass::text, d.objid::bigint, d.objsubid, d.refclassid::regclass::text,
    d.refobjid::bigint, d.refobjsubid
FROM pg_depend d
WHERE d.deptype IN ('n', 'a', 'i') AND d.objid >= 16384 AND d.refobjid >= 16384
    AND d.classid IN ({catalogs}) AND d.refclassid IN ({catalogs})
    AND (d.classid, d.objid) NOT IN (SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relkind = 't')"""
_CATALOGS = (
    "pg_class",
    "pg_attrdef",
    "pg_collation",
    "pg_constraint",
    "pg_proc",
    "pg_trigger",
    "pg_policy",
    "pg_rewrite",
    "pg_statistic_ext",
    "pg_type",
)


def read(query: Query, schemas: Sequence[str | None]) -> Catalog:
    """`Catalogs.read`."""
    with _among(query, schemas) as (among, version):
        things = [
            *read_tables(query, among, version),
            *read_keys(query, among, version),
            *read_types(query, among, version),
            *read_routines(query, among),
        ]
        uses = query(_USES.format(catalogs=", ".join(f"'{name}'::regclass" for name in _CATALOGS)))
    return Catalog(_with_uses(things, uses))


def read_texts(
    query: Query, schemas: Sequence[str | None], places: Collection[Place] | None
) -> dict[Place | None, str]:
    """`Catalogs.texts`: the server makes one of all the rows that it would return of a table."""
    found: dict[Place | None, str] = {} if places is not None else {None: ""}
    with _among(query, schemas, places) as (among, version):
        sources = [*tables.sources(among, version), *keys.sources(among, version)]
        if places is None:
            sources += [*types.sources(among, version), *routines.sources(among)]
        beginnings = [among.put_into(sql) for sql in (TABLES, SCHEMAS)]
        rows = " UNION ALL ".join(each for source in sources for each in _rows(source, beginnings))
        for schema, name, text in query(_TEXTS.format(tables=beginnings[0], rows=rows)):
            found[None if name is None else (schema, name)] = text
    return found if places is None else {place: found[place] for place in places if place in found}


def _rows(source: Source, beginnings: Sequence[str]) -> Iterator[str]:
    """The rows of a source, each as one number with the table that it is about.

    A number of 64 bits, of which the sum is in no order: to sort ten thousand texts takes as long as to make them.

    Args:
        source: where they are from.
        beginnings: what queries begin with; all of them together do so once.
    """
    table = "NULL, NULL"
    if source.columns:
        table = ", ".join(f"CASE WHEN {source.is_part} THEN {name} END" for name in ("schema", "name"))
    for sql in source.sketches or (source.sql,):
        bare = next((sql.removeprefix(one) for one in beginnings if sql.startswith(f"{one}\nSELECT")), sql)
        yield f"SELECT {table}, hashtextextended(q::text, 0) FROM ({bare}) q ({source.columns or 'schema'})"


def read_some(query: Query, schemas: Sequence[str | None], places: Collection[Place]) -> Catalog:
    """`Catalogs.tables`."""
    with _among(query, schemas, places) as (among, version):
        things = [*read_tables(query, among, version), *read_keys(query, among, version)]
    return Catalog(thing.item for thing in things if thing.item.place in places)


@contextmanager
def _among(
    query: Query, schemas: Sequence[str | None], places: Collection[Place] | None = None
) -> Iterator[tuple[Among, int]]:
    """Where to look, and the version of the server."""
    [[current, version, path, reach, quoted]] = query(_WHERE)
    names = dict.fromkeys(name for name in (schema or current for schema in schemas) if name is not None)
    # A list that has nothing in it is none of SQL's; no schema and no table is called nothing.
    only = ", ".join(literal(name) for _, name in places) or "''" if places is not None else ""
    with _one_schema(query, path, quoted if reach > 1 else None):
        yield Among(", ".join(map(literal, names)) or "''", only), version


@contextmanager
def _one_schema(query: Query, path: str, schema: str | None) -> Iterator[None]:
    """Names of one schema alone are printed without it, so that no text depends on what is found first elsewhere."""
    if schema is None:
        yield
        return
    query(f"SELECT set_config('search_path', {literal(schema)}, false)")
    try:
        yield
    except Exception:
        with suppress(Exception):  # in a transaction that has failed, and sets it back itself
            query(f"SELECT set_config('search_path', {literal(path)}, false)")
        raise
    query(f"SELECT set_config('search_path', {literal(path)}, false)")


def _with_uses(things: Sequence[Found], rows: Iterable[tuple[str, int, int, str, int, int]]) -> list[Item]:
    known: dict[Address, Key] = {address: thing.item.key for thing in things for address in thing.addresses}
    uses: dict[Key, set[Key]] = {}
    for catalog, oid, number, other_catalog, other, other_number in rows:
        user = known.get((catalog, oid, number)) or known.get((catalog, oid, 0))
        used = known.get((other_catalog, other, other_number)) or known.get((other_catalog, other, 0))
        if user and used and user != used:
            uses.setdefault(user, set()).add(used)
    return [
        thing.item._replace(uses=tuple(sorted(found, key=str))) if (found := uses.get(thing.item.key)) else thing.item
        for thing in things
    ]
