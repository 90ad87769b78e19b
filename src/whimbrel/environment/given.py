"""The connection that a caller has given: whether it can be used from here."""

from __future__ import annotations

from typing import Any

from greenlet import getcurrent  # type: ignore[import-untyped]  # has none
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ..errors import ConnectionIgnored, UsageError

_IN_RUN_SYNC = "await connection.run_sync(lambda c: Project.load(connection=c).upgrade())"


def check_given(connection: Any, *, for_env_py: bool) -> None:
    """Refuse what is no connection, or one that only its own event loop can use.

    Args:
        connection: what stands in `config.attributes["connection"]`.
        for_env_py: whether an env.py takes it, which may know what to do with an engine.

    Raises:
        UsageError: it cannot be used from here.
    """
    if isinstance(connection, AsyncConnection | AsyncSession):
        # A session has no run_sync() for connections, but a connection that has.
        first = "" if isinstance(connection, AsyncConnection) else "connection = await session.connection(), then "
        raise _refused(f"an {type(connection).__name__} cannot migrate", first + _IN_RUN_SYNC)
    if isinstance(connection, Connection):
        if connection.dialect.is_async and not _can_await():
            raise _refused("the given connection belongs to an event loop, and this is outside of it", _IN_RUN_SYNC)
    elif not for_env_py:
        raise _refused(
            f"the given connection is {type(connection).__name__}, not a connection of SQLAlchemy's",
            "with engine.begin() as connection: Project.load(connection=connection).upgrade()",
        )


def check_used(connection: Connection | None, given: Connection) -> None:
    """Refuse an env.py that has made a connection of its own where it must use the given one.

    Raises:
        ConnectionIgnored
    """
    if connection is not None and connection.engine is not given.engine:
        raise ConnectionIgnored(
            "env.py connects by itself, and not with the connection that it was given",
            why="it would migrate the database that it is configured for",
            state="nothing was changed",
            hint='connectable = config.attributes.get("connection"), and use that unless it is None',
        )


def _can_await() -> bool:
    """Whether this runs in SQLAlchemy's `run_sync`, which is a greenlet of its own."""
    return type(getcurrent()).__module__.startswith("sqlalchemy.")


def _refused(what: str, hint: str) -> UsageError:
    return UsageError(what, state="nothing was changed", hint=hint)
