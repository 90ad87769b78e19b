"""Connecting once more as before, without the cost of finding out again how a connection is encrypted."""

from __future__ import annotations

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


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
