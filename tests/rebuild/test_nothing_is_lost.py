"""What stock Alembic loses when it rebuilds a table of SQLite is there after whimbrel has rebuilt it.

Each loss is shown with both tools: the test of Alembic fails when Alembic no longer loses it.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from conformance.tools import Tool, ours, stock

from .conftest import Make

WIDEN = 'with op.batch_alter_table("t") as batch:\n    batch.alter_column("name", type_=sa.String(40))'
ROWS = "INSERT INTO t (id, name) VALUES (1, 'Ann'), (5, 'bob'); "
PLAIN = "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20)); " + ROWS


class Loss(NamedTuple):
    """What there is, and a question that has one answer as long as it is there."""

    script: str
    question: str
    answer: object
    is_refused: bool = False
    """Whether Alembic fails rather than lose it."""


def _object(kind: str, name: str) -> str:
    return f"SELECT count(*) FROM sqlite_master WHERE type = '{kind}' AND name = '{name}'"


LOSSES = {
    "a CHECK without a name": Loss(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20) CHECK (name <> ''), CHECK (id > 0)); " + ROWS,
        "SELECT (sql LIKE '%name <> %') + (sql LIKE '%id > 0%') FROM sqlite_master WHERE name = 't'",
        2,
    ),
    "the options of a foreign key in its column": Loss(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20), "
        "p INT REFERENCES p (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED); " + ROWS,
        "SELECT sql LIKE '%ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED%' FROM sqlite_master WHERE name = 't'",
        1,
    ),
    "a trigger": Loss(
        PLAIN + "CREATE TABLE log (x); CREATE TRIGGER tr AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (new.id); END;",
        _object("trigger", "tr"),
        1,
    ),
    "a view": Loss(PLAIN + "CREATE VIEW v AS SELECT name FROM t;", "SELECT count(*) FROM v", 2, is_refused=True),
    "an index of an expression": Loss(PLAIN + "CREATE INDEX ix ON t (lower(name));", _object("index", "ix"), 1),
    "collation and order of an index": Loss(
        PLAIN + "CREATE INDEX ix ON t (name COLLATE NOCASE DESC);",
        "SELECT sql LIKE '%COLLATE NOCASE DESC%' FROM sqlite_master WHERE name = 'ix'",
        1,
    ),
    "a generated column": Loss(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20), upper TEXT AS (upper(name)) STORED); " + ROWS,
        "SELECT group_concat(upper) FROM t",
        "ANN,BOB",
        is_refused=True,
    ),
    "AUTOINCREMENT": Loss(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(20)); " + ROWS
        + "DELETE FROM t WHERE id = 5;",
        "SELECT (SELECT seq FROM sqlite_sequence WHERE name = 't') || (SELECT sql LIKE '%AUTOINCREMENT%' "
        "FROM sqlite_master WHERE name = 't')",
        "51",
    ),
    "the collation of a column": Loss(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20) COLLATE NOCASE); " + ROWS,
        "SELECT count(*) FROM t WHERE name = 'ANN'",
        1,
    ),
    "ON CONFLICT": Loss(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20) UNIQUE ON CONFLICT REPLACE); " + ROWS,
        "SELECT sql LIKE '%UNIQUE ON CONFLICT REPLACE%' FROM sqlite_master WHERE name = 't'",
        1,
    ),
    "a type that SQLAlchemy does not know": Loss(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20), m money_type); " + ROWS,
        "SELECT type FROM pragma_table_info('t') WHERE name = 'm'",
        "money_type",
    ),
    "the number of a row": Loss(
        "CREATE TABLE t (id INT, name VARCHAR(20)); " + ROWS + "DELETE FROM t WHERE id = 1;",
        "SELECT rowid FROM t",
        2,
    ),
    "what ANALYZE has found": Loss(
        PLAIN + "CREATE INDEX ix ON t (name); ANALYZE;", "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 't'", 1
    ),
    "a comment": Loss(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, -- the number\n name VARCHAR(20)); " + ROWS,
        "SELECT sql LIKE '%-- the number%' FROM sqlite_master WHERE name = 't'",
        1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_what_alembic_loses_in_a_rebuild_whimbrel_keeps(loss: Loss, tool: Tool, make: Make) -> None:
    database = make(loss.script, WIDEN, tool=tool)
    assert database.rows(loss.question) == [(loss.answer,)], "it is there"
    rows = database.rows("SELECT * FROM t")
    done = database.upgrade()
    if tool is stock:
        assert (done.code != 0) == loss.is_refused
        if not loss.is_refused:
            assert database.rows(loss.question) != [(loss.answer,)]
        return
    done.ok()
    assert database.rows(loss.question) == [(loss.answer,)]
    assert database.rows("SELECT * FROM t") == rows
    assert database.rows("SELECT type FROM pragma_table_info('t') WHERE name = 'name'") == [("VARCHAR(40)",)]
    assert database.rows("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("option", ["STRICT", "WITHOUT ROWID", "STRICT, WITHOUT ROWID"])
def test_the_options_of_a_table_are_kept(option: str, make: Make) -> None:
    script = f"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) {option}; {ROWS}"
    database = make(script, 'with op.batch_alter_table("t") as batch:\n    batch.alter_column("name", nullable=False)')
    database.upgrade().ok()
    assert database.sql("t") == f'CREATE TABLE "t" (id INTEGER PRIMARY KEY, name TEXT NOT NULL) {option}'
    assert database.rows("SELECT * FROM t") == [(1, "Ann"), (5, "bob")]


def test_collation_and_order_stay_in_a_key_that_loses_a_column(make: Make) -> None:
    script = "CREATE TABLE t (id INTEGER, name VARCHAR(20), x INT, PRIMARY KEY (name COLLATE NOCASE, id DESC, x));"
    database = make(script + ROWS, 'with op.batch_alter_table("t") as batch:\n    batch.drop_column("x")')
    database.upgrade().ok()
    [(text,)] = database.rows("SELECT sql FROM sqlite_master WHERE name = 't'")
    assert "PRIMARY KEY (name COLLATE NOCASE, id DESC)" in str(text)
