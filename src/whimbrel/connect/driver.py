"""Plain driver connections, for commands that read one table and must not wait for SQLAlchemy to load."""

from __future__ import annotations

import sys

from ..errors import CannotConnect, DriverMissing
from ..record import TYPE_CHECKING, Record
from .url import DatabaseUrl, scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Query = Callable[[str], list[tuple[Any, ...]]]
    """Runs one statement without parameters and returns its rows."""

CONNECT_TIMEOUT = 10
"""Seconds to wait for a server. Some drivers have no limit of their own and would wait for minutes."""


class Driver(Record):
    """A driver as its URL names it.

    Attributes:
        name: what stands behind the `+`.
        module: what has to be importable.
        requirement: what pip is to install for it; empty for the standard library.
    """

    name: str
    module: str
    requirement: str


def is_installed(module: str) -> bool:
    """Whether a module can be imported, without importing it."""
    from importlib.util import find_spec

    try:
        return module in sys.modules or find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def with_driver(url: DatabaseUrl, drivers: Sequence[Driver]) -> DatabaseUrl:
    """The URL with its driver named: the one it names, else the first of `drivers` that is installed.

    Raises:
        DriverMissing: the driver is not installed, or none of them is.
    """
    if url.driver is None:
        for driver in drivers:
            if is_installed(driver.module):
                return url.with_driver(driver.name)
        raise _missing(url, drivers[0])
    known = next((driver for driver in drivers if driver.name == url.driver), None)
    if known is not None and not is_installed(known.module):
        raise _missing(url, known)
    return url


def _missing(url: DatabaseUrl, driver: Driver) -> DriverMissing:
    return DriverMissing(
        f"the driver {driver.module} for {url.dialect} is not installed",
        where=url.masked,
        state="nothing was changed",
        hint=f"pip install '{driver.requirement}'",
    )


def cannot_connect(
    error: BaseException, url: DatabaseUrl | None, hints: Mapping[str, str], *, where: str | None = None
) -> CannotConnect:
    """A driver's error while connecting, told in one line.

    Args:
        error: what the driver raised.
        url: where to, if known; its password is taken out of the driver's words.
        hints: regular expressions for the driver's words, and what helps.
        where: instead of the masked URL.
    """
    import re

    reason = scrub(str(error), url)
    reason = next((line for line in reason.splitlines() if line.strip()), type(error).__name__)
    hint = next((hint for pattern, hint in hints.items() if re.search(pattern, reason, re.IGNORECASE)), None)
    return CannotConnect(
        "cannot connect to the database",
        where=where or (url.masked if url else None),
        why=reason,
        state="nothing was changed",
        hint=hint or "check the URL: host, port, user and database",
    )
