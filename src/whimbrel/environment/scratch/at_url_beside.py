"""Databases beside the one at a URL, which are called as the configured one and those that statements name.

None of them may be there: what is in one may be somebody's. Each gets a table whose name tells that the database is
ours, so that what a process has left that was killed may be dropped by the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...dialects.base import literal
from ...dialects.mysql.creation import Creation
from ...errors import CannotCreateDatabase
from ...patience import Patience
from . import at_url
from .at_url import NotToBeUsed, ScratchAtUrl
from .names import is_ours

if TYPE_CHECKING:
    from collections.abc import Collection

    from ...connect.driver import Query
    from ...connect.url import DatabaseUrl
    from .keeping import Route
    from .original import Original

_LOCK = "SELECT GET_LOCK(CONCAT('whimbrel scratch ', SHA1({})), 0)"


class ScratchesAtUrl(ScratchAtUrl):
    """Several databases of a server as scratch ones. The one at the URL is emptied afterwards, the others are dropped.

    Args:
        dialect, record, url, original: as for `ScratchAtUrl`.
        name: what the configured database is called.
        beside: what those are called that statements name.

    Raises:
        NotToBeUsed: as `ScratchAtUrl`; or one of them is there, or cannot be made.
    """

    def __init__(
        self, dialect: Any, record: Any, url: DatabaseUrl, original: Original, *, name: str, beside: Collection[str]
    ) -> None:
        self.beside = sorted(beside)
        self.missing = frozenset(original.beside)
        self._wanted = [one for one in (name, *self.beside) if one != url.database]
        self._made: list[str] = []
        self._creation = Creation()
        super().__init__(dialect, record, url, original)
        self.name = name

    def lead(self, route: Route) -> Route:
        """As `Kept.lead`."""
        return super().lead(route).to(self.name)

    def is_there(self, query: Query) -> bool:
        """As `Kept.is_there`: there is the mark."""
        return bool(query(self._known.table_exists(self._marker, self.name)))

    def prepare(self, query: Query) -> None:
        """As `Kept.prepare`."""
        super().prepare(query)
        try:
            for name in self._wanted:
                self._make(query, name)
        except BaseException:
            self.finish(query)
            raise

    def _make(self, query: Query, name: str) -> None:
        patience = Patience(at_url.PATIENCE)
        while not _is_locked(query, name):
            if not patience.wait():
                raise NotToBeUsed(f"another process uses {name} on its server; waited {at_url.PATIENCE:.0f} s")
        if query(self._creation.exists(name)):
            if not any(is_ours(table.name) for table in self._known.contents.tables(query, name)):
                raise NotToBeUsed(f"statements name {name}, and there is a database of that name on its server")
            self._creation.drop(query, name)
        try:
            is_made = self._creation.make(query, dict(self._route.options), name)
        except CannotCreateDatabase as error:
            raise NotToBeUsed(f"statements name {name}, and beside it: {error.why}") from error
        if not is_made:
            raise NotToBeUsed(f"somebody else has made {name} on its server")
        self._made.append(name)
        query(f"CREATE TABLE {self._known.quoted(name, self._marker)} (id INTEGER)")

    def _empty(self, query: Query) -> None:
        query("SET foreign_key_checks = 0")  # they may refer to each other
        for name in self._made:
            if _is_locked(query, name) and query(self._known.table_exists(self._marker, name)):
                self._creation.drop(query, name)
        super()._empty(query)


def _is_locked(query: Query, name: str) -> bool:
    """Take the lock, once more if we have it."""
    return bool(query(_LOCK.format(literal(name)))[0][0])
