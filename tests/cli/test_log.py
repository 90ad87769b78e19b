"""`whimbrel log`: what was done to a database, by whom and when; on 80 columns, as JSON and in full."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.cli import Result, whimbrel
from support.databases import fresh_database, rows, tables
from support.journal import attempt, running_here, write_journal
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import Attempt, Project
from whimbrel.errors import RevisionAmbiguous, RevisionNotFound

HISTORY = [Rev("aaaa", message="customers"), Rev("bbbb", "aaaa", message=("orders " * 30).strip())]

MORNING = [
    attempt("aaaa", run="r1"),
    attempt(
        "bbbb",
        run="r1",
        number=2,
        state="failed",
        to_heads=None,
        started_at="2026-11-20T14:03:07+00:00",
        ended_at="2026-11-20T14:03:07.1+00:00",
        error='NotNullViolation: column "actor" of relation "events" contains null values, so many of them',
    ),
]
EVENING = attempt(
    "aaaa",
    run="r2",
    direction="downgrade",
    os_user="bob",
    git_branch="feature/JIRA-1234-a-branch-with-quite-a-long-name",
    host="build-agent-17.internal.example.com",
    started_at="2026-11-20T20:15:00+00:00",
    ended_at="2026-11-20T20:25:00+00:00",
)
GONE = attempt("feed01", run="r3", git_branch=None, started_at="2026-11-21T08:00:00+00:00", ended_at=None)

SHOWN = """\
2026-11-21 08:00 UTC  upgrade by ann on ci-7 from commit 1a2b3c4d5e6f
  done    feed01           (no file has it)

2026-11-20 20:15 UTC  downgrade by bob on build-agent-17.internal.example.com
    from branch feature/JIRA-1234-a-branch-with-quite-a-long-name
  done    aaaa    600.0 s  customers

2026-11-20 14:03 UTC  upgrade by ann on ci-7 from branch feature/x
  failed  bbbb      0.1 s  orders orders orders orders orders orders orders ord…
          NotNullViolation: column "actor" of relation "events" contains null v…
  done    aaaa      1.2 s  customers
