"""Texts of several statements, and statements that do who knows what: what has committed is known, or asked about."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.crash import killed_upgrade
from support.databases import fresh_database, rows, tables, through, version_rows
from support.projects import Rev, native_project
from whimbrel import Project, errors

MakeDatabase = Callable[[str], str]
SEVERAL = "?client_flag=65536"  # the protocol's CLIENT_MULTI_STATEMENTS


def executed(url: str, *statements: str) -> None:
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[str]:
    with fresh_database("postgresql", tmp_path) as url:
        executed(url, "CREATE TABLE account (n int)", "INSERT INTO account VALUES (0)")
        yield url


@pytest.fixture
def mariadb(tmp_path: Path) -> Iterator[str]:
    with fresh_database("mariadb", tmp_path) as url:
        executed(url, "CREATE TABLE account (n int)", "INSERT INTO account VALUES (0)")
        yield url


def project_of(folder: Path, url: str, *upgrades: str) -> Project:
    names = ("aaaa", "bbbb", "cccc")[: len(upgrades)]
    parents = (None, *names)
    return Project.load(
        native_project(folder / "p", url, [Rev(*pair, upgrade=code) for *pair, code in zip(names, parents, upgrades)])
    )


def total(url: str) -> list[tuple[object, ...]]:
    return rows(url, "SELECT n FROM account")


def noted(url: str) -> list[tuple[object, ...]]:
    return rows(url, "SELECT summary, state FROM whimbrel_statement ORDER BY seq")


def in_block(statement: str) -> str:
    return f"with op.get_context().autocommit_block():\n    op.execute({statement!r})"


@contextmanager
def holding(url: str, statement: str, seconds: float) -> Iterator[None]:
    """Somebody who is in the way for some seconds."""
    ready = threading.Event()

    def hold() -> None:
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            connection.exec_driver_sql(statement)
            ready.set()
            threading.Event().wait(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    assert ready.wait(30)
    yield
    thread.join()


# -- several statements in one text ------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "SET LOCAL statement_timeout = '60s'; UPDATE account SET n = n + 100",
        "LOCK TABLE account; UPDATE account SET n = n + 100",
        "CREATE TEMP TABLE tmp (i int); UPDATE account SET n = n + 100",
    ],
)
def test_a_change_behind_something_harmless_is_noted_with_what_commits_it(
    postgresql: str, tmp_path: Path, text: str
) -> None:
    code = f"op.execute({text!r})\n{in_block('CREATE INDEX CONCURRENTLY ix ON account (n)')}\nop.execute('SELECT 4711')"
    project = project_of(tmp_path, postgresql, code)
    killed_upgrade(Path(project.database.root), "4711")
    project.upgrade()
    assert total(postgresql) == [(100,)]
    assert noted(postgresql) == []


@pytest.mark.parametrize(
    "text", ["BEGIN; UPDATE account SET n = n + 100; END;", "UPDATE account SET n = n + 100; COMMIT"]
)
def test_a_text_that_commits_is_not_executed_again_after_a_failure(postgresql: str, tmp_path: Path, text: str) -> None:
    project = project_of(tmp_path, postgresql, f"op.execute({text!r})\nraise RuntimeError('not yet')")
    for _ in range(2):
        with pytest.raises(errors.WhimbrelError) as failed:
            project.upgrade()
        assert "safe to run again" not in str(failed.value.state) or "noted" in str(failed.value.state)
    assert total(postgresql) == [(100,)]


def test_what_looks_like_a_comment_to_mysql_hides_no_commit_on_postgresql(postgresql: str, tmp_path: Path) -> None:
    executed(postgresql, "ALTER TABLE account ADD j jsonb")
    text = "UPDATE account SET j = j #- '{x}'; COMMIT; UPDATE account SET n = n + 100; COMMIT"
    project = project_of(tmp_path, postgresql, f"op.execute({text!r})\nop.execute('SELECT 4711')")
    killed_upgrade(Path(project.database.root), "4711")
    with pytest.raises(errors.NeedsDecision):
        project.upgrade()
    assert total(postgresql) == [(100,)]
    project.resolve("happened")
    project.upgrade()
    assert total(postgresql) == [(100,)]


@pytest.mark.parametrize("driver", ["mysql+asyncmy", "mysql+pymysql"])
def test_ddl_in_a_text_commits_what_is_before_it(mariadb: str, tmp_path: Path, driver: str) -> None:
    url = through(mariadb, driver) + (SEVERAL if driver == "mysql+pymysql" else "")
    text = "UPDATE account SET n = n + 100; ALTER TABLE account ADD c int"
    project = project_of(tmp_path, url, f"op.execute({text!r})\nop.execute('SELECT 4711')")
    killed_upgrade(Path(project.database.root), "4711")
    with pytest.raises(errors.NeedsDecision, match="UPDATE account; ALTER TABLE account"):
        project.upgrade()
    assert total(mariadb) == [(100,)]
    project.resolve("happened")
    assert project.upgrade().verified
    assert total(mariadb) == [(100,)]


@pytest.mark.parametrize("driver", ["mysql+asyncmy", "mysql+pymysql"])
def test_a_statement_of_a_text_that_the_server_refuses_is_an_error_and_its_values_are_not_told(
    mariadb: str, tmp_path: Path, driver: str, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLAlchemy has seen the first answer only, and written the second to its log."""
    executed(mariadb, "CREATE TABLE users (pw varchar(40) PRIMARY KEY)", "INSERT INTO users VALUES ('hunter2secret')")
    url = through(mariadb, driver) + (SEVERAL if driver == "mysql+pymysql" else "")
    code = (
        "op.get_bind().execute(sa.text('UPDATE account SET n = n + 1; INSERT INTO users VALUES (:pw)'), "
        "{'pw': 'hunter2secret'})"
    )
    project = project_of(tmp_path, url, code)
    with pytest.raises(errors.MigrationFailed) as failed:
        project.upgrade()
    assert "Duplicate entry" in str(failed.value.why)
    assert "hunter2secret" not in f"{failed.value} {caplog.text}"
    assert version_rows(mariadb) == set()
    assert total(mariadb) == [(0,)]


