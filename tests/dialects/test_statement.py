"""SQL is read far enough to know what it changes, and what is not understood is never taken for harmless."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql, sqlite

from whimbrel.dialects import base, dialect_named
from whimbrel.dialects.base import ALONE, COMMITS, ENDS, IN_TRANSACTION, MAY_COMMIT, PASSES
from whimbrel.dialects.statement import Statement, read_statement

HARMLESS = (PASSES, ENDS)
KINDS = ("sqlite", "postgresql", "mysql", "mariadb")


def kind_of(dialect: str, sql: str) -> str:
    found = dialect_named(dialect)
    assert found is not None
    return base.kind_of(found.changes, read_statement(sql, dialect))


# -- what it is about ----------------------------------------------------------------------------

ABOUT = [
    ("CREATE TABLE t (id int)", "CREATE TABLE t"),
    ("create table t(id int)", "CREATE TABLE t"),
    ("\n\n  -- a comment; DROP TABLE x\nALTER /* here */ TABLE\n t ADD c int", "ALTER TABLE t"),
    ("CREATE TABLE IF NOT EXISTS shop.item (id int)", "CREATE TABLE shop.item"),
    ("CREATE TABLE `shop`.`my item` (id int)", "CREATE TABLE shop.my item"),
    ('CREATE TABLE "shop"."my ""item""" (id int)', 'CREATE TABLE shop.my "item"'),
    ("CREATE TABLE [shop].[item] (id int)", "CREATE TABLE shop.item"),
    ("CREATE TABLE `a``b` (id int)", "CREATE TABLE a`b"),
    ("CREATE TABLE shop . item (id int)", "CREATE TABLE shop.item"),
    ("CREATE UNLOGGED TABLE t (id int)", "CREATE TABLE t"),
    ("CREATE OR REPLACE TEMPORARY TABLE t (id int)", "CREATE TABLE t"),
    ("DROP TABLE IF EXISTS t", "DROP TABLE t"),
    ("ALTER TABLE IF EXISTS ONLY t ADD c int", "ALTER TABLE t"),
    ("ALTER ONLINE IGNORE TABLE t ADD c int", "ALTER TABLE t"),
    ("CREATE UNIQUE INDEX ix ON shop.item (name)", "CREATE INDEX ix"),
    ("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON t (a)", "CREATE INDEX ix"),
    ("CREATE INDEX CONCURRENTLY ON ONLY shop.item (a)", "CREATE INDEX on shop.item"),
    ("DROP INDEX CONCURRENTLY IF EXISTS shop.ix", "DROP INDEX shop.ix"),
    ("CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE VIEW v"),
    ("REFRESH MATERIALIZED VIEW CONCURRENTLY mv", "REFRESH VIEW mv"),
    ("RENAME TABLE a TO b", "RENAME TABLE a"),
    ("TRUNCATE t", "TRUNCATE TABLE t"),
    ("TRUNCATE TABLE ONLY shop.item", "TRUNCATE TABLE shop.item"),
    ("INSERT INTO shop.item (id) VALUES (1)", "INSERT shop.item"),
    ("INSERT OR IGNORE INTO t VALUES (1)", "INSERT t"),
    ("INSERT LOW_PRIORITY IGNORE t VALUES (1)", "INSERT t"),
    ("REPLACE INTO t VALUES (1)", "REPLACE t"),
    ("UPDATE ONLY t SET a = 1", "UPDATE t"),
    ("DELETE FROM ONLY t", "DELETE t"),
    ("MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE", "MERGE t"),
    ("WITH gone AS (SELECT 1) DELETE FROM t", "WITH gone … DELETE"),
    ("WITH x AS (SELECT 1) SELECT * FROM x", "WITH x"),
    ("SET STATEMENT max_statement_time = 60 FOR ALTER TABLE t ADD c int", "ALTER TABLE t"),
    ("(SELECT 1)", "a statement"),
    ("", "a statement"),
    ("-- nothing else", "a statement"),
    ("/*!50000 DROP TABLE t */", "a statement"),
    ("/*M!100000 DROP TABLE t */", "a statement"),
    # Names that are words elsewhere.
    ("CREATE TABLE temp (id int)", "CREATE TABLE temp"),
    ("DROP TABLE temporary", "DROP TABLE temporary"),
    ("ALTER TABLE local ADD c int", "ALTER TABLE local"),
    ("INSERT INTO temp VALUES (1)", "INSERT temp"),
    ("UPDATE global SET a = 1", "UPDATE global"),
    ("DELETE FROM online", "DELETE online"),
    ("TRUNCATE temp", "TRUNCATE TABLE temp"),
    ("CREATE INDEX ix ON temp (a)", "CREATE INDEX ix"),
]


