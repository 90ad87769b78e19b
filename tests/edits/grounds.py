"""Databases that one edit after the other is tried on: emptied in between, dumped by their own tools."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.mock import MockConnection

from support.databases import fresh_database, need_tool

from .case import OTHER
from .sqlite_text import canonical

Dump = dict[str, tuple[str, ...]]
"""What a database says of itself: for each object the lines that make it, where their order does not matter sorted."""

Contents = dict[str, list[dict[str, Any]]]
"""The rows of each table, each by column."""

_NOT_OURS = re.compile(r"alembic_version$|whimbrel_|sqlite_")


class Ground:
    """A database that is used again and again.

    Args:
        url: where it is.
        other: the name of the schema beside the default one.
    """

    kind: str
    _arguments: Mapping[str, Any] = {}

    def __init__(self, url: str, other: str) -> None:
        self.url = url
        self.other = other
        self.remembered: dict[tuple[str, ...], Dump] = {}
        """The dumps of databases that were made by the same statements."""
        self._engine = sa.create_engine(
            url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT", connect_args=self._arguments
        )
        self._connection: sa.Connection | None = None

    @property
    def connection(self) -> sa.Connection:
        """A connection on which every statement is committed."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def execute(self, statements: Sequence[str]) -> None:
        """Execute statements as they are."""
        for statement in statements:
            self.connection.exec_driver_sql(self.escaped(statement))

    def try_out(self, statements: Sequence[str]) -> None:
        """Execute statements, and take them back."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(self.escaped(statement))
            connection.rollback()

    def empty(self) -> None:
        """Drop everything, whoever has made it."""
        raise NotImplementedError

    def count_on(self) -> None:
        """Let keys that the database numbers go on behind the rows that are there, as if it had numbered those."""

    @property
    def making_other(self) -> str:
        """The statement that makes the schema beside the default one."""
        return f"CREATE SCHEMA {self.other}"

    def creating(self, metadata: sa.MetaData) -> list[str]:
        """The statements of `create_all`."""
        statements: list[str] = []
        dialect = self.connection.dialect
        mock = MockConnection(dialect, lambda ddl, *_: statements.append(str(ddl.compile(dialect=dialect))))
        metadata.create_all(mock, checkfirst=False)
        return [self._as_it_is(statement) for statement in statements]

    def dump(self) -> Dump:
        """What the database says of its schema, without the records of the tools."""
        raise NotImplementedError

    def rows(self) -> Contents:
        """All rows, without the records of the tools, and by their first column."""
        return {
            label: sorted((dict(row._mapping) for row in self._select(name)), key=_by_key)
            for label, name in self._tables()
        }

    def stamp(self, revision: str) -> None:
        """Make Alembic's version table, and say that a revision is applied."""
        self.execute(
            [
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, PRIMARY KEY (version_num))",
                f"INSERT INTO alembic_version VALUES ('{revision}')",
            ]
        )

    def _tables(self) -> Iterator[tuple[str, str]]:
        """Each table: what it is called in a case, and in a statement."""
        raise NotImplementedError

    def _select(self, name: str) -> Sequence[sa.Row[Any]]:
        return self.connection.exec_driver_sql(self.escaped(f"SELECT * FROM {name}")).all()

    # A driver that has parameters in the form of `%s` wants each other % doubled, and SQLAlchemy doubles it in its DDL.
    @staticmethod
    def escaped(statement: str) -> str:
        return statement.replace("%", "%%")

    @staticmethod
    def _as_it_is(statement: str) -> str:
        return statement.replace("%%", "%")