def test_rows_of_the_first_statement_of_a_text_are_there_for_the_revision(mariadb: str, tmp_path: Path) -> None:
    code = (
        "[[n]] = op.get_bind().exec_driver_sql('SELECT n FROM account; UPDATE account SET n = n + 7')\n"
        "op.execute(f'UPDATE account SET n = n + {n + 10}')"
    )
    project_of(tmp_path, mariadb + SEVERAL, code).upgrade()
    assert total(mariadb) == [(17,)]


# -- procedures, and what is like them -------------------------------------------------------------

ADD = "CREATE PROCEDURE add100() BEGIN UPDATE account SET n = n + 100; END"
OPAQUE = [
    "CALL add100()",
    "EXECUTE IMMEDIATE 'UPDATE account SET n = n + 100'",
    "BEGIN NOT ATOMIC UPDATE account SET n = n + 100; END",
]


@pytest.mark.parametrize("statement", OPAQUE)
def test_what_a_procedure_did_in_a_transaction_that_was_rolled_back_is_done_again(
    mariadb: str, tmp_path: Path, statement: str
) -> None:
    executed(mariadb, ADD)
    project = project_of(tmp_path, mariadb, f"op.execute({statement!r})\nraise RuntimeError('not yet')")
    with pytest.raises(errors.MigrationFailed):
        project.upgrade()
    assert total(mariadb) == [(0,)]
    assert noted(mariadb) == []
    [path] = (tmp_path / "p" / "migrations" / "versions").glob("aaaa*.py")
    path.write_text(path.read_text().replace("raise RuntimeError('not yet')", "pass"))
    Project.load(tmp_path / "p").upgrade()
    assert total(mariadb) == [(100,)]


@pytest.mark.parametrize("statement", OPAQUE)
def test_a_procedure_is_done_with_what_commits_it(mariadb: str, tmp_path: Path, statement: str) -> None:
    executed(mariadb, ADD)
    code = f"op.execute({statement!r})\nop.execute('CREATE TABLE made (i int)')\nop.execute('SELECT 4711')"
    project = project_of(tmp_path, mariadb, code)
    killed_upgrade(Path(project.database.root), "4711")
    project.upgrade()
    assert total(mariadb) == [(100,)]
    assert noted(mariadb) == []


def test_a_procedure_that_commits_in_its_middle_and_fails_is_asked_about(mariadb: str, tmp_path: Path) -> None:
    executed(
        mariadb,
        "CREATE PROCEDURE half() BEGIN UPDATE account SET n = n + 100; COMMIT; UPDATE nothing_such SET n = 1; END",
    )
    project = project_of(tmp_path, mariadb, "op.execute('CALL half()')")
    with pytest.raises(errors.MigrationFailed):
        project.upgrade()
    with pytest.raises(errors.NeedsDecision, match="CALL"):
        project.upgrade()
    assert total(mariadb) == [(100,)]


