"""What an error says: its own words in one line, the line of a file it came through, and what helps."""

from __future__ import annotations

import os
import re

from sqlalchemy import exc

from ..connect.url import MASK, DatabaseUrl, scrub
from ..dialects import dialect_named

_STATEMENT_SHOWN = 120
_MASKED = f"'{MASK}'"
# asyncpg quotes the value of a parameter that it cannot send.
_QUOTED_VALUE = re.compile(r"(invalid input for query argument \$\d+): .* \((.*)\)$")

_PASSWORD = re.compile(r"\b(?:PASSWORD|IDENTIFIED\s(?:WITH\s\S+\s)?BY)\s*=?\s*('(?:[^']|'')*')", re.IGNORECASE)
"""A password in a statement: CREATE USER, ALTER ROLE, SET PASSWORD."""


def reason(error: BaseException, url: DatabaseUrl | None = None) -> str:
    """An error's own words in one line: no bind parameter, no password.

    Args:
        error: the error.
        url: whose password its words may hold.
    """
    statement = None
    if isinstance(error, exc.StatementError):
        statement, cause = error.statement, error.orig
        words = driver_words(cause) if cause is not None else str(error.args[0])
        name = type(cause).__name__ if cause is not None else type(error).__name__
    else:
        words, name = str(error), type(error).__name__
    first = next((line.strip() for line in words.splitlines() if line.strip()), "")
    first = _QUOTED_VALUE.sub(r"\1: \2", first)
    text = f"{name}: {first}" if first else name
    if statement:
        folded = " ".join(statement.split())
        for password in _PASSWORD.findall(folded):  # the driver's words quote the statement too
            folded, text = folded.replace(password, _MASKED), text.replace(password, _MASKED)
        text += f", in: {folded[:_STATEMENT_SHOWN]}{'…' if len(folded) > _STATEMENT_SHOWN else ''}"
    return scrub(text, url)


def driver_words(error: BaseException) -> str:
    """What a driver says; MySQL's raise a number and a text."""
    if len(error.args) == 2 and isinstance(error.args[0], int):
        return f"{error.args[1]} ({error.args[0]})"
    return str(error)


def hint_for(error: exc.DBAPIError, dialect_name: str) -> str | None:
    """What helps against what a driver says, if the dialect knows it."""
    dialect = dialect_named(dialect_name)
    words = driver_words(error.orig) if error.orig else str(error)
    hints = dialect.hints if dialect else {}
    return next((hint for pattern, hint in hints.items() if re.search(pattern, words, re.IGNORECASE)), None)


def line_in(error: BaseException, path: str) -> int | None:
    """The line of a file that an error came through, the last of them."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno
    line, traceback = None, error.__traceback__
    while traceback is not None:
        if os.path.realpath(traceback.tb_frame.f_code.co_filename) == os.path.realpath(path):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def comes_from(error: BaseException, path: str) -> bool:
    """Whether an error was raised in a file itself: `os.environ["NAME"]` raises in `os`."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is not None and traceback.tb_frame.f_code.co_filename in (path, "<frozen os>")


def passed(error: BaseException, function: str) -> bool:
    """Whether an error came through a function of this name."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_name == function:
            return True
        traceback = traceback.tb_next
    return False


def causes(error: BaseException) -> list[BaseException]:
    """The error, and those that it was raised from or while they were handled."""
    found: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in found:
        found.append(following)
        following = following.__cause__ or following.__context__
    return found
