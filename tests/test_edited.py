"""Revisions that were edited after they were applied: found where the journal knows them, and never by mistake."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.journal import attempt, attempt_on
from support.projects import Rev, linear, write_revision
from whimbrel.edited import edited, refusal, told
from whimbrel.history import History, read_folders
from whimbrel.history import checksum as checksums
from whimbrel.journal import Attempt

ACCEPT = "if it is right: whimbrel resolve --accept-edits"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Three revisions, one after the other."""
    return {rev.id: write_revision(tmp_path, rev) for rev in linear("aaaa", "bbbb", "cccc")}


def read(files: dict[str, Path]) -> History:
    return History(read_folders([str(next(iter(files.values())).parent)]).files)


def run(files: dict[str, Path]) -> list[Attempt]:
    """The journal of a run that has applied them as they are."""
    return [attempt_on(path, name, number=number) for number, (name, path) in enumerate(files.items(), 1)]


def change(path: Path) -> None:
    path.write_text(path.read_text().replace("sa.Integer", "sa.BigInteger"))


def restyle(path: Path) -> None:
    path.write_text(f"# seen by lawyers\n{path.read_text()}".replace('"""revision', '"""The revision'))


def names(files: dict[str, Path], journal: list[Attempt], heads: tuple[str, ...] = ("cccc",)) -> list[str]:
    return [one.revision for one in edited(read(files), heads, journal)]


def test_an_edited_file_is_found_with_what_has_applied_it(files: dict[str, Path]) -> None:
    journal = run(files)
    assert edited(read(files), ("cccc",), journal) == ()
    change(files["bbbb"])
    [found] = edited(read(files), ("cccc",), journal)
    assert found == ("bbbb", "revision bbbb", str(files["bbbb"]), journal[1])


def test_formatting_and_comments_are_no_edits(files: dict[str, Path]) -> None:
    journal = run(files)
    for path in files.values():
        restyle(path)
    assert names(files, journal) == []


def test_what_was_changed_back_is_not_edited(files: dict[str, Path]) -> None:
    journal, before = run(files), files["aaaa"].read_bytes()
    change(files["aaaa"])
    assert names(files, journal) == ["aaaa"]
    files["aaaa"].write_bytes(before)
    assert names(files, journal) == []


def _unknown(journal: list[Attempt]) -> list[Attempt]:
    return journal[1:]


def _without_checksums(journal: list[Attempt]) -> list[Attempt]:
    return [journal[0]._replace(file_sha256=None, code_sha256=None), *journal[1:]]


def _without_source(journal: list[Attempt]) -> list[Attempt]:
    return [journal[0]._replace(code_sha256=None), *journal[1:]]


def _failed(journal: list[Attempt]) -> list[Attempt]:
    return [journal[0]._replace(state="failed"), *journal[1:]]


def _taken_back(journal: list[Attempt]) -> list[Attempt]:
    return [*journal, journal[0]._replace(direction="downgrade", run="later")]


@pytest.mark.parametrize("journal", [_unknown, _without_checksums, _without_source, _failed, _taken_back])
def test_nothing_is_said_of_what_the_journal_does_not_know(
    files: dict[str, Path], journal: Callable[[list[Attempt]], list[Attempt]]
) -> None:
    attempts = journal(run(files))
    change(files["aaaa"])
    assert names(files, attempts) == []


def test_what_was_applied_again_after_the_edit_counts_as_it_was_then(files: dict[str, Path]) -> None:
    journal = run(files)
    change(files["cccc"])
    journal += [
        journal[2]._replace(direction="downgrade", run="r2"),
        attempt_on(files["cccc"], "cccc", run="r3"),
    ]
    assert names(files, journal) == []


def test_what_stock_alembic_has_taken_back_may_be_edited(files: dict[str, Path]) -> None:
    """It writes no journal."""
    journal = run(files)
    change(files["bbbb"])
    change(files["cccc"])
    assert names(files, journal, ("bbbb",)) == ["bbbb"]
    assert names(files, journal, ()) == []


def test_a_revision_without_a_file_and_one_that_cannot_be_parsed_are_no_edits(files: dict[str, Path]) -> None:
    journal = run(files)
    files["cccc"].unlink()
    files["bbbb"].write_text(files["bbbb"].read_text() + "def broken(\n")
    assert names(files, journal) == []


def test_only_files_with_other_bytes_are_parsed_and_those_once(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    journal, parsed = run(files), list[bytes]()
    code_of = checksums.code_of
    monkeypatch.setattr(checksums, "code_of", lambda source: (parsed.append(source), code_of(source))[1])
    assert names(files, journal) == []
    assert parsed == []
    restyle(files["aaaa"])
    change(files["bbbb"])
    for path in files.values():
        os.utime(path, (1, 1))
    for _ in range(3):
        assert names(files, journal) == ["bbbb"]
    assert parsed == [files["aaaa"].read_bytes(), files["bbbb"].read_bytes()]


# -- in words ------------------------------------------------------------------------------------


def test_few_are_named_and_many_counted(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files["aaaa"].parent)
    journal = run(files)
    change(files["bbbb"])
    [one] = edited(read(files), ("cccc",), journal)
    assert told([one]) == (
        "bbbb (revision bbbb) was edited after it was applied",
        f"git log -p bbbb_.py shows how; what is new belongs into a revision of its own; {ACCEPT}",
    )
    assert told([one] * 3)[0] == "3 revisions were edited after they were applied: bbbb, bbbb, bbbb"
    assert told([one] * 7)[0].endswith("bbbb, bbbb, bbbb, bbbb and 3 more")
    assert len(told([one._replace(message="x" * 500)])[0]) < 100


def test_a_refusal_has_its_code_and_six_lines(files: dict[str, Path]) -> None:
    journal = run(files)
    change(files["bbbb"])
    error = refusal(edited(read(files), ("cccc",), journal), "sqlite:///app.db")
    assert (error.code, error.exit_code, error.where) == ("WB602", 6, "sqlite:///app.db")
    assert error.state == "nothing was changed"
    assert len(error.lines()) == 5


def test_a_message_in_the_name_of_a_file_is_no_command(tmp_path: Path) -> None:
    path = write_revision(tmp_path, Rev("aaaa"))
    evil = path.rename(tmp_path / "aaaa_$(rm x); y.py")
    [found] = [attempt("aaaa", file_sha256="0", code_sha256="0")]
    [one] = edited(read({"aaaa": evil}), ("aaaa",), [found])
    assert f"git log -p '{tmp_path}/aaaa_$(rm x); y.py' shows" in told([one])[1]
