"""Tables, columns and sequences, as they are in the catalog of PostgreSQL."""

from __future__ import annotations

from ....catalog import COLUMN, SEQUENCE, TABLE
from ....record import TYPE_CHECKING, Record
from ...base import literal
from .naming import is_serial
from .sources import GRANTS, SCHEMAS, TABLES, Source, found, options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ....connect.driver import Query
    from .sources import Among, Found

    Owner = tuple[int, int]
    """A column, by the numbers of its table and of itself."""

_TABLES = (
    TABLES
    + """
SELECT t.schema, t.relname::text, t.oid::bigint, t.reltype::bigint, r.typarray::bigint, t.relpersistence = 'u',
    t.reloptions || (SELECT array_agg('toast.' || o)
        FROM pg_class x, unnest(x.reloptions) o WHERE x.oid = t.reltoastrelid),
    pg_get_partkeydef(t.oid),
    (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
        FROM pg_inherits i WHERE i.inhrelid = t.oid),
    CASE WHEN t.reloftype <> 0 THEN format_type(t.reloftype, NULL) END,
    CASE t.relreplident WHEN 'n' THEN 'NOTHING' WHEN 'f' THEN 'FULL' END,
    t.relrowsecurity, t.relforcerowsecurity,
    CASE WHEN a.amname <> 'heap' THEN a.amname::text END, s.spcname::text, d.description, {grants}
FROM tables t JOIN pg_type r ON r.oid = t.reltype
LEFT JOIN pg_am a ON a.oid = t.relam LEFT JOIN pg_tablespace s ON s.oid = t.reltablespace
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = t.oid AND d.objsubid = 0"""
)
_TABLE_FACTS = (
    "partition by",
    "inherits",
    "of type",
    "replica identity",
    "row security",
    "force row security",
    "access method",
    "tablespace",
    "comment",
)

_COLUMNS = (
    TABLES
    + """
SELECT t.schema, t.relname::text, t.oid::bigint, a.attname::text, a.attnum::int, format_type(a.atttypid, a.atttypmod),
    a.attnotnull, a.attidentity::text, a.attgenerated::text, pg_get_expr(e.adbin, e.adrelid), e.oid::bigint,
    CASE WHEN a.attcollation NOT IN (0, y.typcollation) THEN (
        SELECT CASE WHEN pg_collation_is_visible(o.oid) THEN quote_ident(o.collname)
            ELSE format('%I.%I', n.nspname, o.collname) END
        FROM pg_collation o JOIN pg_namespace n ON n.oid = o.collnamespace WHERE o.oid = a.attcollation) END,
    CASE WHEN a.attstorage <> y.typstorage THEN CASE a.attstorage
        WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
    CASE {compression} WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
    nullif(a.attstattarget, -1)::int, a.attoptions, d.description
FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attislocal
JOIN pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_attrdef e ON e.adrelid = t.oid AND e.adnum = a.attnum
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = t.oid AND d.objsubid = a.attnum
ORDER BY t.schema NULLS FIRST, t.relname, a.attnum"""
)
_COLUMNS_IN_SHORT = (
    TABLES
    + """
SELECT t.schema, t.relname::text, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity,
    a.attgenerated, a.attcollation, a.attstorage, {compression}, a.attstattarget, a.attoptions,
    CASE WHEN a.atttypid >= 16384 THEN format_type(a.atttypid, a.atttypmod) END,
    CASE WHEN a.attcollation >= 16384 THEN (
        SELECT format('%I.%I', n.nspname, o.collname) FROM pg_collation o
        JOIN pg_namespace n ON n.oid = o.collnamespace WHERE o.oid = a.attcollation) END
FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attislocal"""
)
"""What the server has made itself has a number below 16384, and is always called the same."""
_DEFAULTS_IN_SHORT = (
    TABLES
    + """
SELECT t.schema, t.relname::text, 'default', e.adnum, pg_get_expr(e.adbin, e.adrelid)
FROM tables t JOIN pg_attrdef e ON e.adrelid = t.oid"""
)
_COMMENTS_IN_SHORT = (
    TABLES
    + """
SELECT t.schema, t.relname::text, 'comment', d.objsubid, d.description
FROM tables t JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = t.oid AND d.objsubid > 0"""
)

_SEQUENCES = (
    SCHEMAS
    + """
SELECT ns.schema, c.relname::text, c.oid::bigint, c.oid::regclass::text, format_type(s.seqtypid, NULL),
    s.seqstart::text, s.seqincrement::text, s.seqmin::text, s.seqmax::text, s.seqcache::text, s.seqcycle,
    c.relpersistence = 'u', x.description, o.deptype::text, o.refobjid::bigint, o.refobjsubid::int,
    t.relname::text, a.attname::text, nullif(tn.nspname, current_schema())::text,
    t.relkind IN ('r', 'p') AND NOT t.relispartition
FROM pg_class c JOIN ns ON ns.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
LEFT JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.objsubid = 0
    AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
LEFT JOIN pg_class t ON t.oid = o.refobjid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
LEFT JOIN pg_description x ON x.classoid = 'pg_class'::regclass AND x.objoid = c.oid AND x.objsubid = 0
WHERE c.relkind = 'S' AND c.relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM theirs WHERE classid = 'pg_class'::regclass AND objid = c.oid){only}
ORDER BY 1 NULLS FIRST, 2"""
)
_WIDTHS = {"smallint": 15, "integer": 31, "bigint": 63}
NEXT_OF_ITS_OWN = "nextval(its own sequence)"
"""The default of a serial column: the sequence is told beside it, and may have been called otherwise."""


