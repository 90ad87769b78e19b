"""Whether a statement was executed can be seen in the database: before it, after it, and when it was interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from whimbrel.connect.engine import query_of
from whimbrel.dialects import dialect_named
from whimbrel.dialects.base import Changes
from whimbrel.dialects.statement import read_statement

if TYPE_CHECKING:
    from whimbrel.connect.driver import Query

MakeDatabase = Callable[[str], str]


def changes_of(kind: str) -> Changes:
    dialect = dialect_named(kind)
    assert dialect is not None
    return dialect.changes


def _connected(url: str) -> Iterator[Query]:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield query_of(connection.connection)


@pytest.fixture
def mariadb(make_database: MakeDatabase) -> Iterator[Query]:
    yield from _connected(make_database("mariadb"))


@pytest.fixture
def postgresql(make_database: MakeDatabase) -> Iterator[Query]:
    yield from _connected(make_database("postgresql"))


# -- MariaDB: the definition before and after ----------------------------------------------------

_ITEM = "CREATE TABLE item (id int PRIMARY KEY AUTO_INCREMENT, name varchar(9), n int)"
_PARTS = (
    "CREATE TABLE item (id int) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (5),"
    " PARTITION p1 VALUES LESS THAN (9))"
)

SEEN = [
    ([], "CREATE TABLE item (id int)"),
    ([], "CREATE TABLE `my item` (id int)"),
    ([], "CREATE TABLE IF NOT EXISTS item (id int)"),
    ([_ITEM], "CREATE TABLE copy LIKE item"),
    ([_ITEM], "CREATE TABLE copy AS SELECT * FROM item"),
    ([_ITEM], "ALTER TABLE item ADD COLUMN c int"),
    ([_ITEM], "ALTER TABLE item ADD COLUMN truncate int, ADD COLUMN exchange int"),
    ([_ITEM], "ALTER TABLE item DROP COLUMN n"),
    ([_ITEM], "ALTER TABLE item MODIFY name varchar(20) NOT NULL"),
    ([_ITEM], "ALTER TABLE item CHANGE n m int"),
    ([_ITEM], "ALTER TABLE item ALTER n SET DEFAULT 3"),
    ([_ITEM], "ALTER TABLE item ADD INDEX (n)"),
    ([_ITEM], "ALTER TABLE item ADD CONSTRAINT ck CHECK (n > 0)"),
    ([_ITEM, "CREATE TABLE o (i int, FOREIGN KEY f (i) REFERENCES item (id))"], "ALTER TABLE o DROP FOREIGN KEY f"),
    ([_ITEM], "ALTER TABLE item COMMENT 'wares'"),
    ([_ITEM], "ALTER TABLE item CONVERT TO CHARACTER SET latin1"),
    ([_ITEM], "ALTER TABLE item RENAME TO thing"),
    ([_ITEM], "RENAME TABLE item TO thing"),
    ([_ITEM], "CREATE INDEX ix ON item (name)"),
    ([_ITEM], "CREATE UNIQUE INDEX IF NOT EXISTS ix ON item (name)"),
    ([_ITEM, "CREATE INDEX ix ON item (name)"], "DROP INDEX ix ON item"),
    ([_ITEM], "DROP TABLE item"),
    ([_ITEM], "DROP TABLE IF EXISTS item"),
    ([_ITEM], "CREATE VIEW v AS SELECT name FROM item"),
    ([_ITEM, "CREATE VIEW v AS SELECT n FROM item"], "CREATE OR REPLACE VIEW v AS SELECT name FROM item"),
    ([_ITEM, "CREATE VIEW v AS SELECT n FROM item"], "ALTER VIEW v AS SELECT name FROM item"),
    ([_ITEM, "CREATE VIEW v AS SELECT n FROM item"], "DROP VIEW v"),
    ([_ITEM, "CREATE VIEW v AS SELECT n FROM item", "RENAME TABLE item TO gone"], "DROP VIEW v"),
    ([_PARTS], "ALTER TABLE item DROP PARTITION p0"),
    ([_PARTS], "ALTER TABLE item ADD PARTITION (PARTITION p2 VALUES LESS THAN (20))"),
    ([_ITEM], "SET STATEMENT lock_wait_timeout = 1 FOR ALTER TABLE item ADD c int"),
    (["CREATE TABLE temp (id int)"], "ALTER TABLE temp ADD c int"),
]


@pytest.mark.parametrize(("before", "sql"), SEEN, ids=[sql for _, sql in SEEN])
def test_on_mariadb_the_image_changes_exactly_when_the_statement_is_executed(
    mariadb: Query, before: list[str], sql: str
) -> None:
    for statement in before:
        mariadb(statement)
    changes, read = changes_of("mariadb"), read_statement(sql)
    first = changes.image(mariadb, read)
    assert first is not None
    assert changes.image(mariadb, read) == first, "looking changes nothing"
    assert changes.happened(read, first, changed=False) is False
    mariadb(sql)
    now = changes.image(mariadb, read)
    assert now is not None
    assert now != first
    assert changes.happened(read, now, changed=True) is True


def test_rows_and_the_counter_do_not_count(mariadb: Query) -> None:
    mariadb(_ITEM)
    read = read_statement("ALTER TABLE item ADD c int")
    before = changes_of("mariadb").image(mariadb, read)
    mariadb("INSERT INTO item (name) VALUES ('a'), ('b')")
    mariadb("ALTER TABLE item AUTO_INCREMENT = 1000")
    assert changes_of("mariadb").image(mariadb, read) == before


def test_a_table_that_is_not_there_has_an_image_too(mariadb: Query) -> None:
    changes = changes_of("mariadb")
    assert changes.image(mariadb, read_statement("ALTER TABLE nothing_such ADD c int")) == "absent"
    assert changes.image(mariadb, read_statement("CREATE INDEX ix ON nothing_such (a)")) == "absent"


def test_a_table_of_another_database_is_looked_for_there(mariadb: Query, make_database: MakeDatabase) -> None:
    other = sa.make_url(make_database("mariadb")).database
    mariadb(f"CREATE TABLE {other}.item (id int)")
    image = changes_of("mariadb").image
    assert "item" in str(image(mariadb, read_statement(f"ALTER TABLE {other}.item ADD c int")))
    assert image(mariadb, read_statement("ALTER TABLE item ADD c int")) == "absent"


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE a, b",
        "RENAME TABLE a TO x, b TO a, x TO b",  # two tables of the same shape look as before
        "TRUNCATE a",
        "ALTER TABLE a TRUNCATE PARTITION p0",
        "ALTER TABLE a EXCHANGE PARTITION p0 WITH TABLE b",
        "CALL p()",
        "LOAD DATA INFILE 'x' INTO TABLE a",
        "GRANT SELECT ON a TO u",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.n = 1",
        "CREATE PROCEDURE p() SELECT 1",
        "CREATE DATABASE d",
        "/*!40000 ALTER TABLE a DISABLE KEYS */",
    ],
)
def test_on_mariadb_what_cannot_be_seen_is_not_guessed(mariadb: Query, sql: str) -> None:
    assert changes_of("mariadb").image(mariadb, read_statement(sql)) is None


def test_on_mariadb_there_is_nothing_to_clean_up(mariadb: Query) -> None:
    changes_of("mariadb").clean_up(mariadb, read_statement("CREATE INDEX ix ON t (a)"))


def test_what_can_be_no_table_is_left_to_the_statement_to_complain_about(mariadb: Query) -> None:
    for name in ("x" * 100, "nothing_such.item", "`x `", f"{'x' * 100}.item"):
        assert changes_of("mariadb").image(mariadb, read_statement(f"ALTER TABLE {name} ADD c int")) == "absent"


def test_another_error_of_the_server_is_not_taken_for_an_absent_table(mariadb: Query) -> None:
    with pytest.raises(Exception, match=r"."):
        mariadb("KILL CONNECTION_ID()")
    with pytest.raises(Exception, match=r"."):
        changes_of("mariadb").image(mariadb, read_statement("ALTER TABLE item ADD c int"))


# -- PostgreSQL: a concurrent index --------------------------------------------------------------


@pytest.fixture
def duplicates(postgresql: Query) -> Query:
    """A table in which a unique index cannot be built."""
    postgresql("CREATE SCHEMA shop")
    for table in ("public.item", "shop.item"):
        postgresql(f"CREATE TABLE {table} (id int, name text)")
        postgresql(f"INSERT INTO {table} VALUES (1, 'a'), (1, 'a')")
    return postgresql


def _fail(query: Query, sql: str) -> None:
    with pytest.raises(Exception, match="could not create unique index"):
        query(sql)


def _indexes(query: Query) -> list[tuple[str, bool]]:
    return sorted(query("SELECT indexrelid::regclass::text, indisvalid FROM pg_index WHERE NOT indisprimary"
                        " AND indrelid::regclass::text IN ('item', 'shop.item')"))  # fmt: skip


CREATE = ["CREATE UNIQUE INDEX CONCURRENTLY ix ON item (id)", "CREATE UNIQUE INDEX CONCURRENTLY ix ON shop.item (id)"]


@pytest.mark.parametrize("sql", CREATE)
def test_an_index_that_is_built_is_seen(duplicates: Query, sql: str) -> None:
    changes = changes_of("postgresql")
    sql = sql.replace("UNIQUE ", "")
    read = read_statement(sql)
    before = changes.image(duplicates, read)
    assert before == ""
    assert changes.happened(read, before, changed=False) is False
    changes.clean_up(duplicates, read)
    duplicates(sql)
    now = changes.image(duplicates, read)
    assert now is not None
    assert now.startswith("valid ")
    assert changes.happened(read, now, changed=True) is True
    changes.clean_up(duplicates, read)
    assert len(_indexes(duplicates)) == 1


@pytest.mark.parametrize("sql", CREATE)
def test_an_index_that_is_half_built_is_removed_so_that_it_can_be_built_again(duplicates: Query, sql: str) -> None:
    changes, read = changes_of("postgresql"), read_statement(sql)
    _fail(duplicates, sql)
    now = changes.image(duplicates, read)
    assert now is not None
    assert now.startswith("invalid ")
    assert changes.happened(read, now, changed=True) is False
    assert changes.is_half_made(duplicates, read)
    changes.clean_up(duplicates, read)
    assert not changes.is_half_made(duplicates, read)
    assert _indexes(duplicates) == []
    assert changes.image(duplicates, read) == ""


def test_an_invalid_index_of_another_schema_is_left_alone(duplicates: Query) -> None:
    _fail(duplicates, CREATE[1])
    changes, read = changes_of("postgresql"), read_statement(CREATE[0])
    assert changes.image(duplicates, read) == ""
    changes.clean_up(duplicates, read)
    assert _indexes(duplicates) == [("shop.ix", False)]


def test_an_index_without_a_name_is_seen_by_its_table(duplicates: Query) -> None:
    changes, sql = changes_of("postgresql"), "CREATE INDEX CONCURRENTLY ON shop.item (name)"
    read = read_statement(sql)
    before = changes.image(duplicates, read)
    assert before == ""
    duplicates(sql)
    now = changes.image(duplicates, read)
    assert now is not None
    assert "item_name_idx" in now
    assert changes.happened(read, now, changed=True) is True
    assert changes.happened(read, now, changed=False) is False


def test_of_an_index_without_a_name_that_is_half_built_nobody_knows_which_it_is(duplicates: Query) -> None:
    changes, sql = changes_of("postgresql"), "CREATE UNIQUE INDEX CONCURRENTLY ON item (id)"
    read = read_statement(sql)
    _fail(duplicates, sql)
    now = changes.image(duplicates, read)
    assert now is not None
    assert changes.happened(read, now, changed=True) is None
    changes.clean_up(duplicates, read)
    assert len(_indexes(duplicates)) == 1


def test_an_index_that_is_dropped_is_seen(duplicates: Query) -> None:
    changes, sql = changes_of("postgresql"), "DROP INDEX CONCURRENTLY shop.ix"
    read = read_statement(sql)
    duplicates("CREATE INDEX ix ON shop.item (id)")
    before = changes.image(duplicates, read)
    assert before
    assert changes.happened(read, before, changed=False) is False
    duplicates(sql)
    now = changes.image(duplicates, read)
    assert now == ""
    assert changes.happened(read, now, changed=True) is True


def test_an_index_that_is_half_dropped_is_dropped_again(duplicates: Query) -> None:
    """An interrupted DROP INDEX CONCURRENTLY leaves an invalid one too: that is no removal, and no harm to redo."""
    changes, read = changes_of("postgresql"), read_statement("DROP INDEX CONCURRENTLY ix")
    duplicates("CREATE INDEX ix ON item (id)")
    before = changes.image(duplicates, read)
    duplicates("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix'::regclass")
    now = changes.image(duplicates, read)
    assert now != before
    assert now is not None
    assert changes.happened(read, now, changed=True) is False
    changes.clean_up(duplicates, read)


def test_an_interrupted_reindex_is_redone_without_its_copies(duplicates: Query) -> None:
    changes, read = changes_of("postgresql"), read_statement("REINDEX INDEX CONCURRENTLY ix")
    duplicates("CREATE INDEX ix ON item (id)")
    duplicates("CREATE INDEX ix_ccnew ON item (id)")
    duplicates("CREATE INDEX whole_ccnew ON item (id)")
    duplicates("CREATE TABLE unconcerned (id int)")
    duplicates("CREATE INDEX other_ccnew ON unconcerned (id)")
    for name in ("ix_ccnew", "other_ccnew"):
        duplicates(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass")
    image = changes.image(duplicates, read)
    assert image is not None
    assert changes.happened(read, image, changed=False) is False
    changes.clean_up(duplicates, read)
    assert _indexes(duplicates) == [("ix", True), ("whole_ccnew", True)]
    other = duplicates("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('other_ccnew')")
    assert other == [(False,)], "another table's may be at work"


@pytest.mark.parametrize("sql", ["VACUUM item", "ANALYZE", "REFRESH MATERIALIZED VIEW CONCURRENTLY mv"])
def test_what_does_no_harm_is_done_again(duplicates: Query, sql: str) -> None:
    changes, read = changes_of("postgresql"), read_statement(sql)
    image = changes.image(duplicates, read)
    assert image is not None
    assert changes.happened(read, image, changed=False) is False
    changes.clean_up(duplicates, read)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE DATABASE d",
        "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
        "CALL p()",
        "DO $$ BEGIN COMMIT; END $$",
        "DROP SUBSCRIPTION s",
    ],
)
def test_on_postgresql_what_cannot_be_seen_is_not_guessed(duplicates: Query, sql: str) -> None:
    assert changes_of("postgresql").image(duplicates, read_statement(sql)) is None


# -- SQLite --------------------------------------------------------------------------------------


def test_on_sqlite_nothing_needs_to_be_seen() -> None:
    changes, read = changes_of("sqlite"), read_statement("CREATE TABLE t (id int)")

    def query(statement: str) -> list[tuple[object, ...]]:
        raise AssertionError(statement)

    assert changes.image(query, read) is None
    assert changes.happened(read, "", changed=True) is None
    changes.clean_up(query, read)


# -- errors that pass ----------------------------------------------------------------------------


def _raised(url: str, *, busy: str, held: str, settings: str) -> BaseException:
    """What the driver raises for a statement that does not get its lock in time."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE item (id int)")
    with engine.connect() as holder, engine.connect() as other:
        holder.exec_driver_sql(held)
        other.exec_driver_sql(settings)
        with pytest.raises(sa.exc.DBAPIError) as caught:
            other.exec_driver_sql(busy)
    assert caught.value.orig is not None
    return caught.value.orig


