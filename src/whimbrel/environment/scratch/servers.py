"""Scratch databases on a server. Each has a keeper, with a lock on its name for as long as we live.

Whoever makes one first drops those whose lock is free: their maker was killed. The lock is there before the database
is, so that a new one is never without.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from ...dialects.mysql.creation import Creation as OnMySQL
from ...dialects.postgresql.creation import Creation as OnPostgreSQL
from ...errors import CannotCreateDatabase
from . import names
from .keeping import Kept, Route, server
from .original import Original, look

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


class NotMade(Exception):
    """The server makes no database.

    Args:
        why: what it has said.
        original: what the server is.
    """

    def __init__(self, why: str, original: Original) -> None:
        super().__init__(why)
        self.why = why
        self.original = original


class ScratchOnServer(Kept):
    """A database that is made beside another one.

    Args:
        dialect, record: with which SQLAlchemy would have connected.
        route: where to. That database need not be there.
        name: what it is called; a name that nothing else has, by default.
        beside: other databases of that server that statements name.

    Raises:
        NotMade: the server refuses, or what is beside it is not to be reached. What the driver raises if it cannot
            connect is left as it is.
    """

    def __init__(
        self, dialect: Any, record: Any, route: Route, *, name: str | None = None, beside: Collection[str] = ()
    ) -> None:
        self.name = name or names.new_name()
        self.beside = beside
        self._creation = _CREATION[server(dialect.name)]
        super().__init__(dialect, record, route)

    def lead(self, route: Route) -> Route:
        """As `Kept.lead`."""
        return route.to(self.name)

    def prepare(self, query: Query) -> None:
        """Make it."""
        if self.beside:
            raise NotMade(f"{', '.join(self.beside)} would be what is in use there", self._original(query))
        if self._is_locked(query):
            self._drop_abandoned(query)
        try:
            self._creation.make(query, dict(self._route.options), self.name)
        except CannotCreateDatabase as error:
            raise NotMade(str(error.why), self._original(query)) from error
        try:
            self._creation.make_alike(query, lambda: self._open(self._route.to(self.name)), self.name)
        except BaseException:
            self.finish(query)
            raise

    def finish(self, query: Query) -> None:
        """Drop it."""
        with self._query() as anew:
            self._creation.drop(anew, self.name)

    def _original(self, query: Query) -> Original:
        """What the server is; one that only speaks as another does may not understand the question."""
        try:
            return look(self._kind, query)
        except self._dialect.loaded_dbapi.Error:
            return Original("", "")

    @contextlib.contextmanager
    def _query(self) -> Iterator[Query]:
        """A connection to the configured database; if that is not there, to the same server."""
        with contextlib.ExitStack() as connections:
            try:
                query = connections.enter_context(self._open(self._route))
            except Exception as error:
                name = self._creation.name([], dict(self._route.options))
                if name is None or not self._creation.is_missing(error, name):
                    raise
                query = connections.enter_context(
                    self._creation.beside(lambda options: self._open(Route((), options)), dict(self._route.options))
                )
            yield query

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
