"""What may have been renamed: tables and columns that are only in the database, and others only in the models.

Nothing here decides. Points for what two things have in common say which pairs are worth a question; whoever knows the
project answers it. Two names that are swapped cannot be seen: both are on both sides.
"""

from __future__ import annotations

import re
from collections import Counter

from ..catalog import CHECK, COLUMN, EXCLUSION, FOREIGN_KEY, TABLE, UNIQUE
from ..record import TYPE_CHECKING, Record
from . import likeness
from .assignment import best
from .pair import Pair

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from ..catalog import Catalog, Item

    Name = TypeVar("Name")
    Place = tuple[str | None, str]
    Point = tuple[float, str]
    """What speaks for a pair, or against it, and how people call that; empty if they need not be told."""

ENOUGH = {TABLE: 0.45, COLUMN: 0.5}
"""Points from which on a pair is asked about. Measured: `tests/differ/pairs.py`."""
_CALLED = {UNIQUE: "unique constraint", CHECK: "check constraint", EXCLUSION: "exclusion constraint"}
_TOLD = 0.5  # likeness from which on names are called alike


class Rename(Record):
    """Something that has another name in the models than in the database.

    Attributes:
        kind: `table` or `column`.
        schema: the schema of the table.
        table: the table, as it is called when all tables are renamed.
        old: the name in the database.
        new: the name in the models.
    """

    kind: str
    schema: str | None
    table: str
    old: str
    new: str


class Candidate(Record):
    """What may be a rename.

    Attributes:
        rename: the rename that it would be.
        stored_in: the table, as the database calls it now.
        score: how much speaks for it.
        reasons: the same in words, the strongest first.
    """

    rename: Rename
    stored_in: str
    score: float
    reasons: tuple[str, ...]


def table_candidates(
    actual: Catalog, wanted: Catalog, *, taken: Collection[Place] = (), apart: Collection[tuple[Place, Place]] = ()
) -> list[Candidate]:
    """Tables that may have been renamed, each old and each new name once at most, in the order of their old names.

    A table stays in its schema: moving it to another one is no rename.

    Args:
        actual: what the database has.
        wanted: what the models say.
        taken: is decided: places of tables that are in no pair any more.
        apart: is decided as well: pairs that are none.
    """
    left = sorted((place for place in actual.tables.keys() - wanted.tables.keys() if place not in taken), key=_order)
    new = sorted((place for place in wanted.tables.keys() - actual.tables.keys() if place not in taken), key=_order)
    around = _Surroundings(actual, wanted)
    found: dict[tuple[Place, Place], Candidate] = {}
    for old_place in left:
        for new_place in new:
            if old_place[0] == new_place[0] and (old_place, new_place) not in apart:
                points = _table_points(Pair(actual, old_place, wanted, new_place), around)
                rename = Rename(TABLE, new_place[0], new_place[1], old_place[1], new_place[1])
                found[old_place, new_place] = _candidate(rename, old_place[1], points)
    return _best(found)


def column_candidates(
    actual: Catalog,
    wanted: Catalog,
    tables: Mapping[Place, Place],
    *,
    taken: Collection[tuple[Place, str]] = (),
    apart: Collection[tuple[Place, str, str]] = (),
) -> list[Candidate]:
    """Columns that may have been renamed, each old and each new name once at most, in the order of the database.

    Args:
        actual: what the database has.
        wanted: what the models say.
        tables: the tables that are on both sides, from what the database calls them to what the models do:
            `common_tables`, if none is renamed.
        taken: is decided: columns that are in no pair any more, each with its table as the models call it.
        apart: is decided as well: pairs that are none, with their table as the models call it.
    """
    candidates: list[Candidate] = []
    renamed = {old[1]: new[1] for old, new in tables.items() if old != new}
    for old_place, new_place in sorted(tables.items(), key=lambda pair: _order(pair[0])):
        pair = Pair(actual, old_place, wanted, new_place, renamed)
        left = [name for name in pair.only_old if (new_place, name) not in taken]
        new = [name for name in pair.only_new if (new_place, name) not in taken]
        pairs = ((one, other) for one in left for other in new if (new_place, one, other) not in apart)
        candidates += _best(_pairs(pair, pairs, is_only_one=len(left) == len(new) == 1))
    return candidates


def common_tables(actual: Catalog, wanted: Catalog) -> dict[Place, Place]:
    """The tables that have one name on both sides."""
    return {place: place for place in actual.tables if place in wanted.tables}


