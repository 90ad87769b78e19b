"""Revisions that were left in the middle, and runs that have something else to do, or do something else now."""

from __future__ import annotations

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.crash import killed_upgrade
from support.databases import rows, tables, version_rows
from support.journal import book_on, running_here
from support.projects import Rev, native_project
from whimbrel import Project, errors
from whimbrel.events import Event, Waiting
from whimbrel.journal.book import Entry


def half_done(url: str, revision: str, direction: str, folder: Path) -> Project:
    """A project at `bbbb`, with one statement noted of a run that did not come to its end."""
    project = Project.load(native_project(folder / "p", url, [Rev("aaaa"), Rev("bbbb", "aaaa")]))
    project.upgrade()
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        book = book_on(connection)
        book.note(running_here(revision=revision, direction=direction, run="x")._replace(state="crashed"))
        book.write(revision, direction, [Entry(1, "done", "DROP TABLE item", "0" * 64, "")])
    return project


def test_with_a_downgrade_in_the_middle_an_upgrade_does_not_say_that_all_is_well(url: str, tmp_path: Path) -> None:
    project = half_done(url, "bbbb", "downgrade", tmp_path)
    for _ in range(2):
        with pytest.raises(errors.HalfDone, match="the downgrade of bbbb was left in the middle"):
            project.upgrade()
    assert version_rows(url) == {"bbbb"}


def test_with_an_upgrade_in_the_middle_whose_file_is_gone_all_is_not_well_either(url: str, tmp_path: Path) -> None:
    project = half_done(url, "gone", "upgrade", tmp_path)
    with pytest.raises(errors.HalfDone, match="the upgrade of gone was left in the middle"):
        project.upgrade()
    project.resolve("abandon")
    assert project.upgrade().status == "nothing to do"


def test_threads_of_a_process_do_not_take_each_other_for_crashed(tmp_path: Path) -> None:
    """On SQLite a revision that commits in its middle leaves the others room, and the process is the same."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    steps = [
        f"op.execute('UPDATE item SET n = n + {n}')\nop.execute('PRAGMA foreign_keys = ON')" for n in (100, 1, 1000)
    ]
    made = "op.execute('CREATE TABLE item (n int)')\nop.execute('INSERT INTO item VALUES (0)')"
    folder = native_project(
        tmp_path / "p", url, [Rev("aaaa", upgrade=made), Rev("bbbb", "aaaa", upgrade="\n".join(steps))]
    )
    Project.load(folder).upgrade("aaaa")
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda _: Project.load(folder).upgrade(), range(3)))
    assert sum(len(outcome.revisions) for outcome in outcomes) == 1
    assert rows(url, "SELECT n FROM item") == [(1101,)]


@pytest.mark.parametrize("kind", ["mariadb"])
def test_after_a_rerun_that_failed_too_an_edit_may_not_leave_out_what_is_done(
    kind: str, url: str, tmp_path: Path
) -> None:
    code = "op.execute('CREATE TABLE foo (i int)')\nop.execute('SELECT 4711')\nraise RuntimeError('not yet')"
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=code)])
    killed_upgrade(folder, "4711")
    with pytest.raises(errors.MigrationFailed):
        Project.load(folder).upgrade()
    [path] = (folder / "migrations" / "versions").glob("*.py")
    text = path.read_text().replace("raise RuntimeError('not yet')", "pass")
    path.write_text(text.replace("op.execute('CREATE TABLE foo (i int)')", "pass"))
    with pytest.raises(errors.NeedsDecision, match="CREATE TABLE foo"):
        Project.load(folder).upgrade()
    path.write_text(text)
    Project.load(folder).upgrade()
    assert "foo" in tables(url)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_role_that_may_not_write_the_journal_does_not_begin_what_is_in_the_middle_anew(
    kind: str, url: str, tmp_path: Path
) -> None:
    role = f"wb_{secrets.token_hex(4)}"
    block = "with op.get_context().autocommit_block():\n    op.execute('INSERT INTO item VALUES (1)')"
    midway = f"{block}\nop.execute('SELECT 4711')"
    made = "op.execute('CREATE TABLE item (n int)')"
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=made), Rev("bbbb", "aaaa", upgrade=midway)])
    killed_upgrade(folder, "4711")
    admin = sa.create_engine(url, poolclass=sa.NullPool)
    with admin.begin() as connection:
        for statement in (
            f"CREATE ROLE {role} LOGIN",
            f"GRANT ALL ON item, alembic_version TO {role}",
            f"GRANT SELECT ON whimbrel_attempt, whimbrel_statement TO {role}",
        ):
            connection.exec_driver_sql(statement)
    try:
        limited = sa.make_url(url).set(username=role).render_as_string(hide_password=False)
        with pytest.raises(errors.HalfDone, match="the journal of it cannot be written"):
            Project.load(folder, url=limited).upgrade()
        assert rows(url, "SELECT n FROM item") == [(1,)]
        Project.load(folder).upgrade()
        assert rows(url, "SELECT n FROM item") == [(1,)]
    finally:
        with admin.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")


@pytest.mark.parametrize("kind", ["mariadb"])
def test_a_first_statement_that_the_database_refuses_has_committed_nothing(kind: str, url: str, tmp_path: Path) -> None:
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE big (i int)")
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade="op.execute('CREATE TABLE big (i int)')")])
    for journal in ("true", "false"):
        with (folder / "whimbrel.toml").open("a") as file:
            file.write(f"journal = {journal}\n" if journal == "false" else "")
        with pytest.raises(errors.MigrationFailed) as failed:
            Project.load(folder).upgrade()
        assert failed.value.state == "at base, 0 of 1 revisions applied, safe to run again"


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_who_was_in_the_way_and_how_long_it_was_tried_is_told_at_the_end(kind: str, url: str, tmp_path: Path) -> None:
    """And it is tried no longer than that."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE item (i int)")
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade="op.execute('ALTER TABLE item ADD c int')")])
    with (folder / "whimbrel.toml").open("a") as file:
        file.write("retry = 1.2\n")
    told: list[Event] = []
    with engine.connect() as reader:
        reader.exec_driver_sql("SELECT * FROM item")
        with pytest.raises(errors.MigrationFailed) as failed:
            Project.load(folder, listener=told.append).upgrade(lock_timeout=0.2)
    assert re.search(r"; tried for \d+ s, and in the way was session \d+", str(failed.value.why))
    assert "end it; then run the same command again" in str(failed.value.hint)
    waited = [event.seconds for event in told if isinstance(event, Waiting)]
    assert waited == sorted(waited), "one patience, not one after the other"
