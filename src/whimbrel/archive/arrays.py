"""Arrays as PostgreSQL writes them, and as lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_TOKEN = re.compile(r'\s*(?:([{},])|"((?:[^"\\]|\\.)*)"|((?:[^{},"\\]|\\.)+))', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)
_TRUTH = {"t": True, "f": False}
_END = re.compile(r"\s*")
_BOUNDS = re.compile(r"(?:\[-?\d+:-?\d+\])*=|", re.ASCII)


def array_of(text: str) -> list[Any]:
    """The list that an array literal stands for; lists in it for further dimensions.

    What is not quoted there is a number or a truth value if it looks like one. Bounds that do not begin at 1 are lost.

    Raises:
        ValueError: it is no array.
    """
    return elements(text, _read)[1]


def elements(text: str, read: Callable[[str], Any] = str) -> tuple[str, list[Any]]:
    """The bounds of an array literal if they are written, and its elements: texts, None, and lists of them.

    Args:
        text: the literal.
        read: makes something else of an element that is not quoted.

    Raises:
        ValueError: it is no array.
    """
    bounds = _BOUNDS.match(text)
    assert bounds is not None, "nothing is enough for it"
    items, at = _list(text, _after(text, bounds.end(), "{"), read)
    if _END.fullmatch(text, at) is None:
        raise ValueError("it is no array: something follows it")
    return bounds[0], items


def _list(text: str, at: int, read: Callable[[str], Any]) -> tuple[list[Any], int]:
    """The elements behind a bracket, and where it ends."""
    items: list[Any] = []
    found = _token(text, at)
    if found[1] == "}":
        return items, found.end()
    while True:
        if found[1] == "{":
            item, at = _list(text, found.end(), read)
        elif found[1] is None:
            item, at = _element(found, read), found.end()
        else:
            raise ValueError("it is no array: an element is missing")
        items.append(item)
        found = _token(text, at)
        if found[1] == "}":
            return items, found.end()
        found = _token(text, _after(text, at, ","))


def _token(text: str, at: int) -> re.Match[str]:
    found = _TOKEN.match(text, at)
    if found is None:
        raise ValueError("it is no array: its end is missing")
    return found


def _after(text: str, at: int, mark: str) -> int:
    found = _token(text, at)
    if found[1] != mark:
        raise ValueError(f"it is no array: {mark} is missing")
    return found.end()


def _element(found: re.Match[str], read: Callable[[str], Any]) -> Any:
    if found[2] is not None:
        return _unescaped(found[2])
    word = found[3].strip()
    return None if word == "NULL" else read(word) if "\\" not in word else _unescaped(word)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _read(word: str) -> Any:
    if word in _TRUTH:
        return _TRUTH[word]
    if _NUMBER.fullmatch(word):
        return float(word) if set(word) & set(".eE") else int(word)
    return word


def array_literal(items: Any) -> str:
    """A list as PostgreSQL reads it for an array.

    Raises:
        ValueError: it is no list.
    """
    if not isinstance(items, list):
        raise ValueError("it is no array")
    return "{" + ",".join(map(_written, items)) + "}"


def _written(item: Any) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, list):
        return array_literal(item)
    if isinstance(item, bool):
        return "t" if item else "f"
    if isinstance(item, int | float):
        return repr(item)
    if not isinstance(item, str):
        raise ValueError("an array of objects")
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'