def _pairs(pair: Pair, pairs: Iterable[tuple[str, str]], *, is_only_one: bool) -> dict[tuple[str, str], Candidate]:
    found = {}
    for old, new in pairs:
        points = list(_column_points(pair, old, new))
        if is_only_one:
            points.append((0.1, "no other column comes or goes"))
        rename = Rename(COLUMN, pair.new_place[0], pair.new_place[1], old, new)
        found[old, new] = _candidate(rename, pair.old_place[1], points)
    return found


def _best(found: Mapping[tuple[Name, Name], Candidate]) -> list[Candidate]:
    # What a pair has beyond enough: one that is sure counts for more than two that are hardly worth a question.
    beyond = {pair: one.score - ENOUGH[one.rename.kind] for pair, one in found.items()}
    return [found[pair] for pair in best({pair: number + 0.01 for pair, number in beyond.items() if number >= 0})]


def _candidate(rename: Rename, stored_in: str, points: Iterator[Point] | list[Point]) -> Candidate:
    told = sorted(points, key=lambda point: -point[0])
    reasons = tuple(words for number, words in told if number > 0 and words)
    return Candidate(rename, stored_in, round(sum(number for number, _ in told), 4), reasons)


def _order(place: Place) -> tuple[str, str]:
    return (place[0] or "", place[1])


# -- columns ------------------------------------------------------------------------------------


def _column_points(pair: Pair, old: str, new: str) -> Iterator[Point]:
    before, after = pair.old_columns[old], pair.new_columns[new]
    yield _of_type(before, after)
    yield from _of_name(old, new, 0.35)
    yield _of_place(pair, old, new)
    yield _of_facts(pair, before, after)
    yield from _of_keys(pair, old, new)


def _of_type(before: Item, after: Item) -> Point:
    old, new = before.fact("type") or "", after.fact("type") or ""
    points = {
        likeness.SAME: (0.35 if likeness.is_specific(old) else 0.25, "same type"),
        likeness.RELATED: (0.05, "similar type"),
        likeness.UNKNOWN: (-0.1, ""),
        likeness.UNRELATED: (-0.3, ""),
    }
    return points[likeness.of_types(old, new)]


def _of_name(old: str, new: str, weight: float) -> Iterator[Point]:
    alike = likeness.of_names(old, new)
    yield weight * alike, "similar name" if alike >= _TOLD else ""
    if likeness.are_opposites(old, new):
        yield -0.1, ""


def _of_place(pair: Pair, old: str, new: str) -> Point:
    before, after = pair.neighbours(old), pair.neighbours(new, of_new=True)
    if before == after:
        return 0.2, "same position"
    if any(one == other for one, other in zip(before, after, strict=True)):
        return 0.18, "same neighbour"
    return 0.0, ""


def _of_facts(pair: Pair, before: Item, after: Item) -> Point:
    """Whether all else is the same: nullability, default, …"""
    mine, yours = (dict(item.facts) for item in (before, after))
    names = (mine.keys() | yours.keys()) - {"type"}
    masked = (pair.masked_old(mine.get(name), before.name) for name in names)
    differing = sum(
        text != pair.masked_new(yours.get(name), after.name) for name, text in zip(names, masked, strict=True)
    )
    return 0.1 - 0.15 * min(differing, 2), ""


def _of_keys(pair: Pair, old: str, new: str) -> Iterator[Point]:
    """What the constraints and indexes say: the same one, with the name replaced, is the strongest word of all."""
    mine, yours = pair.keys_of_old(old), pair.keys_of_new(new)
    common = mine.keys() & yours.keys()
    if common:
        kinds = sorted({mine[key] for key in common})
        yield 0.25, " and ".join(f"same {_CALLED.get(kind, kind)}" for kind in kinds)
    elif pair.refers(mine) and pair.refers(yours):
        yield -0.4, ""
    elif pair.refers(mine) != pair.refers(yours):
        yield -0.2, ""
    elif mine or yours:
        yield -0.1, ""


# -- tables -------------------------------------------------------------------------------------


class _Surroundings:
    """What can be said of a table only with all others in view."""

    def __init__(self, actual: Catalog, wanted: Catalog) -> None:
        self._counts = [
            Counter(item.name for item in catalog.items if item.kind == COLUMN) for catalog in (actual, wanted)
        ]
        self._referring = [_referring(catalog) for catalog in (actual, wanted)]

    def rarity(self, name: str) -> float:
        """How much the name of a column says about a table: `id` is in all of them."""
        return float(max(counts[name] for counts in self._counts) ** -0.5)

    def is_referred_to_alike(self, old: Place, new: Place) -> bool:
        """Whether a table that has a foreign key to the one has one to the other."""
        before, after = (found.get(place, set()) for found, place in zip(self._referring, (old, new), strict=True))
        return bool(before & after)


