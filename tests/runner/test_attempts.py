"""The rows that a run leaves in the journal: of what is done, of what has failed, of what has crashed."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.crash import killed_upgrade
from support.databases import SERVERS, rows, tables, version_rows
from support.journal import running_here, write_journal
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import Project, errors
from whimbrel.events import Event, Notice
from whimbrel.history.checksum import checksum
from whimbrel.journal import Attempt
from whimbrel.journal.book import now

COLUMNS = ", ".join(Attempt._fields)


def attempts(url: str) -> list[Attempt]:
    return [Attempt(*row) for row in rows(url, f"SELECT {COLUMNS} FROM whimbrel_attempt ORDER BY started_at, number")]


def has_journal(url: str) -> bool:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        return sa.inspect(connection).has_table("whimbrel_attempt")


# -- done ----------------------------------------------------------------------------------------


def test_what_is_done_is_told_in_full(url: str, kind: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    Project.load(folder).upgrade()
    first, second = attempts(url)
    assert (first.revision, first.direction, first.state) == ("aaaa", "upgrade", "done")
    assert (first.from_heads, first.to_heads) == ("", "aaaa")
    assert (second.from_heads, second.to_heads) == ("aaaa", "bbbb")
    assert first.run == second.run
    assert (first.number, second.number) == (1, 2)
    assert first.ended_at is not None
    assert first.started_at <= min(first.ended_at, second.started_at)
    path = folder / "migrations" / "versions" / "aaaa_.py"
    assert (first.file, first.file_sha256) == (path.name, checksum(str(path)).raw)
    assert first.code_sha256 == checksum(str(path)).code
    assert (first.host, first.pid) == (socket.gethostname(), os.getpid())
    assert first.tools.startswith("whimbrel ")
    assert first.application == "whimbrel upgrade"
    assert first.db_user == sa.make_url(url).username
    assert (first.session == str(os.getpid())) == (kind == "sqlite")
    assert first.error is None


def test_a_downgrade_and_each_run_have_their_own(url: str, tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", url, linear("aaaa", "bbbb")))
    project.upgrade()
    project.downgrade("base")
    project.upgrade("aaaa")
    assert [(one.revision, one.direction, one.from_heads, one.to_heads) for one in attempts(url)] == [
        ("aaaa", "upgrade", "", "aaaa"),
        ("bbbb", "upgrade", "aaaa", "bbbb"),
        ("bbbb", "downgrade", "bbbb", "aaaa"),
        ("aaaa", "downgrade", "aaaa", ""),
        ("aaaa", "upgrade", "", "aaaa"),
    ]
    assert len({one.run for one in attempts(url)}) == 3


def test_a_merge_ends_at_one_head_and_begins_at_two(url: str, tmp_path: Path) -> None:
    revisions = [Rev("aaaa"), Rev("bbbb"), Rev("cccc", ("aaaa", "bbbb"))]
    Project.load(native_project(tmp_path / "p", url, revisions)).upgrade()
    last = attempts(url)[-1]
    assert (last.revision, last.from_heads, last.to_heads) == ("cccc", "aaaa bbbb", "cccc")


# -- failed --------------------------------------------------------------------------------------


def test_what_has_failed_says_why_without_values(url: str, tmp_path: Path) -> None:
    code = "op.get_bind().execute(sa.text('INSERT INTO nothing_such VALUES (:x)'), {'x': 'hunter2secret'})"
    project = Project.load(native_project(tmp_path / "p", url, [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade=code)]))
    with pytest.raises(errors.MigrationFailed):
        project.upgrade()
    done, failed = attempts(url)
    assert (done.state, failed.state) == ("done", "failed")
    assert (failed.revision, failed.from_heads, failed.to_heads) == ("bbbb", "aaaa", None)
    assert failed.ended_at is not None
    assert "nothing_such" in str(failed.error)
    assert "hunter2secret" not in str(rows(url, "SELECT * FROM whimbrel_attempt"))
    assert "hunter2secret" not in str(rows(url, "SELECT * FROM whimbrel_statement"))


def test_a_second_try_is_a_second_attempt(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade="raise RuntimeError('not yet')")])
    with pytest.raises(errors.MigrationFailed):
        Project.load(folder).upgrade()
    path = folder / "migrations" / "versions" / "aaaa_.py"
    path.write_text(path.read_text().replace("raise RuntimeError('not yet')", "pass"))
    Project.load(folder).upgrade()
    assert [(one.state, one.number) for one in attempts(url)] == [("failed", 1), ("done", 1)]
    assert "not yet" in str(attempts(url)[0].error)


# -- crashed -------------------------------------------------------------------------------------


def test_a_process_that_was_killed_is_found_by_the_next_run(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    killed_upgrade(folder, "t_bbbb")
    assert [one.state for one in attempts(url)] == ["done", "running"]
    Project.load(folder).upgrade()
    crashed, again = attempts(url)[1:]
    assert [(one.revision, one.state) for one in (crashed, again)] == [("bbbb", "crashed"), ("bbbb", "done")]
    assert crashed.pid != again.pid == os.getpid()
    assert crashed.run != again.run
    assert crashed.to_heads is None
    assert version_rows(url) == {"bbbb"}


def test_a_process_that_was_killed_behind_its_last_revision_has_done_it(url: str, tmp_path: Path) -> None:
    """The row of the version table and the end of the attempt are one transaction."""
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    killed_upgrade(folder, "t_bbbb", after=True)
    assert version_rows(url) == {"aaaa"}
    Project.load(folder).upgrade()
    assert [one.state for one in attempts(url) if one.revision == "bbbb"] == ["crashed", "done"]
    assert {"t_aaaa", "t_bbbb"} <= tables(url)


def test_an_attempt_of_a_process_that_lives_is_left_alone_on_sqlite(tmp_path: Path) -> None:
    """There a lock is held for one revision at a time, so another run may stand between two of its own."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    write_journal(url, [running_here(revision="zzzz", run="of another", pid=os.getppid(), started_at=now())])
    Project.load(native_project(tmp_path / "p", url, linear("aaaa"))).upgrade()
    assert {(one.revision, one.state) for one in attempts(url)} == {("zzzz", "running"), ("aaaa", "done")}


