"""The things that a schema is made of.

Both sides of a comparison come out of a database: what it has, and what it makes of the models. So their words are the
same for the same thing, and nobody has to know whether `VARCHAR(10)` is `character varying(10)`.
"""

from __future__ import annotations

from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from .comparison import Difference

    Place = tuple[str | None, str]
    """A table: its schema and its name."""

    Key = tuple[str, str | None, str | None, str]
    """One thing: its kind, its schema, the table that it is a part of, its name."""

TABLE, COLUMN = "table", "column"
PRIMARY_KEY, UNIQUE, FOREIGN_KEY, CHECK, EXCLUSION = "primary key", "unique", "foreign key", "check", "exclusion"
INDEX, SEQUENCE, ENUM = "index", "sequence", "enum"
"""Kinds that every reader of catalogs calls alike; others are a database's own: `domain`, `view`, `function`, …"""


class Item(Record):
    """One thing in a schema.

    Attributes:
        kind: what it is: `TABLE`, `COLUMN`, …
        name: what the database calls it; empty if it has no name.
        schema: the schema that it is in; None for that in which names without one are looked up.
        table: the table that it is a part of; None for what is part of none. A table is part of itself.
        facts: all that matters of it, as pairs of what it is called and its text in the database's words, sorted. What
            is there only because it was not asked for otherwise (an empty default) is left out.
        definition: with what the database would make it again: a clause, or a statement. Not compared.
        is_named: whether somebody has chosen its name: one that the database makes up may be another one next time.
        uses: what has to be there as long as it is, where the database tells. Not compared.
    """

    kind: str
    name: str
    schema: str | None = None
    table: str | None = None
    facts: tuple[tuple[str, str], ...] = ()
    definition: str = ""
    is_named: bool = True
    uses: tuple[Key, ...] = ()

    @property
    def key(self) -> Key:
        """What tells it from all other things of the same catalog."""
        return (self.kind, self.schema, self.table, self.name)

    @property
    def place(self) -> Place | None:
        """The table that it is, or is a part of."""
        return None if self.table is None else (self.schema, self.table)

    @property
    def label(self) -> str:
        """What people call it: `column orders.total`, `index ix_total on orders`."""
        if self.kind == TABLE or self.table is None:
            return f"{self.kind} {qualified(self.schema, self.name)}"
        table = qualified(self.schema, self.table)
        if self.kind == COLUMN:
            return f"{self.kind} {table}.{self.name}"
        if self.name:
            return f"{self.kind} {self.name} on {table}"
        return f"{self.kind} on {table} ({', '.join(text for _, text in self.facts)})"

    def fact(self, name: str) -> str | None:
        """One of the facts; None if that is not there."""
        return next((text for key, text in self.facts if key == name), None)


def facts(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Facts from a mapping; those that are None, false or empty are left out."""
    texts = {
        name: "yes" if value is True else str(value) for name, value in given.items() if value not in (None, False)
    }
    return tuple(sorted((name, text) for name, text in texts.items() if text))


def qualified(schema: str | None, name: str) -> str:
    """A name with its schema, as people write it."""
    return f"{schema}.{name}" if schema else name


class Catalog:
    """All things of a schema, or of several.

    Args:
        items: the things; columns in their order in the table.
    """

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self.items = tuple(items)
        self.tables: dict[Place, Item] = {}
        self._parts: dict[Place, list[Item]] = {}
        for item in self.items:
            if item.kind == TABLE:
                self.tables[item.schema, item.name] = item
            if (place := item.place) is not None:
                self._parts.setdefault(place, []).append(item)

    def __repr__(self) -> str:
        return f"<Catalog of {len(self.tables)} tables, {len(self.items)} items>"

    @property
    def loose(self) -> tuple[Item, ...]:
        """What is part of no table."""
        return tuple(item for item in self.items if item.table is None)

    @property
    def used(self) -> set[Key]:
        """What has to be there because of something else, where the database tells."""
        return {key for item in self.items for key in item.uses}

    def parts(self, place: Place, kind: str | None = None) -> Sequence[Item]:
        """A table and its parts, or those of one kind."""
        found = self._parts.get(place, [])
        return found if kind is None else [item for item in found if item.kind == kind]

    def only(self, wanted: Callable[[Item], bool]) -> Catalog:
        """A catalog of those items that are wanted."""
        return Catalog(filter(wanted, self.items))

    def changed(self, differences: Iterable[Difference], source: Catalog) -> Catalog:
        """What it becomes if some differences are made good.

        Args:
            differences: what to change; a table that is added stands for all of its parts.
            source: has the parts of those.
        """
        gone: set[Item] = set()
        new: list[Item] = []
        touched: set[Place | None] = set()
        for before, after in differences:
            if before is not None:
                is_whole = before.kind == TABLE and after is None
                gone.update(self.parts((before.schema, before.name)) if is_whole else (before,))
            if after is not None:
                is_whole = after.kind == TABLE and before is None
                new += source.parts((after.schema, after.name)) if is_whole else (after,)
                touched.add(after.place)
            elif before is not None:
                touched.add(before.place)

        def kept(item: Item) -> Item:
            there = (
                source.tables.get(item.place) if item.kind == TABLE and item.place in touched and item.place else None
            )
            return item._replace(definition=there.definition) if there is not None and there.definition else item

        return Catalog([*(kept(item) for item in self.items if item not in gone), *new])

    @property
    def fingerprint(self) -> str:
        """A hash of all that matters: equal exactly if nothing differs, in whatever order things were made."""
        return _hash(self.items)

    def fingerprint_of(self, place: Place) -> str:
        """The same of one table and its parts."""
        return _hash(self.parts(place))


def _hash(items: Iterable[Item]) -> str:
    import hashlib
    import json

    told = sorted(
        [item.kind, item.schema or "", item.table or "", item.name if item.is_named else "", item.facts]
        for item in items
    )
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