@pytest.mark.parametrize(("sql", "summary"), ABOUT)
def test_the_summary_says_what_is_done_to_what(sql: str, summary: str) -> None:
    assert read_statement(sql).summary == summary


@pytest.mark.parametrize(
    ("kind", "sql", "summary"),
    [
        ("mysql", "# MySQL's comment\nDROP TABLE t", "DROP TABLE t"),
        ("mysql", r"INSERT INTO t VALUES ('it\'s; x'); DROP TABLE u", "INSERT t; DROP TABLE u"),
        ("mysql", 'INSERT INTO t VALUES ("a;b")', "INSERT t"),
        ("mysql", "EXECUTE IMMEDIATE \"UPDATE u SET pw = 'secret'\"", "EXECUTE IMMEDIATE"),
        ("mysql", "CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW BEGIN SET @a = 1; END", "CREATE TRIGGER t"),
        ("mysql", "BEGIN NOT ATOMIC UPDATE t SET a = 1; UPDATE u SET b = 2; END", "BEGIN NOT"),
        ("postgresql", "UPDATE t SET j = j #- '{x}'; COMMIT; UPDATE u SET a = 1", "UPDATE t; COMMIT; UPDATE u"),
        ("postgresql", r"INSERT INTO t VALUES (E'it\'s; x'); END", "INSERT t; END"),
        ("postgresql", r"INSERT INTO t VALUES ('\'); END", "INSERT t; END"),
        ("postgresql", "DO $x$ BEGIN UPDATE t SET a = 1; COMMIT; END $x$; SELECT 1", "DO; SELECT"),
        ("postgresql", "UPDATE t SET a[1] = 2; DELETE FROM u WHERE b[1] = 2", "UPDATE t; DELETE u"),
        ("sqlite", "INSERT INTO [a;b] VALUES (1)", "INSERT a;b"),
        ("sqlite", "CREATE TRIGGER t AFTER INSERT ON u BEGIN DELETE FROM v; END", "CREATE TRIGGER t"),
    ],
)
def test_what_is_a_string_and_what_a_name_depends_on_the_database(kind: str, sql: str, summary: str) -> None:
    assert read_statement(sql, kind).summary == summary


def test_an_index_knows_its_table() -> None:
    tables = {
        "CREATE INDEX ix ON shop.item (name)": ("shop", "item"),
        "CREATE INDEX CONCURRENTLY ON ONLY t (a)": ("t",),
        "CREATE INDEX ix ON `my table` (a)": ("my table",),
        "CREATE INDEX ix ON temp (a)": ("temp",),
        "DROP INDEX ix ON t": ("t",),
        "DROP INDEX ix": (),
        "CREATE TABLE t (id int) -- ON x": (),
    }
    assert {sql: read_statement(sql).table for sql in tables} == tables


def test_what_names_several_objects_is_told_from_what_names_one() -> None:
    several = {
        "DROP TABLE a, b": True,
        "DROP TABLE a": False,
        "TRUNCATE a, b": True,
        "RENAME TABLE a TO b, c TO d": True,
        "RENAME TABLE a TO b": False,
        "UPDATE a, b SET a.n = b.n, b.n = 0": True,
        "UPDATE a x JOIN b ON x.id = b.id SET b.n = 1": True,
        "UPDATE a SET n = 1, m = 2": False,
        "DELETE a, b FROM a JOIN b": True,
        "DELETE FROM a WHERE id IN (1, 2)": False,
        "CREATE TABLE a (x int, y int)": False,
    }
    assert {sql: read_statement(sql).several for sql in several} == several


def test_values_do_not_come_into_the_summary() -> None:
    for sql in ("INSERT INTO t VALUES ('s3cret')", "UPDATE t SET a = 's3cret'", "SET PASSWORD = 's3cret'"):
        assert "s3cret" not in read_statement(sql).summary


# -- what kind it is -----------------------------------------------------------------------------