def test_a_procedure_that_did_not_get_a_lock_is_not_simply_called_again(mariadb: str, tmp_path: Path) -> None:
    """Only its last statement is rolled back."""
    executed(
        mariadb,
        "CREATE TABLE other (n int)",
        "INSERT INTO other VALUES (0)",
        "CREATE PROCEDURE both_of_them() BEGIN UPDATE account SET n = n + 100; UPDATE other SET n = 1; END",
    )
    project = project_of(
        tmp_path, mariadb + "?init_command=SET+innodb_lock_wait_timeout=1", "op.execute('CALL both_of_them()')"
    )
    with holding(mariadb, "UPDATE other SET n = 2", 2.5):
        project.upgrade()
    assert total(mariadb) == [(100,)]


def test_a_block_that_commits_its_half_is_not_tried_again_on_postgresql(postgresql: str, tmp_path: Path) -> None:
    executed(
        postgresql,
        "CREATE TABLE other (n int)",
        "INSERT INTO other VALUES (0)",
        "CREATE PROCEDURE backfill() LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE account SET n = n + 100; COMMIT; UPDATE other SET n = 1; END $$",
    )
    limited = postgresql + "?options=-c%20lock_timeout%3D300ms"
    project = project_of(tmp_path, limited, in_block("CALL backfill()"))
    with holding(postgresql, "UPDATE other SET n = 2", 1), pytest.raises(errors.WhimbrelError):
        project.upgrade()
    with pytest.raises(errors.NeedsDecision, match="CALL"):
        project.upgrade()
    assert total(postgresql) == [(100,)]


# -- concurrent indexes --------------------------------------------------------------------------


@pytest.mark.parametrize("exists", ["", "IF NOT EXISTS "])
def test_an_index_that_did_not_get_its_locks_is_built_anew(postgresql: str, tmp_path: Path, exists: str) -> None:
    limited = postgresql + "?options=-c%20lock_timeout%3D200ms"
    project = project_of(tmp_path, limited, in_block(f"CREATE INDEX CONCURRENTLY {exists}ix ON account (n)"))
    with holding(postgresql, "UPDATE account SET n = n", 1.5):
        project.upgrade()
    assert rows(postgresql, "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('ix')") == [(True,)]


def test_an_index_of_somebody_elses_that_is_invalid_is_not_taken_for_the_one_that_is_wanted(
    postgresql: str, tmp_path: Path
) -> None:
    executed(postgresql, "CREATE INDEX ix ON account (n)", "UPDATE pg_index SET indisvalid = false WHERE indexrelid = "
             "to_regclass('ix')")  # fmt: skip
    project = project_of(tmp_path, postgresql, in_block("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON account (n)"))
    with pytest.raises(errors.HalfDone, match="invalid"):
        project.upgrade()
    assert version_rows(postgresql) == set()


def test_a_human_who_says_that_an_index_was_not_built_gets_a_whole_one(postgresql: str, tmp_path: Path) -> None:
    executed(postgresql, "INSERT INTO account VALUES (0)")
    statement = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON account (n)"
    project = project_of(tmp_path, postgresql, in_block(statement))
    with pytest.raises(errors.MigrationFailed):
        project.upgrade()
    executed(postgresql, "DELETE FROM account WHERE ctid = (SELECT min(ctid) FROM account)")
    with pytest.raises(errors.NothingToResolve):
        project.resolve("did not happen")
    executed(postgresql, "UPDATE whimbrel_statement SET state = 'again'")
    project.upgrade()
    assert rows(postgresql, "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('ix')") == [(True,)]


# -- savepoints and refusals -----------------------------------------------------------------------

CAUGHT = """
try:
    with op.get_bind().begin_nested():
        op.execute("UPDATE account SET n = n + 1000")
        op.execute("UPDATE account SET nothing_such = 1")
except sa.exc.DBAPIError:
    pass
op.execute("UPDATE account SET n = n + 100")
"""


