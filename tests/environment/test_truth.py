"""What env.py files and revisions do to hide a failure, or to look like one: "done" stays true."""

from __future__ import annotations

import os
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.cli import alembic, whimbrel
from support.databases import rows, tables, version_rows
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import Project, errors

MakeDatabase = Callable[[str], str]
CONFIGURE = "context.configure(\n            connection=connection, target_metadata=target_metadata\n        )\n"
ONLINE = "with context.begin_transaction():\n            context.run_migrations()"


def edited(folder: Path, before: str, after: str) -> Path:
    env = folder / "alembic" / "env.py"
    assert before in env.read_text()
    env.write_text(env.read_text().replace(before, after, 1))
    return folder


def test_foreign_keys_that_a_revision_switches_off_are_off(tmp_path: Path) -> None:
    """SQLite ignores the pragma inside of a transaction; the rebuild of the parent would delete the children."""
    rebuild = (
        "op.execute('PRAGMA foreign_keys=OFF')\n"
        "with op.batch_alter_table('parent', recreate='always') as batch:\n"
        "    batch.add_column(sa.Column('note', sa.String(9)))\n"
        "op.execute('PRAGMA foreign_keys=ON')"
    )
    first = (
        "op.execute('CREATE TABLE parent (id INTEGER PRIMARY KEY)')\n"
        "op.execute('CREATE TABLE child (id INTEGER PRIMARY KEY, p REFERENCES parent ON DELETE CASCADE)')\n"
        "op.execute('INSERT INTO parent VALUES (1)')\nop.execute('INSERT INTO child VALUES (1, 1), (2, 1)')"
    )
    for name, tool in (("stock", alembic), ("ours", whimbrel)):
        url = f"sqlite:///{tmp_path / name}.db"
        folder = alembic_project(
            tmp_path / name, url, [Rev("aaaa", upgrade=first), Rev("bbbb", "aaaa", upgrade=rebuild)]
        )
        pragma = (
            "import sqlalchemy\n    sqlalchemy.event.listen("
            "connectable, 'connect', lambda c, _: c.execute('PRAGMA foreign_keys=ON'))\n    with connectable.connect()"
        )
        edited(folder, "with connectable.connect()", pragma)
        tool("upgrade", "head", cwd=folder).ok()
        assert rows(url, "SELECT count(*) FROM child") == [(2,)], name


def test_foreign_keys_that_env_py_has_switched_off_stay_off_in_its_own_transactions(tmp_path: Path) -> None:
    """The engine begins by itself, so SQLite ignores what the revision says; it rebuilds a parent behind its `ON`."""
    first = (
        "op.execute('CREATE TABLE parent (id INTEGER PRIMARY KEY)')\n"
        "op.execute('CREATE TABLE child (id INTEGER PRIMARY KEY, p REFERENCES parent ON DELETE CASCADE)')\n"
        "op.execute('INSERT INTO parent VALUES (1)')\nop.execute('INSERT INTO child VALUES (1, 1), (2, 1)')"
    )
    rebuild = (
        "op.execute('PRAGMA foreign_keys=OFF')\n"
        "op.create_table('other', sa.Column('id', sa.Integer))\n"
        "op.execute('PRAGMA foreign_keys=ON')\n"
        "with op.batch_alter_table('parent', recreate='always') as batch:\n"
        "    batch.add_column(sa.Column('note', sa.String(9)))"
    )
    begins = """
    import sqlalchemy
    @sqlalchemy.event.listens_for(connectable, "connect")
    def connected(driver, record):
        driver.isolation_level = None
        driver.execute("PRAGMA foreign_keys = ON")
    @sqlalchemy.event.listens_for(connectable, "begin")
    def begun(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    with connectable.connect()"""
    switches = """
        for statement in ("COMMIT", "PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE"):
            context.execute(statement)
        with context.begin_transaction():
            context.run_migrations()
        context.execute("COMMIT")

if context.is_offline"""
    for name, tool in (("stock", alembic), ("ours", whimbrel)):
        url = f"sqlite:///{tmp_path / name}.db"
        history = [Rev("aaaa", upgrade=first), Rev("bbbb", "aaaa", upgrade=rebuild)]
        folder = edited(alembic_project(tmp_path / name, url, history), "    with connectable.connect()", begins)
        online = "\n        with context.begin_transaction():\n            context.run_migrations()\n\n\nif context.is_offline"
        edited(folder, online, switches)
        tool("upgrade", "head", cwd=folder).ok()
        assert rows(url, "SELECT count(*) FROM child") == [(2,)], name


