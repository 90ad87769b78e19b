"""SQLite."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager

from ...connect.driver import Driver
from ...connect.waiting import CONNECT_TIMEOUT
from ...errors import ConfigurationInvalid
from ...record import TYPE_CHECKING
from ..base import UPDATE_DB_FOLDER, Place, double_quoted, literal, put_on_conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from typing import Any

    from ...connect.driver import Query
    from ...connect.url import DatabaseUrl
    from ..base import Changes, Creation, Sessions
    from ..casts import Casts
    from ..catalogs import Catalogs
    from ..contents import Contents
    from ..lists import Lists


_TRUE = ("true", "yes", "on", "y", "t", "1")
_DRIVERS_OPTIONS = ("uri", "timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements")
_UNATTACHED = re.compile(r"unknown database (.+)|no such table: (.+)\.sqlite_master")


class SQLite:
    """SQLite."""

    name = "sqlite"
    locking_read = ""
    table_options = ""
    tools = None
    put = staticmethod(put_on_conflict)
    literal = staticmethod(literal)
    drivers = (Driver("pysqlite", "sqlite3", ""), Driver("aiosqlite", "aiosqlite", "whimbrel[aiosqlite]"))
    hints = {
        "unable to open": UPDATE_DB_FOLDER,
        "not a database": "the file is something else: check the path in the URL",
        "locked": "another process writes or reads it: try again when it has finished",
        "unknown database": "a schema is an attached file on SQLite: attach it in env.py, or take the schema out",
        "readonly|read-only": "the file or its folder is read-only for this user",
    }

    missing = ""
    denied = "(?!)"  # there are the rights of the file only
    taken = "already exists|duplicate column"
    final = "unable to open|not a database"  # no server will start and change that

    @property
    def sessions(self) -> Sessions:
        from .sessions import Sessions

        return Sessions()

    @property
    def catalogs(self) -> Catalogs:
        from .catalogs import Catalogs

        return Catalogs()

    @property
    def casts(self) -> Casts:
        from .casts import Casts

        return Casts()

    @property
    def lists(self) -> Lists:
        from .lists import Lists

        return Lists()

    @property
    def contents(self) -> Contents:
        from .contents import Contents

        return Contents()

    @property
    def changes(self) -> Changes:
        from .changes import Changes

        return Changes()

    @property
    def creation(self) -> Creation:
        from .creation import Creation

        return Creation()

    def plain(self, url: DatabaseUrl, seconds: float = CONNECT_TIMEOUT) -> AbstractContextManager[Query] | None:
        """aiosqlite is a thread around the same library, so both are read directly.

        What can stand in the query changes nothing for a reader, unless the database is a URI.
        """
        if url.driver not in (None, "pysqlite", "aiosqlite"):
            return None
        options = dict(url.query)
        if options.get("uri", "").lower() in _TRUE:
            return _connected(*_uri(url.database or "", options), where=url.masked)
        return _connected(_path(url.database), False, where=url.masked)

    def quoted(self, *names: str | None) -> str:
        return double_quoted(*names)

    def table_exists(self, table: str, schema: str | None) -> str:
        catalog = self.quoted(schema, "sqlite_master")
        return f"SELECT 1 FROM {catalog} WHERE type IN ('table', 'view') AND lower(name) = lower({literal(table)})"

    def schema_of(self, table: str) -> str:
        return f"SELECT 'main', EXISTS ({self.table_exists(table, None)})"

    def column_width(self, table: str, schema: str | None, column: str) -> str:
        return "SELECT NULL"  # SQLite takes any length

    def widen(self, table: str, column: str, width: int) -> str:
        raise NotImplementedError("no column of SQLite is too narrow")

    def place(self, query: Query) -> Place:
        attached = {name: file for _, name, file in query("PRAGMA database_list") if file}
        return Place(
            tuple(
                f"ATTACH DATABASE {literal(file)} AS {double_quoted(name)}"
                for name, file in attached.items()
                if name not in ("main", "temp")
            )
        )

    def only_reads(self, query: Query) -> bool:
        return False


def _path(path: str | None) -> str:
    # Absolute, as SQLAlchemy has it: some builds of SQLite take every name that begins with "file:" for a URI.
    return ":memory:" if path in (None, "", ":memory:") or _is_still_to_be_made(path) else os.path.abspath(str(path))


def _uri(uri: str, options: Mapping[str, str]) -> tuple[str, bool]:
    """What to open for `file:…`, and whether it is a URI; the options that are the driver's are left out."""
    from urllib.parse import unquote, urlsplit

    given = {name: value for name, value in options.items() if name not in _DRIVERS_OPTIONS}
    if given.get("mode", "rwc") == "rwc":
        if _is_still_to_be_made(unquote(urlsplit(uri).path)):
            return ":memory:", False
        given["mode"] = "rw"  # not "ro", which cannot finish what a writer that crashed has left
    return f"{uri}?{'&'.join(f'{name}={value}' for name, value in given.items())}", True


@contextmanager
def _connected(database: str, is_uri: bool, where: str) -> Iterator[Query]:
    import sqlite3

    connection = sqlite3.connect(database, uri=is_uri)

    def query(statement: str) -> list[tuple[Any, ...]]:
        try:
            return connection.execute(statement).fetchall()
        except sqlite3.OperationalError as error:
            if unattached := _UNATTACHED.match(str(error)):
                raise _not_attached(unattached[1] or unattached[2], where) from error
            raise

    try:
        yield query
    finally:
        connection.close()


def _not_attached(schema: str, where: str) -> ConfigurationInvalid:
    return ConfigurationInvalid(
        f"no database is attached as {schema}",
        where=where,
        why="a schema is an attached file on SQLite, and nothing attaches one here",
        state="nothing was changed",
        hint="take version_table_schema out of the settings, or attach the file in an env.py",
    )


def _is_still_to_be_made(path: str | None) -> bool:
    """Whether connecting would create the file. Until something is written to it, an empty database says the same."""
    return bool(path) and not os.path.exists(str(path)) and os.path.isdir(os.path.dirname(os.path.abspath(str(path))))
