"""Values of SQLite in a column of another type: it has the affinity of that, which turns some of them into others."""

from __future__ import annotations

from ...record import TYPE_CHECKING
from ..base import double_quoted

if TYPE_CHECKING:
    from ...catalog import Item

_NUMERIC, _REAL, _TEXT, _BLOB = "numeric", "real", "text", "blob"
_AFFINITIES = (
    (("INT",), _NUMERIC),  # which keeps what INTEGER keeps
    (("CHAR", "CLOB", "TEXT"), _TEXT),
    (("BLOB",), _BLOB),
    (("REAL", "FLOA", "DOUB"), _REAL),
)
"""Parts of the name of a type, in the order in which SQLite looks for them."""


class Casts:
    """`Casts` for SQLite."""

    def keeps(self, old: Item, new: Item) -> bool:
        return _affinity(new) in (_affinity(old), _BLOB)

    def changing(self, old: Item, new: Item) -> str | None:
        name = double_quoted(old.name)
        back = _stored(_affinity(old), _stored(_affinity(new), name))
        return f"typeof({back}) <> typeof({name}) OR +({back}) IS NOT +{name} COLLATE BINARY"

    def trying(self, old: Item, new: Item) -> str | None:
        return None

    def refuses(self, error: BaseException) -> bool:
        return False


def _affinity(column: Item) -> str:
    type_ = (column.fact("type") or "").upper()
    found = (affinity for words, affinity in _AFFINITIES if any(word in type_ for word in words))
    return next(found, _NUMERIC if type_ else _BLOB)


def _stored(affinity: str, value: str) -> str:
    """A value as a column stores it. What is no number stays as it is: then a comparison with its number is false."""
    if affinity == _BLOB:
        return value
    if affinity == _TEXT:
        return f"CASE WHEN typeof({value}) IN ('integer', 'real') THEN CAST({value} AS TEXT) ELSE {value} END"
    is_number = f"typeof({value}) = 'text' AND CAST({value} AS {affinity}) = {value}"
    if affinity == _REAL:
        return f"CASE WHEN typeof({value}) = 'integer' OR {is_number} THEN CAST({value} AS REAL) ELSE {value} END"
    is_whole = f"typeof({value}) = 'real' AND CAST({value} AS INTEGER) = {value}"
    return (
        f"CASE WHEN {is_whole} THEN CAST({value} AS INTEGER) WHEN {is_number} THEN CAST({value} AS NUMERIC)"
        f" ELSE {value} END"
    )
