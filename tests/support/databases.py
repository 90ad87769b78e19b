"""Fresh databases on real servers, and what they hold according to the server itself."""

from __future__ import annotations

import os
import secrets
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


@contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL (through the usual sync driver) of an empty database, dropped afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / f'{secrets.token_hex(4)}.db'}"
        return
    server = sa.make_url(SERVERS[kind])
    name = f"wbtest_{os.getpid()}_{secrets.token_hex(4)}"
    with _administration(kind, server) as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with _administration(kind, server) as connection:
            force = " WITH (FORCE)" if kind == "postgresql" else ""
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}{force}")


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
