"""What is removed, and what stays; from whom it is kept."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from snapshot.projects import execute, project
from support.cli import whimbrel
from support.databases import rows, version_rows
from support.terminal import on_terminal
from whimbrel import Project, errors, events

TABLES = (
    "CREATE TABLE a (id INTEGER PRIMARY KEY, up INTEGER REFERENCES a (id))",
    "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id))",
    "CREATE VIEW v AS SELECT id FROM a",
)
ROWS = ("INSERT INTO a VALUES (1, NULL), (2, 1)", "INSERT INTO b VALUES (1, 2)")


def _objects(url: str) -> set[str]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        return {*inspector.get_table_names(), *inspector.get_view_names()}


def _counts(shop: Project) -> dict[str, int]:
    return {one.table: one.rows for one in shop.row_counts()}


def test_rows_go_and_schema_version_and_journal_stay(url: str, tmp_path: Path) -> None:
    shop = project(tmp_path / "p", url, *TABLES)
    execute(url, *ROWS)
    before, journal = _objects(url), rows(url, "SELECT count(*) FROM whimbrel_attempt")
    assert _counts(shop) == {"a": 2, "b": 1}
    cleaned = shop.clean(confirm="main")
    assert (cleaned.rows, cleaned.tables, cleaned.dropped, cleaned.backup) == (3, 2, 0, None)
    assert (_objects(url), version_rows(url)) == (before, {"aaaa"})
    assert rows(url, "SELECT count(*) FROM whimbrel_attempt") == journal
    assert _counts(shop) == {"a": 0, "b": 0}
    with pytest.raises(sa.exc.IntegrityError):  # the constraints are what they were
        execute(url, "PRAGMA foreign_keys = ON" if url.startswith("sqlite") else "SELECT 1", ROWS[1], ROWS[1])


def test_a_backup_brings_them_back(url: str, tmp_path: Path) -> None:
    shop = project(tmp_path / "p", url, *TABLES)
    execute(url, *ROWS)
    cleaned = shop.clean(confirm="main", backup=tmp_path / "a.whimbrel")
    shop.restore(cleaned.backup or "")
    assert rows(url, "SELECT id, up FROM a ORDER BY id") == [(1, None), (2, 1)]


@pytest.mark.parametrize("ending", ["whimbrel", "sql", "db"])
def test_nothing_goes_if_the_disk_does_not_take_the_backup(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    shop = project(tmp_path / "p", url, *TABLES)
    execute(url, *ROWS)

    def refuse(file: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(errors.FileRefused, match="Input/output error"):
        shop.clean(confirm="main", backup=tmp_path / f"a.{ending}")
    assert not (tmp_path / f"a.{ending}").exists()
    assert _counts(shop) == {"a": 2, "b": 1}


IMPATIENT = {
    "sqlite": "PRAGMA busy_timeout = 0",
    "postgresql": "SET lock_timeout = '100ms'",
    "mariadb": "SET innodb_lock_wait_timeout = 1",
}
WRITING = ("INSERT INTO b VALUES (2, 2)", "UPDATE b SET a_id = 2 WHERE id = 1", "DELETE FROM b WHERE id = 1")


@pytest.mark.parametrize("ending", ["whimbrel", "sql"])
def test_nobody_writes_between_the_backup_and_the_removal(ending: str, kind: str, url: str, tmp_path: Path) -> None:
    project(tmp_path / "p", url, *TABLES)
    execute(url, *ROWS)
    refused = []

    def write(event: object) -> None:
        if isinstance(event, events.Wrote):
            for statement in WRITING:
                try:
                    execute(url, IMPATIENT[kind], statement)
                except sa.exc.OperationalError as error:
                    refused.append(error)

    shop = Project.load(tmp_path / "p", listener=write)
    cleaned = shop.clean(confirm="main", backup=tmp_path / f"a.{ending}")
    assert (cleaned.rows, len(refused), _counts(shop)) == (3, len(WRITING), {"a": 0, "b": 0})
    shop.restore(cleaned.backup or "", replace=True)
    assert rows(url, "SELECT id, a_id FROM b") == [(1, 2)]
    for statement in WRITING:  # now nobody is in the way
        execute(url, IMPATIENT[kind], statement)


@pytest.mark.parametrize(("kind", "lock"), [("postgresql", "LOCK TABLE"), ("mariadb", "SELECT count(*)")])
def test_a_backup_has_what_was_written_until_the_lock(
    kind: str, lock: str, tmp_path: Path, make_database: Callable[[str], str]
) -> None:
    url = make_database(kind)
    project(tmp_path / "p", url, *TABLES)
    execute(url, *ROWS)
    separator = "&" if "?" in url else "?"
    repeatable = f"{url}{separator}options=-c%20default_transaction_isolation%3Drepeatable%5C%20read"
    shop = Project.load(tmp_path / "p", url=repeatable if kind == "postgresql" else url)
    written = []

    def write(*given: object) -> None:
        if str(given[2]).startswith(lock) and not written:
            written.append(lock)
            execute(url, WRITING[0])

    sa.event.listen(sa.Engine, "before_cursor_execute", write)
    try:
        cleaned = shop.clean(confirm="main", backup=tmp_path / "a.whimbrel")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", write)
    assert (written, cleaned.rows) == ([lock], 4)
    shop.restore(cleaned.backup or "")
    assert rows(url, "SELECT id, a_id FROM b ORDER BY id") == [(1, 2), (2, 2)]


def test_with_the_schema_everything_goes(kind: str, url: str, tmp_path: Path) -> None:
    more = {
        "postgresql": (
            "CREATE TYPE mood AS ENUM ('good')",
            "CREATE DOMAIN short AS varchar(3)",
            "CREATE SEQUENCE alone",
            "CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1'",
            "CREATE MATERIALIZED VIEW m AS SELECT id FROM a",
        ),
        "mariadb": ("CREATE FUNCTION f() RETURNS INTEGER RETURN 1",),
        "sqlite": ("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END",),
    }
    shop = project(tmp_path / "p", url, *TABLES, *more[kind])
    execute(url, *ROWS)
    shop.clean(confirm="main", schema=True)
    assert _objects(url) == set()
    assert shop.upgrade("aaaa").after == ("aaaa",), "nothing is in the way of what is made anew"
    assert _counts(shop) == {"a": 0, "b": 0}


def test_a_production_database_is_never_emptied(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    project(tmp_path / "p", url, *TABLES)
    execute(url, *ROWS)
    with (tmp_path / "p" / "whimbrel.toml").open("a") as file:
        file.write("production = true\n")
    for yes in ([], ["--yes"], ["--yes", "main"], ["--schema", "--yes", "main"]):
        assert whimbrel("cleaned_db", *yes, cwd=tmp_path / "p").code == 6
    with pytest.raises(errors.NotConfirmed):
        Project.load(tmp_path / "p").clean(confirm="main")
    assert rows(url, "SELECT count(*) FROM a") == [(2,)]


@pytest.mark.parametrize(("answer", "code", "left"), [("main", 0, 0), ("y", 1, 2), ("", 1, 2), ("shop", 1, 2)])
def test_on_a_terminal_the_name_is_asked_for(answer: str, code: int, left: int, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    project(tmp_path / "p", url, *TABLES)
    execute(url, *ROWS)
    ended, shown = on_terminal("cleaned-db", cwd=tmp_path / "p", answer=answer)
    assert (ended, rows(url, "SELECT count(*) FROM a")) == (code, [(left,)]), shown
    assert "a  2 rows" in shown


def test_without_rows_nobody_is_asked_and_the_tables_are_counted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    count = len(_counts(project(tmp_path / "p", url, *TABLES)))
    done = whimbrel("cleaned_db", "--json", cwd=tmp_path / "p").ok()
    assert json.loads(done.out)["result"]["tables"] == count
    assert f"note: main has no rows in {count} tables: nothing to do ({url})\n" in done.err
    refused = whimbrel("cleaned_db", "--schema", cwd=tmp_path / "p")
    assert refused.code == 6
    assert f"{count} tables with 0 rows" in refused.err
    assert f"where: {url}" in refused.err


@pytest.mark.parametrize(("yes", "code", "left"), [([], 6, 2), (["--yes", "shop"], 6, 2), (["--yes"], 0, 0)])
def test_in_a_pipeline_it_has_to_be_said(yes: list[str], code: int, left: int, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    project(tmp_path / "p", url, *TABLES)
    execute(url, *ROWS)
    result = whimbrel("cleaned_db", *yes, cwd=tmp_path / "p")
    assert (result.code, rows(url, "SELECT count(*) FROM a")) == (code, [(left,)]), result.err


def test_an_interrupted_one_changes_nothing(url: str, tmp_path: Path, make_database: Callable[[str], str]) -> None:
    shop = project(tmp_path / "p", url, *TABLES)
    execute(url, *ROWS)
    shop.interruption.request()
    with pytest.raises(errors.Interrupted):
        shop.clean(confirm="main")
    assert _counts(shop) == {"a": 2, "b": 1}
