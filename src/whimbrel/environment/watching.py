"""Notices who takes the driver's own connection out of SQLAlchemy's: what is executed on it, nobody sees."""

from __future__ import annotations

import sys
from collections.abc import Callable

from sqlalchemy import Connection, PoolProxiedConnection

_INSIDERS = ("sqlalchemy", "alembic", "whimbrel")


def watched(base: type[Connection], taken: Callable[[], None]) -> type[Connection]:
    """A class of connections that calls `taken` when somebody takes the driver's connection out of one."""

    class Watched(base):  # type: ignore[misc, valid-type]  # whatever the connection was
        @property
        def connection(self) -> PoolProxiedConnection:
            caller = sys._getframe().f_back
            if caller is None or caller.f_globals.get("__name__", "").partition(".")[0] not in _INSIDERS:
                taken()
            connection: PoolProxiedConnection = super().connection
            return connection

    Watched.__name__ = Watched.__qualname__ = base.__name__
    return Watched
