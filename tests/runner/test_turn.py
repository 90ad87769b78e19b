"""One run at a time at a database, and none that goes by what is no longer so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.cli import whimbrel
from support.databases import rows, tables, version_rows
from support.projects import Rev, linear, native_project
from whimbrel import Project, errors
from whimbrel.connect.engine import query_of
from whimbrel.dialects import dialect_named
from whimbrel.events import Event, Notice, RevisionStarted, Waiting
from whimbrel.runner.turn import Turn

SERVER_KINDS = ("postgresql", "mariadb")


def project_of(folder: Path, url: str, revisions: list[Rev], **options: object) -> Project:
    made = native_project(folder / "p", url, revisions)
    with (made / "whimbrel.toml").open("a") as file:
        file.writelines(f"{name} = {json.dumps(value)}\n" for name, value in options.items())
    return Project.load(made)


def quick(url: str) -> str:
    """The URL with which SQLite's driver does not wait by itself."""
    return f"{url}?timeout=0" if url.startswith("sqlite") else url


@contextmanager
def another_migrator(url: str) -> Iterator[sa.Connection]:
    """Somebody who has the lock, on a connection of his own."""
    engine = sa.create_engine(quick(url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            assert take(connection)
        yield connection
        connection.rollback()


def take(connection: sa.Connection) -> bool:
    """Take the lock, if it is free."""
    dialect = dialect_named(connection.dialect.name)
    assert dialect is not None
    query = query_of(connection.connection)
    return dialect.sessions.acquire(query, dialect.sessions.key(query, None, "alembic_version"))


def is_free(url: str) -> bool:
    with sa.create_engine(quick(url), poolclass=sa.NullPool).connect() as connection:
        if connection.dialect.name != "sqlite":
            return take(connection)
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.rollback()
        return True


# -- the lock ------------------------------------------------------------------------------------


def test_whoever_comes_second_gives_up_with_who_is_first(url: str, kind: str, tmp_path: Path) -> None:
    project = project_of(tmp_path, quick(url), linear("aaaa", "bbbb"))
    project.upgrade("aaaa")
    with another_migrator(url), pytest.raises(errors.LockBusy) as refused:
        project.upgrade(lock_wait=0)
    error = refused.value
    assert (error.code, error.exit_code) == ("WB410", 5)
    assert error.state == "nothing was changed by this one"
    assert ("it is session " in str(error.why)) == (kind != "sqlite")
    assert version_rows(url) == {"aaaa"}
    assert project.upgrade(lock_wait=0).after == ("bbbb",)


@pytest.mark.parametrize("target", ["-1", "base"])
def test_a_downgrade_waits_for_the_lock_as_well(url: str, tmp_path: Path, target: str) -> None:
    project = project_of(tmp_path, quick(url), linear("aaaa", "bbbb"))
    project.upgrade()
    with another_migrator(url), pytest.raises(errors.LockBusy):
        project.downgrade(target, lock_wait=0)
    assert version_rows(url) == {"bbbb"}


def test_a_stamp_waits_for_the_lock_as_well(url: str, kind: str, tmp_path: Path) -> None:
    project = project_of(tmp_path, quick(url), linear("aaaa", "bbbb"))
    project.upgrade("aaaa")
    with another_migrator(url), pytest.raises(errors.LockBusy):
        project.stamp("bbbb", lock_wait=0, force=True)
    assert version_rows(url) == {"aaaa"}


def test_the_command_ends_with_5(url: str, tmp_path: Path) -> None:
    project_of(tmp_path, quick(url), linear("aaaa"))
    with another_migrator(url):
        result = whimbrel("upgrade", "--no-wait", cwd=tmp_path / "p")
    assert (result.code, result.out) == (5, "")
    assert "error[WB410]: another " in result.err
    assert "Traceback" not in result.err


def test_at_head_nothing_is_locked_and_nobody_waited_for(url: str, tmp_path: Path) -> None:
    """A hundred replicas of a service start at once, and all but one have nothing to do."""
    project = project_of(tmp_path, quick(url), linear("aaaa"))
    project.upgrade()
    before = rows(url, "SELECT count(*) FROM whimbrel_attempt")
    with another_migrator(url):
        assert project.upgrade(lock_wait=0).status == "nothing to do"
    assert rows(url, "SELECT count(*) FROM whimbrel_attempt") == before


def test_looking_locks_nothing_and_waits_for_nobody(url: str, tmp_path: Path) -> None:
    project = project_of(tmp_path, quick(url), linear("aaaa", "bbbb"))
    project.upgrade("aaaa")
    with another_migrator(url):
        assert project.current() == ("aaaa",)
        assert len(project.log()) == 1


def test_the_lock_is_given_back_after_a_run(url: str, tmp_path: Path) -> None:
    project = project_of(tmp_path, url, linear("aaaa"))
    project.upgrade()
    assert is_free(url)


def test_the_lock_is_given_back_after_a_failure(url: str, tmp_path: Path) -> None:
    project = project_of(tmp_path, url, [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade="raise RuntimeError('no')")])
    with pytest.raises(errors.MigrationFailed):
        project.upgrade()
    assert is_free(url)


def test_the_lock_is_given_back_while_the_connection_goes_on(kind: str, url: str, tmp_path: Path) -> None:
    """A caller's connection is not closed when the run is through."""
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        Project.load(folder, connection=connection).upgrade()
        assert not connection.in_transaction()
        assert is_free(url)


@pytest.mark.parametrize("kind", SERVER_KINDS)
def test_a_revision_runs_while_the_lock_is_held(kind: str, url: str, tmp_path: Path) -> None:
    probe = tmp_path / "free"
    code = (
        f"from runner_probe import is_free\nwith open({str(probe)!r}, 'a') as file: file.write(str(is_free({url!r})))"
    )
    project = project_of(tmp_path, url, [Rev("aaaa", upgrade=code)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "runner_probe", __import__("types").SimpleNamespace(is_free=is_free))
        project.upgrade()
    assert probe.read_text() == "False"


def test_another_version_table_of_the_same_database_is_not_waited_for(url: str, kind: str, tmp_path: Path) -> None:
    if kind == "sqlite":
        return  # there the whole file is locked
    project = project_of(tmp_path, url, linear("aaaa"), version_table="other_version")
    with another_migrator(url):
        assert project.upgrade(lock_wait=0).after == ("aaaa",)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_the_session_is_called_as_before_afterwards(kind: str, url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("SET application_name = 'my service'")
        connection.commit()
        Project.load(folder, connection=connection).upgrade()
        assert connection.exec_driver_sql("SHOW application_name").scalar() == "my service"


@pytest.mark.parametrize("how", ["commit", "rollback"])
def test_the_lock_is_kept_until_a_callers_transaction_ends(how: str, kind: str, url: str, tmp_path: Path) -> None:
    """Whoever comes next would find the database where it was, and run the same revisions."""
    folder = native_project(tmp_path / "p", quick(url), linear("aaaa"))
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        transaction = connection.begin()
        Project.load(folder, connection=connection).upgrade()
        with pytest.raises(errors.LockBusy):
            Project.load(folder).upgrade("aaaa" if kind == "sqlite" else "head", lock_wait=0)
        getattr(transaction, how)()
        assert is_free(url)
        assert version_rows(url) == ({"aaaa"} if how == "commit" else set())
        connection.execute(sa.text("SELECT 1"))
        connection.commit()
    Project.load(folder).upgrade(lock_wait=0)
    assert version_rows(url) == {"aaaa"}


# -- somebody was faster -------------------------------------------------------------------------


def overtake(monkeypatch: pytest.MonkeyPatch, do: Callable[[], None], *, at: int = 1) -> None:
    """Let somebody who knows no lock, as stock Alembic, act between the plan and the n-th transaction."""
    original, calls = Turn.enter_transaction, [0]

    def enter(turn: Turn) -> None:
        calls[0] += 1
        if calls[0] == at:
            do()
        original(turn)

    monkeypatch.setattr(Turn, "enter_transaction", enter)


def by_stock_alembic(url: str, revision: str, before: str | None) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    change = (
        f"UPDATE alembic_version SET version_num = '{revision}' WHERE version_num = '{before}'"
        if before
        else f"INSERT INTO alembic_version VALUES ('{revision}')"
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE t_{revision} (id integer PRIMARY KEY)")
        connection.exec_driver_sql(change)


@pytest.mark.parametrize("before", [None, "aaaa"], ids=["from base", "from aaaa"])
def test_a_revision_that_somebody_else_has_applied_meanwhile_is_not_applied_again(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    started: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, RevisionStarted):
            started.append(event.revision)

    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb", "cccc"))
    project = Project.load(folder, listener=listen)
    if before:
        project.upgrade(before)
    else:
        project.upgrade("aaaa")
        project.downgrade("base")
    started.clear()
    theirs = "bbbb" if before else "aaaa"
    overtake(monkeypatch, lambda: by_stock_alembic(url, theirs, before))
    outcome = project.upgrade()
    rest = ["cccc"] if before else ["bbbb", "cccc"]
    assert (list(outcome.revisions), started) == (rest, rest)
    assert outcome.verified
    assert version_rows(url) == {"cccc"}
    assert {"t_bbbb", "t_cccc"} <= tables(url)
    attempts = rows(url, "SELECT revision, state FROM whimbrel_attempt WHERE state = 'running'")
    assert attempts == [], "an attempt that was not made is not kept"


def test_being_overtaken_in_the_middle_of_a_run_is_noticed_too(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_of(tmp_path, url, linear("aaaa", "bbbb", "cccc"))
    overtake(monkeypatch, lambda: by_stock_alembic(url, "bbbb", "aaaa"), at=2)
    outcome = project.upgrade()
    assert outcome.revisions == ("aaaa", "cccc")
    assert version_rows(url) == {"cccc"}


def test_being_overtaken_all_the_way_leaves_nothing_to_do(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_of(tmp_path, url, linear("aaaa", "bbbb"))
    project.upgrade("aaaa")
    overtake(monkeypatch, lambda: by_stock_alembic(url, "bbbb", "aaaa"))
    outcome = project.upgrade()
    assert outcome.revisions == ()
    assert version_rows(url) == {"bbbb"}


def test_a_database_that_was_taken_back_meanwhile_is_planned_for_anew(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_of(tmp_path, url, linear("aaaa", "bbbb", "cccc"))
    project.upgrade("bbbb")
    engine = sa.create_engine(url, poolclass=sa.NullPool)

    def downgrade() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE t_bbbb")
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'aaaa'")

    overtake(monkeypatch, downgrade)
    assert project.upgrade().revisions == ("bbbb", "cccc")
    assert {"t_bbbb", "t_cccc"} <= tables(url)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_version_that_changes_while_the_revision_runs_rolls_it_back(kind: str, url: str, tmp_path: Path) -> None:
    code = (
        f"with sa.create_engine({url!r}, poolclass=sa.NullPool).begin() as other:\n"
        "    other.exec_driver_sql(\"UPDATE alembic_version SET version_num = 'cccc'\")\n"
        "op.execute('CREATE TABLE made (id int)')"
    )
    project = project_of(tmp_path, url, [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade=code), Rev("cccc", "bbbb")])
    project.upgrade("aaaa")
    with pytest.raises(errors.WhimbrelError):
        project.upgrade("bbbb")
    assert version_rows(url) == {"cccc"}
    assert "made" not in tables(url)


# -- statements that wait ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SERVER_KINDS)
def test_a_statement_that_waits_too_long_is_tried_again_when_the_reader_is_gone(
    kind: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whimbrel.runner.turn._FIRST_PAUSE", 0.01)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE item (id int)")
    reader = engine.connect()
    reader.exec_driver_sql("INSERT INTO item VALUES (1)")
    told: list[Event] = []

    def listen(event: Event) -> None:
        told.append(event)
        if type(event).__name__ == "Waiting":
            reader.rollback()

    code = "op.execute('CREATE TABLE before_it (id int)')\nop.execute('ALTER TABLE item ADD c int')"
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=code)])
    Project.load(folder, listener=listen).upgrade(lock_timeout=0.05)
    reader.close()
    waited = [event for event in told if type(event).__name__ == "Waiting"]
    assert len(waited) == 1
    assert "a lock, for ALTER TABLE item" in str(waited[0])
    assert "session " in str(waited[0])
    assert version_rows(url) == {"aaaa"}
    assert not any(isinstance(event, Notice) for event in told)


# -- commits that fail ---------------------------------------------------------------------------

DEFERRED = """
op.execute("CREATE SEQUENCE tries")
op.execute('''CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('tries') <= {times} THEN RAISE EXCEPTION 'not now' USING ERRCODE = '{code}'; END IF;
  RETURN NULL;
END $$''')
op.execute("CREATE TABLE item (id int)")
op.execute("CREATE CONSTRAINT TRIGGER late AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED "
           "FOR EACH ROW EXECUTE FUNCTION refuse()")
""".strip()
INSERT = "op.execute('INSERT INTO item VALUES (1)')"


def refusing_commits(folder: Path, url: str, code: str, times: int) -> Path:
    """A project on PostgreSQL whose second revision of three cannot be committed for so many times."""
    made = DEFERRED.format(code=code, times=times)
    return native_project(
        folder / "p", url, [Rev("aaaa", upgrade=made), Rev("bbbb", "aaaa", upgrade=INSERT), Rev("cccc", "bbbb")]
    )


ALL_NOTED = [
    ("aaaa", "done", "", "aaaa"),
    ("bbbb", "done", "aaaa", "bbbb"),
    ("cccc", "done", "bbbb", "cccc"),
]


def noted(url: str) -> list[tuple[object, ...]]:
    return rows(url, "SELECT revision, state, from_heads, to_heads FROM whimbrel_attempt ORDER BY started_at, number")


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_commit_that_fails_for_the_moment_is_tried_again_with_its_revision(
    kind: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whimbrel.runner.turn._FIRST_PAUSE", 0.01)
    told: list[Event] = []
    project = Project.load(refusing_commits(tmp_path, url, "40001", 2), listener=told.append)
    assert project.upgrade().revisions == ("aaaa", "bbbb", "cccc")
    waited = [event for event in told if isinstance(event, Waiting)]
    assert len(waited) == 2
    assert "for COMMIT" in str(waited[0])
    assert rows(url, "SELECT id FROM item") == [(1,)]
    assert noted(url) == ALL_NOTED


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_commit_that_fails_for_good_is_noted_as_a_failure_of_its_revision(
    kind: str, url: str, tmp_path: Path
) -> None:
    project = Project.load(refusing_commits(tmp_path, url, "23514", 1))
    with pytest.raises(errors.MigrationFailed) as failed:
        project.upgrade()
    assert "bbbb" in failed.value.what
    assert version_rows(url) == {"aaaa"}
    assert noted(url) == [("aaaa", "done", "", "aaaa"), ("bbbb", "failed", "aaaa", None)]
    assert project.upgrade().revisions == ("bbbb", "cccc")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_commit_waits_for_a_reader_of_the_file_with_its_changes_taken_back(
    kind: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes while it waits, waits behind it: so it does not for long, and lets them through meanwhile."""
    monkeypatch.setattr("whimbrel.runner.turn._FIRST_PAUSE", 0.01)
    made = [Rev("aaaa", upgrade="op.execute('CREATE TABLE item (id int)')"), Rev("bbbb", "aaaa", upgrade=INSERT)]
    reader = sa.create_engine(quick(url), poolclass=sa.NullPool).connect()
    seen: list[object] = []

    def listen(event: Event) -> None:
        if isinstance(event, RevisionStarted) and event.revision == "bbbb" and not seen:
            reader.exec_driver_sql("BEGIN")
            reader.exec_driver_sql("SELECT * FROM item")
        if isinstance(event, Waiting):
            with sa.create_engine(quick(url), poolclass=sa.NullPool).connect() as other:
                seen.append(other.exec_driver_sql("SELECT count(*) FROM item").scalar_one())
            reader.close()

    project = Project.load(native_project(tmp_path / "p", url, [*made, Rev("cccc", "bbbb")]), listener=listen)
    assert project.upgrade(lock_timeout=0.05).revisions == ("aaaa", "bbbb", "cccc")
    assert seen == [0], "somebody else could read meanwhile"
    assert rows(url, "SELECT id FROM item") == [(1,)]
    assert noted(url) == ALL_NOTED


OUTGROWING = """
import sqlite3
op.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
           "INSERT INTO item SELECT randomblob(1000) FROM n")
other = sqlite3.connect({database!r}, timeout=0)
try:
    other.execute("SELECT * FROM item")
finally:
    other.close()
""".strip()


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("has_room", [True, False])
def test_a_transaction_that_outgrows_the_cache_does_not_lock_readers_out_before_its_end(
    has_room: bool, kind: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_room:  # the negative control: as SQLite has it by default
        monkeypatch.setattr("whimbrel.dialects.sqlite.sessions._PAGES", 0)
    code = OUTGROWING.format(database=sa.make_url(url).database)
    made = [Rev("aaaa", upgrade="op.execute('CREATE TABLE item (b)')"), Rev("bbbb", "aaaa", upgrade=code)]
    project = Project.load(native_project(tmp_path / "p", url, made), listener=None)
    if has_room:
        assert project.upgrade().revisions == ("aaaa", "bbbb")
        assert rows(url, "SELECT count(*) FROM item") == [(5000,)]
    else:
        with pytest.raises(errors.MigrationFailed, match="database is locked"):
            project.upgrade()