@pytest.mark.skipif(sys.platform != "linux", reason="only there it is known when a process was started")
def test_a_process_that_has_got_the_number_of_one_that_is_gone_is_another_one(tmp_path: Path) -> None:
    """As in a container, where numbers are small and names of hosts stay."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    begun = "2026-01-01T00:00:00.000000+00:00"
    write_journal(url, [running_here(revision="zzzz", run="of another", pid=os.getppid(), started_at=begun)])
    Project.load(native_project(tmp_path / "p", url, linear("aaaa"))).upgrade()
    assert {(one.revision, one.state) for one in attempts(url)} == {("zzzz", "crashed"), ("aaaa", "done")}


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_whoever_has_the_lock_knows_that_no_other_attempt_runs(kind: str, url: str, tmp_path: Path) -> None:
    write_journal(url, [running_here(revision="zzzz", run="of another")])
    Project.load(native_project(tmp_path / "p", url, linear("aaaa"))).upgrade()
    assert {(one.revision, one.state) for one in attempts(url)} == {("zzzz", "crashed"), ("aaaa", "done")}


# -- the caller's connection ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("commits", [True, False])
def test_in_the_callers_transaction_the_rows_live_and_die_with_it(
    kind: str, url: str, tmp_path: Path, commits: bool
) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        if kind == "sqlite":
            connection.connection.isolation_level = None
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql("SELECT 1")
        Project.load(folder, connection=connection).upgrade()
        assert connection.in_transaction()
        seen = connection.exec_driver_sql("SELECT revision, state FROM whimbrel_attempt ORDER BY number").all()
        assert seen == [("aaaa", "done"), ("bbbb", "done")]
        if commits:
            connection.commit()
        else:
            connection.rollback()
    assert has_journal(url) == commits
    assert version_rows(url) == ({"bbbb"} if commits else set())
    assert ("t_aaaa" in tables(url)) == commits


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_failure_in_the_callers_transaction_is_the_callers_to_roll_back(kind: str, url: str, tmp_path: Path) -> None:
    revisions = [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade="op.execute('SELECT * FROM nothing_such')")]
    folder = native_project(tmp_path / "p", url, revisions)
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (id int)")
        with pytest.raises(errors.MigrationFailed):
            Project.load(folder, connection=connection).upgrade()
        assert connection.in_transaction()
        connection.rollback()
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    assert tables(url) == set()
    assert not has_journal(url)


def test_a_given_connection_without_a_transaction_commits_each_revision(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade="raise RuntimeError('no')")])
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        with pytest.raises(errors.MigrationFailed):
            Project.load(folder, connection=connection).upgrade()
        connection.rollback()
    assert [one.state for one in attempts(url)] == ["done", "failed"]
    assert version_rows(url) == {"aaaa"}


# -- none ----------------------------------------------------------------------------------------


def test_without_a_journal_nothing_is_made_and_all_is_migrated(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    with (folder / "whimbrel.toml").open("a") as file:
        file.write("journal = false\n")
    told: list[Event] = []
    outcome = Project.load(folder, listener=told.append).upgrade()
    assert outcome.verified
    assert version_rows(url) == {"bbbb"}
    assert not has_journal(url)
    assert not any(isinstance(event, Notice) for event in told)


def test_with_nothing_to_do_no_journal_is_made(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:  # as stock Alembic has stamped it
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('aaaa')")
    assert Project.load(folder).upgrade().status == "nothing to do"
    assert not has_journal(url)


@pytest.fixture
def poor_role() -> Iterator[str]:
    """A role of PostgreSQL that may log in, and nothing else."""
    name = f"wbtest_{secrets.token_hex(4)}"
    engine = sa.create_engine(SERVERS["postgresql"], poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
        yield name
        connection.exec_driver_sql(f"DROP ROLE {name}")


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_role_that_may_make_no_tables_migrates_all_the_same(
    kind: str, poor_role: str, url: str, tmp_path: Path
) -> None:
    revisions = [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade="op.execute('INSERT INTO t_aaaa VALUES (1)')")]
    folder = native_project(tmp_path / "p", url, [*revisions, Rev("cccc", "bbbb", upgrade="pass")])
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('aaaa')")
        connection.exec_driver_sql("CREATE TABLE t_aaaa (id int)")
        connection.exec_driver_sql(f"GRANT ALL ON alembic_version, t_aaaa TO {poor_role}")
    told: list[Event] = []
    theirs = sa.make_url(url).set(username=poor_role).render_as_string(hide_password=False)
    try:
        outcome = Project.load(folder, url=theirs, listener=told.append).upgrade()
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"REVOKE ALL ON alembic_version, t_aaaa FROM {poor_role}")
    assert outcome.revisions == ("bbbb", "cccc")
    assert outcome.verified
    assert version_rows(url) == {"cccc"}
    assert rows(url, "SELECT id FROM t_aaaa") == [(1,)]
    assert not has_journal(url)
    notices = [event for event in told if isinstance(event, Notice)]
    assert [one.text for one in notices] == ["no journal is kept: its tables cannot be made or written here"]


# -- in a transaction of env.py's ----------------------------------------------------------------

OF_ITS_OWN = """
with connectable.connect() as connection, connection.begin():
    connection.exec_driver_sql("SELECT 1")
    context.configure(connection=connection, target_metadata=target_metadata)
    context.run_migrations()
