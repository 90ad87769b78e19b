"""Values of enumerations of PostgreSQL, also in arrays, and those that a CHECK lists."""

from __future__ import annotations

import re

from ...catalog import CHECK, ENUM, Catalog
from ...record import TYPE_CHECKING
from ..base import double_quoted, literal
from ..lists import Listed, long_enough, room_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...catalog import Item

_ARRAY = "[]"
_STRING = r"'(?:[^']|'')*'"
_VALUE = rf"E?{_STRING}(?:::[a-z ]+(?:\(\d+\))?)?"
_CHECK = re.compile(
    rf"""CHECK\ \(+(?P<name>"(?:[^"]|"")+"|\w+)\)*(?:::text)?\ =\ """
    rf"""(?:ANY\ \(+ARRAY\[(?P<several>{_VALUE}(?:,\ {_VALUE})*)\]\)*(?:::text\[\])?|(?P<one>{_VALUE}))\)+""",
    re.VERBOSE,
)
"""A CHECK that holds a column to a list, as the server writes it."""


class Lists:
    """`Lists` for PostgreSQL."""

    literal = staticmethod(literal)

    def listed(self, catalog: Catalog, column: Item) -> Listed | None:
        type_ = (column.fact("type") or "").removesuffix(_ARRAY)
        for item in catalog.loose:
            if item.kind == ENUM and item.name in type_.replace('""', '"') and type_ in _names(item):
                return Listed(_values(item.fact("labels") or ""), item, _is_array(column), grows_late=True)
        for item in catalog.parts((column.schema, column.table or ""), CHECK):
            found = _CHECK.fullmatch(item.fact("definition") or "")
            if found and found["name"] in (column.name, double_quoted(column.name)):
                return Listed(_values(found["several"] or found["one"]), item)
        return None

    def others(self, column: Item, values: Sequence[str]) -> str:
        name, table = double_quoted(column.name), double_quoted(column.schema, column.table)
        kept = ", ".join(map(literal, values))
        if _is_array(column):
            return (
                f"SELECT v::text, count(*) FROM {table}, unnest({name}) AS v WHERE v::text NOT IN ({kept})"
                " GROUP BY 1 ORDER BY 1"
            )
        return (
            f'SELECT {name}::text COLLATE "C", count(*) FROM {table} WHERE {name}::text COLLATE "C" NOT IN ({kept})'
            " GROUP BY 1 ORDER BY 1"
        )

    def replacing(self, column: Item, old: str, new: str | None) -> str:
        name, table = double_quoted(column.name), double_quoted(column.schema, column.table)
        there, then = literal(old), "NULL" if new is None else literal(new)
        if _is_array(column):
            return f"UPDATE {table} SET {name} = array_replace({name}, {there}, {then}) WHERE {there} = ANY ({name})"
        return f"UPDATE {table} SET {name} = {then} WHERE {_to_the_letter(column)} = {there}"

    def room(self, column: Item) -> int | None:
        return room_in(column.fact("type") or "")

    def settling(self, catalog: Catalog, column: Item) -> Sequence[str]:
        parts = catalog.parts((column.schema, column.table or ""))
        is_deferred = any("INITIALLY DEFERRED" in (part.fact("definition") or "") for part in parts)
        return ("SET CONSTRAINTS ALL IMMEDIATE",) if is_deferred else ()

    def renaming(self, holder: Item, old: str, new: str) -> str | None:
        if holder.kind != ENUM:
            return None
        type_ = double_quoted(holder.schema, holder.name)
        return f"ALTER TYPE {type_} RENAME VALUE {literal(old)} TO {literal(new)}"

    def widened(self, catalog: Catalog, column: Item, new: str) -> Catalog:
        listed = self.listed(catalog, column)
        gone = listed.holder if listed is not None and listed.holder.kind == CHECK else None
        wider = _of_type(column, long_enough(column.fact("type") or "", new))
        return Catalog(wider if item is column else item for item in catalog.items if item is not gone)


def _names(enum: Item) -> tuple[str, ...]:
    """What the server calls it where it is the type of a column."""
    several = ((enum.name, double_quoted(enum.name)), (enum.schema or "", double_quoted(enum.schema)))
    names, schemas = several
    return names if enum.schema is None else tuple(f"{schema}.{name}" for schema in schemas for name in names)


def _values(text: str) -> tuple[str, ...]:
    return tuple(map(_value, re.findall(rf"E?{_STRING}", text)))


def _value(text: str) -> str:
    value = text[text.index("'") + 1 : -1].replace("''", "'")
    return value.replace("\\\\", "\\") if text.startswith("E") else value


def _is_array(column: Item) -> bool:
    return (column.fact("type") or "").endswith(_ARRAY)


def _to_the_letter(column: Item) -> str:
    """A column as it is compared letter by letter, whatever its type or its collation takes for the same."""
    name = double_quoted(column.name)
    has_own_way = column.fact("collation") or (column.fact("type") or "").endswith("citext")
    return f'{name}::text COLLATE "C"' if has_own_way else name


def _of_type(column: Item, type_: str) -> Item:
    return column._replace(facts=tuple((name, type_ if name == "type" else text) for name, text in column.facts))
