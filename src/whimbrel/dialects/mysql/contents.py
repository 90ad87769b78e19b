"""The rows of MySQL and MariaDB."""

from __future__ import annotations

from ...archive import kinds
from ...archive.times import without_zone
from ...record import TYPE_CHECKING
from ..contents import Column, Reference, Table
from .modes import KEEPS_ZERO, STRICT, with_modes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from ...connect.driver import Query

_KINDS = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "year", "bit"), kinds.INTEGER),
    **dict.fromkeys(("float", "double"), kinds.FLOAT),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), kinds.BYTES),
    **dict.fromkeys(
        ("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"), kinds.BYTES
    ),
    **dict.fromkeys(("geometrycollection", "geomcollection", "vector"), kinds.BYTES),
    "decimal": kinds.DECIMAL,
    "date": kinds.DATE,
    "time": kinds.TIME,
    "datetime": kinds.DATETIME,
    "timestamp": kinds.INSTANT,
    "json": kinds.JSON,
    "uuid": kinds.UUID,
}
_READ = {
    "bit": "{} + 0",
    "float": "CAST({} AS DOUBLE)",  # else with six digits
    **dict.fromkeys(("date", "time", "datetime", "json", "uuid", "inet4", "inet6"), "CAST({} AS CHAR)"),
    "timestamp": "CONCAT({}, '+00:00')",
}
_TRAITS = {"float": "single", "char": "padded", "binary": "padded"}


_STRICTLY, _AS_BEFORE = with_modes(KEEPS_ZERO, STRICT)


