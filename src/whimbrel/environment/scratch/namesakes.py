"""Scratch databases that are called as the configured ones, where statements name several: on a server of their own.

To MySQL a schema is a database, so models with a schema are in two of them. Those of a run are together on one private
server, which is the run's alone: what one of them names is another one's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .private import NoServer, PrivateServer, ScratchOnPrivateServer

if TYPE_CHECKING:
    from collections.abc import Collection

    from ...connect.driver import Query
    from .keeping import Route
    from .original import Original


class Namesake(ScratchOnPrivateServer):
    """A database with the name of another one, and those beside it with theirs; all are empty.

    Args:
        dialect, record: with which SQLAlchemy would have connected to the other one.
        there: the server, which is nobody else's.
        route: where the other one is.
        beside: the names of those that statements name.
        original: what is there.

    Raises:
        As `ScratchOnServer`.
    """

    def __init__(
        self,
        dialect: Any,
        record: Any,
        there: PrivateServer,
        *,
        route: Route,
        beside: Collection[str],
        original: Original,
    ) -> None:
        self.missing = frozenset(original.beside)
        super().__init__(dialect, record, there, name=route.database, beside=beside)

    def prepare(self, query: Query) -> None:
        """As `Kept.prepare`. One that another database of the run has made is the same here, as it is there."""
        self._check(query)
        for name in (self.name, *self.beside):
            self._creation.make(query, dict(self._route.options), name)

    def is_there(self, query: Query) -> bool:
        """As `Kept.is_there`."""
        return self._there.is_asked(query)

    def finish(self, query: Query) -> None:
        """As `Kept.finish`."""
        with self._query() as anew:
            self._check(anew)
            anew("SET foreign_key_checks = 0")  # they may refer to each other
            for name in (self.name, *self.beside):
                self._creation.drop(anew, name)

    def _check(self, query: Query) -> None:
        """Refuse a connection to another server, whose databases of these names are somebody's."""
        if not self.is_there(query):
            raise NoServer("the project connects to another server whatever it is told")