@pytest.mark.parametrize("statement", ["VACUUM", "PRAGMA journal_mode=WAL"])
def test_statements_that_sqlite_runs_only_outside_of_a_transaction_run(statement: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'app.db'}"
    folder = native_project(
        tmp_path / "p", url, [Rev("aaaa", upgrade=f"op.execute('{statement}')"), Rev("bbbb", "aaaa")]
    )
    assert Project.load(folder).upgrade().after == ("bbbb",)


def test_an_env_py_that_never_commits_nor_closes_is_an_error(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("postgresql")
    folder = alembic_project(tmp_path / "p", url, linear("aaaa"))
    edited(
        folder,
        "with connectable.connect() as connection:\n",
        "connection = connectable.connect()\n    connection.exec_driver_sql('SELECT 1')\n    if True:\n",
    )
    result = whimbrel("upgrade", cwd=folder)
    assert (result.code, version_rows(url)) == (3, set())
    assert "error[WB403]" in result.err


@pytest.mark.parametrize("swallowed", ["Exception", "BaseException"])
def test_an_env_py_that_swallows_a_failure_does_not_hide_it(swallowed: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'app.db'}"
    folder = alembic_project(
        tmp_path / "p", url, [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade="raise ValueError('boom')")]
    )
    edited(
        folder,
        ONLINE,
        f"try:\n            with context.begin_transaction():\n                context.run_migrations()\n        except {swallowed}:\n            pass",
    )
    result = whimbrel("upgrade", cwd=folder)
    assert result.code == 3
    assert "error[WB402]: revision bbbb failed" in result.err


def test_a_revision_that_exits_the_program_has_failed(tmp_path: Path) -> None:
    folder = native_project(
        tmp_path / "p", "sqlite:///app.db", [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade="raise SystemExit")]
    )
    result = whimbrel("upgrade", cwd=folder)
    assert result.code == 3
    assert "error[WB402]: revision bbbb failed" in result.err


@pytest.mark.parametrize("redirection", ["2>&-", ">&-", "2> >(true)"])
def test_nobody_listening_does_not_stop_a_migration(redirection: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'app.db'}"
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb", "cccc"))
    command = f"{shlex.quote(sys.executable)} -m whimbrel upgrade {redirection}"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}  # a user has none
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, timeout=60)
    assert done.returncode == 0
    assert version_rows(url) == {"cccc"}


