"""A database as it is at one moment, and the tables in it that hold data."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from ..connect.engine import driver_is_in_transaction
from ..connect.rows import Rows
from ..dialects import Dialect
from ..dialects.contents import Table
from ..environment import Visit
from ..errors import DumpFailed
from ..journal import ATTEMPTS, STATEMENTS


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


@contextmanager
def consistent_view(visit: Visit, dialect: Dialect) -> Iterator[Rows]:
    """See the database as it is at one moment, or as a transaction of somebody else's sees it. Nothing is changed."""
    connection = visit.context.connection
    assert connection is not None
    rows, contents = Rows(connection), dialect.contents
    ours = None if visit.owned else connection.begin_nested()
    if visit.owned:
        visit.end_driver_transaction()
    try:
        if not contents.settings_before:  # they are of the transaction
            _begin(visit, dialect, rows)
        for statement in contents.settings:
            rows.ask(statement)
        if contents.settings_before:
            _begin(visit, dialect, rows)
        yield rows
    finally:
        if not visit.is_lost:
            with suppress(Exception):
                connection.rollback() if ours is None else ours.rollback()
                for statement in contents.settings_before:
                    rows.ask(statement)
                if ours is None:
                    connection.rollback()


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
    """The tables in the schema of the connection, and in that of the version table; neither that nor the journal."""
    own = (visit.context.version_table, ATTEMPTS, STATEMENTS)
    home = dialect.contents.tables(rows.ask, visit.schema)
    others = dialect.contents.tables(rows.ask, None) if visit.schema is not None else []
    at_home = {table.place for table in home}
    return [table for table in home if table.name not in own] + [
        table for table in others if table.place not in at_home
    ]


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