"""


def test_a_failure_in_env_pys_own_transaction_is_noted_where_ddl_commits(url: str, kind: str, tmp_path: Path) -> None:
    """Else it would be taken for a crash, whose file must not be edited."""
    upgrade = "op.create_table('made', sa.Column('id', sa.Integer))\nop.execute('SELECT nothing_such')"
    folder = alembic_project(tmp_path / "p", url, [Rev("aaaa", upgrade=upgrade)])
    env = folder / "alembic" / "env.py"
    text = env.read_text()
    begins = text.index("    with connectable.connect() as connection:")
    ends = text.index("\nif context.is_offline_mode")
    env.write_text(text[:begins] + textwrap.indent(OF_ITS_OWN.strip(), "    ") + "\n\n" + text[ends:])
    with pytest.raises(errors.MigrationFailed):
        Project.load(folder).upgrade()
    if kind == "mariadb":
        [attempt] = attempts(url)
        assert attempt.state == "failed"
        assert "nothing_such" in str(attempt.error)
    [path] = (folder / "alembic" / "versions").glob("aaaa*.py")
    path.write_text(path.read_text().replace("op.execute('SELECT nothing_such')", "pass"))
    assert Project.load(folder).upgrade().revisions == ("aaaa",)
    assert version_rows(url) == {"aaaa"}


# -- dropped -------------------------------------------------------------------------------------

DROPS_ALL = """
for table in sa.inspect(op.get_bind()).get_table_names():
    if table != "alembic_version":
        op.drop_table(table)
op.create_table("new", sa.Column("id", sa.Integer, primary_key=True))
""".strip()
DROPS_SCHEMA = """
op.execute("DROP SCHEMA public CASCADE")
op.execute("CREATE SCHEMA public")
op.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
op.execute("INSERT INTO alembic_version VALUES ('aaaa')")
""".strip()
DROPS_IN_A_BLOCK = "op.execute(\"DO $$ BEGIN EXECUTE 'DROP TABLE whimbrel_attempt, whimbrel_statement'; END $$\")"


def drops_it(folder: Path, url: str, upgrade: str) -> None:
    revs = [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade=upgrade), Rev("cccc", "bbbb")]
    project = Project.load(native_project(folder / "p", url, revs))
    outcome = project.upgrade()
    assert (outcome.revisions, outcome.verified) == (("aaaa", "bbbb", "cccc"), True)
    assert [(one.revision, one.state) for one in attempts(url)][-2:] == [("bbbb", "done"), ("cccc", "done")]
    assert rows(url, "SELECT * FROM whimbrel_statement") == []


def test_a_revision_may_drop_all_tables_there_are(url: str, tmp_path: Path) -> None:
    """With stock Alembic it may, so it may here: the journal begins anew."""
    drops_it(tmp_path, url, DROPS_ALL)


@pytest.mark.parametrize("kind", ["postgresql"])
@pytest.mark.parametrize("upgrade", [DROPS_SCHEMA, DROPS_IN_A_BLOCK], ids=["schema", "block"])
def test_so_it_may_in_other_ways_on_postgresql(kind: str, url: str, tmp_path: Path, upgrade: str) -> None:
    drops_it(tmp_path, url, upgrade)
