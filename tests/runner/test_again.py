"""What is tried again, in the same process or in a later run, does what was not done, and nothing twice."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.crash import killed_upgrade
from support.databases import rows, version_rows
from support.projects import Rev, native_project
from whimbrel import Project, errors
from whimbrel.events import Event, Waiting

TABLES = """
op.execute("CREATE TABLE a (id int, flag int)")
op.execute("INSERT INTO a VALUES (1, 0), (2, 0)")
op.execute("CREATE TABLE b (id int)")
op.execute("INSERT INTO b VALUES (0)")
""".strip()
BLOCK = "with op.get_context().autocommit_block():\n    op.execute({!r})"
MIDWAY = {
    "sqlite": "op.execute('PRAGMA foreign_keys = ON')",
    "postgresql": BLOCK.format("CREATE INDEX CONCURRENTLY ix ON a (id)"),
    "mariadb": "op.execute('ALTER TABLE a ADD x int')",
}
GOES_BY_ROWS = """
found = op.get_bind().execute(sa.text("SELECT id FROM a WHERE flag = 0")).all()
op.execute("UPDATE a SET flag = 1 WHERE flag = 0")
{midway}
op.execute("SELECT 4711 AS it")
for (number,) in found:
    op.get_bind().execute(sa.text("INSERT INTO b VALUES (:number)"), {{"number": number}})
""".strip()


def project_of(folder: Path, url: str, upgrade: str, listen: Callable[[Event], None] | None = None) -> Project:
    made = native_project(folder / "p", url, [Rev("aaaa", upgrade=TABLES), Rev("bbbb", "aaaa", upgrade=upgrade)])
    Project.load(made).upgrade("aaaa")
    return Project.load(made, listener=listen)


@contextmanager
def in_the_way(url: str, statement: str) -> Iterator[Callable[[Event], None]]:
    """Somebody who has executed a statement in a transaction, until a run says that it waits."""
    ready, gone = threading.Event(), threading.Event()

    def hold() -> None:
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            connection.exec_driver_sql(statement)
            ready.set()
            gone.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert ready.wait(30)
    yield lambda event: gone.set() if isinstance(event, Waiting) else None
    gone.set()
    thread.join()


# -- rows that a revision goes by ------------------------------------------------------------------


def test_a_later_run_that_reads_something_else_than_the_first_is_asked_about(
    kind: str, url: str, tmp_path: Path
) -> None:
    project = project_of(tmp_path, url, GOES_BY_ROWS.format(midway=MIDWAY[kind]))
    killed_upgrade(Path(project.database.root), "4711 AS it")
    with pytest.raises(errors.NeedsDecision, match="bbbb does not do again what it did before"):
        project.upgrade()
    assert version_rows(url) == {"aaaa"}
    assert rows(url, "SELECT id FROM b") == [(0,)]


def test_one_that_reads_the_same_goes_on(kind: str, url: str, tmp_path: Path) -> None:
    code = GOES_BY_ROWS.format(midway=MIDWAY[kind]).replace('WHERE flag = 0")).all()', '")).all()')
    project = project_of(tmp_path, url, code)
    killed_upgrade(Path(project.database.root), "4711 AS it")
    project.upgrade()
    assert rows(url, "SELECT id FROM b ORDER BY id") == [(0,), (1,), (2,)]


def test_a_human_may_say_that_all_the_same_it_is_right(kind: str, url: str, tmp_path: Path) -> None:
    code = GOES_BY_ROWS.format(midway=MIDWAY[kind])
    project = project_of(tmp_path, url, code)
    killed_upgrade(Path(project.database.root), "4711 AS it")
    with pytest.raises(errors.NeedsDecision):
        project.upgrade()
    project.resolve("happened")
    project.upgrade()
    assert rows(url, "SELECT id FROM b") == [(0,)]


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_second_try_that_reads_something_else_is_not_called_done(kind: str, url: str, tmp_path: Path) -> None:
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE c (id int)")
    project_of(tmp_path, url, f"{GOES_BY_ROWS.format(midway=MIDWAY[kind])}\nop.execute('ALTER TABLE c ADD x int')")
    with in_the_way(url, "SELECT * FROM c") as listen, pytest.raises(errors.NeedsDecision):
        Project.load(tmp_path / "p", listener=listen).upgrade(lock_timeout=0.2)
    assert version_rows(url) == {"aaaa"}


# -- guards --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mariadb"])
def test_what_may_have_stood_behind_a_guarded_statement_is_asked_about(kind: str, url: str, tmp_path: Path) -> None:
    code = """
