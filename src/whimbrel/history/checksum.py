"""What a revision file does, as a number: the same for as long as its code is, whatever it looks like.

`ast.dump` would differ from one version of Python to the next. So the tree is written in a form of our own, which is
never to change: databases keep what is computed from it.
"""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import Any

from ..cache import Cache
from ..record import Record
from ..syntax import parsed

_LOOKS_ONLY = frozenset({"ctx", "kind", "type_comment", "type_ignores", "str"})
"""Fields that say how something is written, or that follow from the rest."""


class Checksum(Record):
    """Both checksums of a file, in hexadecimal.

    Attributes:
        raw: SHA-256 of its bytes.
        code: SHA-256 of its code without comments, formatting and docstrings; None if there is no source, or if it is
            not valid Python.
    """

    raw: str
    code: str | None


def checksum(path: str) -> Checksum:
    """The checksums of the revision file at `path`.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        content = file.read()
    return Checksum(hashlib.sha256(content).hexdigest(), code_of(content) if path.endswith(".py") else None)


def code_checksums(paths: Iterable[str]) -> dict[str, str | None]:
    """The checksums of the code of some files. They are parsed once, and then known from a cache. Reads files only."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(os.path.dirname(path), []).append(path)
    found: dict[str, str | None] = {}
    for folder, members in folders.items():
        with Cache(folder, "code") as cache:
            for path in members:
                try:
                    found[path] = cache.get(path, os.stat(path), lambda name: checksum(name).code)
                except OSError:
                    found[path] = None  # it has gone in the meantime
    return found


def code_of(source: bytes) -> str | None:
    """The checksum of the code in `source`; None if it is not valid Python."""
    try:
        tree = parsed(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    digest = hashlib.sha256()
    for part in _written(tree):
        digest.update(part)
    return digest.hexdigest()


def _written(tree: ast.AST) -> Iterator[bytes]:
    """A tree as bytes. Not recursive: Python parses deeper trees than it can descend into."""
    todo: list[Any] = [tree]
    while todo:
        value = todo.pop()
        if isinstance(value, bytes):
            yield value
        elif isinstance(value, ast.Constant):
            yield _constant(value.value)
        elif isinstance(value, ast.AST):
            yield f"({type(value).__name__}".encode()
            todo.append(b")")
            for name, content in reversed(_fields(value)):
                todo += [content, f" {name}=".encode()]
        elif isinstance(value, list):
            yield b"["
            todo += [b"]", *reversed(value)]
        else:
            yield _constant(value)


def _constant(value: object) -> bytes:
    """A literal, or a name. Its length stands in front, so that no text can look like something else."""
    match value:
        case str():
            # Not repr: what it escapes depends on the version of Unicode.
            text = value.encode("utf-8", "surrogatepass")
        case bytes():
            text = value
        case bool() | None:
            text = str(value).encode()
        case int():
            text = hex(value).encode()  # decimal digits have a limit
        case _:
            text = repr(value).encode()
    return b"<%s %d:%s>" % (type(value).__name__.encode(), len(text), text)


def _fields(node: ast.AST) -> list[tuple[str, Any]]:
    """The fields that mean something. What is empty is left out: a later Python may have more that are."""
    fields = []
    for name in sorted(node._fields):
        value: Any = getattr(node, name, None)
        if name in _LOOKS_ONLY:
            continue
        if isinstance(value, list) and all(isinstance(item, ast.stmt) for item in value):
            value = _imports_in_order([statement for statement in value if not _does_nothing(statement)])
        elif name == "values" and type(node).__name__ in ("JoinedStr", "TemplateStr"):
            value = _joined(value)
        elif name == "format_spec" and isinstance(value, ast.JoinedStr) and not _joined(value.values):
            continue  # `{x:}`, of which Python 3.11 makes something else than 3.13
        if value is not None and value != []:
            fields.append((name, value))
    return fields


def _does_nothing(statement: ast.stmt) -> bool:
    """Whether it is a docstring, or another literal that is a statement of its own, or `pass`."""
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _joined(values: list[ast.expr]) -> list[ast.expr]:
    """The parts of an f-string. Where one piece of text ends and the next one begins is up to the parser."""
    parts: list[ast.expr] = []
    text = ""
    for value in [*values, None]:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            text += value.value
            continue
        if text:
            parts.append(ast.Constant(text))
        if value is not None:
            parts.append(value)
        text = ""
    return parts


def _imports_in_order(body: list[ast.stmt]) -> list[ast.stmt]:
    """A body whose imports, where they stand together, are one for each name and sorted: formatters do that."""
    ordered: list[ast.stmt] = []
    together: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            together.append(statement)
        else:
            ordered += [*_sorted_imports(together), statement]
            together = []
    return ordered + _sorted_imports(together)


def _sorted_imports(together: list[ast.stmt]) -> list[ast.stmt]:
    """Imports one by one, sorted unless two of them give one name to different things: then the last one counts."""
    single: list[tuple[tuple[str, ...], ast.stmt]] = []
    bound: dict[str, tuple[str, ...]] = {}
    ambiguous = False
    for statement in together:
        for alias in statement.names if isinstance(statement, ast.Import | ast.ImportFrom) else ():
            if isinstance(statement, ast.ImportFrom):
                origin = (str(statement.level or 0), statement.module or "", alias.name)
                part: ast.stmt = ast.ImportFrom(statement.module, [alias], statement.level or 0)
            else:
                origin = ("", "", alias.name if alias.asname else alias.name.partition(".")[0])
                part = ast.Import([alias])
            name = alias.asname or origin[2]
            ambiguous = ambiguous or alias.name == "*" or bound.setdefault(name, origin) != origin
            single.append(((*origin, alias.name, alias.asname or ""), part))
    return [part for _, part in (single if ambiguous else sorted(single, key=lambda item: item[0]))]
