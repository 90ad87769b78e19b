"""PostgreSQL."""

from __future__ import annotations

from contextlib import contextmanager

from ...connect.driver import Driver
from ...connect.encryption import LIBPQ_OPTIONS, tls_of_asyncpg
from ...connect.waiting import CONNECT_TIMEOUT, limit
from ...record import TYPE_CHECKING
from ..base import UPDATE_DB, Place, double_quoted, literal, put_on_conflict

if TYPE_CHECKING:
    from collections.abc import Iterator
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

_SIGN_IN = r"\((?:28000|28P01)\)"
_USER = "check user and password in the URL"
_MISSING = r'database "[^"]*" does not exist|\(3D000\)'


class PostgreSQL:
    """PostgreSQL."""

    name = "postgresql"
    locking_read = ""
    table_options = ""
    put = staticmethod(put_on_conflict)
    literal = staticmethod(literal)
    drivers = (
        Driver("psycopg", "psycopg", "whimbrel[postgresql]"),
        Driver("psycopg2", "psycopg2", "psycopg2-binary"),
        Driver("asyncpg", "asyncpg", "whimbrel[asyncpg]"),
        Driver("psycopg_async", "psycopg", "whimbrel[postgresql]"),
    )
    hints = {
        _MISSING: UPDATE_DB,
        rf"password authentication|no password supplied|role .* does not exist|{_SIGN_IN}": _USER,
        "resolve|name or service not known|getaddrinfo": "check the host name in the URL",
        "row-level security": "use a user from whom policies hide no rows: a superuser, or one with BYPASSRLS",
        "permission denied|must be (owner|superuser|a superuser|a member)": "use a user who may: migration_url",
        "read-only transaction": "connect to a server that takes changes, or set default_transaction_read_only off",
        "lock timeout": "let whoever has the lock finish, or end it; then try again",
        "refused|call failed|time(d )?out|unreachable|no such file": "check that the server runs and listens there",
        "SSL|certificate": "check sslmode and sslrootcert in the URL",
    }
    missing = _MISSING
    denied = r"permission denied|\(42501\)"
    taken = r"already exists|\((42P07|42701|42710)\)"
    final = (
        "password authentication|authentication failed|no password supplied|role .* does not exist|pg_hba.conf|"
        r"permission denied for database|certificate|does not support SSL|ssl was required|\(42501\)|" + _SIGN_IN
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

        return Lists()

    @property
    def contents(self) -> Contents:
        from .contents import Contents

        return Contents()

    @property
    def catalogs(self) -> Catalogs:
        from .catalogs import Catalogs

        return Catalogs()

    @property
    def tools(self) -> Tools:
        from .tools import Tools

        return Tools()

    @property
    def changes(self) -> Changes:
        from .changes import Changes

        return Changes()

    @property
    def creation(self) -> Creation:
        from .creation import Creation

        return Creation()

    def plain(self, url: DatabaseUrl, seconds: float = CONNECT_TIMEOUT) -> AbstractContextManager[Query] | None:
        keys = [key for key, _ in url.query]
        if len(set(keys)) < len(keys) or not {"host", "port"}.isdisjoint(keys):
            return None  # several hosts, which SQLAlchemy writes as libpq wants them
        if url.driver in ("psycopg", "psycopg_async", "psycopg2"):
            return _open_libpq("psycopg2" if url.driver == "psycopg2" else "psycopg", url, seconds)
        if url.driver == "asyncpg" and LIBPQ_OPTIONS.issuperset(keys):
            return _open_asyncpg(url, seconds)
        return None

    def quoted(self, *names: str | None) -> str:
        return double_quoted(*names)

    def table_exists(self, table: str, schema: str | None) -> str:
        return f"SELECT 1 WHERE to_regclass({literal(self.quoted(schema, table))}) IS NOT NULL"

    def schema_of(self, table: str) -> str:
        found = f"to_regclass({literal(double_quoted(table))})"
        there = f"SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {found}"
        return f"SELECT coalesce(({there}), current_schema()), {found} IS NOT NULL"

    def column_width(self, table: str, schema: str | None, column: str) -> str:
        in_schema = literal(schema) if schema else "current_schema()"
        return (
            "SELECT character_maximum_length FROM information_schema.columns"
            f" WHERE table_schema = {in_schema} AND table_name = {literal(table)} AND column_name = {literal(column)}"
        )

    def widen(self, table: str, column: str, width: int) -> str:
        return f"ALTER TABLE {table} ALTER COLUMN {double_quoted(column)} TYPE VARCHAR({width})"

    def place(self, query: Query) -> Place:
        [[path, role, schema, database]] = query(
            "SELECT current_setting('search_path'), current_setting('role'), current_schema(),"
            " concat_ws(' ', current_database(), inet_server_addr(), inet_server_port())"
        )
        settings = {"search_path": path} if role == "none" else {"role": role, "search_path": path}
        statements = (f"SELECT set_config('{name}', {literal(value)}, false)" for name, value in settings.items())
        return Place(tuple(statements), None if schema == "public" else schema, database)

    def only_reads(self, query: Query) -> bool:
        return query("SELECT current_setting('transaction_read_only')") == [("on",)]


@contextmanager
def _open_libpq(module: str, url: DatabaseUrl, seconds: float) -> Iterator[Query]:
    from importlib import import_module

    arguments: dict[str, Any] = {
        "host": url.host,
        "port": url.port,
        "user": url.user,
        "password": url.password,
        "dbname": url.database,
        **limit(module, seconds, dict(url.query)),
        **dict(url.query),
    }
    connection = import_module(module).connect(**{k: v for k, v in arguments.items() if v is not None})
    try:
        connection.autocommit = True
        cursor = connection.cursor()

        def query(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

        yield query
    finally:
        connection.close()


@contextmanager
def _open_asyncpg(url: DatabaseUrl, seconds: float) -> Iterator[Query]:
    import asyncio

    import asyncpg

    with asyncio.Runner() as runner:
        connection = runner.run(
            asyncpg.connect(
                host=url.host,
                port=url.port,
                user=url.user,
                password=url.password,
                database=url.database,
                **limit("asyncpg", seconds),
                **tls_of_asyncpg(url)[0],
            )
        )
        try:
            yield lambda statement: [tuple(row) for row in runner.run(connection.fetch(statement))]
        finally:
            runner.run(connection.close())