if "x" not in [column["name"] for column in sa.inspect(op.get_bind()).get_columns("a")]:
    op.execute("ALTER TABLE a ADD x int")
    op.execute("ALTER TABLE a ADD y int")
    op.execute("SELECT 4711")
    op.execute("INSERT INTO b VALUES (1)")
""".strip()
    project = project_of(tmp_path, url, code)
    killed_upgrade(Path(project.database.root), "4711")
    with pytest.raises(errors.NeedsDecision, match="statement 2, ALTER TABLE a"):
        project.upgrade()
    assert rows(url, "SELECT id FROM b") == [(0,)]


# -- the module, other connections, the session ------------------------------------------------------


@pytest.mark.parametrize("kind", ["postgresql"])
def test_what_a_file_has_at_its_top_is_there_again_for_a_second_try(kind: str, url: str, tmp_path: Path) -> None:
    inserts = "for number in ROWS:\n    op.execute(f'INSERT INTO b VALUES ({number})')"
    project_of(tmp_path, url, f"{inserts}\nop.execute('ALTER TABLE a ADD x int')")
    [path] = (tmp_path / "p" / "migrations" / "versions").glob("bbbb*.py")
    path.write_text(path.read_text().replace("def upgrade", "ROWS = iter([1, 2, 3])\n\n\ndef upgrade"))
    with in_the_way(url, "SELECT * FROM a") as listen:
        Project.load(tmp_path / "p", listener=listen).upgrade(lock_timeout=0.2)
    assert rows(url, "SELECT id FROM b ORDER BY id") == [(0,), (1,), (2,), (3,)]


OPENS = {
    "raw": """
connection = op.get_bind().engine.raw_connection()
connection.cursor().execute("INSERT INTO b VALUES (1)")
connection.commit()
connection.close()
""",
    "another engine": """
with sa.create_engine(op.get_bind().engine.url, poolclass=sa.NullPool).begin() as other:
    other.exec_driver_sql("INSERT INTO b VALUES (1)")
""",
    "the same engine": """
with op.get_bind().engine.begin() as other:
    other.exec_driver_sql("INSERT INTO b VALUES (1)")
""",
}


@pytest.mark.parametrize("how", OPENS)
@pytest.mark.parametrize("kind", ["postgresql"])
def test_what_was_written_on_another_connection_is_not_written_twice(
    kind: str, url: str, how: str, tmp_path: Path
) -> None:
    project = project_of(tmp_path, url, f"{OPENS[how].strip()}\nop.execute('ALTER TABLE a ADD x int')")
    with in_the_way(url, "SELECT * FROM a"), pytest.raises(errors.MigrationFailed):
        project.upgrade(lock_timeout=0.2)
    assert rows(url, "SELECT id FROM b ORDER BY id") == [(0,), (1,)]


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_prepared_statement_is_not_in_the_way_of_a_second_try(kind: str, url: str, tmp_path: Path) -> None:
    """A rollback leaves it; so the next run, in another session, does it."""
    code = "op.execute('PREPARE ins AS INSERT INTO b VALUES (1)')\nop.execute('ALTER TABLE a ADD x int')"
    project = project_of(tmp_path, url, code)
    with in_the_way(url, "SELECT * FROM a"), pytest.raises(errors.MigrationFailed, match="lock timeout"):
        project.upgrade(lock_timeout=0.2)
    assert project.upgrade().verified


# -- errors that a revision catches ------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_lock_that_a_revision_does_not_want_to_wait_for_is_its_own_affair(
    kind: str, url: str, tmp_path: Path
) -> None:
    code = """
try:
    with op.get_bind().begin_nested():
        op.execute("LOCK TABLE a IN ACCESS EXCLUSIVE MODE NOWAIT")