def test_what_was_refused_and_caught_is_not_mistaken_for_what_was_done(postgresql: str, tmp_path: Path) -> None:
    code = f"{CAUGHT.strip()}\n{in_block('CREATE INDEX CONCURRENTLY ix ON account (n)')}\nop.execute('SELECT 4711')"
    project = project_of(tmp_path, postgresql, code)
    killed_upgrade(Path(project.database.root), "4711")
    states = [state for _, state in noted(postgresql)]
    assert states == ["refused", "refused", "done", "started"]
    project.upgrade()
    assert total(postgresql) == [(100,)]


def test_what_was_rolled_back_to_a_savepoint_is_executed_if_the_revision_keeps_it_this_time(
    postgresql: str, tmp_path: Path
) -> None:
    executed(postgresql, "CREATE TABLE only_once (n int PRIMARY KEY)", "INSERT INTO only_once VALUES (1)")
    code = CAUGHT.replace("UPDATE account SET nothing_such = 1", "INSERT INTO only_once VALUES (1)").strip()
    code += f"\n{in_block('CREATE INDEX CONCURRENTLY ix ON account (n)')}\nop.execute('SELECT 4711')"
    project = project_of(tmp_path, postgresql, code)
    killed_upgrade(Path(project.database.root), "4711")
    assert total(postgresql) == [(100,)]
    executed(postgresql, "DELETE FROM only_once")
    project.upgrade()
    assert total(postgresql) == [(1100,)]


def test_a_rollback_of_the_revisions_own_takes_its_notes_back(postgresql: str, tmp_path: Path) -> None:
    code = (
        "op.execute('UPDATE account SET n = n + 1000')\nop.execute('ROLLBACK')\n"
        "op.execute('UPDATE account SET n = n + 100')\n"
        f"{in_block('CREATE INDEX CONCURRENTLY ix ON account (n)')}\nop.execute('SELECT 4711')"
    )
    project = project_of(tmp_path, postgresql, code)
    killed_upgrade(Path(project.database.root), "4711")
    project.upgrade()
    assert total(postgresql) == [(100,)]


# -- temporary tables, sessions ----------------------------------------------------------------------


def test_a_table_with_the_name_of_a_temporary_one_that_is_gone_is_an_ordinary_one(mariadb: str, tmp_path: Path) -> None:
    statements = [
        "CREATE TEMPORARY TABLE fix (i int)",
        "DROP TEMPORARY TABLE fix",
        "CREATE TABLE IF NOT EXISTS fix (i int)",
        "INSERT INTO fix VALUES (1)",
        "CREATE TABLE made (i int)",
        "SELECT 4711",
    ]
    project = project_of(tmp_path, mariadb, "\n".join(f"op.execute({one!r})" for one in statements))
    killed_upgrade(Path(project.database.root), "4711")
    project.upgrade()
    assert rows(mariadb, "SELECT i FROM fix") == [(1,)]


def test_a_driver_that_was_told_to_commit_each_statement_is_noticed(mariadb: str, tmp_path: Path) -> None:
    statements = ["UPDATE account SET n = n + 100", "SELECT 4711", "UPDATE account SET n = n + 1"]
    code = "\n".join(f"op.execute({one!r})" for one in statements)
    project = project_of(tmp_path, mariadb + "?autocommit=true", code)
    killed_upgrade(Path(project.database.root), "4711")
    assert total(mariadb) == [(100,)]
    project.upgrade()
    assert total(mariadb) == [(101,)]


def test_a_table_that_was_made_and_is_gone_is_missed_whatever_others_are_called(mariadb: str, tmp_path: Path) -> None:
    code = "op.execute('CREATE TABLE t (i int)')\nop.execute('CREATE TABLE t2 (i int)')\nop.execute('SELECT 4711')"
    project = project_of(tmp_path, mariadb, code)
    killed_upgrade(Path(project.database.root), "4711")
    executed(mariadb, "DROP TABLE t")
    with pytest.raises(errors.NeedsDecision, match="CREATE TABLE t"):
        project.upgrade()
    assert "t" not in tables(mariadb)


@pytest.mark.parametrize(
    ("kind", "switch"),
    [("postgresql", "SET search_path TO elsewhere"), ("mariadb", "USE {elsewhere}")],
)
def test_a_revision_may_look_up_names_elsewhere(kind: str, switch: str, tmp_path: Path) -> None:
    with fresh_database(kind, tmp_path) as url, fresh_database("mariadb", tmp_path) as other:
        here, elsewhere = sa.make_url(url).database, sa.make_url(other).database
        if kind == "postgresql":
            executed(url, "CREATE SCHEMA elsewhere")
            back, commits = "SET search_path TO public", in_block("CREATE TABLE made (i int)")
        else:
            back, commits = f"USE {here}", "op.execute('CREATE TABLE made (i int)')"
        switched = switch.format(elsewhere=elsewhere)
        code = f"{in_block(switched)}\n{commits}\n{in_block(back)}"
        assert project_of(tmp_path, url, code).upgrade().verified


