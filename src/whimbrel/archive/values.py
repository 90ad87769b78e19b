"""Values, in an archive and out of it: as JSON has them, as another kind of column wants them, and as they compare.

A database may hold what does not fit the kind of its column, as SQLite does. Such a stray is a JSON object, which names
what it is.
"""

from __future__ import annotations

import base64
import json
import math
import re
import struct
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from .arrays import array_literal, array_of
from .kinds import (
    ARRAY,
    BOOLEAN,
    BYTES,
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    INSTANT,
    INTEGER,
    INTERVAL,
    JSON,
    TEMPORAL,
    TEXT,
    TIME,
    UUID,
)

Convert = Callable[[Any], Any]

# -- as JSON has them ------------------------------------------------------------------------------

_STRAYS: dict[type, tuple[str, Convert]] = {
    str: ("text", str),
    int: ("integer", int),
    float: ("real", repr),
    bytes: ("blob", lambda value: base64.b64encode(value).decode()),
}
_STRAYED: dict[str, Convert] = {"text": str, "integer": int, "real": float, "blob": base64.b64decode}
_NATURAL: dict[str, tuple[type, ...]] = {
    INTEGER: (int,),
    FLOAT: (float, int),
    DECIMAL: (Decimal, int, float, str),
    BOOLEAN: (bool, int),
    BYTES: (bytes, bytearray, memoryview),
    JSON: (str, int, float),  # SQLite makes numbers of what looks like one
}
"""What the driver has for a kind; for the others it is text."""


def archived(kind: str) -> Convert:
    """What makes of a value from a driver what stands in the archive. None stays out of it.

    Args:
        kind: of its column.
    """
    natural = _NATURAL.get(kind, (str,))
    write = _WRITERS.get(kind)

    def convert(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, natural) or (kind == BOOLEAN and value not in (0, 1)):
            return _stray(value)
        return write(value) if write is not None else value

    return convert


def _stray(value: Any) -> dict[str, Any]:
    for type_, (word, write) in _STRAYS.items():
        if isinstance(value, type_):
            return {word: write(value)}
    raise ValueError(f"a value of the type {type(value).__name__}")


def _float(value: float) -> float | str:
    return value if math.isfinite(value) else repr(float(value))


_WRITERS: dict[str, Convert] = {
    FLOAT: _float,
    DECIMAL: str,
    BOOLEAN: bool,
    JSON: lambda value: value if isinstance(value, str) else json.dumps(value),
    BYTES: lambda value: base64.b64encode(value).decode(),
}
_READERS: dict[str, Convert] = {FLOAT: float, BYTES: base64.b64decode}


# -- as another kind of column wants them ----------------------------------------------------------


_HEXADECIMAL = 32
"""Characters of an UUID without dashes, as SQLAlchemy keeps it where there is no type for it."""


def taken(kind: str, wanted: str, length: int | None = None) -> Convert:
    """What makes of a value in an archive one for a column.

    Args:
        kind: of the column that it comes from.
        wanted: the kind of the column that it goes to.
        length: how many characters that has room for, if there is a limit.

    Raises (when called):
        ValueError: it is nothing that such a column can hold.
    """
    read = _READERS.get(kind)
    change = _CHANGES.get((kind, wanted)) if kind != wanted else None
    if (kind, wanted, length) == (UUID, TEXT, _HEXADECIMAL):
        change = _without_dashes
    elif kind != wanted and change is None:
        change = str if wanted == TEXT else _refused(kind, wanted)

    def convert(value: Any) -> Any:
        if value is None:
            return None
        if type(value) is dict:
            [(word, stray)] = value.items()
            return _STRAYED[word](stray)
        if read is not None:
            value = read(value)
        return change(value) if change is not None else value

    return convert


def _refused(kind: str, wanted: str) -> Convert | None:
    """What looks alike the database may make of it what it can; what cannot be right is refused."""
    if BYTES not in (kind, wanted) and kind not in (ARRAY, INTERVAL) and wanted not in (BOOLEAN, INTERVAL):
        return None

    def refuse(value: Any) -> Any:
        raise ValueError(f"{kind} is nothing for a column with {wanted}")

    return refuse


def _truth(value: Any) -> bool:
    if value in (0, 1, "0", "1"):
        return bool(int(value))
    raise ValueError("a number that is neither 0 nor 1")


def without_zone(text: str) -> str:
    """An instant as date and time in UTC."""
    return _parsed(text, lambda: datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None).isoformat(" "))


def _with_zone(text: str) -> str:
    return f"{text}+00:00"


_EPOCH = datetime(1970, 1, 1)


def _since_epoch(text: str) -> str:
    """An interval as SQLAlchemy keeps it where there are none."""
    months, micros = interval(text)
    if months:
        raise ValueError("an interval with months is no number of seconds")
    return (_EPOCH + timedelta(microseconds=micros)).isoformat(" ", "microseconds")


def _interval_since_epoch(text: str) -> str:
    micros = (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)
    sign = "-" if micros < 0 else ""
    return f"PT{sign}{abs(micros) // 1_000_000}.{abs(micros) % 1_000_000:06}S"


