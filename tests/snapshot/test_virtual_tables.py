"""Virtual tables of SQLite are left out, and told; tables that are only called like theirs are as all others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from snapshot.projects import execute, project
from support.databases import rows
from whimbrel import Project, events
from whimbrel.dialects.sqlite.contents import Contents

TABLES = (
    "CREATE VIRTUAL TABLE docs USING fts5(body)",
    "CREATE VIRTUAL TABLE older USING fts4(body)",
    "CREATE VIRTUAL TABLE boxes USING rtree(id, low, high)",
    "CREATE TABLE docs_comments (id INTEGER PRIMARY KEY)",
    "CREATE TABLE boxes_open (id INTEGER PRIMARY KEY)",
)


def test_they_are_told_and_a_table_that_is_called_like_theirs_is_moved(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    project(tmp_path / "p", url, *TABLES)
    execute(url, "INSERT INTO docs VALUES ('word')", "INSERT INTO docs_comments VALUES (7)")
    told: list[str] = []
    shop = Project.load(
        tmp_path / "p", listener=lambda event: told.append(event.text) if isinstance(event, events.Notice) else None
    )
    cleaned = shop.clean(confirm="main", backup=tmp_path / "a.whimbrel")
    assert told == [
        *(f"table {name} is left out: it is a virtual table" for name in ("boxes", "docs", "older")),
        *(f"the rows of {name} stay: it is a virtual table" for name in ("boxes", "docs", "older")),
    ]
    assert (cleaned.rows, rows(url, "SELECT count(*) FROM docs_comments")) == (1, [(0,)])
    assert rows(url, "SELECT body FROM docs WHERE docs MATCH 'word'") == [("word",)]
    shop.restore(tmp_path / "a.whimbrel")
    assert rows(url, "SELECT id FROM docs_comments") == [(7,)]
    shop.clean(confirm="main", schema=True)
    assert rows(url, "SELECT name FROM sqlite_master") == []


@pytest.mark.parametrize("version", [None, "3.36.0"])
def test_what_they_keep_their_rows_in_is_known_to_old_versions_too(version: str | None) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in TABLES:
            connection.execute(statement)

        def query(statement: str) -> list[tuple[object, ...]]:
            if version and "sqlite_version" in statement:
                return [(version,)]
            assert not (version and "pragma_table_list" in statement)
            return connection.execute(statement).fetchall()

        assert [table.name for table in Contents().tables(query, None)] == ["boxes_open", "docs_comments"]
