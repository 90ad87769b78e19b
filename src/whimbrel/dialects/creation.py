"""Making a database that is not there, on a server: from another connection to it."""

from __future__ import annotations

from ..connect.sayings import in_one_line
from ..errors import CannotCreateDatabase
from ..patience import Patience
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import Any

    from ..connect.driver import Query

    Arguments = dict[str, Any]
    Open = Callable[[Arguments], AbstractContextManager[Query]]
    """Connects with these arguments of the driver, so that each statement is its own transaction."""

_PATIENCE = 10.0
"""Seconds to wait for whoever keeps the server from creating a database."""


class ServerCreation:
    """`Creation` for databases that a server has; what is left open is in which words."""

    scheme = ""
    keys: tuple[str, ...] = ()
    """What drivers call the argument with the database's name."""

    def name(self, positional: list[Any], arguments: Arguments) -> str | None:
        """As `Creation.name`."""
        return next((str(arguments[key]) for key in self.keys if arguments.get(key)), None)

    def create(self, open_with: Open, arguments: Arguments, name: str) -> bool:
        """As `Creation.create`."""
        failure: Exception | None = None
        for others in self.maintenance(arguments):
            try:
                connection = open_with(others)
                with connection as query:
                    return self._create(query, arguments, name)
            except CannotCreateDatabase:
                raise
            except Exception as error:  # there is no such database either, or it is closed to this user
                failure = failure or error
        assert failure is not None
        raise self._refused(failure, arguments, name) from failure

    def maintenance(self, arguments: Arguments) -> Iterator[Arguments]:
        """How to connect to the same server, and not to this database."""
        raise NotImplementedError

    def exists(self, name: str) -> str:
        """A statement that returns a row exactly if the database is there."""
        raise NotImplementedError

    def statement(self, name: str) -> str:
        """The statement that creates it."""
        raise NotImplementedError

    def for_administrator(self, name: str, user: str) -> str:
        """The statements that create it for a user who may not do so."""
        raise NotImplementedError

    def is_passing(self, error: Exception) -> bool:
        """Whether it may go well after a while."""
        return False

    def _create(self, query: Query, arguments: Arguments, name: str) -> bool:
        patience = Patience(_PATIENCE)
        while not query(self.exists(name)):
            try:
                query(self.statement(name))
            except Exception as error:
                if query(self.exists(name)):
                    return False  # another process was faster
                if not self.is_passing(error) or not patience.wait():
                    raise self._refused(error, arguments, name) from error
            else:
                return True
        return False

    def _refused(self, error: Exception, arguments: Arguments, name: str) -> CannotCreateDatabase:
        user, host, port = (arguments.get(key) for key in ("user", "host", "port"))
        server = f"{host or 'localhost'}{f':{port}' if port else ''}"
        statements = self.for_administrator(name, str(user)) if user else self.statement(name)
        return CannotCreateDatabase(
            f"the database {name} is not there for this user, and could not be created",
            where=f"{self.scheme}://{f'{user}@' if user else ''}{server}/{name}",
            why=in_one_line(error),
            state="nothing was changed",
            hint=f"as an administrator:  {statements}",
        )
