"""How a call gets at what an application has: an engine or a connection, sync or async, or a URL."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.engine.base import OptionEngine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ..connect.driver import cannot_connect, with_driver
from ..connect.engine import has_one_connection, make_engine, run
from ..connect.url import DatabaseUrl, parse
from ..dialects import dialect_named, dialect_of
from ..environment import creating_databases, waiting_at_most
from ..errors import ArgumentInvalid, UsageError, WhimbrelError
from ..events import Listener

T = TypeVar("T")
Source = str | URL | Engine | AsyncEngine | Connection | AsyncConnection


class Reach:
    """A database, through what an application has of it.

    Args:
        source: a URL, an engine or a connection, sync or async.

    Attributes:
        identity: equal for what is reached by the same URL or object.

    Raises:
        ArgumentInvalid: it is something else.
        UrlInvalid, DriverMissing: it is a URL, and there is nothing to connect to, or nothing to do it with.
    """

    def __init__(self, source: Source) -> None:
        if isinstance(source, URL):
            source = source.render_as_string(hide_password=False)
        self.identity: Hashable = source if isinstance(source, str) else id(source)
        if isinstance(source, str):
            url = parse(source)
            source = make_engine(with_driver(url, dialect_of(url).drivers))
        if not isinstance(source, Engine | AsyncEngine | Connection | AsyncConnection):
            raise ArgumentInvalid(
                f"{type(source).__name__} is no database",
                state="nothing was changed",
                hint="give an engine or a connection of SQLAlchemy's, or a URL",
            )
        self._source = source

    @property
    def is_bound(self) -> bool:
        """Whether it cannot be reached from another thread: it is a connection, or the only one to its database."""
        return isinstance(self._source, Connection) or (
            isinstance(self._source, Engine) and has_one_connection(self._source)
        )

    @property
    def is_bound_to_loop(self) -> bool:
        """The same of an event loop."""
        return isinstance(self._source, AsyncConnection) or (
            isinstance(self._source, AsyncEngine) and has_one_connection(self._source.sync_engine)
        )

    def run(self, work: Callable[[Connection], T], *, create: Listener | None = None, seconds: float = 0) -> T:
        """Call `work` with a connection, in this thread, which has no running event loop if the driver is async.

        Not with the pool of an async engine, whose connections belong to an event loop: with one that connects alike.

        Args:
            work: what to do.
            create: make the database if it is missing, and tell this.
            seconds: how long to wait for the server; 0 for as long as the engine does.

        Raises:
            UsageError: only an event loop can reach it.
            CannotConnect, CannotCreateDatabase.
        """
        source = self._source
        if isinstance(source, Connection):
            return work(source)
        if isinstance(source, AsyncConnection) or self.is_bound_to_loop:
            raise UsageError(
                "what was given belongs to an event loop, and this is outside of it",
                state="nothing was changed",
                hint="await whimbrel.aensure_schema(…)",
            )
        engine = _alike(source.sync_engine) if isinstance(source, AsyncEngine) else source
        connected = False

        def once_connected(connection: Connection) -> T:
            nonlocal connected
            connected = True
            return work(connection)

        try:
            with creating_databases(create), waiting_at_most(seconds):
                return run(engine, once_connected)
        except WhimbrelError:
            raise
        except Exception as error:
            if connected:
                raise
            raise _cannot_connect(error, engine) from error

    async def run_here(self, work: Callable[[Connection], T]) -> T:
        """As `run`, in this event loop, with a connection of the pool of the async engine that was given.

        Raises:
            CannotConnect
        """
        source = self._source
        if isinstance(source, AsyncConnection):
            return await source.run_sync(work)
        assert isinstance(source, AsyncEngine)
        connected = False
        try:
            async with source.connect() as connection:
                connected = True
                return await connection.run_sync(work)
        except Exception as error:
            if connected:
                raise
            raise _cannot_connect(error, source.sync_engine) from error

    @property
    def is_async(self) -> bool:
        """Whether it is an engine or connection of SQLAlchemy's asyncio."""
        return isinstance(self._source, AsyncEngine | AsyncConnection)


def _alike(engine: Engine) -> Engine:
    """An engine that is as another one, with its arguments, options and listeners, and shares no connection."""
    other = copy(engine)
    other.hide_parameters = True
    if isinstance(other, OptionEngine):  # its pool is that of the engine that was given options
        other._proxied = _alike(other._proxied)
    else:
        other.pool = engine.pool.recreate()
    return other


def _cannot_connect(error: Exception, engine: Engine) -> WhimbrelError:
    dialect = dialect_named(engine.dialect.name)
    return cannot_connect(error, _url_of(engine), dialect.hints if dialect else {})


def _url_of(engine: Engine) -> DatabaseUrl:
    return parse(engine.url.render_as_string(hide_password=False))
