"""The kinds of time. Text is of such a kind if it is a moment of the calendar, or what servers have beyond it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from . import kinds
from .kind import Convert, Written

_EPOCH = datetime(1970, 1, 1)
_DAY, _CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
_ZONE = r"(?:Z|[-+][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?)"
_ZERO_DAY = r"(?:0000-[0-9]{2}-[0-9]{2}|[0-9]{4}-00-[0-9]{2}|[0-9]{4}-[0-9]{2}-00)"
_LATE_DAY, _EARLY_DAY = r"[0-9]{5,}-[0-9]{2}-[0-9]{2}", r"[0-9]{4,}-[0-9]{2}-[0-9]{2}"


def _beyond(rest: str) -> re.Pattern[str]:
    """What MySQL has for no date, and PostgreSQL for years that no calendar of Python's has."""
    return re.compile(rf"-?infinity|(?:{_ZERO_DAY}|{_LATE_DAY}){rest}|{_EARLY_DAY}{rest} BC")


class _Temporal(Written):
    """A kind of time, as text.

    Args:
        shape: of a text that can be read; there are more that Python would read, and lose a part of them.
        beyond: of a text that is natural although Python cannot read it.
        read: reads it; raises ValueError.
        into: as of any kind.
    """

    def __init__(
        self, shape: str, beyond: re.Pattern[str], read: Callable[[str], Any], into: dict[str, Convert] | None = None
    ) -> None:
        self._fits = re.compile(shape).fullmatch
        self._is_beyond = beyond.fullmatch
        self._read = read
        self.into = into or {}

    def natural(self, value: Any) -> bool:
        return type(value) is str and (self.same(value) is not value or self._is_beyond(value) is not None)

    def parse(self, text: str) -> Any:
        return self._read(text) if self._fits(text) else text


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def without_zone(text: str) -> str:
    """An instant as date and time in UTC; what is none of the calendar, as `infinity`, stays what it is."""
    found = INSTANT.same(text)
    return found.replace(tzinfo=None).isoformat(" ") if isinstance(found, datetime) else text


def _with_zone(text: str) -> str:
    return text if DATETIME.same(text) is text else f"{text}+00:00"


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


DATE = _Temporal(_DAY, _beyond(""), date.fromisoformat)
TIME = _Temporal(_CLOCK, re.compile(r"-?[0-9]{2,3}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"), time.fromisoformat)
DATETIME = _Temporal(
    f"{_DAY}(?:[ T]{_CLOCK})?",
    _beyond(f"(?: {_CLOCK})?"),
    datetime.fromisoformat,
    {kinds.INSTANT: _with_zone, kinds.INTERVAL: _interval_since_epoch},
)
INSTANT = _Temporal(
    f"{_DAY}(?:[ T]{_CLOCK}{_ZONE}?)?", _beyond(f"(?: {_CLOCK}{_ZONE})?"), _instant, {kinds.DATETIME: without_zone}
)


_INTERVAL = re.compile(
    r"P(?!$)(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?"
    r"(?:T(?!$)(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?)(\d+)(?:\.(\d{1,6}))?S)?)?",
    re.ASCII,
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


class Interval(Written):
    """How long something takes, in ISO 8601."""

    into = {kinds.DATETIME: _since_epoch}

    def parse(self, text: str) -> tuple[int, int]:
        return interval(text)


def in_calendar(kind: str) -> Convert | None:
    """What writes a date or time as SQLAlchemy does on SQLite; None for other kinds."""
    if kind == kinds.TIME:
        return lambda text: text if (found := TIME.same(text)) is text else found.isoformat("microseconds")
    if kind in (kinds.DATETIME, kinds.INSTANT):
        return lambda text: text if (found := DATETIME.same(text)) is text else found.isoformat(" ", "microseconds")
    return None
