"""What a side of a comparison is, by what was typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.projects import Rev, write_revision
from whimbrel.errors import MultipleHeads, RevisionNotFound, TargetInvalid, UsageError
from whimbrel.history import History, read_folders
from whimbrel.sides import named


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Two lines of revisions, one of them with a label."""
    for rev in (Rev("aaaa"), Rev("bbbb", "aaaa"), Rev("cccc", labels=("billing",)), Rev("shop1", "aaaa")):
        write_revision(tmp_path, rev)
    return History(read_folders([str(tmp_path)]).files)


@pytest.mark.parametrize(
    ("text", "kind", "rest"),
    [
        ("models", "models", "models"), ("head-1", "revision", "head-1"), ("billing@head", "revision", "billing@head"),
        ("+1", "revision", "+1"), ("base", "revision", "base"), ("bbbb", "revision", "bbbb"),
        ("main", "database", "main"), ("shop", "database", "shop"), ("database:billing", "database", "billing"),
        ("revision:main", "revision", "main"), ("file:head", "file", "head"), ("./head", "file", "./head"),
        ("old.sql", "file", "old.sql"), ("old.DB", "file", "old.DB"), ("notes", "file", "notes"),
        ("postgresql://u:p@h/d", "url", "postgresql://u:p@h/d"), ("sqlite:///a.sql", "url", "sqlite:///a.sql"),
    ],
)  # fmt: skip
def test_what_is_meant(history: History, text: str, kind: str, rest: str) -> None:
    if text == "head-1":  # there are two heads
        history = History([history["aaaa"], history["bbbb"]])
    assert named(text, ["main", "shop"], history, lambda path: path == "notes") == (kind, rest)


@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        ("billing", "a database and a revision", "database:billing, revision:billing"),
        ("heads", "a file and a revision", "./heads, revision:heads"),
        ("bbbb", "a database and a file and a revision", "database:bbbb, ./bbbb, revision:bbbb"),
    ],
)
def test_what_could_be_several_things_is_refused(history: History, text: str, told: str, hint: str) -> None:
    with pytest.raises(UsageError, match=told) as refused:
        named(text, ["billing", "bbbb"], history, lambda path: path in ("heads", "bbbb"))
    assert str(refused.value.hint).endswith(hint)


def test_what_is_nothing_is_told_as_a_revision_would_be(history: History) -> None:
    for text, error in (("nowhere", RevisionNotFound), ("a:b", TargetInvalid), ("head", MultipleHeads)):
        with pytest.raises(error):
            named(text, ["main"], history, lambda path: False)


def test_a_url_is_told_without_its_password(history: History) -> None:
    assert named("postgresql://u:secret@h/d", [], history).label == "postgresql://u:***@h/d"
