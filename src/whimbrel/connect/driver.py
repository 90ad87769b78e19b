"""Plain driver connections, for commands that read one table and must not wait for SQLAlchemy to load."""

from __future__ import annotations

import sys

from ..errors import CannotConnect, DriverMissing, UrlInvalid
from ..record import TYPE_CHECKING, Record
from .encryption import LIBPQ_OPTIONS
from .url import DatabaseUrl, scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Query = Callable[[str], list[tuple[Any, ...]]]
    """Runs one statement without parameters and returns its rows."""


COMPOUND = "BEGIN NOT ATOMIC"
"""How a statement of MariaDB begins that is made of several: it has the rows of all of them."""


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


# SQLAlchemy has these as well. That they are known does not make them drivers to choose.
_OTHERS = (
    Driver("pysqlcipher", "sqlcipher3", "sqlcipher3-binary"),
    Driver("pg8000", "pg8000", "pg8000"),
    Driver("psycopg2cffi", "psycopg2cffi", "psycopg2cffi"),
    Driver("mysqlconnector", "mysql.connector", "mysql-connector-python"),
    Driver("mariadbconnector", "mariadb", "mariadb"),
    Driver("cymysql", "cymysql", "cymysql"),
    Driver("pyodbc", "pyodbc", "pyodbc"),
)


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
        UrlInvalid: it names no database where one is needed, or an option that the driver does not have.
    """
    named = _with_installed(url, drivers)
    _refuse_without_database(named)
    _refuse_unknown_options(named)
    return named


def _with_installed(url: DatabaseUrl, drivers: Sequence[Driver]) -> DatabaseUrl:
    if url.driver is None:
        for driver in drivers:
            if is_installed(driver.module):
                return url.with_driver(driver.name)
        raise _missing(url, drivers[0])
    known = next((driver for driver in (*drivers, *_OTHERS) if driver.name == url.driver), None)
    if known is not None and not is_installed(known.module):
        raise _missing(url, known)
    return url


def _refuse_without_database(url: DatabaseUrl) -> None:
    """On MySQL, one connects to no database, and only the first table fails. An options file may name one."""
    in_file = any(name.startswith("read_default") for name, _ in url.query)
    if url.dialect in ("mysql", "mariadb") and not url.database and not in_file:
        raise UrlInvalid(
            "the database URL names no database",
            where=url.masked,
            why=f"{url.dialect} would connect, and have no place for a table",
            state="nothing was changed",
            hint="put its name behind the host: mysql://user@host/shop",
        )


def _refuse_unknown_options(url: DatabaseUrl) -> None:
    """SQLAlchemy hands the query of the URL to the driver as arguments: one that it does not have is a TypeError."""
    if not url.query or url.driver not in _OWN_OPTIONS:
        return
    known = _options(url.driver)
    for name, _ in url.query:
        if known and name not in known:
            raise UrlInvalid(
                f'{url.driver} has no option "{name}"',
                where=url.masked,
                why="what stands behind the ? in a database URL goes to the driver",
                state="nothing was changed",
                hint=_option_hint(name, known),
            )


def _options(driver: str) -> frozenset[str]:
    """The arguments of the driver's `connect`, and what SQLAlchemy takes out before; nothing if it takes any."""
    import importlib
    import inspect

    try:
        parameters = inspect.signature(importlib.import_module(driver).connect).parameters.values()
    except (ImportError, AttributeError, ValueError, TypeError):
        return frozenset()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return frozenset()
    return frozenset(parameter.name for parameter in parameters) | _OWN_OPTIONS[driver]


def _option_hint(name: str, known: frozenset[str]) -> str:
    if name == "ssl_mode" and "sslmode" in known:
        return "PostgreSQL calls it sslmode: ?sslmode=verify-full"
    from difflib import get_close_matches

    if name in ("ssl_mode", "sslmode"):
        return "take it out, and name the certificate authority's file: ?ssl_ca=ca.pem"
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else "take it out of the URL"


_SSL = frozenset({"ssl_ca", "ssl_key", "ssl_cert", "ssl_capath", "ssl_cipher", "ssl_check_hostname"})

# What SQLAlchemy itself reads from the URL, for the drivers that accept no others than their own arguments.
_OWN_OPTIONS = {
    "asyncpg": LIBPQ_OPTIONS
    | frozenset({"prepared_statement_cache_size", "prepared_statement_name_func", "async_fallback"}),
    "pymysql": _SSL,
    "asyncmy": _SSL | {"async_fallback"},
    "aiomysql": _SSL | {"async_fallback"},
}


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
        error: what the driver raised, or what SQLAlchemy made of it.
        url: where to, if known; its password is taken out of the driver's words.
        hints: regular expressions for the driver's words, with the number or SQLSTATE behind them, and what helps.
        where: instead of the masked URL.
    """
    import re

    from .sayings import driver_words, first_line, sqlstate

    error = getattr(error, "orig", None) or error
    reason = first_line(scrub(driver_words(error), url)) or type(error).__name__
    if code := sqlstate(error):  # the words may be in any language
        reason += f" ({code})"
    hint = next((hint for pattern, hint in hints.items() if re.search(pattern, reason, re.IGNORECASE)), None)
    return CannotConnect(
        "cannot connect to the database",
        where=where or (url.masked if url else None),
        why=reason,
        state="nothing was changed",
        hint=hint or "check the URL: host, port, user and database",
    )
