"""Constraints, indexes and statistics, as they are in the catalog of PostgreSQL."""

from __future__ import annotations

from ....catalog import CHECK, EXCLUSION, FOREIGN_KEY, INDEX, PRIMARY_KEY, UNIQUE
from ....record import TYPE_CHECKING
from .naming import is_made_up
from .sources import SCHEMAS, TABLES, Source, behind, found, options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ....connect.driver import Query
    from .sources import Among, Found

_CONSTRAINTS = (
    TABLES
    + """
SELECT t.schema, t.relname::text, k.conname::text, k.oid::bigint, k.conindid::bigint, k.contype::text,
    pg_get_constraintdef(k.oid),
    CASE WHEN k.contype = 'p' THEN NULL ELSE ARRAY(
        SELECT coalesce(c.attname, x.attname)::text
        FROM unnest(coalesce(i.indkey::int2[], k.conkey)) WITH ORDINALITY u(number, place)
        LEFT JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = u.number AND u.number > 0
        LEFT JOIN pg_attribute x ON x.attrelid = i.indexrelid AND x.attnum = u.place
        ORDER BY u.place) END,
    i.indisclustered, i.indisreplident, s.spcname::text, c.reloptions, d.description
FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype IN ('p', 'u', 'x', 'c', 'f')
    AND k.conparentid = 0 AND k.conislocal
LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_class c ON c.oid = i.indexrelid LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_description d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = k.oid
ORDER BY 1 NULLS FIRST, 2, k.contype <> 'p', 3"""
)
_CONSTRAINTS_IN_SHORT = (
    TABLES
    + """
SELECT t.schema, t.relname::text, k.conname, k.contype, pg_get_constraintdef(k.oid), d.description
FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype IN ('p', 'u', 'x', 'c', 'f')
    AND k.conparentid = 0 AND k.conislocal
LEFT JOIN pg_description d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = k.oid"""
)
_KEPT_IN_SHORT = (
    TABLES
    + """
SELECT t.schema, t.relname::text, c.relname, i.indisclustered, i.indisreplident, s.spcname, c.reloptions
FROM tables t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
WHERE i.indisclustered OR i.indisreplident OR c.reltablespace <> 0 OR c.reloptions IS NOT NULL"""
)
"""How the rows of a key are kept, where that is said: with hardly any."""
_KINDS = {
    "p": (PRIMARY_KEY, "pkey"),
    "u": (UNIQUE, "key"),
    "x": (EXCLUSION, "excl"),
    "c": (CHECK, "check"),
    "f": (FOREIGN_KEY, "fkey"),
}

_INDEXED = """
FROM ns JOIN pg_class t ON t.relnamespace = ns.oid AND t.relkind IN ('r', 'p', 'm') AND NOT t.relispartition
    AND t.relpersistence <> 't'
JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class x ON x.oid = i.indexrelid
LEFT JOIN pg_tablespace s ON s.oid = x.reltablespace
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = x.oid AND d.objsubid = 0
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x'))
    AND NOT EXISTS (SELECT FROM theirs WHERE classid = 'pg_class'::regclass AND objid = t.oid){only}"""
_INDEXES = (
    SCHEMAS
    + """
SELECT ns.schema, t.relname::text, t.relkind = 'm', t.oid::regclass::text, x.relname::text, x.oid::bigint,
    i.indisunique, pg_get_indexdef(x.oid), format('%I ON ', x.relname), format('%I.%I ', ns.nspname, t.relname),
    i.indisvalid, i.indisclustered, i.indisreplident,
    ARRAY(SELECT coalesce(c.attname, a.attname)::text
        FROM pg_attribute a LEFT JOIN pg_attribute c
            ON c.attrelid = t.oid AND c.attnum = i.indkey[a.attnum - 1] AND c.attnum > 0
        WHERE a.attrelid = x.oid ORDER BY a.attnum),
    (SELECT string_agg(a.attnum || ': ' || a.attstattarget, ', ' ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = x.oid AND a.attstattarget >= 0),
    s.spcname::text, d.description"""
    + _INDEXED
    + """
ORDER BY 1 NULLS FIRST, 2, 5"""
)
_INDEXES_IN_SHORT = (
    SCHEMAS
    + """
SELECT ns.schema, t.relname::text, t.relkind = 'm', x.relname, x.relam, x.reloptions, i.indisunique, {distinct},
    i.indnkeyatts, i.indkey::int2[], i.indclass::oid[], i.indcollation::oid[], i.indoption::int2[],
    CASE WHEN i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR x.relam >= 16384
        OR 16384 <= ANY (i.indclass::oid[]) OR 16384 <= ANY (i.indcollation::oid[]) THEN pg_get_indexdef(x.oid) END,
    i.indisvalid, i.indisclustered, i.indisreplident, s.spcname, d.description"""
    + _INDEXED
)
"""What an index is made of has numbers; only what somebody has made himself may be called otherwise one day."""
_INDEX_COLUMNS_IN_SHORT = (
    SCHEMAS
    + """
SELECT ns.schema, t.relname::text, t.relkind = 'm', x.relname, a.attnum, a.attstattarget, a.attoptions
FROM ns JOIN pg_class t ON t.relnamespace = ns.oid JOIN pg_index i ON i.indrelid = t.oid
JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_attribute a ON a.attrelid = x.oid
WHERE t.relkind IN ('r', 'p', 'm') AND NOT t.relispartition
    AND (a.attstattarget >= 0 OR a.attoptions IS NOT NULL){only}"""
)
"""Statistics, and parameters of an operator class."""

