"""Connections that are encrypted, or fail: whoever reads a token can sign in with it.

A server that offers no encryption may be one that somebody has put in between. Most drivers of MySQL then go on in the
clear, although they were told whose certificate to trust.
"""

from __future__ import annotations

import os
import re

from ...errors import TokenUnencrypted
from ...record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_ENCRYPTED = ("require", "verify-ca", "verify-full")
_SSLMODE = ("psycopg", "psycopg_async", "psycopg2", "asyncpg")

_ENDS_SINCE = {"pymysql": (1, 2), "asyncmy": (0, 2, 14)}
"""Drivers of MySQL that end where the server offers no encryption, and since which version (seen in their source).

Not among them: aiomysql 0.3, mysqlclient with the library of MariaDB.
"""


def mode_to_set(driver: str, given: Mapping[str, Any], where: str) -> str | None:
    """The `sslmode` that a driver has to be given besides; None if what it is given is enough.

    Args:
        driver: SQLAlchemy's name of it.
        given: its arguments, as a URL or SQLAlchemy has them.
        where: to what, for the message.

    Raises:
        TokenUnencrypted: they allow connections that are not encrypted, or the driver does, whatever it is told.
    """
    if driver in _SSLMODE:
        return _of_postgresql(driver, given, where)
    _check_mysql(driver, given, where)
    return None


def _of_postgresql(driver: str, given: Mapping[str, Any], where: str) -> str | None:
    mode = given.get("sslmode") or (_of_asyncpg(given) if driver == "asyncpg" else None)
    if mode is None:
        # Said although the driver reads the variable, too: a service file would go before that.
        variable = os.environ.get("PGSSLMODE", "")
        return variable if variable in _ENCRYPTED else _ENCRYPTED[0]
    if mode not in _ENCRYPTED:
        why = f"sslmode={mode} sends it in the clear where the server wants that"
        raise _unencrypted(where, why, "?sslmode=verify-full behind the database's name")
    return None


def _of_asyncpg(given: Mapping[str, Any]) -> str | None:
    """What its own argument says, or a connection string."""
    from urllib.parse import parse_qs, urlsplit

    ssl = given.get("ssl")
    if ssl is None:
        found = parse_qs(urlsplit(str(given.get("dsn") or "")).query).get("sslmode")
        return found[-1] if found else None
    return ssl if isinstance(ssl, str) else _ENCRYPTED[0] if ssl else "disable"


def _check_mysql(driver: str, given: Mapping[str, Any], where: str) -> None:
    since = _ENDS_SINCE.get(driver)
    if since is None:
        drivers = ", ".join([*_SSLMODE, *_ENDS_SINCE])
        raise _unencrypted(where, f"{driver} may go on in the clear, whatever it is told", f"connect with {drivers}")
    if _version(driver) < since:
        newer = f"{driver}>={'.'.join(map(str, since))}"
        why = f"this {driver} goes on in the clear where the server offers no encryption"
        raise _unencrypted(where, why, f"pip install '{newer}'")
    context = given.get("ssl")
    told = (context and not isinstance(context, str)) or given.get("ssl_ca") or given.get("ssl_capath")
    if not told or "ssl_disabled" in given:
        why = f"nothing tells {driver} whose certificate to trust"
        raise _unencrypted(where, why, "?ssl_ca=global-bundle.pem behind the database's name")


def _version(driver: str) -> tuple[int, ...]:
    from importlib.metadata import version

    return tuple(int(number) for number in re.findall(r"\d+", version(driver))[:3])


def _unencrypted(where: str, why: str, hint: str) -> TokenUnencrypted:
    return TokenUnencrypted(
        "a token for RDS goes only over an encrypted connection",
        where=where,
        why=why,
        state="nothing was changed",
        hint=hint,
    )
