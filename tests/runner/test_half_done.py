"""Revisions that were left in the middle, and runs that have something else to do, or do something else now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.crash import killed_upgrade
from support.databases import rows, tables, version_rows
from support.journal import book_on, running_here
from support.projects import Rev, native_project
from whimbrel import Project, errors
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
