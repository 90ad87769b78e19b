"""Database URLs without SQLAlchemy: parse, mask, and take secrets out of any text.

The commands that only look at files or at the version table must not pay for importing SQLAlchemy, which costs 25
times a bare interpreter, so the URL is read here. The grammar is SQLAlchemy's:
`dialect[+driver]://[user[:password]@][host[:port]][/database][?key=value&…]`.
"""

from __future__ import annotations

import os
import re

from ..errors import UrlInvalid
from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MASK = "***"

# An unencoded "@" in a password is taken as part of it: everything up to the last "@" before the path is user and
# password. SQLAlchemy stops at the first one, and then shows the rest of the password as a host name.
_URL = re.compile(
    r"""(?P<dialect>[A-Za-z][\w]*)(?:\+(?P<driver>\w+))?://
        (?:(?P<user>[^:/?]*)(?::(?P<password>[^@]*(?:@(?=[^/?]*@)[^@]*)*))?@)?
        (?:\[(?P<ipv6>[^/\]?]+)\]|(?P<host>[^/:?]*))?
        (?::(?P<port>[^/?]*))?
        (?:/(?P<database>[^?]*))?
        (?:\?(?P<query>.*))?""",
    re.VERBOSE,
)

ASYNC_DRIVERS = frozenset({"aiosqlite", "asyncpg", "asyncmy", "aiomysql", "psycopg_async"})

_LAST_PORT = 65535
_ENCODED = "in a password, @ : / # ? are percent-encoded (@ is %40)"

_ALIASES = {"postgres": "postgresql"}


