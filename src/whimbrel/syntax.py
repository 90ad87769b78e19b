"""Python source, parsed."""

from __future__ import annotations

from _thread import allocate_lock

from .record import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

_one_at_a_time = allocate_lock()


def parsed(source: bytes | str, path: str = "<unknown>") -> ast.Module:
    """As `ast.parse`, in threads as well. Python warns of `"\\d"` when it runs the file, which is early enough.

    Python 3.11 counts the depth of all trees that are made at once in one number, and ends one of them with a
    `SystemError` if it is wrong then (https://github.com/python/cpython/issues/106905).

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it cannot be parsed.
    """
    import ast
    import warnings

    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source, path)
