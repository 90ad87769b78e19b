"""What went wrong in an environment, told in our words: where, why, and what state the database is in now."""

from __future__ import annotations

import os
import re
import socket
from typing import Any

from alembic.util import CommandError
from sqlalchemy import exc

from ..connect.driver import cannot_connect
from ..connect.url import scrub
from ..dialects import dialect_named
from ..errors import (
    CannotConnect,
    CommandRefused,
    DatabaseFailed,
    EnvironmentFailed,
    Interrupted,
    MigrationFailed,
    Unexpected,
    UrlInvalid,
    WhimbrelError,
    place,
)
from ..settings import Database
from ..versions import unreadable
from .context import WorkContext
from .work import Visit

_DRIVERS = ("asyncpg", "asyncmy", "aiomysql", "aiosqlite", "psycopg", "psycopg2", "pymysql", "sqlite3", "MySQLdb")
_STATEMENT_SHOWN = 120
# asyncpg quotes the value of a parameter that it cannot send.
_QUOTED_VALUE = re.compile(r"(invalid input for query argument \$\d+): .* \((.*)\)$")


def explained(error: BaseException, database: Database, context: WorkContext) -> WhimbrelError:
    """The error that a user should see for one that came out of an environment.

    Args:
        error: what was raised, by env.py, a revision, SQLAlchemy, Alembic or a driver.
        database: whose environment it was.
        context: how far it came.
    """
    for visit in context.visits:
        if visit.running is not None and visit.failure in (error, None):
            return _migration_failed(error, visit, context)
    if isinstance(error, CommandError):
        return CommandRefused(str(error), state="nothing was changed")
    if _is_connect_error(error) and not context.visits:
        return _connect_error(error, database)
    if isinstance(error, exc.DBAPIError):
        if context.visits and _is_about_version_table(error, context.visits[-1]):
            return unreadable(context.visits[-1].context.version_table, _reason(error, database))
        return DatabaseFailed(
            "the database refused a statement",
            where=_where(context, database),
            why=_reason(error, database),
            state=_state(context),
            hint=_database_hint(error, database, context),
        )
    return _environment_failed(error, database, context)


def interrupted(context: WorkContext) -> Interrupted:
    """The error for a run that somebody has stopped."""
    running = next((visit for visit in context.visits if visit.running is not None), None)
    return Interrupted(
        f"interrupted while {running.running} ran" if running else "interrupted",
        where=running.where if running and not running.offline else None,
        state=_state(context),
        hint="run the same command again"
        if running is None or _rolled_back(running)
        else "see what the revision has done so far before you run the command again",
    )


def _is_about_version_table(error: exc.DBAPIError, visit: Visit) -> bool:
    statement = str(error.statement)
    return not visit.begun and statement.startswith("SELECT") and "version_num" in statement


def _migration_failed(error: BaseException, visit: Visit, context: WorkContext) -> MigrationFailed:
    revision = str(visit.running)
    path = context.script.get_revision(revision).path
    return MigrationFailed(
        f"revision {revision} failed",
        where=place(path, _line_in(error, path)),
        why=_reason(error, None),
        state=_state(context),
        hint="another process has applied it meanwhile: run the same command again"
        if _is_applied(visit)
        else _migration_hint(error, visit),
    )


def _is_applied(visit: Visit) -> bool:
    """Whether the revision that failed here is applied all the same: two migrators ran at once."""
    if visit.offline or visit.direction != "upgrade" or visit.uncommitted:
        return False
    try:
        return visit.running in (visit.read_anew() or ())
    except Exception:
        return False


def _migration_hint(error: BaseException, visit: Visit) -> str:
    if visit.offline:
        return "what has been written so far is no complete script; correct the revision first"
    if isinstance(error, exc.DBAPIError) and (hint := _hint_for(error, visit.context.dialect.name)):
        return hint
    if not _rolled_back(visit):
        return "undo by hand what the revision did so far, or take those statements out, then run the command again"
    if isinstance(error, ModuleNotFoundError):
        return f"pip install {error.name}, then run the same command again"
    return "correct the revision and run the same command again"


def _rolled_back(visit: Visit) -> bool:
    """Whether the failed revision left nothing behind."""
    return bool(visit.context.impl.transactional_ddl) and not visit.committed_midway and not visit.autocommits


def _state(context: WorkContext) -> str:
    """Where the database is now, asked on a new connection."""
    if not context.visits:
        return "nothing was changed"
    visit = context.visits[-1]
    if visit.offline:
        return "no database was touched"
    if visit.uncommitted:
        return "the transaction of the given connection is still open: nothing is done until it is committed"
    try:
        heads = visit.read_anew()
    except Exception:
        return "unknown: the database does not answer"
    at = ", ".join(heads) if heads else "base"
    if visit.running is None and not visit.finished:
        return f"nothing was changed, the database is at {at}"
    done = len(set(visit.finished)) if heads is not None and set(heads) != set(visit.heads) else 0
    did = "applied" if visit.direction == "upgrade" else "taken back"
    text = f"at {at}, {done} of {visit.planned} revisions {did}"
    if visit.running is not None and not _rolled_back(visit):
        return f"{text}; {visit.context.dialect.name} may have kept what {visit.running} did before it ended"
    return f"{text}, safe to run again"


def _is_connect_error(error: BaseException) -> bool:
    if isinstance(error, exc.DBAPIError):
        return error.statement is None
    if isinstance(error, ConnectionError | TimeoutError | socket.gaierror):
        return True
    return type(error).__module__.split(".")[0] in _DRIVERS


