"""What differs between SQLite, PostgreSQL and MySQL/MariaDB: one protocol, one file each."""

from __future__ import annotations

from ..connect.url import DatabaseUrl
from ..errors import UrlInvalid
from .base import Dialect, Holder, Place
from .mysql import MariaDB, MySQL
from .postgresql import PostgreSQL
from .sqlite import SQLite

__all__ = ["Dialect", "Holder", "Place", "dialect_named", "dialect_of", "dialect_of_module", "is_final", "is_missing"]

_DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (SQLite(), PostgreSQL(), MySQL(), MariaDB())}


def dialect_named(name: str) -> Dialect | None:
    """The dialect of this SQLAlchemy name, or None if whimbrel knows nothing special about it."""
    return _DIALECTS.get(name)


def dialect_of_module(name: str) -> Dialect | None:
    """The dialect that has a driver in this module or package, or None."""
    top = name.partition(".")[0]
    return next((one for one in _DIALECTS.values() if any(driver.module == top for driver in one.drivers)), None)


def is_final(words: str, where: str | None = None) -> bool:
    """Whether a driver's words, when it could not connect, say that it will not connect later either.

    Args:
        words: those of `cannot_connect`: with the number or SQLSTATE behind them, as servers speak many languages.
        where: the URL of the database, if it is known; else it may be of any kind.
    """
    import re

    own = dialect_named(re.split("[+:]", where or "", maxsplit=1)[0])
    said = re.sub(r"""(?<!\w)'[^']*'|"[^"]*\"""", "", words)  # the names of hosts, databases and users say nothing
    return any(re.search(one.final, said, re.IGNORECASE) for one in ([own] if own else _DIALECTS.values()))


def is_missing(words: str) -> bool:
    """Whether such words say that the server is there, and the database is not."""
    import re

    return any(re.search(dialect.missing, words, re.IGNORECASE) for dialect in _DIALECTS.values() if dialect.missing)


def dialect_of(url: DatabaseUrl) -> Dialect:
    """The dialect of a URL.

    Raises:
        UrlInvalid: it names a database that is not supported.
    """
    dialect = _DIALECTS.get(url.dialect)
    if dialect is None:
        raise UrlInvalid(
            f'"{url.dialect}" is not a database that whimbrel supports',
            where=url.masked,
            state="nothing was changed",
            hint="it supports sqlite, postgresql, mysql and mariadb; "
            "with another database, an Alembic project with its own env.py works",
        )
    return dialect
