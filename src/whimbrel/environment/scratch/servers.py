"""Scratch databases on a server. Each has a keeper: a connection with a lock on its name, for as long as we live.

Whoever makes one first drops those whose lock is free: their maker was killed. The lock is there before the database
is, so that a new one is never without. The keeper has a thread of its own, as a connection of an async driver belongs
to an event loop, and a replay has several.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from ...connect.engine import query_of
from ...connect.opening import connected
from ...dialects.mysql.creation import Creation as OnMySQL
from ...dialects.postgresql.creation import Creation as OnPostgreSQL
from ...errors import CannotCreateDatabase, ScratchRefused
from . import names

if TYPE_CHECKING:
    from ...connect.driver import Query
    from ...dialects.creation import ServerCreation

_CREATION: dict[str, ServerCreation] = {"postgresql": OnPostgreSQL(), "mysql": OnMySQL()}
_LOCK = {
    "postgresql": "SELECT pg_try_advisory_lock(hashtextextended('{}', 0))",
    "mysql": "SELECT GET_LOCK('{}', 0)",
}
# PostgreSQL's lock belongs to the database that the keeper is connected to, which may be another project's.
_ABANDONED = {
    "postgresql": (
        "SELECT datname FROM pg_catalog.pg_database WHERE starts_with(datname, '{}') AND NOT EXISTS (SELECT"
        " FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objsubid = 1"
        " AND (classid::bigint << 32 | objid::bigint) = hashtextextended(datname, 0))"
    ),
    "mysql": (
        "SELECT schema_name FROM information_schema.schemata"
        " WHERE LEFT(schema_name, CHAR_LENGTH('{0}')) = '{0}' AND IS_FREE_LOCK(schema_name) = 1"
    ),
}
_WAIT_SHORTLY = {"mysql": "SET SESSION lock_wait_timeout = 1"}  # not for a day

KINDS = frozenset(_LOCK)


def server(name: str) -> str:
    """The kind of server that a dialect speaks to: MariaDB is spoken to as MySQL is."""
    return "mysql" if name == "mariadb" else name


class ScratchOnServer:
    """A database that is made beside the one that somebody wants to connect to.

    Args:
        dialect, record, options: with which SQLAlchemy would have connected.

    Raises:
        ScratchRefused: it could not be made. What the driver raises if it cannot connect is left as it is.
    """

    def __init__(self, dialect: Any, record: Any, options: dict[str, Any]) -> None:
        self.name = names.new_name()
        self._dialect = dialect
        self._record = record
        self._options = options
        self._kind = server(dialect.name)
        self._creation = _CREATION[self._kind]
        self._made: Future[None] = Future()
        self._unwanted = threading.Event()
        self._dropped: Future[None] = Future()
        run = copy_context().run  # what is said of connections here holds there
        threading.Thread(target=run, args=(self._run,), name="whimbrel-scratch", daemon=True).start()
        try:
            self._made.result()
        except CannotCreateDatabase as error:
            raise self._refused(error) from error
        except BaseException:
            self._unwanted.set()
            raise

    def drop(self) -> None:
        """Drop it, whoever is connected to it."""
        self._unwanted.set()
        self._dropped.result()

    def _run(self) -> None:
        if self._dialect.is_async:
            import asyncio

            from sqlalchemy.util import greenlet_spawn

            asyncio.run(greenlet_spawn(self._keep))
        else:
            self._keep()

    def _keep(self) -> None:
        """Make it, wait until nobody wants it any more, and drop it; on one connection, which has the lock."""
        with contextlib.ExitStack() as connections:
            with _telling(self._made):
                query = connections.enter_context(self._query())
                if self._is_locked(query):
                    self._drop_abandoned(query)
                self._creation.make(query, self._options, self.name)
            if self._made.exception() is None:
                self._unwanted.wait()
                with _telling(self._dropped), self._query() as anew:  # the keeper may have been idle for too long
                    self._creation.drop(anew, self.name)

    @contextlib.contextmanager
    def _query(self) -> Iterator[Query]:
        """A connection to the configured database; if that is not there, to the same server."""
        with contextlib.ExitStack() as connections:
            try:
                query = connections.enter_context(self._open_with(self._options))
            except Exception as error:
                name = self._creation.name([], self._options)
                if name is None or not self._creation.is_missing(error, name):
                    raise
                query = connections.enter_context(self._creation.beside(self._open_with, self._options))
            yield query

    @contextlib.contextmanager
    def _open_with(self, options: dict[str, Any]) -> Iterator[Query]:
        connection = connected(self._dialect, self._record, [], dict(options))
        try:
            self._dialect.set_isolation_level(connection, "AUTOCOMMIT")
            yield query_of(connection)
        finally:
            with contextlib.suppress(self._dialect.loaded_dbapi.Error):
                connection.close()

    def _is_locked(self, query: Query) -> bool:
        """Whether there are locks: a cluster may have none, and then nobody knows who lives."""
        try:
            return bool(query(_LOCK[self._kind].format(self.name))[0][0])
        except self._dialect.loaded_dbapi.Error:
            return False

    def _drop_abandoned(self, query: Query) -> None:
        for (name,) in query(_ABANDONED[self._kind].format(names.PREFIX)):
            if names.is_ours(name):
                # It is another user's, or a statement of the one who was killed still runs there: the next one's turn.
                with contextlib.suppress(self._dialect.loaded_dbapi.Error), self._query() as anew:
                    if wait_shortly := _WAIT_SHORTLY.get(self._kind):
                        anew(wait_shortly)
                    self._creation.drop(anew, name)

    def _refused(self, error: CannotCreateDatabase) -> ScratchRefused:
        return ScratchRefused(
            "no scratch database could be made",
            where=f"{self._options.get('host') or 'the server'}, beside the configured database",
            why=error.why,
            state="nothing was changed",
            hint="use a user who may make databases, or name an empty one: --scratch URL",
        )


@contextlib.contextmanager
def _telling(whom: Future[None]) -> Iterator[None]:
    """Tell another thread how it went."""
    try:
        yield
    except BaseException as error:
        whom.set_exception(error)
    else:
        whom.set_result(None)
