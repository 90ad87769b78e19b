"""Statements that turn one schema of SQLite into another: a table whose columns or constraints change is made anew.

The steps are those of https://sqlite.org/lang_altertable.html#otheralter. Foreign keys must not be enforced meanwhile:
with the old table its rows would go, and with them those that refer to them.
"""

from __future__ import annotations

from ....catalog import COLUMN, INDEX, TABLE
from ....record import TYPE_CHECKING
from ...base import double_quoted
from ..ddl import read_definition
from .reading import TRIGGER, VIEW, VIRTUAL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ....catalog import Catalog, Difference, Item
    from ....catalog.items import Place

_MADE_APART = (INDEX, TRIGGER)
"""Parts of a table that have statements of their own."""
_TEMPORARY = "_whimbrel_new"


def alter(differences: Sequence[Difference], before: Catalog, after: Catalog) -> list[str]:
    """As `Catalogs.alter`."""
    return list(_Alteration(differences, before, after).statements())


class _Alteration:
    def __init__(self, differences: Sequence[Difference], before: Catalog, after: Catalog) -> None:
        self._before = before
        self._after = after
        self._differences = differences
        self._dropped = [one.before for one in differences if one.before and one.after is None]
        self._added = [one.after for one in differences if one.after and one.before is None]
        self._changed = [one for one in differences if one.before and one.after]
        self._rebuilt: dict[Place, None] = {
            item.place: None
            for one in differences
            for item in [one.item]
            if item.place and item.kind not in _MADE_APART and not (item.kind == TABLE and None in one)
        }

    def statements(self) -> Iterator[str]:
        gone = self._views_gone()
        lost = {item for item in self._before.items if _is_on_one_of(item, gone)}
        yield from (f"DROP VIEW {_quoted(view)}" for view in gone)
        yield from self._drops(lost)
        for place in self._rebuilt:
            yield from self._rebuild(place)
        yield from self._creations()
        come = {one.after.key for one in self._differences if one.after} | {item.key for item in (*gone, *lost)}
        for kind in (VIEW, TRIGGER):
            late = (item for item in self._after.items if item.kind == kind and item.table is None)
            yield from (item.definition for item in late if item.key in come)

    def _views_gone(self) -> list[Item]:
        """The views that are dropped, for good or for the time being."""
        if self._rebuilt or any(item.kind == TABLE for item in self._dropped):
            # One that names what is not there for a moment would keep tables from being renamed.
            return [item for item in self._before.items if item.kind == VIEW]
        changed = [one.before for one in self._changed if one.before]
        return [item for item in (*self._dropped, *changed) if item.kind == VIEW]

    @property
    def _gone(self) -> list[Item]:
        return self._dropped + [one.before for one in self._changed if one.before and one.before.kind in _MADE_APART]

    def _drops(self, lost: Collection[Item]) -> Iterator[str]:
        gone = [item for item in self._gone if item not in lost]
        for item in gone:
            if item.kind in _MADE_APART and item.place not in self._rebuilt:
                yield f"DROP {item.kind.upper()} {_quoted(item)}"
        for item in gone:
            if item.kind in (TABLE, VIRTUAL):
                yield f"DROP TABLE {_quoted(item)}"

    def _creations(self) -> Iterator[str]:
        new = self._added + [one.after for one in self._changed if one.after and one.after.kind in _MADE_APART]
        for item in new:
            if item.kind in (TABLE, VIRTUAL):
                yield item.definition
        for item in new:
            if item.kind == TABLE and item.place:
                yield from (part.definition for part in self._after.parts(item.place) if part.kind in _MADE_APART)
            elif item.kind in _MADE_APART and item.place and item.place not in self._rebuilt:
                yield item.definition

    def _rebuild(self, place: Place) -> Iterator[str]:
        schema, name = place
        parts = self._after.parts(place)
        definition = read_definition(self._after.tables[place].definition)
        there = {item.name.lower() for item in self._before.parts(place, COLUMN) if item.fact("generated") is None}
        kept = [
            column.name for column in definition.columns if column.name.lower() in there and not column.is_generated
        ]
        columns = ", ".join(map(double_quoted, kept))
        table, temporary = double_quoted(schema, name), double_quoted(schema, f"{_TEMPORARY}_{name}")
        yield f"CREATE TABLE {temporary}{definition.opening}{definition.body}"
        if kept:
            # A constraint that says ON CONFLICT IGNORE or REPLACE would leave rows out.
            yield f"INSERT OR ABORT INTO {temporary} ({columns}) SELECT {columns} FROM {table}"
        yield f"DROP TABLE {table}"
        yield f"ALTER TABLE {temporary} RENAME TO {double_quoted(name)}"
        yield from (part.definition for part in parts if part.kind in _MADE_APART)


def _is_on_one_of(trigger: Item, views: Sequence[Item]) -> bool:
    """Whether a trigger goes with one of the views."""
    name = (trigger.fact("on") or "").lower()
    return bool(name) and any((view.schema, view.name.lower()) == (trigger.schema, name) for view in views)


def _quoted(item: Item) -> str:
    return double_quoted(item.schema, item.name)
