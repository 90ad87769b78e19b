"""What an error says: its own words in one line, the line of a file it came through, and what helps."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from types import TracebackType

from sqlalchemy import exc

from ..connect.sayings import causes, driver_words, first_line, is_statement_error, secrets_of, sqlstate
from ..connect.url import DatabaseUrl
from ..dialects import dialect_named

__all__ = ["causes", "comes_from", "driver_words", "hint_for", "imported_in", "is_taken", "line_in", "passed", "reason"]

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
    own = os.path.realpath(path)
    lines = [one.tb_lineno for one in _walked(error) if os.path.realpath(one.tb_frame.f_code.co_filename) == own]
    return lines[-1] if lines else None


def imported_in(error: BaseException, path: str) -> tuple[str, int | None] | None:
    """The module that a file imports and that fails by that, and its line; None if the file failed otherwise.

    What is installed is not meant: nobody corrects that.
    """
    if isinstance(error, SyntaxError) and os.path.isfile(error.filename or ""):
        modules = [(str(error.filename), error.lineno)]
    else:
        frames = ((one.tb_frame.f_code, one.tb_lineno) for one in _walked(error))
        modules = [(code.co_filename, line) for code, line in frames if code.co_name == "<module>"]
    own = [module for module in modules if not _is_installed(module[0])]
    return own[-1] if own and os.path.realpath(own[-1][0]) != os.path.realpath(path) else None


def _is_installed(path: str) -> bool:
    library = os.path.dirname(os.__file__)
    return path.startswith((library, "<")) or not {"site-packages", "dist-packages"}.isdisjoint(path.split(os.sep))


def _walked(error: BaseException) -> Iterator[TracebackType]:
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def comes_from(error: BaseException, path: str) -> bool:
    """Whether an error was raised in a file itself: `os.environ["NAME"]` raises in `os`."""
    walked = [*_walked(error)]
    return bool(walked) and walked[-1].tb_frame.f_code.co_filename in (path, "<frozen os>")


def passed(error: BaseException, function: str) -> bool:
    """Whether an error came through a function of this name."""
    return any(one.tb_frame.f_code.co_name == function for one in _walked(error))
