"""The catalog of a kind of database as one short protocol: what there is, and the statements that make it otherwise."""

from __future__ import annotations

from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Protocol

    from ..catalog import Catalog, Difference, Item
    from ..catalog.items import Place
    from ..connect.driver import Query
else:
    Protocol = object  # for type checkers only


class Traits(Record):
    """What somebody who writes revisions has to know of a kind of database.

    Attributes:
        without_value: what becomes of rows when a column is added that must have a value, and gives them none.
        rebuilds_tables: whether most of what is done to a table has no statement: it is made anew.
        unguarded: statements, outside of a transaction, after which rows may refer to nothing: there are no rows.
        has_types_apart: whether an enumeration is a type that is made apart from the tables that use it.
        says_columns_whole: whether who changes a column says all of it again, or what is not said is lost.
        makes_indexes: whether it makes an index for a foreign key, and drops that again for another one.
        keeps_views: whether a view goes with a table that gets another name, or whose columns do.
    """

    without_value: str = "the upgrade fails where the table has rows"
    rebuilds_tables: bool = False
    unguarded: tuple[str, ...] = ()
    has_types_apart: bool = False
    says_columns_whole: bool = False
    makes_indexes: bool = False
    keeps_views: bool = True


class Catalogs(Protocol):
    """How the catalog of a kind of database is read, and how one is turned into another."""

    @property
    def traits(self) -> Traits:
        """What is otherwise with it than with others, where revisions are written."""

    def read(self, query: Query, schemas: Sequence[str | None]) -> Catalog:
        """All that is in some schemas, but for what is not the project's: partitions, and what extensions have made.

        Version tables and the journal are among it. Reads the database, with as few queries as it can.

        Args:
            query: asks the database; it begins no transaction.
            schemas: which ones; None for that in which names without one are looked up.
        """

    def texts(
        self, query: Query, schemas: Sequence[str | None], places: Collection[Place] | None = None
    ) -> dict[Place | None, str]:
        """A text for each table, which is another one as soon as anything is that models can say of it.

        Cheaper than `read`, as nothing is taken apart. Reads the database.

        Args:
            query: asks the database.
            schemas: as for `read`.
            places: of these tables alone; None for all, and, under None, for all else that there is.
        """

    def signature(self, query: Query) -> str:
        """A text that is another one as soon as any that `texts` returns is; empty where it would cost as much.

        Reads the database. It may be another one for no reason, too. Settings of the session are among what it is of.
        """

    def tables(self, query: Query, schemas: Sequence[str | None], places: Collection[Place]) -> Catalog:
        """Some tables, as `read` reads what models can say of them, without what they use. Reads the database.

        Args:
            query: asks the database.
            schemas: as for `read`.
            places: which ones; those that are not there are left out.
        """

    def schemas(self, query: Query) -> list[str]:
        """The schemas besides that in which names without one are looked up, without the server's own. Reads it.

        None where a schema is a database of its own.
        """

    def beside(self, query: Query, schemas: Sequence[str]) -> list[str] | None:
        """Those of some schemas that are databases of a server, where each schema is one. Reads it.

        Args:
            query: asks the server.
            schemas: which ones; that in which names without one are looked up may be among them.

        Returns:
            Their names, without those that are not there; None if something else than a server has one of the schemas.
        """

    def defaults(self, query: Query, schemas: Sequence[str | None]) -> list[str]:
        """Statements that give another database what this one has for all that does not say otherwise. Reads it.

        Args:
            query: asks the database.
            schemas: those that count, where each is a database, and has such things itself.
        """

    def settings(self, query: Query) -> str:
        """What else decides what is made of a statement, and how it is told: settings of the server and the session.

        Reads them. Two databases with the same version, defaults, ground and settings make the same of the same.
        """

    def ground(self, query: Query, schemas: Sequence[str | None]) -> list[str]:
        """Statements that give an empty database what tables stand on, and no model declares: schemas, extensions.

        Args:
            query: asks the database that has it.
            schemas: which schemas there must be; None is that in which names without one are looked up.
        """

    def declarable(self, item: Item) -> Item | None:
        """A thing with those facts that models can say of it; None if no model can declare such a thing."""

    def declared_name(self, item: Item) -> str:
        """By which name a thing is declared: on PostgreSQL a function is called by what it takes as well."""

    def alter(self, differences: Sequence[Difference], before: Catalog, after: Catalog) -> list[str]:
        """The statements that turn one schema into another, in an order in which they can be executed. Keeps rows.

        The last resort: exact, and in this database's words alone. Asks no database.

        Args:
            differences: what to change; some or all of those between the two.
            before: the whole schema as it is.
            after: as it is to be.

        Returns:
            Statements, one each; of those that lose rows (a table or a column that is dropped) as well.
        """
