"""Schemas of PostgreSQL in databases of a test's own: made by scripts, changed by our statements, told by pg_dump."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from support.databases import fresh_database
from whimbrel.catalog import Catalog, compare
from whimbrel.dialects.postgresql.catalogs import Catalogs

_NOT_OURS = re.compile(r"(?m)^(--.*|\\(un)?restrict .*|SET default_(tablespace|table_access_method) = .*)$")


class Database:
    """A database, and one of its schemas, which is made by scripts."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)
        told = self._url.translate_connect_args(username="user", database="dbname")
        self._connection = psycopg.connect(**told, autocommit=True)
        self._connection.execute("SET synchronous_commit = off")  # what is lost with the server is no loss here
        self.statements: list[str] = []

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement as a plain connection does."""
        self.statements.append(statement)
        cursor = self._connection.execute(statement.encode())
        return list(cursor.fetchall()) if cursor.description else []

    def become(self, script: str, schema: str = "public") -> None:
        """A schema is made anew by a script, and is the default one from now on."""
        self.query("SET client_min_messages = warning")
        self.query(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; SET search_path = {schema}")
        self.query(script or "SELECT")

    def read(self, *schemas: str | None) -> Catalog:
        return Catalogs().read(self.query, schemas or (None,))

    def signature(self) -> str:
        return Catalogs().signature(self.query)

    def alter(self, found: Catalog, wanted: Catalog) -> None:
        """The default schema, which is as it was found, becomes what is wanted."""
        self.run(Catalogs().alter(compare(found, wanted), found, wanted))

    def run(self, statements: list[str]) -> None:
        """Execute statements in one transaction."""
        with self._connection.transaction():
            for statement in statements:
                try:
                    self._connection.execute(statement.encode())
                except psycopg.Error as error:
                    raise AssertionError("\n".join([str(error), f"-> {statement}", *statements])) from error

    def close(self) -> None:
        self._connection.close()

    def dump(self) -> dict[str, list[str]]:
        """What pg_dump says of each schema: statements, in an order that does not depend on that of columns."""
        told = self._url.translate_connect_args(username="user")
        environment = {f"PG{name.upper()}": str(value) for name, value in told.items()}
        output = subprocess.run(
            ["pg_dump", "--schema-only", "--no-owner", "--no-privileges"],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        heads = r"(?s)\n--\n-- Name: [^\n]*; Type: [^\n]*; Schema: ([^\n]*); Owner: [^\n]*\n--\n(.*?)(?=\n--\n|\Z)"
        found: dict[str, list[str]] = {}
        for schema, entry in re.findall(heads, output):
            found.setdefault(schema, []).append(_sorted_columns(_NOT_OURS.sub("", entry).strip()))
        return {schema: sorted(entries) for schema, entries in found.items()}


@contextmanager
def one_database(folder: Path) -> Iterator[Database]:
    """An empty database."""
    with fresh_database("postgresql", folder) as url:
        database = Database(url)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def two_databases(folder: Path) -> Iterator[tuple[Database, Database]]:
    """Two empty databases."""
    with one_database(folder) as one, one_database(folder) as other:
        yield one, other


def _sorted_columns(entry: str) -> str:
    """A statement of pg_dump with the columns of a table in the order of their names."""
    found = re.match(r"(CREATE (?:UNLOGGED )?TABLE [^\n]* \(\n)(.*?)(\n\).*)", entry, re.DOTALL)
    if not found:
        return entry
    lines = sorted(line.rstrip(",") for line in found[2].split("\n"))
    return found[1] + ",\n".join(lines) + found[3]
