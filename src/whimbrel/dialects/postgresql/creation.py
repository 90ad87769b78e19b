"""Making databases of PostgreSQL, from one that is always there."""

from __future__ import annotations

from ...connect.sayings import sqlstate
from ...record import TYPE_CHECKING
from ..base import double_quoted, literal
from ..creation import ServerCreation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from ...connect.driver import Query
    from ..creation import Arguments

_ALWAYS_THERE = ("postgres", "template1")
_MISSING, _IN_USE = "3D000", "55006"
_USUAL = "public"
_NOTHING, _NO_SCHEMA = '""', "''"
_NAMES = """
SELECT current_schema()::text, (
    SELECT substr(one, length('search_path=') + 1)
    FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) one
    WHERE d.datname = current_database() AND starts_with(one, 'search_path=')
        AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user))
    ORDER BY s.setrole DESC LIMIT 1)"""
"""The schema in which names without one are looked up first, and where the database says to look."""


class Creation(ServerCreation):
    """`Creation` for PostgreSQL."""

    scheme = "postgresql"
    keys = ("dbname", "database")

    def is_missing(self, error: Exception, name: str) -> bool:
        # libpq tells no code when it cannot connect, and its words are in any language; they name the database.
        code = sqlstate(error)
        return code == _MISSING if code else _names(str(error), name)

    def maintenance(self, arguments: Arguments) -> Iterator[Arguments]:
        key = next(key for key in self.keys if arguments.get(key))
        return ({**arguments, key: database} for database in _ALWAYS_THERE)

    def make_alike(self, query: Query, open_there: Callable[[], AbstractContextManager[Query]], name: str) -> None:
        [[schema, path]] = query(_NAMES)
        if path is not None:  # a list of names, in quotation marks where they need some
            told = _NO_SCHEMA if path == _NOTHING else path
            query(f"ALTER DATABASE {double_quoted(name)} SET search_path = {told}")
        if schema in (None, _USUAL):
            return
        with open_there() as there:
            if there("SELECT current_schema()")[0][0] is None:
                there(f"CREATE SCHEMA {double_quoted(schema)}")

    def exists(self, name: str) -> str:
        return f"SELECT 1 FROM pg_catalog.pg_database WHERE datname = {literal(name)}"

    def statement(self, name: str) -> str:
        return f"CREATE DATABASE {double_quoted(name)}"

    def dropping(self, name: str) -> tuple[str, ...]:
        others = f"datname = {literal(name)} AND pid <> pg_backend_pid()"
        return (
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}",
            f"DROP DATABASE IF EXISTS {double_quoted(name)}",
        )

    def for_administrator(self, name: str, user: str) -> str:
        return f"{self.statement(name)} OWNER {double_quoted(user)}"

    def is_passing(self, error: Exception) -> bool:
        """Somebody is connected to the template that new databases are copied from."""
        return sqlstate(error) == _IN_USE


def _names(words: str, name: str) -> bool:
    """Whether a name is among words, in the quotation marks of any language: "shop", »shop«, « shop »."""
    import re

    return re.search(rf"[^\w\s:,.]\s*{re.escape(name)}\s*[^\w\s:,.]", words) is not None
