"""Locks and sessions of MySQL and MariaDB."""

from __future__ import annotations

from ...record import TYPE_CHECKING
from ..base import Holder, Session

if TYPE_CHECKING:
    from typing import Any

    from ...connect.driver import Query
    from ..statement import Statement

_WHO = "SELECT p.id, p.host, p.user, p.time, p.command FROM information_schema.processlist p"


class Sessions:
    """Named locks: they belong to the session, and their names to the whole server."""

    keeps_locks = True
    locks_each_transaction = False

    def identity(self, driver_connection: Any, query: Query) -> Session:
        """No pooler changes it: ProxySQL keeps a client that has taken a named lock on its session."""
        [[number]] = query("SELECT CONNECTION_ID()")
        return Session(str(number), is_pooled=False)

    def key(self, query: Query, schema: str | None, table: str) -> str:
        from hashlib import blake2b

        [[current]] = query("SELECT DATABASE()") if schema is None else [[schema]]
        return f"whimbrel:{blake2b(f'{current}.{table}'.encode(), digest_size=8).hexdigest()}"

    def acquire(self, query: Query, key: str) -> bool:
        return query(f"SELECT GET_LOCK('{key}', 0)") == [(1,)]

    def acquire_in_transaction(self, query: Query, key: str) -> bool:
        # Named locks know no transactions, and are counted: one that is taken twice must be given back twice.
        has_it = query(f"SELECT IS_USED_LOCK('{key}') = CONNECTION_ID()") == [(1,)]
        return has_it or self.acquire(query, key)

    def release(self, query: Query, key: str) -> bool:
        return query(f"SELECT RELEASE_LOCK('{key}')") == [(1,)]

    def holder(self, query: Query, key: str) -> Holder | None:
        [[session]] = query(f"SELECT IS_USED_LOCK('{key}')")
        if session is None:
            return None
        rows = query(f"{_WHO} WHERE p.id = {int(session)}")
        return _holder(rows[0]) if rows else Holder(str(session))

    def prepare(self, query: Query, name: str, seconds: float) -> tuple[str, ...]:
        """Whole seconds, and one at least. The server's own limit is a day (MariaDB) or a year (MySQL).

        What it is called only a client that connects can say.
        """
        [[own, of_server]] = query("SELECT @@SESSION.lock_wait_timeout, @@GLOBAL.lock_wait_timeout")
        if own != of_server or not seconds:
            return ()
        query(f"SET SESSION lock_wait_timeout = {max(1, round(seconds))}")
        return (f"SET SESSION lock_wait_timeout = {int(own)}",)

    def cancel(self, query: Query, session: str) -> None:
        query(f"KILL QUERY {int(session)}")

    def end(self, query: Query, session: str) -> None:
        query(f"KILL {int(session)}")

    def lock_wait_limit(self, seconds: float) -> str:
        return ""

    def blockers(self, query: Query, statement: Statement) -> list[Holder]:
        """Sessions in a transaction, first those of this database.

        Which table each has locked is known only to servers that were told to note it. What the server tells of
        transactions is up to a tenth of a second old, and older if others ask all the time.
        """
        in_transaction = "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx"
        where = f"p.id <> CONNECTION_ID() AND (p.id IN ({in_transaction}) OR p.command = 'Query')"
        return [
            _holder(row)
            for row in query(f"{_WHO} WHERE {where} ORDER BY p.db <=> DATABASE() DESC, p.time DESC LIMIT 5")
        ]


def _holder(row: tuple[Any, ...]) -> Holder:
    number, host, user, seconds, command = row
    return Holder(str(number), None, str(host) or None, user, None if seconds is None else float(seconds), command)
