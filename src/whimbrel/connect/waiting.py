"""How long a server is waited for when connecting. Each driver has its own word for that, and its own gaps."""

from __future__ import annotations

import os
from math import ceil

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable
    from typing import Any, TypeVar

    T = TypeVar("T")

CONNECT_TIMEOUT = 10
"""Seconds to wait for a server. Some drivers have no limit of their own and would wait for minutes, or for ever."""

ONLY_REACHES = ("asyncmy", "aiomysql")
"""Drivers whose limit ends when the server is reached: it may be silent then for ever. `within` is for them."""

_LIBPQ = ("psycopg", "psycopg_async", "psycopg2")
_MYSQL = ("pymysql", "mysqldb", *ONLY_REACHES)
# What may hold the limit somewhere else: a service file, an options file.
_ELSEWHERE = {"service", "read_default_file", "read_default_group"}
_SERVICE = "PGSERVICE"


def limit(driver: str, seconds: float, given: Iterable[str] = ()) -> dict[str, Any]:
    """What a driver's `connect` is to be given besides, so that it waits no longer. After connecting, call `lift`.

    Nothing for a driver that is not known here, or if a limit is set by who connects.

    Args:
        driver: SQLAlchemy's name of it.
        seconds: how long; 0 for as long as the driver does.
        given: the names of the arguments that it is given.
    """
    named = set(given)
    if not seconds or _ELSEWHERE & named:
        return {}
    if driver == "asyncpg":
        return {"timeout": seconds} if "timeout" not in named else {}
    if driver not in (*_LIBPQ, *_MYSQL) or "connect_timeout" in named or (driver in _LIBPQ and _libpq_knows()):
        return {}
    limits: dict[str, Any] = {"connect_timeout": ceil(seconds)}
    if driver == "pymysql" and "read_timeout" not in named:
        limits["read_timeout"] = seconds  # its other limit ends when the server is reached, which may be silent then
    return limits


def _libpq_knows() -> bool:
    return bool(os.environ.get("PGCONNECT_TIMEOUT")) or _SERVICE in os.environ


def lift(connection: Any, limits: dict[str, Any]) -> None:
    """Take away from a driver's connection what was for connecting only: statements may take longer."""
    if "read_timeout" in limits:
        connection._read_timeout = None  # there is no public way


async def within(seconds: float, connecting: Awaitable[T]) -> T:
    """Wait for a connection, and no longer; 0 for as long as it takes.

    Raises:
        TimeoutError
    """
    import asyncio

    try:
        async with asyncio.timeout(seconds or None):
            return await connecting
    except TimeoutError as error:
        raise TimeoutError(f"timed out: no answer within {seconds:g} s") from error
