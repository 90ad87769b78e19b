"""The rows of PostgreSQL. What an archive has no word of its own for goes through text, as in its own dumps."""

from __future__ import annotations

from ...archive import kinds
from ...record import TYPE_CHECKING
from ..base import double_quoted, literal
from ..contents import Column, Reference, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ...connect.driver import Query

_KINDS = {
    "smallint": kinds.INTEGER,
    "integer": kinds.INTEGER,
    "bigint": kinds.INTEGER,
    "real": kinds.FLOAT,
    "double precision": kinds.FLOAT,
    "numeric": kinds.DECIMAL,
    "boolean": kinds.BOOLEAN,
    "bytea": kinds.BYTES,
    "date": kinds.DATE,
    "time without time zone": kinds.TIME,
    "timestamp without time zone": kinds.DATETIME,
    "timestamp with time zone": kinds.INSTANT,
    "interval": kinds.INTERVAL,
    "json": kinds.JSON,
    "jsonb": kinds.JSON,
    "uuid": kinds.UUID,
}
_AS_THEY_ARE = frozenset(("smallint", "integer", "bigint", "real", "double precision", "boolean", "bytea", "text"))
_NUMBERS = ("smallint[]", "integer[]", "bigint[]", "real[]", "double precision[]", "numeric[]")
_TRAITS = {"real": "single", "bpchar": "padded", **dict.fromkeys(_NUMBERS, "numbers")}

_OURS = """
SELECT c.oid, c.relname, c.relkind = 'r' AS is_plain FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = {schema} AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                    AND d.deptype = 'e')"""
_COLUMNS = """
WITH ours AS ({ours})
SELECT ours.relname, ours.is_plain, a.attname, format_type(a.atttypid, -1),
    format_type(coalesce(nullif(t.typbasetype, 0), t.oid), -1), t.typcategory::text, s.sequence, s.following
FROM ours JOIN pg_attribute a ON a.attrelid = ours.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = ''
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN (
    SELECT DISTINCT ON (d.refobjid, d.refobjsubid)
        d.refobjid, d.refobjsubid, format('%I.%I', n.nspname, q.relname) AS sequence,
        CASE WHEN has_sequence_privilege(q.oid, 'USAGE, SELECT') THEN pg_sequence_last_value(q.oid) + p.seqincrement
        END AS following
    FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
    JOIN pg_namespace n ON n.oid = q.relnamespace JOIN pg_sequence p ON p.seqrelid = q.oid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    ORDER BY d.refobjid, d.refobjsubid, d.deptype = 'i' DESC, EXISTS (
        SELECT FROM pg_attrdef f JOIN pg_depend u ON u.classid = 'pg_attrdef'::regclass AND u.objid = f.oid
        WHERE f.adrelid = d.refobjid AND f.adnum = d.refobjsubid AND u.refobjid = q.oid) DESC, q.oid
) s ON s.refobjid = ours.oid AND s.refobjsubid = a.attnum
ORDER BY ours.relname, a.attnum"""
_REFERENCES = """
WITH ours AS ({ours})
SELECT ours.relname, k.conname, n.nspname, f.relname,
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(number, place)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place),
    ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(number, place)
          JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY u.place),
    k.condeferrable
FROM ours JOIN pg_constraint k ON k.conrelid = ours.oid AND k.contype = 'f'
JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace n ON n.oid = f.relnamespace ORDER BY 1, 2"""
_TRIGGERS = """
WITH ours AS ({ours})
SELECT ours.relname, CASE t.tgenabled WHEN 'A' THEN 'ALWAYS ' ELSE '' END || format('TRIGGER %I', t.tgname)
FROM ours JOIN pg_trigger t ON t.tgrelid = ours.oid
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') ORDER BY 1, t.tgname"""

_OTHER_SCHEMAS = """
SELECT one.nspname, CASE WHEN has_schema_privilege(one.oid, 'USAGE') THEN '' ELSE 'this user has no right to use it' END
FROM pg_namespace one
WHERE one.nspname !~ '^pg_' AND one.nspname NOT IN ('information_schema', coalesce(current_schema(), ''))
    AND EXISTS (SELECT FROM ({tables}) t)
ORDER BY 1"""

_OBJECTS = """
WITH theirs AS (SELECT objid FROM pg_depend WHERE deptype = 'e'), ns AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname = {schema})
SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
    WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS what, format('%I.%I', ns.nspname, c.relname) AS name,
    array_position('{{v,m,f,p,r,S}}'::text[], c.relkind::text) AS place
FROM pg_class c JOIN ns ON ns.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm', 'f', 'r', 'p', 'S') AND c.oid NOT IN (SELECT objid FROM theirs)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'i')
UNION ALL
SELECT CASE p.prokind WHEN 'a' THEN 'AGGREGATE' WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
    format('%I.%I(%s)', ns.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), 10
FROM pg_proc p JOIN ns ON ns.oid = p.pronamespace WHERE p.oid NOT IN (SELECT objid FROM theirs)
UNION ALL
SELECT CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, format('%I.%I', ns.nspname, t.typname), 11
FROM pg_type t JOIN ns ON ns.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND t.oid NOT IN (SELECT objid FROM theirs)
ORDER BY place"""


