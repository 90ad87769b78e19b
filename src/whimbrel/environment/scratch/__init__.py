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
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary, WeakSet

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import Pool

from ...connect.engine import query_of
from ...connect.opening import connected
from ...dialects.statement import only_looks, read_statement
from ...errors import ScratchUnusable
from .cluster import reached
from .default_schema import follow
from .files import ScratchFile
from .keeping import Kept, Route, server
from .named import check_kind
from .neighbours import Neighbours
from .private import ScratchOnPrivateServer
from .servers import KINDS
from .ways import Ways

if TYPE_CHECKING:
    from ...connect.driver import Query

_LED = "whimbrel scratch database"
"""What a pool's record of a connection has of whoever has led it elsewhere."""

_OWN_ENGINE = "let env.py make its engine with create_engine or engine_from_config and a URL"
_ELSEWHERE = "do that outside of the revisions: it is about more than the database that they make"
_WHERE = {
    "postgresql": "SELECT current_database(), pg_backend_pid()",
    "mysql": "SELECT DATABASE(), CONNECTION_ID()",
}


__all__ = ["Scratch", "Ways", "check_kind"]

_current: ContextVar[Scratch | None] = ContextVar("scratch_database", default=None)


class Scratch:
    """The scratch databases of one run: one for each database that the environment means to connect to.

    As a context manager, they are dropped at its end.

    Args:
        given: the URL of an empty one, to be used instead of making any; it stays as it is then.
        ways: how to make some; beside the configured ones, or on a private server, by default.
    """

    def __init__(self, given: sqlalchemy.URL | None = None, ways: Ways | None = None) -> None:
        self._given = given
        self._ways = ways or Ways()
        self._made: dict[str, ScratchFile | Kept] = {}
        self._opened: WeakSet[Any] = WeakSet()
        self._plain: list[Any] = []  # connections that nothing can refer to weakly
        self._renewed: WeakSet[Any] = WeakSet()  # records of pools, whose connections were open before
        self._schemas: WeakKeyDictionary[Any, str | None] = WeakKeyDictionary()  # by the dialects of engines
        self._neighbours = Neighbours()
        self._making = threading.Lock()
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def connect(self, dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        """Open a connection to the scratch database for one that was to be opened with these arguments."""
        if self._is_over:
            raise _past("a thread that env.py has started goes on when the replay is over")
        wanted = Route(tuple(arguments), options)
        made = None if self._given is not None else self._in_place_of(dialect, record, wanted)
        route = made.lead(wanted) if made is not None else self._to_given(dialect)
        if server(dialect.name) == "mysql":
            self._led_from(dialect, wanted.database, made.name if made is not None else route.database)
        connection = connected(dialect, record, list(route.arguments), dict(route.options))
        if (where := _WHERE.get(server(dialect.name))) is not None:
            [[actual, session]] = query_of(connection)(where)
            is_there = made is None or made.is_there(query_of(connection))
            connection.rollback()
            if not is_there or actual != (made.name if made is not None else route.database):
                connection.close()
                raise _past("a listener of the project's has changed where the connection goes")
            if made is not None:
                made.used_by(session)
        if dialect.name == "sqlite":
            query_of(connection)("PRAGMA synchronous = OFF")  # nobody misses it when the machine fails
        self._note(connection)
        record.info[_LED] = self
        return connection

    @contextmanager
    def led(self) -> Iterator[None]:
        """Lead all connections of this thread or task, and of threads that it starts, here; as often as is wanted."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def check(self, connection: Any) -> None:
        """Refuse a connection that leads to another database.

        Raises:
            ScratchUnusable
        """
        if not self._leads_here(connection):
            raise _past("a connection was open before, or is made by a function of the project's (creator=)")

    def check_pooled(self, connection: Any, record: Any) -> None:
        """Refuse a pool's connection that leads to another database; one that was open before is made anew.

        Raises:
            DisconnectionError: the pool is to close it, and to open one.
            ScratchUnusable: that is none of ours either; or nothing would be left of a database in memory.
        """
        if self._leads_here(connection):
            return
        if record in self._renewed or _is_in_memory(connection):
            self.check(connection)
        self._renewed.add(record)
        raise DisconnectionError("it was opened before, and leads to another database than the scratch one")

    def _leads_here(self, connection: Any) -> bool:
        return connection in self._plain or self._is_opened(connection)

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
            if (reach := self._neighbours.reached(sql, self._names, self._missing, query)) is not None:
                error = _past(reach.how, _ELSEWHERE)
                error.reached = reach.database
                raise error
        elif server(dialect) == "postgresql":
            if not self._has_server and (how := reached(sql, self._names)) is not None:
                raise _past(how, _ELSEWHERE)
        elif not only_looks(sql) and any(part.verb == "ATTACH" for part in read_statement(sql, dialect).parts):
            raise _past("ATTACH leads to another one")

    @property
    def _has_server(self) -> bool:
        """Whether a whole server is there for this run alone."""
        return any(isinstance(made, ScratchOnPrivateServer) for made in self._made.values())

    @property
    def _names(self) -> frozenset[str]:
        given = self._given.database if self._given is not None else None
        made = (name for made in self._made.values() for name in (made.name, *made.beside))
        return frozenset(filter(None, (given, *made)))

    @property
    def _missing(self) -> frozenset[str]:
        return frozenset(name for made in self._made.values() for name in made.missing)

    def drop(self) -> None:
        """Drop what was made."""
        with self._making:
            self._is_over = True
        with ExitStack() as drops:  # of several, each: whatever has become of the others
            drops.callback(self._ways.close)
            while self._made:
                drops.callback(self._made.popitem()[1].drop)

    def _led_from(self, dialect: Any, configured: str | None, name: str | None) -> None:
        self._schemas[dialect] = name
        follow(dialect, configured, _default_schema)

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

    def _to_given(self, dialect: Any) -> Route:
        """What leads to the database that was named."""
        assert self._given is not None
        check_kind(self._given.get_backend_name(), dialect.name, self._given.render_as_string(hide_password=True))
        arguments, options = dialect.create_connect_args(self._given)
        return Route(tuple(arguments), options)

    def _in_place_of(self, dialect: Any, record: Any, route: Route) -> ScratchFile | Kept:
        """The scratch database for another one, made if there is none yet."""
        if dialect.name == "sqlite":
            return self._one(str(route.arguments[:1]), lambda is_first: ScratchFile())
        if server(dialect.name) not in KINDS or route.database is None or route.arguments:
            raise _past("the project connects in a way whose database cannot be replaced")
        target = f"{route.options.get('host')}:{route.options.get('port')}/{route.database}"
        return self._one(target, lambda is_first: self._ways.make(dialect, record, route, is_first=is_first))

    def _one(self, target: str, make: Callable[[bool], ScratchFile | Kept]) -> ScratchFile | Kept:
        with self._making:  # env.py may have several threads, which connect at once
            if target not in self._made:
                self._made[target] = make(not self._made)
            return self._made[target]


def _is_in_memory(connection: Any) -> bool:
    """Whether it is SQLite's, and its database goes with it."""
    if "sqlite" not in type(connection).__module__:
        return False
    return not query_of(connection)("PRAGMA database_list")[0][2]


def _past(why: str, hint: str = _OWN_ENGINE) -> ScratchUnusable:
    return ScratchUnusable(
        "the project would connect to another database than the scratch one",
        why=why,
        state="nothing was executed there",
        hint=hint,
    )


def _default_schema(dialect: Any) -> str | None:
    """The database that this thread or task is led to with an engine of this dialect; None if it is led nowhere."""
    scratch = _current.get()
    return None if scratch is None else scratch._schemas.get(dialect)


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
        scratch.check_pooled(connection, record)
    elif record.info.get(_LED) is not None:
        raise DisconnectionError("it leads to a scratch database, and what is wanted is the configured one")


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
