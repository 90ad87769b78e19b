"""MySQL and MariaDB."""

from __future__ import annotations

from contextlib import contextmanager

from ...connect.driver import Driver
from ...connect.waiting import CONNECT_TIMEOUT, lift, limit, within
from ...record import TYPE_CHECKING
from ..base import UPDATE_DB, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    from ...connect.driver import Query
    from ...connect.url import DatabaseUrl
    from ..base import Changes, Creation, Sessions
    from ..casts import Casts
    from ..catalogs import Catalogs
    from ..contents import Contents
    from ..lists import Lists
    from ..tools import Tools

_PLAIN = "_ $.-"  # and letters and digits
_MISSING = r"unknown database '|\(1049\)"


class MySQL:
    """MySQL."""

    name = "mysql"
    locking_read = " LOCK IN SHARE MODE"
    table_options = " ENGINE=InnoDB"
    drivers = (
        Driver("pymysql", "pymysql", "whimbrel[mysql]"),
        Driver("mysqldb", "MySQLdb", "mysqlclient"),
        Driver("asyncmy", "asyncmy", "whimbrel[asyncmy]"),
        Driver("aiomysql", "aiomysql", "aiomysql"),
    )
    hints = {
        "table definition has changed": "run the same command again",
        _MISSING: UPDATE_DB,
        "command denied|you need .* privilege|not owner of thread": "use a user who may: migration_url",
        r"access denied|\((1045|1698)\)": "check user and password in the URL",
        "resolve|name or service not known|getaddrinfo": "check the host name in the URL",
        "refused|can't connect|timed out|unreachable": "check that the server runs and listens there",
        "cryptography": "pip install cryptography",
    }
    missing = _MISSING
    denied = r"command denied|\((1142|1143)\)"
    taken = r"\((1050|1060|1061)\)"
    final = (
        r"access denied|\((1044|1045|1698)\)|package is required|certificate|does not support SSL|authentication plugin"
    )

    @property
    def sessions(self) -> Sessions:
        from .sessions import Sessions

        return Sessions()

    @property
    def casts(self) -> Casts:
        from .casts import Casts

        return Casts()

    @property
    def lists(self) -> Lists:
        from .lists import Lists

        return Lists(self.literal)

    @property
    def contents(self) -> Contents:
        from .contents import Contents

        return Contents(self.quoted, self.literal)

    @property
    def catalogs(self) -> Catalogs:
        from .catalogs import Catalogs

        return Catalogs(self.literal)

    @property
    def tools(self) -> Tools:
        from .tools import Tools

        return Tools(self.contents)

    @property
    def changes(self) -> Changes:
        from .changes import Changes

        return Changes()

    @property
    def creation(self) -> Creation:
        from .creation import Creation

        return Creation()

    def plain(self, url: DatabaseUrl, seconds: float = CONNECT_TIMEOUT) -> AbstractContextManager[Query] | None:
        if url.driver not in ("pymysql", "asyncmy") or not {key for key, _ in url.query} <= {"charset", "unix_socket"}:
            return None
        return _open_pymysql(url, seconds) if url.driver == "pymysql" else _open_asyncmy(url, seconds)

    def quoted(self, *names: str | None) -> str:
        return ".".join("`" + name.replace("`", "``") + "`" for name in names if name)

    def schema_of(self, table: str) -> str:
        return f"SELECT DATABASE(), EXISTS ({self.table_exists(table, None)})"

    def put(self, table: str, columns: Sequence[str], key: Sequence[str], rows: str) -> str:
        return f"REPLACE INTO {table} ({', '.join(map(self.quoted, columns))}) VALUES {rows}"

    def literal(self, text: str) -> str:
        """A backslash escapes unless the SQL mode says otherwise, so characters are given by code.

        Not where there are none of those: MariaDB looks into all of its databases for a name that is no mere text.
        """
        is_plain = all(one.isalnum() or one in _PLAIN for one in text)
        return f"'{text}'" if is_plain else f"CONVERT(0x{text.encode().hex()} USING utf8mb4)"

    def table_exists(self, table: str, schema: str | None) -> str:
        in_schema = self.literal(schema) if schema else "DATABASE()"
        return (
            "SELECT 1 FROM information_schema.tables "
            f"WHERE table_schema = {in_schema} AND table_name = {self.literal(table)}"
        )

    def column_width(self, table: str, schema: str | None, column: str) -> str:
        in_schema = self.literal(schema) if schema else "DATABASE()"
        of_table = f"table_schema = {in_schema} AND table_name = {self.literal(table)}"
        return (
            "SELECT character_maximum_length FROM information_schema.columns WHERE"
            f" {of_table} AND column_name = {self.literal(column)}"
        )

    def widen(self, table: str, column: str, width: int) -> str:
        return f"ALTER TABLE {table} MODIFY {self.quoted(column)} VARCHAR({width}) NOT NULL"

    def place(self, query: Query) -> Place:
        [[database, server]] = query("SELECT DATABASE(), CONCAT_WS(' ', @@hostname, @@port)")
        return Place((f"USE {self.quoted(database)}",), database, server) if database else Place()

    def only_reads(self, query: Query) -> bool:
        [[setting]] = query("SELECT @@global.read_only")
        return str(setting).upper() not in ("0", "OFF")


class MariaDB(MySQL):
    """MariaDB under the name that SQLAlchemy gives it in `mariadb://` URLs."""

    name = "mariadb"


def _arguments(url: DatabaseUrl) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "host": url.host,
        "port": url.port,
        "user": url.user,
        "password": url.password,
        "database": url.database,
        "autocommit": True,  # each question sees what is committed by then, tables that were made meanwhile too
        **dict(url.query),
    }
    return {key: value for key, value in arguments.items() if value is not None}


@contextmanager
def _open_pymysql(url: DatabaseUrl, seconds: float) -> Iterator[Query]:
    import pymysql

    limits = limit("pymysql", seconds)
    connection = pymysql.connect(**_arguments(url), **limits)
    try:
        lift(connection, limits)
        cursor = connection.cursor()

        def query(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return list(cursor.fetchall())

        yield query
    finally:
        connection.close()


@contextmanager
def _open_asyncmy(url: DatabaseUrl, seconds: float) -> Iterator[Query]:
    import asyncio

    import asyncmy

    from ...connect.logs import keep_quiet

    keep_quiet("asyncmy")

    async def fetch(statement: str) -> list[tuple[Any, ...]]:
        async with connection.cursor() as cursor:
            await cursor.execute(statement)
            return list(await cursor.fetchall())

    with asyncio.Runner() as runner:
        connection = runner.run(within(seconds, asyncmy.connect(**_arguments(url), **limit("asyncmy", seconds))))
        try:
            yield lambda statement: runner.run(fetch(statement))
        finally:
            runner.run(connection.ensure_closed())
