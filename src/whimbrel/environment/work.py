"""What is to be done in an environment, and what was seen of the databases it was done to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from alembic.runtime.migration import MigrationContext, RevisionStep, StampStep
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from .. import versions
from ..connect.engine import (
    driver_autocommits,
    driver_is_in_transaction,
    errors_explained,
    execute_on,
    has_one_connection,
    on_new_connection,
    query_on,
)
from ..connect.url import mask
from ..dialects import Dialect, Place, dialect_named
from ..errors import VersionTableBroken
from ..events import Created
from ..record import TYPE_CHECKING
from .rebuild import ForeignKeysInTheWay
from .waiting import Connecting

if TYPE_CHECKING:
    from ..connect.driver import Query

AlembicStep = RevisionStep | StampStep
REPLICA_PATIENCE = 5.0
"""Seconds that a replica is waited for."""
T = TypeVar("T")


class ReplicaBehind(Exception):
    """A replica does not show yet what was reported. It proves nothing: the change may be on its way."""


class Watcher(Protocol):
    """Told what happens to the transaction of a revision while it runs."""

    def begun(self) -> None:
        """A transaction has begun behind SQLAlchemy's back, perhaps not the first one."""

    def busy(self, error: Exception) -> bool:
        """A transaction cannot begin, as somebody else writes; whether it may be tried again, after a while."""

    def committing(self) -> None:
        """Before something is committed although the revision is not through."""

    def leaving(self) -> None:
        """Before statements may be executed that nobody sees, on the driver's own connection."""


def _straight(visit: Visit, run: Callable[[], None]) -> None:
    run()


@dataclass(frozen=True)
class Work:
    """What a command wants done with each database that an environment visits.

    Attributes:
        steps: called with the visit once the connection is ready; yields what Alembic is to run, or nothing.
        writes: whether the database is changed. What only reads takes no write lock and creates no table.
        per_revision: whether each step is its own transaction.
        options: keyword arguments of Alembic's `EnvironmentContext`: `as_sql`, `destination_rev`, `tag`, ….
        metadata: the models, for an environment that has no env.py to name them.
        before: called with each visit before anything is executed.
        around: called with each visit and with what runs its steps, to be called as often as is needed.
        created: databases that are missing are made, and this is told of each; None if they are not to be made.
    """

    steps: Callable[[Visit], Iterable[AlembicStep]]
    writes: bool = False
    per_revision: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    metadata: Any = None
    before: Callable[[Visit], None] | None = None
    around: Callable[[Visit, Callable[[], None]], None] = _straight
    created: Callable[[Created], None] | None = None

    @property
    def offline(self) -> bool:
        """Whether SQL is written instead of run (`--sql`)."""
        return bool(self.options.get("as_sql"))


