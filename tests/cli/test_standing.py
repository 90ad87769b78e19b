"""`status` and what the journal adds to it: edited revisions, and where unknown ones came from."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from socket import gethostname

import pytest
import sqlalchemy as sa

from support.cli import whimbrel
from support.journal import attempt, running_here, write_journal
from support.projects import Rev, alembic_project, linear, native_project, write_revision
from whimbrel import Project

Layout = Callable[..., Path]
LAYOUTS = {"native": (native_project, "migrations"), "env.py": (alembic_project, "alembic")}


@pytest.fixture(params=LAYOUTS)
def project(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> tuple[Path, Path]:
    """A project of each layout whose database is at head, and its folder of revisions."""
    layout, versions = LAYOUTS[request.param]
    folder = layout(tmp_path / "p", url, linear("aaaa", "bbbb"))
    whimbrel("upgrade", cwd=folder).ok()
    return folder, folder / versions / "versions"


def change(path: Path) -> None:
    path.write_text(path.read_text().replace("sa.Integer", "sa.BigInteger"))


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/app.db", "postgresql://nobody@127.0.0.1:1/x"])
def test_the_json_is_not_ok_if_the_only_database_cannot_be_asked(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    result = whimbrel("status", "--json", cwd=folder)
    document = json.loads(result.out)
    assert (result.code, document["ok"]) == (3, False)
    assert document["result"][0]["error"]["code"] == "WB401"


@pytest.mark.parametrize("check", [[], ["--check"]])
def test_the_json_is_ok_exactly_if_the_exit_code_is_0(check: list[str], tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", linear("aaaa"))
    result = whimbrel("status", "--json", *check, cwd=folder)
    assert json.loads(result.out)["ok"] is (result.code == 0)
    assert result.code == len(check)


def test_models_that_are_not_compared_are_told_with_the_reason(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", linear("aaaa"))
    (folder / "wb_shop_models.py").write_text("import sqlalchemy as sa\nmetadata = sa.MetaData()\n1 / 0\n")
    behind = whimbrel("status", "--models", cwd=folder).ok()
    assert "not compared" in behind.out
    assert behind.err == (
        "note: main: the models are compared with a database at head, and this one is not\n  hint:  whimbrel upgrade\n"
    )
    assert whimbrel("status", cwd=folder).ok().err == ""
    whimbrel("upgrade", cwd=folder).ok()
    at_head = whimbrel("status", "--models", cwd=folder)
    assert at_head.code == 3
    assert "ZeroDivisionError" in at_head.out


# -- edited revisions ----------------------------------------------------------------------------


def test_an_edited_revision_is_a_note_and_with_strict_an_answer(project: tuple[Path, Path]) -> None:
    folder, versions = project
    for strict in ([], ["--strict"]):
        assert whimbrel("status", "--check", *strict, cwd=folder).ok().err == ""
    change(versions / "aaaa_.py")
    result = whimbrel("status", "--check", cwd=folder).ok()
    assert "aaaa" not in result.out
    assert result.err == (
        "note: main: aaaa (revision aaaa) was edited after it was applied\n"
        f"  hint:  git log -p {versions.parent.name}/versions/aaaa_.py shows how; "
        "what is new belongs into a revision of its own; if it is right: whimbrel resolve --accept-edits\n"
    )
    assert whimbrel("status", "--strict", cwd=folder).code == 1
    assert whimbrel("-q", "status", cwd=folder).ok().err == ""
    assert whimbrel("-q", "status", "--strict", cwd=folder).code == 1
    [data] = json.loads(whimbrel("status", "--json", cwd=folder).ok().out)["result"]
    [found] = data["edited"]
    assert (found["revision"], found["message"]) == ("aaaa", "revision aaaa")
    assert Path(found["path"]) == versions / "aaaa_.py"
    assert found["applied_at"]
    [status] = Project.load(folder).status()
    assert [(one.revision, one.attempt.direction) for one in status.edited] == [("aaaa", "upgrade")]


def test_a_comment_is_no_edit(project: tuple[Path, Path]) -> None:
    folder, versions = project
    path = versions / "aaaa_.py"
    path.write_text(f"# a remark\n{path.read_text()}")
    assert whimbrel("status", "--strict", cwd=folder).ok().err == ""


def test_what_alembic_or_a_stamp_has_recorded_is_never_an_edit(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", linear("aaaa"))
    with sqlite3.connect(tmp_path / "app.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('aaaa')")
    connection.close()
    change(folder / "migrations" / "versions" / "aaaa_.py")
    assert whimbrel("status", "--strict", cwd=folder).ok().err == ""


def test_each_database_has_its_own_note(tmp_path: Path) -> None:
    lines = []
    for name in ("one", "two", "three"):
        lines += [f"[databases.{name}]", f'url = "sqlite:///{name}.db"', f'script_location = "{name}"']
        (tmp_path / name / "versions").mkdir(parents=True)
        for rev in linear("aaaa", "bbbb"):
            write_revision(tmp_path / name / "versions", rev)
    (tmp_path / "whimbrel.toml").write_text("\n".join(lines))
    for name in ("one", "two", "three"):
        whimbrel("upgrade", "-d", name, cwd=tmp_path).ok()
    for name in ("one", "two"):
        change(tmp_path / name / "versions" / "bbbb_.py")
    change(tmp_path / "two" / "versions" / "aaaa_.py")
    result = whimbrel("status", cwd=tmp_path).ok()
    assert [line for line in result.err.splitlines() if line.startswith("note")] == [
        "note: one: bbbb (revision bbbb) was edited after it was applied",
        "note: two: 2 revisions were edited after they were applied: aaaa, bbbb",
    ]
    assert whimbrel("status", "--strict", "-d", "three", cwd=tmp_path).code == 0


# -- revisions that are not through --------------------------------------------------------------

STOPS_MIDWAY = 'op.execute("CREATE TABLE made (id INTEGER)")\nop.execute("VACUUM")\nop.execute("SELECT nothing_such")'


def test_a_revision_that_was_left_in_the_middle_is_a_note_until_it_is_through(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    folder = native_project(tmp_path / "p", url, [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade=STOPS_MIDWAY)])
    assert whimbrel("upgrade", cwd=folder).code == 3
    result = whimbrel("status", cwd=folder).ok()
    assert result.err.startswith("note: main: the upgrade of bbbb was left in the middle, ")
    assert result.err.endswith("  hint:  whimbrel upgrade goes on; whimbrel resolve shows what is done\n")
    [data] = json.loads(whimbrel("status", "--json", cwd=folder).ok().out)["result"]
    [found] = data["unfinished"]
    assert (found["revision"], found["direction"], found["state"]) == ("bbbb", "upgrade", "failed")
    path = folder / "migrations" / "versions" / "bbbb_.py"
    path.write_text(path.read_text().replace("SELECT nothing_such", "SELECT 1"))
    whimbrel("upgrade", cwd=folder).ok()
    assert whimbrel("status", "--check", cwd=folder).ok().err == ""


def test_what_failed_and_was_rolled_back_is_no_note(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", [Rev("aaaa", upgrade="op.execute('x')")])
    assert whimbrel("upgrade", cwd=folder).code == 3
    assert whimbrel("status", cwd=folder).ok().err == ""


@pytest.mark.parametrize("stamped", [False, True])
def test_what_was_completed_by_a_stamp_is_no_note(tmp_path: Path, stamped: bool) -> None:
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", [Rev("aaaa", upgrade=STOPS_MIDWAY)])
    assert whimbrel("upgrade", cwd=folder).code == 3
    if stamped:
        whimbrel("stamp", "head", cwd=folder).ok()
    assert ("in the middle" in whimbrel("status", cwd=folder).ok().err) == (not stamped)


def test_a_revision_that_is_being_run_is_a_note_with_who_runs_it(kind: str, url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    whimbrel("upgrade", "aaaa", cwd=folder).ok()
    write_journal(url, [running_here(revision="bbbb", run="9999")])
    result = whimbrel("status", cwd=folder).ok()
    when = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
    assert re.search(f"note: main: the upgrade of bbbb was begun {when} by ann on {gethostname()}", result.err)
    assert "has not ended\n  hint:  whimbrel unlock shows who is at work" in result.err


# -- unknown revisions ---------------------------------------------------------------------------


def test_the_journal_knows_where_an_unknown_revision_came_from(kind: str, url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    whimbrel("upgrade", cwd=folder).ok()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'feed'")
    write_journal(url, [attempt("feed")])
    known = "feed was applied 2026-11-20 14:03 UTC by ann on ci-7 from branch feature/x, whimbrel 0.1.0"
    shown = whimbrel("status", cwd=folder).ok()
    assert shown.out.splitlines()[2:] == [f"  main: {known}"]
    assert whimbrel("current", cwd=folder).ok().out == "feed (unknown: no file has it)\n"
    assert whimbrel("current", cwd=folder).ok().err == f"note: {known}\n"
    assert f"why:   no revision file has feed; {known}" in whimbrel("current", "-c", cwd=folder).err
    for command in ("status", "current"):
        [data] = json.loads(whimbrel(command, "--json", cwd=folder).ok().out)["result"]
        assert data["provenance"] == {"feed": known.removeprefix("feed was ")}


def test_an_unknown_revision_that_the_journal_does_not_know_is_told_as_before(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", linear("aaaa", "bbbb"))
    whimbrel("upgrade", cwd=folder).ok()
    with sqlite3.connect(tmp_path / "app.db") as connection:
        connection.execute("DELETE FROM whimbrel_attempt")
    connection.close()
    (folder / "migrations" / "versions" / "bbbb_.py").unlink()
    assert len(whimbrel("status", cwd=folder).ok().out.splitlines()) == 2
    assert whimbrel("current", cwd=folder).ok().err == ""


def test_where_a_database_is_is_told_even_if_its_journal_cannot_be_read(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", [Rev("aaaa")])
    with sqlite3.connect(tmp_path / "app.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('aaaa')")
        connection.execute("CREATE TABLE whimbrel_attempt (id INTEGER)")
    connection.close()
    result = whimbrel("status", "--check", cwd=folder).ok()
    assert "aaaa revision aaaa" in result.out
    assert 'note: main: the journal "whimbrel_attempt" cannot be read (no such column' in result.err
    [data] = json.loads(whimbrel("status", "--json", cwd=folder).ok().out)["result"]
    assert (data["heads"], data["edited"]) == (["aaaa"], [])
