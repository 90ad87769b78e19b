"""Journals as a run leaves them, written by hand: what reads one is tested without what writes it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from whimbrel.connect.engine import execute_on
from whimbrel.dialects import dialect_named
from whimbrel.history.checksum import checksum
from whimbrel.journal import Attempt
from whimbrel.journal.book import Book, now


def attempt(revision: str = "aaaa", **fields: object) -> Attempt:
    """An attempt that got through, by ann on ci-7; `fields` are what is another way."""
    usual = {
        "run": "4f1c",
        "number": 1,
        "revision": revision,
        "direction": "upgrade",
        "from_heads": "",
        "to_heads": revision,
        "state": "done",
        "started_at": "2026-11-20T14:03:05.250000+00:00",
        "ended_at": "2026-11-20T14:03:06.500000+00:00",
        "file": f"{revision}_.py",
        "file_sha256": None,
        "code_sha256": None,
        "tools": "whimbrel 0.1.0, alembic 1.17.0, sqlalchemy 2.0.44, python 3.11.7",
        "application": "whimbrel upgrade",
        "host": "ci-7",
        "pid": 4711,
        "os_user": "ann",
        "db_user": "app",
        "session": "99",
        "git_branch": "feature/x",
        "git_commit": "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d",
        "error": None,
    }
    return Attempt(**{**usual, **fields})


def attempt_on(path: Path, revision: str, **fields: object) -> Attempt:
    """An attempt with the checksums that a revision file has now."""
    sums = checksum(str(path))
    return attempt(revision, file=path.name, file_sha256=sums.raw, code_sha256=sums.code, **fields)


def running_here(pid: int = os.getpid(), **fields: object) -> Attempt:
    """An attempt that has not ended, of a process on this host."""
    running = {"state": "running", "ended_at": None, "to_heads": None, "started_at": now()}
    return attempt(host=socket.gethostname(), pid=pid, **{**running, **fields})


def write_journal(url: str, attempts: Iterable[Attempt] = (), schema: str | None = None) -> None:
    """Make a journal in a database, with these attempts in it."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        book = book_on(connection, schema)
        book.create()
        book.note(*attempts)


def book_on(connection: sa.Connection, schema: str | None = None) -> Book:
    """The journal behind a connection."""
    dialect = dialect_named(connection.dialect.name)
    assert dialect is not None
    return Book(execute_on(connection), dialect, schema)
