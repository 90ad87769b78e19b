"""The catalog of SQLite: what it keeps is the text of each statement, which is read; and turned into another."""

from __future__ import annotations

from ....catalog import CHECK, COLUMN, FOREIGN_KEY, INDEX, PRIMARY_KEY, TABLE, UNIQUE
from ....record import TYPE_CHECKING
from ...catalogs import Traits

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ....catalog import Catalog, Difference, Item
    from ....catalog.items import Place
    from ....connect.driver import Query

_DECLARABLE = frozenset((TABLE, COLUMN, PRIMARY_KEY, UNIQUE, FOREIGN_KEY, CHECK, INDEX, "view", "trigger"))


class Catalogs:
    """`Catalogs` for SQLite."""

    traits = Traits(rebuilds_tables=True, unguarded=("PRAGMA foreign_keys = OFF",))

    def read(self, query: Query, schemas: Sequence[str | None]) -> Catalog:
        from .reading import read

        return read(query, schemas)

    def texts(
        self, query: Query, schemas: Sequence[str | None], places: Collection[Place] | None = None
    ) -> dict[Place | None, str]:
        from .reading import read_texts

        return read_texts(query, schemas, places)

    def signature(self, query: Query) -> str:
        return ""  # the texts are read as fast

    def tables(self, query: Query, schemas: Sequence[str | None], places: Collection[Place]) -> Catalog:
        from .reading import read_some

        return read_some(query, schemas, places)

    def schemas(self, query: Query) -> list[str]:
        return []  # a schema is an attached file

    def beside(self, query: Query, schemas: Sequence[str]) -> list[str] | None:
        return None if set(schemas) - {"main"} else []  # an attached file

    def defaults(self, query: Query, schemas: Sequence[str | None]) -> list[str]:
        return []

    def settings(self, query: Query) -> str:
        return ""  # it keeps the texts that it is given

    def ground(self, query: Query, schemas: Sequence[str | None]) -> list[str]:
        return []  # a schema is an attached file

    def declarable(self, item: Item) -> Item | None:
        return item if item.kind in _DECLARABLE else None

    def declared_name(self, item: Item) -> str:
        return item.name

    def alter(self, differences: Sequence[Difference], before: Catalog, after: Catalog) -> list[str]:
        from .altering import alter

        return alter(differences, before, after)
