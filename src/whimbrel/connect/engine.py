"""SQLAlchemy connections, sync and async through one code path.

Everything that runs on a connection is synchronous; for an async driver it runs in SQLAlchemy's `run_sync`, in an event
loop of its own. There are no twins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import sqlalchemy
from sqlalchemy import Connection, Engine, NullPool, StaticPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from ..errors import DriverMissing, LibraryTooOld
from ..record import TYPE_CHECKING
from .driver import COMPOUND
from .encryption import tls_of_asyncpg
from .iam import encrypted
from .iam import engines as _signing_in  # noqa: F401  # once imported, it listens to all engines
from .logs import keep_quiet
from .url import DatabaseUrl

if TYPE_CHECKING:
    from .driver import Query

T = TypeVar("T")

keep_quiet("psycopg")
keep_quiet("asyncmy")


def require_sqlalchemy() -> None:
    """Refuse an SQLAlchemy that is too old.

    Raises:
        LibraryTooOld: it is older than 2.0.
    """
    if int(sqlalchemy.__version__.split(".")[0]) < 2:
        raise LibraryTooOld(
            f"this project has SQLAlchemy {sqlalchemy.__version__}, and whimbrel needs 2.0 or newer",
            state="nothing was changed",
            hint="stay with Alembic until the project has moved: https://docs.sqlalchemy.org/20/changelog/migration_20",
        )


def make_engine(url: DatabaseUrl) -> Engine:
    """An engine without a pool: each connection is its own, and closing it ends the session.

    Bind parameters stay out of error messages: they may be secrets.

    Raises:
        DriverMissing: the driver cannot be imported, installed or not.
    """
    url = encrypted(url)
    passed, query = tls_of_asyncpg(url) if url.driver == "asyncpg" else ({}, url.query)
    address = sqlalchemy.URL.create(
        url.scheme, url.user, url.password, url.host, url.port, url.database, _as_multidict(query)
    )
    try:
        return create_engine(
            address, poolclass=NullPool, pool_reset_on_return=None, hide_parameters=True, connect_args=passed
        )
    except ImportError as error:
        raise DriverMissing(
            f"the driver {url.driver} for {url.dialect} cannot be imported",
            where=url.masked,
            why=str(error),
            state="nothing was changed",
            hint="install it, with the libraries that it needs, or name another one in the URL",
        ) from error


def _as_multidict(query: tuple[tuple[str, str], ...]) -> dict[str, tuple[str, ...] | str]:
    names = dict.fromkeys(name for name, _ in query)
    values = {name: tuple(value for key, value in query if key == name) for name in names}
    return {name: found if len(found) > 1 else found[0] for name, found in values.items()}


def run(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Call `work` with a connection, which is closed (and what it did not commit rolled back) afterwards.

    Must not be called in a thread with a running event loop if the driver is async.
    """
    if not engine.dialect.is_async:
        with engine.connect() as connection:
            return work(connection)
    import asyncio

    return asyncio.run(_run_async(engine, work))


async def _run_async(engine: Engine, work: Callable[[Connection], T]) -> T:
    from sqlalchemy.ext.asyncio import AsyncEngine  # with all of the ORM: a sixth of the start of a sync run

    async_engine = AsyncEngine(engine)
    try:
        async with async_engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await async_engine.dispose()


def on_new_connection(engine: Engine, work: Callable[[Query], T]) -> T:
    """Call `work` with a query on a connection that is new: opened now, by the engine's own means.

    Not for an engine that `has_one_connection`.
    """
    if not engine.dialect.is_async or _in_event_loop():
        return _on_new_connection(engine, work)
    import asyncio

    from sqlalchemy.util import greenlet_spawn

    result: T = asyncio.run(greenlet_spawn(_on_new_connection, engine, work))
    return result


