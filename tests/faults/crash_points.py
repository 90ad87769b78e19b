"""Crashes at a chosen point, from the outside: the product has no hook for it.

Every call that can change a database is a point: each execution through a DBAPI cursor, whoever made the cursor, each
commit and each rollback. The process is killed after the n-th. Being killed before a call leaves the same database as
being killed after the one that precedes it, and reads change nothing; so 0 to the number of points are all the windows
there are between two calls. What happens inside of a call, the random kills find.
"""

from __future__ import annotations

import importlib
import os
import re
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

_READS = re.compile(r"\s*(?:SELECT|SHOW|PRAGMA\s+(?:\w+\.)?\w+\s*(?:\([^)]*\)\s*)?$|DESCRIBE|EXPLAIN)", re.IGNORECASE)
_ACTS = re.compile(r"lock|set_config|terminate|cancel", re.IGNORECASE)
"""What a SELECT can do besides reading."""

_PATCHED = {
    "psycopg": (("psycopg", "Cursor"), ("psycopg", "Connection")),
    "pymysql": (("pymysql.cursors", "Cursor"), ("pymysql.connections", "Connection")),
    "aiosqlite": (("sqlalchemy.dialects.sqlite.aiosqlite", "Async"),),
    "asyncpg": (("sqlalchemy.dialects.postgresql.asyncpg", "Async"),),
    "asyncmy": (("sqlalchemy.dialects.mysql.asyncmy", "Async"),),
}
_METHODS = ("execute", "executemany", "executescript", "commit", "rollback")


class CrashPoints:
    """Counts the points of this process, and kills it after one of them.

    Args:
        scheme: the URL's scheme; the driver's classes are changed, for the rest of this process.
        crash_after: after which point; None only counts, 0 is before the first.
        act: what happens there: `kill` the process, `cut` its connection (psycopg and pymysql), or send it a `signal`.
    """

    def __init__(self, scheme: str, crash_after: int | None, *, act: str = "kill") -> None:
        self.labels: list[str] = []
        self._crash_after = crash_after
        self._act = {"kill": _crash, "cut": _cut, "signal": _signal}[act]
        self._inside = threading.local()
        _, _, driver = scheme.partition("+")
        if driver in _PATCHED:
            for module_name, name in _PATCHED[driver]:
                self._patch_module(importlib.import_module(module_name), name)
        else:
            self._patch_sqlite3()

    def _patch_module(self, module: Any, prefix: str) -> None:
        for cls in {cls for name, cls in vars(module).items() if name.startswith(prefix) and isinstance(cls, type)}:
            for base in cls.__mro__:
                for method in (*_METHODS, "close"):
                    function = base.__dict__.get(method)
                    if callable(function) and not hasattr(function, "counted"):
                        setattr(base, method, self._counted(function, is_point=method != "close"))

    def _patch_sqlite3(self) -> None:
        counted = self._counted

        class Cursor(sqlite3.Cursor):
            execute = counted(sqlite3.Cursor.execute)
            executemany = counted(sqlite3.Cursor.executemany)
            executescript = counted(sqlite3.Cursor.executescript)

        class Connection(sqlite3.Connection):
            execute = counted(sqlite3.Connection.execute)
            executemany = counted(sqlite3.Connection.executemany)
            executescript = counted(sqlite3.Connection.executescript)
            commit = counted(sqlite3.Connection.commit)
            rollback = counted(sqlite3.Connection.rollback)

            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

        connect = sqlite3.connect

        def connect_counted(*args: Any, **options: Any) -> Any:
            return connect(*args, **{"factory": Connection, **options})

        for module in (sqlite3, importlib.import_module("sqlite3.dbapi2")):
            vars(module)["connect"] = connect_counted

    def _counted(self, function: Callable[..., Any], *, is_point: bool = True) -> Callable[..., Any]:
        """The function, and a point behind it; what it calls itself is none, such as the ROLLBACK in a `close()`."""

        def call(this: Any, *args: Any, **options: Any) -> Any:
            if getattr(self._inside, "call", False):  # one method of a driver calls another
                return function(this, *args, **options)
            label = str(args[0]) if args else function.__name__.upper()
            if self._crash_after == 0 and is_point and not _only_reads(label):
                self._crash_after = None
                self._act(this)
            self._inside.call = True
            try:
                return function(this, *args, **options)
            finally:
                self._inside.call = False
                if is_point and not _only_reads(label):
                    self._passed(label, this)

        call.counted = True
        return call

    def _passed(self, label: str, this: Any) -> None:
        self.labels.append(" ".join(label.split())[:70])
        if len(self.labels) == self._crash_after:
            self._act(this)


def _only_reads(label: str) -> bool:
    return _READS.match(label) is not None and _ACTS.search(label) is None


def _cut(this: Any) -> None:
    """Cut the connection to the server below the driver, who finds out at its next call."""
    connection = getattr(this, "connection", this)
    descriptor = connection.fileno() if hasattr(connection, "fileno") else connection._sock.fileno()
    with socket.socket(fileno=os.dup(descriptor)) as line:
        line.shutdown(socket.SHUT_RDWR)


def _crash(_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def _signal(_: Any) -> None:
    """Ask the process to end; it goes on as long as it likes."""
    os.kill(os.getpid(), signal.SIGTERM)
