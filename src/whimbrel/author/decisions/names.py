"""Tables and columns, found by the names that people write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches

from ...catalog import COLUMN, TABLE, Catalog, Item
from ...catalog.items import qualified
from ...differ import Rename
from ...errors import RevisionDataInvalid

Place = tuple[str | None, str]
ColumnOf = tuple[Place, str]

DATABASE, MODELS = "the database", "the models"
_SHOWN = 5


class Names:
    """The names of one side.

    Args:
        catalog: its tables and columns.
        side: what people call it: `DATABASE` or `MODELS`.
    """

    def __init__(self, catalog: Catalog, side: str) -> None:
        self._side = side
        self.tables: dict[str, Place] = {qualified(*place): place for place in catalog.tables}
        self.columns: dict[str, ColumnOf] = {
            column_name(place, item.name): (place, item.name)
            for place in catalog.tables
            for item in catalog.parts(place, COLUMN)
        }

    @property
    def all(self) -> frozenset[str]:
        """What its tables and columns are called."""
        return frozenset((*self.tables, *self.columns))

    def table(self, text: str) -> Place:
        """The table of a name.

        Raises:
            RevisionDataInvalid: there is none; the nearest names are told.
        """
        if text not in self.tables:
            raise self._unknown("table", text, self.tables)
        return self.tables[text]

    def column(self, text: str) -> ColumnOf:
        """The column of a name.

        Raises:
            RevisionDataInvalid: as `table`.
        """
        if text not in self.columns:
            table = next((name for name in self.tables if text.startswith(f"{name}.")), None)
            of = [name for name in self.columns if table and name.startswith(f"{table}.")]
            raise self._unknown("column", text, of or self.columns)
        return self.columns[text]

    def column_of(self, place: Place, text: str) -> str:
        """A column of a table by its name alone, or with that of the table.

        Raises:
            RevisionDataInvalid: as `table`; or it is a column of another table.
        """
        own = {column_name(place, name): name for of, name in self.columns.values() if of == place}
        if text in own.values():
            return text
        if text not in own and text in self.columns:
            raise invalid(
                f"{text} is in another table than {qualified(*place)}: a column that is renamed stays where it is"
            )
        if text not in own:
            raise self._unknown("column", column_name(place, text) if "." not in text else text, own)
        return own[text]

    def check_one_of_all(self, text: str, others: Collection[str] = ()) -> None:
        """Refuse what is neither a table nor a column, nor one of some others.

        Raises:
            RevisionDataInvalid: as `table`.
        """
        if text not in self.tables and text not in self.columns and text not in others:
            raise self._unknown("table or column", text, [*self.tables, *self.columns, *others])

    def _unknown(self, kind: str, text: str, known: Iterable[str]) -> RevisionDataInvalid:
        names = nearest(text, known)
        return invalid(
            f"{self._side} {'have' if self._side == MODELS else 'has'} no {kind} {text}",
            why=f"there is {', '.join(names)}" if names else None,
        )


def column_name(place: Place, column: str) -> str:
    """What people call a column."""
    return f"{qualified(*place)}.{column}"


def columns_on_both_sides(actual: Catalog, wanted: Catalog, renames: Collection[Rename]) -> Iterator[tuple[Item, Item]]:
    """The columns that are in the database and in the models, as each has them.

    Args:
        actual: what the database has.
        wanted: what the models say.
        renames: what has another name in them.
    """
    tables = {(one.schema, one.old): (one.schema, one.new) for one in renames if one.kind == TABLE}
    columns = {((one.schema, one.table), one.old): one.new for one in renames if one.kind == COLUMN}
    for place in actual.tables:
        new_place = tables.get(place, place)
        new_columns = {item.name: item for item in wanted.parts(new_place, COLUMN)}
        for column in actual.parts(place, COLUMN):
            new_column = new_columns.get(columns.get((new_place, column.name), column.name))
            if new_column is not None:
                yield column, new_column


def nearest(text: str, known: Iterable[str]) -> Sequence[str]:
    """Some of the names that there are, those first that are most like a text."""
    names = [*known]
    near = get_close_matches(text, names, n=_SHOWN, cutoff=0.5)
    return [*near, *(name for name in names if name not in near)][:_SHOWN]


def invalid(what: str, *, why: str | None = None) -> RevisionDataInvalid:
    """The error for an answer that cannot be meant."""
    return RevisionDataInvalid(
        what,
        why=why,
        state="nothing was written",
        hint="write the old name as the database has it, and the new one as the models do",
    )