class DatabaseUrl(Record):
    """A parsed URL; `text` is what SQLAlchemy gets, everything else is decoded."""

    text: str
    dialect: str
    driver: str | None
    user: str | None
    password: str | None
    host: str | None
    port: int | None
    database: str | None
    query: tuple[tuple[str, str], ...]

    @property
    def scheme(self) -> str:
        """The dialect, and the driver if one is named."""
        return f"{self.dialect}+{self.driver}" if self.driver else self.dialect

    @property
    def is_async(self) -> bool:
        """Whether the driver is one for asyncio."""
        return self.driver in ASYNC_DRIVERS

    @property
    def masked(self) -> str:
        """The URL with the password, and any secret in its query, replaced by `***`."""
        return _mask_parameters(re.sub(_BEFORE_LAST_AT, _MASKED, self.text))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown, decoded and as the URL has it; what contains another one stands before it."""
        match = _URL.fullmatch(self.text)
        found = {self.password or "", (match and match["password"]) or ""}
        for parameter in re.finditer(_HIDDEN_PARAMETER, self.text):
            found |= {parameter["value"], _decode(parameter["value"].replace("+", " ")) or ""}
        return tuple(sorted(found - {""}, key=len, reverse=True))

    def __repr__(self) -> str:
        return f"<DatabaseUrl {self.masked}>"

    def with_driver(self, driver: str) -> DatabaseUrl:
        """The same database through another driver."""
        scheme = f"{self.dialect}+{driver}"
        return self._replace(driver=driver, text=scheme + self.text[self.text.index("://") :])


def parse(text: str, *, where: str | None = None) -> DatabaseUrl:
    """Read a database URL.

    Args:
        text: the URL; `postgres://`, which several hosts hand out, is read as `postgresql://`.
        where: the place it came from, for the message.

    Raises:
        UrlInvalid: it is empty, is no URL, its port is no number, or its password has to be encoded. The message
            never shows a password.
    """
    text = text.strip()
    match = _URL.fullmatch(text)
    if match is None:
        raise UrlInvalid(
            "the database URL is empty" if not text else "the database URL cannot be parsed",
            where=where,
            # Behind a colon there may be a password, wherever it stands.
            why=f"{text.partition(':')[0]}… is not dialect://user:password@host:port/database" if text else None,
            hint="for example sqlite:///app.db, or postgresql://app@db.example:5432/shop",
        )
    parts = match.groupdict()
    if _has_at_behind_host(match):
        raise UrlInvalid('there is an "@" behind the host in the database URL', where=where, hint=_ENCODED)
    dialect = _ALIASES.get(parts["dialect"], parts["dialect"])
    return DatabaseUrl(
        text=dialect + text[len(parts["dialect"]) :],
        dialect=dialect,
        driver=parts["driver"],
        user=_decode(parts["user"]),
        password=_decode(parts["password"]),
        host=parts["ipv6"] or _decode(parts["host"]) or None,
        port=_port(parts["port"], where),
        database=_database(parts["database"]),
        query=_query(parts["query"]),
    )


def _has_at_behind_host(match: re.Match[str]) -> bool:
    """Whether user or password hold a `/` or `?`, so that parts of them would be shown as host, database or option."""
    if match["password"] is not None:
        behind, _, query = match.string[match.end("password") + 1 :].partition("?")
        return "@" in behind or "@" in query.partition("=")[0]
    before, at, _ = (match["database"] or "").partition("@")
    return bool(match["host"] and at and ":" in before)


def _port(text: str | None, where: str | None) -> int | None:
    if not text:
        return None
    if text.isdecimal() and int(text[:6]) <= _LAST_PORT:
        return int(text)
    raise no_port(where)


def no_port(where: str | None, *, state: str | None = None) -> UrlInvalid:
    """The error for a URL whose port is none. What stands there may be a part of a password: it is not shown."""
    return UrlInvalid(
        f"the port in the database URL is not a number up to {_LAST_PORT}",
        where=where,
        state=state,
        hint=f"write user:password@host:port; {_ENCODED}",
    )


def _database(text: str | None) -> str | None:
    """The database, decoded if the installed SQLAlchemy does so (2.1 does): the application must find the same one."""
    if not text or "%" not in text:
        return text or None
    from importlib.metadata import version

    return text if version("sqlalchemy").startswith("2.0.") else _decode(text)


def _decode(text: str | None) -> str | None:
    if not text or "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)


def _query(text: str | None) -> tuple[tuple[str, str], ...]:
    if not text:
        return ()
    from urllib.parse import parse_qsl

    return tuple(parse_qsl(text))


# Patterns are compiled when they are used first: most runs have nothing to hide.
#
# Up to the last "@", however odd what stands before it: a password may hold what should have been encoded. White space
# ends a URL that stands in a text, but not the URL that is all of the text.
_BEFORE_AT = r"(://[^:\s]*:)\S*@"
_BEFORE_LAST_AT = r"(?s)(://[^:]*:).*@"
_MASKED = rf"\g<1>{MASK}@"
# Where a port should be: "user:password" whose "@host" was forgotten.
_NO_PORT = r"""(://[^:/@\s\[]*:)(?!\S*@)(?!\d{1,5}(?![\w-]))[^\s/?'",;)]+"""
# A host has no "@": drivers name it so when SQLAlchemy has cut the URL at the first "@" of several.
_HOST = r"""(\b(?:host|host name|server(?: on| at)?) (["']))[^"'\s]*@"""
_HIDDEN_PARAMETER = r"""(?ix)(?P<key>(?:(?<![\w.-])[\w.-]*(?:pass|pwd|secret|token|credential|signature|odbc_connect
    |(?:api|access|account|private)[-_]?key)[\w.-]*|(?<=[?&;])key)=)
    (?P<value>'[^'&]*'|"[^"&]*"|[^&\s]+)"""


def mask(text: str) -> str:
    """Any text with the passwords of the URLs in it, and of what drivers make of URLs, replaced by `***`."""
    text = re.sub(_NO_PORT, rf"\g<1>{MASK}", re.sub(_BEFORE_AT, _MASKED, text))
    return _mask_parameters(re.sub(_HOST, _MASKED, text))


def _mask_parameters(text: str) -> str:
    return re.sub(_HIDDEN_PARAMETER, rf"\g<key>{MASK}", text) if "=" in text else text


def scrub(text: str, *urls: DatabaseUrl | None) -> str:
    """`mask`, and the passwords of these URLs and the secrets of the environment taken out wherever they stand."""
    secrets = {secret for url in urls if url is not None for secret in url.secrets}
    return mask(hide(text, secrets | of_environment(os.environ)))


_TELLING_NAME = (
    r"(?i)PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|PWD|(?:^|_)PASS(?:_|$)"
    r"|(?:^|_|API|ACCESS|PRIVATE)KEYS?(?:_|$)"
)
_HARMLESS_NAME = r"(?i)(?:OLD)?PWD|.*_(?:FILE|PATH|DIR)"
_SHORTEST_VALUE = 6  # a shorter one is a word of many texts
_SHORTEST_PASSWORD = 4


def of_environment(environment: Mapping[str, str]) -> set[str]:
    """The secrets of an environment: values of variables whose names say so, and passwords of URLs."""
    found = set()
    for name, value in environment.items():
        if "://" in value:
            found |= _passwords(value)
        if len(value) >= _SHORTEST_VALUE and re.search(_TELLING_NAME, name) and not re.fullmatch(_HARMLESS_NAME, name):
            found.add(value)
    return found


def _passwords(text: str) -> set[str]:
    try:
        secrets = parse(text).secrets
    except UrlInvalid:
        return set()  # `mask` knows it by its shape
    return {secret for secret in secrets if len(secret) >= _SHORTEST_PASSWORD}


_WORD = r"[^\W\d_]{1,11}|[\d.:-]+"


def hide(text: str, values: Iterable[str]) -> str:
    """A text without these values, the longest first. A short word or a number is not looked for inside of words."""
    for value in sorted({value for value in values if value and value in text}, key=len, reverse=True):
        if re.fullmatch(_WORD, value):
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", MASK, text)
        else:
            text = text.replace(value, MASK)
    return text
