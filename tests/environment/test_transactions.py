"""Each revision is its own transaction, and what failed has left nothing behind where the database can do that."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.cli import alembic, whimbrel
from support.databases import ASYNC, rows, tables, through, version_rows
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import Project, errors

BROKEN = [
    Rev("aaaa"),
    Rev(
        "bbbb", "aaaa", upgrade="op.create_table('half', sa.Column('id', sa.Integer))\nop.execute('SELECT * FROM nope')"
    ),
    Rev("cccc", "bbbb"),
]


@pytest.mark.parametrize("layout", [native_project, alembic_project])
def test_a_revision_that_fails_keeps_the_ones_before_it_and_leaves_nothing_of_its_own(
    layout: Callable[..., Path], kind: str, url: str, tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", url, BROKEN)
    with pytest.raises(errors.MigrationFailed) as failed:
        Project.load(folder, config=folder / "alembic.ini" if layout is alembic_project else ()).upgrade()
    assert version_rows(url) == {"aaaa"}
    assert "t_aaaa" in tables(url)
    assert ("half" in tables(url)) == (kind == "mariadb"), "MariaDB commits each DDL statement by itself"
    state = str(failed.value.state)
    assert state.startswith("at aaaa, 1 of 3 revisions applied")
    assert "safe to run again" in state
    assert ("what bbbb has committed is noted" in state) == (kind == "mariadb")
    assert "bbbb_.py:" in str(failed.value.where)
    assert "nope" in str(failed.value.why)


def test_a_corrected_revision_runs_again_where_stock_alembic_is_stuck(tmp_path: Path) -> None:
    """On SQLite stock Alembic leaves the table of the failed revision, and every later run fails with it."""

    def corrected(folder: Path) -> None:
        path = folder / "alembic" / "versions" / "bbbb_.py"
        path.write_text(path.read_text().replace("SELECT * FROM nope", "SELECT 1"))

    stock = alembic_project(tmp_path / "stock", "sqlite:///app.db", BROKEN)
    assert alembic("upgrade", "head", cwd=stock).code != 0
    corrected(stock)
    assert "table half already exists" in alembic("upgrade", "head", cwd=stock).err

    ours = alembic_project(tmp_path / "ours", "sqlite:///app.db", BROKEN)
    assert whimbrel("upgrade", cwd=ours).code == 3
    corrected(ours)
    whimbrel("upgrade", cwd=ours).ok()
    assert version_rows(f"sqlite:///{ours}/app.db") == {"cccc"}


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+aiosqlite"])
def test_sqlite_takes_the_write_lock_before_the_revision_runs(driver: str, tmp_path: Path) -> None:
    """A second writer cannot come between: proven by trying, from inside of a revision."""
    database = tmp_path / "app.db"
    probe = (
        "import sqlite3\n"
        f"other = sqlite3.connect({str(database)!r}, timeout=0)\n"
        "try:\n"
        "    other.execute('BEGIN IMMEDIATE')\n"
        "    raise AssertionError('a second writer got the lock')\n"
        "except sqlite3.OperationalError as error:\n"
        "    assert 'locked' in str(error)\n"
        "finally:\n"
        "    other.close()"
    )
    folder = native_project(tmp_path / "p", f"{driver}:///{database}", [Rev("aaaa", upgrade=probe)])
    assert Project.load(folder).upgrade().after == ("aaaa",)


def test_looking_takes_no_lock_and_writes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'app.db'}"
    folder = alembic_project(tmp_path / "p", url, linear("aaaa"))
    Project.load(folder, config=folder / "alembic.ini")
    writer = sqlite3.connect(tmp_path / "app.db")
    writer.execute("CREATE TABLE other (x)")
    writer.commit()
    writer.execute("BEGIN IMMEDIATE")
    try:
        assert whimbrel("current", cwd=folder).ok().out == ""
        assert whimbrel("status", cwd=folder).ok().out.splitlines()[1].split()[:3] == ["main", "base", "1"]
    finally:
        writer.close()
    assert tables(url) == {"other"}


def test_a_transaction_in_which_env_py_has_done_something_stays_env_pys(
    tmp_path: Path, make_database: Callable[[str], str]
) -> None:
    """`SET LOCAL` must hold until the last revision: splitting the run would lose it after the first."""
    url = make_database("postgresql")
    check = "assert op.get_bind().exec_driver_sql('SHOW lock_timeout').scalar() == '7s'"
    folder = alembic_project(
        tmp_path / "p", url, [Rev("aaaa", upgrade=check), Rev("bbbb", "aaaa", upgrade=check + "\nraise ValueError")]
    )
    env = folder / "alembic" / "env.py"
    online = "with context.begin_transaction():\n            context.run_migrations()"
    assert online in env.read_text()
    env.write_text(
        env.read_text().replace(
            online,
            online.replace(
                "context.run", "context.execute(\"SET LOCAL lock_timeout = '7s'\")\n            context.run"
            ),
        )
    )
    failed = whimbrel("upgrade", cwd=folder)
    assert failed.code == 3
    assert "ValueError" in failed.err
    assert version_rows(url) == set(), "one transaction for all, as its author wanted"
    assert "at base, 0 of 2 revisions applied" in failed.err


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_autocommit_blocks_run_outside_of_the_transaction_and_the_rest_inside(
    kind: str, url: str, tmp_path: Path
) -> None:
    concurrently = "CONCURRENTLY" if kind == "postgresql" else ""
    block = (
        "op.create_table('t', sa.Column('x', sa.Integer))\n"
        "with op.get_context().autocommit_block():\n"
        f"    op.execute('CREATE INDEX {concurrently} ix ON t (x)')\n"
        "op.execute('INSERT INTO t VALUES (1)')"
    )
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=block), Rev("bbbb", "aaaa")])
    assert Project.load(folder).upgrade().revisions == ("aaaa", "bbbb")
    assert rows(url, "SELECT x FROM t") == [(1,)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_async_drivers_give_the_same_transactions(kind: str, url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", through(url, ASYNC[kind]), BROKEN)
    with pytest.raises(errors.MigrationFailed):
        Project.load(folder).upgrade()
    assert version_rows(url) == {"aaaa"}
    assert ("half" in tables(url)) == (kind == "mariadb")


def test_two_upgraders_of_one_sqlite_file_do_not_fail(tmp_path: Path) -> None:
    """The second one waits for the write lock, and then finds its revision applied."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    barrier = threading.Barrier(2)
    outcomes: list[object] = []

    def run() -> None:
        project = Project.load(folder)
        barrier.wait()
        outcomes.append(project.upgrade().status)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {str(outcome) for outcome in outcomes} <= {"done", "nothing to do"}, "they may share the revisions"
    assert rows(url, "SELECT count(*) FROM alembic_version") == [(1,)]


