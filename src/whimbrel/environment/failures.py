"""What went wrong in an environment, told in our words: where, why, and what state the databases are in now."""

from __future__ import annotations

import os
import socket

import sqlalchemy.engine.url
from alembic.util import CommandError
from sqlalchemy import exc

from ..connect.driver import cannot_connect
from ..connect.url import no_port
from ..dialects import dialect_named, dialect_of_module
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
from .reasons import causes, comes_from, hint_for, imported_in, is_taken, line_in, passed, reason
from .states import is_applied, is_repeatable, state, state_of_others
from .work import Visit


def explained(error: BaseException, database: Database, context: WorkContext) -> WhimbrelError:
    """The error that a user should see for one that came out of an environment.

    Args:
        error: what was raised, by env.py, a revision, SQLAlchemy, Alembic, a driver or whimbrel.
        database: whose environment it was.
        context: how far it came.
    """
    if _is_interrupt(error):
        return _interrupted(context)
    visit = _failed_visit(error, context)
    if visit is not None and visit.failure is not None:
        error = visit.failure  # env.py may have raised another one from it
    if isinstance(error, WhimbrelError):
        return _with_state(error, visit, context)
    if visit is not None and visit.running is not None:
        return _migration_failed(error, visit, context)
    if visit is None and _is_connect_error(error, context):
        return _connect_error(error, database, context)
    if visit is None and len(context.visits) == 1:
        visit = context.visits[0]
    if isinstance(error, CommandError):
        return CommandRefused(str(error), state=state(context, visit))
    if isinstance(error, exc.DBAPIError):
        return _database_failed(error, visit, database, context)
    return _environment_failed(error, visit, database, context)


def _is_interrupt(error: BaseException) -> bool:
    """Whether an error is there because somebody has stopped the run.

    What a driver says of a connection that it was interrupted on may have taken the place of the interrupt.
    """
    return any(isinstance(cause, KeyboardInterrupt) for cause in causes(error))


def _interrupted(context: WorkContext) -> Interrupted:
    """The error for a run that somebody has stopped."""
    visit = next((visit for visit in context.visits if visit.running is not None), None)
    if context.config.attributes.get("scratch") is not None:  # what its visits say is not about the configured one
        return Interrupted(
            f"interrupted while {visit.running} ran on a scratch database" if visit else "interrupted",
            state="only a scratch database was changed",
            hint="run the same command again",
        )
    return Interrupted(
        f"interrupted while {visit.running} ran" if visit else "interrupted",
        where=visit.where if visit and not visit.offline else None,
        state=state(context, visit or next(reversed(context.visits), None)),
        hint="run the same command again"
        if visit is None or is_repeatable(visit)
        else "see what the revision has done so far before you run the command again",
    )


def _failed_visit(error: BaseException, context: WorkContext) -> Visit | None:
    """The visit that an error came out of, or that it has left in the middle of a revision; None for any other."""
    chain = causes(error)
    failed = (visit for visit in context.visits if any(visit.failure is cause for cause in chain))
    midway = (visit for visit in context.visits if visit.failure is None and visit.running is not None)
    return next(failed, None) or next(midway, None)


def _with_state(error: WhimbrelError, visit: Visit | None, context: WorkContext) -> WhimbrelError:
    """An error of ours, with what the room that raised it could not know."""
    if error.state is None and not any(one.finished or one.running for one in context.visits):
        error.state = "nothing was changed"
    elif error.state is None:
        error.state = state(context, visit)
    elif others := state_of_others(context, visit):
        error.state += f"; {others}"
    last = visit or next(reversed(context.visits), None)
    if error.where is None and last is not None and not last.offline:
        error.where = last.where
    return error


def _migration_failed(error: BaseException, visit: Visit, context: WorkContext) -> MigrationFailed:
    revision = str(visit.running)
    path = context.script.get_revision(revision).path
    # A script is for no database yet.
    is_told_where = not visit.offline and (len(context.visits) > 1 or visit.inside is not None)
    return MigrationFailed(
        f"revision {revision} failed",
        where=place(path, line_in(error, path)) + (f", on {visit.where}" if is_told_where else ""),
        why=reason(error) + (f"; {visit.blocked}" if visit.blocked else ""),
        state=state(context, visit),
        hint="another process has applied it meanwhile: run the same command again"
        if is_applied(visit)
        else _migration_hint(error, visit),
    )


def _migration_hint(error: BaseException, visit: Visit) -> str:
    if visit.offline:
        return "what has been written so far is no complete script; correct the revision first"
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated and is_repeatable(visit):
        return "run the same command again"
    if visit.blocked is not None:
        return "let whoever is in the way finish, or end it; then run the same command again"
    if isinstance(error, exc.DBAPIError) and (hint := hint_for(error, visit.context.dialect.name)):
        return hint
    if not is_repeatable(visit):
        return "undo by hand what the revision did so far, or take those statements out, then run the command again"
    if isinstance(error, ModuleNotFoundError):
        return f"pip install {error.name}, then run the same command again"
    if visit.committed_midway:
        return "correct what failed, and run the same command again: it goes on where it stopped"
    if not visit.before and visit.direction == "upgrade" and is_taken(error, visit.context.dialect.name):
        return "correct the revision; or, if create_all() was there first, whimbrel stamp head  looks, and records that"
    return "correct the revision and run the same command again"


