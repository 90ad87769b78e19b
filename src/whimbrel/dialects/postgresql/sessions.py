"""Locks and sessions of PostgreSQL."""

from __future__ import annotations

from ...record import TYPE_CHECKING
from ..base import Holder, Session, double_quoted, literal

if TYPE_CHECKING:
    from typing import Any

    from ...connect.driver import Query
    from ..statement import Statement

_WHO = (
    "SELECT a.pid, a.application_name, coalesce(a.client_hostname, host(a.client_addr)), a.usename,"
    " extract(epoch FROM now() - coalesce(a.xact_start, a.backend_start)), a.state FROM pg_stat_activity a"
)


class Sessions:
    """Advisory locks: of the session, and behind a pooler of each transaction."""

    keeps_locks = False
    locks_each_transaction = False

    def identity(self, driver_connection: Any, query: Query) -> Session:
        """A pooler cannot know which session a client will get, so the number it gave the driver is made up."""
        told = _backend_told(driver_connection)
        [[number]] = query("SELECT pg_backend_pid()")
        return Session(str(number), None if told is None else told != int(number))

    def key(self, query: Query, schema: str | None, table: str) -> str:
        """Advisory locks belong to one database, so its name is not in it."""
        from hashlib import blake2b

        [[current]] = query("SELECT current_schema()") if schema is None else [[schema]]
        digest = blake2b(f"whimbrel|{current}.{table}".encode(), digest_size=8).digest()
        return str(int.from_bytes(digest, "big", signed=True))

    def acquire(self, query: Query, key: str) -> bool:
        """Not by the form that waits: CREATE INDEX CONCURRENTLY waits for the snapshot of whoever waits. A deadlock."""
        return _is_true(query(f"SELECT pg_try_advisory_lock({key})"))

    def acquire_in_transaction(self, query: Query, key: str) -> bool:
        return _is_true(query(f"SELECT pg_try_advisory_xact_lock({key})"))

    def release(self, query: Query, key: str) -> bool:
        return _is_true(query(f"SELECT pg_advisory_unlock({key})"))

    def holder(self, query: Query, key: str) -> Holder | None:
        rows = query(f"{_WHO} JOIN pg_locks l USING (pid) WHERE {_is_lock(key)} AND l.granted")
        return _holder(rows[0]) if rows else None

    def prepare(self, query: Query, name: str, seconds: float) -> tuple[str, ...]:
        set_name = "set_config('application_name', {}, false)"
        [[before, _]] = query(f"SELECT current_setting('application_name'), {set_name.format(literal(name[:63]))}")
        return (f"SELECT {set_name.format(literal(before))}",)

    def cancel(self, query: Query, session: str) -> None:
        query(f"SELECT pg_cancel_backend({int(session)})")

    def end(self, query: Query, session: str) -> None:
        query(f"SELECT pg_terminate_backend({int(session)})")

    def lock_wait_limit(self, seconds: float) -> str:
        """Not of the session: a concurrent index, outside of transactions, waits for every one that is older."""
        now = "current_setting('lock_timeout')"
        limit = f"CASE {now} WHEN '0' THEN '{round(seconds * 1000)}' ELSE {now} END"
        return f"set_config('lock_timeout', {limit}, true) IS NOT NULL"

    def blockers(self, query: Query, statement: Statement) -> list[Holder]:
        """Sessions with a lock on the table; `pg_blocking_pids` knows nothing any more when the wait is over."""
        name = statement.table or statement.name
        if not name:
            return []
        relation = f"to_regclass({literal(double_quoted(*name))})"
        held = f"SELECT pid FROM pg_locks WHERE granted AND pid <> pg_backend_pid() AND relation = {relation}"
        return [_holder(row) for row in query(f"{_WHO} WHERE a.pid IN ({held}) ORDER BY a.xact_start LIMIT 5")]


def _backend_told(driver: Any) -> int | None:
    """The number of the session as the driver was told when it connected."""
    if hasattr(driver, "get_server_pid"):  # asyncpg
        return int(driver.get_server_pid())
    if hasattr(driver, "get_backend_pid"):  # psycopg2
        return int(driver.get_backend_pid())
    told = getattr(getattr(driver, "info", None), "backend_pid", None)  # psycopg
    return None if told is None else int(told)


def _is_lock(key: str) -> str:
    """A condition on pg_locks; a bigint is shown there as two halves."""
    number = int(key) & 0xFFFFFFFFFFFFFFFF
    return (
        f"locktype = 'advisory' AND objsubid = 1 AND classid = {number >> 32} AND objid = {number & 0xFFFFFFFF}"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )


def _is_true(rows: list[tuple[Any, ...]]) -> bool:
    return bool(rows[0][0])


def _holder(row: tuple[Any, ...]) -> Holder:
    pid, application, host, user, seconds, state = row
    return Holder(str(pid), application or None, host, user, None if seconds is None else float(seconds), state)