"""


def project(folder: Path, url: str, attempts: Sequence[Attempt] = (*MORNING, EVENING, GONE)) -> Path:
    """A native project whose database has a journal."""
    native_project(folder / "p", url, HISTORY)
    write_journal(url, attempts)
    return folder / "p"


def test_attempts_stand_below_their_runs_newest_first(url: str, tmp_path: Path) -> None:
    folder = project(tmp_path, url)
    result = whimbrel("log", cwd=folder).ok()
    assert (result.out, result.err) == (SHOWN, "")
    assert max(map(len, result.out.splitlines())) <= 80


def test_an_env_py_is_asked_where_its_database_is(kind: str, url: str, tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", url, HISTORY)
    write_journal(url, (*MORNING, EVENING, GONE))
    assert whimbrel("log", cwd=folder).ok().out == SHOWN


def test_looking_changes_nothing(url: str, tmp_path: Path) -> None:
    folder = project(tmp_path, url)
    before = rows(url, "SELECT * FROM whimbrel_attempt ORDER BY run, number"), tables(url)
    whimbrel("log", cwd=folder).ok()
    assert (rows(url, "SELECT * FROM whimbrel_attempt ORDER BY run, number"), tables(url)) == before


def revisions(result: Result) -> list[str]:
    return [one["revision"] for one in json.loads(result.ok().out)["result"]]


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ([], ["feed01", "aaaa", "bbbb", "aaaa"]),
        (["-n", "2"], ["feed01", "aaaa"]),
        (["-n", "99"], ["feed01", "aaaa", "bbbb", "aaaa"]),
        (["--number=1"], ["feed01"]),
        (["aaaa"], ["aaaa", "aaaa"]),
        (["aaaa", "-n", "1"], ["aaaa"]),
        (["head"], ["bbbb"]),
        (["head-1"], ["aaaa", "aaaa"]),
        (["feed01"], ["feed01"]),
        (["feed"], ["feed01"]),
        (["base"], []),
    ],
    ids=" ".join,
)
def test_which_attempts_are_shown(arguments: list[str], shown: list[str], tmp_path: Path) -> None:
    folder = project(tmp_path, f"sqlite:///{tmp_path}/app.db")
    assert revisions(whimbrel("log", "--json", *arguments, cwd=folder)) == shown


def test_a_section_can_still_be_named_behind_the_command(tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", HISTORY)
    write_journal(f"sqlite:///{tmp_path}/app.db", MORNING)
    assert revisions(whimbrel("-n", "alembic", "log", "-n", "1", "--json", cwd=folder)) == ["bbbb"]
    assert revisions(whimbrel("log", "--name", "alembic", "--json", cwd=folder)) == ["bbbb", "aaaa"]


@pytest.mark.parametrize("number", ["0", "-3", "few"])
def test_a_number_that_means_nothing_is_refused(number: str, tmp_path: Path) -> None:
    result = whimbrel("log", f"-n{number}", cwd=project(tmp_path, f"sqlite:///{tmp_path}/app.db"))
    assert result.code == 2
    assert result.err.startswith("error[WB101]")


def test_a_revision_that_neither_files_nor_journal_have_is_not_found(tmp_path: Path) -> None:
    loaded = Project.load(
        project(tmp_path, f"sqlite:///{tmp_path}/app.db", [attempt("feed01"), attempt("feed02", run="2")])
    )
    with pytest.raises(RevisionNotFound):
        loaded.log("dead")
    with pytest.raises(RevisionAmbiguous, match="feed01, feed02"):
        loaded.log("feed")


def test_where_the_database_is_can_be_asked_for_even_if_no_file_has_it(tmp_path: Path) -> None:
    folder = project(tmp_path, f"sqlite:///{tmp_path}/app.db")
    with sqlite3.connect(tmp_path / "app.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('feed01')")
    connection.close()
    assert revisions(whimbrel("log", "current", "--json", cwd=folder)) == ["feed01"]


# -- without a journal ---------------------------------------------------------------------------


def test_without_a_journal_one_note_says_so(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, HISTORY)
    result = whimbrel("log", cwd=folder).ok()
    assert result.out == ""
    assert result.err == "note: main has no journal yet: it begins with the next upgrade, downgrade or stamp\n"
    assert json.loads(whimbrel("log", "--json", cwd=folder).ok().out)["result"] == []
    assert tables(url) == set()


def test_a_revision_that_was_never_run_has_no_attempt(tmp_path: Path) -> None:
    folder = project(tmp_path, f"sqlite:///{tmp_path}/app.db", MORNING[:1])
    assert whimbrel("log", "bbbb", cwd=folder).ok().err == "note: the journal of main has no attempt of bbbb\n"


def test_a_journal_that_cannot_be_read_is_told_in_six_lines(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", HISTORY)
    with sqlite3.connect(tmp_path / "app.db") as connection:
        connection.execute("CREATE TABLE whimbrel_attempt (id INTEGER)")
    connection.close()
    result = whimbrel("log", cwd=folder)
    assert result.code == 3
    assert result.err.startswith('error[WB408]: the journal "whimbrel_attempt" cannot be read\n  where: sqlite:///')
    assert len(result.err.splitlines()) <= 6


def test_a_project_that_is_none_is_refused_as_ever(tmp_path: Path) -> None:
    assert "error[WB102]" in whimbrel("log", cwd=tmp_path).err


# -- what runs, or does not ----------------------------------------------------------------------


@pytest.fixture
def ended() -> int:
    """The id of a process that was there and has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_what_is_said_to_run_is_doubted_only_if_its_process_cannot_be_there(ended: int, tmp_path: Path) -> None:
    attempts = [
        running_here(ended, revision="aaaa", run="r1"),
        running_here(os.getpid(), revision="aaaa", run="r2"),
        running_here(1, revision="aaaa", run="r3"),  # another user's, or our own if we are root
        attempt("aaaa", run="r4", state="running", ended_at=None, host="elsewhere", pid=ended),
        attempt("aaaa", run="r5", state="crashed", pid=ended),
    ]
    folder = project(tmp_path, f"sqlite:///{tmp_path}/app.db", attempts)
    entries = json.loads(whimbrel("log", "--json", cwd=folder).ok().out)["result"]
    assert sorted((one["run"], one["state"], one["process_gone"]) for one in entries) == [
        ("r1", "running", True),
        ("r2", "running", False),
        ("r3", "running", False),
        ("r4", "running", False),
        ("r5", "crashed", False),
    ]
    text = whimbrel("log", cwd=folder).ok().out
    assert text.count("running?") == 1
    assert f"no process {ended} is to be seen on this host" in text