_STATISTICS = (
    TABLES
    + """
SELECT t.schema, t.relname::text, s.stxname::text, nullif(n.nspname, current_schema())::text,
    s.oid::bigint, pg_get_statisticsobjdef(s.oid), format('CREATE STATISTICS %I.%I ', n.nspname, s.stxname),
    {target}::int, d.description
FROM tables t JOIN pg_statistic_ext s ON s.stxrelid = t.oid JOIN pg_namespace n ON n.oid = s.stxnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_statistic_ext'::regclass AND d.objoid = s.oid
ORDER BY 1 NULLS FIRST, 2, 3"""
)
STATISTICS = "statistics"


def sources(among: Among, version: int) -> tuple[Source, Source, Source]:
    """The queries for constraints, indexes and statistics."""
    target = "nullif(s.stxstattarget, -1)" if version >= 130000 else "NULL"
    distinct = "i.indnullsnotdistinct" if version >= 150000 else "NULL"
    return (
        Source(
            among.put_into(_CONSTRAINTS), sketches=tuple(map(among.put_into, (_CONSTRAINTS_IN_SHORT, _KEPT_IN_SHORT)))
        ),
        Source(
            among.put_into(_INDEXES),
            "schema, name, is_of_view",
            "NOT is_of_view",
            sketches=(
                among.put_into(_INDEXES_IN_SHORT, distinct=distinct),
                among.put_into(_INDEX_COLUMNS_IN_SHORT),
            ),
        ),
        Source(among.put_into(_STATISTICS, target=target)),
    )


def read_keys(query: Query, among: Among, version: int) -> Iterator[Found]:
    """Constraints, indexes that belong to none, and extended statistics. Reads the database."""
    constraints, indexes, statistics = sources(among, version)
    for row in query(constraints.sql):
        yield _constraint(*row)
    for row in query(indexes.sql):
        yield _index(*row)
    for row in query(statistics.sql):
        yield _statistics(*row)


def _constraint(
    schema: str | None,
    table: str,
    name: str,
    oid: int,
    index: int,
    type_: str,
    definition: str,
    columns: Sequence[str] | None,
    is_clustered: bool | None,
    is_identity: bool | None,
    tablespace: str | None,
    storage: list[str] | None,
    comment: str | None,
) -> Found:
    kind, label = _KINDS[type_]
    given = {
        "definition": definition,
        "clustered": is_clustered,
        "replica identity": is_identity,
        "tablespace": tablespace,
        "options": options(storage),
        "comment": comment,
    }
    named = columns or ()
    if kind == CHECK and len(named) != 1:  # one of several columns is named for none of them
        named = ()
    addresses = [("pg_constraint", oid), ("pg_class", index if kind not in (FOREIGN_KEY, CHECK) else None)]
    is_named = not is_made_up(name, table, named, label)
    return found(kind, schema, name, given, *addresses, table=table, is_named=is_named)


def _index(
    schema: str | None,
    table: str,
    is_of_view: bool,
    known: str,
    name: str,
    oid: int,
    is_unique: bool,
    definition: str,
    own: str,
    of: str,
    is_valid: bool,
    is_clustered: bool,
    is_identity: bool,
    columns: Sequence[str],
    statistics: str | None,
    tablespace: str | None,
    comment: str | None,
) -> Found:
    what = "UNIQUE INDEX " if is_unique else "INDEX "
    told = behind(definition, "CREATE ", what, own, "ONLY ", of, "USING ")
    given = {
        "definition": ("UNIQUE " if is_unique else "") + told,
        "on": known if is_of_view else None,
        "invalid": not is_valid,
        "clustered": is_clustered,
        "replica identity": is_identity,
        "statistics": statistics,
        "tablespace": tablespace,
        "comment": comment,
    }
    is_named = not is_made_up(name, table, columns, "idx")
    where = None if is_of_view else table
    return found(INDEX, schema, name, given, ("pg_class", oid), table=where, is_named=is_named)


def _statistics(
    schema: str | None,
    table: str,
    name: str,
    own_schema: str | None,
    oid: int,
    definition: str,
    head: str,
    target: int | None,
    comment: str | None,
) -> Found:
    given = {
        "definition": behind(definition, head),
        "in schema": own_schema if own_schema != schema else None,
        "target": target if target is None else str(target),
        "comment": comment,
    }
    return found(STATISTICS, schema, name, given, ("pg_statistic_ext", oid), table=table)
