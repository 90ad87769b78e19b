"""SQLite's own way to change a table as `ALTER TABLE` cannot: a new one with its rows, in the place of the old one.

The steps are those of https://sqlite.org/lang_altertable.html#otheralter. What it asks for around them, foreign keys
that are not enforced and a check of them afterwards, is done by whoever begins the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ...connect.engine import query_on
from ...dialects.base import literal
from ...dialects.sqlite.ddl import Definition, NotUnderstood, quoted, read_definition
from ...errors import RebuildIncomplete
from .schema_table import Object, SchemaTable

_STATISTICS = ("sqlite_stat1", "sqlite_stat4")
_SEQUENCE = "sqlite_sequence"
_ROWID_NAMES = ("rowid", "_rowid_", "oid")


@contextmanager
def savepoint(connection: Connection, name: str) -> Iterator[None]:
    """All that is done meanwhile, or nothing of it, in a transaction or not. Writes the database."""
    connection.exec_driver_sql(f"SAVEPOINT {name}")
    try:
        yield
    except BaseException:
        with suppress(Exception):  # the transaction may be gone, with all of it
            connection.exec_driver_sql(f"ROLLBACK TO {name}")
            connection.exec_driver_sql(f"RELEASE {name}")
        raise
    connection.exec_driver_sql(f"RELEASE {name}")


class Rebuild:
    """One table's way from one definition to another one, with its rows, indexes and triggers.

    Args:
        connection: of the migration.
        schema: of the table; None for the main database.
        objects: what is there now.
        table: the table, as `objects` has it.
    """

    def __init__(self, connection: Connection, schema: str | None, objects: SchemaTable, table: Object) -> None:
        self._connection = connection
        self._schema = schema
        self._objects = objects
        self._table = table
        self._new_name = _free_name(objects, table.name)
        self._old = quoted(schema or "main") + "." + quoted(table.name)
        self._new = quoted(schema or "main") + "." + quoted(self._new_name)

    def run(self, definition: Definition, values: dict[str, str], dropped: Iterable[Object]) -> None:
        """Rebuild it. Writes the database.

        Args:
            definition: what it is to be.
            values: what each of its columns is filled with, in terms of a table `old`; the others get their defaults.
            dropped: indexes that are not to be made again.

        Raises:
            RebuildIncomplete: something has not come out as it was.
        """
        gone = [*dropped]
        was_sound = self._flaw() is None
        self._execute(f"CREATE TABLE {self._new}{definition.opening}{definition.body}")
        self._copy(definition, values)
        self._keep_numbers(definition)
        self._keep_statistics(self._table.name, self._new_name)
        self._execute(f"DROP TABLE {self._old}")
        self._rename()
        self._keep_statistics(self._new_name, self._table.name)
        for one in self._objects.on(self._table.name):
            if one not in gone:
                self._execute(one.sql_in(self._schema))
        self._compare(definition, gone)
        if was_sound and (flaw := self._flaw()) is not None:
            raise RebuildIncomplete(
                f"the rebuild of {self._table.name} would leave something that names what is gone",
                why=flaw,
                hint="drop what it names first, and make it again behind the batch",
            )

    def _execute(self, statement: str) -> None:
        self._connection.exec_driver_sql(statement)

    def _ask(self, statement: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self._connection.exec_driver_sql(statement)]

    # -- rows -----------------------------------------------------------------------------------

    def _copy(self, definition: Definition, values: dict[str, str]) -> None:
        """Copy the rows. OR ABORT, as a constraint that says ON CONFLICT IGNORE or REPLACE would leave some out."""
        names = [column.name for column in definition.columns if column.name in values and not column.is_generated]
        written = {quoted(name): values[name] for name in names}
        rowid = self._rowid(definition)
        if rowid is not None:
            written = {rowid: f"old.{rowid}", **written}
        columns, expressions = ", ".join(written), ", ".join(written.values())
        if not written:
            return
        try:
            self._execute(f"INSERT OR ABORT INTO {self._new} ({columns}) SELECT {expressions} FROM {self._old} AS old")
        except IntegrityError as error:  # of the same kind: the revision may catch it
            driver = error.orig
            told = type(driver)(str(driver).replace(self._new_name, self._table.name)) if driver else error
            raise IntegrityError(error.statement, error.params, told) from error

    def _rowid(self, definition: Definition) -> str | None:
        """What names the number of a row, if that is in no column. Others may have kept it: a search index."""
        old = read_definition(self._table.sql)
        taken = {column.name.lower() for column in (*definition.columns, *old.columns)}
        if "WITHOUT ROWID" in definition.options | old.options:
            return None
        if self._is_rowid_a_column(self._table.name) or self._is_rowid_a_column(self._new_name):
            return None
        return next((name for name in _ROWID_NAMES if name not in taken), None)

    def _is_rowid_a_column(self, table: str) -> bool:
        """Whether a primary key is the rowid: it is one of no index."""
        name, schema = literal(table), literal(self._schema or "main")
        keys = self._ask(f"SELECT 1 FROM pragma_table_info({name}, {schema}) WHERE pk > 0")
        indexes = self._ask(f"SELECT 1 FROM pragma_index_list({name}, {schema}) WHERE origin = 'pk'")
        return bool(keys) and not indexes

    def _keep_numbers(self, definition: Definition) -> None:
        """Let AUTOINCREMENT go on where it was: numbers of rows that are gone are not given again."""
        counts = any(clause.autoincrement for _, clause in definition.clauses)
        if not counts or self._objects.table(_SEQUENCE) is None:
            return
        sequence = f"{quoted(self._schema or 'main')}.{_SEQUENCE}"
        new, old = literal(self._new_name), literal(self._table.name)
        [[highest]] = self._ask(f"SELECT max(seq) FROM {sequence} WHERE name IN ({new}, {old})")
        if highest is not None:
            self._execute(f"DELETE FROM {sequence} WHERE name = {new}")
            self._execute(f"INSERT INTO {sequence} (name, seq) VALUES ({new}, {highest})")

    def _keep_statistics(self, old: str, new: str) -> None:
        """Let what ANALYZE has found stay: it goes by the name of a table when that is dropped."""
        for name in _STATISTICS:
            if self._objects.table(name) is not None:
                statistics = f"{quoted(self._schema or 'main')}.{name}"
                self._execute(f"UPDATE {statistics} SET tbl = {literal(new)} WHERE tbl = {literal(old)}")

    # -- names ----------------------------------------------------------------------------------

    def _rename(self) -> None:
        """Give the new table its name, and change no other text: in those, the name means the same as before."""
        with self._legacy_renaming(True):
            self._execute(f"ALTER TABLE {self._new} RENAME TO {quoted(self._table.name)}")

    @contextmanager
    def _legacy_renaming(self, wanted: bool) -> Iterator[None]:
        query = query_on(self._connection)  # a pragma that sets something would end a transaction of ours
        before = query("PRAGMA legacy_alter_table")
        query(f"PRAGMA legacy_alter_table({int(wanted)})")
        try:
            yield
        finally:
            for (value,) in before:
                query(f"PRAGMA legacy_alter_table({int(value)})")

    def _flaw(self) -> str | None:
        """What SQLite finds wrong when it reads every view and trigger, as it does to rename a table."""
        query = query_on(self._connection)
        query("SAVEPOINT whimbrel_look")
        try:
            with self._legacy_renaming(False):
                query(f"ALTER TABLE {self._old} RENAME TO {quoted(self._new_name)}")
        except Exception as error:  # of whatever driver
            return str(getattr(error, "orig", None) or error)
        finally:
            query("ROLLBACK TO whimbrel_look")
            query("RELEASE whimbrel_look")
        return None

    # -- afterwards -----------------------------------------------------------------------------

    def _compare(self, definition: Definition, gone: list[Object]) -> None:
        """Be sure that all is there, and as it was, but for the table itself.

        Raises:
            RebuildIncomplete: it is not.
        """
        after = SchemaTable.read(self._connection, self._schema)
        now = after.table(self._table.name)
        found = [*self._objects.differences(after, [self._table, *gone])]
        if now is None or _body(now.sql) != definition.body:
            found.append(f"{self._table.label} is not as it was to be")
        if found:
            raise RebuildIncomplete(
                f"the rebuild of {self._table.name} would have lost something",
                why="; ".join(found),
                hint="report this, with the definition of the table",
            )


def _body(sql: str) -> str | None:
    try:
        return read_definition(sql).body
    except NotUnderstood:
        return None


def _free_name(objects: SchemaTable, table: str) -> str:
    name = f"_whimbrel_new_{table}"
    while objects.has(name):
        name += "_"
    return name