def _without_dashes(text: str) -> str:
    return text.replace("-", "")


def _array(text: str) -> str | None:
    """A list in JSON as an array; its `null`, which is there where others have NULL, as NULL."""
    items = json.loads(text)
    return None if items is None else array_literal(items)


def _decoded(data: bytes) -> str:
    return data.decode()


_CHANGES: dict[tuple[str, str], Convert] = {
    (INTEGER, BOOLEAN): _truth,
    (DECIMAL, BOOLEAN): _truth,
    (BOOLEAN, INTEGER): int,
    (BOOLEAN, DECIMAL): int,
    (BOOLEAN, TEXT): lambda value: str(int(value)),
    (INTEGER, FLOAT): float,
    (TEXT, UUID): lambda text: str(uuid.UUID(text)),
    (UUID, BYTES): lambda text: uuid.UUID(text).bytes,
    (BYTES, TEXT): _decoded,
    (TEXT, BYTES): str.encode,
    (INSTANT, DATETIME): without_zone,
    (DATETIME, INSTANT): _with_zone,
    (INTERVAL, DATETIME): _since_epoch,
    (DATETIME, INTERVAL): _interval_since_epoch,
    (TEXT, INTERVAL): str,
    (ARRAY, JSON): lambda text: json.dumps(array_of(text), ensure_ascii=False),
    (ARRAY, TEXT): lambda text: json.dumps(array_of(text), ensure_ascii=False),
    (JSON, ARRAY): _array,
    (TEXT, ARRAY): lambda text: text if text.startswith("{") else _array(text),
}


# -- as they compare -------------------------------------------------------------------------------


def comparable(kind: str, trait: str = "") -> Convert | None:
    """What makes of a value one that is equal exactly if it means the same; None if it is that already.

    Args:
        kind: of the column.
        trait: `single` for a float of half the precision, `padded` for what is filled up to its length.
    """
    padding: Any = b"\0" if kind == BYTES else " "
    if trait == "padded" and kind in (TEXT, BYTES):
        return lambda value: value.rstrip(padding) if isinstance(value, type(padding)) else value
    if trait == "single" and kind == FLOAT:
        return _single
    compare = _COMPARED.get(kind)
    if compare is None:
        return None
    made = compare

    def convert(value: Any) -> Any:
        try:
            return None if value is None else made(value)
        except (ValueError, TypeError, AttributeError, InvalidOperation):
            return value  # a stray

    return convert


def _single(value: Any) -> Any:
    try:
        return repr(0.0 + struct.unpack("f", struct.pack("f", value))[0])
    except (struct.error, OverflowError):
        return value


def _plain_decimal(value: Any) -> str:
    number = Decimal(value if isinstance(value, int | str | Decimal) else repr(value))
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _parsed(text: str, read: Callable[[], str]) -> str:
    """As `read`; the text itself if it is none of a calendar, as `infinity`."""
    try:
        return read()
    except ValueError:
        return text


def _same_instant(text: str) -> str:
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def _same_json(text: str) -> str:
    return json.dumps(json.loads(text, parse_float=_plain_decimal, parse_int=_plain_decimal), sort_keys=True)


_INTERVAL = re.compile(
    r"P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?"
    r"(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?)(\d+)(?:\.(\d{1,6}))?S)?)?"
)


def interval(text: str) -> tuple[int, int]:
    """The months, and the microseconds beside them, of an interval in ISO 8601; a day has 24 hours.

    Raises:
        ValueError: it is none.
    """
    found = _INTERVAL.fullmatch(text)
    if found is None:
        raise ValueError("it is no interval")
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups()[:6])
    sign, whole, fraction = found[7], int(found[8] or 0), int((found[9] or "").ljust(6, "0"))
    seconds = (whole * 1_000_000 + fraction) * (-1 if sign else 1)
    micros = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000_000 + seconds
    return years * 12 + months, micros


_COMPARED: dict[str, Convert] = {
    INTEGER: int,
    FLOAT: lambda value: repr(float(value) + 0.0),  # of 0 some lose the sign
    DECIMAL: _plain_decimal,
    BOOLEAN: bool,
    BYTES: bytes,
    JSON: _same_json,
    UUID: lambda text: uuid.UUID(text).hex,
    ARRAY: lambda text: repr(array_of(text)),
    DATE: lambda text: date.fromisoformat(text).isoformat(),
    TIME: lambda text: time.fromisoformat(text).isoformat(),
    DATETIME: lambda text: datetime.fromisoformat(text).isoformat(),
    INSTANT: _same_instant,
    INTERVAL: interval,
}


def in_calendar(kind: str) -> Convert | None:
    """What writes a date or time as SQLAlchemy does on SQLite; None for other kinds."""
    if kind not in TEMPORAL:
        return None
    if kind == DATE:
        return lambda text: text
    if kind == TIME:
        return lambda text: _parsed(text, lambda: time.fromisoformat(text).isoformat("microseconds"))
    return lambda text: _parsed(text, lambda: datetime.fromisoformat(text).isoformat(" ", "microseconds"))