def _referring(catalog: Catalog) -> dict[Place, set[Place | None]]:
    """For each table the others with a foreign key whose text mentions it."""
    found: dict[Place, set[Place | None]] = {}
    by_name: dict[str, list[Place]] = {}
    for place in catalog.tables:
        by_name.setdefault(place[1].casefold(), []).append(place)
    for item in (item for item in catalog.items if item.kind == FOREIGN_KEY):
        words = {word.casefold() for _, text in item.facts for word in re.findall(r"[\w$]+", text)}
        for place in (place for name in words & by_name.keys() for place in by_name[name] if place != item.place):
            found.setdefault(place, set()).add(item.place)
    return found


def _table_points(pair: Pair, around: _Surroundings) -> Iterator[Point]:
    old, new = pair.old_place[1], pair.new_place[1]
    # `user_tokens` and `user_devices` are two things of users.
    name_points = list(_of_name(old, new, 0.3 if likeness.is_same_thing(old, new) else 0.15))
    yield from name_points
    if around.is_referred_to_alike(pair.old_place, pair.new_place):
        yield 0.15, "the same tables refer to it"
    weights = _Weights(pair, around)
    pairs: list[Candidate] = []
    if _COLUMNS * weights.at_most + _SHAPE + _KEYS + 0.15 + sum(number for number, _ in name_points) >= ENOUGH[TABLE]:
        pairs = _paired(pair)  # the work of a hundred other looks: only for those that it can help
    yield _COLUMNS * weights.share(pairs), _told_of_columns(pair, len(pairs))
    if pair.is_same_shape:
        yield _SHAPE, ""
    yield _KEYS * pair.share_of_keys({one.rename.old: one.rename.new for one in pairs}), ""


# Points of tables whose columns are all the same, whose types are, and whose constraints and indexes are.
_COLUMNS, _SHAPE, _KEYS = 0.6, 0.1, 0.1


def _paired(pair: Pair) -> list[Candidate]:
    """The columns of other names that are likely the same, if the tables are."""
    every = ((old, new) for old in pair.only_old for new in pair.only_new)
    is_only_one = len(pair.only_old) == len(pair.only_new) == 1
    return _best(_pairs(pair, every, is_only_one=is_only_one))


def _told_of_columns(pair: Pair, alike: int) -> str:
    same, of = len(pair.same_columns), max(len(pair.old_columns), len(pair.new_columns))
    if same == of:
        return "same columns"
    told = [f"{same} of {of} columns {'is' if same == 1 else 'are'} the same"] * bool(same)
    return ", ".join(told + [f"{alike} {'more ' if same else ''}alike"] * bool(alike))


class _Weights:
    """How much the columns of two tables count: rare names more than those that are everywhere."""

    def __init__(self, pair: Pair, around: _Surroundings) -> None:
        self._old = {name: around.rarity(name) for name in pair.old_columns}
        self._new = {name: around.rarity(name) for name in pair.new_columns}
        self._in_all = sum(self._old.values()) + sum(self._new.values())
        self._shared = sum(
            (self._old[name] + self._new[name]) * (1.0 if name in pair.same_columns else 0.5)
            for name in self._old
            if name in self._new
        )
        few = min(len(pair.only_old), len(pair.only_new))
        self._best_pairs = [
            sum(sorted((weights[name] for name in only), reverse=True)[:few])
            for weights, only in ((self._old, pair.only_old), (self._new, pair.only_new))
        ]

    def share(self, pairs: Sequence[Candidate]) -> float:
        """How much of all columns is the same, from 0 to 1; those that may be the same count as much as they may."""
        likely = sum(
            (self._old[one.rename.old] + self._new[one.rename.new]) * min(one.score - _DOUBT, _LIKELY) for one in pairs
        )
        return self._of_all(self._shared + likely)

    @property
    def at_most(self) -> float:
        """The share if as many columns as can be were likely the same."""
        return self._of_all(self._shared + _LIKELY * sum(self._best_pairs))

    def _of_all(self, weight: float) -> float:
        return weight / self._in_all if self._in_all else 0.0


_DOUBT = 0.3  # what is left of a pair's score is what it counts: of one that is hardly likely little
_LIKELY = 0.8  # what a column counts at most that is another one renamed
