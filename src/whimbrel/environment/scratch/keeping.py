"""Keepers: each has a connection to a server for as long as a scratch database there is wanted, and a lock on it.

A keeper has a thread of its own, as a connection of an async driver belongs to an event loop, and a replay has several.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from ...connect.engine import query_of
from ...connect.opening import connected
from ...connect.waiting import lift
from ...record import Record

if TYPE_CHECKING:
    from ...connect.driver import Query

_DATABASE = ("dbname", "database", "db")
"""What drivers call the name of the database."""

_OF_SESSION = ("options", "server_settings", "init_command", "sql_mode")
"""What drivers call that which makes statements mean something else; it does not depend on where they go."""


def server(name: str) -> str:
    """The kind of server that a dialect speaks to: MariaDB is spoken to as MySQL is."""
    return "mysql" if name == "mariadb" else name


class Route(Record):
    """What a driver connects with.

    Attributes:
        arguments: by position.
        options: by name.
    """

    arguments: tuple[Any, ...]
    options: Mapping[str, Any]

    @property
    def key(self) -> str | None:
        """Which option names the database; None if none does."""
        return next((key for key in _DATABASE if self.options.get(key)), None)

    @property
    def database(self) -> str | None:
        """The name of the database."""
        return str(self.options[self.key]) if self.key else None

    def to(self, database: str) -> Route:
        """The same way to another database of the server."""
        assert self.key is not None
        return self._replace(options={**self.options, self.key: database})

    def as_session(self, other: Mapping[str, Any]) -> Route:
        """The same way, with a session as these options make one, unless it says otherwise itself."""
        of_session = {name: other[name] for name in _OF_SESSION if name in other}
        return self._replace(options={**of_session, **self.options})


class Kept:
    """A database with a keeper. It is there when this is.

    Args:
        dialect, record: with which SQLAlchemy would have connected.
        route: where the keeper connects to.

    Attributes:
        name: what the database is called.
        beside: others that belong to it, and that statements may name.
        missing: others that statements would find on the configured server, and not here.

    Raises: what `prepare` raises, or the driver if it cannot connect.
    """

    name: str
    beside: Collection[str] = ()
    missing: Collection[str] = ()

    def __init__(self, dialect: Any, record: Any, route: Route) -> None:
        self._dialect = dialect
        self._record = record
        self._route = route
        self._kind = server(dialect.name)
        self._prepared: Future[None] = Future()
        self._unwanted = threading.Event()
        self._dropped: Future[None] = Future()
        run = copy_context().run  # what is said of connections here holds there
        threading.Thread(target=run, args=(self._run,), name="whimbrel-scratch", daemon=True).start()
        try:
            self._prepared.result()
        except BaseException:  # of the keeper's; or a signal, and then it may be there in a moment
            with contextlib.suppress(Exception):
                self.drop()
            raise

    def drop(self) -> None:
        """Drop it, whoever is connected to it, if it is there. A signal that comes meanwhile is heard behind that."""
        self._unwanted.set()
        try:
            self._dropped.result()
        except KeyboardInterrupt:
            self._dropped.result()
            raise

    def lead(self, route: Route) -> Route:
        """Where a connection goes that was to go elsewhere."""
        raise NotImplementedError

    def is_there(self, query: Query) -> bool:
        """Whether a connection leads to it, whose database is called so: the configured one may be called alike."""
        return True

    def used_by(self, session: int) -> None:
        """Know of a session that was opened there for the run."""

    def prepare(self, query: Query) -> None:
        """Have the database, locked by the session of the keeper."""
        raise NotImplementedError

    def finish(self, query: Query) -> None:
        """Leave nothing behind. The keeper's session may have been idle for too long: `_query` makes another one."""
        raise NotImplementedError

    def _run(self) -> None:
        if self._dialect.is_async:
            import asyncio

            from sqlalchemy.util import greenlet_spawn

            asyncio.run(greenlet_spawn(self._keep))
        else:
            self._keep()

    def _keep(self) -> None:
        with _telling(self._dropped), contextlib.ExitStack() as connections:
            with _telling(self._prepared):
                query = connections.enter_context(self._query())
                self.prepare(query)
            if self._prepared.exception() is None:
                self._unwanted.wait()
                self.finish(query)

    def _query(self) -> contextlib.AbstractContextManager[Query]:
        """A connection for the keeper."""
        return self._open(self._route)

    @contextlib.contextmanager
    def _open(self, route: Route) -> Iterator[Query]:
        connection = connected(self._dialect, self._record, list(route.arguments), dict(route.options))
        try:
            if self._dialect.driver == "pymysql":  # a thousand tables take longer to drop than a server to answer
                lift(connection, dict(route.options))
            self._dialect.set_isolation_level(connection, "AUTOCOMMIT")
            yield query_of(connection)
        finally:
            with contextlib.suppress(self._dialect.loaded_dbapi.Error):
                connection.close()


@contextlib.contextmanager
def _telling(whom: Future[None]) -> Iterator[None]:
    """Tell another thread how it went."""
    try:
        yield
    except BaseException as error:
        whom.set_exception(error)
    else:
        whom.set_result(None)
