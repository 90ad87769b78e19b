"""The catalog of SQLite: what counts of the text of a table, and statements that lose no row."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from whimbrel.catalog import COLUMN, Catalog, compare
from whimbrel.dialects.sqlite.catalogs import Catalogs


def made(*statements: str) -> tuple[Any, Catalog]:
    """A database, and its catalog."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in statements:
        connection.execute(statement)

    def query(sql: str) -> list[Any]:
        return connection.execute(sql).fetchall()

    return query, Catalogs().read(query, (None,))


DIFFERENT = [
    ("a TEXT DEFAULT 'x'", "a TEXT DEFAULT 'X'"),
    ('a TEXT DEFAULT "x"', 'a TEXT DEFAULT "X"'),
    ("a TEXT DEFAULT x", "a TEXT DEFAULT X"),
    ('a TEXT DEFAULT "current_timestamp"', "a TEXT DEFAULT current_timestamp"),
    ("a, b, UNIQUE (a COLLATE NOCASE, b)", "a, b, UNIQUE (a, b)"),
    ("a, b, UNIQUE (a DESC, b)", "a, b, UNIQUE (a, b)"),
    ("a, b, PRIMARY KEY (a COLLATE NOCASE, b)", "a, b, PRIMARY KEY (a, b)"),
    ("a, b, PRIMARY KEY (a DESC, b)", "a, b, PRIMARY KEY (a, b)"),
]
SAME = [
    ("a, b, UNIQUE (a ASC, [B])", 'a, b, UNIQUE ("a", b)'),
    ("a INTEGER, PRIMARY KEY (a AUTOINCREMENT)", "a INTEGER PRIMARY KEY AUTOINCREMENT"),
    ("a TEXT DEFAULT CURRENT_timestamp", "a TEXT DEFAULT (current_timestamp)"),
    ('a TEXT DEFAULT "it\'s"', "a TEXT DEFAULT 'it''s'"),
    ("a INT DEFAULT -1", "a INT DEFAULT (-1)"),
    ("a BOOLEAN DEFAULT true", "a BOOLEAN DEFAULT TRUE"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_means_something_else_differs(one: str, other: str) -> None:
    (_, before), (_, after) = made(f"CREATE TABLE t ({one})"), made(f"CREATE TABLE t ({other})")
    assert compare(before, after) != []
    assert before.fingerprint != after.fingerprint


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_ways_to_write_the_same_are_the_same(one: str, other: str) -> None:
    (_, before), (_, after) = made(f"CREATE TABLE t ({one})"), made(f"CREATE TABLE t ({other})")
    assert compare(before, after) == []
    assert before.fingerprint == after.fingerprint


@pytest.mark.parametrize("conflict", ["IGNORE", "REPLACE"])
def test_rows_that_a_new_constraint_would_leave_out_are_an_error(conflict: str) -> None:
    query, before = made("CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (1)")
    _, after = made(f"CREATE TABLE t (a UNIQUE ON CONFLICT {conflict})")
    first, copies, *_ = Catalogs().alter(compare(before, after), before, after)
    query(first)
    with pytest.raises(sqlite3.IntegrityError):
        query(copies)
    assert query("SELECT count(*) FROM t") == [(2,)]


def test_a_type_is_told_as_people_write_it_however_it_was_written() -> None:
    _, found = made('CREATE TABLE t (a numeric ( 10,2 ), b "Varchar"(20), c double  precision, d)')
    types = {item.name: item.fact("type") for item in found.items if item.kind == COLUMN}
    assert types == {"a": "NUMERIC(10, 2)", "b": "VARCHAR(20)", "c": "DOUBLE PRECISION", "d": None}
