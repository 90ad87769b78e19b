"""How the connections are opened that engines open in an environment: how long for, and how they are encrypted.

env.py makes its own engines, mostly without a limit: some drivers then wait for minutes, or for ever. The listener is
on all engines of the process and stays there: another thread may go through the listeners while one is removed. In a
context without a limit it does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from sqlalchemy import Engine, event

from ..connect.encryption import remembering
from ..connect.opening import connected
from ..connect.waiting import CONNECT_TIMEOUT, ONLY_REACHES, lift, limit, within

_seconds: ContextVar[float] = ContextVar("connect_timeout", default=0)


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Give up connecting after so many seconds, in this thread or task; 0 for no limit.

    An engine, a URL or a variable of the driver that has a limit keeps it.
    """
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


@dataclass(frozen=True)
class Connecting:
    """How all connections of a command are opened.

    Attributes:
        seconds: how long a server is waited for; 0 for no limit.
        servers: how those encrypt that were connected to, for `remembering`.
    """

    seconds: float = CONNECT_TIMEOUT
    servers: dict[object, dict[str, Any]] = field(default_factory=dict)

    @contextmanager
    def here(self) -> Iterator[None]:
        """Open connections so in this thread or task."""
        with waiting_at_most(self.seconds), remembering(self.servers):
            yield


def _connect(dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
    """Called by SQLAlchemy to connect: the connection, or None if SQLAlchemy is to do it."""
    seconds = _seconds.get()
    limits = limit(dialect.driver, seconds, _names(arguments, options))
    if not limits:
        return None
    mine = {**options, **limits}  # they may be the engine's own, which other threads use too
    if dialect.driver in ONLY_REACHES:
        mine.setdefault("async_creator_fn", _creator(dialect.driver, seconds))
    with waiting_at_most(0):
        connection = connected(dialect, record, list(arguments), mine)
    lift(connection, limits)
    return connection


def _names(arguments: list[Any], options: dict[str, Any]) -> set[str]:
    """The names of what the driver is given, also in a libpq connection string."""
    texts = (one for one in arguments if isinstance(one, str))
    return {*options, *(name for text in texts for name in re.findall(r"(\w+)\s*=", text))}


def _creator(driver: str, seconds: float) -> Callable[..., Awaitable[Any]]:
    def creator(*arguments: Any, **options: Any) -> Awaitable[Any]:
        return within(seconds, import_module(driver).connect(*arguments, **options))

    return creator


event.listen(Engine, "do_connect", _connect, insert=True)
