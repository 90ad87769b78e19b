"""What differs between SQLite, PostgreSQL and MySQL/MariaDB: one protocol, one file each."""

from __future__ import annotations

from ..connect.url import DatabaseUrl
from ..errors import UrlInvalid
from .base import Dialect
from .mysql import MariaDB, MySQL
from .postgresql import PostgreSQL
from .sqlite import SQLite

__all__ = ["Dialect", "dialect_named", "dialect_of"]

_DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (SQLite(), PostgreSQL(), MySQL(), MariaDB())}


def dialect_named(name: str) -> Dialect | None:
    """The dialect of this SQLAlchemy name, or None if whimbrel knows nothing special about it."""
    return _DIALECTS.get(name)


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
            hint="it supports sqlite, postgresql, mysql and mariadb; "
            "with another database, an Alembic project with its own env.py works",
        )
    return dialect
