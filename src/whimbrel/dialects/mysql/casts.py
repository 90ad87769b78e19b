"""Values of MySQL and MariaDB in a column of another type: what `MODIFY` makes of them, said with `CAST`.

A `CAST` in a query refuses nothing, and a column does unless the SQL mode is a loose one: so what a type refuses is
told apart, and is a change where nothing is refused.
"""

from __future__ import annotations

import re

from ...record import TYPE_CHECKING, Record
from .catalogs.tokens import quoted

if TYPE_CHECKING:
    from ...catalog import Item

_TYPE = re.compile(r"(?P<word>[a-z0-9]+)(?:\((?P<length>[\d,]+)\))?(?P<unsigned>.* unsigned)?", re.IGNORECASE)
_INTEGERS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")
_LISTS = ("enum", "set")
_BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")
_TIMES = {"date": "DATE", "datetime": "DATETIME", "timestamp": "DATETIME", "time": "TIME"}
_NAMED = {"uuid": "UUID", "inet4": "INET4", "inet6": "INET6"}  # which MariaDB has
_NUMBER = "^[[:space:]]*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?[[:space:]]*$"
_IS_STRICT = "LOCATE('STRICT_', @@sql_mode) > 0"


class _Type(Record):
    """A type, taken apart."""

    word: str
    length: tuple[int, ...]
    is_unsigned: bool

    @property
    def is_text(self) -> bool:
        return self.word in _TEXTS

    @property
    def is_number(self) -> bool:
        return self.word in _INTEGERS or self.word in ("decimal", "float", "double")

    @property
    def room(self) -> int | None:
        """How many characters or bytes it has room for, if that is said."""
        return self.length[0] if self.length and self.word in (*_TEXTS, *_BYTES) else None


class Casts:
    """`Casts` for MySQL and MariaDB."""

    def keeps(self, old: Item, new: Item) -> bool:
        before, after = _read(old), _read(new)
        if before is None or after is None:
            return False
        if (
            before.word in _LISTS and after.word in _LISTS
        ):  # values go by their names, and what is in no list is refused
            return True
        if before.word in _INTEGERS and after.word in _INTEGERS:
            is_wider = _INTEGERS[before.word] <= _INTEGERS[after.word]
            return is_wider and before.is_unsigned == after.is_unsigned
        if before.word == after.word == "decimal" and before.is_unsigned == after.is_unsigned:
            return before.length[0] <= after.length[0] and before.length[1] <= after.length[1]
        if before.word == after.word and before.word in _TIMES:
            return (before.length or (0,)) <= (after.length or (0,))
        has_room = after.room is None or (before.room is not None and before.room <= after.room)
        return before.is_text and after.is_text and after.word != "char" and has_room and _grows(before, after)

    def changing(self, old: Item, new: Item) -> str | None:
        name, before, after = quoted(old.name), _read(old), _read(new)
        if before is None or after is None or after.word in (*_LISTS, "year"):  # which have ways of their own to read
            return None
        if (before.is_text or before.word in _BYTES) and (after.is_text or after.word in _BYTES):
            return _told_apart(_too_long(after, name), _cut(after, name))
        there = _cast(after, name, before)
        back = _cast(before, there, after) if there else None
        if there is None or back is None:
            return None
        same = f"{back} <=> {name}"
        if before.is_text or before.word in _LISTS:
            same = f"{_to_the_letter(back)} <=> {_to_the_letter(name)}"
        return _told_apart(_refused(before, after, name, there), f"NOT ({same})")

    def trying(self, old: Item, new: Item) -> str | None:
        return None

    def refuses(self, error: BaseException) -> bool:
        return False


def _read(column: Item) -> _Type | None:
    """A type; None if nothing is known of its values."""
    text = column.fact("type") or ""
    found = _TYPE.match(text)
    word = found["word"].lower() if found else ""
    known = (*_INTEGERS, *_TEXTS, *_BYTES, *_LISTS, *_TIMES, *_NAMED, "decimal", "float", "double", "year")
    if found is None or word not in known or (word in ("float", "double") and found["length"]):
        return None
    length = tuple(map(int, found["length"].split(","))) if found["length"] and word not in _LISTS else ()
    return _Type(word, length, found["unsigned"] is not None)


def _grows(before: _Type, after: _Type) -> bool:
    """Whether one text has room for another: what is longer is refused, and blanks are cut off without a word."""
    order = _TEXTS.index
    return before.word == after.word or "varchar" in (before.word, after.word) or order(before.word) < order(after.word)


def _told_apart(refused: str, changed: str) -> str:
    return f"CASE WHEN {refused} THEN NOT ({_IS_STRICT}) ELSE {changed} END" if refused else changed


# -- texts and bytes ----------------------------------------------------------------------------


def _too_long(type_: _Type, name: str) -> str:
    if type_.room is None:
        return ""
    if type_.is_text:
        return f"CHAR_LENGTH(TRIM(TRAILING ' ' FROM {name})) > {type_.room}"
    return f"OCTET_LENGTH({name}) > {type_.room}"


def _cut(type_: _Type, name: str) -> str:
    """Whether blanks are cut off, or bytes put behind: that is done without a word."""
    if type_.word == "char":
        return f"CHAR_LENGTH(TRIM(TRAILING ' ' FROM {name})) < CHAR_LENGTH({name})"
    if type_.word == "binary":
        return f"OCTET_LENGTH({name}) < {type_.room}"
    return f"CHAR_LENGTH({name}) > {type_.room}" if type_.is_text and type_.room is not None else "FALSE"


def _to_the_letter(value: str) -> str:
    return f"CAST(CONVERT({value} USING utf8mb4) AS BINARY)"


# -- others -------------------------------------------------------------------------------------


def _cast(type_: _Type, value: str, of: _Type) -> str | None:
    """A value in a type; None if there are no words for it."""
    if of.word in _LISTS and not type_.is_text:  # of which a number is the place in the list
        return None
    if type_.word in _INTEGERS or type_.word == "year":
        is_unsigned = type_.is_unsigned or type_.word == "year"
        return f"CAST({value} AS {'UNSIGNED' if is_unsigned else 'SIGNED'})"
    if type_.word == "double":
        return f"({value} + 0e0)"
    if type_.word == "float":
        return f"CAST({value} AS FLOAT)"
    if type_.word == "decimal":
        return f"CAST({value} AS DECIMAL({', '.join(map(str, type_.length))}))"
    if type_.word in _TIMES:
        fraction = f"({type_.length[0]})" if type_.length else ""
        return f"CAST({value} AS {_TIMES[type_.word]}{fraction})"
    if type_.word in _NAMED:
        return f"CAST({value} AS {_NAMED[type_.word]})"
    return f"CAST({value} AS {'BINARY' if type_.word in _BYTES else 'CHAR'})"


def _refused(before: _Type, after: _Type, name: str, there: str) -> str:
    """A condition for values that a column of the type refuses."""
    refused = []
    if after.is_number and before.is_text:
        refused.append(f"{name} NOT RLIKE '{_NUMBER}'")
    if after.word in _INTEGERS:
        bits = _INTEGERS[after.word]
        low, high = (0, 2**bits - 1) if after.is_unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        refused.append(f"{name} NOT BETWEEN {low} AND {high}")
    if after.word == "decimal":
        refused.append(f"ABS({name}) >= 1e{after.length[0] - after.length[1]}")
    if after.word in _TIMES or after.word in _NAMED:
        refused.append(f"{there} IS NULL AND {name} IS NOT NULL")
    if after.room is not None:
        refused.append(f"CHAR_LENGTH({there}) > {after.room}")
    return " OR ".join(refused)
