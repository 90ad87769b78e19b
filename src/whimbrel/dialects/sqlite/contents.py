"""The rows of SQLite, whose columns may hold anything, as they are stored."""

from __future__ import annotations

import re

from ...archive import kinds
from ...archive.times import in_calendar
from ...record import TYPE_CHECKING
from ..base import double_quoted, literal
from ..contents import Column, Reference, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ...connect.driver import Query

_KINDS = (
    ("BOOL", kinds.BOOLEAN),
    ("DATETIME|TIMESTAMP", kinds.DATETIME),
    ("DATE", kinds.DATE),
    ("TIME", kinds.TIME),
    ("JSON", kinds.JSON),
    ("INT(?!ERVAL)", kinds.INTEGER),
    ("CHAR|CLOB|TEXT|ENUM|UUID|INTERVAL", kinds.TEXT),
    ("BLOB|BINARY|BYTEA", kinds.BYTES),
    ("REAL|FLOA|DOUB", kinds.FLOAT),
    ("NUM|DEC", kinds.DECIMAL),
)
_TABLES = """
SELECT name, sql FROM sqlite_master
WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'
    AND name NOT IN ({shadows})
ORDER BY name"""
_OBJECTS = """
SELECT type, name FROM sqlite_master
WHERE type IN ('view', 'trigger', 'table') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN ({shadows})
ORDER BY type = 'table', type = 'view'"""
_VIRTUAL = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%' ORDER BY name"
_SHADOWS = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"
_SHADOWS_BEFORE_3_37 = """
SELECT m.name FROM sqlite_master m, sqlite_master v WHERE v.sql LIKE 'CREATE VIRTUAL%'
    AND substr(m.name, 1, length(v.name)) = v.name AND substr(m.name, length(v.name) + 1) IN (
        '_config', '_content', '_data', '_docsize', '_idx', '_node', '_parent', '_rowid', '_segdir', '_segments',
        '_stat')"""
"""Those of the modules that come with SQLite: FTS3, FTS4, FTS5, R*Tree."""
_COMPUTED = (2, 3)


