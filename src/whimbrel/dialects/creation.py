"""Making and dropping a database of a server: from a connection to another one."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager

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

    def is_missing(self, error: Exception, name: str) -> bool:
        """As `Creation.is_missing`."""
        raise NotImplementedError

    def create(self, open_with: Open, arguments: Arguments, name: str) -> bool:
        """As `Creation.create`."""
        try:
            with self.beside(open_with, arguments) as query:
                return self.make(query, arguments, name)
        except CannotCreateDatabase:
            raise
        except Exception as error:
            if self.is_missing(error, name):
                raise  # no other database was asked for by that name: it is the user's, who is called alike
            raise self._refused(error, arguments, name) from error

    @contextmanager
    def beside(self, open_with: Open, arguments: Arguments) -> Iterator[Query]:
        """A connection to the same server, and not to this database; it fails as the first one that was tried."""
        failure: Exception | None = None
        with ExitStack() as connected:
            for others in self.maintenance(arguments):
                try:
                    query = connected.enter_context(open_with(others))
                except Exception as error:  # there is no such database either, or it is closed to this user
                    failure = failure or error
                else:
                    yield query
                    return
        assert failure is not None
        raise failure

    def make(self, query: Query, arguments: Arguments, name: str) -> bool:
        """Make it on a connection that is there; false if somebody else was faster.

        Raises:
            CannotCreateDatabase: nobody did.
        """
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

    def make_alike(self, query: Query, open_there: Callable[[], AbstractContextManager[Query]], name: str) -> None:
        """Let names without a schema lead in a new database where they lead in the one that `query` goes to.

        Args:
            query: goes to that.
            open_there: connects to the new one.
            name: the name of the new one.
        """

    def drop(self, query: Query, name: str) -> None:
        """Drop it if it is there, whoever is connected to it."""
        for statement in self.dropping(name):
            query(statement)

    def maintenance(self, arguments: Arguments) -> Iterator[Arguments]:
        """How to connect to the same server, and not to this database."""
        raise NotImplementedError

    def exists(self, name: str) -> str:
        """A statement that returns a row exactly if the database is there."""
        raise NotImplementedError

    def statement(self, name: str) -> str:
        """The statement that creates it."""
        raise NotImplementedError

    def dropping(self, name: str) -> tuple[str, ...]:
        """The statements that drop it."""
        raise NotImplementedError

    def for_administrator(self, name: str, user: str) -> str:
        """The statements that create it for a user who may not do so."""
        raise NotImplementedError

    def is_passing(self, error: Exception) -> bool:
        """Whether it may go well after a while."""
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
