"""Fresh databases on real servers, and what they hold according to the server itself."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

KINDS = ("sqlite", "postgresql", "mariadb")

SERVERS = {
    "postgresql": os.environ.get(
        "WHIMBREL_TEST_POSTGRESQL_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
    ),
    "mariadb": os.environ.get("WHIMBREL_TEST_MARIADB_URL", "mysql+pymysql://root@127.0.0.1:3306/mysql"),
}

SYNC = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "mariadb": "mysql+pymysql"}
ASYNC = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "mariadb": "mysql+asyncmy"}

REQUIRED = bool(os.environ.get("WHIMBREL_TEST_REQUIRE_SERVERS"))

TOOLS = ("pg_dump", "psql", "mariadb-dump", "mariadb", "my_print_defaults")
needs_tools = pytest.mark.skipif(not REQUIRED and not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}")


def need_tool(name: str) -> None:
    """End a test that has to ask a program which is not installed: it is skipped where that may be."""
    if shutil.which(name) is None:
        (pytest.fail if REQUIRED else pytest.skip)(f"needs {name}")


@contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL (through the usual sync driver) of an empty database, dropped or emptied afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / f'{secrets.token_hex(4)}.db'}"
        return
    server = sa.make_url(SERVERS[kind])
    name = _spare.pop() if kind == "postgresql" and _spare else _created(kind, server)
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        if kind == "postgresql" and _emptied(server.set(database=name)):
            _spare.append(name)
        else:
            _dropped(kind, server, name)


_spare: list[str] = []
"""Databases of PostgreSQL that are empty again. To drop one takes a third of a second, as that writes a checkpoint."""


def drop_spare_databases() -> None:
    """Drop what was kept to be used again."""
    while _spare:
        _dropped("postgresql", sa.make_url(SERVERS["postgresql"]), _spare.pop())


atexit.register(drop_spare_databases)


def _created(kind: str, server: sa.URL) -> str:
    name = f"wbtest_{os.getpid()}_{secrets.token_hex(4)}"
    # Of PostgreSQL from the one that nobody can be connected to, as another test may be to template1.
    template = " TEMPLATE template0" if kind == "postgresql" else ""
    with _administration(kind, server) as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}{template}")
    return name


def _dropped(kind: str, server: sa.URL, name: str) -> None:
    with _administration(kind, server) as connection:
        force = " WITH (FORCE)" if kind == "postgresql" else ""
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}{force}")


_EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$
DECLARE schema text;
BEGIN
    FOR schema IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', schema);
    END LOOP;
    CREATE SCHEMA public AUTHORIZATION pg_database_owner;
    COMMENT ON SCHEMA public IS 'standard public schema';
    GRANT USAGE ON SCHEMA public TO PUBLIC;
    EXECUTE format('ALTER DATABASE %I RESET ALL', current_database());
END
$$
"""

_HAS_MORE = """
SELECT datacl IS NOT NULL OR EXISTS (SELECT FROM pg_event_trigger)
    OR EXISTS (SELECT FROM pg_shdepend WHERE dbid = pg_database.oid)
FROM pg_database WHERE datname = current_database()
"""


def _emptied(database: sa.URL) -> bool:
    """Whether a database of PostgreSQL is again as a new one is. One with what its schemas do not hold is not."""
    try:
        with _administration("postgresql", database) as connection:
            for statement in _EMPTY.split(";\n", 1):
                connection.exec_driver_sql(statement.replace("%", "%%"))
            return not connection.exec_driver_sql(_HAS_MORE).scalar()
    except sa.exc.DBAPIError:
        return False


@contextmanager
def _administration(kind: str, server: sa.URL) -> Iterator[sa.Connection]:
    engine = sa.create_engine(server, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    try:
        connection = engine.connect()
    except sa.exc.OperationalError as error:
        message = f"no {kind} server: {error.orig}"
        pytest.fail(message) if REQUIRED else pytest.skip(message)
    with connection:
        yield connection


def through(url: str, scheme: str) -> str:
    """The same database through another driver."""
    return scheme + url[url.index("://") :]


def tables(url: str) -> set[str]:
    """The tables of a database, seen on a connection of their own; without the journal, which stock Alembic has not."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return {name for name in sa.inspect(connection).get_table_names() if not name.startswith("whimbrel_")}


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    """The rows of a query, seen on a connection of their own."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def version_rows(url: str, table: str = "alembic_version") -> set[str]:
    """What the version table holds; empty if there is none."""
    return {str(row[0]) for row in rows(url, f"SELECT version_num FROM {table}")} if table in tables(url) else set()


def schema(url: str) -> dict[str, object]:
    """Tables, columns, indexes and constraints of a database, in an order that does not depend on how it was made.

    Without the journal, which stock Alembic has not.
    """
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        return {
            table: {
                "columns": [
                    (c["name"], str(c["type"]), c["nullable"], str(c["default"])) for c in inspector.get_columns(table)
                ],
                "indexes": sorted(
                    (str(i["name"]), i["column_names"], i["unique"]) for i in inspector.get_indexes(table)
                ),
                "foreign keys": sorted(
                    (f["constrained_columns"], f["referred_table"]) for f in inspector.get_foreign_keys(table)
                ),
                "primary key": inspector.get_pk_constraint(table)["constrained_columns"],
            }
            for table in sorted(inspector.get_table_names())
            if not table.startswith("whimbrel_")
        }
