"""The kinds of numbers, and truth. What has no equal in the other kind is refused, never rounded."""

from __future__ import annotations

import decimal
import math
import re
import struct
from typing import Any

from . import kinds
from .kind import Kind

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([-+]?[0-9]{1,9}))?")
_BEYOND = ("NaN", "Infinity", "-Infinity")
_DIGITS = 40
"""Of the widest number in a column of whole ones, and more."""


def plain(text: str) -> str:
    """A number in its shortest form, which has an exponent: equal exactly if the numbers are.

    It makes no digits that are not there: `1e999999999` stays short.

    Raises:
        ValueError: it is no number.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError("it is no number")
    sign, whole, fraction, exponent = found.groups("")
    digits = (whole + fraction).lstrip("0")
    kept = digits.rstrip("0")
    return f"{sign}{kept}e{int(exponent or 0) - len(fraction) + len(digits) - len(kept)}" if kept else "0"


def whole(value: Any) -> int:
    """A number, or its text, as a whole number.

    Raises:
        ValueError: it is none.
    """
    digits, _, exponent = plain(str(value)).partition("e")
    zeros = int(exponent or 0)
    if not 0 <= zeros <= _DIGITS:
        raise ValueError("it is no whole number")
    return int(digits) * int(10**zeros)


def binary(value: Any) -> float:
    """A number, or its text, as one of double precision.

    Raises:
        ValueError: there is none that is written in the same way.
    """
    text = str(value)
    found = float(text)
    if text not in _BEYOND and (math.isinf(found) or plain(repr(found)) != plain(text)):
        raise ValueError("a number with more digits than there is room for")
    return found


def _truth(value: Any) -> bool:
    number = plain(str(value))
    if number not in ("0", "1e0"):
        raise ValueError("a number that is neither 0 nor 1")
    return number == "1e0"


def _finite(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else _BEYOND[1 if value > 0 else 2]


class Integer(Kind):
    """Whole numbers."""

    types = (int,)
    into = {kinds.BOOLEAN: _truth, kinds.FLOAT: binary, kinds.TEXT: str}


class Float(Kind):
    """Numbers of double precision, in a column of the trait `single` of half of it."""

    types = (float,)
    into = {kinds.INTEGER: whole, kinds.DECIMAL: _finite, kinds.TEXT: repr}

    def write(self, value: float) -> float | str:
        return value if math.isfinite(value) else repr(value)

    def read(self, written: float | str) -> float:
        return float(written)

    def form(self, trait: str) -> Any:
        return _single if trait == "single" else _double


def _double(value: Any) -> Any:
    return value + 0.0 if type(value) is float else value  # of 0 some lose the sign


def _single(value: Any) -> Any:
    if type(value) is not float:
        return value
    try:
        return 0.0 + float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return value


class Decimal(Kind):
    """Numbers with all their digits. SQLite makes binary ones of them, which stay that on the way to another SQLite."""

    types = (str, decimal.Decimal, int, float)
    into = {kinds.BOOLEAN: _truth, kinds.INTEGER: whole, kinds.FLOAT: binary, kinds.TEXT: str}
    exact = str

    def natural(self, value: Any) -> bool:
        if type(value) is float:
            return math.isfinite(value)
        if type(value) not in self.types:
            return False
        text = str(value)
        return type(value) is int or _NUMBER.fullmatch(text) is not None or text in _BEYOND

    def write(self, value: Any) -> Any:
        return str(value) if type(value) is decimal.Decimal else value

    def form(self, trait: str) -> Any:
        return self._form

    def _form(self, value: Any) -> Any:
        if type(value) not in self.types:
            return value
        try:
            return plain(value if type(value) is str else str(value))
        except ValueError:
            return value


class Boolean(Kind):
    """True and false; 1 and 0 where there is no type for them."""

    types = (bool, int)
    into = {kinds.INTEGER: int, kinds.DECIMAL: int, kinds.TEXT: lambda value: str(int(value))}

    def natural(self, value: Any) -> bool:
        return type(value) is bool or (type(value) is int and value in (0, 1))

    def write(self, value: Any) -> bool:
        return bool(value)

    def form(self, trait: str) -> Any:
        return lambda value: bool(value) if type(value) is int and value in (0, 1) else value
