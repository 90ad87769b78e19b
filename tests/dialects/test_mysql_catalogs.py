"""Catalogs of MariaDB: every kind of change is seen, and made, there and back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dialects.mysql_cases import CASES, Case
from dialects.mysql_schemas import Schema
from whimbrel.catalog import Catalog, compare
from whimbrel.dialects.mysql import MySQL

MakeSchema = Callable[..., Schema]


@pytest.fixture
def make_schema(make_database: Callable[[str], str]) -> MakeSchema:
    """A database in which some statements have been executed."""

    def make(*statements: str) -> Schema:
        schema = Schema(make_database("mariadb"))
        schema.execute(*statements)
        return schema

    return make


def _ids(case: Case) -> str:
    return case.what.replace(" ", "-")


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_what_differs_is_seen_and_made_there_and_back_and_out_of_nothing(case: Case, make_schema: MakeSchema) -> None:
    changing, other = make_schema(*case.one, *case.rows), make_schema(*case.other)
    one, two = (changing.catalog, changing.shown), (other.catalog, other.shown)
    rows = changing.rows(case.seen) if case.seen else []
    assert one[0].fingerprint != two[0].fingerprint
    assert one[1] != two[1]
    for catalog, shown in (two, one):
        changing.become(catalog)
        assert changing.shown == shown
        assert changing.catalog.fingerprint == catalog.fingerprint
        assert compare(changing.catalog, catalog) == []
        assert not case.seen or changing.rows(case.seen) == rows
    for catalog, shown in ((Catalog(), {}), two):
        changing.become(catalog)
        assert changing.shown == shown
        assert changing.catalog.fingerprint == catalog.fingerprint


def test_a_sequence_goes_on_where_it_was(make_schema: MakeSchema) -> None:
    make = "CREATE SEQUENCE s MINVALUE {} MAXVALUE 90 INCREMENT {} NOCACHE"
    changing = make_schema(make.format(1, 1), "SELECT setval(s, 40)")
    changing.become(make_schema(make.format(4, 5)).catalog)
    assert changing.rows("SELECT nextval(s)") == [(41,)]


def test_the_values_of_a_column_stay_when_it_is_computed_no_more(make_schema: MakeSchema) -> None:
    changing = make_schema("CREATE TABLE t (a int, g int AS (a * 7) VIRTUAL)", "INSERT INTO t (a) VALUES (2), (3)")
    changing.become(make_schema("CREATE TABLE t (a int, g bigint NOT NULL DEFAULT 5)").catalog)
    changing.execute("INSERT INTO t (a) VALUES (4)")
    assert changing.rows("SELECT a, g FROM t ORDER BY a") == [(2, 14), (3, 21), (4, 5)]


def test_the_versions_of_rows_stay_when_their_table_changes(make_schema: MakeSchema) -> None:
    make = "CREATE TABLE t (a int, b {}) WITH SYSTEM VERSIONING"
    changing = make_schema(make.format("int"), "INSERT INTO t VALUES (1, 2)", "UPDATE t SET b = 3")
    changing.become(make_schema(make.format("bigint, c int")).catalog)
    assert changing.rows("SELECT a, b FROM t FOR SYSTEM_TIME ALL ORDER BY b") == [(1, 2), (1, 3)]


def test_a_part_of_the_differences_can_be_made_alone(make_schema: MakeSchema) -> None:
    parent = "CREATE TABLE p (a int, b int, KEY (a))"
    changing = make_schema(parent, "CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES p (a)) CHARSET=latin1")
    wanted = make_schema(
        *("CREATE TABLE p (a int, c int, KEY (a, c))", "CREATE TABLE u (a int)"),
        "CREATE TABLE t (a int, d varchar(9), FOREIGN KEY (a) REFERENCES p (a)) CHARSET=utf8mb4",
    ).catalog
    while differences := compare(changing.catalog, wanted):
        before = changing.catalog
        changing.execute(*MySQL().catalogs.alter(differences[-1:], before, wanted))
        assert compare(changing.catalog, wanted) == differences[:-1]
    assert changing.catalog.fingerprint == wanted.fingerprint


def test_what_the_server_cannot_show_is_left_alone_or_dropped(make_schema: MakeSchema) -> None:
    changing = make_schema(
        *("CREATE TABLE part (a int) ENGINE=MyISAM", "CREATE TABLE m (a int) ENGINE=MERGE UNION=(part)"),
        *("DROP TABLE part", "CREATE PROCEDURE r() SELECT 1"),
    )
    wanted = make_schema("CREATE TABLE m (b int)").catalog
    unseen = [
        item._replace(facts=(("unreadable", "not allowed"),)) for item in changing.catalog.items if not item.table
    ]
    assert changing.become(Catalog([*wanted.items, *unseen])) == []
    assert changing.become(Catalog()) == ["DROP PROCEDURE `r`", "DROP TABLE `m`"]
