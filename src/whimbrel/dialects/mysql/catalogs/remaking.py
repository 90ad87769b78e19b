"""Views, triggers, routines and events of a schema that is changed: they are dropped first, and made last."""

from __future__ import annotations

from ....catalog import TABLE, Item
from ....record import TYPE_CHECKING
from .kinds import EVENT, ROUTINES, TRIGGER, VIEW
from .tokens import quoted, relations_in, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ....catalog import Catalog, Difference
    from ....catalog.items import Place

_REPLACED = (*ROUTINES, EVENT)


class Programs:
    """What is not a table, of a schema that is changed.

    Args:
        differences: what to change.
        before: the schema as it is.
        target: as it will be.
    """

    def __init__(self, differences: Sequence[Difference], before: Catalog, target: Catalog) -> None:
        self._differences = differences
        self._old_triggers: list[Item] = []
        self._new_triggers: list[Item] = []
        for place in _places(differences):
            is_new, is_gone = place not in before.tables, place not in target.tables
            old = [] if is_new or is_gone else before.parts(place, TRIGGER)
            new = [] if is_gone else target.parts(place, TRIGGER)
            for when in sorted({trigger.fact("when") or "" for trigger in (*old, *new)}):
                gone, come = _replaced(_in_order(old, when), _in_order(new, when))
                self._old_triggers += gone
                self._new_triggers += come

    def drops(self) -> Iterator[str]:
        """What drops them."""
        for one in self._differences:
            if one.before and one.item.kind == VIEW and (one.after is None or one.after.name != one.before.name):
                yield _dropped(one.before)
        yield from map(_dropped, self._old_triggers)
        for kind in reversed(_REPLACED):
            yield from (_dropped(one.before) for one in self._differences if one.before and one.item.kind == kind)

    def makes(self) -> Iterator[str]:
        """What makes them, in an order in which all is there that one needs."""
        come = [one.after for one in self._differences if one.after is not None]
        for kind in ROUTINES:
            yield from (item.definition for item in come if item.kind == kind)
        yield from (view.definition for view in _by_need([item for item in come if item.kind == VIEW]))
        yield from (trigger.definition for trigger in self._new_triggers)
        yield from (item.definition for item in come if item.kind == EVENT)


def _dropped(item: Item) -> str:
    return f"DROP {item.kind.upper()} {quoted(item.schema, item.name)}"


def _places(differences: Sequence[Difference]) -> list[Place]:
    """The tables whose triggers may change."""
    found = (one.item.place for one in differences if one.item.kind in (TABLE, TRIGGER))
    return list(dict.fromkeys(place for place in found if place is not None))


def _in_order(triggers: Sequence[Item], when: str) -> list[Item]:
    return sorted(
        (trigger for trigger in triggers if trigger.fact("when") == when),
        key=lambda trigger: int(trigger.fact("order") or 0),
    )


def _replaced(old: list[Item], new: list[Item]) -> tuple[list[Item], list[Item]]:
    """The triggers that are dropped, and those that are made: a new one comes behind all that are there."""
    place, kept = 0, []
    for trigger in old:
        if place < len(new) and _is_same(trigger, new[place]):
            kept.append(trigger)
            place += 1
    return [trigger for trigger in old if trigger not in kept], new[place:]


def _is_same(one: Item, other: Item) -> bool:
    return (one.name, one.fact("statement")) == (other.name, other.fact("statement"))


def _by_need(views: Sequence[Item]) -> list[Item]:
    """Views, each behind those that it is made of."""
    left = {(view.schema, view.name): view for view in views}
    needs = {place: relations_in(tokens_of(view.fact("query") or "")) for place, view in left.items()}
    ordered: list[Item] = []
    while left:
        free = [place for place in left if not (needs[place] - {place}) & left.keys()]
        ordered += [left.pop(place) for place in free or list(left)]
    return ordered
