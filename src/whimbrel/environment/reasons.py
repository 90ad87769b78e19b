"""What an error says: its own words in one line, the line of a file it came through, and what helps."""

from __future__ import annotations

import os
import re

from sqlalchemy import exc

from ..connect.sayings import causes, driver_words, first_line, is_statement_error, secrets_of, sqlstate
from ..connect.url import DatabaseUrl
from ..dialects import dialect_named

__all__ = ["causes", "comes_from", "driver_words", "hint_for", "is_taken", "line_in", "passed", "reason"]

_STATEMENT_SHOWN = 120


def reason(error: BaseException, url: DatabaseUrl | None = None) -> str:
    """An error's own words in one line: no bind parameter, no literal, no password, no secret of the environment.

    It is safe to be shown, written to a log, or kept in a database.

    Args:
        error: the error.
        url: whose password its words may hold, besides those that it came past.
    """
    secrets = secrets_of(error, url)
    statement, cause = None, error
    if is_statement_error(error):
        statement, cause = error.statement, error.orig or error
    words = str(error.args[0]) if is_statement_error(cause) else driver_words(cause)
    told = secrets.hidden(words)
    first = first_line(told)
    if not secrets.from_database and first != told.strip():
        first += " …"  # the rest is shown with --debug; that of a driver's words repeats the statement, and rows
    text = f"{type(cause).__name__}: {first}" if first else type(cause).__name__
    if statement:
        folded = secrets.statement(statement)
        text += f", in: {folded[:_STATEMENT_SHOWN]}{'…' if len(folded) > _STATEMENT_SHOWN else ''}"
    return text


def hint_for(error: exc.DBAPIError, dialect_name: str) -> str | None:
    """What helps against what a driver says, if the dialect knows it."""
    dialect = dialect_named(dialect_name)
    words = driver_words(error.orig) if error.orig else str(error)
    hints = dialect.hints if dialect else {}
    return next((hint for pattern, hint in hints.items() if re.search(pattern, words, re.IGNORECASE)), None)


def is_taken(error: BaseException, dialect_name: str) -> bool:
    """Whether a statement was to make something that is there already."""
    dialect = dialect_named(dialect_name)
    if dialect is None or not isinstance(error, exc.DBAPIError) or error.orig is None:
        return False
    words = f"{driver_words(error.orig)} ({sqlstate(error.orig)})"
    return re.search(dialect.taken, words, re.IGNORECASE) is not None


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
