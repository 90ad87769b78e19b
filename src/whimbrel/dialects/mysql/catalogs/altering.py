"""One schema of MySQL or MariaDB turned into another."""

from __future__ import annotations

import re

from ....catalog import FOREIGN_KEY, INDEX, SEQUENCE, TABLE, Catalog, Item
from ....record import TYPE_CHECKING
from .alterations import altered, created
from .kinds import TRIGGER, UNREADABLE, VIEW
from .references import dropping_order, in_the_way
from .remaking import Programs
from .tokens import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ....catalog import Difference
    from ....catalog.items import Place

_BOUNDS = ("minvalue", "maxvalue", "increment by")
_NUMBER = re.compile(rf"\b({'|'.join(_BOUNDS)}) (-?\d+)", re.IGNORECASE)
_NOTHING = "''"


def alter(differences: Sequence[Difference], before: Catalog, after: Catalog) -> list[str]:
    """The statements that turn one schema into another.

    What refers to something is dropped before it changes, and made when all is there: triggers, views, routines, and
    those foreign keys that are in the way.

    Args:
        differences: what to change.
        before: the whole schema as it is.
        after: as it is to be.
    """
    differences = [one for one in differences if _is_told(one, before, after)]
    target = _target(differences, before, after)
    tables = _Tables(differences, before, target)
    programs = Programs(differences, before, target)
    relations = {item.name for item in target.items if item.kind in (TABLE, VIEW)}
    early: list[str] = []
    late: list[str] = []
    for one in differences:
        if one.item.kind == SEQUENCE and one.before is not None and one.after is None:
            (early if one.before.name in relations else late).append(f"DROP SEQUENCE {_name(one.before)}")
    return [
        *programs.drops(),
        *tables.drops(),
        *early,
        *_sequences(differences),
        *tables.changes(),
        *late,
        *tables.references(),
        *programs.makes(),
    ]


def _is_told(difference: Difference, before: Catalog, after: Catalog) -> bool:
    """Whether it is known what to do: not with what the server could not show, but for dropping it."""
    if difference.after is not None and difference.after.fact(UNREADABLE) is not None:
        return False
    place = difference.item.place
    sides = [catalog.tables[place] for catalog in (before, after) if place is not None and place in catalog.tables]
    return len(sides) < 2 or all(table.fact(UNREADABLE) is None for table in sides)


def _target(differences: Sequence[Difference], before: Catalog, after: Catalog) -> Catalog:
    """The schema as it will be: `after`, if the differences are all that there are."""
    gone: set[Item] = set()
    come: list[Item] = []
    for old, new in differences:
        gone.update(() if old is None else _with_parts(old, before) if new is None else (old,))
        come += () if new is None else _with_parts(new, after) if old is None else (new,)
    order = {_identity(item): number for number, item in enumerate(after.items)}
    items = [*(item for item in before.items if item not in gone), *come]
    return Catalog(sorted(items, key=lambda item: order.get(_identity(item), len(order))))


def _identity(item: Item) -> tuple[str, Place | None, str]:
    return (item.kind, item.place, item.name)


def _with_parts(item: Item, catalog: Catalog) -> Sequence[Item]:
    place = item.place
    return catalog.parts(place) if item.kind == TABLE and place is not None else (item,)


