"""What has to be dropped, made again and changed to get from one schema of PostgreSQL to another."""

from __future__ import annotations

import re

from ....catalog import (
    CHECK,
    COLUMN,
    ENUM,
    EXCLUSION,
    FOREIGN_KEY,
    INDEX,
    SEQUENCE,
    TABLE,
    Difference,
)
from ....record import TYPE_CHECKING
from . import columns
from .making import added_labels, is_later, labels
from .routines import FUNCTION, PROCEDURE, VIEW
from .types import COLLATION, COMPOSITE, DOMAIN
from .words import CONSTRAINTS, FUNCTIONS, ON_RELATIONS, TYPES, VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ....catalog import Catalog, Item
    from ....catalog.items import Key, Place

_HOLD_TYPES = (*VIEWS, *FUNCTIONS, *ON_RELATIONS, CHECK, EXCLUSION, FOREIGN_KEY)
"""What keeps a column from getting another type, or may not be what it was if it gets one."""


class Plan:
    """What happens to which things.

    What stands in the way of a change is dropped, and made again behind it: a view of a column that gets another type.

    Args:
        differences: what is to be changed.
        before: the schema as it is.
        after: as it is to be.

    Attributes:
        dropped: what is dropped, as it is; of a table all parts.
        made: what is made, as it is to be; of a table all parts. What was there may be used by those who could.
        pairs: what is there before and after, and differs.
        replaced: types that are made anew, beside the old ones.
        retyped: columns that get another type, or their own one, made anew.
        bereft: columns that lose their default, for the time being or for good.
        rebuilt: tables that are made anew, and filled with the rows of the old ones.
    """

    def __init__(self, differences: Sequence[Difference], before: Catalog, after: Catalog) -> None:
        self.before = before
        self.after = after
        self.dropped: dict[Key, Item] = {}
        self.made: dict[Key, Item] = {}
        self.pairs: dict[Key, tuple[Item, Item]] = {}
        self.replaced: dict[Key, tuple[Item, Item]] = {}
        self.retyped: dict[Key, tuple[Item, Item]] = {}
        self.bereft: dict[Key, Item] = {}
        self.rebuilt: set[Place] = set()
        told = list(_with_owners_changed(differences))
        self._gone = {one.before.key for one in told if one.before and not one.after}
        self.pairs |= {one.before.key: (one.before, one.after) for one in told if one.before and one.after}
        self._new_words = [text for one in told if one.after for _, text in one.after.facts]
        for one in told:
            self._add(one)
        while self._spread():
            pass

    @property
    def changed(self) -> dict[Key, tuple[Item, Item]]:
        """What is changed where it is."""
        found = {**self.retyped, **self.pairs}
        found |= {key: (item, self._after(item)) for key, item in self.bereft.items() if key not in found}
        kept = (key for key in found if key not in self.dropped and key not in self.replaced)
        return {key: _with_name(*found[key]) for key in kept}

    def _add(self, one: Difference) -> None:
        if one.before is None:
            assert one.after is not None
            self._make(one.after)
        elif one.after is None:
            self._drop(one.before)
        else:
            self._change(one.before, one.after)

    def _make(self, item: Item) -> None:
        for part in self.after.parts((item.schema, item.name)) if item.kind == TABLE else [item]:
            self.made[part.key] = part._replace(definition="")  # who may use it there is nothing to those here

    def _drop(self, item: Item) -> None:
        for part in self.before.parts((item.schema, item.name)) if item.kind == TABLE else [item]:
            self.dropped[part.key] = part

    def _change(self, before: Item, after: Item) -> None:
        if before.kind == COLUMN:
            self._change_column(before, after)
        elif before.kind == TABLE:
            if any(before.fact(name) != after.fact(name) for name in ("partition by", "inherits")):
                self._again(before)
        elif before.kind in TYPES:
            if not self._keeps_type(before, after):
                self.replaced[before.key] = (before, after)
        elif not _is_in_place(before, after):
            self._again(before)

    def _change_column(self, before: Item, after: Item) -> None:
        if columns.is_made_again(before, after):
            self._again(before)
            return
        if columns.is_retyped(before, after):
            self.retyped[before.key] = (before, after)
        if columns.loses_default(before, after):
            self.bereft[before.key] = before

    def _again(self, item: Item) -> None:
        """Have a thing dropped, and made as it is to be."""
        if item.kind == TABLE:
            self.rebuilt.add((item.schema, item.name))
        self._drop(item)
        for part in self.before.parts((item.schema, item.name)) if item.kind == TABLE else [item]:
            if part.key not in self._gone:
                wanted = self._after(part)
                self.made[wanted.key] = wanted._replace(definition=part.definition)

    def _after(self, item: Item) -> Item:
        """A thing as it is to be: the same, if nobody wants it otherwise."""
        return self.pairs[item.key][1] if item.key in self.pairs else item

    def _keeps_type(self, before: Item, after: Item) -> bool:
        names = _changed(before, after)
        if before.kind == ENUM and names:
            added = set(labels(after.fact("labels"))) - set(labels(before.fact("labels")))
            # A new label cannot be used in the transaction that has added it.
            is_used = any(label in text for label in added for text in self._new_words if text != after.fact("labels"))
            return not is_used and added_labels(before, after) is not None
        if before.kind == DOMAIN:
            return names.isdisjoint(("type", "collation"))
        if before.kind == COMPOSITE and names:
            return added_attributes(before, after) is not None
        return not names

    def _spread(self) -> bool:
        """Take in what uses something that is taken in already. Returns whether there was anything."""
        count = self._size()
        for item in self.before.items:
            if item.uses and item.key not in self.dropped:
                self._follow(item, set(item.uses))
        return self._size() > count

    def _size(self) -> int:
        return len(self.dropped) + len(self.replaced) + len(self.retyped) + len(self.bereft)

    def _follow(self, item: Item, uses: set[Key]) -> None:
        loses = not uses.isdisjoint(self.dropped)
        if item.kind == COLUMN:
            self._follow_column(item, uses, loses=loses)
        elif item.kind in TYPES:
            if not uses.isdisjoint(self.replaced):
                self.replaced[item.key] = (item, self._after(item))
        elif item.kind == TABLE:
            if any(key[0] == TABLE for key in uses & self.dropped.keys()):
                self._again(item)
        elif item.kind == SEQUENCE:
            pass  # it goes with its column
        elif loses or self._is_in_the_way(item, uses):
            self._again(item)

    def _follow_column(self, item: Item, uses: set[Key], *, loses: bool) -> None:
        """A column: of a type that is made anew, or with a default that uses what is dropped."""
        of_types = uses & self.replaced.keys()
        if item.fact("generated"):
            if loses or of_types or not uses.isdisjoint(self.retyped):
                self._again(item)
            return
        of_collation = any(key[0] == COLLATION for key in uses & self.dropped.keys())
        if of_collation or any(_is_of(item, self.replaced[key][0]) for key in of_types):
            self.retyped.setdefault(item.key, (item, self._after(item)))
        if (loses or of_types) and item.fact("default"):
            self.bereft[item.key] = item

    def _is_in_the_way(self, item: Item, uses: set[Key]) -> bool:
        if uses.isdisjoint(self.retyped) and uses.isdisjoint(self.replaced):
            return False
        if item.kind == INDEX:  # one of columns alone is made anew by the database
            definition = item.fact("definition") or ""
            return definition.count("(") > 1 or " WHERE " in definition
        return item.kind in _HOLD_TYPES


