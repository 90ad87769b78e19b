"""What a value means in a column of a kind, said without whimbrel: by json, decimal, struct and strptime."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import re
import struct
import uuid
from typing import Any

from whimbrel.archive import kinds

DAYS = ("%Y-%m-%d",)
CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f")
MOMENTS = (*DAYS, *(f"%Y-%m-%d{between}{clock}" for between in " T" for clock in CLOCKS))


def meaning(kind: str, value: Any) -> object:
    """Equal for two values exactly if they mean the same."""
    found = _READ[kind](value)
    return ("stray", type(value).__name__, repr(value)) if found is None else ("natural", found)


class _Exact(tuple[Any, ...]):
    """A number as sign, digits and exponent."""

    __slots__ = ()


def _exact(text: str) -> _Exact:
    number = decimal.Decimal(text)
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    kept = "".join(map(str, digits)).rstrip("0")
    return _Exact((sign, kept, exponent + len(digits) - len(kept)) if number else (0, "", 0))


def _number(value: Any) -> object:
    if type(value) in (int, float) and value == value and abs(value) != float("inf"):
        return _exact(repr(value))
    if type(value) is not str or value != value.strip() or '"' in value:
        return None
    try:
        found = json.loads(value, parse_float=_exact, parse_int=_exact, parse_constant=str)
    except ValueError:
        return None
    return found if isinstance(found, _Exact) else None


def _json(value: Any) -> object:
    if type(value) in (int, float):
        return _number(value)
    if type(value) is not str:
        return None
    try:
        return _tagged(json.loads(value, parse_float=_exact, parse_int=_exact, parse_constant=_refused))
    except ValueError:
        return None


def _refused(word: str) -> object:
    raise ValueError(word)


def _tagged(tree: Any) -> object:
    if isinstance(tree, dict):
        return {key: _tagged(item) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_tagged(item) for item in tree]
    return tree if isinstance(tree, _Exact) else (type(tree).__name__, tree)


def _moment(value: Any, forms: tuple[str, ...], zone: str = "") -> dt.datetime | None:
    if type(value) is not str or not value.isascii() or not _is_padded(value):
        return None
    if zone and re.search(r":\d\d[-+]\d\d$", value):
        value += "00"
    for form in forms:
        for end in {"", zone}:
            try:
                return dt.datetime.strptime(value, form + end)
            except ValueError:
                continue
    return None


def _is_padded(text: str) -> bool:
    """strptime takes numbers of less digits too."""
    return re.fullmatch(r"(\d{4}-\d\d-\d\d)?[ T]?(\d\d:\d\d.*)?", text) is not None and not re.search(
        r"(?<=:)\d(?!\d)", text
    )


def _instant(value: Any) -> object:
    found = _moment(value, MOMENTS, "%z")
    return found and (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)


_READ: dict[str, Any] = {
    kinds.INTEGER: lambda value: value if type(value) is int else None,
    kinds.FLOAT: lambda value: (
        None if type(value) is not float else "nan" if value != value else struct.pack(">d", value or 0.0)
    ),
    kinds.DECIMAL: _number,
    kinds.BOOLEAN: lambda value: bool(value) if type(value) in (bool, int) and value in (0, 1) else None,
    kinds.TEXT: lambda value: value if type(value) is str else None,
    kinds.BYTES: lambda value: bytes(value) if isinstance(value, bytes | bytearray | memoryview) else None,
    kinds.JSON: _json,
    kinds.UUID: lambda value: (
        uuid.UUID(value).int if type(value) is str and re.fullmatch("[0-9a-fA-F]{32}", value.replace("-", "")) else None
    ),
    kinds.DATE: lambda value: _moment(value, DAYS),
    kinds.TIME: lambda value: _moment(value, CLOCKS),
    kinds.DATETIME: lambda value: _moment(value, MOMENTS),
    kinds.INSTANT: _instant,
}
KINDS = tuple(_READ)
