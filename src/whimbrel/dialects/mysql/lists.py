"""Values of the ENUM of MySQL and MariaDB, and those that a CHECK lists."""

from __future__ import annotations

from ...catalog import CHECK, Catalog
from ...record import TYPE_CHECKING
from ..lists import Listed, long_enough, room_in
from .catalogs.tokens import quoted, tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...catalog import Item
    from .catalogs.tokens import Token

_ESCAPED = {"0": "\0", "n": "\n", "r": "\r", "t": "\t", "b": "\b", "Z": "\x1a"}


class Lists:
    """`Lists` for MySQL and MariaDB.

    Args:
        coded: how a text stands in a statement that the SQL mode might read otherwise.
    """

    def __init__(self, coded: Callable[[str], str]) -> None:
        self._coded = coded

    def literal(self, text: str) -> str:
        return self._coded(text) if "\\" in text else _plain(text)

    def listed(self, catalog: Catalog, column: Item) -> Listed | None:
        if _is_enum(column):
            return Listed(_values(tokens_of(column.fact("type") or "")), column)
        for item in catalog.parts((column.schema, column.table or ""), CHECK):
            values = _checked(item, column.name)
            if values is not None:
                return Listed(values, item)
        return None

    def others(self, column: Item, values: Sequence[str]) -> str:
        exact, kept = _to_the_letter(column), ", ".join(map(self.literal, values))
        table = quoted(column.schema, column.table)
        return f"SELECT {exact}, count(*) FROM {table} WHERE {exact} NOT IN ({kept}) GROUP BY 1 ORDER BY 1"

    def replacing(self, column: Item, old: str, new: str | None) -> str:
        name, then = quoted(column.name), "NULL" if new is None else self.literal(new)
        is_plain = _is_enum(column) and "\\" not in old  # no two values of one are the same to its collation
        there = name if is_plain else _to_the_letter(column)
        return f"UPDATE {quoted(column.schema, column.table)} SET {name} = {then} WHERE {there} = {self.literal(old)}"

    def room(self, column: Item) -> int | None:
        return room_in(column.fact("type") or "")

    def settling(self, catalog: Catalog, column: Item) -> Sequence[str]:
        return ()

    def renaming(self, holder: Item, old: str, new: str) -> str | None:
        return None

    def widened(self, catalog: Catalog, column: Item, new: str) -> Catalog:
        listed = self.listed(catalog, column)
        type_ = column.fact("type") or ""
        if listed is not None and listed.holder is column:
            if _is_the_same(catalog, column, new, listed.values):
                return catalog
            wider, gone = _of_type(column, f"{type_[:-1]},{_in_a_type(new)})"), None
        else:
            wider, gone = _of_type(column, long_enough(type_, new)), listed and listed.holder
        return Catalog(wider if item is column else item for item in catalog.items if item is not gone)


def _is_enum(column: Item) -> bool:
    return (column.fact("type") or "").lower().startswith("enum(")


def _to_the_letter(column: Item) -> str:
    """A column as it is compared letter by letter: to most collations `Done` is `done`, and none has another's."""
    return f"CONVERT({quoted(column.name)} USING utf8mb4) COLLATE utf8mb4_bin"


def _is_the_same(catalog: Catalog, column: Item, new: str, values: Sequence[str]) -> bool:
    """Whether an ENUM has a value already but for its letters: then it can have no second one, and takes both."""
    table = catalog.tables[column.schema, column.table or ""]
    collation = column.fact("collation") or table.fact("collation") or ""
    tells_apart = collation.endswith(("_bin", "_cs")) or column.fact("charset") == "binary"
    return not tells_apart and new.casefold() in map(str.casefold, values)


def _checked(check: Item, column: str) -> tuple[str, ...] | None:
    """The values of a CHECK that holds a column to a list, which has to be all that it does."""
    tokens = [token for token in tokens_of(check.fact("expression") or "") if token.text not in ("(", ")", ",")]
    words = [token for token in tokens if token.kind != "string" and not token.word.startswith("_UTF8")]
    if [token.kind for token in words[:1]] != ["name"] or words[0].name != column:
        return None
    if [token.text.lower() for token in words[1:]] not in (["in"], ["="]):
        return None
    return _values(tokens)


def _values(tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(_value(token.text) for token in tokens if token.kind == "string")


def _value(text: str) -> str:
    """A string as `SHOW CREATE TABLE` prints it."""
    found: list[str] = []
    characters = iter(text[1:-1])
    for one in characters:
        if one == "'":
            found.append(next(characters))
        elif one == "\\":
            escaped = next(characters)
            found.append(_ESCAPED.get(escaped, escaped))
        else:
            found.append(one)
    return "".join(found)


def _plain(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _in_a_type(text: str) -> str:
    """A value in a type, where nothing but a string can stand; as the server prints it."""
    return _plain(text.replace("\\", "\\\\"))


def _of_type(column: Item, type_: str) -> Item:
    name = quoted(column.name)
    definition = name + column.definition.removeprefix(name).replace(column.fact("type") or "", type_, 1)
    given = tuple((fact, type_ if fact == "type" else text) for fact, text in column.facts)
    return column._replace(facts=given, definition=definition)
