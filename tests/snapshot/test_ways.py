"""Rows move whatever the connection is: env.py's, the caller's, one that others want, one without transactions."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
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


SETTINGS = "SELECT @@SESSION.foreign_key_checks, @@SESSION.sql_mode, @@SESSION.time_zone"
TRIGGER = "CREATE TRIGGER no_delete BEFORE DELETE ON b FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'"


@pytest.mark.parametrize("checks", [0, 1])
@pytest.mark.parametrize("refused", ["restore", "clean", "drop", "none"])
def test_a_session_of_mariadb_is_left_as_it_was(
    checks: int, refused: str, make_database: MakeDatabase, tmp_path: Path
) -> None:
    url = make_database("mariadb")
    tree = "CREATE TABLE b (id INTEGER PRIMARY KEY, up INTEGER, FOREIGN KEY (up) REFERENCES b (id))"
    shop = project(tmp_path / "p", url, tree, "CREATE VIEW v AS SELECT id FROM b")
    execute(url, "INSERT INTO b VALUES (1, NULL), (2, 1)", *([TRIGGER] if refused == "clean" else []))
    shop.dump(tmp_path / "a.whimbrel")
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SET SESSION foreign_key_checks = {checks}, time_zone = '-01:00'")
        connection.commit()
        before = connection.exec_driver_sql(SETTINGS).all()
        connection.rollback()
        mine = Project.load(tmp_path / "p", connection=connection)
        if refused == "restore":
            with pytest.raises(errors.NotEmpty):
                mine.restore(tmp_path / "a.whimbrel")
        elif refused == "clean":
            with pytest.raises(errors.RowsRefused):
                mine.clean(confirm="main")
        elif refused == "drop":
            with _failing(engine, "DROP TABLE"), pytest.raises(errors.RowsRefused):
                mine.clean(confirm="main", schema=True)
        else:
            mine.restore(tmp_path / "a.whimbrel", replace=True)
            mine.clean(confirm="main", schema=True)
        assert connection.exec_driver_sql(SETTINGS).all() == before
    engine.dispose()


@contextmanager
def _failing(engine: sa.Engine, begin: str) -> Iterator[None]:
    """Have the server refuse the first statement that begins so."""

    def refuse(*given: object) -> tuple[object, object]:
        _, _, statement, parameters, *_ = given
        return ("DROP TABLE `there is none`" if str(statement).startswith(begin) else statement), parameters

    sa.event.listen(engine, "before_cursor_execute", refuse, retval=True)
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", refuse)


def test_rows_that_refer_to_none_are_refused_by_a_session_that_looks_at_no_keys(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    url = make_database("mariadb")
    shop = project(
        tmp_path / "p",
        url,
        "CREATE TABLE b (id INTEGER PRIMARY KEY)",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, b_id INTEGER, FOREIGN KEY (b_id) REFERENCES b (id))",
    )
    execute(url, "SET SESSION foreign_key_checks = 0", "INSERT INTO c VALUES (1, 7)")
    shop.dump(tmp_path / "a.whimbrel")
    execute(url, "DELETE FROM c")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
        connection.commit()
        with pytest.raises(errors.RowsRefused):
            Project.load(tmp_path / "p", connection=connection).restore(tmp_path / "a.whimbrel")
    assert rows(url, "SELECT count(*) FROM c") == [(0,)]


def test_rows_that_a_policy_hides_are_neither_missed_nor_removed(make_database: MakeDatabase, tmp_path: Path) -> None:
    url, role = make_database("postgresql"), f"wbtest_owner_{os.getpid()}"
    shop = project(tmp_path / "p", url, TABLE)
    execute(url, ROWS, "CREATE POLICY own ON a USING (name = 'one')", "ALTER TABLE a ENABLE ROW LEVEL SECURITY")
    shop.dump(tmp_path / "all.whimbrel")  # a superuser is above policies
    execute(url, f"CREATE ROLE {role}", f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    try:
        execute(url, f"ALTER TABLE a OWNER TO {role}", "ALTER TABLE a FORCE ROW LEVEL SECURITY")
        as_role = f"{url}{'&' if '?' in url else '?'}options=-c%20role%3D{role}"
        assert rows(as_role, "SELECT id FROM a") == [(1,)]
        owner = Project.load(tmp_path / "p", url=as_role)
        refused: dict[Callable[[], object], type[errors.WhimbrelError]] = {
            owner.row_counts: errors.DumpFailed,
            lambda: owner.dump(tmp_path / "a.whimbrel"): errors.DumpFailed,
            lambda: owner.clean(confirm="main"): errors.RowsRefused,
            lambda: owner.clean(confirm="main", schema=True): errors.RowsRefused,
            lambda: owner.restore(tmp_path / "all.whimbrel", replace=True): errors.RowsRefused,
        }
        for call, error in refused.items():
            with pytest.raises(error) as refusal:
                call()
            assert "row-level security policy" in (refusal.value.why or "")
            assert "BYPASSRLS" in (refusal.value.hint or "")
        assert not (tmp_path / "a.whimbrel").exists()
        assert rows(url, "SELECT id FROM a ORDER BY id") == [(1,), (2,)]
    finally:
        execute(url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
