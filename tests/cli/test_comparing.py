"""`drift`, `diff` and a refused `stamp` on the command line: exit codes, lines, JSON, several databases."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from support.cli import whimbrel
from support.projects import Rev, linear, native_project, write_revision

HISTORY = [Rev("aaaa", message="customers"), Rev("bbbb", "aaaa", message="orders")]


def do(path: Path, statement: str) -> None:
    """Somebody who changes a database of SQLite past its revisions."""
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose database `shop.db` is at its head."""
    folder = native_project(tmp_path / "project", "sqlite:///shop.db", HISTORY)
    whimbrel("upgrade", cwd=folder).ok()
    return folder


def test_no_drift_is_one_line_and_exit_0(folder: Path) -> None:
    done = whimbrel("drift", cwd=folder)
    assert done == (0, "main  bbbb  no drift\n", "")
    document = json.loads(whimbrel("drift", "--json", cwd=folder).ok().out)
    assert document["ok"]
    [one] = document["result"]
    assert (one["database"], one["heads"], one["differences"]) == ("main", ["bbbb"], [])
    assert (one["edited"], one["unfinished"], one["last_run"]["revision"]) == ([], [], "bbbb")


def test_drift_is_a_line_for_each_difference_and_exit_1(folder: Path) -> None:
    do(folder / "shop.db", "ALTER TABLE t_aaaa ADD COLUMN note TEXT")
    do(folder / "shop.db", "CREATE VIEW v AS SELECT 1")
    done = whimbrel("drift", cwd=folder)
    assert (done.code, done.out) == (1, "add column t_aaaa.note\nadd view v\n")
    assert "error[WB513]: the database differs from what its history leaves in 2 places" in done.err
    assert "note: main: bbbb was applied " in done.err
    document = json.loads(whimbrel("drift", "--json", cwd=folder).out)
    assert not document["ok"]
    assert document["error"]["differences"] == ["add column t_aaaa.note", "add view v"]
    assert document["error"]["databases"][0]["last_run"]["revision"] == "bbbb"


def test_drift_tells_of_an_edited_revision(folder: Path) -> None:
    edited = Rev("bbbb", "aaaa", message="orders", upgrade='op.create_table("other", sa.Column("id", sa.Integer))')
    write_revision(folder / "migrations" / "versions", edited)
    done = whimbrel("drift", cwd=folder)
    assert done.code == 1
    assert "bbbb (orders) was edited after it was applied" in done.err


def test_drift_of_a_history_that_cannot_be_replayed_names_the_revision(folder: Path) -> None:
    write_revision(folder / "migrations" / "versions", Rev("bbbb", "aaaa", upgrade='op.drop_table("nowhere")'))
    done = whimbrel("drift", cwd=folder)
    assert done.code == 1
    assert "error[WB510]: the history cannot be replayed: bbbb fails" in done.err


def test_drift_of_all_databases_is_1_if_one_has_drifted(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "project", "sqlite:///unused.db")
    (folder / "whimbrel.toml").write_text(
        "\n".join(
            f'[databases.{name}]\nurl = "sqlite:///{name}.db"\nscript_location = "{name}"' for name in ("shop", "audit")
        )
    )
    for name in ("shop", "audit"):
        (folder / name / "versions").mkdir(parents=True)
        for rev in linear(f"{name}1"):
            write_revision(folder / name / "versions", rev)
    whimbrel("upgrade", "--all", cwd=folder).ok()
    assert whimbrel("drift", "--all", cwd=folder).ok().out == "shop  shop1  no drift\naudit  audit1  no drift\n"
    do(folder / "audit.db", "CREATE TABLE notes (id INTEGER)")
    done = whimbrel("drift", "--all", cwd=folder)
    assert done.code == 1
    assert done.out.startswith("shop  shop1  no drift\naudit")
    assert "add table notes" in done.out
    assert whimbrel("drift", "-d", "shop", cwd=folder).code == 0
    assert whimbrel("diff", "audit", "database:audit", cwd=folder).ok().out == "no difference\n"
    assert whimbrel("diff", "audit", "head", cwd=folder).out == "drop table notes\n"


def test_diff_answers_no_difference_with_0_and_each_difference_with_1(folder: Path) -> None:
    assert whimbrel("diff", "main", "head", cwd=folder) == (0, "no difference\n", "")
    done = whimbrel("diff", "aaaa", "head", cwd=folder)
    assert (done.code, done.out) == (1, "add table t_bbbb\n")
    assert "error[WB514]: aaaa and head differ in 1 place" in done.err
    assert json.loads(whimbrel("diff", "--json", "main", "head", cwd=folder).ok().out)["result"] == {
        "first": "main",
        "second": "head",
        "differences": [],
    }
    document = json.loads(whimbrel("diff", "--json", "head", "-1", cwd=folder).out)
    assert document["error"]["differences"] == ["drop table t_bbbb"]


def test_diff_shows_no_password_of_a_url(folder: Path, make_database: Callable[[str], str]) -> None:
    url = make_database("postgresql").replace("postgres@", "postgres:s3cr3t-of-diff@")
    done = whimbrel("diff", "head", url, cwd=folder)
    assert done.code == 2
    assert "s3cr3t-of-diff" not in done.out + done.err
    assert "is postgresql" in done.err


def test_a_stamp_that_is_refused_names_what_is_missing_and_force_records_it(folder: Path) -> None:
    do(folder / "shop.db", "DROP TABLE t_bbbb")
    whimbrel("stamp", "aaaa", cwd=folder).ok()
    done = whimbrel("stamp", "head", cwd=folder)
    assert (done.code, done.out) == (6, "")
    assert "error[WB615]: the database is not as bbbb leaves it, in 1 place" in done.err
    assert "add table t_bbbb" in done.err
    document = json.loads(whimbrel("stamp", "head", "--json", cwd=folder).out)
    assert document["error"]["differences"] == ["add table t_bbbb"]
    assert whimbrel("stamp", "head", "--force", cwd=folder).ok().out == "main  aaaa -> bbbb  (verified)\n"
    log = whimbrel("log", "-n", "2", cwd=folder).ok().out
    assert "  forced   bbbb" in log
    assert "from aaaa to bbbb" in log
    assert "  stamped  aaaa" in log
    entries = json.loads(whimbrel("log", "--json", cwd=folder).ok().out)["result"]
    assert [(one["direction"], one["state"]) for one in entries[:2]] == [("stamp", "forced"), ("stamp", "stamped")]