class _Tables:
    """The tables, and their foreign keys.

    Args:
        differences: what to change.
        before: the schema as it is.
        target: as it will be.
    """

    def __init__(self, differences: Sequence[Difference], before: Catalog, target: Catalog) -> None:
        self._before = before
        self._target = target
        self._added = [one.after for one in differences if one.after and one.item.kind == TABLE and one.before is None]
        self._dropped = [one.before for one in differences if one.before and one.item.kind == TABLE and not one.after]
        self._changed: dict[Place, list[Difference]] = {}
        whole = {table.place for table in (*self._added, *self._dropped)}
        for one in differences:
            if (place := one.item.place) is not None and place not in whole:
                self._changed.setdefault(place, []).append(one)
        staying = [key for key in in_the_way(differences, before, target) if key.place not in whole]
        changed = [one for one in differences if one.item.kind == FOREIGN_KEY]
        self._keys_gone = [*(one.before for one in changed if one.before), *staying]
        self._keys_come = [*(one.after for one in changed if one.after), *staying]

    def drops(self) -> Iterator[str]:
        """What drops foreign keys, and tables."""
        tables, cycles = dropping_order(self._dropped, self._before)
        yield from _by_table((key, f"DROP FOREIGN KEY {quoted(key.name)}") for key in (*self._keys_gone, *cycles))
        yield from (f"DROP TABLE {_name(table)}" for table in tables)

    def changes(self) -> Iterator[str]:
        """What makes tables, and alters them."""
        for table in self._added:
            if table.place is not None:
                yield created(table, self._target.parts(table.place))
        for place, differences in self._changed.items():
            own = [one for one in differences if one.item.kind not in (FOREIGN_KEY, TRIGGER)]
            yield from altered(place, own, self._before, self._target) if own else ()

    def references(self) -> Iterator[str]:
        """What adds foreign keys: those first that are told their name, or the server may give it to another one.

        A name that the server has made up is said where the key had it before: that has gone to make room for this one.
        """
        added = [key for table in self._added if table.place for key in self._target.parts(table.place, FOREIGN_KEY)]
        again = {key.key for key in self._keys_gone}
        told: list[tuple[Item, str]] = []
        untold: list[tuple[Item, str]] = []
        for key in (*added, *self._keys_come):
            if key.key in again:
                told += ((key, clause) for clause in self._kept_index(key))
            if key.is_named or key.key in again:
                told.append((key, f"ADD {key.definition}"))
            else:
                untold.append((key, f"ADD {_without_name(key)}"))
        yield from (*_by_table(told), *_by_table(untold))

    def _kept_index(self, key: Item) -> Iterator[str]:
        """What keeps the index of a foreign key: a server drops one that it has made, and makes another by this name.

        It takes one that was renamed for somebody's own, be it to what it was called.
        """
        for index in self._target.parts((key.schema, key.table or ""), INDEX):
            if not index.is_named and index.name != key.name and index.fact("columns") == key.fact("columns"):
                yield f"RENAME KEY {quoted(index.name)} TO {quoted(index.name)}"


def _by_table(clauses: Iterable[tuple[Item, str]]) -> Iterator[str]:
    found: dict[str, list[str]] = {}
    for key, clause in clauses:
        found.setdefault(quoted(key.schema, key.table), []).append(clause)
    yield from (f"ALTER TABLE {table} {', '.join(some)}" for table, some in found.items())


def _without_name(key: Item) -> str:
    return key.definition.removeprefix(f"CONSTRAINT {quoted(key.name)} ")


def _sequences(differences: Sequence[Difference]) -> Iterator[str]:
    for one in differences:
        if one.item.kind != SEQUENCE or one.after is None:
            continue
        if one.before is None:
            yield one.after.definition
        else:
            yield from _altered_sequence(one.before, one.after)


def _altered_sequence(old: Item, new: Item) -> Iterator[str]:
    if old.name != new.name:
        yield f"RENAME TABLE {_name(old)} TO {_name(new)}"
    before, after = old.fact("numbers") or "", new.fact("numbers") or ""
    if before != after:
        yield from _moved(new, before, after)
        yield f"ALTER SEQUENCE {_name(new)} {after}"
    options = [name for name in ("engine", "comment") if old.fact(name) != new.fact(name)]
    if options:
        said = (f"{name.upper()}={new.fact(name) or _NOTHING}" for name in options)
        yield f"ALTER TABLE {_name(new)} {', '.join(said)}"


def _moved(sequence: Item, before: str, after: str) -> Iterator[str]:
    """What brings a sequence into its new range; it goes forward only, so that no number is given twice."""
    old, new = ({name.lower(): int(number) for name, number in _NUMBER.findall(text)} for text in (before, after))
    if len(old.keys() & new.keys()) < len(_BOUNDS):
        return
    rises = old["increment by"] > 0
    first = new["minvalue"] if rises else new["maxvalue"]
    if first > old["minvalue"] if rises else first < old["maxvalue"]:
        yield f"SELECT SETVAL({_name(sequence)}, {first}, 0)"


def _name(item: Item) -> str:
    return quoted(item.schema, item.name)
