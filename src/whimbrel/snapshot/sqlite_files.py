"""Files of SQLite as Python's own `sqlite3` sees them, past the driver and SQLAlchemy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any
from urllib.parse import quote

from sqlalchemy.util import await_only

from ..environment import Visit
from ..errors import RowsRefused
from ..events import BytesMoved
from ..lock import busy
from ..patience import Patience
from ..runner.holding import holder_of
from .transfer import Transfer
from .view import View

_PAGES = 1000
_PAGE = 4096
"""Bytes, for what is told: nearly all files have pages of this size."""
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

Progress = Callable[[int, int, int], None]


def opened(path: str) -> sqlite3.Connection:
    """A file that is there, to be read."""
    # Not "ro", which cannot finish what a writer that crashed has left.
    connection = sqlite3.connect(f"file:{quote(path)}?mode=rw", uri=True, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection


def file_of(visit: Visit) -> str:
    """The file that a connection is to.

    Raises:
        RowsRefused: it is to none: the database is in memory.
    """
    files = [str(file) for _, name, file in visit.query("PRAGMA database_list") if name == "main" and file]
    visit.end_driver_transaction()
    if not files:
        raise RowsRefused(
            "a database in memory is in no file that could be replaced",
            where=visit.where,
            state="nothing was changed",
            hint="use a .whimbrel archive",
        )
    return files[0]


def copy_out(transfer: Transfer, view: View, target: sqlite3.Connection) -> None:
    """Copy a database, as its connection sees it, by SQLite's online backup. Reads the database."""
    visit = view.visit
    progress = told(transfer, "dump", transfer.database.name)
    if view.is_alone:  # SQLite copies nothing by a connection that may write
        with closing(opened(file_of(visit))) as source:
            source.backup(target, pages=_PAGES, progress=progress)
        return
    assert visit.context.connection is not None
    driver: Any = visit.context.connection.connection.driver_connection
    copied = driver.backup(target, pages=_PAGES, progress=progress)
    if visit.engine.dialect.is_async:
        await_only(copied)


def copy_in(
    transfer: Transfer,
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    on_lock: Callable[[], None],
    progress: Progress,
) -> None:
    """Copy a database over another one, in one transaction of SQLite's own.

    Args:
        transfer: how long to wait for others.
        source: the database, of more than one page.
        target: a connection to the other one, in no transaction.
        on_lock: called once nobody else can write there any more, before anything is committed; may raise.
        progress: told how far it is.
    """
    patience, is_locked = Patience(transfer.limits.lock_wait), False

    def watched(status: int, left: int, total: int) -> None:
        nonlocal is_locked
        if status in _BUSY and patience.waited > patience.total:
            raise sqlite3.OperationalError("database is locked")
        if status not in _BUSY and not is_locked:
            is_locked = True
            on_lock()
        progress(status, left, total)

    [pages] = source.execute("PRAGMA page_count").fetchone()
    source.backup(target, pages=min(_PAGES, pages - 1), progress=watched, sleep=0.05)


def told(transfer: Transfer, what: str, name: str) -> Progress:
    """What tells the listener how far a copy is; it ends the copy where a run is to stop."""

    def progress(status: int, left: int, total: int) -> None:
        transfer.interruption.check()
        transfer.tell(BytesMoved(what, name, (total - left) * _PAGE, total * _PAGE))

    return progress


@contextmanager
def locked(transfer: Transfer, visit: Visit, begin: str, *settings: str) -> Iterator[sqlite3.Connection]:
    """A connection of our own to the file of a visit, in a transaction that nobody else writes beside.

    Args:
        transfer: how long to wait for others.
        visit: the database.
        begin: how the transaction begins.
        settings: statements before that.

    Raises:
        LockBusy: somebody else writes.
    """
    patience = Patience(transfer.limits.lock_wait, sleep=transfer.interruption.sleep)
    connection = sqlite3.connect(file_of(visit), timeout=0, isolation_level=None, check_same_thread=False)
    try:
        for statement in ("PRAGMA foreign_keys = OFF", *settings, begin):
            persist(partial(connection.execute, statement), patience, visit)
        yield connection
    finally:
        connection.close()


def persist(once: Callable[[], object], patience: Patience, visit: Visit) -> None:
    """Do something until nobody is in the way.

    Raises:
        LockBusy: somebody is, for too long.
    """
    while True:
        try:
            once()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            if not patience.wait():
                raise busy(holder_of(visit, ""), patience.total, visit.where) from error