class _Sequence(Record):
    """A sequence, and the column that it counts for."""

    schema: str | None
    name: str
    oid: int
    known: str
    type: str
    start: str
    increment: str
    least: str
    most: str
    cache: str
    cycle: bool
    is_unlogged: bool
    comment: str | None
    ownership: str | None
    owner_oid: int | None
    owner_number: int | None
    table: str | None
    column: str | None
    table_schema: str | None
    is_of_ours: bool | None

    @property
    def options(self) -> dict[str, Any]:
        """What is not as it is where nothing was asked for."""
        is_up = not self.increment.startswith("-")
        width = 2 ** _WIDTHS.get(self.type, 63)
        least, most = (1, width - 1) if is_up else (-width, -1)
        start = self.least if is_up else self.most
        return {
            "increment": self.increment if self.increment != "1" else None,
            "minvalue": self.least if self.least != str(least) else None,
            "maxvalue": self.most if self.most != str(most) else None,
            "start": self.start if self.start != start else None,
            "cache": self.cache if self.cache != "1" else None,
            "cycle": self.cycle,
        }

    @property
    def identity(self) -> str:
        """The options of the sequence of an identity column, as they stand in its definition.

        A name that ends as those do that the database makes up may be left from what the table was called once.
        """
        import re

        words = [
            f"{name.upper()} {'' if value is True else value}".strip() for name, value in self.options.items() if value
        ]
        if not re.search(r"_seq\d*\Z", self.name):
            words.insert(0, f"SEQUENCE NAME {self.known}")
        return " ".join(words)


def sources(among: Among, version: int) -> tuple[Source, Source, Source]:
    """The queries for sequences, tables and columns."""
    grants = GRANTS.format(list="t.relacl", owner="t.relowner")
    compression = "a.attcompression" if version >= 140000 else "NULL"
    others = ", ".join(f"other_{number}" for number in range(16))
    return (
        Source(among.put_into(_SEQUENCES), f"{others}, name, other_column, schema, is_of_ours", "is_of_ours"),
        Source(among.put_into(_TABLES, grants=grants)),
        Source(
            among.put_into(_COLUMNS, compression=compression),
            sketches=(
                among.put_into(_COLUMNS_IN_SHORT, compression=compression),
                *map(among.put_into, (_DEFAULTS_IN_SHORT, _COMMENTS_IN_SHORT)),
            ),
        ),
    )


def read_tables(query: Query, among: Among, version: int) -> Iterator[Found]:
    """Tables with their columns, in their order, and sequences. Reads the database."""
    counting, tables, columns = sources(among, version)
    sequences = [_Sequence(*row) for row in query(counting.sql)]
    owned: dict[Owner, list[_Sequence]] = {}
    for one in sequences:
        if one.ownership:
            owned.setdefault((one.owner_oid or 0, one.owner_number or 0), []).append(one)
    for row in query(tables.sql):
        yield _table(*row)
    for row in query(columns.sql):
        yield _column(owned.get((row[2], row[4]), ()), *row)
    for one in sequences:
        if one.ownership != "i" and one.is_of_ours is not False:
            yield _sequence(one)


def _table(
    schema: str | None,
    name: str,
    oid: int,
    row_type: int,
    array: int,
    is_unlogged: bool,
    storage: list[str] | None,
    *words: Any,
) -> Found:
    *told, grants = words
    given: dict[str, Any] = dict(zip(_TABLE_FACTS, told, strict=True))
    given |= {"unlogged": is_unlogged, "options": options(storage)}
    addresses = (("pg_class", oid), ("pg_type", row_type), ("pg_type", array))
    return found(TABLE, schema, name, given, *addresses, table=name, definition=grants or "")


def _column(
    sequences: Any,
    schema: str | None,
    table: str,
    oid: int,
    name: str,
    number: int,
    type_: str,
    is_not_null: bool,
    identity: str,
    generated: str,
    expression: str | None,
    default_oid: int | None,
    collation: str | None,
    storage: str | None,
    compression: str | None,
    statistics: int | None,
    parameters: list[str] | None,
    comment: str | None,
) -> Found:
    counted = [one for one in sequences if expression == f"nextval({literal(one.known)}::regclass)"]
    inner = next((one for one in sequences if one.ownership == "i"), None)
    given = {
        "type": type_,
        "not null": is_not_null,
        "default": None if generated else NEXT_OF_ITS_OWN if counted else expression,
        "generated": f"({expression}) {'STORED' if generated == 's' else 'VIRTUAL'}" if generated else None,
        "identity": _identity(identity, inner),
        "collation": collation,
        "storage": storage,
        "compression": compression,
        "statistics": statistics if statistics is None else str(statistics),
        "options": options(parameters),
        "comment": comment,
    }
    addresses: list[Any] = [("pg_class", oid, number), ("pg_attrdef", default_oid)]
    if inner:
        addresses.append(("pg_class", inner.oid))
    return found(COLUMN, schema, name, given, *addresses, table=table)


def _identity(kind: str, sequence: _Sequence | None) -> str | None:
    if not kind:
        return None
    how = "ALWAYS" if kind == "a" else "BY DEFAULT"
    more = sequence.identity if sequence else ""
    return f"{how} ({more})" if more else how


def _sequence(one: _Sequence) -> Found:
    given = {
        "type": one.type if one.type != "bigint" else None,
        **one.options,
        "unlogged": one.is_unlogged,
        "comment": one.comment,
    }
    if not one.ownership:
        return found(SEQUENCE, one.schema, one.name, given, ("pg_class", one.oid))
    assert one.table is not None
    assert one.column is not None
    given |= {"column": one.column, "in schema": one.schema if one.schema != one.table_schema else None}
    is_named = not is_serial(one.table, one.column, one.name)
    return found(SEQUENCE, one.table_schema, one.name, given, ("pg_class", one.oid), table=one.table, is_named=is_named)