DDL = {"sqlite": IN_TRANSACTION, "postgresql": IN_TRANSACTION, "mysql": COMMITS, "mariadb": COMMITS}


@pytest.mark.parametrize("dialect", KINDS)
@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (temp int, concurrently int)",
        "CREATE TABLE temp (id int)",
        "ALTER TABLE temp ADD c int",
        "ALTER TABLE t ADD COLUMN truncate int",
        "ALTER TABLE t ADD COLUMN exchange int",
        "DROP TABLE temporary",
        "DROP TABLE temp",
        "CREATE INDEX ix ON t (temp)",
        "CREATE VIEW v AS SELECT 1",
    ],
)
def test_ddl_is_what_the_database_makes_of_it(dialect: str, sql: str) -> None:
    if "concurrently" in sql:
        sql = sql.replace("concurrently", "exchange") if dialect == "postgresql" else sql
    assert kind_of(dialect, sql) == DDL[dialect]


@pytest.mark.parametrize("dialect", KINDS)
@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t (temp, concurrently) VALUES (1, 2)",
        "INSERT INTO temp VALUES (1)",
        "UPDATE temp SET a = 1",
        "UPDATE t SET concurrently = 1",
        "DELETE FROM temporary",
        "REPLACE INTO t VALUES (1)",
        "/* why */ UPDATE t SET a = 1",
        "-- why\nUPDATE t SET a = 1",
        "WITH x AS (SELECT 1) DELETE FROM t",
        "WITH RECURSIVE x AS (SELECT 1) UPDATE t SET a = 1",
        "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
        # What begins a comment or escapes a quote here is an operator or a character there.
        "WITH x AS (SELECT a #>> '{b}' FROM j) DELETE FROM t",
        "WITH x AS (SELECT 'a\\' AS b) DELETE FROM t WHERE n = 'b'",
        "WITH x AS (VALUES " + ", ".join(f"({n}, 'n')" for n in range(500)) + ") UPDATE t SET a = 1",
    ],
)
def test_what_changes_rows_is_part_of_the_transaction_everywhere(dialect: str, sql: str) -> None:
    assert read_statement(sql).changes_data
    assert kind_of(dialect, sql) == IN_TRANSACTION


@pytest.mark.parametrize("dialect", KINDS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT * FROM t -- DELETE FROM t",
        "SELECT replace(a, 'x', 'y') FROM t",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "WITH x AS (SELECT replace(a, 'b', 'c'), insert (a, 1, 2, 'x') FROM t) SELECT * FROM x FOR UPDATE",
        "EXPLAIN SELECT 1",
        "SAVEPOINT a",
        "RELEASE SAVEPOINT a",
        "ROLLBACK TO SAVEPOINT a",
        "CREATE TEMPORARY TABLE t (id int)",
    ],
)
def test_what_only_reads_or_is_of_the_session_passes(dialect: str, sql: str) -> None:
    assert kind_of(dialect, sql) == PASSES


@pytest.mark.parametrize("dialect", KINDS)
def test_a_commit_ends_the_transaction(dialect: str) -> None:
    assert kind_of(dialect, "COMMIT") == kind_of(dialect, " ; commit".lstrip(" ;")) == ENDS


POSTGRESQL = [
    ("CREATE INDEX CONCURRENTLY ON t (a)", ALONE),
    ("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a)", ALONE),
    ("DROP INDEX CONCURRENTLY ix", ALONE),
    ("REINDEX INDEX CONCURRENTLY ix", ALONE),
    ("ALTER TABLE p DETACH PARTITION c CONCURRENTLY", ALONE),
    ("REFRESH MATERIALIZED VIEW CONCURRENTLY mv", ALONE),
    ("VACUUM t", ALONE),
    ("CREATE DATABASE d", ALONE),
    ("ALTER SYSTEM SET work_mem = '1MB'", ALONE),
    ("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", ALONE),
    ("DROP SUBSCRIPTION s", ALONE),
    ("CALL p()", ALONE),
    ("DO $$ BEGIN COMMIT; END $$", ALONE),
    ("/*! what is this */", ALONE),
    ("ALTER TYPE mood ADD VALUE 'so'", IN_TRANSACTION),
    ("SELECT * INTO t2 FROM t", IN_TRANSACTION),
    ("EXPLAIN ANALYZE DELETE FROM t", IN_TRANSACTION),
    ("TRUNCATE t", IN_TRANSACTION),
    ("COMMENT ON TABLE t IS 'x'", IN_TRANSACTION),
    ("CREATE TEMP TABLE t (id int)", PASSES),
    ("SET LOCAL lock_timeout = '1s'", PASSES),
    ("LOCK TABLE t IN EXCLUSIVE MODE", PASSES),
]


