"""What differs between databases, as one short protocol."""

from __future__ import annotations

from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from typing import Any, Protocol

    from ..connect.driver import Driver, Query
    from ..connect.url import DatabaseUrl
else:
    Protocol = object  # for type checkers only


class Place(Record):
    """Where a connection looks up names.

    Attributes:
        statements: put a new connection there.
        schema: the schema of a name without one, if it is not the usual one.
        database: which database of which server it is, where a URL may not tell.
    """

    statements: tuple[str, ...] = ()
    schema: str | None = None
    database: str | None = None


class Dialect(Protocol):
    """One kind of database."""

    @property
    def name(self) -> str:
        """SQLAlchemy's name of it."""

    @property
    def drivers(self) -> tuple[Driver, ...]:
        """The drivers it is used with, the preferred one first."""

    @property
    def hints(self) -> Mapping[str, str]:
        """Regular expressions for what a driver says when it cannot connect, and what helps."""

    def plain(self, url: DatabaseUrl) -> AbstractContextManager[Query] | None:
        """A connection of the driver alone, or None if the URL asks for more than that can do. Reads only.

        Raises (when entered): whatever the driver raises.
        """

    def connect_args(self, driver: str) -> dict[str, Any]:
        """What SQLAlchemy passes to the driver besides the URL."""

    def quoted(self, *names: str | None) -> str:
        """Identifiers joined by dots, quoted; None is left out."""

    def table_exists(self, table: str, schema: str | None) -> str:
        """A statement that returns a row with something in it exactly if the table exists."""

    def place(self, query: Query) -> Place:
        """Where a connection looks up names: schema search path, current database, attached files."""

    def only_reads(self, query: Query) -> bool:
        """Whether the server behind a connection is a replica, or takes no changes for another reason."""


def literal(text: str) -> str:
    """A string literal of standard SQL."""
    return "'" + text.replace("'", "''") + "'"


def double_quoted(*names: str | None) -> str:
    """Identifiers in double quotes, joined by dots."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names if name)
