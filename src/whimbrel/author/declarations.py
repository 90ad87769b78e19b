"""Which views, functions and triggers a revision is about: those that are declared, by their names.

What a database has besides is somebody else's, and stays, unless somebody says that it may go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from ..catalog import SEQUENCE, TABLE, Catalog, Item
from ..catalog.items import qualified
from ..differ import Rename
from ..objects import FUNCTION, KINDS, PROCEDURE, declared_in
from ..prover import Subject
from .decisions.names import DATABASE, Names

if TYPE_CHECKING:
    from ..catalog.items import Key


class Declarations:
    """What is declared beside the tables for one database.

    Args:
        subject: the database.
        wanted: what it makes of the models.
    """

    def __init__(self, subject: Subject, wanted: Catalog) -> None:
        default = subject.sql_dialect.default_schema_name
        self._name = subject.dialect.catalogs.declared_name
        self._there = [item for item in subject.actual.items if item.kind in KINDS or _counts_for_itself(item)]
        self._declared: set[Key] = {
            (one.kind, None if one.schema == default else one.schema, one.table, one.name)
            for one in declared_in(subject.metadata, subject.sql_dialect)
        }
        self._others = _overloads(self._named(self._there), self._named(wanted.items))
        self._allowed: set[Key] = set()
        names = Names(subject.actual, DATABASE)
        self._taken = names.tables.keys() | names.columns.keys()

    def counts(self, item: Item) -> bool:
        """Whether a revision may make, change or drop it."""
        return item.key in self._allowed or (self._by_name(item) in self._declared and item.key not in self._others)

    def is_allowed(self, item: Item) -> bool:
        """Whether somebody has said that it may be dropped."""
        return item.key in self._allowed

    def follow(self, renames: Iterable[Rename]) -> None:
        """Let triggers count by the old names of their tables as well."""
        for one in renames:
            if one.kind == TABLE:
                moved = [key for key in self._declared if key[1:3] == (one.schema, one.new)]
                self._declared |= {(kind, schema, one.old, name) for kind, schema, _, name in moved}

    def allow(self, names: Collection[str]) -> None:
        """Let some that nobody declares be dropped, by what people call them."""
        known = self.known
        self._allowed |= {item.key for name in names for item in known.get(name, ()) if self._is_undeclared(item)}

    @property
    def known(self) -> dict[str, list[Item]]:
        """What the database has, by what people call it: by its name, and with its kind before.

        A name that a table or a column has as well is that one's.
        """
        found: dict[str, list[Item]] = {}
        for item in self._there:
            names = (item.name, self._name(item))
            for name in {qualified(item.schema, name) for name in names} | {item.label}:
                found.setdefault(name, []).append(item)
        return {name: items for name, items in found.items() if len(items) == 1 and name not in self._taken}

    @property
    def undeclared(self) -> list[Item]:
        """What the database has that nobody declares, of kinds of which something is declared."""
        kinds = {kind for kind, *_ in self._declared}
        return [item for item in self._there if item.kind in kinds and not self.counts(item)]

    def _is_undeclared(self, item: Item) -> bool:
        return self._by_name(item) not in self._declared or item.key in self._others

    def _by_name(self, item: Item) -> Key:
        return (item.kind, item.schema, item.table, self._name(item))

    def _named(self, items: Iterable[Item]) -> dict[Key, list[Item]]:
        """Functions and procedures that are declared, by their names."""
        found: dict[Key, list[Item]] = {}
        for item in items:
            if item.kind in (FUNCTION, PROCEDURE) and self._by_name(item) in self._declared:
                found.setdefault(self._by_name(item), []).append(item)
        return found


def _counts_for_itself(item: Item) -> bool:
    """Whether it is a sequence that no column has."""
    return item.kind == SEQUENCE and item.table is None


def _overloads(there: dict[Key, list[Item]], wanted: dict[Key, list[Item]]) -> set[Key]:
    """Functions that have the name of one that is declared, and take something else.

    If there is one alone, and not the one that is declared, it is that, and what it takes has changed.
    """
    found: set[Key] = set()
    for name, items in there.items():
        keys = {item.key for item in items}
        declared = {item.key for item in wanted.get(name, ())}
        if len(keys) > 1 or keys & declared:
            found |= keys - declared
    return found