class Contents:
    """The rows of a database of MySQL or MariaDB.

    Args:
        quoted: how names are quoted.
        literal: how texts are.
    """

    settings = (
        "SET @whimbrel_zone = @@SESSION.time_zone, @whimbrel_checks = @@SESSION.foreign_key_checks",
        "SET SESSION time_zone = '+00:00'",
        _STRICTLY,
        "SET SESSION foreign_key_checks = 1",
    )
    settings_before = (
        "SET SESSION time_zone = @whimbrel_zone",
        _AS_BEFORE,
        "SET SESSION foreign_key_checks = @whimbrel_checks",
    )
    view = (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    )
    change = ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",)
    writes_columns = False
    reads_to_the_end = True

    def __init__(self, quoted: Callable[..., str], literal: Callable[[str], str]) -> None:
        self._quoted = quoted
        self._literal = literal

    def tables(self, query: Query, schema: str | None) -> list[Table]:
        [[current]] = query("SELECT DATABASE()")
        named = f"table_schema = {self._literal(schema) if schema else 'DATABASE()'}"
        transactional = {
            str(engine).lower()
            for (engine,) in query("SELECT engine FROM information_schema.engines WHERE transactions = 'YES'")
        }
        columns: dict[str, list[Column]] = {}
        for name, *words in query(
            "SELECT c.table_name, column_name, data_type, extra, auto_increment, character_maximum_length"
            " FROM information_schema.columns c JOIN information_schema.tables t ON t.table_name = c.table_name"
            f" WHERE c.{named} AND t.{named}"  # of each: MariaDB would open all tables of all databases for the other
            " AND coalesce(generation_expression, '') = '' ORDER BY c.table_name, ordinal_position"
        ):
            columns.setdefault(name, []).append(_column(*words))
        keys: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
        for name, key, *words in query(
            "SELECT table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name,"
            f" referenced_column_name FROM information_schema.key_column_usage WHERE {named}"
            " AND referenced_table_name IS NOT NULL ORDER BY table_name, constraint_name, ordinal_position"
        ):
            keys.setdefault((name, key), []).append(tuple(words))
        references: dict[str, list[Reference]] = {}
        for (name, key), parts in keys.items():
            to_schema = None if parts[0][1] == current else parts[0][1]
            own, others = (tuple(part[place] for part in parts) for place in (0, 3))
            references.setdefault(name, []).append(Reference(key, own, to_schema, parts[0][2], others))
        return [
            Table(
                None if schema == current else schema,
                name,
                tuple(columns.get(name, ())),
                tuple(references.get(name, ())),
                is_transactional=str(engine).lower() in transactional,
            )
            for name, engine in query(
                f"SELECT table_name, engine FROM information_schema.tables WHERE {named}"
                " AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY table_name"
            )
        ]

    def other_schemas(self, query: Query) -> list[tuple[str, str]]:
        """Those that tables refer to. The others of the server are other projects'."""
        return [
            (name, "it is another database")
            for (name,) in query(
                "SELECT DISTINCT referenced_table_schema FROM information_schema.key_column_usage"
                " WHERE table_schema = DATABASE() AND referenced_table_schema <> DATABASE() ORDER BY 1"
            )
        ]

    def folds_names(self, query: Query) -> bool:
        """https://mariadb.com/kb/en/identifier-case-sensitivity/"""
        return query("SELECT @@lower_case_table_names") != [(0,)]

    def unread(self, query: Query) -> list[tuple[str, str]]:
        return []

    def read(self, table: Table) -> str:
        columns = ", ".join(
            _READ.get(column.declared, "{}").format(self._quoted(column.name)) for column in table.columns
        )
        return f"SELECT {columns} FROM {self._quoted(*table.place)}"

    def count(self, table: Table) -> str:
        return f"SELECT count(*) FROM {self._quoted(*table.place)}"

    def highest(self, table: Table, column: Column) -> str:
        return f"SELECT max({self._quoted(column.name)}) FROM {self._quoted(*table.place)}"

    def write(self, table: Table) -> str:
        names = ", ".join(self._quoted(column.name) for column in table.columns)
        return f"INSERT INTO {self._quoted(*table.place)} ({names}) VALUES ({', '.join('?' for _ in table.columns)})"

    def parameter(self, column: Column, kind: str, dialect: str) -> Any:
        return without_zone if column.kind == kinds.INSTANT else None

    def lock(self, tables: Sequence[Table]) -> tuple[str, ...]:
        return ()  # whoever reads all rows of a table in such a transaction has locked it

    def closed(self, tables: Sequence[Table], cycles: Sequence[Table]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if not cycles:
            return (), ()
        return ("SET SESSION foreign_key_checks = 0",), ()  # until the settings are undone

    def empty(self, tables: Sequence[Table]) -> list[str]:
        return [f"DELETE FROM {self._quoted(*table.place)}" for table in tables]

    def drop(self, query: Query, schema: str | None) -> list[str]:
        named = self._literal(schema) if schema else "DATABASE()"
        objects = query(
            "SELECT CASE WHEN table_type IN ('VIEW', 'SEQUENCE') THEN table_type ELSE 'TABLE' END, table_name"
            f" FROM information_schema.tables WHERE table_schema = {named}"
            " UNION ALL SELECT routine_type, routine_name FROM information_schema.routines"
            f" WHERE routine_schema = {named} AND routine_type IN ('FUNCTION', 'PROCEDURE')"
            f" UNION ALL SELECT 'EVENT', event_name FROM information_schema.events WHERE event_schema = {named}"
        )
        drops = sorted((f"DROP {what} {self._quoted(schema, name)}" for what, name in objects), reverse=True)
        return ["SET SESSION foreign_key_checks = 0", *drops]  # until the settings are undone

    def dangling(self, tables: Sequence[Table], cycles: Sequence[Table]) -> Mapping[str, str]:
        """What was not looked at while the checks were off is not looked at when they are on again either."""
        return (
            {}
            if not cycles
            else {
                f"{table.label}: {one.name}": self._orphans(table, one) for table in tables for one in table.references
            }
        )

    def _orphans(self, table: Table, key: Reference) -> str:
        pairs = [
            (f"own_.{self._quoted(own)}", f"other_.{self._quoted(other)}")
            for own, other in zip(key.columns, key.to_columns, strict=True)
        ]
        there = " AND ".join(f"{own} IS NOT NULL" for own, _ in pairs)
        same = " AND ".join(f"{own} = {other}" for own, other in pairs)
        other_table = self._quoted(key.to_schema, key.to_table)
        return (
            f"SELECT 1 FROM {self._quoted(*table.place)} own_ WHERE {there}"
            f" AND NOT EXISTS (SELECT 1 FROM {other_table} other_ WHERE {same}) LIMIT 1"
        )

    def restart(self, table: Table, column: Column, following: int) -> tuple[str, ...]:
        return (f"ALTER TABLE {self._quoted(*table.place)} AUTO_INCREMENT = {following}",)


def _column(name: str, declared: str, extra: str, following: int | None, length: int | None) -> Column:
    counts = "auto_increment" in str(extra).lower()
    return Column(
        name,
        _KINDS.get(str(declared).lower(), kinds.TEXT),
        str(declared).lower(),
        _TRAITS.get(str(declared).lower(), ""),
        "AUTO_INCREMENT" if counts else None,
        following if counts else None,
        length,
    )