def test_a_lock_that_was_not_had_in_time_may_be_had_later(kind: str, url: str) -> None:
    driver_error = {
        "sqlite": lambda: _raised(
            url + "?timeout=0",
            busy="INSERT INTO item VALUES (1)",
            held="INSERT INTO item VALUES (2)",
            settings="SELECT 1",
        ),
        "postgresql": lambda: _raised(
            url, busy="DROP TABLE item", held="SELECT * FROM item", settings="SET LOCAL lock_timeout = '1ms'"
        ),
        "mariadb": lambda: _raised(
            url, busy="DROP TABLE item", held="INSERT INTO item VALUES (1)", settings="SET lock_wait_timeout = 0"
        ),
    }[kind]()
    assert changes_of(kind).is_transient(driver_error) == "lock"


def test_what_is_wrong_with_a_statement_does_not_pass(kind: str, url: str) -> None:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        for sql in (
            "SELECT * FROM nothing_such",
            "CREATE TABLE",
            "INSERT INTO nothing_such VALUES ('database is locked')",
        ):
            with pytest.raises(sa.exc.DBAPIError) as caught:
                connection.exec_driver_sql(sql)
            assert caught.value.orig is not None
            assert changes_of(kind).is_transient(caught.value.orig) is None
            connection.rollback()
    assert changes_of(kind).is_transient(ValueError()) is None
