"""Values of PostgreSQL in a column of another type: cast as `ALTER TABLE` casts them, and back."""

from __future__ import annotations

from ...connect.sayings import sqlstate
from ...record import TYPE_CHECKING
from ..base import double_quoted
from .catalogs.columns import TEXTS, base_of, using

if TYPE_CHECKING:
    from ...catalog import Item

_GROWING = (
    ("smallint", "integer", "bigint", "numeric"),
    ("real", "double precision"),
    ("date", "timestamp without time zone"),
)
"""Types of which each holds what those before it hold."""
_PRINTED = frozenset(("smallint", "integer", "bigint", "uuid", "boolean", "jsonb"))
"""What a text holds as well as they do."""
_COMPARED = frozenset(
    ("smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean", "bytea", "uuid")
)
"""Types with values that are the same if the database says so; of others, if they are written alike."""
_UNCUT = {
    "bit": "bit varying",
    "bit varying": "bit varying",
    "character varying[]": "character varying[]",
    "character[]": "bpchar[]",
}
"""Types to whose length a cast cuts, where a column refuses what is longer; and those that cut nothing."""
_HOURS = ("time without time zone", "time with time zone")
_DATA_EXCEPTION = "22"  # the class of its SQLSTATE


class Casts:
    """`Casts` for PostgreSQL."""

    def keeps(self, old: Item, new: Item) -> bool:
        (before, length), (after, new_length) = (base_of(column.fact("type")) for column in (old, new))
        if any(_grows(before, after, family) for family in _GROWING):
            return new_length == ""
        if before == after:
            return before in _UNCUT or _has_room(length, new_length)
        is_text = after == "text" or (after == "character varying" and new_length == "")
        return is_text and before in (*_PRINTED, *TEXTS)

    def changing(self, old: Item, new: Item) -> str | None:
        name, type_ = double_quoted(old.name), base_of(new.fact("type"))
        if _is_moment(old) and type_[0] in _HOURS:  # without a day there is no way back
            return f"{name} IS NOT NULL"
        value = _value(old, new)
        back = f"{using(new, old, value) or value}::{old.fact('type')}"
        condition = f"{_comparable(back, old)} IS DISTINCT FROM {_comparable(name, old)}"
        if type_[0] in TEXTS and type_[1]:  # a column takes blanks that are too many, and drops them
            return f"char_length(rtrim({using(old, new) or name}::text)) <= {type_[1][1:-1]} AND {condition}"
        return condition

    def trying(self, old: Item, new: Item) -> str | None:
        return f"{double_quoted(old.name)} IS NOT NULL AND {_value(old, new)} IS NULL"

    def refuses(self, error: BaseException) -> bool:
        return (sqlstate(error) or "").startswith(_DATA_EXCEPTION)


def _value(old: Item, new: Item) -> str:
    """A value in the new type."""
    type_ = new.fact("type")
    return f"({using(old, new) or double_quoted(old.name)}::{_UNCUT.get(base_of(type_)[0], type_)})"


def _is_moment(column: Item) -> bool:
    return base_of(column.fact("type"))[0].startswith("timestamp")


def _grows(before: str, after: str, family: tuple[str, ...]) -> bool:
    return before in family and after in family and family.index(before) < family.index(after)


def _has_room(length: str, new_length: str) -> bool:
    """Whether a type with one length holds what it holds with another one: characters, or digits before and behind."""
    if not new_length:
        return True
    before, after = (tuple(map(int, one[1:-1].split(","))) for one in (length or new_length, new_length))
    return bool(length) and all(old <= new for old, new in zip(before, after, strict=True))


def _comparable(value: str, column: Item) -> str:
    type_ = base_of(column.fact("type"))[0]
    if type_ == "json":  # which has no equality, and blanks that mean nothing
        return f"{value}::jsonb"
    return value if type_ in _COMPARED else f'{value}::text COLLATE "C"'
