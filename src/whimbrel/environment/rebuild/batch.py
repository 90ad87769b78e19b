"""One batch of operations on a table of SQLite: by `ALTER TABLE` where that can do it, else by a rebuild."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from alembic.operations.batch import BatchOperationsImpl

from ...connect.engine import driver_is_in_transaction, query_on
from ...dialects.sqlite.ddl import Definition, NotUnderstood, mentions, names_in_quotes, quoted, read_definition
from ...dialects.sqlite.foreign_keys import enforce, is_enforced, is_referred_to, violations
from ...errors import RebuildRefused
from .edits import Edits
from .enforcement import ForeignKeysInTheWay, check_violations
from .rebuilding import Rebuild, savepoint
from .schema_table import Object, SchemaTable
from .wording import Wording

Operation = tuple[str, tuple[Any, ...], dict[str, Any]]
_DROPS_COLUMNS = (3, 35, 5)
_SAVEPOINT = "whimbrel_batch"
_COMMENTS = ("create_table_comment", "drop_table_comment", "create_column_comment")


class Batch:
    """A batch, on a connection to SQLite.

    Args:
        batch: what Alembic has recorded.
    """

    def __init__(self, batch: BatchOperationsImpl) -> None:
        connection = batch.impl.connection
        assert connection is not None, "only online"
        self._batch = batch
        self._connection: sa.Connection = connection
        self._schema = batch.schema
        self._renames, self._rest = _renames_apart(batch.batch)

    def flush(self, stock: Callable[[], None]) -> None:
        """Do it. Writes the database.

        Args:
            stock: does it as Alembic does: where that changes nothing but what is asked.

        Raises:
            ForeignKeysInTheWay: rows of other tables would go, and that cannot be switched off here.
            RebuildRefused: the table cannot be rebuilt.
            RebuildIncomplete: something would have been lost.
            ForeignKeysBroken: rows would refer to nothing.
        """
        if not self._batch._should_recreate():
            stock()
            return
        with nullcontext() if self._connection.in_transaction() else self._connection.begin():
            objects = SchemaTable.read(self._connection, self._schema)
            table = objects.table(self._batch.table_name)
            if table is None:
                stock()  # it is temporary, or an error
                return
            if self._is_native(objects, table):
                with savepoint(self._connection, _SAVEPOINT):
                    self._rename_columns(_read(table))
                    self._run_natively()
                return
            with self._foreign_keys_off(table), savepoint(self._connection, _SAVEPOINT):
                self._rebuild(objects, table)

    # -- by ALTER TABLE ---------------------------------------------------------------------------

    def _is_native(self, objects: SchemaTable, table: Object) -> bool:
        """Whether SQLite can do all of it in the table that is there."""
        batch = self._batch
        has_more = batch.copy_from is not None or batch.table_args or batch.table_kwargs or batch.partial_reordering
        is_mixed = bool(self._renames and self._rest)  # the rest may call the columns by either name
        if batch.recreate != "auto" or has_more or is_mixed:
            return False
        return all(self._is_native_operation(operation, objects, table) for operation in self._rest)

    def _is_native_operation(self, operation: Operation, objects: SchemaTable, table: Object) -> bool:
        name, arguments, _ = operation
        if name == "add_column":
            alone: Any = SimpleNamespace(batch=[operation])
            return not self._batch.impl.requires_recreate_in_batch(alone)
        if name == "drop_column":
            return self._drops_natively(arguments[1].name, objects, table)
        return name in ("create_index", "drop_index", *_COMMENTS)

    def _drops_natively(self, name: str, objects: SchemaTable, table: Object) -> bool:
        """Whether a column can go by itself: nothing else names it."""
        definition = _read(table)
        column = definition.column(name)
        version = self._connection.dialect.server_version_info or ()
        if column is None or len(definition.columns) == 1 or version < _DROPS_COLUMNS:
            return False
        if column.clauses_of("PRIMARY KEY", "UNIQUE", "FOREIGN KEY"):
            return False
        dropped = {str(arguments[0].name).lower() for kind, arguments, _ in self._rest if kind == "drop_index"}
        others = [item.content.text for item in definition.items if item.content is not column]
        others += [one.sql for one in objects.on(table.name) if one.name.lower() not in dropped]
        others += [one.sql for one in objects.views_and_triggers]
        return not any(mentions(text, column.name) for text in others)

    def _run_natively(self) -> None:
        table = self._qualified
        for name, arguments, options in self._rest:
            if name == "drop_column":
                self._connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {quoted(arguments[1].name)}")
            elif name not in _COMMENTS:
                getattr(self._batch.impl, name)(*arguments, **options)

    def _rename_columns(self, definition: Definition) -> dict[str, str]:
        """Rename columns; what each is called now, by what it was called, in lower case.

        SQLite changes every text that names them: indexes, triggers, views, and the foreign keys of other tables.
        """
        names: dict[str, str] = {}
        taken = {column.name.lower() for column in definition.columns}
        leaving = {old.lower() for old in self._renames}
        leaving |= {arguments[1].name.lower() for kind, arguments, _ in self._rest if kind == "drop_column"}
        for old, new in self._renames.items():
            if new.lower() in taken & leaving - {old.lower()}:
                names[new.lower()] = self._rename_column(new, _free_column(taken, new))
        for old, new in self._renames.items():
            names[old.lower()] = self._rename_column(names.get(old.lower(), old), new)
        return names

    def _rename_column(self, old: str, new: str) -> str:
        statement = f"ALTER TABLE {self._qualified} RENAME COLUMN {quoted(old)} TO {quoted(new)}"
        self._connection.exec_driver_sql(statement)
        return new

    # -- by a rebuild -----------------------------------------------------------------------------

    def _rebuild(self, objects: SchemaTable, table: Object) -> None:
        names = self._rename_columns(_read(table))
        if names:
            objects = SchemaTable.read(self._connection, self._schema)
            table = objects.table(table.name) or table
        wording = Wording(self._batch.impl, table.name)
        given = self._batch.copy_from
        definition, indexes = (_read(table), []) if given is None else wording.table(given, names)
        edits = Edits(definition, wording, names, self._type_of, self._batch.naming_convention)
        self._edit(edits)
        dropped = [self._index(name, objects) for name in edits.dropped_indexes]
        _check_names(_read(table), edits.definition, [one for one in objects.on(table.name) if one not in dropped])
        Rebuild(self._connection, self._schema, objects, table).run(edits.definition, edits.values, dropped)
        edits.new_indexes.extend((index, {}) for index in indexes if objects.index(str(index.name)) is None)
        for index, options in edits.new_indexes:
            self._batch.impl.create_index(index, **options)

    def _edit(self, edits: Edits) -> None:
        for column in self._batch.reflect_args:
            if isinstance(column, sa.Column):
                edits.retype(column)
        for name, arguments, options in self._rest:
            getattr(edits, name)(*arguments, **options)
        edits.add_arguments(self._batch.table_args)
        edits.set_options(self._batch.table_kwargs)
        edits.reorder(self._batch.partial_reordering or ())

    def _index(self, name: str, objects: SchemaTable) -> Object:
        index = objects.index(name)
        if index is None:
            raise ValueError(f"No such index: '{name}'")
        return index

    def _type_of(self, column: str) -> sa.types.TypeEngine[Any]:
        """What SQLAlchemy takes the values of a column for."""
        columns = sa.inspect(self._connection).get_columns(self._batch.table_name, schema=self._schema)
        return next(found["type"] for found in columns if found["name"] == column)

    @contextmanager
    def _foreign_keys_off(self, table: Object) -> Iterator[None]:
        """Let foreign keys be, as far as they would delete or refuse rows when the old table is dropped.

        Raises:
            ForeignKeysInTheWay: they are enforced, and in a transaction that cannot be changed.
        """
        query = query_on(self._connection)
        if not is_enforced(query) or not is_referred_to(query, self._schema, table.name):
            yield
            return
        if driver_is_in_transaction(self._connection):
            raise ForeignKeysInTheWay(table.name)
        enforce(query, False)
        try:
            before = violations(query)
            with savepoint(self._connection, "whimbrel_keys"):
                yield
                check_violations(before, violations(query))
        finally:
            enforce(query, True)

    @property
    def _qualified(self) -> str:
        return f"{quoted(self._schema or 'main')}.{quoted(self._batch.table_name)}"


def _renames_apart(operations: list[Any]) -> tuple[dict[str, str], list[Operation]]:
    """The new names of columns by their old ones, and what else is to be done."""
    renames: dict[str, str] = {}
    rest: list[Operation] = []
    for name, arguments, given in operations:
        options = dict(given)
        if name == "alter_column":
            new = options.pop("name", None)
            if new is not None and new != arguments[1]:
                renames[arguments[1]] = new
            if not _changes_more(options):
                continue
        rest.append((name, arguments, options))
    return renames, rest


def _changes_more(options: dict[str, Any]) -> bool:
    """Whether a column gets more than a name: a comment is nothing to SQLite."""
    is_given = (options.get("nullable"), options.get("type_"))
    return any(value is not None for value in is_given) or options.get("server_default", False) is not False


def _read(table: Object) -> Definition:
    try:
        return read_definition(table.sql)
    except NotUnderstood as error:
        raise RebuildRefused(
            f"table {table.name} cannot be rebuilt",
            why=str(error),
            hint="a virtual table is made anew by the revision itself: DROP TABLE, CREATE VIRTUAL TABLE",
        ) from error


def _check_names(old: Definition, new: Definition, kept: list[Object]) -> None:
    """Be sure that what stays names no column that goes: in double quotes, SQLite would take it for a string.

    Raises:
        RebuildRefused: something does.
    """
    gone = {column.name.lower() for column in old.columns if new.column(column.name) is None}
    texts = [(one.label, one.sql) for one in kept if one.kind == "index"]
    texts += [(clause.text, clause.value) for _, clause in new.clauses if clause.kind in ("CHECK", "GENERATED")]
    for label, text in texts:
        for name in gone & names_in_quotes(text):
            raise RebuildRefused(
                f"column {name} of {new.name} cannot be dropped",
                why=f"{label} names it",
                hint="drop that first, in the same batch",
            )


def _free_column(taken: set[str], name: str) -> str:
    free = f"_whimbrel_old_{name}"
    while free.lower() in taken:
        free += "_"
    return free
