"""Making databases of MySQL and MariaDB, on a connection to none."""

from __future__ import annotations

from contextlib import suppress

from ...record import TYPE_CHECKING
from ..base import literal
from ..creation import ServerCreation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...connect.driver import Query
    from ..creation import Arguments

SYSTEM = frozenset(("information_schema", "mysql", "performance_schema", "sys"))
"""What every server has for itself."""

_UNKNOWN, _DENIED = 1049, 1044
"""What the server says of a database that is not there; the second to a user who has no rights on it either."""


class Creation(ServerCreation):
    """`Creation` for MySQL and MariaDB."""

    scheme = "mysql"
    keys = ("database", "db")

    def is_missing(self, error: Exception, name: str) -> bool:
        return error.args[:1] in ((_UNKNOWN,), (_DENIED,))

    def maintenance(self, arguments: Arguments) -> Iterator[Arguments]:
        yield {key: value for key, value in arguments.items() if key not in self.keys}

    def exists(self, name: str) -> str:
        return f"SELECT 1 FROM information_schema.schemata WHERE schema_name = {literal(name)}"

    def statement(self, name: str) -> str:
        # Said here, as the default of older servers has no room for all of Unicode.
        return f"CREATE DATABASE {_quoted(name)} CHARACTER SET utf8mb4"

    def drop(self, query: Query, name: str) -> None:
        for session, _, _, database, *_ in query("SHOW PROCESSLIST"):
            if database == name:  # what it has open would be waited for: for a day
                with suppress(Exception):  # of whatever driver: it has ended meanwhile
                    query(f"KILL {session}")
        super().drop(query, name)

    def dropping(self, name: str) -> tuple[str, ...]:
        return (f"DROP DATABASE IF EXISTS {_quoted(name)}",)

    def for_administrator(self, name: str, user: str) -> str:
        only = name.replace("_", r"\_").replace("%", r"\%")  # else they stand for any letters, and so other databases
        return f"{self.statement(name)}; GRANT ALL ON {_quoted(only)}.* TO {literal(user)}"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
