"""Values as people type them, read by the type of a column. What is typed is data, and becomes nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import Enum, Interval
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from ...errors import few

_SHOWN = 8  # values of an enumeration
_LEAST, _LAST, _LAST_UNSIGNED = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1
_UNTYPED = (bytes, timedelta)
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Unreadable(ValueError):
    """A text is no value of a type; says what one looks like."""


def value_of(type_: TypeEngine[Any] | None, text: str) -> Any:
    """A text as a value of a type. What Python has no type for stays a text, which the database reads.

    Args:
        type_: the type of a column in the models; None if it is not known.
        text: what was typed.

    Raises:
        Unreadable: it is no such value.
    """
    own, type_ = type_, bare(type_)
    if isinstance(type_, Enum):
        if text not in type_.enums:
            raise Unreadable(f"it is one of {few(type_.enums, _SHOWN)}")
        return text
    if isinstance(type_, JSON):
        return _json(text)
    python = _python_type(type_)
    if python in _UNTYPED or isinstance(own, Interval):  # which SQLAlchemy keeps as a date where there is no such type
        raise Unreadable("a value of this type cannot be typed: write the UPDATE into the file")
    read, example = _READERS.get(python, (str, ""))
    try:
        value = read(text)
    except (ValueError, KeyError, InvalidOperation):
        raise Unreadable(f"it is of the type {python.__name__}: {example}") from None
    length = getattr(type_, "length", None)
    if isinstance(value, str) and length is not None and len(value) > length:
        raise Unreadable(f"it has room for {length} characters")
    if isinstance(value, int) and not _LEAST <= value <= (
        _LAST_UNSIGNED if getattr(type_, "unsigned", False) else _LAST
    ):
        raise Unreadable("it has no room for more than 64 bits")  # of which SQLite would make a number with a point
    return value


def bare(type_: TypeEngine[Any] | None) -> TypeEngine[Any] | None:
    """What the database has in the place of a type that the project has made."""
    while isinstance(type_, TypeDecorator):
        type_ = type_.impl_instance
    return type_


def _python_type(type_: TypeEngine[Any] | None) -> type:
    try:
        return str if type_ is None else type_.python_type
    except NotImplementedError:
        return str


def _json(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        raise Unreadable('it is JSON: {"a": 1}') from None


def _finite(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    return value


_READERS: dict[type, tuple[Callable[[str], Any], str]] = {
    bool: (lambda text: _BOOLEANS[text.lower()], "true or false"),
    int: (int, "42"),
    float: (lambda text: float(_finite(text)), "4.2"),
    Decimal: (_finite, "4.20"),
    datetime: (datetime.fromisoformat, "2026-01-31 12:00:00"),
    date: (date.fromisoformat, "2026-01-31"),
    time: (time.fromisoformat, "12:00:00"),
    UUID: (UUID, "6f1c2a4e-0b7d-4d7e-9a53-0c8f5f0b9d11"),
}