class Sqlite(Ground):
    """A file of SQLite."""

    kind = "sqlite"

    def empty(self) -> None:
        self.close()
        assert self._engine.url.database
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(self._engine.url.database + suffix).unlink(missing_ok=True)

    def dump(self) -> Dump:
        found = self.connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master").all()
        return {
            f"{kind} {name}": tuple(canonical(sql))
            for kind, name, table, sql in found
            if sql and not _NOT_OURS.match(table)
        }

    def _tables(self) -> Iterator[tuple[str, str]]:
        found = self.connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        for name in found:
            if not _NOT_OURS.match(name) or name == "sqlite_sequence":
                yield name, _quoted(name)

    def _select(self, name: str) -> Sequence[sa.Row[Any]]:
        where = " WHERE name NOT LIKE 'whimbrel%' AND seq > 0" if name == '"sqlite_sequence"' else ""
        return super()._select(name + where)

    @staticmethod
    def escaped(statement: str) -> str:
        return statement

    @staticmethod
    def _as_it_is(statement: str) -> str:
        return statement


class Postgresql(Ground):
    """A database of PostgreSQL."""

    kind = "postgresql"
    _arguments = {"prepare_threshold": None}  # what is read again has other columns by then

    _EMPTY = """
        DO $$ DECLARE one text; BEGIN
            FOR one IN SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' LOOP
                EXECUTE format('DROP EXTENSION %I CASCADE', one);
            END LOOP;
            FOR one IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)' LOOP
                EXECUTE format('DROP SCHEMA %I CASCADE', one);
            END LOOP;
            CREATE SCHEMA public;
        END $$
    """
    _TABLES = """
        SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema$)'
    """

    _COUNT_ON = """
        DO $$ DECLARE one record; BEGIN
            FOR one IN
                SELECT c.oid::regclass AS place, a.attname AS name,
                    pg_get_serial_sequence(c.oid::regclass::text, a.attname) AS sequence
                FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind = 'r' AND a.attnum > 0 AND n.nspname !~ '^(pg_|information_schema$)'
                    AND pg_get_serial_sequence(c.oid::regclass::text, a.attname) IS NOT NULL
            LOOP
                EXECUTE format(
                    'SELECT setval(%1$L, max(%2$I)) FROM %3$s
                    HAVING max(%2$I) >= (SELECT seqmin FROM pg_sequence WHERE seqrelid = %1$L::regclass)',
                    one.sequence, one.name, one.place);
            END LOOP;
        END $$
    """

    def empty(self) -> None:
        self.execute([self._EMPTY])

    def count_on(self) -> None:
        self.execute([self._COUNT_ON])

    def dump(self) -> Dump:
        need_tool("pg_dump")
        url = self._engine.url
        target = url.set(drivername="postgresql").render_as_string(hide_password=False)
        left_out = [f"--exclude-table={name}" for name in ("alembic_version", "whimbrel_*")]
        options = ["--schema-only", "--no-owner", "--no-privileges", *left_out]
        done = subprocess.run(["pg_dump", *options, target], capture_output=True, text=True, check=True)
        return dict(_entries(done.stdout))

    def _tables(self) -> Iterator[tuple[str, str]]:
        for schema, name in self.connection.exec_driver_sql(self._TABLES).all():
            if not _NOT_OURS.match(name):
                place = {"public": "", self.other: f"{OTHER}."}.get(schema, f"{schema}.")
                yield place + name, f"{_quoted(schema)}.{_quoted(name)}"


_HEADER = re.compile(r"^--\n-- (Name: .*?; Type: .*?; Schema: .*?); Owner: ?.*\n--\n", re.MULTILINE)