# -- in full -------------------------------------------------------------------------------------


def test_verbose_shows_every_field(tmp_path: Path) -> None:
    sums = {"file_sha256": "a" * 64, "code_sha256": "b" * 64}
    full = attempt("bbbb", from_heads="aaaa", error="no such table: t " * 10, **sums)
    folder = project(
        tmp_path, f"sqlite:///{tmp_path}/app.db", [full, attempt("aaaa", run="r0", started_at="2026-01-01")]
    )
    [newest, oldest] = whimbrel("log", "-v", cwd=folder).ok().out.split("\n\n")
    for name, value in full._asdict().items():
        assert f"\n{name.replace('_', ' ')}:" in f"\n{newest}", name
        assert str(value).strip() in " ".join(newest.split()), name
    assert "took:        1.250 s" in newest
    assert max(len(line) for line in newest.splitlines() if not line.startswith("where:")) <= 80
    assert "from heads:  base\n" in oldest
    assert "error:" not in oldest


def test_text_from_a_database_does_not_move_the_cursor(tmp_path: Path) -> None:
    evil = "x\x1b[2J\r\ny"
    fields = dict.fromkeys(("host", "os_user", "git_branch", "tools", "application", "db_user", "error"), evil)
    folder = project(tmp_path, f"sqlite:///{tmp_path}/app.db", [attempt("aaaa", state="failed", **fields)])
    for arguments in (["log"], ["log", "-v"]):
        shown = whimbrel(*arguments, cwd=folder).ok().out
        assert "\x1b" not in shown
        assert "\r" not in shown


# -- several databases ---------------------------------------------------------------------------

TENANTS = """
from alembic import context
from sqlalchemy import create_engine
for url in {urls!r}:
    with create_engine(url).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""


def test_each_of_several_databases_has_a_journal_of_its_own(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path}/{name}.db" for name in ("one", "two")]
    folder = alembic_project(tmp_path / "p", urls[0], HISTORY)
    (folder / "alembic" / "env.py").write_text(TENANTS.format(urls=urls))
    write_journal(urls[0], [attempt("aaaa")])
    write_journal(urls[1], [attempt("aaaa"), attempt("feed01", run="r9")])
    entries = Project.load(folder).log()
    assert [(entry.where, entry.attempt.revision) for entry in entries] == [
        (urls[0], "aaaa"),
        (urls[1], "feed01"),
        (urls[1], "aaaa"),
    ]
    assert [entry.attempt.revision for entry in Project.load(folder).log("feed01")] == ["feed01"]
    shown = " ".join(whimbrel("log", cwd=folder).ok().out.split())
    assert f"from branch feature/x, {urls[0]} done" in shown
    assert f"from branch feature/x, {urls[1]} done" in shown


# -- from Python ---------------------------------------------------------------------------------


def test_the_same_from_python(kind: str, make_database: Callable[[str], str], tmp_path: Path) -> None:
    loaded = Project.load(project(tmp_path, make_database(kind)))
    entries = loaded.log()
    assert [(entry.attempt.revision, entry.message) for entry in entries] == [
        ("feed01", None),
        ("aaaa", "customers"),
        ("bbbb", ("orders " * 30).strip()),
        ("aaaa", "customers"),
    ]
    assert asyncio.run(loaded.alog("aaaa")) == loaded.log("aaaa") == [entries[1], entries[3]]


def test_through_a_connection_of_the_callers(tmp_path: Path) -> None:
    with fresh_database("sqlite", tmp_path) as url:
        folder = project(tmp_path, url, MORNING)
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            entries = Project.load(folder, connection=connection).log()
        engine.dispose()
    assert [entry.attempt for entry in entries] == MORNING[::-1]


def test_what_upgrade_and_downgrade_do_is_what_is_shown(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    whimbrel("upgrade", cwd=folder).ok()
    whimbrel("downgrade", "-1", cwd=folder).ok()
    shown = [(e.attempt.direction, e.attempt.revision, e.attempt.state) for e in Project.load(folder).log()]
    assert shown == [("downgrade", "bbbb", "done"), ("upgrade", "bbbb", "done"), ("upgrade", "aaaa", "done")]
