"""The catalog of PostgreSQL: read in the server's own words, and turned into another."""

from __future__ import annotations

from ....record import TYPE_CHECKING
from ...catalogs import Traits

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ....catalog import Catalog, Difference, Item
    from ....catalog.items import Place
    from ....connect.driver import Query


class Catalogs:
    """`Catalogs` for PostgreSQL."""

    traits = Traits(has_types_apart=True)

    def read(self, query: Query, schemas: Sequence[str | None]) -> Catalog:
        from .reading import read

        return read(query, schemas)

    def texts(
        self, query: Query, schemas: Sequence[str | None], places: Collection[Place] | None = None
    ) -> dict[Place | None, str]:
        from .reading import read_texts

        return read_texts(query, schemas, places)

    def signature(self, query: Query) -> str:
        from .signature import signature

        return signature(query)

    def tables(self, query: Query, schemas: Sequence[str | None], places: Collection[Place]) -> Catalog:
        from .reading import read_some

        return read_some(query, schemas, places)

    def schemas(self, query: Query) -> list[str]:
        from .grounding import schemas

        return schemas(query)

    def beside(self, query: Query, schemas: Sequence[str]) -> list[str] | None:
        return []

    def defaults(self, query: Query, schemas: Sequence[str | None]) -> list[str]:
        return []

    def settings(self, query: Query) -> str:
        from .grounding import settings

        return settings(query)

    def ground(self, query: Query, schemas: Sequence[str | None]) -> list[str]:
        from .grounding import ground

        return ground(query, schemas)

    def declarable(self, item: Item) -> Item | None:
        from .grounding import declarable

        return declarable(item)

    def declared_name(self, item: Item) -> str:
        from .grounding import declared_name

        return declared_name(item)

    def alter(self, differences: Sequence[Difference], before: Catalog, after: Catalog) -> list[str]:
        from .altering import alter

        return alter(differences, before, after)
