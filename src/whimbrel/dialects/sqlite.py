"""SQLite."""

from __future__ import annotations

import os
from contextlib import contextmanager

from ..connect.driver import Driver
from ..record import TYPE_CHECKING
from .base import Place, double_quoted, literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from typing import Any

    from ..connect.driver import Query
    from ..connect.url import DatabaseUrl


class SQLite:
    """SQLite."""

    name = "sqlite"
    drivers = (Driver("pysqlite", "sqlite3", ""), Driver("aiosqlite", "aiosqlite", "whimbrel[aiosqlite]"))
    hints = {
        "unable to open": "check that the folder exists and that it is a file you may write to",
        "not a database": "the file is something else: check the path in the URL",
        "locked": "another process is writing to it: try again when it has finished",
        "readonly|read-only": "the file or its folder is read-only for this user",
    }

    def plain(self, url: DatabaseUrl) -> AbstractContextManager[Query] | None:
        """aiosqlite is a thread around the same library, so both are read directly.

        What can stand in the query changes nothing for a reader, unless the database is a URI.
        """
        if url.driver not in (None, "pysqlite", "aiosqlite") or any(key == "uri" for key, _ in url.query):
            return None
        return _open(url.database)

    def connect_args(self, driver: str) -> dict[str, Any]:
        return {}

    def quoted(self, *names: str | None) -> str:
        return double_quoted(*names)

    def table_exists(self, table: str, schema: str | None) -> str:
        catalog = self.quoted(schema, "sqlite_master")
        return f"SELECT 1 FROM {catalog} WHERE type IN ('table', 'view') AND lower(name) = lower({literal(table)})"

    def place(self, query: Query) -> Place:
        attached = {name: file for _, name, file in query("PRAGMA database_list") if file}
        return Place(
            tuple(
                f"ATTACH DATABASE {literal(file)} AS {double_quoted(name)}"
                for name, file in attached.items()
                if name not in ("main", "temp")
            )
        )


@contextmanager
def _open(path: str | None) -> Iterator[Query]:
    import sqlite3

    connection = sqlite3.connect(":memory:" if _is_still_to_be_made(path) else path or ":memory:")
    try:
        yield lambda statement: connection.execute(statement).fetchall()
    finally:
        connection.close()


def _is_still_to_be_made(path: str | None) -> bool:
    """Whether connecting would create the file. Until something is written to it, an empty database says the same."""
    return bool(path) and not os.path.exists(str(path)) and os.path.isdir(os.path.dirname(os.path.abspath(str(path))))
