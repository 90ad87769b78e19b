"""Notices who takes the driver's own connection out of SQLAlchemy's: what is executed on it, nobody sees."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Connection, PoolProxiedConnection

_INSIDERS = ("sqlalchemy", "alembic", "whimbrel")
_TAKEN = "_whimbrel_taken"


@contextmanager
def watched(connection: Connection, taken: Callable[[], None]) -> Iterator[None]:
    """Meanwhile call `taken` when somebody takes the driver's connection out of this one.

    SQLAlchemy has no event for it, and a revision gets the connection itself, in several ways.
    """
    before: Any = connection.__class__
    connection.__class__ = _class_of_watched(before)
    connection.__dict__[_TAKEN] = taken
    try:
        yield
    finally:
        del connection.__dict__[_TAKEN]
        connection.__class__ = before


@cache
def _class_of_watched(base: Any) -> type[Connection]:
    class Watched(base):  # type: ignore[misc]  # whatever the connection was
        @property
        def connection(self) -> PoolProxiedConnection:
            caller = sys._getframe().f_back
            if caller is None or caller.f_globals.get("__name__", "").partition(".")[0] not in _INSIDERS:
                self.__dict__[_TAKEN]()
            connection: PoolProxiedConnection = super().connection
            return connection

    Watched.__name__ = Watched.__qualname__ = base.__name__
    return Watched