class Contents:
    """The rows of a database of PostgreSQL."""

    settings = (
        "SET LOCAL TimeZone = 'UTC'",
        "SET LOCAL DateStyle = 'ISO, YMD'",
        "SET LOCAL IntervalStyle = 'iso_8601'",
        "SET LOCAL bytea_output = 'hex'",
        "SET LOCAL extra_float_digits = 1",
        "SET LOCAL row_security = off",  # an error, where policies would hide rows
    )
    settings_before = ()  # they end with the transaction
    view = ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",)
    change = ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED",)
    writes_columns = True
    reads_to_the_end = False

    def tables(self, query: Query, schema: str | None) -> list[Table]:
        [[current]] = query("SELECT current_schema()")
        ours = _OURS.format(schema=literal(schema or current or ""))
        columns: dict[str, list[Column]] = {}
        plain: dict[str, bool] = {}
        for name, is_plain, *words in query(_COLUMNS.format(ours=ours)):
            plain[name] = is_plain
            columns.setdefault(name, []).append(_column(*words))
        references: dict[str, list[Reference]] = {}
        for name, key, to_schema, to_table, own, others, can_wait in query(_REFERENCES.format(ours=ours)):
            there = None if to_schema == current else to_schema
            reference = Reference(key, tuple(own), there, to_table, tuple(others), can_wait)
            references.setdefault(name, []).append(reference)
        triggers: dict[str, list[str]] = {}
        for name, trigger in query(_TRIGGERS.format(ours=ours)):
            triggers.setdefault(name, []).append(trigger)
        return [
            Table(
                None if schema == current else schema,
                name,
                tuple(columns[name]),
                tuple(references.get(name, ())),
                tuple(triggers.get(name, ())),
                has_heirs=plain[name],
            )
            for name in columns
        ]

    def other_schemas(self, query: Query) -> list[tuple[str, str]]:
        return query(_OTHER_SCHEMAS.format(tables=_OURS.format(schema="one.nspname")))

    def folds_names(self, query: Query) -> bool:
        return False

    def unread(self, query: Query) -> list[tuple[str, str]]:
        return []

    def read(self, table: Table) -> str:
        columns = ", ".join(
            double_quoted(column.name)
            if column.declared in _AS_THEY_ARE or (column.kind == kinds.TEXT and column.trait == "padded")
            else f"CAST({double_quoted(column.name)} AS text)"
            for column in table.columns
        )
        return f"SELECT {columns} FROM {_source(table)}"

    def count(self, table: Table) -> str:
        return f"SELECT count(*) FROM {_source(table)}"

    def highest(self, table: Table, column: Column) -> str:
        return f"SELECT max({double_quoted(column.name)}) FROM {_source(table)}"

    def write(self, table: Table) -> str:
        names = ", ".join(double_quoted(column.name) for column in table.columns)
        values = ", ".join(f"CAST(v{number} AS {column.declared})" for number, column in enumerate(table.columns))
        lists = ", ".join("json_array_elements_text(CAST(CAST(? AS text) AS json))" for _ in table.columns)
        aliases = ", ".join(f"v{number}" for number, _ in enumerate(table.columns))
        return (
            f"INSERT INTO {double_quoted(*table.place)} ({names}) OVERRIDING SYSTEM VALUE"
            f" SELECT {values} FROM ROWS FROM ({lists}) AS rows_({aliases})"
        )

    def parameter(self, column: Column, kind: str, dialect: str) -> Any:
        if column.kind == kinds.BYTES:
            return lambda value: "\\x" + bytes(value).hex()
        if column.kind == kinds.BOOLEAN:
            return lambda value: "true" if value else "false"
        if column.kind == kinds.FLOAT:
            return lambda value: repr(float(value))
        return _text if column.kind in (kinds.TEXT, kinds.JSON) else str

    def lock(self, tables: Sequence[Table]) -> tuple[str, ...]:
        names = ", ".join(double_quoted(*table.place) for table in tables)
        return (f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE",) if tables else ()

    def closed(self, tables: Sequence[Table], cycles: Sequence[Table]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        before, after = list[str](), list[str]()
        for table in tables:
            for trigger in table.triggers:
                change = f"ALTER TABLE {double_quoted(*table.place)}"
                before.append(f"{change} DISABLE {trigger.removeprefix('ALWAYS ')}")
                after.append(f"{change} ENABLE {trigger}")
        checks = [
            f"ALTER TABLE {double_quoted(*table.place)} ALTER CONSTRAINT {double_quoted(one.name)}"
            for table in cycles
            for one in table.references
            if not one.can_wait
        ]
        if any(table.references for table in cycles):
            before += ["SET CONSTRAINTS ALL DEFERRED", *(f"{check} DEFERRABLE INITIALLY DEFERRED" for check in checks)]
            after = ["SET CONSTRAINTS ALL IMMEDIATE", *(f"{check} NOT DEFERRABLE" for check in checks), *after]
        return tuple(before), tuple(after)

    def empty(self, tables: Sequence[Table]) -> list[str]:
        names = ", ".join(double_quoted(*table.place) for table in tables)
        return [f"TRUNCATE {names} RESTART IDENTITY"] if tables else []

    def drop(self, query: Query, schema: str | None) -> list[str]:
        named = literal(schema) if schema else "current_schema()"
        # A name may be gone by the time that it comes to it: with what it belongs to.
        return [f"DROP {what} IF EXISTS {name} CASCADE" for what, name, _ in query(_OBJECTS.format(schema=named))]

    def dangling(self, tables: Sequence[Table], cycles: Sequence[Table]) -> Mapping[str, str]:
        return {}

    def restart(self, table: Table, column: Column, following: int) -> tuple[str, ...]:
        return (f"ALTER SEQUENCE {column.counter} RESTART WITH {following}",)


def _column(name: str, declared: str, base: str, category: str, counter: str | None, following: int | None) -> Column:
    kind = kinds.ARRAY if category == "A" else _KINDS.get(base, kinds.TEXT)
    return Column(name, kind, declared, _TRAITS.get(base, ""), counter, following)


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError("no text of PostgreSQL has a zero byte in it")
    return value


def _source(table: Table) -> str:
    """Without the rows of tables that inherit from it: they are tables themselves."""
    return f"{'ONLY ' if table.has_heirs else ''}{double_quoted(*table.place)}"
