"""Where a database is: what its version table holds, read in the lightest way there is."""

from __future__ import annotations

from .errors import WhimbrelError
from .record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .connect.driver import Query
    from .dialects import Dialect
    from .environment import AlembicStep, Environment, Visit
    from .journal import Attempt
    from .settings import Database

    Wanted = Callable[[tuple[str, ...]], bool]
    """Whether the journal is to be read too, of a database at these heads."""


class Position(Record):
    """Where one database is, and how it got there.

    Attributes:
        where: its URL with the password masked.
        heads: the rows of its version table.
        attempts: its journal, oldest first, if that was asked for.
        half_done: the revisions of which something is committed, and not all, with their direction; as `attempts`.
        unread: why the journal could not be read; None if it could, or was not asked for.
    """

    where: str
    heads: tuple[str, ...]
    attempts: tuple[Attempt, ...] = ()
    half_done: tuple[tuple[str, str], ...] = ()
    unread: WhimbrelError | None = None


def by_driver(database: Database, journal: Wanted) -> Position | None:
    """Where a database is, asked through its driver alone: SQLAlchemy and Alembic are not loaded. Reads the database.

    None if its kind of database, or its driver, has no such way.

    Args:
        database: which one.
        journal: whether its journal is wanted.

    Raises:
        UrlMissing, DriverMissing, CannotConnect, VersionTableBroken.
    """
    from . import versions
    from .connect.driver import cannot_connect, with_driver
    from .connect.iam import with_token
    from .dialects import dialect_of

    dialect = dialect_of(database.required_url)
    url = with_token(with_driver(database.required_url, dialect.drivers))
    connection = dialect.plain(url, database.connect_timeout)
    if connection is None:
        return None
    try:
        with connection as query:
            schema = database.version_table_schema
            heads = versions.read(query, dialect, database.version_table, schema)
            return _position(database.required_url.masked, heads, journal, query, dialect, schema)
    except WhimbrelError as error:
        error.where = error.where or database.required_url.masked
        raise
    except Exception as error:
        where = f"{database.required_url.masked}  (from {database.url_origin})"
        raise cannot_connect(error, url, dialect.hints, where=where) from error


def by_environment(environment: Environment, journal: Wanted) -> list[Position]:
    """Where each database is that an environment visits. Reads the databases.

    Args:
        environment: how to get at them.
        journal: whether their journals are wanted.

    Raises:
        WhimbrelError: whatever went wrong there.
    """
    from .connect.engine import query_of
    from .environment import Work

    positions: list[Position] = []

    def steps(visit: Visit) -> Iterator[AlembicStep]:
        heads, connection, dialect = visit.read(), visit.context.connection, visit.dialect
        if connection is None or dialect is None:  # a kind of database that has no journal
            positions.append(Position(visit.where, heads))
        else:
            query = query_of(connection.connection)
            positions.append(_position(visit.where, heads, journal, query, dialect, visit.schema))
        return iter(())

    environment.run(Work(steps, options={"dont_mutate": True}))
    return positions


def _position(
    where: str, heads: tuple[str, ...], journal: Wanted, query: Query, dialect: Dialect, schema: str | None
) -> Position:
    if not journal(heads):
        return Position(where, heads)
    from .journal import open_ends, read_attempts, read_half_done

    try:
        attempts = tuple(read_attempts(query, dialect, schema))
        half_done = read_half_done(query, dialect, schema) if open_ends(attempts) else ()
        return Position(where, heads, attempts, half_done)
    except WhimbrelError as error:  # it is no truth that anything depends on
        error.where = error.where or where
        return Position(where, heads, unread=error)