def _entries(dump: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The objects of a dump of PostgreSQL, each with its lines."""
    parts = _HEADER.split(dump.partition("\n--\n-- PostgreSQL database dump complete")[0])
    for header, body in zip(parts[1::2], parts[2::2]):
        lines = [line for line in body.splitlines() if line and not line.startswith(("SET default_", "--"))]
        if lines and lines[0].startswith("CREATE TABLE"):  # the order of its columns and constraints tells nothing
            inside = sorted(line.strip().removesuffix(",") for line in lines if line.startswith("    "))
            lines = [line for line in lines if not line.startswith("    ")] + inside
        yield header, tuple(lines)


class Mariadb(Ground):
    """A database of MariaDB, and a second one beside it."""

    kind = "mariadb"

    def empty(self) -> None:
        name = self._engine.url.database
        self.execute(
            [
                *self._without_other,
                f"DROP DATABASE IF EXISTS {name}",
                "SET foreign_key_checks = 1",
                f"CREATE DATABASE {name}",
                f"USE {name}",
            ]
        )

    def close(self) -> None:
        self.execute(self._without_other)
        super().close()

    @property
    def _without_other(self) -> list[str]:
        """Statements that drop the second database, whatever points into it."""
        return ["SET foreign_key_checks = 0", f"DROP DATABASE IF EXISTS {self.other}"]

    def dump(self) -> Dump:
        return {label: tuple(lines) for schema in self._schemas() for label, lines in self._objects(schema)}

    def _schemas(self) -> list[str]:
        found = self.connection.exec_driver_sql(f"SHOW DATABASES LIKE '{self.other}'").scalars().all()
        return [str(self._engine.url.database), *found]

    def _objects(self, schema: str) -> Iterator[tuple[str, list[str]]]:
        show = self.connection.exec_driver_sql
        place = "" if schema == self._engine.url.database else f"{schema}."
        if place:
            yield f"database {schema}", [str(show(f"SHOW CREATE DATABASE {schema}").one()[1])]
        for name, kind in show(f"SHOW FULL TABLES FROM `{schema}`").all():
            if _NOT_OURS.match(name):
                continue
            what = {"BASE TABLE": "TABLE"}.get(kind, kind)
            text = str(show(f"SHOW CREATE {what} `{schema}`.{_backquoted(name)}".replace("%", "%%")).one()[1])
            yield f"{what} {place}{name}", _without_made_up_names(_sorted_inside(text))
        for row in show(f"SHOW TRIGGERS FROM `{schema}`").all():
            yield f"TRIGGER {place}{row[0]}", [str(value) for value in row[1:5]]

    def _tables(self) -> Iterator[tuple[str, str]]:
        for schema in self._schemas():
            place = "" if schema == self._engine.url.database else f"{OTHER}."
            for name, kind in self.connection.exec_driver_sql(f"SHOW FULL TABLES FROM `{schema}`").all():
                if kind == "BASE TABLE" and not _NOT_OURS.match(name):
                    yield place + name, f"`{schema}`.{_backquoted(name)}"


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def _backquoted(name: str) -> str:
    return "`{}`".format(name.replace("`", "``"))


def _sorted_inside(text: str) -> list[str]:
    first, *inside = text.splitlines()
    lines = sorted(line.removesuffix(",") for line in inside if line.startswith("  "))
    ends = [re.sub(r" AUTO_INCREMENT=\d+", "", line) for line in inside if not line.startswith("  ")]
    return [first, *lines, *ends]


_KEY_OF = re.compile(r"(CONSTRAINT (?P<name>`[^`]+`) FOREIGN KEY) (?P<columns>\([^)]+\))")


def _without_made_up_names(lines: list[str]) -> list[str]:
    """Lines without the names of keys that the server has made for foreign keys: it depends on who has added those."""
    found = [match for line in lines if (match := _KEY_OF.search(line))]
    names = {f"KEY {name} {one['columns']}" for one in found for name in (one["name"], one["columns"][1:-1])}
    return sorted("KEY of a foreign key" if line.strip().removesuffix(",") in names else line for line in lines)


def _by_key(row: dict[str, Any]) -> tuple[str, str]:
    """Rows by their `id`, as numbers are by their length; others by all they hold."""
    return (str(row["id"]).rjust(40) if "id" in row else "", repr(sorted(row.items())))


_KINDS = {ground.kind: ground for ground in (Sqlite, Postgresql, Mariadb)}


@contextmanager
def ground(kind: str, folder: Path) -> Iterator[Ground]:
    """A database of a kind, for any number of edits."""
    with fresh_database(kind, folder) as url:
        name = sa.make_url(url).database
        made = _KINDS[kind](url, "sales" if kind == "postgresql" else f"wbtest_{os.getpid()}_other")
        assert name
        try:
            yield made
        finally:
            made.close()
