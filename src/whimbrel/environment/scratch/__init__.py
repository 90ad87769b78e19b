"""A scratch database in the place of the one that an environment connects to, made beside it and dropped afterwards.

env.py makes its engines as it likes, so connections are led elsewhere where SQLAlchemy opens them. One that was opened
in another way is refused when a pool hands it out, which is before anything can be executed on it; so is what would
reach out of the scratch database: attached files of SQLite, and other databases of the same server on MySQL. The
listeners are on all engines of the process, and do nothing where no scratch database is in use. A thread knows nothing
of the context of whoever has started it, so it is told when it starts: an env.py may run its migrations in one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool

from ...connect.engine import query_of
from ...connect.opening import connected
from ...dialects.statement import only_looks, read_statement
from ...errors import ScratchUnusable
from .files import ScratchFile
from .neighbours import Neighbours
from .servers import KINDS, ScratchOnServer, server

if TYPE_CHECKING:
    from ...connect.driver import Query

_DATABASE = ("dbname", "database", "db")
"""What drivers call the name of the database."""

_WHERE = {"postgresql": "SELECT current_database()", "mysql": "SELECT DATABASE()"}


class Scratch:
    """The scratch databases of one run: one for each database that the environment means to connect to.

    Args:
        given: the URL of an empty one, to be used instead of making any.
    """

    def __init__(self, given: sqlalchemy.URL | None = None) -> None:
        self._given = given
        self._made: dict[str, ScratchFile | ScratchOnServer] = {}
        self._opened: WeakSet[Any] = WeakSet()
        self._plain: list[Any] = []  # connections that nothing can refer to weakly
        self._neighbours = Neighbours()
        self._making = threading.Lock()
        self._is_over = False

    def connect(self, dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        """Open a connection to the scratch database for one that was to be opened with these arguments."""
        if self._is_over:
            raise _past("a thread that env.py has started goes on when the replay is over")
        if self._given is not None:
            if server(self._given.get_backend_name()) != server(dialect.name):
                raise _past(f"it is {self._given.get_backend_name()}, and the project connects to {dialect.name}")
            arguments, options = dialect.create_connect_args(self._given)
            name = self._given.database
        else:
            arguments, options, name = self._beside(dialect, record, list(arguments), dict(options))
        connection = connected(dialect, record, list(arguments), dict(options))
        if (where := _WHERE.get(server(dialect.name))) is not None:
            [[actual]] = query_of(connection)(where)
            connection.rollback()
            if actual != name:
                connection.close()
                raise _past("a listener of the project's has changed where the connection goes")
        self._note(connection)
        return connection

    def check(self, connection: Any) -> None:
        """Refuse a connection that leads to another database.

        Raises:
            ScratchUnusable
        """
        if connection not in self._plain and not self._is_opened(connection):
            raise _past("a connection was open before, or is made by a function of the project's (creator=)")

    def check_attached(self, attached: Iterable[str]) -> None:
        """Refuse a connection to SQLite that has other files than the scratch one.

        Raises:
            ScratchUnusable
        """
        if others := set(attached) - {"main", "temp"}:
            raise _past(f"it attaches {', '.join(sorted(others))}, which is no scratch file")

    def check_statement(self, dialect: str, sql: str, query: Query) -> None:
        """Refuse a statement that would leave the scratch database.

        Args:
            dialect: SQLAlchemy's name of it.
            sql: the statement.
            query: asks the same server.

        Raises:
            ScratchUnusable
        """
        if server(dialect) == "mysql":
            if (how := self._neighbours.reached(sql, self._names, query)) is not None:
                raise _past(how)
        elif not only_looks(sql) and any(part.verb == "ATTACH" for part in read_statement(sql, dialect).parts):
            raise _past("ATTACH leads to another one")

    @property
    def _names(self) -> frozenset[str]:
        given = self._given.database if self._given is not None else None
        return frozenset(filter(None, (given, *(made.name for made in self._made.values()))))

    def drop(self) -> None:
        """Drop what was made."""
        with self._making:
            self._is_over = True
        while self._made:
            self._made.popitem()[1].drop()

    def _note(self, connection: Any) -> None:
        try:
            self._opened.add(connection)
        except TypeError:
            self._plain.append(connection)

    def _is_opened(self, connection: Any) -> bool:
        try:
            return connection in self._opened
        except TypeError:
            return False

    def _beside(
        self, dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]
    ) -> tuple[list[Any], dict[str, Any], str]:
        """What leads to the scratch database for what leads to another one."""
        if dialect.name == "sqlite":
            return [self._name(str(arguments[:1]), ScratchFile), *arguments[1:]], {**options, "uri": False}, ""
        key = next((key for key in _DATABASE if options.get(key)), None)
        if server(dialect.name) not in KINDS or key is None or arguments:
            raise _past("the project connects in a way whose database cannot be replaced")
        target = f"{options.get('host')}:{options.get('port')}/{options[key]}"
        name = self._name(target, lambda: ScratchOnServer(dialect, record, options))
        return [], {**options, key: name}, name

    def _name(self, target: str, make: Callable[[], ScratchFile | ScratchOnServer]) -> str:
        with self._making:  # env.py may have several threads, which connect at once
            if target not in self._made:
                self._made[target] = make()
            return self._made[target].name


def _past(why: str) -> ScratchUnusable:
    return ScratchUnusable(
        "the project would connect to another database than the scratch one",
        why=why,
        state="nothing was executed there",
        hint="let env.py make its engine with create_engine or engine_from_config and a URL",
    )


_current: ContextVar[Scratch | None] = ContextVar("scratch_database", default=None)


@contextmanager
def on_scratch(given: sqlalchemy.URL | None = None) -> Iterator[Scratch]:
    """Lead all connections of this thread or task, and of threads that it starts, to a scratch database.

    It is dropped afterwards.

    Args:
        given: the URL of an empty one, to be used instead of making one; it is not dropped.

    Raises (while connecting):
        ScratchRefused: it cannot be made.
        ScratchUnusable: a connection would go to another one.
    """
    scratch = Scratch(given)
    token = _current.set(scratch)
    try:
        yield scratch
    finally:
        _current.reset(token)
        scratch.drop()


def _connect(dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
    """Called by SQLAlchemy to connect: the connection, or None if SQLAlchemy is to do it."""
    scratch = _current.get()
    if scratch is None:
        return None
    token = _current.set(None)  # what is opened for it is opened as ever
    try:
        return scratch.connect(dialect, record, arguments, options)
    finally:
        _current.reset(token)


def _checked_out(connection: Any, record: Any, proxy: Any) -> None:
    """Called by SQLAlchemy before a pool hands out a connection."""
    scratch = _current.get()
    if scratch is not None:
        scratch.check(connection)


def _connected(connection: Connection) -> None:
    """Called by SQLAlchemy before it executes anything on a connection of a pool's."""
    scratch = _current.get()
    if scratch is not None and connection.dialect.name == "sqlite":
        scratch.check_attached(row[1] for row in query_of(connection.connection)("PRAGMA database_list"))


def _executing(connection: Connection, cursor: Any, sql: str, *_: Any) -> None:
    """Called by SQLAlchemy before it executes a statement."""
    scratch = _current.get()
    if scratch is not None:
        scratch.check_statement(connection.dialect.name, sql, query_of(connection.connection))


_start = threading.Thread.start


def _start_there(thread: threading.Thread) -> None:
    """In the place of `Thread.start`."""
    if (scratch := _current.get()) is not None:
        thread.run = partial(_run_there, scratch, thread.run)  # type: ignore[method-assign]  # this one thread only
    _start(thread)


def _run_there(scratch: Scratch, run: Callable[[], None]) -> None:
    _current.set(scratch)
    run()


threading.Thread.start = _start_there  # type: ignore[method-assign,assignment]  # Python has no hook for it
event.listen(Engine, "do_connect", _connect, insert=True)
event.listen(Engine, "engine_connect", _connected)
event.listen(Engine, "before_cursor_execute", _executing)
event.listen(Pool, "checkout", _checked_out)
