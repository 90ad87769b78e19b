"""Databases as the harness sees them: emptied, and read on connections of its own that whimbrel knows nothing about."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

Fingerprint = dict[str, Any]

OWN = "whimbrel_"
"""What whimbrel's own tables begin with: they are no part of what a migration is for."""

_PENDING = ("started", "running")

_COLUMNS = {
    "postgresql": "SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length "
    "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
    "mysql": "SELECT table_name, column_name, column_type, is_nullable, column_default, column_key "
    "FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1, 2",
}
_INDEXES = {
    "postgresql": "SELECT t.relname, i.relname, pg_get_indexdef(x.indexrelid), x.indisvalid, x.indisready "
    "FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid "
    "JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'public' ORDER BY 1, 2",
    "mysql": "SELECT table_name, index_name, non_unique, GROUP_CONCAT(column_name ORDER BY seq_in_index) "
    "FROM information_schema.statistics WHERE table_schema = DATABASE() GROUP BY 1, 2, 3 ORDER BY 1, 2",
}
_SESSIONS = {
    "postgresql": "SELECT pid, CASE WHEN wait_event_type = 'Lock' THEN 'waiting' ELSE state END, query "
    "FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
    "mysql": "SELECT id, command, info FROM information_schema.processlist "
    "WHERE db = DATABASE() AND id <> CONNECTION_ID()",
}
_END = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL CONNECTION {}"}


@contextmanager
def connect(url: str) -> Iterator[sa.Connection]:
    """A new connection in autocommit mode."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            yield connection
    else:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection


def reset(url: str) -> None:
    """Empty a database and end every session in it."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(f"{address.database}{suffix}").unlink(missing_ok=True)
        return
    with connect(url) as connection:
        end_sessions(connection)
        if address.get_backend_name() == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        else:
            connection.exec_driver_sql(f"DROP DATABASE {address.database}")
            connection.exec_driver_sql(f"CREATE DATABASE {address.database}")


def sessions(connection: sa.Connection) -> list[tuple[Any, ...]]:
    """The other sessions in this database: id, state, statement."""
    statement = _SESSIONS.get(connection.dialect.name)
    return [tuple(row) for row in connection.exec_driver_sql(statement)] if statement else []


def end_sessions(connection: sa.Connection, matching: str = "") -> list[str]:
    """End the other sessions in this database whose statement contains `matching`, as an administrator or a crash does.

    Returns:
        The statements they were at.
    """
    ended = []
    for session, _, statement in sessions(connection):
        if matching in (statement or ""):
            try:
                connection.exec_driver_sql(_END[connection.dialect.name].format(session))
                ended.append(str(statement))
            except sa.exc.DBAPIError:  # it has gone by itself
                pass
    return ended


def tables(connection: sa.Connection) -> list[str]:
    """The names of all tables."""
    return sorted(sa.inspect(connection).get_table_names())


def fingerprint(url: str) -> Fingerprint:
    """Columns, indexes (on PostgreSQL with their validity), version rows, and the count and sums of each table's rows.

    Two databases with equal fingerprints have been through the same statements, each once.
    """
    with connect(url) as connection:
        names = [name for name in tables(connection) if not name.startswith(OWN)]
        described = _described_sqlite if connection.dialect.name == "sqlite" else _described
        return {
            **described(connection, names),
            "version": _version(connection) if "alembic_version" in names else [],
            "rows": {name: _sums(connection, name) for name in names if name != "alembic_version"},
        }


def differences(expected: Fingerprint, found: Fingerprint) -> list[str]:
    """What differs between two fingerprints, one line each."""
    lines = []
    for part in expected:
        if isinstance(expected[part], dict):
            for key in sorted({*expected[part], *found[part]}):
                wanted, got = expected[part].get(key), found[part].get(key)
                if wanted != got:
                    lines.append(f"{part} of {key}: {got} instead of {wanted}")
        elif expected[part] != found[part]:
            lines.append(f"{part}: {found[part]} instead of {expected[part]}")
    return lines


def version(url: str) -> list[str]:
    """The rows of the version table, on a new connection."""
    with connect(url) as connection:
        return _version(connection) if "alembic_version" in tables(connection) else []


def rows_of(url: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a query, on a new connection."""
    with connect(url) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def leftovers(url: str) -> list[str]:
    """What should not be there when nothing runs: sessions, locks, records of work that has begun and not ended.

    A server notices some time after a client's death that it is gone: sessions are given ten seconds to end.
    """
    with connect(url) as connection:
        found = []
        if not wait_until(lambda: not sessions(connection)):
            found += [f"a session is left: {session}" for session in sessions(connection)]
        if connection.dialect.name == "postgresql":
            locks = connection.exec_driver_sql(
                "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                "WHERE l.locktype = 'advisory' AND d.datname = current_database()"
            ).scalar_one()
            found += [f"{locks} advisory locks are left"] if locks else []
        elif connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA busy_timeout = 0")
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                connection.exec_driver_sql("ROLLBACK")
            except sa.exc.OperationalError as error:
                found.append(f"the file is locked: {error.orig}")
        for name in tables(connection):
            if name.startswith(OWN):
                rows = connection.exec_driver_sql(f"SELECT * FROM {name}").mappings()
                found += [f"{name}: {dict(row)}" for row in rows if set(_PENDING) & {str(v) for v in row.values()}]
        return found


def wait_until(happened: Callable[[], Any], seconds: float = 10) -> Any:
    """Ask again and again until the answer is true; the last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := happened()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return answer


def _described(connection: sa.Connection, names: list[str]) -> Fingerprint:
    found: Fingerprint = {}
    for part, statements in (("columns", _COLUMNS), ("indexes", _INDEXES)):
        found[part] = {name: [] for name in names}
        for table, *rest in connection.exec_driver_sql(statements[connection.dialect.name]):
            if table in found[part]:
                found[part][table].append(tuple(rest))
    return found


def _described_sqlite(connection: sa.Connection, names: list[str]) -> Fingerprint:
    found: Fingerprint = {"columns": {}, "indexes": {}}
    for name in names:
        columns = connection.exec_driver_sql(f"PRAGMA table_info({name})")
        found["columns"][name] = sorted(tuple(row)[1:] for row in columns)
        indexes = sorted((row[1], row[2]) for row in connection.exec_driver_sql(f"PRAGMA index_list({name})"))
        found["indexes"][name] = [
            (index, unique, tuple(row[2] for row in connection.exec_driver_sql(f"PRAGMA index_info({index})")))
            for index, unique in indexes
        ]
    return found


def _version(connection: sa.Connection) -> list[str]:
    return sorted(str(row[0]) for row in connection.exec_driver_sql("SELECT version_num FROM alembic_version"))


def _sums(connection: sa.Connection, table: str) -> dict[str, int]:
    """The number of rows, and a sum of each column; of text, a sum of checksums."""
    rows = list(connection.exec_driver_sql(f"SELECT * FROM {table}").mappings())
    sums = {"rows": len(rows)}
    for row in rows:
        for column, value in row.items():
            number = value if isinstance(value, int) else zlib.crc32(str(value).encode())
            sums[column] = sums.get(column, 0) + number
    return dict(sorted(sums.items()))