def _in_event_loop() -> bool:
    """Whether an event loop runs here: then this is inside of `run_sync`, where async drivers can be called."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _on_new_connection(engine: Engine, work: Callable[[Query], T]) -> T:
    # A new pool of the same kind opens connections as the engine does, with its creator and arguments, and leaves the
    # engine's own pool alone, whose connections may belong to another event loop.
    connection = engine.pool.recreate().connect()
    try:
        return work(query_of(connection))
    finally:
        connection.invalidate()


def has_one_connection(engine: Engine) -> bool:
    """Whether no second connection can see the same database: it is in memory, or the pool hands out only one."""
    if isinstance(engine.pool, StaticPool):
        return True
    database = engine.url.database or ":memory:"
    in_memory = ":memory:" in database or "mode=memory" in database or engine.url.query.get("mode") == "memory"
    return engine.dialect.name == "sqlite" and in_memory


def behind_transaction(connection: Connection, then: Callable[[], None]) -> None:
    """Call `then` once the transaction that is open has ended, on its connection.

    SQLAlchemy tells before it ends one; so the driver is made to end it then, and SQLAlchemy finds nothing to end.
    """
    waiting = [then]

    def ended(how: str) -> Callable[[Connection], None]:
        def end(connection: Connection) -> None:
            while waiting:
                with errors_explained(connection):
                    getattr(connection.connection, how)()
                waiting.pop()()

        return end

    for how in ("commit", "rollback"):
        event.listen(connection, how, ended(how), once=True)


def driver_autocommits(connection: Connection) -> bool:
    """Whether the driver, or the server, commits each statement; false if the driver does not tell."""
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "get_autocommit"):  # of MySQL
        return bool(driver.get_autocommit())
    return getattr(driver, "autocommit", None) is True  # psycopg, psycopg2


def driver_is_in_transaction(connection: Connection) -> bool:
    """Whether a transaction is open that SQLAlchemy may know nothing of; false if the driver does not tell."""
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "is_in_transaction"):  # asyncpg
        return bool(driver.is_in_transaction())
    if hasattr(driver, "in_transaction"):  # sqlite3, aiosqlite
        return bool(driver.in_transaction)
    if hasattr(driver, "server_status"):  # pymysql, asyncmy: bit 0 of what the server said last
        return bool(driver.server_status & 1)
    status = getattr(getattr(driver, "info", None), "transaction_status", 0)  # psycopg; 0 is idle
    return bool(status)


def query_on(connection: Connection) -> Query:
    """As `query_of`, with errors as SQLAlchemy raises them; it knows afterwards if the connection was lost."""
    execute = execute_on(connection)
    return lambda statement: execute(statement, ())


def execute_on(connection: Connection) -> Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]:
    """As `query_on`, with parameters, for each of which the statement has a `?`. It has no literals."""
    style = style_of(connection)

    def execute(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        text = marked(statement, style) if parameters else statement
        with errors_explained(connection, text):
            return _fetched(connection.connection, text, parameters)

    return execute


def style_of(connection: Connection) -> str:
    """How the driver wants parameters marked that are given as a sequence.

    It is the driver's own way: with `create_engine(…, paramstyle="named")` SQLAlchemy gives them by name instead.
    """
    return str(connection.dialect.loaded_dbapi.paramstyle)


_MARK = re.compile(r"""(?P<name>"[^"]*"|`[^`]*`)|\?""")


@cache
def marked(statement: str, style: str) -> str:
    """The statement with its parameters marked as the driver wants them; a `?` in a quoted name is none."""
    number = 0

    def mark(found: re.Match[str]) -> str:
        nonlocal number
        if name := found["name"]:
            return name.replace("%", "%%") if "format" in style else name
        number += 1
        return {"qmark": "?", "numeric": f":{number}", "numeric_dollar": f"${number}"}.get(style, "%s")

    return _MARK.sub(mark, statement)


@contextmanager
def errors_explained(connection: Connection, statement: str | None = None) -> Iterator[None]:
    """Raise what a driver raises as SQLAlchemy does, and let the connection know if it was lost.

    It is lost as well where the driver was interrupted: the rest of an answer may still be on its way.
    """
    dialect = connection.dialect
    driver_error = dialect.loaded_dbapi.Error
    try:
        yield
    except driver_error as error:
        lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement, None, error, driver_error, dialect=dialect, connection_invalidated=lost
        ) from error
    except KeyboardInterrupt as error:
        connection.invalidate(error)
        raise


def query_of(connection: Any) -> Query:
    """Queries through a cursor of a DBAPI connection: SQLAlchemy does not notice and begins no transaction."""

    return lambda statement: _fetched(connection, statement, ())


def _fetched(connection: Any, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    cursor = connection.cursor()
    try:
        if parameters:
            cursor.execute(statement, parameters)
        else:
            cursor.execute(statement)
        rows = _rows(cursor)
        if statement.startswith(COMPOUND) and hasattr(cursor, "nextset"):
            while cursor.nextset():
                rows += _rows(cursor)
        return rows
    finally:
        cursor.close()


def _rows(cursor: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in cursor.fetchall()] if cursor.description else []
