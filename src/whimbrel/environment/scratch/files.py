"""Scratch databases of SQLite: files in folders for temporary files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .folders import ScratchFolder
from .keeping import Route

if TYPE_CHECKING:
    from ...connect.driver import Query


class ScratchFile:
    """A folder with a database."""

    def __init__(self) -> None:
        self._folder = ScratchFolder()

    @property
    def name(self) -> str:
        """The path of the database."""
        return os.path.join(self._folder.path, "scratch.db")

    beside = missing = ()
    """It has no others."""

    def lead(self, route: Route) -> Route:
        """Where a connection goes that was to go to another file."""
        return Route((self.name, *route.arguments[1:]), {**route.options, "uri": False})

    def is_there(self, query: Query) -> bool:
        """Nobody asks: the path is told to SQLite alone."""
        return True

    def used_by(self, session: int) -> None:
        """Nobody has to be told that it is gone: files have no sessions."""

    def drop(self) -> None:
        """Remove it."""
        self._folder.remove()
