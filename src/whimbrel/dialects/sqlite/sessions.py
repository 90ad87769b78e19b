"""Locks of SQLite, where the database is a file and every transaction that writes locks it."""

from __future__ import annotations

from ...record import TYPE_CHECKING
from ..base import Session

if TYPE_CHECKING:
    from typing import Any

    from ...connect.driver import Query
    from ..base import Holder
    from ..statement import Statement


class Sessions:
    """`BEGIN IMMEDIATE` is the lock; there are no sessions that know of each other."""

    keeps_locks = False
    locks_each_transaction = True

    def identity(self, driver_connection: Any, query: Query) -> Session:
        import os

        return Session(str(os.getpid()), is_pooled=False)

    def key(self, query: Query, schema: str | None, table: str) -> str:
        return ""

    def acquire(self, query: Query, key: str) -> bool:
        return True

    def acquire_in_transaction(self, query: Query, key: str) -> bool:
        return True

    def release(self, query: Query, key: str) -> bool:
        return True

    def holder(self, query: Query, key: str) -> Holder | None:
        return None

    def prepare(self, query: Query, name: str, seconds: float) -> str:
        """Nobody would hear the name, and whoever has begun waits for nobody."""
        return ""

    def cancel(self, query: Query, session: str) -> None:
        """No other connection can; the driver's own has `interrupt()`."""

    def end(self, query: Query, session: str) -> None:
        """Only the operating system can."""

    def lock_wait_limit(self, seconds: float) -> str:
        return ""

    def blockers(self, query: Query, statement: Statement) -> list[Holder]:
        return []
