"""What moving rows takes: how to get at a database, how long to wait, whom to tell, and when to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from sqlalchemy import exc

from ..connect.rows import Rows
from ..dialects import Dialect
from ..environment import Environment, Visit
from ..environment.reasons import reason
from ..errors import CommitUnknown, SeveralDatabases, counted
from ..events import Listener
from ..interruption import Interruption, Stopped, StopRequested
from ..runner.turn import Turn
from ..settings import Database
from ..settings.limits import Limits
from .view import dialect_of, settled

T = TypeVar("T")


class Transfer:
    """Rows on their way out of a database or into it, or out of the world.

    Args:
        environment: how to get at the database.
        limits: how long to wait for another migrator, and for locks.
        listen: is told how far it is, and what is waited for.
        interruption: whether it is to stop.
    """

    def __init__(self, environment: Environment, limits: Limits, listen: Listener, interruption: Interruption) -> None:
        self._environment = environment
        self.limits = limits
        self.tell = listen
        self.interruption = interruption

    @property
    def database(self) -> Database:
        """The database, as it is configured."""
        return self._environment.database

    def look(self, work: Callable[[Visit, Dialect], T]) -> list[T]:
        """Do something with each database that the environment visits, and change none."""

        def begun(visit: Visit, dialect: Dialect) -> T:
            visit.begin(visit.peek())
            return work(visit, dialect)

        return self._each(begun, writes=False)

    def change(self, work: Callable[[Visit, Dialect], T]) -> list[T]:
        """Change each database that the environment visits. The work has to take its `turn`."""
        return self._each(work, writes=True)

    def _each(self, work: Callable[[Visit, Dialect], T], *, writes: bool) -> list[T]:
        done: list[T] = []

        def visited(visit: Visit) -> None:
            try:
                done.append(work(visit, dialect_of(visit)))
            except StopRequested as request:
                self.interruption.requested = False  # it was for this run
                raise Stopped from request

        with self.interruption.deferred():
            self._environment.visit(visited, writes=writes)
        return done

    def refuse_several(self, what: str) -> None:
        """Refuse an env.py that visits several databases, before anything is done with the first. Reads them.

        Args:
            what: cannot be for several.

        Raises:
            SeveralDatabases
        """
        if not self.database.has_env:
            return
        places = self.look(lambda visit, dialect: visit.where)
        if len(places) > 1:
            raise SeveralDatabases(
                f"env.py visits {counted(len(places), 'database')}, and {what} is for one",
                where=places[0],
                why=f"the others: {', '.join(places[1:3])}{', …' if len(places) > 3 else ''}",
                state="nothing was changed",
                hint="have env.py visit one, as -x arguments may tell it",
            )

    def turn(self, visit: Visit, dialect: Dialect) -> Turn:
        """A database's turn, which waits as long as the limits say, and no longer than until it is to stop."""
        return Turn(visit, dialect, self.limits, self.tell, self.interruption.sleep)


@contextmanager
def transaction(visit: Visit, dialect: Dialect, turn: Turn, rows: Rows) -> Iterator[None]:
    """One transaction, in which it is sure that nobody else has been faster, and then its commit.

    Values are read and written meanwhile in the one way that archives know. Where the transaction is ours to begin,
    what is read and locked in it is what there is.

    Raises:
        CommitUnknown: the connection was lost during the commit.
    """
    connection = visit.context.connection
    assert connection is not None
    is_through = False
    begun = connection.begin() if visit.owned else connection.begin_nested()
    try:
        for statement in dialect.contents.change if visit.owned else ():
            rows.ask(statement)
        rows.ask("SELECT 1")  # before the lock: on SQLite it is the first statement that takes it
        turn.enter_transaction() if visit.heads else turn.lock_transaction()
        with settled(visit, dialect, rows):
            yield
        is_through = True
        begun.commit()
    except BaseException as error:
        if is_through and isinstance(error, exc.DBAPIError) and error.connection_invalidated:
            raise _unknown(error, visit) from error
        with suppress(Exception):
            begun.rollback()
        raise


def _unknown(error: exc.DBAPIError, visit: Visit) -> CommitUnknown:
    return CommitUnknown(
        "the connection was lost during the commit, so it is not known whether it was done",
        where=visit.where,
        why=reason(error),
        state="unknown: either all of it is done, or all is as it was",
        hint="look into the database, or run the same command again: it is done once at most",
    )
