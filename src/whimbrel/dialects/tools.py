"""The tools that a kind of database has for writing itself as a script of SQL, and for reading one."""

from __future__ import annotations

from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from ..connect.driver import Query
    from ..connect.url import DatabaseUrl
else:
    Protocol = object  # for type checkers only


class Program(Record):
    """A program, and how it is called. Nothing secret is in its arguments, which everybody sees.

    Attributes:
        names: what it is called, the preferred name first.
        package: what has it, as Debian calls it.
        arguments: what stands behind its name.
        variables: of its environment.
        options: what stands in a file of options that only it may read; empty for none.
    """

    names: tuple[str, ...]
    package: str
    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = {}
    options: str = ""


class Tools(Protocol):
    """How a kind of database writes itself as a script, and reads one."""

    @property
    def end(self) -> bytes:
        """A regular expression for how a complete script ends."""

    @property
    def is_one_transaction(self) -> bool:
        """Whether a script is loaded as a whole or not at all, together with what is dropped before."""

    def begin(self, seconds: float) -> str:
        """What stands before the script where it is one transaction, which `COMMIT` ends.

        Args:
            seconds: for how long what is dropped may be waited for.
        """

    def dump(self, url: DatabaseUrl, snapshot: str) -> Program:
        """The program that writes the script to its standard output.

        Args:
            url: the database; with a token in the place of the password, where one signs in so.
            snapshot: what `share` has returned.
        """

    def load(self, url: DatabaseUrl) -> Program:
        """The program that reads a script from its standard input, and stops at the first error."""

    def share(self, query: Query) -> str:
        """Let `dump` see what a transaction sees; what to tell it. Empty where that cannot be."""

    def clearing(self, query: Query) -> list[str]:
        """Statements that drop all that a script makes, in an order in which they can; `DROP` begins those that do."""
