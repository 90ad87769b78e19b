"""Signing in to Amazon RDS with a token instead of a password: `rds-iam:REGION` stands where the password would."""

from __future__ import annotations

from ...errors import UrlInvalid
from ...record import TYPE_CHECKING

if TYPE_CHECKING:
    from ..url import DatabaseUrl

PREFIX = "rds-iam:"

_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}


def signs_in(url: DatabaseUrl) -> bool:
    """Whether a URL asks for a token."""
    return bool(url.password and url.password.startswith(PREFIX))


def encrypted(url: DatabaseUrl) -> DatabaseUrl:
    """The URL of which every connection is encrypted, or fails: whoever reads a token can use it.

    Args:
        url: with its driver; one that asks for no token stays as it is.

    Raises:
        TokenUnencrypted: as `mode_to_set`.
    """
    if not signs_in(url):
        return url
    from .encryption import mode_to_set

    mode = mode_to_set(url.driver or "", dict(url.query), url.masked)
    return url if mode is None else url._replace(query=(*url.query, ("sslmode", mode)))


def token_of(url: DatabaseUrl) -> str:
    """A token to sign in with, made now: one lasts for fifteen minutes.

    Args:
        url: one that `signs_in`.

    Raises:
        UrlInvalid: it does not name one region, user and host.
        CredentialsMissing: nothing says who asks for it.
    """
    from .credentials import find
    from .signing import presigned

    region = (url.password or "").removeprefix(PREFIX)
    for what, value in (("region", region), ("user", url.user), ("host", url.host)):
        if not value:
            raise UrlInvalid(
                f"a token for RDS needs a {what}, and the database URL does not name one",
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
