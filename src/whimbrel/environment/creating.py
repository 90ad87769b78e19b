"""Databases that are made when a connection to them fails, because they are not there.

Whoever connects, whimbrel's own environment or an env.py with its engines, comes through here, with all that it has:
arguments of its engine, tokens that it gets first, async drivers. The listener is on all engines of the process; where
nobody has asked for it, in this thread or task, it does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

from ..connect.engine import query_of
from ..connect.opening import connected
from ..dialects import dialect_named
from ..events import Created

if TYPE_CHECKING:
    from ..connect.driver import Query

_tell: ContextVar[Callable[[Created], None] | None] = ContextVar("create_missing", default=None)


@contextmanager
def creating_databases(tell: Callable[[Created], None] | None) -> Iterator[None]:
    """Create databases that are missing when something connects to them, in this thread or task; None: do not.

    Args:
        tell: is told of each.
    """
    token = _tell.set(tell)
    try:
        yield
    finally:
        _tell.reset(token)


def _connect(engine: Any, record: Any, positional: list[Any], arguments: dict[str, Any]) -> Any:
    """Called by SQLAlchemy to connect: the connection, or None if SQLAlchemy is to do it."""
    tell, dialect = _tell.get(), dialect_named(engine.name)
    name = dialect.creation.name(positional, arguments) if tell is not None and dialect is not None else None
    if tell is None or dialect is None or name is None:
        return None

    def connect(arguments: dict[str, Any]) -> Any:
        # The list and the dictionary may be the engine's own, which other threads use too.
        return connected(engine, record, list(positional), dict(arguments))

    @contextmanager
    def open_with(arguments: dict[str, Any]) -> Iterator[Query]:
        connection = connect(arguments)
        try:
            engine.set_isolation_level(connection, "AUTOCOMMIT")
            yield query_of(connection)
        finally:
            connection.close()

    with creating_databases(None):
        try:
            return connect(arguments)
        except Exception as error:
            if not dialect.creation.is_missing(error, name):
                raise
        if dialect.creation.create(open_with, arguments, name):
            tell(Created(name, engine.name))
        return connect(arguments)


event.listen(Engine, "do_connect", _connect, insert=True)
