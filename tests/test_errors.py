"""Errors as values: at most six lines, and each of them as the user would write it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from whimbrel.errors import RevisionFileBroken, few, place


def test_a_path_below_the_current_folder_is_told_from_there_in_text_and_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = RevisionFileBroken("broken", where=f"{tmp_path}/versions/a.py:3", why=f"{tmp_path}/b.py is the same")
    monkeypatch.chdir(tmp_path)
    assert error.lines()[1:] == ["  where: versions/a.py:3", "  why:   b.py is the same"]
    assert (error.as_dict()["where"], error.as_dict()["why"]) == ("versions/a.py:3", "b.py is the same")
    assert place(f"{tmp_path}/versions/a.py", 3) == "versions/a.py:3"
    (tmp_path / "versions").mkdir()
    monkeypatch.chdir(tmp_path / "versions")
    assert error.lines()[1] == "  where: a.py:3"


def test_other_paths_and_urls_stay_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for where in ("/elsewhere/a.py", f"sqlite:///{tmp_path}/app.db", f"{tmp_path}-2/a.py"):
        assert RevisionFileBroken("broken", where=where).lines()[1] == f"  where: {where}"


def test_an_error_can_be_told_in_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(FileNotFoundError):
        os.getcwd()
    assert RevisionFileBroken("broken", where="/a.py").lines()[1] == "  where: /a.py"


def test_paragraphs_are_folded_into_one_line_for_each_field() -> None:
    assert RevisionFileBroken("one\n\n  two", why="three\nfour\n").lines() == [
        "error[WB204]: one two",
        "  why:   three four",
    ]


def test_in_a_folder_that_is_gone_a_path_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert place("/elsewhere/a.py", 3) == "/elsewhere/a.py:3"
    assert RevisionFileBroken("broken", where="/elsewhere/a.py").lines()[1] == "  where: /elsewhere/a.py"
    monkeypatch.chdir(tmp_path)


def test_some_of_many_are_told_with_how_many_more_there_are() -> None:
    assert few(["a", "b"], 2) == "a, b"
    assert few(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert few(["a", "b", "c"], 2, between="; ", last="; and ") == "a; b; and 1 more"
    assert few([], 2) == ""
