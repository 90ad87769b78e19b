"""A run ends where it was asked to, whatever its revisions catch, retry or do elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import fresh_database, rows, tables, version_rows
from support.projects import Rev, linear, native_project
from whimbrel import Project, WhimbrelError, errors
from whimbrel.events import Event, RevisionFinished, RevisionStarted, Waiting


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[str]:
    with fresh_database("postgresql", tmp_path) as url:
        yield url


@contextmanager
def reader_of(url: str, table: str) -> Iterator[threading.Event]:
    """Somebody who reads a table in a transaction, until the event is set."""
    gone = threading.Event()
    reading = threading.Event()

    def read() -> None:
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            connection.execute(sa.text(f"SELECT * FROM {table}"))
            reading.set()
            gone.wait(60)

    thread = threading.Thread(target=read)
    thread.start()
    assert reading.wait(30)
    yield gone
    gone.set()
    thread.join()


def test_a_revision_that_catches_everything_cannot_catch_a_request_to_stop(url: str, tmp_path: Path) -> None:
    catches = """
try:
    op.execute("SELECT 1")
except Exception:
    pass
op.create_table("t", sa.Column("x", sa.Integer))
""".strip()

    def listen(event: Event) -> None:
        if isinstance(event, RevisionStarted) and not heard:
            heard.append(event)
            project.interruption.request()

    heard: list[Event] = []
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=catches)])
    project = Project.load(folder, listener=listen)
    with pytest.raises(errors.Interrupted) as stopped:
        project.upgrade()
    assert stopped.value.what == "interrupted while aaaa ran"
    assert version_rows(url) == set()
    assert "t" not in tables(url)
    project.upgrade()
    assert version_rows(url) == {"aaaa"}


def test_a_lock_timeout_that_the_revision_catches_does_not_leave_its_statement_out(
    postgresql: str, tmp_path: Path
) -> None:
    """The limit is whimbrel's, so the revision cannot have meant it."""
    guarded = """
try:
    with op.get_bind().begin_nested():
        op.add_column("read", sa.Column("added", sa.Integer))
except sa.exc.OperationalError:
    pass
""".strip()
    made = 'op.create_table("read", sa.Column("x", sa.Integer))'
    folder = native_project(
        tmp_path / "p", postgresql, [Rev("aaaa", upgrade=made), Rev("bbbb", "aaaa", upgrade=guarded)]
    )
    Project.load(folder).upgrade("aaaa")
    with reader_of(postgresql, "read") as gone:
        project = Project.load(folder, listener=lambda event: gone.set() if isinstance(event, Waiting) else None)
        project.upgrade(lock_timeout=0.2)
    assert rows(postgresql, "SELECT added FROM read") == []
    assert version_rows(postgresql) == {"bbbb"}


def test_a_target_that_counts_stays_the_same_when_a_step_is_tried_again(postgresql: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", postgresql, linear("aaaa", "bbbb", "cccc", "dddd"))
    Project.load(folder).upgrade()
    done: list[str] = []
    with reader_of(postgresql, "t_cccc") as gone:

        def listen(event: Event) -> None:
            if isinstance(event, RevisionFinished):
                done.append(event.revision)
            elif isinstance(event, Waiting):
                gone.set()

        Project.load(folder, listener=listen).downgrade("-2", lock_timeout=0.2)
    assert done == ["dddd", "cccc"]
    assert version_rows(postgresql) == {"bbbb"}


def test_a_revision_that_was_at_work_elsewhere_is_not_tried_again(postgresql: str, tmp_path: Path) -> None:
    elsewhere = """
with op.get_bind().engine.begin() as other:
    other.execute(sa.text("INSERT INTO seen VALUES (1)"))
op.add_column("read", sa.Column("added", sa.Integer))
""".strip()
    made = 'op.execute("CREATE TABLE read (x int)")\nop.execute("CREATE TABLE seen (x int)")'
    folder = native_project(
        tmp_path / "p", postgresql, [Rev("aaaa", upgrade=made), Rev("bbbb", "aaaa", upgrade=elsewhere)]
    )
    Project.load(folder).upgrade("aaaa")
    with reader_of(postgresql, "read"), pytest.raises(WhimbrelError):
        Project.load(folder).upgrade(lock_timeout=0.2)
    assert rows(postgresql, "SELECT count(*) FROM seen") == [(1,)]
