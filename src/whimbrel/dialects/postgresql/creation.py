"""Making databases of PostgreSQL, from one that is always there."""

from __future__ import annotations

from ...connect.sayings import sqlstate
from ...record import TYPE_CHECKING
from ..base import double_quoted, literal
from ..creation import ServerCreation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..creation import Arguments

_ALWAYS_THERE = ("postgres", "template1")
_MISSING, _IN_USE = "3D000", "55006"


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
