"""A database as it is at one moment, and the tables in it that hold data."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from sqlalchemy import exc

from .. import versions
from ..connect.engine import driver_is_in_transaction
from ..connect.rows import Rows
from ..dialects import Dialect
from ..dialects.contents import Table
from ..environment import Visit
from ..environment.reasons import hint_for, reason
from ..errors import DumpFailed
from ..events import Listener, Notice
from ..journal.comparison import is_record
from ..runner.cancelling import canceller


class View(NamedTuple):
    """A database as it is at one moment.

    Attributes:
        visit: the database.
        dialect: what it is.
        rows: asks it.
        heads: where it is then.
        tables: those that hold data: neither version tables nor the journal.
        left_out: schemas with tables that are not among them, each with the reason.
        is_alone: whether nobody else can write meanwhile, and nothing is changed yet: others see the same.
    """

    visit: Visit
    dialect: Dialect
    rows: Rows
    heads: tuple[str, ...]
    tables: list[Table]
    left_out: dict[str, str]
    is_alone: bool = False

    def tell_left_out(self, listen: Listener) -> None:
        """Say which schemas are not in a file that has these tables."""
        for schema, why in self.left_out.items():
            listen(Notice(f"schema {schema} is left out: {why}"))

    def unread(self) -> list[tuple[str, str]]:
        """The tables whose rows are neither read nor written, each with the reason."""
        return self.dialect.contents.unread(self.rows.ask)

    def counts(self) -> dict[str, int]:
        """How many rows each table has.

        Raises:
            DumpFailed: one of them cannot be read.
        """
        counts = {}
        for table in self.tables:
            with self.reading(table):
                [[number]] = self.rows.ask(self.dialect.contents.count(table))
                counts[table.label] = int(number)
        return counts

    @contextmanager
    def reading(self, table: Table) -> Iterator[None]:
        """A table is read meanwhile.

        Raises:
            DumpFailed: it cannot be.
        """
        try:
            yield
        except exc.DBAPIError as error:
            raise DumpFailed(
                f"the rows of {table.label} cannot be read",
                where=self.visit.where,
                why=reason(error),
                state="nothing was written",
                hint=hint_for(error, self.dialect.name) or "whoever reads them needs the right to",
            ) from error


@contextmanager
def view_of(visit: Visit, dialect: Dialect) -> Iterator[View]:
    """See the database as it is at one moment, or as a transaction of somebody else's sees it. Nothing is changed."""
    with _consistent(visit, dialect) as rows:
        yield seen(visit, dialect, rows)


def seen(visit: Visit, dialect: Dialect, rows: Rows) -> View:
    """The database as the transaction sees it that a connection is in. Reads the database."""
    heads = versions.read(rows.ask, dialect, visit.context.version_table, visit.schema)
    left_out = {name: why for name, why in _other_schemas(visit, dialect, rows).items() if why}
    return View(visit, dialect, rows, heads, tables_with_data(visit, dialect, rows), left_out)


def dialect_of(visit: Visit) -> Dialect:
    """What kind of database it is.

    Raises:
        DumpFailed: none that whimbrel knows.
    """
    if visit.dialect is None:
        raise DumpFailed(
            f"whimbrel knows nothing of the rows of {visit.context.dialect.name}",
            where=visit.where,
            state="nothing was changed",
            hint="use the database's own tools: rows are read of sqlite, postgresql, mysql and mariadb",
        )
    return visit.dialect


def rows_of(visit: Visit, dialect: Dialect) -> Rows:
    """The rows of a visit's connection."""
    connection = visit.context.connection
    assert connection is not None
    if not dialect.contents.reads_to_the_end:
        return Rows(connection)
    session = dialect.sessions.identity(visit.driver, visit.query)
    return Rows(connection, canceller(visit, dialect, session))


@contextmanager
def _consistent(visit: Visit, dialect: Dialect) -> Iterator[Rows]:
    """See the database as it is at one moment, or as a transaction of somebody else's sees it. Nothing is changed."""
    connection = visit.context.connection
    assert connection is not None
    rows = rows_of(visit, dialect)
    ours = None if visit.owned else connection.begin_nested()
    if visit.owned:
        visit.end_driver_transaction()
    try:
        _begin(visit, dialect, rows)
        with settled(visit, dialect, rows):
            yield rows
    finally:
        if not visit.is_lost:
            with suppress(Exception):
                connection.rollback() if ours is None else ours.rollback()


@contextmanager
def settled(visit: Visit, dialect: Dialect, rows: Rows) -> Iterator[None]:
    """Have values read and written in the one way that archives know; afterwards the session is as it was."""
    for statement in dialect.contents.settings:
        rows.ask(statement)
    try:
        yield
    finally:
        if not visit.is_lost:
            with suppress(Exception):  # it must not be told instead of an error
                for statement in dialect.contents.settings_before:
                    rows.ask(statement)


def _begin(visit: Visit, dialect: Dialect, rows: Rows) -> None:
    """Begin the view, where the transaction is ours, and the engine has not begun one by itself."""
    connection = visit.context.connection
    assert connection is not None
    if not visit.owned:
        return
    if visit.autocommits and dialect.name == "postgresql":
        rows.ask("BEGIN")
    if dialect.sessions.locks_each_transaction and driver_is_in_transaction(connection):
        return
    for statement in dialect.contents.view:
        rows.ask(statement)


def tables_with_data(visit: Visit, dialect: Dialect, rows: Rows) -> list[Table]:
    """The tables in the schema of the connection, in that of the version table, and in the others that are the
    project's; neither version tables nor the journal.
    """
    version_table, folds = visit.context.version_table, dialect.contents.folds_names(rows.ask)
    others = [name for name, why in _other_schemas(visit, dialect, rows).items() if not why]
    found: dict[tuple[str | None, str], Table] = {}
    for schema in (visit.schema, None, *others):
        for table in dialect.contents.tables(rows.ask, schema):
            found.setdefault(table.place, table)
    return [table for table in found.values() if not is_record(table.name, version_table, folds=folds)]


def _other_schemas(visit: Visit, dialect: Dialect, rows: Rows) -> dict[str, str]:
    """The other schemas with tables, each with the reason why those are not the project's; empty if they are.

    A schema with a version table of its own is that of another project, or of another tenant.
    """
    found = {}
    for name, why in dialect.contents.other_schemas(rows.ask):
        if name == visit.schema:
            continue
        found[name] = why
        if not why and rows.ask(dialect.table_exists(visit.context.version_table, name)):
            found[name] = "it has a version table of its own"
    return found


def in_order(tables: Collection[Table]) -> tuple[list[Table], list[Table]]:
    """Tables behind all that they refer to; and those for which there is no such place, as in a cycle."""
    waiting = {table.place: table for table in tables}
    ordered: list[Table] = []
    cycles: list[Table] = []
    while waiting:
        ready = [table for table in waiting.values() if _parents(table).isdisjoint(waiting)]
        if not ready:
            ready = [next(iter(waiting.values()))]
            cycles += ready
        for table in ready:
            del waiting[table.place]
        ordered += ready
        cycles += [table for table in ready if table not in cycles and _refers_to_itself(table)]
    return ordered, cycles


def _parents(table: Table) -> set[tuple[str | None, str]]:
    return {(one.to_schema, one.to_table) for one in table.references} - {table.place}


def _refers_to_itself(table: Table) -> bool:
    return any((one.to_schema, one.to_table) == table.place for one in table.references)