class Contents:
    """The rows of a file of SQLite."""

    settings = ()
    settings_before = ()
    view = ("BEGIN",)
    change = ("PRAGMA cache_spill = 4000",)
    """Rows may be more than there is memory for: from 16 MB on they are written to the file, and readers wait then. Its
    session keeps much more in memory for a migration (`Sessions.prepare`), and has it back as it was afterwards.
    """
    writes_columns = False
    reads_to_the_end = False

    def tables(self, query: Query, schema: str | None) -> list[Table]:
        if schema not in (None, "main"):
            return []  # an attached file is a database of its own
        statement = _TABLES.format(shadows=_shadows(query))
        return [self._table(query, name, _counts(sql)) for name, sql in query(statement)]

    def other_schemas(self, query: Query) -> list[tuple[str, str]]:
        attached = [name for _, name, _ in query("PRAGMA database_list") if name not in ("main", "temp")]
        return [(name, "an attached file is a database of its own") for name in attached]

    def folds_names(self, query: Query) -> bool:
        return True

    def unread(self, query: Query) -> list[tuple[str, str]]:
        return [(name, "it is a virtual table") for (name,) in query(_VIRTUAL)]

    def _table(self, query: Query, name: str, counts: bool) -> Table:
        quoted = literal(name)
        [[following]] = (
            query(f"SELECT max(seq) + 1 FROM sqlite_sequence WHERE name = {quoted}") if counts else [(None,)]
        )
        columns = [
            _column(column, declared, counter="AUTOINCREMENT" if counts and key else None, following=following)
            for column, declared, hidden, key in query(
                f"SELECT name, type, hidden, pk FROM pragma_table_xinfo({quoted}) ORDER BY cid"
            )
            if hidden not in _COMPUTED
        ]
        keys: dict[int, list[tuple[str, str, str | None]]] = {}
        for number, to_table, own, other in query(
            f'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list({quoted}) ORDER BY id, seq'
        ):
            keys.setdefault(number, []).append((to_table, own, other))
        references = [
            Reference(
                f"foreign key {number}",
                tuple(own for _, own, _ in parts),
                None,
                parts[0][0],
                tuple(str(other) for _, _, other in parts),
            )
            for number, parts in keys.items()
        ]
        triggers = query(
            f"SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = {quoted} COLLATE NOCASE ORDER BY name"
        )
        return Table(None, name, tuple(columns), tuple(references), tuple(sql for (sql,) in triggers))

    def read(self, table: Table) -> str:
        columns = ", ".join(double_quoted(column.name) for column in table.columns)
        return f"SELECT {columns} FROM {double_quoted(table.name)}"

    def count(self, table: Table) -> str:
        return f"SELECT count(*) FROM {double_quoted(table.name)}"

    def highest(self, table: Table, column: Column) -> str:
        return f"SELECT max({double_quoted(column.name)}) FROM {double_quoted(table.name)}"

    def write(self, table: Table) -> str:
        names = ", ".join(double_quoted(column.name) for column in table.columns)
        return f"INSERT INTO {double_quoted(table.name)} ({names}) VALUES ({', '.join('?' for _ in table.columns)})"

    def parameter(self, column: Column, kind: str, dialect: str) -> Any:
        if column.kind == kinds.BOOLEAN:
            return lambda value: int(value) if isinstance(value, bool) else value
        return in_calendar(column.kind) if dialect != "sqlite" else None  # its own stay as they are

    def lock(self, tables: Sequence[Table]) -> tuple[str, ...]:
        return ()  # one writes at a time

    def closed(self, tables: Sequence[Table], cycles: Sequence[Table]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        triggers = [sql for table in tables for sql in table.triggers]
        drops = [f"DROP TRIGGER {_name_in(sql)}" for sql in triggers]
        return ("PRAGMA defer_foreign_keys = ON", *drops), tuple(triggers)

    def empty(self, tables: Sequence[Table]) -> list[str]:
        return [f"DELETE FROM {double_quoted(table.name)}" for table in tables]

    def drop(self, query: Query, schema: str | None) -> list[str]:
        if schema not in (None, "main"):
            return []
        objects = query(_OBJECTS.format(shadows=_shadows(query)))
        return ["PRAGMA defer_foreign_keys = ON", *(f"DROP {what} {double_quoted(name)}" for what, name in objects)]

    def dangling(self, tables: Sequence[Table], cycles: Sequence[Table]) -> Mapping[str, str]:
        """Only where the database looks after its foreign keys: elsewhere such rows may have been there before."""
        return {
            table.label: f"SELECT 1 FROM pragma_foreign_keys, pragma_foreign_key_check({literal(table.name)})"
            " WHERE foreign_keys = 1 LIMIT 1"
            for table in tables
            if table.references
        }

    def restart(self, table: Table, column: Column, following: int) -> tuple[str, ...]:
        name, last = literal(table.name), following - 1
        return (
            f"DELETE FROM sqlite_sequence WHERE name = {name}",
            f"INSERT INTO sqlite_sequence (name, seq) VALUES ({name}, {last})",
        )


def _shadows(query: Query) -> str:
    """What names the tables that virtual ones keep their rows in."""
    [[version]] = query("SELECT sqlite_version()")
    return _SHADOWS if tuple(map(int, version.split("."))) >= (3, 37) else _SHADOWS_BEFORE_3_37


_QUOTED = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|\[[^]]*\]|--[^\n]*|/\*.*?\*/""", re.DOTALL)
_COUNTS = re.compile(r"\bAUTOINCREMENT\b", re.IGNORECASE)
_LENGTH = re.compile(r"\((\d+)\)")
_TRIGGER = re.compile(
    r"""\s*CREATE\s+(?:TEMP\w*\s+)?TRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?((?:"(?:[^"]|"")*"|`[^`]*`|\[[^]]*\]|[^\s."`[]+)"""
    r"""(?:\s*\.\s*(?:"(?:[^"]|"")*"|`[^`]*`|\[[^]]*\]|[^\s."`[]+))?)""",
    re.IGNORECASE,
)


def _counts(sql: str) -> bool:
    """Whether a table numbers its rows with `AUTOINCREMENT`: a word that names no column and no type."""
    return _COUNTS.search(_QUOTED.sub(" ", sql)) is not None


def _name_in(sql: str) -> str:
    """The name in a definition, as it is quoted there."""
    found = _TRIGGER.match(sql)
    assert found is not None, "SQLite keeps what it has understood"
    return found[1]


def _column(name: str, declared: str, *, counter: str | None, following: int | None) -> Column:
    kind = next((kind for words, kind in _KINDS if re.search(words, declared or "", re.IGNORECASE)), kinds.TEXT)
    length = _LENGTH.search(declared or "")
    room = int(length[1]) if length else None
    return Column(name, kind, declared, counter=counter, following=following, length=room, loose=True)
