"""Where a database is: what its version table holds, read in the lightest way there is."""

from __future__ import annotations

from .errors import WhimbrelError
from .record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .environment import AlembicStep, Environment, Visit
    from .settings import Database


class Position(Record):
    """Where one database is: the rows of its version table. `where` is its URL with the password masked."""

    where: str
    heads: tuple[str, ...]


def by_driver(database: Database) -> Position | None:
    """Where a database is, asked through its driver alone: SQLAlchemy and Alembic are not loaded. Reads the database.

    None if its kind of database, or its driver, has no such way.

    Raises:
        UrlMissing, DriverMissing, CannotConnect, VersionTableBroken.
    """
    from . import versions
    from .connect.driver import cannot_connect, with_driver
    from .dialects import dialect_of

    url = database.required_url
    dialect = dialect_of(url)
    connection = dialect.plain(with_driver(url, dialect.drivers))
    if connection is None:
        return None
    try:
        with connection as query:
            heads = versions.read(query, dialect, database.version_table, database.version_table_schema)
    except WhimbrelError:
        raise
    except Exception as error:
        where = f"{url.masked}  (from {database.url_origin})"
        raise cannot_connect(error, url, dialect.hints, where=where) from error
    return Position(url.masked, heads)


def by_environment(environment: Environment) -> list[Position]:
    """Where each database is that an environment visits. Reads the databases.

    Raises:
        WhimbrelError: whatever went wrong there.
    """
    from .environment import Work

    positions: list[Position] = []

    def steps(visit: Visit) -> Iterator[AlembicStep]:
        positions.append(Position(visit.where, visit.read()))
        return iter(())

    environment.run(Work(steps, options={"dont_mutate": True}))
    return positions
