"""What a caller has given to connect with, once more for a scratch database: of the same kind, with new connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, NullPool
from sqlalchemy.ext.asyncio import AsyncEngine


@contextmanager
def substituted(given: Any) -> Iterator[Any]:
    """What an environment is given in the place of a connection or an engine, as long as connections are led elsewhere.

    Args:
        given: a connection or an engine of SQLAlchemy's, sync or async; None, or what only the project's env.py knows,
            is left as it is, and what connects with that is refused.
    """
    if isinstance(given, Connection):
        options = dict(given.get_execution_options())
        with _engine(given.engine).connect() as connection:
            yield connection.execution_options(**options)
    elif isinstance(given, AsyncEngine):
        yield AsyncEngine(_engine(given.sync_engine))
    else:
        yield _engine(given) if isinstance(given, Engine) else given


def _engine(given: Engine) -> Engine:
    """An engine that opens connections as another one does, with its creator, its arguments and its listeners.

    It keeps none: the pool of the other may have one alone, which leads to what it was opened for.
    """
    pool: Any = given.pool
    keeps_none = NullPool(
        pool._creator, dialect=given.dialect, reset_on_return=pool._reset_on_return, _dispatch=pool.dispatch
    )
    engine: Any = Engine(
        keeps_none,
        given.dialect,
        given.url,
        echo=given.echo,
        execution_options=dict(given.get_execution_options()),
        hide_parameters=given.hide_parameters,
    )
    engine.dispatch, engine._has_events = given.dispatch, given._has_events
    made: Engine = engine
    return made
