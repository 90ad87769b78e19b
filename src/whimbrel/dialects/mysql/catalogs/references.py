"""Foreign keys: which of them are in the way of a change, and the order in which tables can be dropped."""

from __future__ import annotations

from ....catalog import COLUMN, FOREIGN_KEY, INDEX, PRIMARY_KEY, UNIQUE, Item
from ....record import TYPE_CHECKING
from .tokens import parts_of, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ....catalog import Catalog, Difference
    from ....catalog.items import Place

KEYS = (PRIMARY_KEY, UNIQUE, INDEX)
_HARMLESS = {"comment", "default", "on update", "not null", "invisible", "check", "auto increment"}
"""What may change of a column that a foreign key uses."""


def column_names(text: str) -> list[str]:
    """The columns of a key; an expression is as it stands there, and so is a column of which a part counts."""
    parts = parts_of(tokens_of(text))
    return [
        part[0].name if len(part) == 1 or part[1].word in ("ASC", "DESC") else "".join(token.text for token in part)
        for part in parts
    ]


def target_of(key: Item) -> Place:
    """The table that a foreign key refers to."""
    *schema, name = (token.name for token in tokens_of(key.fact("target") or "") if token.text != ".")
    return (schema[0] if schema else None, name)


def foreign_keys(catalog: Catalog) -> list[Item]:
    """All foreign keys."""
    return [item for item in catalog.items if item.kind == FOREIGN_KEY]


def in_the_way(differences: Sequence[Difference], before: Catalog, target: Catalog) -> list[Item]:
    """The foreign keys that stay, but have to be dropped for a change of columns or keys that they use.

    A column that one uses cannot get another type, on neither side; and there must always be a key that begins with
    its columns, on both sides.

    Args:
        differences: what is changed.
        before: the schema as it is.
        target: as it will be.
    """
    staying = set(target.items)
    changed: dict[Place | None, list[Difference]] = {}
    for one in differences:
        changed.setdefault(one.item.place, []).append(one)
    return [
        key
        for key in foreign_keys(before)
        if key in staying
        and any(
            _is_disturbed(changed.get(place, ()), column_names(key.fact(columns) or ""), before.parts(place), staying)
            for place, columns in ((key.place, "columns"), (target_of(key), "to"))
            if place is not None
        )
    ]


def _is_disturbed(
    differences: Sequence[Difference], columns: Sequence[str], parts: Sequence[Item], staying: set[Item]
) -> bool:
    """Whether a foreign key of some columns cannot stay while a table changes on one of its sides.

    Args:
        differences: what is changed of the table.
        columns: those of the key, on this side.
        parts: the table as it is.
        staying: what will be there unchanged.
    """
    old = [(one, one.before) for one in differences if one.before is not None]
    if any(part.kind == COLUMN and part.name in columns and _is_loud(one) for one, part in old):
        return True
    if not any(supports(part, columns) for _, part in old):
        return False
    return not any(supports(part, columns) for part in parts if part in staying)


def _is_loud(difference: Difference) -> bool:
    return difference.after is None or not difference.changes.keys() <= _HARMLESS


def supports(key: Item, columns: Sequence[str]) -> bool:
    """Whether a key begins with some columns, as a foreign key of theirs needs one."""
    return (
        key.kind in KEYS
        and not key.fact("kind")
        and column_names(key.fact("columns") or "")[: len(columns)] == list(columns)
    )


def dropping_order(tables: Iterable[Item], before: Catalog) -> tuple[list[Item], list[Item]]:
    """Tables in an order in which they can be dropped, and the foreign keys that have to be dropped before that.

    Args:
        tables: the tables to be dropped.
        before: the schema as it is.
    """
    left = {table.place: table for table in tables}
    keys = [(key, target_of(key)) for key in foreign_keys(before) if target_of(key) != key.place]
    ordered: list[Item] = []
    while left:
        pointed_at = {target for key, target in keys if key.place in left}
        free = [place for place in left if place not in pointed_at]
        if not free:
            break
        ordered += [left.pop(place) for place in free]
    cycles = [key for key, target in keys if key.place in left and target in left]
    return [*ordered, *left.values()], cycles
