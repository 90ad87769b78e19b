"""Version tables on real databases, and the two ways in which we read them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql import quoted_name

from support.databases import through
from whimbrel import versions
from whimbrel.connect.engine import make_engine, on_new_connection
from whimbrel.connect.url import parse
from whimbrel.dialects import Dialect, dialect_of

if TYPE_CHECKING:
    from whimbrel.connect.driver import Query

T = TypeVar("T")

SCHEMES = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "sqlite+aiosqlite": "sqlite",
    "postgresql+psycopg": "postgresql",
    "postgresql+psycopg_async": "postgresql",
    "postgresql+asyncpg": "postgresql",
    "mysql+pymysql": "mariadb",
    "mysql+asyncmy": "mariadb",
    "mariadb+pymysql": "mariadb",
}
"""Every way to a database that is installed here, and the kind of database it leads to."""


class Server(NamedTuple):
    """One empty database and one driver: `url` is through the driver under test, `admin` through the usual one."""

    url: str
    admin: str
    kind: str

    @classmethod
    def of(cls, scheme: str, make_database: Callable[[str], str]) -> Server:
        kind = SCHEMES[scheme]
        admin = make_database(kind)
        return cls(through(admin, scheme), admin, kind)

    @property
    def dialect(self) -> Dialect:
        return dialect_of(parse(self.url))

    def execute(self, *statements: str) -> None:
        engine = sa.create_engine(self.admin, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("%", "%%") if self.kind != "sqlite" else statement)

    def make_table(self, rows: list[str], table: str = "alembic_version", schema: str | None = None) -> None:
        engine = sa.create_engine(self.admin, poolclass=sa.NullPool)
        described = _table(table, schema)
        described.create(engine)
        with engine.begin() as connection:
            for row in rows:
                connection.execute(described.insert().values(version_num=row))

    def theirs(self, table: str = "alembic_version", schema: str | None = None) -> tuple[str, ...]:
        """The rows as SQLAlchemy reads them."""
        engine = sa.create_engine(self.admin, poolclass=sa.NullPool)
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table(quoted_name(table, True), schema=schema):
                return ()
            return tuple(connection.scalars(sa.select(_table(table, schema).c.version_num)))

    def plain(self) -> AbstractContextManager[Query]:
        url = parse(self.url)
        # `status` gives a URL without a driver the first that is installed.
        connection = self.dialect.plain(url if url.driver else url.with_driver(self.dialect.drivers[0].name))
        assert connection is not None
        return connection

    def by_driver(self, work: Callable[[Query], T]) -> T:
        """Through the driver alone, as `status` does it."""
        with self.plain() as query:
            return work(query)

    def by_engine(self, work: Callable[[Query], T]) -> T:
        """Through SQLAlchemy, as a run verifies itself."""
        url = parse(self.url)
        engine = make_engine(url)
        return on_new_connection(engine, work)

    def read(self, table: str = "alembic_version", schema: str | None = None) -> tuple[str, ...]:
        """The rows as we read them, one way and the other."""
        rows = self.by_driver(lambda query: versions.read(query, self.dialect, table, schema))
        assert self.by_engine(lambda query: versions.read(query, self.dialect, table, schema)) == rows
        return rows


def _table(table: str, schema: str | None) -> sa.Table:
    column = sa.Column("version_num", sa.String(32), primary_key=True)
    quoted = None if schema is None else quoted_name(schema, True)
    return sa.Table(quoted_name(table, True), sa.MetaData(), column, schema=quoted)
