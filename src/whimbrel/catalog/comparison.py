"""Two schemas, thing by thing."""

from __future__ import annotations

from ..record import TYPE_CHECKING, Record
from .items import COLUMN, PRIMARY_KEY, TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .items import Catalog, Item

    _IsPair = Callable[[Item, Item], bool]


_SHOWN = 60  # characters of a text of several lines


class Difference(Record):
    """What is there before, and what after; None where it is not there. A table stands for all of its parts."""

    before: Item | None
    after: Item | None

    @property
    def item(self) -> Item:
        """What it is about: as it is after, if it is there then."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def is_renamed(self) -> bool:
        """Whether nothing but the name differs."""
        return self.before is not None and self.after is not None and self.before.facts == self.after.facts

    @property
    def changes(self) -> dict[str, tuple[str | None, str | None]]:
        """The facts that differ, each as it is before and after."""
        before, after = (dict(item.facts) if item else {} for item in self)
        names = sorted(before.keys() | after.keys())
        return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}

    def __str__(self) -> str:
        if self.before is None:
            return f"add {self.item.label}"
        if self.after is None:
            return f"drop {self.item.label}"
        if self.is_renamed:
            return f"rename {self.before.label} to {self.after.name}"
        told = (f"{name} {_in_short(*pair)} -> {_in_short(*pair[::-1])}" for name, pair in self.changes.items())
        return f"change {self.item.label}: {', '.join(told)}"


def compare(before: Catalog, after: Catalog, *, exactly: bool = False) -> list[Difference]:
    """What turns one schema into another, in the order of `after`, what is dropped last.

    Things are the same by their names. Where the database has made up both names, or the second one, they are the same
    by what they are; where only the names differ, one is the other renamed.

    Args:
        before: the one.
        after: the other.
        exactly: whether a name that somebody has chosen is another one than what the database makes up.
    """
    pairs = (_is_same_name, _is_as_unnamed if exactly else _is_same_thing, *_PAIRS)
    found: list[Difference] = []
    for place, table in after.tables.items():
        if place not in before.tables:
            found.append(Difference(None, table))
        elif before.fingerprint_of(place) != after.fingerprint_of(place):
            found += _paired(before.parts(place), after.parts(place), pairs)
    found += _paired(before.loose, after.loose, pairs)
    found += [Difference(table, None) for place, table in before.tables.items() if place not in after.tables]
    return found


def _in_short(text: str | None, other: str | None) -> str:
    """A fact in one line, beside what it is elsewhere: of a text of several, where the two begin to differ."""
    if text is None or "\n" not in text:
        return text or ("no" if other == "yes" else "none")
    line, beside = (" ".join(one.split()) for one in (text, other or ""))
    pairs = enumerate(zip(line, beside, strict=False))
    same = next((place for place, (one, other) in pairs if one != other), min(len(line), len(beside)))
    start = same - _SHOWN // 3 if same > _SHOWN // 2 and len(line) > _SHOWN else 0
    end = start + _SHOWN
    return f"{'…' if start else ''}{line[start:end]}{'…' if end < len(line) else ''}"


def _paired(before: Sequence[Item], after: Sequence[Item], pairs: Sequence[_IsPair]) -> list[Difference]:
    same = {_identity(item) for item in before} & {_identity(item) for item in after}
    left, wanted = ([item for item in some if _identity(item) not in same] for some in (before, after))
    found: list[Difference] = []
    for is_pair in pairs:
        for new in tuple(wanted):
            old = next((old for old in left if _alike(old, new) and is_pair(old, new)), None)
            if old is not None:
                left.remove(old)
                wanted.remove(new)
                if old.facts != new.facts or (old.name != new.name and is_pair not in (_is_same_thing, _is_as_unnamed)):
                    found.append(Difference(old, new))
    return found + [Difference(None, new) for new in wanted] + [Difference(old, None) for old in left]


def _identity(item: Item) -> tuple[object, ...]:
    return (item.kind, item.schema, item.table, item.name, item.facts)


def _alike(old: Item, new: Item) -> bool:
    return (old.kind, old.schema, old.table) == (new.kind, new.schema, new.table)


def _is_same_name(old: Item, new: Item) -> bool:
    return old.is_named and new.is_named and old.name == new.name


def _is_same_thing(old: Item, new: Item) -> bool:
    return old.facts == new.facts and not new.is_named


def _is_as_unnamed(old: Item, new: Item) -> bool:
    return old.facts == new.facts and not (old.is_named or new.is_named)


def _is_same_made_up_name(old: Item, new: Item) -> bool:
    return bool(old.name) and old.name == new.name


def _is_only_one(old: Item, new: Item) -> bool:
    return old.kind in (PRIMARY_KEY, TABLE)


def _is_renamed(old: Item, new: Item) -> bool:
    """Not a column: a name is all that is known of what it holds."""
    return old.kind != COLUMN and old.facts == new.facts


_PAIRS: tuple[_IsPair, ...] = (
    _is_same_made_up_name,
    _is_only_one,
    _is_renamed,
)