except sa.exc.OperationalError:
    pass
op.execute("INSERT INTO b VALUES (1)")
""".strip()
    project = project_of(tmp_path, url, code)
    with in_the_way(url, "SELECT * FROM a"):
        assert project.upgrade().verified
    assert rows(url, "SELECT id FROM b ORDER BY id") == [(0,), (1,)]


DEADLOCK = """
op.execute("INSERT INTO b VALUES (1)")
op.execute("UPDATE a SET flag = flag + 1 WHERE id = 1")
import whimbrel.events as signal_of
{wait}
try:
    op.execute("UPDATE a SET flag = flag + 10 WHERE id = 2")
except sa.exc.OperationalError:
    op.execute("SELECT 1")
op.execute("ALTER TABLE b ADD x int")
""".strip()


@pytest.mark.parametrize("kind", ["mariadb"])
def test_a_deadlock_that_is_caught_takes_nothing_with_it_in_silence(
    kind: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has rolled back the whole transaction, not only the statement."""
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE heavy (n int)")
        connection.exec_driver_sql("INSERT INTO heavy SELECT seq FROM seq_1_to_500")
    first, mine = threading.Event(), threading.Event()

    def other() -> None:
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            connection.exec_driver_sql("UPDATE heavy SET n = n + 1")  # so that the revision is the cheaper victim
            connection.exec_driver_sql("UPDATE a SET flag = flag + 100 WHERE id = 2")
            first.set()
            mine.wait(30)
            connection.exec_driver_sql("UPDATE a SET flag = flag + 100 WHERE id = 1")
            connection.commit()

    monkeypatch.setattr("whimbrel.events.first", first, raising=False)
    monkeypatch.setattr("whimbrel.events.mine", mine, raising=False)
    wait = "signal_of.first.wait(30)\nsignal_of.mine.set()"
    project = project_of(tmp_path, url, DEADLOCK.format(wait=wait))
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE UNIQUE INDEX ia ON a (id)")
    thread = threading.Thread(target=other)
    thread.start()
    assert project.upgrade().verified
    thread.join()
    assert rows(url, "SELECT id FROM b ORDER BY id") == [(0,), (1,)]
    assert rows(url, "SELECT id, flag FROM a ORDER BY id") == [(1, 101), (2, 110)]


# -- waiting on SQLite -----------------------------------------------------------------------------


def test_a_transaction_in_the_middle_of_a_revision_waits_for_others_to_have_written(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    holds = "import whimbrel.events\nwhimbrel.events.hold()"
    code = f"op.execute('PRAGMA foreign_keys = ON')\n{holds}\nop.execute('INSERT INTO b VALUES (1)')"
    told: list[Event] = []
    other = sqlite3.connect(f"{tmp_path}/app.db", isolation_level=None, check_same_thread=False)

    def listen(event: Event) -> None:
        told.append(event)
        if isinstance(event, Waiting):
            other.execute("ROLLBACK")

    project = project_of(tmp_path, url, code, listen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("whimbrel.events.hold", lambda: other.execute("BEGIN IMMEDIATE"), raising=False)
        assert project.upgrade(lock_timeout=0.1).verified
    other.close()
    assert any(isinstance(event, Waiting) for event in told)
    assert rows(url, "SELECT id FROM b ORDER BY id") == [(0,), (1,)]


# -- stamps --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mariadb"])
def test_a_stamp_does_not_pass_over_a_revision_in_the_middle_in_silence(kind: str, url: str, tmp_path: Path) -> None:
    project = project_of(tmp_path, url, "op.execute('ALTER TABLE a ADD x int')\nop.execute('SELECT 4711')")
    killed_upgrade(Path(project.database.root), "4711")
    with pytest.raises(errors.HalfDone, match="a stamp says nothing of what it has done"):
        project.stamp("aaaa")
    project.stamp("bbbb")
    assert rows(url, "SELECT * FROM whimbrel_statement") == [], "it was completed by hand"
    project.stamp("aaaa", force=True)
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE a DROP x")
    project.upgrade()
    assert rows(url, "SELECT x FROM a") == [(None,), (None,)]