@pytest.mark.parametrize("kind", ["postgresql"])
def test_waiting_is_limited_behind_a_commit_in_the_middle_too(kind: str, postgresql: str, tmp_path: Path) -> None:
    asks = "[[limit]] = op.get_bind().exec_driver_sql('SHOW lock_timeout')\nassert limit == '700ms', limit"
    code = f"{in_block('CREATE INDEX CONCURRENTLY ix ON account (n)')}\n{asks}"
    project_of(tmp_path, postgresql, code).upgrade(lock_timeout=0.7)


def test_what_the_drivers_own_connection_has_committed_is_asked_about(postgresql: str, tmp_path: Path) -> None:
    code = (
        "driver = op.get_bind().connection\ncursor = driver.cursor()\n"
        "cursor.execute('UPDATE account SET n = n + 100')\ndriver.commit()\nraise RuntimeError('not yet')"
    )
    project = project_of(tmp_path, postgresql, code)
    with pytest.raises(errors.MigrationFailed):
        project.upgrade()
    for _ in range(2):
        with pytest.raises(errors.NeedsDecision, match="the driver's own connection"):
            project.upgrade()
    assert total(postgresql) == [(100,)]


def test_what_the_drivers_own_connection_has_not_committed_is_simply_done_again(
    postgresql: str, tmp_path: Path
) -> None:
    code = (
        "cursor = op.get_bind().connection.cursor()\ncursor.execute('UPDATE account SET n = n + 100')\n"
        "raise RuntimeError('not yet')"
    )
    project = project_of(tmp_path, postgresql, code)
    for _ in range(2):
        with pytest.raises(errors.MigrationFailed, match="not yet"):
            project.upgrade()
    assert total(postgresql) == [(0,)]


# -- what the journal keeps ------------------------------------------------------------------------


def test_rows_that_an_update_returns_are_not_kept(postgresql: str, tmp_path: Path) -> None:
    code = (
        "update = sa.text('UPDATE account SET n = CAST(:pin AS integer) RETURNING n')\n"
        "op.get_bind().execute(update, {'pin': '47110815'})\n"
        f"{in_block('CREATE INDEX CONCURRENTLY ix ON account (n)')}\nop.execute('SELECT 4711 AS it')"
    )
    project = project_of(tmp_path, postgresql, code)
    killed_upgrade(Path(project.database.root), "4711 AS it")
    assert "47110815" not in str(rows(postgresql, "SELECT * FROM whimbrel_statement"))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_binary_values_and_sets_of_json_are_known_again(kind: str, url: str, tmp_path: Path) -> None:
    code = (
        "t = op.create_table('blobs', sa.Column('b', sa.LargeBinary), sa.Column('j', sa.JSON))\n"
        "op.bulk_insert(t, [{'b': b'\\x00\\x01', 'j': {'a': [1, 2]}}])\n"
    )
    commits = {
        "sqlite": "op.execute('PRAGMA foreign_keys = ON')",
        "postgresql": in_block("CREATE INDEX CONCURRENTLY ix ON blobs (b)"),
        "mariadb": "op.execute('CREATE TABLE made (i int)')",
    }
    project = project_of(tmp_path, url, f"{code}{commits[kind]}\nop.execute('SELECT 4711')")
    killed_upgrade(Path(project.database.root), "4711")
    project.upgrade()
    assert rows(url, "SELECT count(*) FROM blobs") == [(1,)]


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.parametrize("words", ["bad byte \\0 in it", "x" * 70_000], ids=["NUL", "long"])
def test_an_error_that_no_database_could_hold_is_told_all_the_same(
    kind: str, url: str, tmp_path: Path, words: str
) -> None:
    project = project_of(tmp_path, url, f'raise ValueError("{words}")')
    with pytest.raises(errors.MigrationFailed) as failed:
        project.upgrade()
    assert words[:8] in str(failed.value.why)
    assert rows(url, "SELECT state FROM whimbrel_attempt") == [("failed",)]
