"""Makes the server give up the statement that a run is waiting for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ..connect.engine import on_new_connection
from ..dialects import Dialect
from ..environment import Visit


def canceller(visit: Visit, dialect: Dialect) -> Callable[[], None] | None:
    """A function that does it, from another thread; None if nothing can.

    It opens a connection of its own: the one of the run is busy. Reads the number of the session.
    """
    connection = visit.context.connection
    if connection is None:
        return None
    sessions, engine = dialect.sessions, visit.engine
    if sessions.locks_each_transaction:
        driver = connection.connection.driver_connection
        interrupt = getattr(getattr(driver, "_conn", driver), "interrupt", None)  # aiosqlite holds sqlite3's
        return interrupt if callable(interrupt) else None
    driver = connection.connection.driver_connection
    if sessions.is_pooled(driver, visit.query):
        # The pooler knows where the statement is; the number of a session would be that of some other client's by then.
        visit.end_driver_transaction()
        by_driver = getattr(driver, "cancel", None)
        return by_driver if callable(by_driver) else None
    session = sessions.session(visit.query)
    visit.end_driver_transaction()

    def cancel() -> None:
        with suppress(Exception):  # then the statement runs to its end, and the run stops behind it
            on_new_connection(engine, lambda query: sessions.cancel(query, session))

    return cancel
