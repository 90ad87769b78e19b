"""Arrays as PostgreSQL writes them, and as lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(r'\s*(?:([{},])|"((?:[^"\\]|\\.)*)"|((?:[^{},"\\]|\\.)+))', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_PLAIN = {"NULL": None, "t": True, "f": False}


def array_of(text: str) -> list[Any]:
    """The list that an array literal stands for; lists in it for further dimensions.

    What is not quoted there is a number or a truth value if it looks like one. Bounds that do not begin at 1 are lost.

    Raises:
        ValueError: it is no array.
    """
    start = text.find("{")
    if start < 0:
        raise ValueError("it is no array")
    tokens = _tokens(text[start:])
    if next(tokens) != "{":
        raise ValueError("it is no array")
    return _list(tokens)


def _tokens(text: str) -> Iterator[Any]:
    """Brackets and commas as they are, elements as tuples."""
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError("it is no array")
        at = found.end()
        if found[1]:
            yield found[1]
        elif found[2] is not None:
            yield (re.sub(r"\\(.)", r"\1", found[2], flags=re.DOTALL),)
        else:
            yield (_read(found[3].strip()),)


def _read(word: str) -> Any:
    if word in _PLAIN:
        return _PLAIN[word]
    if _NUMBER.fullmatch(word):
        return float(word) if set(word) & set(".eE") else int(word)
    return re.sub(r"\\(.)", r"\1", word)


def _list(tokens: Iterator[Any]) -> list[Any]:
    items: list[Any] = []
    for part in tokens:
        if part == "}":
            return items
        if part == "{":
            items.append(_list(tokens))
        elif isinstance(part, tuple):
            items += part
    raise ValueError("it is no array: its end is missing")


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
