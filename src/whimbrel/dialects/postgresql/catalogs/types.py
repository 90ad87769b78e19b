"""Enums, domains, composite and range types, and collations, as they are in the catalog of PostgreSQL."""

from __future__ import annotations

from ....catalog import ENUM
from ....record import TYPE_CHECKING
from ...base import double_quoted, literal
from .sources import SCHEMAS, Source, found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ....connect.driver import Query
    from .sources import Among, Found

DOMAIN, COMPOSITE, RANGE = "domain", "composite type", "range type"
COLLATION = "collation"

_TYPES = (
    SCHEMAS
    + """
SELECT ns.schema, t.typname::text, t.typtype::text, t.oid::bigint, t.typarray::bigint, d.description,
    ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
    CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END, t.typnotnull,
    pg_get_expr(t.typdefaultbin, 0), CASE WHEN t.typcollation <> b.typcollation THEN (
        SELECT format('%I.%I', n.nspname, o.collname) FROM pg_collation o JOIN pg_namespace n
        ON n.oid = o.collnamespace WHERE o.oid = t.typcollation) END,
    ARRAY(SELECT k.conname::text FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY k.conname),
    ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'
        ORDER BY k.conname),
    ARRAY(SELECT k.oid::bigint FROM pg_constraint k WHERE k.contypid = t.oid)
FROM pg_type t JOIN ns ON ns.oid = t.typnamespace LEFT JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid
WHERE t.typtype IN ('e', 'd') AND NOT EXISTS (
    SELECT FROM theirs WHERE classid = 'pg_type'::regclass AND objid = t.oid)
ORDER BY 1 NULLS FIRST, 2"""
)

_COMPOSITES = (
    SCHEMAS
    + """
SELECT ns.schema, c.relname::text, c.oid::bigint, t.oid::bigint, t.typarray::bigint, d.description,
    a.attname::text, format_type(a.atttypid, a.atttypmod), x.description, CASE WHEN a.attcollation <> y.typcollation
    THEN (SELECT format('%I.%I', n.nspname, o.collname) FROM pg_collation o JOIN pg_namespace n
        ON n.oid = o.collnamespace WHERE o.oid = a.attcollation) END
FROM pg_class c JOIN ns ON ns.oid = c.relnamespace JOIN pg_type t ON t.oid = c.reltype
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid
LEFT JOIN pg_description x ON x.classoid = 'pg_class'::regclass AND x.objoid = c.oid AND x.objsubid = a.attnum
WHERE c.relkind = 'c' AND NOT EXISTS (
    SELECT FROM theirs WHERE (classid, objid) IN (('pg_class'::regclass, c.oid), ('pg_type'::regclass, t.oid)))
ORDER BY 1 NULLS FIRST, 2, a.attnum"""
)

_RANGES = (
    SCHEMAS
    + """
SELECT ns.schema, t.typname::text, t.oid::bigint, t.typarray::bigint, d.description,
    {multirange}, format_type(r.rngsubtype, NULL),
    CASE WHEN NOT p.opcdefault THEN format('%I.%I', pn.nspname, p.opcname) END,
    CASE WHEN r.rngcollation <> s.typcollation THEN format('%I.%I', cn.nspname, o.collname) END,
    CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::regproc::text END,
    CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::regproc::text END
FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid JOIN ns ON ns.oid = t.typnamespace
JOIN pg_type s ON s.oid = r.rngsubtype
JOIN pg_opclass p ON p.oid = r.rngsubopc JOIN pg_namespace pn ON pn.oid = p.opcnamespace
LEFT JOIN pg_collation o ON o.oid = r.rngcollation LEFT JOIN pg_namespace cn ON cn.oid = o.collnamespace
LEFT JOIN pg_type m ON m.oid = {multirange_oid}
LEFT JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid
WHERE NOT EXISTS (SELECT FROM theirs WHERE classid = 'pg_type'::regclass AND objid = t.oid)
ORDER BY 1 NULLS FIRST, 2"""
)
_COLLATIONS = (
    SCHEMAS
    + """
SELECT ns.schema, o.collname::text, o.oid::bigint, d.description,
    CASE o.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END,
    coalesce(j.told ->> 'colllocale', j.told ->> 'colliculocale',
        CASE o.collprovider WHEN 'i' THEN j.told ->> 'collcollate' END),
    CASE o.collprovider WHEN 'c' THEN j.told ->> 'collcollate' END,
    CASE o.collprovider WHEN 'c' THEN j.told ->> 'collctype' END,
    CASE j.told ->> 'collisdeterministic' WHEN 'false' THEN 'false' END,
    j.told ->> 'collicurules'
FROM pg_collation o JOIN ns ON ns.oid = o.collnamespace
CROSS JOIN LATERAL (SELECT to_jsonb(o) AS told) j
LEFT JOIN pg_description d ON d.classoid = 'pg_collation'::regclass AND d.objoid = o.oid
WHERE o.collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding())) AND NOT EXISTS (
    SELECT FROM theirs WHERE classid = 'pg_collation'::regclass AND objid = o.oid)
ORDER BY 1 NULLS FIRST, 2"""
)
"""Newer servers keep a locale in columns of other names."""
_COLLATION_FACTS = ("provider", "locale", "lc_collate", "lc_ctype", "deterministic", "rules")
_RANGE_FACTS = ("subtype", "subtype_opclass", "collation", "canonical", "subtype_diff")


