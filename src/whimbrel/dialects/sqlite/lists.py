"""Values that a CHECK of SQLite lists: it has no enumerations."""

from __future__ import annotations

from ...catalog import CHECK, INDEX, Catalog
from ...record import TYPE_CHECKING
from ..base import double_quoted, literal
from ..lists import Listed
from .ddl import tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...catalog import Item
    from .ddl import Token


class Lists:
    """`Lists` for SQLite."""

    literal = staticmethod(literal)

    def listed(self, catalog: Catalog, column: Item) -> Listed | None:
        for item in catalog.parts((column.schema, column.table or ""), CHECK):
            found = _listing(item.definition)
            if found and found[0].names.lower() == column.name.lower():
                return Listed(tuple(token.names for token in found[3:-2:2]), item)
        return None

    def others(self, column: Item, values: Sequence[str]) -> str:
        exact, kept = _to_the_letter(column), ", ".join(map(literal, values))
        table = double_quoted(column.schema, column.table)
        return f"SELECT {exact}, count(*) FROM {table} WHERE {exact} NOT IN ({kept}) GROUP BY {exact} ORDER BY {exact}"

    def replacing(self, column: Item, old: str, new: str | None) -> str:
        name, then = double_quoted(column.name), "NULL" if new is None else literal(new)
        table, exact = double_quoted(column.schema, column.table), _to_the_letter(column)
        return f"UPDATE {table} SET {name} = {then} WHERE {exact} = {literal(old)}"

    def room(self, column: Item) -> int | None:
        return None  # whatever the type says

    def settling(self, catalog: Catalog, column: Item) -> Sequence[str]:
        return ()

    def renaming(self, holder: Item, old: str, new: str) -> str | None:
        return None

    def widened(self, catalog: Catalog, column: Item, new: str) -> Catalog:
        from .catalogs.reading import TRIGGER, read_table

        listed = self.listed(catalog, column)
        if listed is None:
            return catalog
        place = (column.schema, column.table or "")
        check = listed.holder.definition
        closing = _listing(check)[-2].start
        wider = f"{check[:closing]}, {literal(new)}{check[closing:]}"
        made = read_table(*place, catalog.tables[place].definition.replace(check, wider, 1))
        kept = (item for item in catalog.items if item.place != place or item.kind in (INDEX, TRIGGER))
        return Catalog([*kept, *made])


def _to_the_letter(column: Item) -> str:
    """A column as it is compared letter by letter, whatever its collation takes for the same."""
    name = double_quoted(column.name)
    return f"{name} COLLATE BINARY" if column.fact("collation") else name


def _listing(check: str) -> list[Token]:
    """The tokens behind the opening bracket of a CHECK that holds a column to a list; none of another one."""
    tokens = tokens_of(check)
    start = next((place for place, token in enumerate(tokens) if token.word == "CHECK"), len(tokens)) + 2
    found = tokens[start:]
    if len(found) < 6 or found[1].word != "IN" or [found[2].text, found[-2].text, found[-1].text] != ["(", ")", ")"]:
        return []
    values, commas = found[3:-2:2], found[4:-2:2]
    is_list = all(token.text[0] == "'" for token in values) and all(token.text == "," for token in commas)
    return found if is_list else []
