"""Edited revisions that somebody has looked at, and accepted as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.cli import whimbrel
from support.databases import rows
from support.projects import linear, native_project
from whimbrel import Project, errors
from whimbrel.journal.attempt import ACCEPTED, DONE


@pytest.fixture
def folder(url: str, tmp_path: Path) -> Path:
    """A project whose database is at the second of its revisions; the first one was edited since."""
    made = native_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    Project.load(made).upgrade()
    edit(made, "aaaa")
    return made


def edit(folder: Path, revision: str, old: str = "sa.Integer", new: str = "sa.BigInteger") -> None:
    [path] = (folder / "migrations" / "versions").glob(f"{revision}*.py")
    path.write_text(path.read_text().replace(old, new))


def told(folder: Path) -> list[str]:
    [status] = Project.load(folder).status()
    return [one.revision for one in status.edited]


def test_an_accepted_edit_is_not_told_of_any_more(folder: Path) -> None:
    assert told(folder) == ["aaaa"]
    with pytest.raises(errors.HistoryEdited):
        Project.load(folder).upgrade(strict=True)
    [(where, accepted)] = Project.load(folder).accept_edits()
    assert accepted.revision == "aaaa"
    assert where
    assert told(folder) == []
    Project.load(folder).upgrade(strict=True)


def test_another_edit_is_told_of_again(folder: Path) -> None:
    Project.load(folder).accept_edits()
    edit(folder, "aaaa", "sa.BigInteger", "sa.SmallInteger")
    assert told(folder) == ["aaaa"]


def test_what_was_run_stays_in_the_journal(folder: Path, url: str) -> None:
    before = rows(url, "SELECT * FROM whimbrel_attempt ORDER BY started_at, number")
    Project.load(folder).accept_edits()
    after = Project.load(folder).log()
    assert len(after) == len(before) + 1
    assert [(one.attempt.revision, one.attempt.state) for one in after] == [
        ("aaaa", ACCEPTED),
        ("bbbb", DONE),
        ("aaaa", DONE),
    ]
    entry = after[0].attempt
    assert (entry.from_heads, entry.to_heads, entry.application) == ("bbbb", "bbbb", "whimbrel resolve")
    assert entry.code_sha256 != after[2].attempt.code_sha256
    assert rows(url, "SELECT * FROM whimbrel_attempt WHERE state = 'done' ORDER BY started_at, number") == before


def test_a_revision_that_is_taken_back_and_applied_again_is_what_was_run_last(folder: Path) -> None:
    Project.load(folder).accept_edits()
    Project.load(folder).downgrade("base")
    Project.load(folder).upgrade()
    assert told(folder) == []
    edit(folder, "aaaa", "sa.BigInteger", "sa.Integer")
    assert told(folder) == ["aaaa"]


def test_where_nothing_was_edited_there_is_nothing_to_accept(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    for _ in range(2):
        with pytest.raises(errors.NothingToResolve, match="no applied revision was edited"):
            Project.load(folder).accept_edits()
        Project.load(folder).upgrade()


def test_the_command_says_what_it_has_accepted(folder: Path) -> None:
    result = whimbrel("resolve", "--accept-edits", cwd=folder).ok()
    assert result.out.startswith("aaaa  accepted as it is now  (")
    assert whimbrel("status", "--strict", cwd=folder).ok().err == ""
    assert whimbrel("resolve", "--accept-edits", "--happened", cwd=folder).code == 2
    assert whimbrel("resolve", "--accept-edits", cwd=folder).code == 2