def _database_failed(
    error: exc.DBAPIError, visit: Visit | None, database: Database, context: WorkContext
) -> WhimbrelError:
    dialect = visit.dialect if visit is not None else None
    if visit is not None and dialect is not None and _is_about_version_table(error, visit):
        table = dialect.quoted(visit.schema, visit.context.version_table)
        return _with_state(unreadable(error, dialect, table), visit, context)
    name = visit.context.dialect.name if visit else context.url.dialect if context.url else ""
    return DatabaseFailed(
        "the database refused a statement",
        where=_where(error, visit, database, context),
        why=reason(error, context.url),
        state=state(context, visit),
        hint=hint_for(error, name),
    )


def _is_about_version_table(error: exc.DBAPIError, visit: Visit) -> bool:
    statement = str(error.statement)
    # On MySQL, SQLAlchemy sees whether a table is there by describing it.
    looks = {"SELECT": "version_num", "DESCRIBE": visit.context.version_table}
    return not visit.begun and any(statement.startswith(verb) and name in statement for verb, name in looks.items())


def _is_connect_error(error: BaseException, context: WorkContext) -> bool:
    if isinstance(error, exc.DBAPIError):
        # A COMMIT has no statement either: behind the first visit, look at where the error was raised.
        return error.statement is None and (not context.visits or passed(error, "_handle_dbapi_exception_noconnection"))
    if isinstance(error, ConnectionError | TimeoutError | socket.gaierror):
        return True
    return dialect_of_module(type(error).__module__) is not None


def _connect_error(error: BaseException, database: Database, context: WorkContext) -> CannotConnect:
    cause = error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error
    dialect = dialect_of_module(type(cause).__module__) or (dialect_named(context.url.dialect) if context.url else None)
    failure = cannot_connect(
        cause,
        context.url,
        dialect.hints if dialect else {},
        where=None if context.url else str(database.origin),
    )
    if context.visits:  # it is another database than the one that the settings name
        failure.where = _where(error, None, database, context)
        failure.state = state(context, None)
    elif context.url is not None and context.url_origin is not None:
        failure.where = f"{context.url.masked}  (from {context.url_origin})"
    return failure


def _environment_failed(
    error: BaseException, visit: Visit | None, database: Database, context: WorkContext
) -> WhimbrelError:
    line = line_in(error, _env_py(database)) if database.has_env else None
    where = place(_env_py(database), line) if line else _where(error, visit, database, context)
    why, now = reason(error, context.url), state(context, visit)
    if isinstance(error, exc.NoSuchModuleError | exc.ArgumentError):
        return UrlInvalid(
            "the database URL names no database that SQLAlchemy knows",
            where=where,
            why=why,
            state=now,
            hint="set sqlalchemy.url, for example sqlite:///app.db",
        )
    if isinstance(error, ValueError) and comes_from(error, sqlalchemy.engine.url.__file__):
        return no_port(where, state=now)
    name = _name_of_given_dialect(context)
    if isinstance(error, KeyError) and error.args == (name,):
        return UrlInvalid(
            f"Alembic cannot migrate {name}",
            where=where,
            why="it has no implementation for it",
            state=now,
            hint="use sqlite, postgresql, mysql or mariadb",
        )
    if line:
        imported = imported_in(error, _env_py(database))
        hint = _environment_hint(error, f"that file, which {where} imports" if imported else "env.py")
        where = place(*imported) if imported else where
        return EnvironmentFailed("env.py failed", where=where, why=why, state=now, hint=hint)
    return Unexpected(
        "something failed that whimbrel has no name for",
        where=where,
        why=why,
        state=now,
        hint="--debug shows where",
    )


def _name_of_given_dialect(context: WorkContext) -> str | None:
    connection = context.config.attributes.get("connection")
    return connection.dialect.name if connection is not None else None


def _environment_hint(error: BaseException, wrong: str) -> str:
    if isinstance(error, exc.MissingGreenlet):
        return "the URL names an async driver and env.py connects synchronously: use a sync driver, or an async env.py"
    if isinstance(error, ModuleNotFoundError):
        return f"install {error.name}, or add its folder to prepend_sys_path"
    if isinstance(error, KeyError) and comes_from(error, os.__file__):
        return f"export {error.args[0]}=…, or put it into .env"
    return f"correct {wrong}; --debug shows the whole traceback"


def _env_py(database: Database) -> str:
    return os.path.join(database.script_location, "env.py")


def _where(error: BaseException, visit: Visit | None, database: Database, context: WorkContext) -> str:
    """The database of the visit; without one, the line of an env.py that has several, or what is configured."""
    if visit is not None and not visit.offline:
        return visit.where
    line = line_in(error, _env_py(database)) if context.visits and database.has_env else None
    if line:
        return place(_env_py(database), line)
    return context.url.masked if context.url else str(database.origin)
