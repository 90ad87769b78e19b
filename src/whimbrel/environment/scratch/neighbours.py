"""Statements that would reach out of a scratch database of MySQL's into another one of its server, told by their text.

To MySQL a schema is a database, so any name may lead to another one. What is not understood is not let through: any
name before a dot that is another database's counts, wherever it stands. Only in statements about rows, where it may be
a table's (`shop.id`), the server is asked whether it has what is named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from ...dialects.base import literal
from ...dialects.mysql.creation import SYSTEM
from ...dialects.statement import only_looks
from ...record import Record

if TYPE_CHECKING:
    from ...connect.driver import Query

_READ_ONLY = "information_schema"
_COMMENT = r"--(?=\s)[^\n]*|\#[^\n]*|/\*(?!M?!).*?\*/|/\*M?!\d*|\*/"  # the server executes what is in /*! … */


_READINGS = (
    re.compile(rf"(?P<silent>{_COMMENT}|'(?:[^'\\]|''|\\.)*')|`(?:[^`]|``)*`|\"(?:[^\"\\]|\"\"|\\.)*\"", re.DOTALL),
    re.compile(rf"(?P<silent>{_COMMENT}|'(?:[^']|'')*')|`(?:[^`]|``)*`|\"(?:[^\"]|\"\")*\"", re.DOTALL),
)
"""What is neither executed nor a name; where a string ends depends on the session (NO_BACKSLASH_ESCAPES)."""

_NAME = r"`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|[\w$]+"
_QUALIFIED = re.compile(rf"({_NAME})\s*\.\s*({_NAME}|\*)")
_DATABASE = re.compile(
    r"\b(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?(?:DATABASE|SCHEMA)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?"
    rf"(?!(?:DEFAULT|CHARACTER|CHARSET|COLLATE|COMMENT|ENCRYPTION)\b)({_NAME})",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"\bPREPARE\s+\S+\s+FROM\b|\bEXECUTE\s+IMMEDIATE\b", re.IGNORECASE)
_OF_USERS = (
    r"SET\s+(?:PASSWORD|DEFAULT\s+ROLE)|(?:CREATE|ALTER|DROP|RENAME)\s+(?:OR\s+REPLACE\s+)?"
    r"(?:USER|ROLE|SERVER|TABLESPACE|INSTANCE)"
)
_HAS_A_BODY = re.compile(
    r"\s*(?:CREATE\b.*?\b(?:PROCEDURE|FUNCTION|EVENT|PACKAGE)|BEGIN|IF|LOOP|WHILE)\b", re.IGNORECASE | re.DOTALL
)
_IN_A_BODY = re.compile(rf"(?<![`\"\w$.])(?:GRANT|REVOKE|KILL|{_OF_USERS})\b(?![`\"(])", re.IGNORECASE)
"""What stands in the middle of a text that has others in it: words that nothing else can be, without quotes."""
_OF_SERVER = re.compile(
    r"(?:^|;)\s*(?:SET\s+STATEMENT\b[^;]*?\bFOR\s+)?(?:USE|GRANT|REVOKE|SHUTDOWN|RESTART|FLUSH|KILL|RESET|PURGE|CHANGE|STOP|CLONE|BINLOG|INSTALL|UNINSTALL|XA|"
    rf"START(?!\s+TRANSACTION)|{_OF_USERS})\b|"
    r"\bSET\b[^;]*(?:\b(?:GLOBAL|PERSIST|PERSIST_ONLY)\s+[\w$.`]+\s*:?=|@@(?:GLOBAL|PERSIST|PERSIST_ONLY)\b)",
    re.IGNORECASE,
)
_OF_ANOTHER_SERVER = re.compile(
    r"\b(?:CREATE|ALTER)\b.*\bENGINE\s*=?\s*['\"`]?(FEDERATED|CONNECT|SPIDER)\b", re.IGNORECASE | re.DOTALL
)
"""A table whose rows are somewhere else: under a name of this database, what is done to them reaches those."""
_ABOUT_ROWS = re.compile(r"[\s(]*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b", re.IGNORECASE)
_IS_TABLE = "SELECT 1 FROM information_schema.tables WHERE table_schema = {} AND table_name = {} LIMIT 1"
_IS_ROUTINE = "SELECT 1 FROM information_schema.routines WHERE routine_schema = {} AND routine_name = {} LIMIT 1"


class Reach(Record):
    """How a statement reaches out.

    Attributes:
        how: in a few words.
        database: the one whose table or other thing it names; None if it is about something else, or that is the
            server's own.
    """

    how: str
    database: str | None = None


class Neighbours:
    """The other databases of a server."""

    def __init__(self) -> None:
        self._names: frozenset[str] | None = None

    def reached(self, sql: str, own: Collection[str], others: Collection[str], query: Query) -> Reach | None:
        """How a text reaches out of the scratch databases; None if it does not.

        Args:
            sql: a statement, or several.
            own: the names of the scratch databases.
            others: names of databases that are to be told from tables although this server has none of that name.
            query: asks the server.
        """
        looks = only_looks(sql)
        there = {name.casefold() for name in others}
        for reading in _READINGS:
            text = reading.sub(_without_silent, sql)
            if not looks and (how := _beyond(text, own)) is not None:
                return Reach(how)
            # In the whole text: the name of an engine may be a string. Rows may have such a string as well.
            if _ABOUT_ROWS.match(text) is None and (engine := _OF_ANOTHER_SERVER.search(sql)) is not None:
                return Reach(f"a table of {engine[1].upper()} has its rows in another database")
            if (found := self._named(text, own, there, query, looks)) is not None:
                return found
        return None

    def _named(
        self, text: str, own: Collection[str], there: Collection[str], query: Query, looks: bool
    ) -> Reach | None:
        """How it names another database; what only looks may do so, unless it calls a function there."""
        about_rows = _ABOUT_ROWS.match(text) is not None and ";" not in text.rstrip("; \n")
        for database, name in _names(_QUALIFIED, text):
            if database in own or (database.casefold() not in there and database.casefold() not in self._others(query)):
                continue
            asked = (_IS_ROUTINE,) if looks else (_IS_TABLE, _IS_ROUTINE) if about_rows else ()
            if not asked or any(query(question.format(literal(database), literal(name))) for question in asked):
                is_system = database.lower() in SYSTEM
                return Reach(f"{database}.{name} names the database {database}", None if is_system else database)
        return None

    def _others(self, query: Query) -> frozenset[str]:
        if self._names is None:
            found = query("SELECT schema_name FROM information_schema.schemata")
            self._names = frozenset(str(name).casefold() for (name,) in found) - {_READ_ONLY}
        return self._names


def _beyond(text: str, own: Collection[str]) -> str | None:
    """How it is about databases as such, or about the server."""
    if hidden := _HIDDEN.search(text):
        return f"nothing shows what {_verb(hidden)} executes"
    of_server = _OF_SERVER.search(text) or (_IN_A_BODY.search(text) if _HAS_A_BODY.match(text) else None)
    if of_server is not None:
        return f"{_verb(of_server)} is about the server"
    others = (name for (name,) in _names(_DATABASE, text) if name not in own)
    return next((f"it is about the database {name}" for name in others), None)


def _verb(found: re.Match[str]) -> str:
    return found[0].strip("; \t\r\n").split()[0].upper()


def _without_silent(found: re.Match[str]) -> str:
    return " " if found["silent"] is not None else found[0]


def _names(pattern: re.Pattern[str], text: str) -> Iterator[list[str]]:
    return ([_unquoted(name) for name in found.groups()] for found in pattern.finditer(text))


def _unquoted(name: str) -> str:
    return name[1:-1].replace(name[0] * 2, name[0]) if name[0] in '`"' else name
