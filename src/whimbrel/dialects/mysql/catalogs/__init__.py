"""The catalog of MySQL and MariaDB: read, and turned into another."""

from __future__ import annotations

from ....record import TYPE_CHECKING
from ...catalogs import Traits

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ....catalog import Catalog, Difference, Item
    from ....catalog.items import Place
    from ....connect.driver import Query


class Catalogs:
    """What is in a database, and the statements that make it otherwise.

    Args:
        literal: how a text stands in a statement.
    """

    traits = Traits(
        without_value="rows that are there get what the server takes for its type, 0 or an empty text",
        says_columns_whole=True,
        makes_indexes=True,
        keeps_views=False,
    )

    def __init__(self, literal: Callable[[str], str]) -> None:
        self._literal = literal

    def read(self, query: Query, schemas: Sequence[str | None]) -> Catalog:
        from .reading import read_catalog

        return read_catalog(query, schemas, self._literal)

    def texts(
        self, query: Query, schemas: Sequence[str | None], places: Collection[Place] | None = None
    ) -> dict[Place | None, str]:
        from .reading import read_texts

        return read_texts(query, schemas, self._literal, places)

    def signature(self, query: Query) -> str:
        return ""  # when a table was changed, a server knows to the second, and not of all changes

    def tables(self, query: Query, schemas: Sequence[str | None], places: Collection[Place]) -> Catalog:
        from .reading import read_some

        return read_some(query, schemas, self._literal, places)

    def schemas(self, query: Query) -> list[str]:
        return []  # a schema is another database

    def beside(self, query: Query, schemas: Sequence[str]) -> list[str] | None:
        from .grounding import there

        return there(query, schemas, self._literal)

    def defaults(self, query: Query, schemas: Sequence[str | None]) -> list[str]:
        from .grounding import defaults

        return defaults(query, schemas, self._literal)

    def settings(self, query: Query) -> str:
        from .grounding import settings

        return settings(query)

    def ground(self, query: Query, schemas: Sequence[str | None]) -> list[str]:
        return []  # a schema is another database

    def declarable(self, item: Item) -> Item | None:
        from .grounding import declarable

        return declarable(item)

    def declared_name(self, item: Item) -> str:
        return item.name

    def alter(self, differences: Sequence[Difference], before: Catalog, after: Catalog) -> list[str]:
        from .altering import alter

        return alter(differences, before, after)
