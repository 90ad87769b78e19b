"""What the `upgrade()` of a revision file drops for good, as far as its text says. No file is run."""

from __future__ import annotations

import re

from ..record import TYPE_CHECKING
from ..syntax import parsed

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

_IN_SQL = re.compile(
    r"\bDROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?P<table>[^\s;]+)|\bDROP\s+COLUMN\s+(?:IF\s+EXISTS\s+)?(?P<column>[^\s;]+)"
    r"|\bALTER\s+TABLE\s[^;]*?\bDROP\s+(?:IF\s+EXISTS\s+)?(?!(?:COLUMN|CONSTRAINT|INDEX|KEY|PRIMARY|FOREIGN|CHECK|PARTITION|DEFAULT|NOT"
    r"|EXPRESSION|IDENTITY|SYSTEM|PERIOD|IF)\b)(?P<bare>[^\s;,]+)"
    r"|\bTRUNCATE\s+(?:TABLE\s+)?(?P<rows>[^\s;]+)",
    re.IGNORECASE,
)
_KINDS = {"table": "table", "column": "column", "bare": "column", "rows": "rows of"}
_EXECUTING = ("execute", "exec_driver_sql")
_QUOTES = "\"'`[],"


def losses(path: str) -> list[str]:
    """What is dropped, in words: `table orders`, `column orders.phone`; each once.

    A file that cannot be read says nothing. What it computes, or does through other functions, is not seen.
    """
    try:
        with open(path, "rb") as file:
            tree = parsed(file.read(), path)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    functions = [node for node in tree.body if getattr(node, "name", "").partition("_")[0] == "upgrade"]
    return list(dict.fromkeys(text for function in functions for text in _dropped(function)))


def _dropped(function: ast.stmt) -> Iterator[str]:
    import ast

    batches = dict(_batches(function))
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        if node.func.attr == "drop_table":
            yield f"table {_argument(node, 0, 'table_name')}"
        elif node.func.attr == "drop_column":
            table = batches[owner] if owner in batches else _argument(node, 0, "table_name")
            yield f"column {table}.{_argument(node, int(owner not in batches), 'column_name')}"
        elif node.func.attr in _EXECUTING:
            for text in _texts(node):
                yield from _dropped_in(text)


def _batches(function: ast.stmt) -> Iterator[tuple[str, str]]:
    """The names of batches, each with the table that it is on."""
    import ast

    for node in ast.walk(function):
        if isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            call = node.context_expr
            if isinstance(call, ast.Call):
                yield node.optional_vars.id, _argument(call, 0, "table_name")


def _argument(call: ast.Call, place: int, name: str) -> str:
    """A text that is given by its place or by its name; `…` if it is computed."""
    import ast

    given = [*call.args[place : place + 1], *(word.value for word in call.keywords if word.arg == name)]
    return next((str(value.value) for value in given if isinstance(value, ast.Constant)), "…")


def _texts(call: ast.Call) -> Iterator[str]:
    """The texts among what is executed, also where they are wrapped: `text("…")`, or pieced together."""
    import ast

    for argument in (*call.args, *(word.value for word in call.keywords)):
        for node in ast.walk(argument):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def _dropped_in(sql: str) -> Iterator[str]:
    for found in _IN_SQL.finditer(sql):
        kind = next(name for name, text in found.groupdict().items() if text)
        yield f"{_KINDS[kind]} {found[kind].strip(_QUOTES)}"
