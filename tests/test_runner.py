"""What a run reports: one change for each database, and nothing that is not so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from conformance.graphs import A1, A2, A3
from conformance.pair import MULTIDB
from conformance.projects import make_multidb
from support.cli import whimbrel
from support.databases import version_rows
from support.projects import linear, native_project
from whimbrel import Change, Project

MakeDatabase = Callable[[str], str]


def _two_databases(kind: str, make_database: MakeDatabase, folder: Path) -> None:
    """A multidb project whose second database is two revisions further than its first."""
    urls = [make_database(kind), make_database(kind)]
    make_multidb(folder, urls, MULTIDB)
    whimbrel("upgrade", A2, cwd=folder).ok()
    engine = sa.create_engine(urls[0])
    with engine.begin() as connection:
        for statement in (f"DROP TABLE t_{A2}_1", f"DROP TABLE t_{A1}_1", "DELETE FROM alembic_version"):
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_every_database_has_its_own_line(kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    _two_databases(kind, make_database, tmp_path)
    first, second = whimbrel("upgrade", "head", cwd=tmp_path).ok().out.splitlines()
    assert f"base -> {A3}  (3 revisions, verified)" in first
    assert f"{A2} -> {A3}  (1 revision, verified)" in second
    assert first.rpartition("  ")[2] != second.rpartition("  ")[2], "each line says which database it is about"


def test_every_database_has_its_own_change_in_json(kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    _two_databases(kind, make_database, tmp_path)
    result = json.loads(whimbrel("upgrade", "head", "--json", cwd=tmp_path).ok().out)["result"]
    assert [(change["before"], change["after"], change["revisions"]) for change in result["changes"]] == [
        ([], [A3], [A1, A2, A3]),
        ([A2], [A3], [A3]),
    ]
    assert (result["status"], result["before"], result["after"], result["verified"]) == ("done", [A2], [A3], True)


def test_purging_down_to_base_is_told_as_a_change(url: str, tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", url, linear("aaaa", "bbbb")))
    project.upgrade("head")
    (at,) = project.positions()
    outcome = project.stamp("base", purge=True, force=True)
    assert (outcome.status, outcome.changes) == ("done", (Change(at.where, ("bbbb",), (), (), verified=True),))
    assert version_rows(url) == set()
    assert project.stamp("base", purge=True, force=True).status == "nothing to do"


def test_purging_what_no_file_has_is_told_as_a_change(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    project = Project.load(folder)
    project.upgrade("head")
    for path in (folder / "migrations" / "versions").glob("bbbb*"):
        path.unlink()
    outcome = project.stamp("aaaa", purge=True, force=True)
    assert (outcome.status, outcome.before, outcome.after) == ("done", ("bbbb",), ("aaaa",))


def test_a_database_with_nothing_to_do_says_so_beside_one_that_was_changed(
    kind: str, make_database: MakeDatabase, tmp_path: Path
) -> None:
    _two_databases(kind, make_database, tmp_path)
    first, second = whimbrel("upgrade", A2, cwd=tmp_path).ok().out.splitlines()
    assert f"base -> {A2}  (2 revisions, verified)" in first
    assert f"{A2}  (nothing to do)" in second
