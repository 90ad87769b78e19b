"""Signing in to Amazon RDS with a token instead of a password: `rds-iam:REGION` stands where the password would."""

from __future__ import annotations

import os

from ...errors import TokenUnencrypted, UrlInvalid
from ...record import TYPE_CHECKING

if TYPE_CHECKING:
    from ..url import DatabaseUrl

PREFIX = "rds-iam:"

_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}
_ENCRYPTED = ("require", "verify-ca", "verify-full")
_LIBPQ = ("psycopg", "psycopg_async", "psycopg2")
_MYSQL_AUTHORITIES = ("ssl_ca", "ssl_capath")
_MYSQLDB_MODES = ("REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")


def signs_in(url: DatabaseUrl) -> bool:
    """Whether a URL asks for a token."""
    return bool(url.password and url.password.startswith(PREFIX))


def encrypted(url: DatabaseUrl) -> DatabaseUrl:
    """The URL of which every connection is encrypted, or fails: whoever reads a token can use it.

    Args:
        url: with its driver; one that asks for no token stays as it is.

    Raises:
        TokenUnencrypted: it allows connections that are not encrypted, or this driver decides that by itself.
    """
    if not signs_in(url):
        return url
    options = dict(url.query)
    if url.driver in (*_LIBPQ, "asyncpg"):
        given = options.get("sslmode") or (options.get("ssl") if url.driver == "asyncpg" else None)
        if given is None and os.environ.get("PGSSLMODE") in _ENCRYPTED:
            return url
        if given is None:
            return url._replace(query=(*url.query, ("sslmode", _ENCRYPTED[0])))
        if given not in _ENCRYPTED:
            why = f"sslmode={given} sends it in the clear where the server wants that"
            raise _unencrypted(url, why, "?sslmode=verify-full")
    elif url.driver == "mysqldb" and options.get("ssl_mode") not in _MYSQLDB_MODES:
        raise _unencrypted(url, "nothing tells mysqldb to encrypt", "?ssl_mode=VERIFY_IDENTITY")
    elif url.driver != "mysqldb" and not any(options.get(name) for name in _MYSQL_AUTHORITIES):
        raise _unencrypted(url, f"nothing tells {url.driver} whose certificate to trust", "?ssl_ca=global-bundle.pem")
    return url


def token_of(url: DatabaseUrl) -> str:
    """A token to sign in with, made now: one lasts for fifteen minutes.

    Args:
        url: one that `signs_in`.

    Raises:
        UrlInvalid: it names no region, user or host.
        CredentialsMissing: nothing says who asks for it.
    """
    from .credentials import find
    from .signing import presigned

    region = (url.password or "").removeprefix(PREFIX)
    for what, value in (("region", region), ("user", url.user), ("host", url.host)):
        if not value:
            raise UrlInvalid(
                f"a token for RDS needs a {what}, and the database URL names none",
                where=url.masked,
                state="nothing was changed",
                hint="postgresql://USER:rds-iam:eu-central-1@HOST:5432/DATABASE",
            )
    assert url.user
    assert url.host
    return presigned(url.host, url.port or _PORTS.get(url.dialect, 0), url.user, region, find(url.masked))


def with_token(url: DatabaseUrl) -> DatabaseUrl:
    """The URL with a token for a password, for one connection that is made at once.

    Raises:
        As `encrypted` and `token_of`.
    """
    return encrypted(url)._replace(password=token_of(url)) if signs_in(url) else url


def _unencrypted(url: DatabaseUrl, why: str, hint: str) -> TokenUnencrypted:
    return TokenUnencrypted(
        "a token for RDS goes only over an encrypted connection",
        where=url.masked,
        why=why,
        state="nothing was changed",
        hint=f"{hint} behind the database's name",
    )
