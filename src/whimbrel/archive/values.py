"""Values, in an archive and out of it: as JSON has them, as another kind of column wants them, and as they compare.

What is not natural for the kind of its column is a stray. Only SQLite has them, in columns that hold anything whatever
their type says: a text, an integer, a real number or bytes. In an archive a stray is an object that names which. It
goes only where it can be what it is.
"""

from __future__ import annotations

import base64
from typing import Any

from . import kinds
from .kind import Convert, Kind
from .numbers import Boolean, Decimal, Float, Integer
from .texts import Array, Bytes, Json, Text, Uuid
from .times import DATE, DATETIME, INSTANT, TIME, Interval

_KINDS: dict[str, Kind] = {
    kinds.INTEGER: Integer(),
    kinds.FLOAT: Float(),
    kinds.DECIMAL: Decimal(),
    kinds.BOOLEAN: Boolean(),
    kinds.TEXT: Text(),
    kinds.BYTES: Bytes(),
    kinds.JSON: Json(),
    kinds.UUID: Uuid(),
    kinds.ARRAY: Array(),
    kinds.DATE: DATE,
    kinds.TIME: TIME,
    kinds.DATETIME: DATETIME,
    kinds.INSTANT: INSTANT,
    kinds.INTERVAL: Interval(),
}
assert _KINDS.keys() == kinds.KINDS

_WORDS = {str: "text", int: "integer", float: "real", bytes: "blob"}
_WRITE: dict[type, Convert] = {str: str, int: int, float: repr, bytes: lambda value: base64.b64encode(value).decode()}
_READ: dict[str, Convert] = {"text": str, "integer": int, "real": float, "blob": base64.b64decode}


def archived(kind: str, *, loose: bool = False) -> Convert:
    """What makes of a value from a driver what stands in the archive. None stays out of it.

    Args:
        kind: of its column.
        loose: whether that holds anything, whatever its type says.

    Raises (when called):
        ValueError: it is nothing that an archive knows.
    """
    one = _KINDS[kind]
    types, natural, write = one.types, one.natural, one.write

    def strict(value: Any) -> Any:
        if value is None:
            return None
        if type(value) not in types:
            raise ValueError(f"a value of the type {type(value).__name__}, among those of {kind}")
        return write(value)

    def any_(value: Any) -> Any:
        if value is None:
            return None
        return write(value) if natural(value) else _stray(value)

    return any_ if loose else strict


def _stray(value: Any) -> dict[str, Any]:
    word = _WORDS.get(type(value))
    if word is None:
        raise ValueError(f"a value of the type {type(value).__name__}")
    return {word: _WRITE[type(value)](value)}


_HEXADECIMAL = 32
"""Characters of an UUID without dashes, as SQLAlchemy keeps it where there is no type for it."""


def taken(kind: str, wanted: str, length: int | None = None, *, loose: bool = False) -> Convert:
    """What makes of a value in an archive one for a column, of which it means the same there.

    Args:
        kind: of the column that it comes from.
        wanted: the kind of the column that it goes to.
        length: how many characters that has room for, if there is a limit.
        loose: whether that holds anything, whatever its type says.

    Raises (when called):
        ValueError: it is nothing that such a column can hold.
    """
    source, target = _KINDS[kind], _KINDS[wanted]
    read, natural, exact = source.read, target.natural, None if loose else target.exact
    change = None if kind == wanted else source.into.get(wanted, _as_it_is)
    if (kind, wanted, length) == (kinds.UUID, kinds.TEXT, _HEXADECIMAL):
        change = _without_dashes

    def convert(value: Any) -> Any:
        if value is None:
            return None
        if type(value) is dict:
            [(word, written)] = value.items()
            value = _READ[word](written)
            if loose:
                return value
            if not natural(value):
                raise ValueError(f"among values of the kind {kind} it is one of the storage class {word}")
        else:
            value = read(value)
            if change is not None:
                value = change(value)
                if value is None:
                    return None
                if not natural(value):
                    raise ValueError(f"it is of the kind {kind}, and nothing of {wanted}")
        return value if exact is None else exact(value)

    return convert


def _as_it_is(value: Any) -> Any:
    return value


def _without_dashes(text: str) -> str:
    return text.replace("-", "")


def comparable(kind: str, trait: str = "") -> Convert | None:
    """What makes of a value, from a driver or for one, one whose `repr` is equal exactly if it means the same.

    A stray means itself, and nothing else. None if a value is that already.

    Args:
        kind: of the column.
        trait: `single` for a float of half the precision, `padded` for what is filled up to its length, `numbers` for
            arrays of them.
    """
    return _KINDS[kind].form(trait)
