"""Text and bytes, and the kinds of which the text has a grammar of its own: JSON, UUIDs, arrays."""

from __future__ import annotations

import base64
import json
import math
import re
import uuid
from typing import Any

from . import kinds
from .arrays import array_literal, array_of, elements
from .kind import Convert, Kind, Written
from .numbers import binary, plain, whole

_UUID = re.compile(r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}")


def _uuid(text: str) -> uuid.UUID:
    if _UUID.fullmatch(text) is None:  # Python reads more, as braces
        raise ValueError("it is no UUID")
    return uuid.UUID(text)


def _array(value: Any) -> str | None:
    """A list in JSON as an array; its `null`, which is there where others have NULL, as NULL."""
    try:
        items = json.loads(str(value))
    except RecursionError as error:
        raise ValueError("JSON that is too deep for an array") from error
    return None if items is None else array_literal(items)


def _number(read: Any, text: str) -> Any:
    """A number in a text, if the text is the one that is written for it."""
    found = read(text)
    if repr(found) != text:
        raise ValueError("a text that is not how such a number is written")
    return found


class Text(Kind):
    """Text, and all that a database has no word of its own for."""

    into = {
        kinds.INTEGER: lambda text: _number(whole, text),
        kinds.FLOAT: lambda text: _number(binary, text),
        kinds.BYTES: str.encode,
        kinds.UUID: lambda text: str(_uuid(text)),
        kinds.ARRAY: lambda text: text if text.startswith("{") else _array(text),
    }

    def form(self, trait: str) -> Any:
        return (lambda value: value.rstrip(" ") if type(value) is str else value) if trait == "padded" else None


class Bytes(Kind):
    """Bytes."""

    types = (bytes, bytearray, memoryview)
    into = {kinds.TEXT: bytes.decode}

    def write(self, value: Any) -> str:
        return base64.b64encode(value).decode()

    def read(self, written: str) -> bytes:
        return base64.b64decode(written)

    def form(self, trait: str) -> Any:
        if trait == "padded":
            return lambda value: bytes(value).rstrip(b"\0") if type(value) in self.types else value
        return lambda value: bytes(value) if type(value) in self.types else value


class Json(Written):
    """JSON as text. SQLite makes numbers of what looks like one."""

    types = (str, int, float)
    into = {kinds.TEXT: str, kinds.ARRAY: _array}
    exact = str

    def same(self, value: Any) -> Any:
        return super().same(repr(value)) if self._is_number(value) else super().same(value)

    def _is_number(self, value: Any) -> bool:
        return type(value) is int or (type(value) is float and math.isfinite(value))

    def parse(self, text: str) -> tuple[str]:
        """In a tuple, as it is no text, with numbers as bytes, as those are none."""
        return (repr(_DECODER.decode(text)),)


def _json_number(text: str) -> bytes:
    return plain(text).encode()


def _no_json(word: str) -> Any:
    raise ValueError(f"{word} is none of JSON's words")


_DECODER = json.JSONDecoder(
    parse_float=_json_number,
    parse_int=_json_number,
    parse_constant=_no_json,
    object_pairs_hook=lambda pairs: tuple(sorted(pairs, key=lambda pair: pair[0])),  # a name may be there twice
)


class Uuid(Written):
    """UUIDs, as text."""

    into = {kinds.BYTES: lambda text: uuid.UUID(text).bytes}

    def parse(self, text: str) -> uuid.UUID:
        return _uuid(text)


class Array(Written):
    """Arrays, as PostgreSQL writes them. An archive does not know of what: what looks like a number in one is one."""

    into = dict.fromkeys(
        (kinds.JSON, kinds.TEXT), lambda text: json.dumps(array_of(text), ensure_ascii=False, allow_nan=False)
    )

    def form(self, trait: str) -> Convert:
        return self._of_numbers if trait == "numbers" else self.same

    def _of_numbers(self, value: Any) -> Any:
        try:
            return elements(value, _element) if type(value) is str else value
        except ValueError:
            return value

    def parse(self, text: str) -> tuple[str, list[Any]]:
        return elements(text)


def _element(word: str) -> Any:
    try:
        return _json_number(word)
    except ValueError:
        return word  # as NaN
