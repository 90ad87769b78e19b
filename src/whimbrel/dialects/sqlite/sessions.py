"""Locks of SQLite, where the database is a file and every transaction that writes locks it."""

from __future__ import annotations

from ...record import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from ...connect.driver import Query
    from ..base import Holder
    from ..statement import Statement


class Sessions:
    """`BEGIN IMMEDIATE` is the lock; there are no sessions that know of each other."""

    locks_each_transaction = True

    def is_pooled(self, driver_connection: Any, query: Query) -> bool | None:
        return False

    def key(self, query: Query, schema: str | None, table: str) -> str:
        return ""

    def acquire(self, query: Query, key: str) -> bool:
        return True

    def acquire_in_transaction(self, query: Query, key: str) -> bool:
        return True

    def leave_transaction(self, query: Query, key: str) -> None:
        """Its end does that."""

    def holds(self, query: Query, key: str) -> bool:
        return True

    def release(self, query: Query, key: str) -> bool:
        return True

    def holder(self, query: Query, key: str) -> Holder | None:
        return None

    def session(self, query: Query) -> str:
        import os

        return str(os.getpid())

    def introduce(self, query: Query, name: str) -> str | None:
        return None

    def cancel(self, query: Query, session: str) -> None:
        """No other connection can; the driver's own has `interrupt()`."""

    def end(self, query: Query, session: str) -> None:
        """Only the operating system can."""

    def limit_lock_waits(self, query: Query, seconds: float) -> None:
        """Whoever has begun waits for nobody."""

    def blockers(self, query: Query, statement: Statement) -> list[Holder]:
        return []
