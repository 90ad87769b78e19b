"""A limit to how long a server is waited for, on the connections that engines open in an environment.

env.py makes its own engines, mostly without a limit: some drivers then wait for minutes, or for ever. The listener is
on all engines of the process and stays there: another thread may go through the listeners while one is removed. In a
context without a limit it does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from sqlalchemy import Engine, event

from ..connect.encryption import as_before
from ..connect.opening import connected
from ..connect.waiting import ONLY_REACHES, lift, limit, within

_seconds: ContextVar[float] = ContextVar("connect_timeout", default=0)
_before: ContextVar[Any] = ContextVar("connected_before", default=None)


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


@contextmanager
def connecting_as(driver_connection: Any) -> Iterator[None]:
    """Connect as this connection of the driver did, in this thread or task."""
    token = _before.set(driver_connection)
    try:
        yield
    finally:
        _before.reset(token)


def _connect(dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
    """Called by SQLAlchemy to connect: the connection, or None if SQLAlchemy is to do it."""
    seconds, names, before = _seconds.get(), _names(arguments, options), _before.get()
    limits = limit(dialect.driver, seconds, names)
    alike = as_before(dialect.driver, before, names) if before is not None else {}
    if not limits and not alike:
        return None
    mine = {**options, **limits, **alike}  # they may be the engine's own, which other threads use too
    if dialect.driver in ONLY_REACHES:
        mine.setdefault("async_creator_fn", _creator(dialect.driver, seconds))
    with waiting_at_most(0), connecting_as(None):
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
