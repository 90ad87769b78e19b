"""The ways to a scratch database on a server, tried one after the other: none is skipped without a word."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from ...connect.sayings import in_one_line
from ...errors import ScratchRefused, WhimbrelError
from ...events import Listener, Notice, unheard
from .at_url import NotToBeUsed, ScratchAtUrl
from .at_url_beside import ScratchesAtUrl
from .keeping import Kept, Route
from .namesakes import Namesake
from .original import Original
from .private import NoServer, PrivateServer, ScratchOnPrivateServer, hire, private_server, release
from .servers import NotMade, ScratchOnServer

if TYPE_CHECKING:
    from ...connect.url import DatabaseUrl

SETTING = "scratch_url"


class Ways:
    """Where scratch databases of a project may be.

    Args:
        find_url: returns the URL of a database that may be emptied at will; None if none is configured.
        listen: is told of what was found and not used.
        beside: databases of the same server that statements name: those are scratch ones as well, in their names.
    """

    def __init__(
        self,
        find_url: Callable[[], DatabaseUrl | None] = lambda: None,
        listen: Listener = unheard,
        beside: Collection[str] = (),
    ) -> None:
        self._find_url = find_url
        self._listen = listen
        self._beside = frozenset(beside)
        self._told: set[str] = set()
        self._hired: dict[str, PrivateServer] = {}  # by the server that each stands for

    def make(self, dialect: Any, record: Any, route: Route, *, is_first: bool) -> Kept:
        """A scratch database in the place of another one.

        Args:
            dialect, record: with which SQLAlchemy would have connected.
            route: how, and where to.
            is_first: whether it is the first one of a run.

        Raises:
            ScratchRefused: there is none to be had.
        """
        try:
            return ScratchOnServer(dialect, record, route, beside=sorted(self._beside))
        except NotMade as error:
            beside, original = error.why, error.original
        try:
            return self._on_private_server(dialect, record, route, original)
        except NoServer as error:
            self._tell_of_others(error, original)
            private = error.why
        try:
            return self._at_url(dialect, record, route, original, is_first=is_first)
        except NotToBeUsed as error:
            raise ScratchRefused(
                "no scratch database could be made",
                where=f"{route.options.get('host') or 'the server'}, beside the configured database",
                why=f"beside it: {beside}; on a private server: {private}; {SETTING}: {error}",
                state="nothing was changed",
                hint=f'name an empty database that may be emptied at will: {SETTING} = "env:NAME"; or '
                + ("install that server here" if self._beside else "use a user who may make databases"),
            ) from error

    def close(self) -> None:
        """Let go of what the scratch databases were on, once they are dropped."""
        while self._hired:
            release(self._hired.popitem()[1])

    def _on_private_server(self, dialect: Any, record: Any, route: Route, original: Original) -> Kept:
        there = self._hire(route, original) if self._beside else private_server(original)
        try:
            if not self._beside:
                return ScratchOnPrivateServer(dialect, record, there)
            others = self._beside - {route.database}
            return Namesake(dialect, record, there, route=route, beside=others, original=original)
        except WhimbrelError:
            raise
        except Exception as error:  # of the driver, of SQLAlchemy or of the network, as the driver is
            raise NoServer(f"it was started, and {in_one_line(error)}") from error

    def _hire(self, route: Route, original: Original) -> PrivateServer:
        """The server of this run for databases of another one."""
        server = str([route.options.get(name) for name in ("host", "port", "unix_socket")])
        if server not in self._hired:
            self._hired[server] = hire(original)
        return self._hired[server]

    def _at_url(self, dialect: Any, record: Any, route: Route, original: Original, *, is_first: bool) -> Kept:
        try:
            url = self._find_url()
        except WhimbrelError as error:
            raise NotToBeUsed(error.what) from error
        if url is None:
            raise NotToBeUsed("it is not set")
        if not is_first:
            raise NotToBeUsed("it is in use for another database of env.py's, and names only one")
        if not self._beside:
            return ScratchAtUrl(dialect, record, url, original)
        name = str(route.database)
        return ScratchesAtUrl(dialect, record, url, original, name=name, beside=self._beside - {name})

    def _tell_of_others(self, error: NoServer, original: Original) -> None:
        text = f"no private server is started for what is tried: {error.why}"
        if error.others and text not in self._told:
            self._told.add(text)
            self._listen(Notice(text, f"the configured database is of {original}; {SETTING} names another one"))
