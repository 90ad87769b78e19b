"""How a connection is encrypted: as its URL says, and once more as before without the cost of finding out again."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .url import DatabaseUrl

_NOT_TOLD = ("ssl", "read_default", "unix_socket")
"""How arguments begin with which a connection does not tell how the next one should be encrypted."""
_known: ContextVar[dict[object, dict[str, Any]] | None] = ContextVar("known_servers", default=None)

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
    (measured with 1.2), if nobody says how to encrypt. A socket of the machine's own is as good as encrypted to it.

    Args:
        driver: SQLAlchemy's name of it.
        connection: the driver's open connection.
        given: the names of the arguments that it is given.
    """
    if driver != "pymysql" or any(name.startswith(_NOT_TOLD) for name in given):
        return {}
    if getattr(connection, "_secure", False):  # there is no public way
        return {"ssl": connection.ctx}
    return {"ssl_disabled": True} if hasattr(connection, "_secure") else {}


@contextmanager
def remembering(servers: dict[object, dict[str, Any]]) -> Iterator[None]:
    """Let all connections to a server be encrypted as the first one, in this thread or task, and those it starts.

    A command may connect ten times: to the database, to scratch databases, to see whether it is done.

    Args:
        servers: what is known of servers, to which more is added.
    """
    token = _known.set(servers)
    try:
        yield
    finally:
        _known.reset(token)


def encrypted_alike(dialect: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
    """Connect as SQLAlchemy does, but as `remembering` says."""
    known = _known.get()
    if known is None or dialect.driver != "pymysql":
        return dialect.connect(*arguments, **options)
    # Who says something else of how to connect is not answered for.
    server = (frozenset(options), *(options.get(name) for name in ("host", "port", "unix_socket")))
    connection = dialect.connect(*arguments, **{**options, **known.get(server, {})})
    known.setdefault(server, as_before(dialect.driver, connection, options))
    return connection