def _with_name(before: Item, after: Item) -> tuple[Item, Item]:
    """What is changed keeps its name, unless somebody has chosen another one, or nothing else is to be changed."""
    keeps = not after.is_named and before.facts != after.facts
    return before, after._replace(name=before.name) if keeps else after


def ordered(items: Iterable[Item], homes: dict[Key, Key], ranks: Sequence[str]) -> list[Item]:
    """Things with what they use before them. Where things use one another, the circle is cut where it is entered.

    Args:
        items: the things.
        homes: what is made or dropped with another thing, and with which.
        ranks: the order of kinds that do not use one another.
    """
    rank = {kind: place for place, kind in enumerate(ranks)}
    nodes: dict[Key, Item] = {}
    uses: dict[Key, list[Key]] = {}
    for item in sorted(items, key=lambda one: rank.get(one.kind, len(rank))):
        home = homes.get(item.key, item.key)
        if home == item.key:
            nodes[home] = item
        if item.kind != SEQUENCE:  # one of a column is there before it
            uses.setdefault(home, []).extend(item.uses)
    done: dict[Key, None] = {}
    entered: set[Key] = set()
    for start in nodes:
        stack = [(start, iter(uses.get(start, ())))]
        while stack:
            key, left = stack[-1]
            entered.add(key)
            found = next((one for used in left if (one := homes.get(used, used)) in nodes and one not in entered), None)
            if found is not None:
                stack.append((found, iter(uses.get(found, ()))))
            else:
                stack.pop()
                done.setdefault(key)
    return [nodes[key] for key in done]


def added_attributes(before: Item, after: Item) -> list[str] | None:
    """The attributes that a composite type gets at its end; None if others change as well."""
    old, new = (attributes(item.fact("attributes")) for item in (before, after))
    return new[len(old) :] if new[: len(old)] == old else None


def attributes(text: str | None) -> list[str]:
    """The attributes of a composite type."""
    return re.findall(r'"(?:[^"]|"")*" .*?(?=, "|$)', text or "")


def _with_owners_changed(differences: Sequence[Difference]) -> Iterator[Difference]:
    """A sequence that begins or ceases to belong to a column is the same one still, and goes on counting."""
    gone = {
        (one.before.schema, one.before.name): one
        for one in differences
        if one.before and not one.after and one.before.kind == SEQUENCE
    }
    kept = []
    for one in differences:
        after = one.after
        old = gone.get((after.schema, after.name)) if after and not one.before and after.kind == SEQUENCE else None
        if old is not None:
            kept.append(old)
            yield Difference(old.before, after)
        elif one not in gone.values():
            yield one
    yield from (one for one in gone.values() if one not in kept)


def _is_in_place(before: Item, after: Item) -> bool:
    """Whether there are statements for it that leave a thing where it is."""
    names = _changed(before, after)
    if before.kind == SEQUENCE:
        return "in schema" not in names
    if before.kind in (FUNCTION, PROCEDURE):
        return "signature" not in names
    if before.kind == VIEW:
        old, new = (f"{item.fact('columns')}, " for item in (before, after))
        return new.startswith(old)
    return not names or becomes_valid(before, after)


def becomes_valid(before: Item, after: Item) -> bool:
    """Whether a constraint that was not checked for old rows is, and else the same."""
    old, new = (item.fact("definition") or "" for item in (before, after))
    return before.kind in CONSTRAINTS and old == f"{new} NOT VALID"


def _changed(before: Item, after: Item) -> set[str]:
    """What differs of a thing, but for what is said of it by statements of their own."""
    return {name for name in Difference(before, after).changes if not is_later(name)}


def _is_of(column: Item, type_: Item) -> bool:
    """Whether a column holds values of a type, or arrays of them; else only its default has to do with it."""
    names = {type_.name, f"{type_.schema}.{type_.name}"}
    return (column.fact("type") or "").removesuffix("[]").replace('"', "") in {name.replace('"', "") for name in names}
