"""Tokens for the connections of SQLAlchemy's engines, whoever has made those: env.py mostly does.

The listener is on all engines of the process: a connection that verifies or cancels is opened when env.py has ended, in
another thread even. It does nothing for an engine whose URL asks for no token.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy
from sqlalchemy import Engine, event

from ..opening import connected
from ..url import DatabaseUrl, parse
from . import PREFIX, token_of
from .encryption import mode_to_set

_PASSWORDS = ("password", "passwd")
"""What drivers call it."""


def _connect(dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
    """Called by SQLAlchemy to connect: the connection, or None if no token is asked for and SQLAlchemy is to do it.

    Each connection gets one of its own, as it does not last.

    Raises:
        TokenUnencrypted, UrlInvalid, CredentialsMissing
    """
    key = next((key for key in _PASSWORDS if str(options.get(key)).startswith(PREFIX)), None)
    if key is None:
        return None
    url = _url(dialect, options, str(options[key]))
    mode = mode_to_set(dialect.driver, options, url.masked)
    # A copy: the arguments may be the engine's own, which other threads use too.
    given = {**options, key: token_of(url)}
    if mode is not None:
        given["ssl" if dialect.driver == "asyncpg" else "sslmode"] = mode
    return connected(dialect, record, list(arguments), given)


def _url(dialect: Any, options: dict[str, Any], password: str) -> DatabaseUrl:
    host, port = (_only(options.get(key)) for key in ("host", "port"))
    address = sqlalchemy.URL.create(
        f"{dialect.name}+{dialect.driver}",
        options.get("user"),
        password,
        host,
        int(port) if port else None,
        next((options[key] for key in ("dbname", "database", "db") if options.get(key)), None),
    )
    return parse(address.render_as_string(hide_password=False))


def _only(value: Any) -> str | None:
    """None for several hosts or ports: a token is for one."""
    return None if value is None or isinstance(value, list) or "," in str(value) else str(value)


event.listen(Engine, "do_connect", _connect, insert=True)
