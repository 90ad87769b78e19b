"""Databases to run both tools on, kept for the whole session and emptied in between, and what is in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from support.databases import fresh_database

Seen = dict[str, list[tuple[Any, ...]]]

_POSTGRESQL = {
    "columns": "SELECT table_schema, table_name, column_name, data_type, character_maximum_length, is_nullable, "
    "column_default FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
    "indexes": "SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes WHERE schemaname <> 'pg_catalog'",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE conrelid <> 0 AND connamespace <> 'pg_catalog'::regnamespace "
    "AND connamespace <> 'information_schema'::regnamespace",
}
_MARIADB = {
    "columns": "SELECT table_name, column_name, column_type, is_nullable, column_default "
    "FROM information_schema.columns WHERE table_schema = DATABASE()",
    "indexes": "SELECT table_name, index_name, seq_in_index, column_name, non_unique "
    "FROM information_schema.statistics WHERE table_schema = DATABASE()",
}

_VERSIONED = {"postgresql": ("public", "alembic_version"), "mariadb": ("alembic_version",)}


def _is_both(row: Sequence[object]) -> bool:
    """Whether a row of a catalog is about something that both tools have: the journal is whimbrel's alone."""
    return not any(str(value).startswith("whimbrel_") for value in row)


class Place:
    """One database: its URL, what the server says is in it, and how to empty it."""

    def __init__(self, kind: str, url: str) -> None:
        self.kind = kind
        self.url = url
        self._engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")  # observers hold no transaction

    @property
    def file(self) -> Path:
        """The file of an SQLite database."""
        return Path(self.url.removeprefix("sqlite:///"))

    def see(self) -> Seen:
        """The schema, and the rows of `alembic_version`; that there is no such table is no rows and no columns."""
        if self.kind == "sqlite":
            return self._see_file()
        with self._engine.connect() as connection:
            seen = {
                name: sorted((tuple(row) for row in connection.exec_driver_sql(statement) if _is_both(row)), key=repr)
                for name, statement in (_POSTGRESQL if self.kind == "postgresql" else _MARIADB).items()
            }
            versioned = any(row[: len(_VERSIONED[self.kind])] == _VERSIONED[self.kind] for row in seen["columns"])
            statement = "SELECT version_num FROM alembic_version ORDER BY version_num"
            rows = connection.exec_driver_sql(statement).fetchall() if versioned else []
            return {**seen, "versions": [tuple(row) for row in rows]}

    def _see_file(self) -> Seen:
        if not self.file.exists():
            return {"columns": [], "versions": []}
        connection = sqlite3.connect(self.file)
        try:
            schema = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()
            schema = [row for row in schema if _is_both(row)]
            versioned = any(row[1] == "alembic_version" for row in schema)
            rows = connection.execute("SELECT version_num FROM alembic_version ORDER BY 1") if versioned else []
            return {"columns": schema, "versions": list(rows)}
        finally:
            connection.close()

    def versions(self) -> list[str]:
        """The rows of the version table."""
        return [str(row[0]) for row in self.see()["versions"]]

    def tables(self) -> set[str]:
        """The names of the tables, without those of other schemas."""
        if self.kind == "sqlite":
            return {row[1] for row in self.see()["columns"] if row[0] == "table"}
        at = 1 if self.kind == "postgresql" else 0
        return {row[at] for row in self.see()["columns"]}

    def run(self, *statements: str) -> None:
        """Execute statements, each for itself."""
        with self._engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        if self.kind == "sqlite":
            self._engine.dispose()

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What a query returns."""
        with self._engine.connect() as connection:
            found = [tuple(row) for row in connection.exec_driver_sql(query)]
        if self.kind == "sqlite":
            self._engine.dispose()
        return found

    def empty(self) -> None:
        """Drop everything."""
        if self.kind == "sqlite":
            self._engine.dispose()
            self.file.unlink(missing_ok=True)
            return
        with self._engine.connect() as connection:
            if self.kind == "mariadb":
                names = connection.exec_driver_sql("SHOW TABLES").scalars().all()
                if names:
                    connection.exec_driver_sql(f"DROP TABLE {', '.join(f'`{name}`' for name in names)}")
                return
            for name in sa.inspect(connection).get_schema_names():
                if name != "information_schema":
                    connection.exec_driver_sql(f'DROP SCHEMA "{name}" CASCADE')
            connection.exec_driver_sql("CREATE SCHEMA public")

    def close(self) -> None:
        self._engine.dispose()


class Stage:
    """The databases of a session, made when they are first asked for."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._places: dict[tuple[str, int], Place] = {}

    def places(self, kind: str, number: int) -> list[Place]:
        """So many empty databases of a kind."""
        places = [self._place(kind, index) for index in range(number)]
        for place in places:
            place.empty()
        return places

    def _place(self, kind: str, index: int) -> Place:
        if (kind, index) not in self._places:
            place = Place(kind, self._stack.enter_context(fresh_database(kind, self._folder)))
            self._stack.callback(place.close)
            self._places[kind, index] = place
        return self._places[kind, index]


@contextmanager
def opened(folder: Path) -> Iterator[Stage]:
    """A stage, whose databases are dropped at the end."""
    with ExitStack() as stack:
        yield Stage(folder, stack)
