"""Locks of SQLite, where the database is a file and every transaction that writes locks it."""

from __future__ import annotations

from ...record import TYPE_CHECKING
from ..base import Session
from .lockers import WRITING, lockers

if TYPE_CHECKING:
    from typing import Any

    from ...connect.driver import Query
    from ..base import Holder
    from ..statement import Statement


_PAGES = 65535
"""256 MB of the usual 4096 bytes. SQLite takes 65536 for OFF: it looks at the last eight bits."""


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
        """Who writes, a migrator or not."""
        return next((one for one in self._lockers(query) if one.doing == WRITING), None)

    def prepare(self, query: Query, name: str, seconds: float) -> tuple[str, ...]:
        """Nobody would hear the name. A commit waits for those who read, and whoever comes then waits behind it.

        So does a transaction that does not fit into the cache (2 MB): it would write to the file before its end. It
        is kept in memory instead, as long as that is no more than 256 MB (https://sqlite.org/pragma.html#pragma_cache_spill).
        """
        [[own]], [[spill]] = query("PRAGMA busy_timeout"), query("PRAGMA cache_spill")
        query(f"PRAGMA busy_timeout = {min(int(own), round(seconds * 1000))}")
        query(f"PRAGMA cache_spill = {max(int(spill), _PAGES)}")
        return f"PRAGMA busy_timeout = {own}", f"PRAGMA cache_spill = {spill}"

    def cancel(self, query: Query, session: str) -> None:
        """No other connection can; the driver's own has `interrupt()`."""

    def end(self, query: Query, session: str) -> None:
        """Only the operating system can."""

    def lock_wait_limit(self, seconds: float) -> str:
        return ""

    def blockers(self, query: Query, statement: Statement) -> list[Holder]:
        """Processes of this machine, where the kernel tells: SQLite itself knows of nobody."""
        return self._lockers(query)

    def _lockers(self, query: Query) -> list[Holder]:
        return [one for _, _, path in query("PRAGMA database_list") if path for one in lockers(path)]
