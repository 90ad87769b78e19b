"""Rows move whatever the connection is: env.py's, the caller's, one that others want, one without transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from snapshot.projects import execute, project
from support.databases import ASYNC, rows, through
from support.projects import Rev, alembic_project
from whimbrel import Project, errors, events

MakeDatabase = Callable[[str], str]
TABLE = "CREATE TABLE a (id INTEGER PRIMARY KEY, name VARCHAR(20))"
ROWS = "INSERT INTO a VALUES (1, 'one'), (2, NULL)"


@pytest.mark.parametrize("template", ["generic", "async"])
def test_a_project_with_an_env_py_moves_its_rows(template: str, kind: str, url: str, tmp_path: Path) -> None:
    through_driver = through(url, ASYNC[kind]) if template == "async" else url
    revision = Rev("aaaa", upgrade=f'op.execute("{TABLE}")')
    folder = alembic_project(tmp_path / "p", through_driver, [revision], template=template)
    shop = Project.load(folder, config=folder / "alembic.ini")
    shop.upgrade()
    execute(url, ROWS)
    shop.dump(tmp_path / "a.whimbrel")
    shop.clean(confirm="main")
    assert rows(url, "SELECT count(*) FROM a") == [(0,)]
    assert shop.restore(tmp_path / "a.whimbrel").rows == 2
    assert rows(url, "SELECT id, name FROM a ORDER BY id") == [(1, "one"), (2, None)]


def test_a_transaction_of_the_callers_stays_the_callers(kind: str, url: str, tmp_path: Path) -> None:
    shop = project(tmp_path / "p", url, TABLE)
    execute(url, ROWS)
    shop.dump(tmp_path / "a.whimbrel")
    shop.clean(confirm="main")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("UPDATE a SET name = 'none of them' WHERE id = 0"))
        mine = Project.load(tmp_path / "p", connection=connection)
        mine.restore(tmp_path / "a.whimbrel")
        assert connection.execute(sa.text("SELECT count(*) FROM a")).scalar() == 2
        connection.rollback()
    assert rows(url, "SELECT count(*) FROM a") == [(0,)]


def test_nobody_migrates_meanwhile(url: str, tmp_path: Path) -> None:
    shop = project(tmp_path / "p", url, TABLE)
    execute(url, ROWS)
    shop.dump(tmp_path / "a.whimbrel")
    refused: list[BaseException | None] = []

    def migrate(event: object) -> None:
        if isinstance(event, events.RowsMoved) and event.what == "load":
            with ThreadPoolExecutor() as pool:
                other = Project.load(tmp_path / "p")
                refused.append(pool.submit(lambda: other.upgrade("bbbb", lock_wait=0)).exception())

    Project.load(tmp_path / "p", listener=migrate).restore(tmp_path / "a.whimbrel", replace=True)
    assert [type(one) for one in refused] == [errors.LockBusy]
    assert shop.current() == ("aaaa",)


def test_a_table_without_transactions_is_named_when_something_fails(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    tables = (f"{TABLE} ENGINE=MyISAM", "CREATE TABLE b (id INTEGER PRIMARY KEY, n INTEGER)")
    url = make_database("mariadb")
    first = project(tmp_path / "p", url, *tables)
    execute(url, ROWS, "INSERT INTO b VALUES (1, 7)")
    first.dump(tmp_path / "a.whimbrel")
    other = make_database("mariadb")
    second = project(tmp_path / "q", other, *tables)
    execute(other, "ALTER TABLE b ADD CHECK (n < 5)")
    with pytest.raises(errors.RowsRefused) as failure:
        second.restore(tmp_path / "a.whimbrel")
    assert failure.value.state == "rolled back, but for tables without transactions: a"
    assert rows(other, "SELECT count(*) FROM a") == [(2,)], "what is said is so"


def test_who_waits_for_somebody_else_can_be_stopped(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    project(tmp_path / "p", url, TABLE).dump(tmp_path / "a.whimbrel")

    def stop(event: object) -> None:
        if isinstance(event, events.Waiting):
            waiting.interruption.request()

    waiting = Project.load(tmp_path / "p", listener=stop)
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(errors.Interrupted) as failure:
            waiting.restore(tmp_path / "a.whimbrel", replace=True)
    assert str(failure.value.state).startswith("nothing was changed")