def test_a_failure_in_the_callers_transaction_neither_waits_for_it_nor_ends_it(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    folder = native_project(tmp_path / "p", "sqlite://", [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade="raise ValueError")])
    engine = sa.create_engine(make_database("postgresql"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE mine (x INTEGER)")
        connection.exec_driver_sql("LOCK TABLE mine IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(errors.MigrationFailed) as failed:
            Project.load(folder, connection=connection).upgrade()
        assert "still open" in str(failed.value.state)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM mine").scalar() == 0


def test_the_only_connection_of_a_pool_is_left_open_and_in_its_transaction(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite://", [Rev("aaaa", upgrade="raise ValueError")])
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE mine (x)")
        connection.exec_driver_sql("INSERT INTO mine VALUES (1)")
        with pytest.raises(errors.MigrationFailed):
            Project.load(folder, connection=connection).upgrade()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM mine").scalar() == 1


def test_a_second_connection_of_one_env_py_has_its_transactions_too(tmp_path: Path) -> None:
    """CPython gives the id of a connection that is gone to the next one."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    revisions = [
        Rev("aaaa"),
        Rev("bbbb", "aaaa", upgrade="op.create_table('half', sa.Column('x', sa.Integer))\nraise ValueError"),
    ]
    folder = alembic_project(tmp_path / "p", url, revisions)
    first = "with connectable.connect() as connection:\n        context.configure(connection=connection)\n        context.get_context().get_current_revision()\n    del connection\n    with connectable.connect()"
    edited(folder, "with connectable.connect()", first)
    assert whimbrel("upgrade", cwd=folder).code == 3
    assert (version_rows(url), "half" in tables(url)) == ({"aaaa"}, False)


def test_sqlalchemys_own_recipe_for_sqlite_transactions_goes_on_working(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'app.db'}"
    folder = alembic_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    recipe = (
        "import sqlalchemy\n    sqlalchemy.event.listen(connectable, 'connect', lambda c, _: setattr(c, 'isolation_level', None))\n"
        "    sqlalchemy.event.listen(connectable, 'begin', lambda c: c.exec_driver_sql('BEGIN'))\n    with connectable.connect()"
    )
    edited(folder, "with connectable.connect()", recipe)
    whimbrel("upgrade", cwd=folder).ok()
    assert version_rows(url) == {"bbbb"}


def test_a_transaction_that_env_py_begins_itself_is_env_pys(kind: str, url: str, tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    edited(
        folder, ONLINE, "with connection.begin(), context.begin_transaction():\n            context.run_migrations()"
    )
    whimbrel("upgrade", cwd=folder).ok()
    assert version_rows(url) == {"bbbb"}


def test_the_role_that_env_py_takes_is_taken_to_verify(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("postgresql")
    name = sa.make_url(url).database
    folder = alembic_project(tmp_path / "p", url.replace("postgres@", f"login_{name}@"), linear("aaaa"))
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE owner_{name}")
        connection.exec_driver_sql(f"CREATE ROLE login_{name} LOGIN NOINHERIT IN ROLE owner_{name}")
        connection.exec_driver_sql(f"CREATE SCHEMA app AUTHORIZATION owner_{name}")
        try:
            taken = f"connection.exec_driver_sql('SET ROLE owner_{name}')\n        connection.exec_driver_sql('SET search_path TO app')\n        connection.commit()\n        context.configure("
            edited(
                folder,
                "        context.configure(\n            connection",
                "        " + taken + "\n            connection",
            )
            assert "verified" in whimbrel("upgrade", cwd=folder).ok().out
        finally:
            connection.exec_driver_sql("DROP SCHEMA app CASCADE")
            connection.exec_driver_sql(f"DROP OWNED BY login_{name}, owner_{name}")
            connection.exec_driver_sql(f"DROP ROLE login_{name}, owner_{name}")


def test_a_callers_sqlite_connection_keeps_none_of_our_listeners(tmp_path: Path) -> None:
    database = tmp_path / "app.db"
    engine = sa.create_engine(f"sqlite:///{database}", poolclass=sa.NullPool)
    folder = native_project(tmp_path / "p", "sqlite://", linear("aaaa"))
    with engine.connect() as connection:
        Project.load(folder, connection=connection).upgrade()
        assert type(connection) is sa.Connection
        connection.exec_driver_sql("SELECT 1")
        other = sqlite3.connect(database, timeout=0)
        other.execute("BEGIN IMMEDIATE")  # a SELECT of the caller's takes no write lock
        other.close()


def test_ctrl_c_passes_through_the_library_with_the_state(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa", upgrade="raise KeyboardInterrupt")])
    with pytest.raises(KeyboardInterrupt) as stopped:
        Project.load(folder).upgrade()
    assert isinstance(stopped.value.args[0], errors.Interrupted)
    assert stopped.value.args[0].state is not None


def test_ctrl_c_is_one_also_where_a_driver_s_error_has_taken_its_place(tmp_path: Path) -> None:
    """A connection that was interrupted in the middle of an answer refuses to be rolled back."""
    folder = alembic_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    lost = (
        "try:\n                raise KeyboardInterrupt\n            finally:\n"
        "                raise sqlalchemy.exc.InterfaceError('ROLLBACK', None, Exception('(0)'))"
    )
    edited(folder, ONLINE, f"import sqlalchemy\n        with context.begin_transaction():\n            {lost}")
    result = whimbrel("upgrade", cwd=folder)
    assert result.code == 130
    assert result.err.splitlines()[0] == "error[WB409]: interrupted"


@pytest.mark.parametrize("command", ["verify", "drift"])
def test_an_interrupted_replay_says_nothing_of_the_configured_database(command: str, url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    project = Project.load(folder)
    project.upgrade("bbbb")
    file = folder / "migrations" / "versions" / "bbbb_.py"
    file.write_text(file.read_text().replace("def upgrade():", "def upgrade():\n    raise KeyboardInterrupt\n"))
    with pytest.raises(KeyboardInterrupt) as stopped:
        getattr(Project.load(folder), command)()
    told = stopped.value.args[0]
    assert told.what == "interrupted while bbbb ran on a scratch database"
    assert (told.where, told.state) == (None, "only a scratch database was changed")
    assert told.hint == "run the same command again"


@pytest.mark.parametrize("statement", [
    "ALTER ROLE nobody_at_all WITH PASSWORD 'hunter''2secret'", "CREATE USER x IDENTIFIED BY 'hunter2secret' NONSENSE",
    "CREATE USER x IDENTIFIED WITH native BY 'hunter2secret' NONSENSE", "SET PASSWORD = 'hunter2secret' NONSENSE",
])  # fmt: skip
def test_a_password_in_a_statement_that_fails_is_not_shown(statement: str, url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=f"op.execute({statement!r})")])
    with pytest.raises(errors.MigrationFailed) as failed:
        Project.load(folder).upgrade()
    told = "\n".join(failed.value.lines())
    assert "'***'" in told
    assert "2secret" not in told