def test_the_driver_is_left_as_it_was_for_the_callers_connection(tmp_path: Path) -> None:
    """A connection that the caller shares works as before when the migrations are over."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    folder = native_project(tmp_path / "p", "sqlite://", linear("aaaa"))
    with engine.connect() as connection:
        assert Project.load(folder, connection=connection).upgrade().after == ("aaaa",)
        connection.execute(sa.text("INSERT INTO t_aaaa VALUES (1)"))
        connection.rollback()
        assert connection.execute(sa.text("SELECT count(*) FROM t_aaaa")).scalar() == 0


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+aiosqlite"])
def test_the_drivers_own_connection_is_given_out_without_a_transaction(driver: str, tmp_path: Path) -> None:
    """A pragma sent through it would be ignored inside of one; the next revision has its transaction again."""
    pragma = "cursor = op.get_bind().connection.cursor()\ncursor.execute('PRAGMA foreign_keys=ON')"
    taken = f"{pragma}\nassert op.get_bind().exec_driver_sql('PRAGMA foreign_keys').scalar() == 1"
    broken = "op.create_table('half', sa.Column('x', sa.Integer))\nraise ValueError"
    revisions = [Rev("aaaa", upgrade=taken), Rev("bbbb", "aaaa", upgrade=broken)]
    folder = native_project(tmp_path / "p", f"{driver}:///{tmp_path / 'app.db'}", revisions)
    with pytest.raises(errors.MigrationFailed) as failed:
        Project.load(folder).upgrade()
    assert "bbbb" in failed.value.what
    assert tables(f"sqlite:///{tmp_path / 'app.db'}") == {"alembic_version"}