def _connect_error(error: BaseException, database: Database) -> CannotConnect:
    cause: BaseException = error
    dialect = dialect_named(database.url.dialect) if database.url else None
    if isinstance(error, exc.DBAPIError) and error.orig is not None:
        cause = error.orig
        dialect = dialect or _dialect_of_driver(cause)
    failure = cannot_connect(
        type(cause)(_driver_words(cause)) if isinstance(cause, Exception) and _is_numbered(cause) else cause,
        database.url,
        dialect.hints if dialect else {},
        where=None if database.url else str(database.origin),
    )
    if database.url is not None and database.url_origin is not None:
        failure.where = f"{database.url.masked}  (from {database.url_origin})"
    return failure


def _dialect_of_driver(error: BaseException) -> Any:
    module = type(error).__module__.split(".")[0]
    name = {"sqlite3": "sqlite", "aiosqlite": "sqlite", "pymysql": "mysql", "asyncmy": "mysql"}.get(
        module, "postgresql"
    )
    return dialect_named(name)


def _environment_failed(error: BaseException, database: Database, context: WorkContext) -> WhimbrelError:
    env = os.path.join(database.script_location, "env.py")
    line = _line_in(error, env)
    where = place(env, line) if database.has_env and line else _where(context, database)
    why = _reason(error, database)
    if isinstance(error, exc.NoSuchModuleError | exc.ArgumentError):
        return UrlInvalid(
            "the database URL names no database that SQLAlchemy knows",
            where=where,
            why=why,
            state=_state(context),
            hint="set sqlalchemy.url, for example sqlite:///app.db",
        )
    if isinstance(error, KeyError) and error.args == (_impl_name(context),):
        return UrlInvalid(
            f"Alembic cannot migrate {_impl_name(context)}",
            where=where,
            why="it has no implementation for it",
            state=_state(context),
            hint="use sqlite, postgresql, mysql or mariadb",
        )
    if line and database.has_env:
        return EnvironmentFailed(
            "env.py failed", where=where, why=why, state=_state(context), hint=_environment_hint(error)
        )
    return Unexpected(
        "something failed that whimbrel has no name for",
        where=where,
        why=why,
        state=_state(context),
        hint="--debug shows where",
    )


def _impl_name(context: WorkContext) -> str | None:
    connection = context.config.attributes.get("connection")
    return connection.dialect.name if connection is not None else None


def _environment_hint(error: BaseException) -> str:
    if isinstance(error, exc.MissingGreenlet):
        return "the URL names an async driver and env.py connects synchronously: use a sync driver, or an async env.py"
    if isinstance(error, ModuleNotFoundError):
        return f"install {error.name}, or add its folder to prepend_sys_path"
    if isinstance(error, KeyError) and _comes_from(error, os.__file__):
        return f"export {error.args[0]}=…, or put it into .env"
    return "correct env.py; --debug shows the whole traceback"


def _database_hint(error: exc.DBAPIError, database: Database, context: WorkContext) -> str | None:
    name = context.visits[-1].context.dialect.name if context.visits else None
    return _hint_for(error, name or (database.url.dialect if database.url else ""))


def _hint_for(error: exc.DBAPIError, dialect_name: str) -> str | None:
    dialect = dialect_named(dialect_name)
    words = _driver_words(error.orig) if error.orig else str(error)
    hints = dialect.hints if dialect else {}
    return next((hint for pattern, hint in hints.items() if re.search(pattern, words, re.IGNORECASE)), None)


def _where(context: WorkContext, database: Database) -> str:
    if context.visits and not context.visits[-1].offline:
        return context.visits[-1].where
    return database.url.masked if database.url else str(database.origin)


def _reason(error: BaseException, database: Database | None) -> str:
    """An error's own words in one line: no bind parameter, no password."""
    statement = None
    if isinstance(error, exc.StatementError):
        statement, cause = error.statement, error.orig
        words = _driver_words(cause) if cause is not None else str(error.args[0])
        name = type(cause).__name__ if cause is not None else type(error).__name__
    else:
        words, name = str(error), type(error).__name__
    first = next((line.strip() for line in words.splitlines() if line.strip()), "")
    first = _QUOTED_VALUE.sub(r"\1: \2", first)
    text = f"{name}: {first}" if first else name
    if statement:
        folded = " ".join(statement.split())
        text += f", in: {folded[:_STATEMENT_SHOWN]}{'…' if len(folded) > _STATEMENT_SHOWN else ''}"
    return scrub(text, database.url if database else None)


def _is_numbered(error: BaseException) -> bool:
    return len(error.args) == 2 and isinstance(error.args[0], int)


def _driver_words(error: BaseException) -> str:
    """What a driver says; MySQL's raise a number and a text."""
    return f"{error.args[1]} ({error.args[0]})" if _is_numbered(error) else str(error)


def _comes_from(error: BaseException, path: str) -> bool:
    """Whether an error was raised in a file itself: `os.environ["NAME"]` raises in `os`."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is not None and traceback.tb_frame.f_code.co_filename in (path, "<frozen os>")


def _line_in(error: BaseException, path: str) -> int | None:
    """The line of a file that an error came through, the last of them."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno
    line, traceback = None, error.__traceback__
    while traceback is not None:
        if os.path.realpath(traceback.tb_frame.f_code.co_filename) == os.path.realpath(path):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
