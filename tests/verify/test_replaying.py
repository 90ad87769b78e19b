"""What a replay answers, and that nothing else is touched and nothing left."""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.cli import whimbrel
from support.databases import ASYNC, SYNC, rows, tables, through
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import Project
from whimbrel.errors import ReplayFailed, ReturnFailed

from .scenes import Layout, left_over, on_server


def test_a_history_is_replayed_there_and_back_and_the_database_is_not_touched(
    kind: str, url: str, layout: Layout, mark: str, tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", url, linear("aaaa", "bbbb"))
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t_bbbb (kept INTEGER)")  # the replay would stumble over it
    found = Project.load(folder).verify(down=True)
    assert found.applied == ("aaaa", "bbbb")
    assert found.taken_back == ("bbbb", "aaaa")
    assert tables(url) == {"t_bbbb"}
    assert left_over(kind, mark) == []


@pytest.mark.parametrize("scheme", [ASYNC["postgresql"], ASYNC["mariadb"], ASYNC["sqlite"]])
def test_so_it_is_through_async_drivers(scheme: str, make_database: Callable[[str], str], tmp_path: Path) -> None:
    kind = next(kind for kind, name in ASYNC.items() if name == scheme)
    url = make_database(kind)
    folder = alembic_project(tmp_path / "p", through(url, scheme), linear("aaaa"), template="async")
    assert Project.load(folder).verify().applied == ("aaaa",)
    native = native_project(tmp_path / "n", through(url, scheme), linear("aaaa"))
    assert asyncio.run(Project.load(native).averify(down=True)).taken_back == ("aaaa",)
    assert tables(url) == set()


# Two of the histories of the system database-version-control fail in these ways.
DROPS = 'with op.batch_alter_table("t_aaaa") as t:\n    t.drop_column("Ordinary Shares Number")'
ADDS = 'op.add_column("t_aaaa", sa.Column("validity", sa.Integer))'
BROKEN = {
    "a column that no revision makes": [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade=DROPS), Rev("cccc", "bbbb")],
    "a column that two revisions add": [
        Rev("aaaa"),
        Rev("a111", "aaaa", upgrade=ADDS),
        Rev("bbbb", "a111", upgrade=ADDS),
    ],
}


@pytest.mark.parametrize("revisions", BROKEN.values(), ids=BROKEN)
def test_the_first_revision_that_fails_is_named(
    revisions: list[Rev], kind: str, url: str, layout: Layout, mark: str, tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", url, revisions)
    with pytest.raises(ReplayFailed) as caught:
        Project.load(folder).verify()
    assert caught.value.what == "the history cannot be replayed: bbbb fails"
    assert "bbbb_.py" in str(caught.value.where)
    assert caught.value.exit_code == 1
    assert tables(url) == set()
    assert left_over(kind, mark) == []


def test_so_is_the_first_that_does_not_lead_back(url: str, layout: Layout, tmp_path: Path) -> None:
    folder = layout(tmp_path / "p", url, [Rev("aaaa", downgrade='op.drop_table("t_nowhere")'), Rev("bbbb", "aaaa")])
    assert Project.load(folder).verify().applied == ("aaaa", "bbbb")
    with pytest.raises(ReturnFailed) as caught:
        Project.load(folder).verify(down=True)
    assert caught.value.what == "the history does not lead back: aaaa fails"
    assert tables(url) == set()


def test_a_schema_that_is_made_by_hand_is_named(make_database: Callable[[str], str], tmp_path: Path) -> None:
    url = make_database("postgresql")
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA stocks")
    makes = 'op.create_table("price", sa.Column("id", sa.Integer, primary_key=True), schema="stocks")'
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=makes)])
    with pytest.raises(ReplayFailed) as caught:
        Project.load(folder).verify()
    assert 'expects the schema "stocks"' in str(caught.value.hint)
    (folder / "whimbrel.toml").write_text(f'url = "{url}"\nversion_table_schema = "finance"\n')
    with pytest.raises(ReplayFailed) as caught:
        Project.load(folder).verify()
    assert 'expects the schema "finance"' in str(caught.value.hint)


def test_the_command_answers(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    assert whimbrel("verify", "--down", cwd=folder).ok().out == (
        "main  2 revisions applied, 2 taken back, from an empty database\n"
    )
    data = json.loads(whimbrel("verify", "--json", cwd=folder).ok().out)["result"]
    assert data == {"database": "main", "applied": ["aaaa", "bbbb"], "taken_back": []}


def test_a_signal_leaves_no_database(make_database: Callable[[str], str], tmp_path: Path) -> None:
    url, asleep = make_database("postgresql"), f"pg_sleep(60.{secrets.randbelow(10**9)})"
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=f'op.execute("SELECT {asleep}")')])
    process = subprocess.Popen([sys.executable, "-m", "whimbrel", "verify"], cwd=folder, stderr=subprocess.PIPE)
    where = f"SELECT datname FROM pg_stat_activity WHERE query LIKE '%%{asleep}%%' AND pid <> pg_backend_pid()"
    while not (found := rows(url, where)):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert left_over("postgresql", str(found[0][0])) == []


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_signal_ends_the_statement_on_the_server_of_a_database_that_was_named(
    kind: str, url: str, tmp_path: Path
) -> None:
    """Not a session of the configured server that has the same number: on that nobody listens here."""
    sleep = {"postgresql": "pg_sleep", "mariadb": "SLEEP"}[kind]
    asleep = f"{sleep}(60.{secrets.randbelow(10**9)})"
    revision = Rev("aaaa", upgrade=f'op.execute("SELECT {asleep}")')
    folder = native_project(tmp_path / "p", on_server(SYNC[kind], port=1), [revision])
    command = [sys.executable, "-m", "whimbrel", "verify", "--scratch", url]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE)
    running = {
        "postgresql": f"SELECT 1 FROM pg_stat_activity WHERE query LIKE '%%{asleep}%%' AND pid <> pg_backend_pid()"
        " AND state = 'active'",
        "mariadb": f"SELECT 1 FROM information_schema.processlist WHERE info LIKE '%%{asleep}%%'"
        " AND id <> CONNECTION_ID()",
    }[kind]
    try:
        while not rows(url, running):
            assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=40)
    finally:
        process.kill()
    assert process.returncode == 143
    assert rows(url, running) == []


def test_a_database_labelled_production_can_be_verified_down_as_well(tmp_path: Path) -> None:
    """It is not the one that is emptied."""
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", linear("aaaa"))
    (folder / "whimbrel.toml").write_text((folder / "whimbrel.toml").read_text() + "\nproduction = true\n")
    assert Project.load(folder).verify(down=True).taken_back == ("aaaa",)