@pytest.mark.parametrize(("sql", "kind"), POSTGRESQL)
def test_kinds_on_postgresql(sql: str, kind: str) -> None:
    assert kind_of("postgresql", sql) == kind


MARIADB = [
    ("SET STATEMENT lock_wait_timeout = 1 FOR ALTER TABLE t ADD c int", COMMITS),
    ("SET STATEMENT max_statement_time = 1 FOR DELETE FROM t", IN_TRANSACTION),
    ("SET STATEMENT max_statement_time = 1 FOR SELECT 1", PASSES),
    ("BEGIN NOT ATOMIC DELETE FROM t; END", MAY_COMMIT),
    ("BEGIN", ENDS),
    ("START TRANSACTION", ENDS),
    ("SET autocommit = 1", ENDS),
    ("SET @@session.autocommit = 1", ENDS),
    ("LOCK TABLES t WRITE", ENDS),
    ("SET foreign_key_checks = 0", PASSES),
    ("SET PASSWORD = PASSWORD('x')", COMMITS),
    ("/*!40000 ALTER TABLE t DISABLE KEYS */", COMMITS),
    ("/*M!100000 CREATE */ TABLE t (id int)", COMMITS),
    ("TRUNCATE t", COMMITS),
    ("CALL p()", MAY_COMMIT),
    ("LOAD DATA INFILE 'x' INTO TABLE t", IN_TRANSACTION),
    ("GRANT SELECT ON t TO u", COMMITS),
    ("ANALYZE TABLE t", ENDS),
    ("ANALYZE DELETE FROM t", IN_TRANSACTION),
    ("DROP TEMPORARY TABLE t", PASSES),
]


@pytest.mark.parametrize(("sql", "kind"), MARIADB)
def test_kinds_on_mariadb(sql: str, kind: str) -> None:
    assert kind_of("mariadb", sql) == kind_of("mysql", sql) == kind


SQLITE = [
    ("CREATE TABLE temp.t (id int)", PASSES),
    ("INSERT INTO temp.t VALUES (1)", PASSES),
    ("CREATE TEMP VIEW v AS SELECT 1", PASSES),
    ("PRAGMA foreign_keys = OFF", PASSES),
    ("VACUUM", PASSES),
    ("EXPLAIN DELETE FROM t", PASSES),
    ("DROP TABLE t", IN_TRANSACTION),
    ("END", ENDS),
]


@pytest.mark.parametrize(("sql", "kind"), SQLITE)
def test_kinds_on_sqlite(sql: str, kind: str) -> None:
    assert kind_of("sqlite", sql) == kind


# -- whatever it is ------------------------------------------------------------------------------

NAME = st.sampled_from(
    [
        "t",
        "temp",
        "temporary",
        "concurrently",
        "truncate",
        "exchange",
        "ignore_",
        "local",
        "online",
        "shop.item",
        '"a b"',
    ]
)
COMMENT = st.sampled_from(["", " ", "\n", "/* SELECT */", "-- SELECT\n", "/* ; */ -- x\n", "\t"])
CHANGE = st.sampled_from(
    [
        "INSERT INTO {name} VALUES (1)",
        "UPDATE {name} SET a = 1",
        "DELETE FROM {name}",
        "REPLACE INTO {name} VALUES (1)",
        "CREATE TABLE {name} (id int)",
        "CREATE TABLE IF NOT EXISTS {name} (id int)",
        "ALTER TABLE {name} ADD COLUMN c int",
        "DROP TABLE {name}",
        "DROP TABLE IF EXISTS {name}",
        "CREATE INDEX ix ON {name} (a)",
        "TRUNCATE TABLE {name}",
        "TRUNCATE {name}",
        "WITH x AS (SELECT '{text}') DELETE FROM {name}",
        "WITH x AS (SELECT 1 /* {text} */) UPDATE {name} SET a = 1",
    ]
)


