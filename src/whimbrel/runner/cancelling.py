"""Makes the server give up the statement that a run is waiting for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context

from ..connect.engine import on_new_connection
from ..dialects import Dialect
from ..dialects.base import Session
from ..environment import Visit


def canceller(visit: Visit, dialect: Dialect, session: Session) -> Callable[[], None] | None:
    """A function that does it, from another thread; None if nothing can.

    It opens a connection of its own: the one of the run is busy.
    """
    connection = visit.context.connection
    if connection is None:
        return None
    driver = connection.connection.driver_connection
    if dialect.sessions.locks_each_transaction:
        interrupt = getattr(getattr(driver, "_conn", driver), "interrupt", None)  # aiosqlite holds sqlite3's
        return interrupt if callable(interrupt) else None
    if session.is_pooled:
        # The pooler knows where the statement is; the number of a session would be that of some other client's by then.
        by_driver = getattr(driver, "cancel", None)
        return by_driver if callable(by_driver) else None
    sessions, engine = dialect.sessions, visit.engine
    # A new thread knows nothing of the run: not how long a server may take, and not that it has a scratch database.
    context = copy_context()

    def cancel() -> None:
        with suppress(Exception):  # then the statement runs to its end, and the run stops behind it
            context.run(on_new_connection, engine, lambda query: sessions.cancel(query, session.number))

    return cancel
