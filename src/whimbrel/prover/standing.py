"""What models stand on that no model makes: types, functions and sequences that revisions have made, or somebody."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ..catalog import Catalog, compare
from .subject import Subject

if TYPE_CHECKING:
    from ..catalog.items import Place


def standing(subject: Subject, made: Collection[Place]) -> Catalog:
    """The things of a database that are part of no table, and need none.

    Args:
        subject: the database.
        made: the types and sequences that the models make.
    """
    found = {item.key: item for item in subject.actual.loose if (item.schema, item.name) not in made}
    while missing := [key for key, item in found.items() if not found.keys() >= set(item.uses)]:
        for key in missing:
            del found[key]
    return Catalog(found.values())


def statements(subject: Subject, things: Catalog) -> list[str]:
    """The statements that make them in an empty database."""
    empty = Catalog()
    return subject.dialect.catalogs.alter(compare(empty, things), empty, things)
