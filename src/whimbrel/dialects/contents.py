"""The rows of a database as one short protocol: which tables there are, and how rows get out of them and in."""

from __future__ import annotations

from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Protocol

    from ..connect.driver import Query
else:
    Protocol = object  # for type checkers only


class Column(Record):
    """A column with values of its own: not one that the database computes.

    Attributes:
        name: its name.
        kind: of `archive.kinds`.
        declared: its type as the database writes it, without a length.
        trait: `single` for a float of half the precision, `padded` for what is filled up to its length, `numbers` for
            arrays of them.
        counter: what numbers its rows, in the database's words; None if nothing does.
        following: the number that the next row gets, as far as that is known.
        length: how many characters it has room for, if that is known.
        loose: whether it holds anything, whatever its type says.
    """

    name: str
    kind: str
    declared: str
    trait: str = ""
    counter: str | None = None
    following: int | None = None
    length: int | None = None
    loose: bool = False


class Reference(Record):
    """A foreign key: its name, its columns, where they lead, and whether it can wait for the end of a transaction."""

    name: str
    columns: tuple[str, ...]
    to_schema: str | None
    to_table: str
    to_columns: tuple[str, ...]
    can_wait: bool = False


class Table(Record):
    """A table with rows of its own.

    Attributes:
        schema: its schema; None for that in which names without one are looked up.
        name: its name.
        columns: those with values of their own, in their order.
        references: its foreign keys.
        triggers: what runs when its rows are changed, in the database's words.
        is_transactional: whether its rows come back with a rollback.
        has_heirs: whether rows of other tables are among its own when it is read.
    """

    schema: str | None
    name: str
    columns: tuple[Column, ...]
    references: tuple[Reference, ...] = ()
    triggers: tuple[str, ...] = ()
    is_transactional: bool = True
    has_heirs: bool = False

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def place(self) -> tuple[str | None, str]:
        """Its schema and name."""
        return self.schema, self.name


class Contents(Protocol):
    """How the rows of a kind of database are read and written."""

    @property
    def view(self) -> tuple[str, ...]:
        """Statements that begin a transaction in which everything is seen as it is at one moment; no writing."""

    @property
    def change(self) -> tuple[str, ...]:
        """Statements that begin a transaction in which nothing that is read is older than the locks that it gets."""

    @property
    def settings(self) -> tuple[str, ...]:
        """Statements for a transaction, so that values are written in the one way that archives know, and all of them
        are seen or an error says so.
        """

    @property
    def settings_before(self) -> tuple[str, ...]:
        """Statements that undo them, where the end of the transaction does not."""

    @property
    def reads_to_the_end(self) -> bool:
        """Whether drivers that are stopped in the middle of many rows read all the others first."""

    def tables(self, query: Query, schema: str | None) -> list[Table]:
        """The tables of a schema; None for that in which names without one are looked up."""

    def other_schemas(self, query: Query) -> list[tuple[str, str]]:
        """The schemas with tables, but for that in which names without one are looked up; and why their rows cannot be
        read, or nothing if they can.
        """

    def folds_names(self, query: Query) -> bool:
        """Whether names of tables that differ in upper and lower case alone are the same."""

    def unread(self, query: Query) -> list[tuple[str, str]]:
        """The tables whose rows are neither read nor written, as they are in no place of their own; and why."""

    def read(self, table: Table) -> str:
        """The statement that reads all rows of a table, the values as `archive.values.archived` wants them."""

    def count(self, table: Table) -> str:
        """The statement that counts the rows of a table."""

    def highest(self, table: Table, column: Column) -> str:
        """The statement that returns the highest value in a column."""

    def write(self, table: Table) -> str:
        """The statement that writes rows, with a `?` for each of its parameters."""

    @property
    def writes_columns(self) -> bool:
        """Whether `write` takes many rows at once, as a list in JSON, of texts, for each column; else one row."""

    def parameter(self, column: Column, kind: str, dialect: str) -> Any:
        """What makes of a value for a column a parameter of `write`.

        Args:
            column: the column.
            kind: that of the column that it comes from.
            dialect: the kind of database that it comes from.
        """

    def lock(self, tables: Sequence[Table]) -> tuple[str, ...]:
        """Statements that let nobody else write tables until the transaction ends, where to read them does not."""

    def closed(self, tables: Sequence[Table], cycles: Sequence[Table]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What lets rows be written in whatever order, and keeps triggers from running: statements before it, and those
        that undo that, as far as `settings_before` does not.

        Args:
            tables: all that are written.
            cycles: those whose rows cannot be written behind all that they refer to.
        """

    def empty(self, tables: Sequence[Table]) -> list[str]:
        """Statements that remove the rows of tables, each before those that it refers to."""

    def drop(self, query: Query, schema: str | None) -> list[str]:
        """Statements that drop all that is in a schema, in an order in which they can; `DROP` begins those that do.

        Within the settings: `settings_before` undoes the rest.
        """

    def dangling(self, tables: Sequence[Table], cycles: Sequence[Table]) -> Mapping[str, str]:
        """Queries that return a row if a row refers to none, by what to call it, where nothing else finds that out."""

    def restart(self, table: Table, column: Column, following: int) -> tuple[str, ...]:
        """Statements that let the numbers of a column go on with this one: in the transaction of the rows, or, where
        DDL commits, behind it.
        """
