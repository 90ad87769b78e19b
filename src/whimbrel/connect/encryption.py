"""How a connection is encrypted: as its URL says, and once more as before without the cost of finding out again."""

from __future__ import annotations

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .url import DatabaseUrl

LIBPQ_OPTIONS = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl"})
"""What asyncpg calls as libpq does, but takes only in a connection string."""


def tls_of_asyncpg(url: DatabaseUrl) -> tuple[dict[str, Any], tuple[tuple[str, str], ...]]:
    """What asyncpg's `connect` is to be given of a URL's query to encrypt, and the rest of the query."""
    from urllib.parse import urlencode

    tls = [option for option in url.query if option[0] in LIBPQ_OPTIONS]
    rest = tuple(option for option in url.query if option[0] not in LIBPQ_OPTIONS)
    return ({"dsn": f"postgresql://?{urlencode(tls)}"} if tls else {}), rest


def as_before(driver: str, connection: Any, given: Iterable[str]) -> dict[str, Any]:
    """What a driver's `connect` is to be given besides, to encrypt as an open connection to the same server does.

    PyMySQL reads all certificates of the system for each connection, which takes ten times as long as to connect
    (measured with 1.2), if nobody says how to encrypt.

    Args:
        driver: SQLAlchemy's name of it.
        connection: the driver's open connection.
        given: the names of the arguments that it is given.
    """
    if driver != "pymysql" or any(name.startswith(("ssl", "read_default")) for name in given):
        return {}
    if getattr(connection, "_secure", False):  # there is no public way
        return {"ssl": connection.ctx}
    return {"ssl_disabled": True} if hasattr(connection, "_secure") else {}