@dataclass
class Visit:
    """One database that an environment has connected to; an env.py may visit several.

    Attributes:
        context: Alembic's migration context.
        schema: the version table's schema, as it was translated then: an env.py may go on to the next tenant with the
            same connection.
        heads: what the version table held when the work began, or was begun again.
        first_heads: what it held when the work began first.
        purged: what it held before that, if the work began with emptying it.
        reported: what it must hold if all that was reported is true.
        running: the revision whose code runs right now, or failed.
        finished: the revisions whose transactions were committed, as far as this process knows.
        planned: how many revisions are to run.
        direction: `upgrade` or `downgrade`.
        recorded: whether the running revision is through and its row written, so that a commit is one of all of it.
        aside: whether what is executed now is not the revision's: a commit is none of it.
        committed_midway: whether the running revision has committed something itself.
        place: where names without a schema were looked up.
        begun: whether the version table has been read.
        shared: whether the connection is the caller's, who commits or rolls back.
        owned: whether its transactions are ours to begin and to end.
        watcher: told what happens to the transaction of the running revision.
        resumable: whether the next run goes on with a revision that is left in the middle.
        confirmed: whether a new connection has seen what was reported; None if none was asked yet.
        autocommits: whether the connection commits each statement by itself.
        failure: what the run of this database has raised.
        url: the database's URL with the password masked, as it is configured; None if only env.py knows it.
        connecting: how a new connection to it is opened.
        driver: the driver's connection that the work began with.
        blocked: who was in the way of a statement that was given up, and how long it was tried.
        locking_read: what stands behind a SELECT so that it sees what others have committed meanwhile.
        in_the_way: why the running revision could not rebuild a table.
    """

    context: MigrationContext
    schema: str | None = None
    heads: tuple[str, ...] = ()
    purged: tuple[str, ...] | None = None
    reported: frozenset[str] = frozenset()
    running: str | None = None
    finished: list[str] = field(default_factory=list)
    planned: int = 0
    direction: str = "upgrade"
    recorded: bool = False
    aside: bool = False
    committed_midway: bool = False
    place: Place = field(default_factory=Place)
    begun: bool = False
    shared: bool = False
    owned: bool = False
    watcher: Watcher | None = None
    first_heads: tuple[str, ...] | None = None
    resumable: bool = False
    confirmed: bool | None = None
    autocommits: bool = False
    failure: BaseException | None = None
    url: str | None = None
    connecting: Connecting = field(default_factory=Connecting)
    driver: Any = None
    blocked: str | None = None
    locking_read: str = ""
    in_the_way: ForeignKeysInTheWay | None = None

    @property
    def before(self) -> tuple[str, ...]:
        """What the version table held when the command came."""
        return (self.first_heads or ()) if self.purged is None else self.purged

    @property
    def offline(self) -> bool:
        """Whether SQL is written instead of run."""
        return bool(self.context.as_sql)

    @property
    def dialect(self) -> Dialect | None:
        """What whimbrel knows of this kind of database, if anything."""
        return dialect_named(self.context.dialect.name)

    @property
    def engine(self) -> Engine:
        """The engine that the connection came from."""
        assert self.context.connection is not None
        return self.context.connection.engine

    @property
    def uncommitted(self) -> bool:
        """Whether a transaction is still open that somebody else must commit."""
        connection = self.context.connection
        return connection is not None and not connection.closed and connection.in_transaction()

    @property
    def changed(self) -> bool:
        """Whether anything was done."""
        return bool(self.finished) or self.reported != frozenset(self.before)

    @property
    def table(self) -> tuple[object, ...]:
        """Which version table it is, among those of a run."""
        url = None if self.offline else str(self.engine.url)
        return (url, self.place, self.schema, self.context.version_table)

    @property
    def is_lost(self) -> bool:
        """Whether the connection that the work began with is gone. SQLAlchemy connects anew when one is used next."""
        connection = self.context.connection
        if connection is None or connection.closed or connection.invalidated:
            return True
        return connection.connection.driver_connection is not self.driver

    @property
    def has_one_connection(self) -> bool:
        """Whether the engine has no other connection to ask than the one of the migrations."""
        return has_one_connection(self.engine)

    @property
    def is_in_autocommit(self) -> bool:
        """Whether each statement is committed by itself; psycopg can be told so behind SQLAlchemy's back."""
        connection = self.context.connection
        if connection is None:
            return False
        options = connection.get_execution_options()
        level = options.get("isolation_level") or getattr(self.engine.dialect, "_on_connect_isolation_level", None)
        return level == "AUTOCOMMIT" or driver_autocommits(connection)

    @property
    def address(self) -> str:
        """The database's URL with the password masked."""
        return self.url or mask(self.engine.url.render_as_string(hide_password=True))

    @property
    def inside(self) -> str | None:
        """The schema, if it is not the one that the URL leads to."""
        if self.schema is not None:
            return self.schema
        return None if self.place.schema == self.engine.url.database else self.place.schema

    @property
    def where(self) -> str:
        """Which database, and which schema in it."""
        return f"{self.address}, schema {self.inside}" if self.inside else self.address

    def note_in_the_way(self, error: ForeignKeysInTheWay) -> None:
        """Keep why the running revision could not rebuild a table: it may catch that."""
        self.in_the_way = error

    def begin(self, heads: Iterable[str]) -> None:
        """Note where the database is, and how to get there again."""
        self.begun = True
        self.heads = tuple(heads)
        self.running = None
        if self.first_heads is None:
            self.first_heads = self.heads
        self.reported = frozenset(heads)
        if not self.offline:
            self.autocommits = self.is_in_autocommit
        if not self.offline and self.dialect is not None:
            self.place = self.dialect.place(self.query)

    def read(self) -> tuple[str, ...]:
        """What the version table holds, read on the migration's own connection."""
        if self.dialect is None:
            return self.context.get_current_heads()
        return versions.read(self.query, self.dialect, self.context.version_table, self.schema, self.locking_read)

    def read_rows(self, condition: str = "", *, begins: bool = False) -> tuple[str, ...]:
        """As `read`, of a table that is there.

        Args:
            condition: of SQL; only the rows for which it holds.
            begins: a transaction, as SQLAlchemy does, unless there is one.
        """
        connection = self.context.connection
        if self.dialect is None or connection is None:
            return self.context.get_current_heads()

        def query(statement: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

        ask, table = query if begins else self.query, self.context.version_table
        try:
            where = f" WHERE {condition}" if condition else ""
            return versions.rows(ask, self.dialect, table, self.schema, where + self.locking_read)
        except VersionTableBroken as error:
            cause = error.__cause__
            if isinstance(cause, DBAPIError) and self.dialect.changes.is_transient(cause.orig or cause):
                raise cause from None  # somebody else has locked it
            raise

    def peek(self) -> tuple[str, ...]:
        """As `read`, and no transaction is left open by it."""
        try:
            return self.read()
        finally:
            self.end_driver_transaction()

    def end_driver_transaction(self) -> None:
        """End what a query has begun behind SQLAlchemy's back, unless that may be a transaction of somebody else's."""
        connection = self.context.connection
        if connection is None or connection.invalidated or not self.owned:
            return
        if not connection.in_transaction():
            with errors_explained(connection):
                connection.connection.rollback()

    def commit_behind(self) -> None:
        """Commit behind SQLAlchemy's back, which goes on believing in its transaction."""
        connection = self.context.connection
        assert connection is not None
        with errors_explained(connection):
            connection.connection.commit()

    def commit_rest(self) -> None:
        """Commit what a revision that has ended its transaction by itself has done since, and its version with it."""
        connection = self.context.connection
        if connection is not None and self.owned and connection.in_transaction():
            connection.commit()

    def roll_back(self) -> None:
        """End the transaction, if it is ours to end."""
        connection = self.context.connection
        if connection is None or not self.owned or self.is_lost:
            return
        if connection.get_transaction() is not None:
            connection.rollback()
        if driver_is_in_transaction(connection):  # a COMMIT has failed: for SQLAlchemy that ends a transaction, too
            with errors_explained(connection):
                connection.connection.rollback()

    def read_anew(self) -> tuple[str, ...] | None:
        """What the version table holds for everybody else, read on a new connection.

        None if it cannot be asked: a database whimbrel has no reader for, one in memory that is gone with its
        connection, or a pool that has only the one connection.
        """
        dialect, schema = self.dialect, self.schema
        if dialect is None:
            return None
        if self.has_one_connection:
            closed = self.context.connection is None or self.context.connection.closed
            return None if closed else self.read()
        return self.ask_anew(lambda query: versions.read(query, dialect, self.context.version_table, schema))

    def read_settled(self) -> tuple[str, ...] | None:
        """As `read_anew`; a replica that new connections are sent to is given a moment to catch up.

        Raises:
            ReplicaBehind: it has not.
        """
        dialect, until = self.dialect, time.monotonic() + REPLICA_PATIENCE
        if dialect is None or self.has_one_connection:
            return self.read_anew()

        def read(query: Query) -> tuple[tuple[str, ...], bool]:
            seen = versions.read(query, dialect, self.context.version_table, self.schema)
            return seen, frozenset(seen) != self.reported and dialect.only_reads(query)

        while True:
            seen, is_behind = self.ask_anew(read)
            if not is_behind:
                return seen
            if time.monotonic() > until:
                raise ReplicaBehind(f"new connections lead to a replica, which is still at {', '.join(seen) or 'base'}")
            time.sleep(REPLICA_PATIENCE / 50)

    def sees_table_anew(self) -> bool:
        """Whether the version table is there for everybody else; true if it cannot be asked."""
        dialect, schema = self.dialect, self.schema
        if dialect is None or self.has_one_connection:
            return True
        return bool(self.ask_anew(lambda query: query(dialect.table_exists(self.context.version_table, schema))))

    def ask_anew(self, ask: Callable[[Query], T]) -> T:
        """Ask a new connection, put into the place where this one was."""
        dialect = self.dialect
        assert dialect is not None

        def asked(query: Query) -> T:
            there = dialect.place(query).statements
            for statement in self.place.statements:
                if statement not in there:  # the engine may attach or set it by itself
                    query(statement)
            return ask(query)

        with self.connecting.here():
            return on_new_connection(self.engine, asked)

    @property
    def execute(self) -> Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]:
        """As `query`, with parameters, for each of which the statement has a `?`."""
        assert self.context.connection is not None
        return execute_on(self.context.connection)

    @property
    def query(self) -> Query:
        """Queries on the migration's own connection, behind SQLAlchemy's back."""
        assert self.context.connection is not None
        return query_on(self.context.connection)


def version_schema(context: MigrationContext) -> str | None:
    """The version table's schema, as an environment for many schemas may have translated it."""
    connection = None if context.as_sql else context.connection
    options = connection.get_execution_options() if connection is not None else {}
    name = context.version_table_schema
    schema: str | None = (options.get("schema_translate_map") or {}).get(name, name)
    return schema
