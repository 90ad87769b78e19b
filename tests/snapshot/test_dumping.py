"""An archive is of one moment, complete or not there, and has what the project has made: nothing of whimbrel's own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from snapshot.projects import execute, project
from support.cli import whimbrel
from whimbrel import Project, errors, events

TWO = ("CREATE TABLE a (id INTEGER PRIMARY KEY)", "CREATE TABLE b (id INTEGER PRIMARY KEY)")


def _rows(archive: Path) -> dict[str, int]:
    manifest = json.loads(zipfile.ZipFile(archive).read("manifest.json"))
    return {table["name"]: table["rows"] for table in manifest["tables"]}


def test_it_has_all_tables_but_the_version_table_and_the_journal(url: str, tmp_path: Path) -> None:
    shop = project(tmp_path / "p", url, *TWO)
    execute(url, "INSERT INTO a (id) VALUES (1), (2)")
    dumped = shop.dump(tmp_path / "a.whimbrel")
    assert _rows(tmp_path / "a.whimbrel") == {"a": 2, "b": 0}
    assert (dumped.revisions, dumped.size) == (("aaaa",), (tmp_path / "a.whimbrel").stat().st_size)


def test_it_is_of_one_moment_although_others_write(url: str, kind: str, tmp_path: Path) -> None:
    project(tmp_path / "p", url, *TWO)
    if kind == "sqlite":
        execute(url, "PRAGMA journal_mode = WAL")
    execute(url, "INSERT INTO a (id) VALUES (1)", "INSERT INTO b (id) VALUES (1)")

    def write(event: object) -> None:
        if isinstance(event, events.RowsMoved) and event.table == "a":
            execute(url, "INSERT INTO b (id) VALUES (2)")

    Project.load(tmp_path / "p", listener=write).dump(tmp_path / "a.whimbrel")
    assert _rows(tmp_path / "a.whimbrel") == {"a": 1, "b": 1}


def test_an_interrupted_one_leaves_no_file(url: str, tmp_path: Path) -> None:
    project(tmp_path / "p", url, *TWO)
    execute(url, "INSERT INTO a (id) VALUES (1)", "INSERT INTO b (id) VALUES (1)")
    shop = Project.load(tmp_path / "p", listener=lambda event: shop.interruption.request())
    (tmp_path / "out").mkdir()
    with pytest.raises(errors.Interrupted):
        shop.dump(tmp_path / "out" / "a.whimbrel")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_no_file(number: int, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    project(tmp_path / "p", url, "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT)")
    series = "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 500000)"
    execute(url, f"INSERT INTO a {series} SELECT n, 'a name' FROM s")
    out = tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-m", "whimbrel", "-c", str(tmp_path / "p" / "whimbrel.toml"), "dump_db", "a.whimbrel"]
    with subprocess.Popen(command, cwd=out, stderr=subprocess.PIPE, text=True) as process:
        while not any(os.path.getsize(out / name) for name in os.listdir(out)) and process.poll() is None:
            pass
        process.send_signal(number)
        said = process.communicate()[1]
    assert process.returncode == 128 + number, said
    assert list(out.iterdir()) == []


def test_a_file_that_is_there_is_replaced_only_with_yes(tmp_path: Path) -> None:
    project(tmp_path / "p", f"sqlite:///{tmp_path / 'shop.db'}", *TWO)
    file = tmp_path / "p" / "a.whimbrel"
    file.write_text("mine")
    refused = whimbrel("dump_db", "a.whimbrel", cwd=tmp_path / "p")
    assert (refused.code, file.read_text()) == (6, "mine")
    done = whimbrel("dump-db", "a.whimbrel", "--yes", "--json", cwd=tmp_path / "p").ok()
    result = json.loads(done.out)["result"]
    assert (result["path"], result["rows"], result["size"]) == ("a.whimbrel", 0, file.stat().st_size)


def test_without_a_name_it_is_called_for_the_database_and_its_revision(tmp_path: Path) -> None:
    project(tmp_path / "p", f"sqlite:///{tmp_path / 'shop.db'}", *TWO)
    whimbrel("dump_db", cwd=tmp_path / "p").ok()
    [file] = (tmp_path / "p").glob("*.whimbrel")
    assert file.name.startswith("main-aaaa-20")


@pytest.mark.parametrize("path", ["no/such/folder/a.whimbrel", "/proc/a.whimbrel"])
def test_a_folder_that_cannot_be_written_to_is_named(path: str, tmp_path: Path) -> None:
    shop = project(tmp_path / "p", f"sqlite:///{tmp_path / 'shop.db'}", *TWO)
    with pytest.raises(errors.FileRefused) as refusal:
        shop.dump(path)
    assert (refusal.value.where, refusal.value.state) == (path, "nothing was written")


def test_a_table_that_may_not_be_read_is_named(make_database, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    url = make_database("postgresql")
    project(tmp_path / "p", url, *TWO)
    execute(url, "CREATE ROLE wbtest_reader", "GRANT SELECT ON a, alembic_version TO wbtest_reader")
    try:
        separator = "&" if "?" in url else "?"
        reader = Project.load(tmp_path / "p", url=f"{url}{separator}options=-c%20role%3Dwbtest_reader")
        with pytest.raises(errors.DumpFailed, match=r"rows of b cannot be read"):
            reader.dump(tmp_path / "a.whimbrel")
        assert not (tmp_path / "a.whimbrel").exists()
    finally:
        execute(url, "DROP OWNED BY wbtest_reader", "DROP ROLE wbtest_reader")