def sources(among: Among, version: int) -> tuple[Source, Source, Source, Source]:
    """The queries for enums and domains, composite types, ranges, and collations."""
    has_multiranges = version >= 140000
    oid = "r.rngmultitypid" if has_multiranges else "NULL"
    told = "m.typname::text, m.oid::bigint, m.typarray::bigint" if has_multiranges else "NULL, NULL, NULL"
    return (
        Source(among.put_into(_TYPES), ""),
        Source(among.put_into(_COMPOSITES), ""),
        Source(among.put_into(_RANGES, multirange=told, multirange_oid=oid), ""),
        Source(among.put_into(_COLLATIONS), ""),
    )


def read_types(query: Query, among: Among, version: int) -> Iterator[Found]:
    """Types and collations, but for those of tables, and base types, which are made with functions in C.

    Reads the database.
    """
    types, composites, ranges, collations = sources(among, version)
    for row in query(types.sql):
        yield _type(*row)
    yield from _composites(query(composites.sql))
    for row in query(ranges.sql):
        yield _range(*row)
    for schema, name, oid, comment, *words in query(collations.sql):
        given = {**dict(zip(_COLLATION_FACTS, words, strict=True)), "comment": comment}
        yield found(COLLATION, schema, name, given, ("pg_collation", oid))


def _type(
    schema: str | None,
    name: str,
    type_: str,
    oid: int,
    array: int,
    comment: str | None,
    labels: list[str],
    base: str | None,
    is_not_null: bool,
    default: str | None,
    collation: str | None,
    names: list[str],
    checks: list[str],
    check_oids: list[int],
) -> Found:
    addresses: list[tuple[str, int | None]] = [("pg_type", oid), ("pg_type", array)]
    if type_ == "e":
        given: dict[str, Any] = {"labels": ", ".join(map(literal, labels)), "comment": comment}
        return found(ENUM, schema, name, given, *addresses)
    given = {"type": base, "not null": is_not_null, "default": default, "collation": collation, "comment": comment}
    given |= {f"constraint {check}": text for check, text in zip(names, checks)}
    addresses += [("pg_constraint", oid) for oid in check_oids]
    return found(DOMAIN, schema, name, given, *addresses)


def _composites(rows: list[tuple[Any, ...]]) -> Iterator[Found]:
    from itertools import groupby

    for (schema, name, oid, type_oid, array, comment), group in groupby(rows, lambda row: row[:6]):
        attributes, given = [], {"comment": comment}
        for _, _, _, _, _, _, attribute, type_, told, collation in group:
            if attribute is not None:
                attributes.append(_attribute(attribute, type_, collation))
                given[f"comment on {attribute}"] = told
        given["attributes"] = ", ".join(attributes)
        yield found(COMPOSITE, schema, name, given, ("pg_class", oid), ("pg_type", type_oid), ("pg_type", array))


def _attribute(name: str, type_: str, collation: str | None) -> str:
    return f"{double_quoted(name)} {type_}{f' COLLATE {collation}' if collation else ''}"


def _range(
    schema: str | None,
    name: str,
    oid: int,
    array: int,
    comment: str | None,
    multirange: str | None,
    multirange_oid: int | None,
    multirange_array: int | None,
    *words: str | None,
) -> Found:
    given = {**dict(zip(_RANGE_FACTS, words, strict=True)), "multirange_type_name": multirange, "comment": comment}
    addresses = [("pg_type", one) for one in (oid, array, multirange_oid, multirange_array)]
    return found(RANGE, schema, name, given, *addresses)