@given(st.text())
def test_nothing_is_too_strange_to_be_read(sql: str) -> None:
    statement = read_statement(sql)
    assert isinstance(statement, Statement)
    assert statement.summary
    for dialect in KINDS:
        assert kind_of(dialect, sql) in (PASSES, ENDS, IN_TRANSACTION, COMMITS, MAY_COMMIT, ALONE)


@given(CHANGE, NAME, COMMENT, COMMENT, st.text("ab \\#'\"`-;", max_size=8), st.booleans())
def test_a_change_is_never_taken_for_harmless(
    change: str, name: str, before: str, between: str, text: str, is_lower: bool
) -> None:
    quoted = text.replace("'", "''").replace("*/", "")
    sql = before + change.format(name=name, text=quoted).replace(" ", f" {between}\n" if between else " ", 1)
    sql = sql.lower() if is_lower else sql
    for dialect in KINDS:
        assert kind_of(dialect, sql) not in HARMLESS, sql


HARMLESS_ONES = st.sampled_from(
    ["SELECT 1", "SET x = 1", "BEGIN", "SAVEPOINT a", "CREATE TEMPORARY TABLE tmp (id int)", "COMMIT", "ROLLBACK", ";"]
)


@given(st.lists(HARMLESS_ONES, min_size=1, max_size=4), CHANGE, st.lists(HARMLESS_ONES, max_size=3))
def test_a_change_among_harmless_statements_is_never_taken_for_harmless(
    before: list[str], change: str, behind: list[str]
) -> None:
    sql = "; ".join([*before, change.format(name="t", text="x"), *behind])
    for dialect in KINDS:
        kind = kind_of(dialect, sql)
        assert kind not in HARMLESS, sql
        if "COMMIT" in (*before, *behind):
            assert kind == MAY_COMMIT, sql


@pytest.mark.parametrize(
    ("dialect", "sql", "kind"),
    [
        ("postgresql", "SET LOCAL statement_timeout = '60s'; UPDATE t SET a = 1", IN_TRANSACTION),
        ("postgresql", "BEGIN; UPDATE t SET a = 1; END;", MAY_COMMIT),
        ("postgresql", "UPDATE t SET a = 1; PREPARE TRANSACTION 'x'", MAY_COMMIT),
        ("postgresql", "SET x = 1; SET y = 2;", PASSES),
        ("postgresql", "UPDATE t SET a = 1;", IN_TRANSACTION),
        ("mariadb", "UPDATE t SET a = 1; ALTER TABLE t ADD c int", MAY_COMMIT),
        ("mariadb", "UPDATE t SET a = 1; INSERT INTO t VALUES (1)", IN_TRANSACTION),
        ("mariadb", "CREATE TABLE t (a int); CREATE TABLE u (a int)", MAY_COMMIT),
        ("mariadb", "SET @x = 1; COMMIT", ENDS),
    ],
)
def test_kinds_of_several_statements(dialect: str, sql: str, kind: str) -> None:
    assert kind_of(dialect, sql) == kind


@given(CHANGE, st.lists(st.tuples(st.integers(0, 60), st.sampled_from(list("\n ;/*'\"`#-($.,")))))
def test_what_sqlite_executes_although_it_was_garbled_is_not_taken_for_harmless(
    change: str, edits: list[tuple[int, str]]
) -> None:
    """SQLite itself says which garbled statements still change something."""
    sql = change.format(name="t", text="x")
    for position, character in edits:
        sql = sql[:position] + character + sql[position:]
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (0); CREATE TABLE u (a)")
        before = list(connection.iterdump())
        try:
            connection.execute(sql)
        except (sqlite3.Error, sqlite3.Warning):
            return
        if list(connection.iterdump()) != before:
            assert kind_of("sqlite", sql) not in HARMLESS, sql
    finally:
        connection.close()


def test_what_sqlalchemy_writes_is_read() -> None:
    table = sa.Table("item", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), schema="my shop")
    for statement, summary in {
        sa.insert(table).values(id=1): "INSERT my shop.item",
        sa.update(table).values(id=2): "UPDATE my shop.item",
        sa.delete(table): "DELETE my shop.item",
        sa.schema.CreateTable(table): "CREATE TABLE my shop.item",
        sa.schema.DropTable(table): "DROP TABLE my shop.item",
    }.items():
        for dialect in (postgresql, mysql, sqlite):
            assert read_statement(str(statement.compile(dialect=dialect.dialect()))).summary == summary
