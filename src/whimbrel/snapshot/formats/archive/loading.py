"""Takes the rows of an archive into a database: all of them, checked, or none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import exc

from ....archive import ArchivedTable, ArchiveReader
from ....archive.values import taken
from ....connect.rows import Pace
from ....dialects import Dialect
from ....dialects.contents import Column, Table
from ....environment import Visit
from ....environment.reasons import hint_for, reason
from ....errors import LoadedOtherwise, NotCommitted, RowsRefused, WhimbrelError, counted
from ....events import Notice, RowsMoved
from ...transfer import Transfer, transaction
from ...view import in_order, rows_of, tables_with_data
from ..base import Loaded, not_empty
from .comparing import Sum
from .fitting import check_revisions, matched


class Load:
    """One archive on its way into one database."""

    def __init__(self, transfer: Transfer, archive: ArchiveReader, visit: Visit, dialect: Dialect) -> None:
        self._transfer = transfer
        self._archive = archive
        self._visit = visit
        self._dialect = dialect
        self._contents = dialect.contents
        self._rows = rows_of(visit, dialect)
        self._at: str | None = None  # the table whose rows are written
        self._filled: Table | None = None  # one that has rows now
        self._sums: dict[tuple[str | None, str], Sum] = {}
        self._lasting: list[str] = []  # tables that no rollback undoes
        self._restarts: list[tuple[str, str]] = []  # tables whose numbers go on behind the commit, and how

    def run(self, path: str, replace: bool) -> Loaded:
        """Load, with another try for what fails only for the moment."""
        visit, turn = self._visit, self._transfer.turn(self._visit, self._dialect)

        def work() -> Loaded:
            with transaction(visit, self._dialect, turn, self._rows):
                check_revisions(self._archive.manifest, visit)
                loaded = self._load(path, replace)
            self._restart()
            return loaded

        try:
            loaded = turn.run(work, lambda error: not self._lasting)
        except exc.DBAPIError as error:
            raise self._refused(error) from error
        except WhimbrelError as error:
            error.state = error.state or self._state
            raise
        self._check_anew()
        return loaded

    def _load(self, path: str, replace: bool) -> Loaded:
        """All that happens between the beginning of the transaction and its commit."""
        contents, rows, manifest = self._contents, self._rows, self._archive.manifest
        tables = tables_with_data(self._visit, self._dialect, rows)
        pairs = matched(manifest, tables, self._visit.where)
        ordered, cycles = in_order([table for table, _ in pairs])
        before, after = contents.closed(ordered, cycles)
        for statement in (*contents.lock(ordered), *before):
            rows.ask(statement)
        there = self._counted(ordered)
        if there and not replace:
            raise not_empty(
                there, self._visit.where, path, lambda tables: f"there are rows in {counted(tables, 'table')} already"
            )
        self._lasting = [table.label for table in ordered if not table.is_transactional]
        if there:
            self._empty(ordered)
        parts = dict(pairs)
        for number, table in enumerate(ordered, 1):
            self._write(table, parts[table], number, len(ordered))
        self._at = None
        for statement in after:
            rows.ask(statement)
        self._check_references(ordered, cycles)
        for number, table in enumerate(ordered, 1):
            self._compare(table, parts[table], number, len(ordered))
        self._restarts = []
        for table in ordered:
            self._go_on(table, parts[table])
        filled = [table for table, part in pairs if part.rows]
        self._filled = filled[0] if filled else None
        return Loaded(
            path, self._visit.where, manifest.revisions, len(filled), manifest.rows, sum(there.values()), compared=True
        )

    # -- what was there -------------------------------------------------------------------------

    def _counted(self, tables: Iterable[Table]) -> dict[str, int]:
        """The tables that have rows, and how many."""
        counts = {table.label: int(self._rows.ask(self._contents.count(table))[0][0]) for table in tables}
        return {label: count for label, count in counts.items() if count}

    def _empty(self, ordered: Sequence[Table]) -> None:
        for statement in self._contents.empty(ordered[::-1]):
            self._transfer.interruption.check()
            self._rows.ask(statement)

    # -- what is written ------------------------------------------------------------------------

    def _write(self, table: Table, part: ArchivedTable, number: int, total: int) -> None:
        self._at = table.label
        sent = self._sums[table.place] = Sum(table)
        statement, row_of = self._contents.write(table), self._row_maker(table, part)
        for batch in self._archive.rows(part, Pace()):
            self._transfer.interruption.check()
            rows = [row_of(row) for row in batch]
            sent.add(rows)
            self._put(statement, table, part, rows)
            self._transfer.tell(RowsMoved("load", table.label, sent.rows, number, total))

    def _row_maker(self, table: Table, part: ArchivedTable) -> Callable[[Sequence[Any]], list[Any]]:
        """What makes of a row of the archive one for the table: in its order, of its kinds."""
        places = {column.name: place for place, column in enumerate(part.columns)}
        kinds = {column.name: column.kind for column in part.columns}
        makers = [
            (places[one.name], taken(kinds[one.name], one.kind, one.length, loose=one.loose), one)
            for one in table.columns
        ]

        def row_of(row: Sequence[Any]) -> list[Any]:
            made = []
            for at, convert, column in makers:
                try:
                    made.append(convert(row[at]))
                except (ValueError, TypeError, KeyError, OverflowError) as error:
                    raise self._unfit(table, column, error) from error
            return made

        return row_of

    def _put(self, statement: str, table: Table, part: ArchivedTable, rows: list[list[Any]]) -> None:
        kinds = {column.name: column.kind for column in part.columns}
        dialect = self._archive.manifest.dialect
        lists: list[list[Any]] = []
        for column, values in zip(table.columns, zip(*rows, strict=True), strict=True):
            convert = self._contents.parameter(column, kinds[column.name], dialect)
            try:
                lists.append(
                    list(values) if convert is None else [None if one is None else convert(one) for one in values]
                )
            except (ValueError, TypeError, OverflowError) as error:
                raise self._unfit(table, column, error) from error
        if self._contents.writes_columns:
            self._rows.put(statement, [json.dumps(values, ensure_ascii=False) for values in lists])
        else:
            self._rows.put_each(statement, list(zip(*lists, strict=True)))

    def _go_on(self, table: Table, part: ArchivedTable) -> None:
        """Let numbers go on behind those that were given out, there or here."""
        for column in table.columns:
            if column.counter is None:
                continue
            [[highest]] = self._rows.ask(self._contents.highest(table, column))
            by_itself = int(highest or 0) + 1
            following = max(by_itself, part.following.get(column.name, 1))
            statements = self._contents.restart(table, column, following)
            if self._dialect.changes.ddl_commits:  # it counts by itself as far as there are rows
                self._restarts += [(table.label, statement) for statement in statements if following > by_itself]
                continue
            for statement in statements:
                self._rows.ask(statement)

    def _restart(self) -> None:
        """Let numbers go on that cannot in the transaction of the rows. It is told where they do not."""
        for label, statement in self._restarts:
            what = f"{label} gives numbers out anew that rows had which are not in the archive"
            if not self._visit.owned:
                self._transfer.tell(Notice(what, f"when your transaction is committed: {statement}"))
                continue
            try:
                self._rows.ask(statement)
            except exc.DBAPIError as error:
                self._transfer.tell(Notice(f"{what}: {reason(error)}", f"as a user who may: {statement}"))

    # -- what is there now ----------------------------------------------------------------------

    def _check_references(self, tables: Sequence[Table], cycles: Sequence[Table]) -> None:
        for label, query in self._contents.dangling(tables, cycles).items():
            if self._rows.ask(query):
                raise LoadedOtherwise(
                    f"rows refer to rows that are not in the archive ({label})",
                    where=self._visit.where,
                    state=self._state,
                    hint="correct them where the archive comes from, and write it anew",
                )

    def _compare(self, table: Table, part: ArchivedTable, number: int, total: int) -> None:
        """Read the rows again, and compare them with those of the archive."""
        there = Sum(table)
        for batch in self._again(table):
            there.add(batch)
            self._transfer.tell(RowsMoved("compare", table.label, there.rows, number, total))
        if there.rows != part.rows:
            why = f"{counted(there.rows, 'row')} instead of {part.rows}: a trigger may change them"
            raise self._otherwise(table, why)
        if there != self._sums[table.place]:
            names = ", ".join(self._which(table, part)) or "the rows as a whole"
            raise self._otherwise(table, f"other values in {names}: its type has no room for all that was there")

    def _again(self, table: Table) -> Iterator[Sequence[Sequence[Any]]]:
        """The rows of a table as they are now."""
        pace = Pace()
        for rows in self._rows.stream(self._contents.read(table), pace):
            self._transfer.interruption.check()
            pace.seen(len(rows), sum(len(value) for row in rows for value in row if isinstance(value, str | bytes)))
            yield rows

    def _which(self, table: Table, part: ArchivedTable) -> list[str]:
        """The columns that are not as they were."""
        row_of = self._row_maker(table, part)
        names = []
        for number, column in enumerate(table.columns):
            sent, there = Sum(table, number), Sum(table, number)
            for batch in self._archive.rows(part, Pace()):
                sent.add([row_of(row) for row in batch])
            for rows in self._again(table):
                there.add(rows)
            names += [column.name] if sent != there else []
        return names

    def _check_anew(self) -> None:
        """What was committed has to be there for others, too."""
        visit = self._visit
        if not visit.owned or visit.has_one_connection:
            return
        table = self._filled
        if table is None:
            return
        query = f"SELECT 1 FROM {self._dialect.quoted(*table.place)} LIMIT 1"
        try:
            is_there = visit.ask_anew(lambda ask: ask(query))
        except Exception as error:
            raise NotCommitted(
                "the rows were committed, but no new connection could confirm it",
                where=visit.where,
                why=reason(error),
                state="they are most likely there",
                hint="look into the database before you use it",
            ) from error
        if not is_there:
            raise NotCommitted(
                f"the rows of {table.label} were committed, and a new connection does not see them",
                where=visit.where,
                state="unknown",
                hint="look into the database before you use it",
            )

    # -- what can go wrong ----------------------------------------------------------------------

    @property
    def _state(self) -> str:
        if self._lasting:
            return f"rolled back, but for tables without transactions: {', '.join(self._lasting)}"
        return "nothing was changed: all of it was rolled back"

    def _refused(self, error: exc.DBAPIError) -> RowsRefused:
        return RowsRefused(
            f"the rows of {self._at} cannot be loaded" if self._at else "the archive cannot be loaded",
            where=self._visit.where,
            why=reason(error),
            state=self._state,
            hint=hint_for(error, self._dialect.name) or "make room for such values with a revision, or correct them",
        )

    def _unfit(self, table: Table, column: Column, error: Exception) -> RowsRefused:
        return RowsRefused(
            f"a value in {table.label}.{column.name} is nothing for {column.declared or 'that column'}",
            where=self._visit.where,
            why=str(error),
            state=self._state,
            hint="change the type of the column with a revision, or the value where the archive comes from",
        )

    def _otherwise(self, table: Table, why: str) -> LoadedOtherwise:
        return LoadedOtherwise(
            f"what was written to {table.label} is not what was in the archive",
            where=self._visit.where,
            why=why,
            state=self._state,
            hint="give such columns a type with room for them, in a revision, then load again",
        )
