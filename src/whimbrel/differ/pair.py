"""Two tables side by side, one in the database and one in the models, that may be the same."""

from __future__ import annotations

from functools import cached_property

from ..catalog import COLUMN, FOREIGN_KEY, TABLE
from ..record import TYPE_CHECKING
from .masks import Masks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ..catalog import Catalog, Item

    Place = tuple[str | None, str]
    Key = tuple[str, tuple[tuple[str, str], ...]]
    """A constraint or an index: its kind and its facts, with names masked."""

_IT, _OTHER, _TABLE = "\0it\0", "\0other\0", "\0table\0"


class Pair:
    """What two tables have in common, and what only one of them has.

    Texts of two databases' words are compared with their names masked: `CHECK (age > 0)` and `CHECK (years > 0)` are
    the same if the one column is the other.

    Args:
        actual: what the database has.
        old_place: a table of it.
        wanted: what the models say.
        new_place: a table of them.
        renamed: other tables that have another name in the models, from the old name to the new one.
    """

    def __init__(
        self,
        actual: Catalog,
        old_place: Place,
        wanted: Catalog,
        new_place: Place,
        renamed: Mapping[str, str] | None = None,
    ) -> None:
        self.old_place, self.new_place = old_place, new_place
        tables = {old: f"\0table {new}\0" for old, new in (renamed or {}).items()}
        self._old_tables = tables | {old_place[1]: _TABLE}
        tables = {new: f"\0table {new}\0" for new in (renamed or {}).values()}
        self._new_tables = tables | {new_place[1]: _TABLE}
        self._catalogs = actual, wanted
        self.old_columns: dict[str, Item] = {item.name: item for item in actual.parts(old_place, COLUMN)}
        self.new_columns: dict[str, Item] = {item.name: item for item in wanted.parts(new_place, COLUMN)}

    @cached_property
    def only_old(self) -> list[str]:
        """The columns that only the database has."""
        return [name for name in self.old_columns if name not in self.new_columns]

    @cached_property
    def only_new(self) -> list[str]:
        """The columns that only the models have."""
        return [name for name in self.new_columns if name not in self.old_columns]

    @cached_property
    def same_columns(self) -> list[str]:
        """The columns that have the same name and the same type."""
        common = (name for name in self.old_columns if name in self.new_columns)
        return [name for name in common if _type(self.old_columns[name]) == _type(self.new_columns[name])]

    @property
    def is_same_shape(self) -> bool:
        """Whether the types of all columns are the same, in the same order."""
        return [*map(_type, self.old_columns.values())] == [*map(_type, self.new_columns.values())]

    def neighbours(self, name: str, *, of_new: bool = False) -> tuple[tuple[str | None, int], tuple[str | None, int]]:
        """Where a column is: the next one on each side of it that both tables have, and how far away that is."""
        names = [*(self.new_columns if of_new else self.old_columns)]
        others = self.old_columns if of_new else self.new_columns
        at = names.index(name)
        return _next_of(reversed(names[:at]), others), _next_of(names[at + 1 :], others)

    def masked_old(self, text: str | None, name: str) -> str | None:
        """A text of the database with the names of this table and of its columns masked, one of which is `it`."""
        return text and self._masks(name)(text)

    def masked_new(self, text: str | None, name: str) -> str | None:
        """The same of a text of the models."""
        return text and self._masks(name, of_new=True)(text)

    def keys_of_old(self, name: str) -> Mapping[Key, str]:
        """The constraints and indexes of the database that mention a column, with their kinds."""
        return _keys(self._catalogs[0].parts(self.old_place), self._masks(name))

    def keys_of_new(self, name: str) -> Mapping[Key, str]:
        """The same of the models."""
        return _keys(self._catalogs[1].parts(self.new_place), self._masks(name, of_new=True))

    def _masks(self, name: str, *, of_new: bool = False) -> Masks:
        tables, columns = (self._new_tables, self.only_new) if of_new else (self._old_tables, self.only_old)
        return Masks(dict.fromkeys(columns, _OTHER) | tables | {name: _IT})

    @staticmethod
    def refers(keys: Mapping[Key, str]) -> bool:
        """Whether a foreign key is among some keys."""
        return FOREIGN_KEY in keys.values()

    def share_of_keys(self, pairs: Mapping[str, str]) -> float:
        """How many of the constraints and indexes are the same but for names, from 0 to 1.

        Args:
            pairs: columns that may be the same, from the old name to the new one.
        """
        masks = (
            Masks(self._old_tables | {old: f"\0column {new}\0" for old, new in pairs.items()}),
            Masks(self._new_tables | {new: f"\0column {new}\0" for new in pairs.values()}),
        )
        old, new = (
            {_key(item, names) for item in catalog.parts(place) if _is_key(item)}
            for catalog, place, names in zip(self._catalogs, (self.old_place, self.new_place), masks, strict=True)
        )
        return 2 * len(old & new) / (len(old) + len(new)) if old or new else 1.0


def _type(item: Item) -> str | None:
    return item.fact("type")


def _next_of(names: Iterable[str], others: Collection[str]) -> tuple[str | None, int]:
    far = 0
    for name in names:
        if name in others:
            return name, far
        far += 1
    return None, far


def _is_key(item: Item) -> bool:
    return item.kind not in (TABLE, COLUMN)


def _keys(parts: Iterable[Item], masks: Masks) -> Mapping[Key, str]:
    keys = ((_key(item, masks), item.kind) for item in parts if _is_key(item))
    return {key: kind for key, kind in keys if any(_IT in text for _, text in key[1])}


def _key(item: Item, masks: Masks) -> Key:
    return item.kind, tuple((fact, masks(text)) for fact, text in item.facts)
