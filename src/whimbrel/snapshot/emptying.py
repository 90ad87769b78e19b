"""Makes a database empty: of its rows, or of everything in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import exc

from ..connect.rows import Rows
from ..dialects import Dialect
from ..dialects.contents import Table
from ..environment import AlembicStep, Environment, Visit, Work
from ..environment.reasons import hint_for, reason
from ..errors import RowsRefused, counted
from ..events import Listener
from ..interruption import Interruption
from ..runner.turn import Turn
from ..settings.limits import Limits
from .dumping import check
from .view import consistent_view, dialect_of, in_order, tables_with_data


class Counted(NamedTuple):
    """How many rows a table has.

    Attributes:
        where: the database, with the password masked.
        table: its name, with its schema if that is not the usual one.
        rows: how many.
    """

    where: str
    table: str
    rows: int


class Cleaned(NamedTuple):
    """What was removed.

    Attributes:
        where: the database, with the password masked.
        rows: how many rows.
        tables: how many tables they were in.
        dropped: how many objects were dropped; 0 if the schema was to stay.
        backup: the archive that was written before; None if none was.
    """

    where: str
    rows: int
    tables: int
    dropped: int = 0
    backup: str | None = None


def count(environment: Environment) -> list[Counted]:
    """How many rows each table has, as `dump` would write them. Reads the database."""
    found: list[Counted] = []

    def around(visit: Visit, run: Callable[[], None]) -> None:
        dialect = dialect_of(visit)
        visit.begin(visit.peek())
        with consistent_view(visit, dialect) as rows:
            for table in tables_with_data(visit, dialect, rows):
                [[number]] = rows.ask(dialect.contents.count(table))
                found.append(Counted(visit.where, table.label, int(number)))

    environment.run(Work(_no_steps, per_revision=True, options={"dont_mutate": True}, around=around))
    return found


def clean(
    environment: Environment,
    limits: Limits,
    listen: Listener,
    interruption: Interruption,
    *,
    schema: bool = False,
    expected: int | None = None,
) -> Cleaned:
    """Remove all rows, or everything. Writes the database.

    Args:
        environment: how to get at it.
        limits: how long to wait for another migrator, and for locks.
        listen: is told what is waited for.
        interruption: whether it is to stop.
        schema: drop everything, the version table too; else only the rows go, and neither that nor the journal.
        expected: how many rows there must be, as a backup has so many; None for any number.

    Raises:
        RowsRefused: the database refused, or there are other rows than expected.
        LockBusy: a migrator is at work.
    """
    done: list[Cleaned] = []

    def around(visit: Visit, run: Callable[[], None]) -> None:
        dialect = dialect_of(visit)
        done.append(_Cleaning(visit, dialect, listen, interruption).run(limits, schema, expected))

    with interruption.deferred():
        environment.run(Work(_no_steps, writes=True, per_revision=True, around=around))
    return Cleaned(
        ", ".join(dict.fromkeys(one.where for one in done)),
        sum(one.rows for one in done),
        sum(one.tables for one in done),
        sum(one.dropped for one in done),
    )


def _no_steps(visit: Visit) -> Iterator[AlembicStep]:
    return iter(())


class _Cleaning:
    """One database being made empty."""

    def __init__(self, visit: Visit, dialect: Dialect, listen: Listener, interruption: Interruption) -> None:
        assert visit.context.connection is not None
        self._visit = visit
        self._dialect = dialect
        self._contents = dialect.contents
        self._listen = listen
        self._interruption = interruption
        self._connection = visit.context.connection
        self._rows = Rows(self._connection)
        self._dropped = 0
        self._lasting: list[str] = []
        self._result: Cleaned | None = None

    def run(self, limits: Limits, schema: bool, expected: int | None) -> Cleaned:
        """Do it, with another try for what fails only for the moment."""
        visit = self._visit
        turn = Turn(visit, self._dialect, limits, self._listen, self._interruption.sleep)

        def once() -> None:
            visit.begin(visit.peek())
            with turn.locked():
                self._result = self._in_transaction(turn, schema, expected)

        try:
            turn.persist(once, lambda error: not self._is_lasting)
        except exc.DBAPIError as error:
            raise RowsRefused(
                "the database cannot be emptied",
                where=visit.where,
                why=reason(error),
                state=self._state,
                hint=hint_for(error, self._dialect.name) or "use a user who may: migration_url",
            ) from error
        assert self._result is not None
        return self._result

    @property
    def _is_lasting(self) -> bool:
        """Whether something is gone that no rollback brings back."""
        return bool(self._lasting or (self._dropped and self._dialect.changes.ddl_commits))

    @property
    def _state(self) -> str:
        if self._dropped and self._dialect.changes.ddl_commits:
            return f"{counted(self._dropped, 'object')} dropped, which this database does not roll back"
        if self._lasting:
            return f"rolled back, but for tables without transactions: {', '.join(self._lasting)}"
        return "nothing was changed: all of it was rolled back"

    def _in_transaction(self, turn: Turn, schema: bool, expected: int | None) -> Cleaned:
        connection, visit = self._connection, self._visit
        transaction = connection.begin() if visit.owned else connection.begin_nested()
        try:
            self._rows.ask("SELECT 1")  # on SQLite the first statement takes the lock
            turn.enter_transaction() if visit.heads else turn.lock_transaction()
            tables, _ = in_order(tables_with_data(visit, self._dialect, self._rows))
            cleaned = self._empty(tables, expected, keep=schema)
            if schema:
                cleaned = cleaned._replace(dropped=self._drop())
            transaction.commit()
        except BaseException:
            with suppress(Exception):
                transaction.rollback()
            raise
        return cleaned

    def _empty(self, ordered: Sequence[Table], expected: int | None, *, keep: bool) -> Cleaned:
        """Remove the rows; with `keep` only count them, as what they are in goes, too."""
        contents, rows = self._contents, self._rows
        before, after = contents.closed(ordered, ordered)
        for statement in before:
            rows.ask(statement)
        counts = [int(rows.ask(contents.count(table))[0][0]) for table in ordered]
        if expected is not None and sum(counts) != expected:
            raise RowsRefused(
                "rows were written since the backup",
                where=self._visit.where,
                why=f"it has {counted(expected, 'row')}, and there are {sum(counts)} now",
                state="nothing was changed",
                hint="run the same command again when nobody writes",
            )
        if not keep:
            self._lasting = [table.label for table in ordered if not table.is_transactional]
            for statement in contents.empty(ordered[::-1]):
                check(self._interruption)
                rows.ask(statement)
        for statement in after:
            rows.ask(statement)
        left = [] if keep else [table.label for table in ordered if rows.ask(contents.count(table)) != [(0,)]]
        if left:
            raise RowsRefused(
                f"there are rows in {', '.join(left)} again",
                where=self._visit.where,
                why="a trigger writes them when others are removed",
                state=self._state,
                hint="drop that trigger first, and make it again afterwards",
            )
        return Cleaned(self._visit.where, sum(counts), sum(map(bool, counts)))

    def _drop(self) -> int:
        """Drop everything in the schema of the connection and in that of the version table; how many objects."""
        schemas = dict.fromkeys((None, self._visit.schema))
        for statement in [one for schema in schemas for one in self._contents.drop(self._rows.ask, schema)]:
            check(self._interruption)
            self._rows.ask(statement)
            self._dropped += statement.startswith("DROP")
        return self._dropped
