"""What is in a database of MariaDB, as it is read: all that matters, and nothing else."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from dialects.mysql_schemas import Schema
from whimbrel.catalog import CHECK, COLUMN, FOREIGN_KEY, INDEX, PRIMARY_KEY, TABLE, UNIQUE, Catalog, compare
from whimbrel.connect.engine import query_on
from whimbrel.dialects.mysql import MySQL
from whimbrel.dialects.mysql.catalogs import reading
from whimbrel.dialects.mysql.catalogs.tables import read_table


@pytest.fixture
def schema(make_database: Callable[[str], str]) -> Schema:
    """An empty database."""
    return Schema(make_database("mariadb"))


def _names(catalog: Catalog, kind: str) -> dict[str, bool]:
    return {item.name: item.is_named for item in catalog.items if item.kind == kind}


def test_names_that_the_server_makes_up_are_known_as_such(schema: Schema) -> None:
    schema.execute(
        "CREATE TABLE p (a int, b int, PRIMARY KEY (a), UNIQUE (b), KEY (b))",
        "CREATE TABLE t (a int, b int, c int, CHECK (a > 0), CONSTRAINT chosen CHECK (b > 0), UNIQUE u (c),"
        " CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (a), FOREIGN KEY (b) REFERENCES p (b))",
    )
    catalog = schema.catalog
    assert _names(catalog, FOREIGN_KEY) == {"fk": True, "t_ibfk_1": False}
    assert _names(catalog, INDEX) == {"b_2": False, "fk": False, "b": False}
    assert _names(catalog, UNIQUE) == {"b": False, "u": True}
    assert _names(catalog, CHECK) == {"CONSTRAINT_1": False, "chosen": True}
    assert [item.label for item in catalog.items if item.kind == PRIMARY_KEY] == ["primary key on p (`a`)"]


def test_how_far_a_counter_is_and_in_which_order_things_were_made_does_not_matter(schema: Schema) -> None:
    make = "CREATE TABLE t ({}) ENGINE=InnoDB"
    schema.execute(make.format("id int PRIMARY KEY AUTO_INCREMENT, a int, b int, KEY k (a), KEY l (b)"))
    before = schema.catalog
    schema.execute("INSERT INTO t (a) VALUES (1), (2)", "DROP TABLE t")
    schema.execute(make.format("b int, id int AUTO_INCREMENT, a int, KEY l (b), KEY k (a), PRIMARY KEY (id)"))
    schema.execute("ALTER TABLE t AUTO_INCREMENT = 900")
    assert schema.catalog.fingerprint == before.fingerprint
    assert compare(before, schema.catalog) == []


@pytest.mark.parametrize("name", ["wbtest_word_{}", "wbtest-no word {}"])
def test_the_server_is_asked_about_this_database_alone(name: str, make_database: Callable[[str], str]) -> None:
    """Else it looks into the tables of all others, which takes long, and warns of those that somebody changes."""
    name = name.format(secrets.token_hex(4))
    engine = sa.create_engine(make_database("mariadb"), poolclass=sa.NullPool)
    dialect, how_far = MySQL(), []
    with engine.connect() as connection:
        query = query_on(connection)
        query(f"CREATE DATABASE `{name}`")
        try:
            query(f"USE `{name}`")
            query("CREATE TABLE t (a int PRIMARY KEY, b int REFERENCES t (a))")

            def explaining(statement: str) -> list[tuple[Any, ...]]:
                if "information_schema." in statement:
                    how_far.extend(str(row[-1]) for row in query(f"EXPLAIN {statement}"))
                return query(statement)

            assert [*dialect.catalogs.read(explaining, (None,)).tables] == [(None, "t")]
            assert [table.name for table in dialect.contents.tables(explaining, None)] == ["t"]
            dialect.contents.other_schemas(explaining)
            dialect.contents.drop(explaining, None)
        finally:
            query(f"DROP DATABASE `{name}`")
    assert any("Scanned 1 database" in told for told in how_far)
    assert [told for told in how_far if "all databases" in told] == []


def test_what_is_of_others_is_left_out(schema: Schema, make_database: Callable[[str], str]) -> None:
    Schema(make_database("mariadb")).execute("CREATE TABLE elsewhere (a int)")
    schema.execute("CREATE TABLE t (a int)", "CREATE TEMPORARY TABLE passing (a int)")
    assert list(schema.catalog.tables) == [(None, "t")]


def test_another_database_is_read_under_its_name(schema: Schema, make_database: Callable[[str], str]) -> None:
    url = make_database("mariadb")
    other = sa.make_url(url).database
    Schema(url).execute(
        "CREATE TABLE p (a int PRIMARY KEY)", "CREATE TABLE q (a int, FOREIGN KEY (a) REFERENCES p (a))"
    )
    schema.execute(f"CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES {other}.p (a))")
    catalog = schema.read(None, other)
    assert set(catalog.tables) == {(None, "t"), (other, "p"), (other, "q")}
    targets = {item.table: item.fact("target") for item in catalog.items if item.kind == FOREIGN_KEY}
    assert targets == {"t": f"`{other}`.`p`", "q": f"`{other}`.`p`"}
    assert schema.read(None, schema.name).fingerprint == schema.catalog.fingerprint
    schema.execute("DROP TABLE t")  # while it is there, a server does not drop the other database


def test_the_name_of_the_database_is_in_nothing(schema: Schema) -> None:
    schema.execute(
        "CREATE SEQUENCE s",
        "CREATE TABLE p (a int PRIMARY KEY)",
        f"CREATE TABLE `{schema.name}` (a int DEFAULT nextval(s), FOREIGN KEY (a) REFERENCES {schema.name}.p (a))",
        "CREATE FUNCTION f(x int) RETURNS int RETURN x",
        f"CREATE VIEW v AS SELECT {schema.name}.f(p.a) AS b, u.host FROM {schema.name}.p JOIN mysql.user u",
        "CREATE VIEW broken AS SELECT p.a FROM p",
        "ALTER TABLE p CHANGE a b int",
    )
    told = [text for item in schema.catalog.items if item.name != schema.name for _, text in item.facts]
    assert not [text for text in told if schema.name in text]


def test_what_the_server_cannot_show_is_there_all_the_same(schema: Schema) -> None:
    schema.execute(
        "CREATE TABLE part (a int) ENGINE=MyISAM",
        "CREATE TABLE merged (a int) ENGINE=MERGE UNION=(part)",
        "CREATE VIEW v AS SELECT a FROM part",
    )
    whole = schema.catalog
    assert whole.tables[None, "merged"].fact("union") == "(`part`)"
    schema.execute("DROP TABLE part")
    merged, view = (item for item in schema.catalog.items)
    assert merged.facts == (("unreadable", "error 1168"),)
    assert view == next(item for item in whole.items if item.name == "v")


@pytest.mark.parametrize("cannot_be_shown", [False, True], ids=["all can be shown", "one cannot be shown"])
def test_the_texts_of_many_tables_are_asked_for_at_once_and_are_those_of_each_alone(
    schema: Schema, monkeypatch: pytest.MonkeyPatch, *, cannot_be_shown: bool
) -> None:
    schema.execute("CREATE TABLE part (a int) ENGINE=MyISAM", "CREATE TABLE merged (a int) ENGINE=MERGE UNION=(part)")
    schema.execute(*(f"CREATE TABLE `t``{number} %s` (a int COMMENT '; END %s')" for number in range(9)))
    if cannot_be_shown:
        schema.execute("DROP TABLE part")
    asked: list[str] = []

    def query(statement: str) -> list[tuple[object, ...]]:
        asked.append(statement)
        return schema.query(statement)

    monkeypatch.setattr(reading, "_AT_ONCE", 4)
    many = MySQL().catalogs.texts(query, [None])
    at_once, alone = (sum(one.startswith(how) for one in asked) for how in ("BEGIN NOT ATOMIC", "SHOW CREATE TABLE"))
    assert (at_once, alone) == ((3, 4) if cannot_be_shown else (3, 0))
    monkeypatch.setattr(reading, "_AT_ONCE", 1)
    assert MySQL().catalogs.texts(query, [None]) == many
    assert len(many) == (11 if cannot_be_shown else 12)


@pytest.mark.parametrize("server", ["10.11.6-MariaDB", "8.4.0"])
def test_only_mariadb_is_asked_for_many_at_once(schema: Schema, server: str) -> None:
    schema.execute("CREATE TABLE t (a int)", "CREATE TABLE u (a int)")
    asked: list[str] = []

    def query(statement: str) -> list[tuple[object, ...]]:
        asked.append(statement)
        return schema.query(statement.replace("VERSION()", f"'{server}'"))

    assert {(None, "t"), (None, "u")} < MySQL().catalogs.texts(query, [None]).keys()
    assert any(one.startswith("BEGIN NOT ATOMIC") for one in asked) == ("MariaDB" in server)


def test_a_driver_that_hears_one_result_alone_is_asked_again(schema: Schema) -> None:
    schema.execute("CREATE TABLE t (a int)", "CREATE TABLE u (a int)")

    def query(statement: str) -> list[tuple[object, ...]]:
        return schema.query(statement)[:1] if statement.startswith("BEGIN NOT ATOMIC") else schema.query(statement)

    catalogs = MySQL().catalogs
    assert catalogs.texts(query, [None]) == catalogs.texts(schema.query, [None])


def test_async_drivers_tell_the_same_of_many_tables(make_database: Callable[[str], str]) -> None:
    url = make_database("mariadb")
    Schema(url).execute("CREATE TABLE t (a int)", "CREATE TABLE u (a int)", "CREATE VIEW v AS SELECT a FROM t")
    name = sa.make_url(url).database

    async def texts() -> dict[object, str]:
        engine = create_async_engine(sa.make_url(url).set(drivername="mysql+asyncmy"))
        async with engine.connect() as connection:
            found = await connection.run_sync(lambda one: MySQL().catalogs.texts(query_on(one), [None]))
            [[current]] = await connection.run_sync(lambda one: query_on(one)("SELECT DATABASE()"))
        await engine.dispose()
        assert current == name
        return dict(found)

    assert asyncio.run(texts()) == MySQL().catalogs.texts(Schema(url).query, [None])


def test_a_user_who_may_not_see_a_routine_sees_that_there_is_one(schema: Schema) -> None:
    schema.execute("CREATE PROCEDURE secret() SELECT 1")
    allowed = MySQL().catalogs.read(_without_text(schema), [None])
    [item] = allowed.items
    assert (item.kind, item.name, item.facts) == ("procedure", "secret", (("unreadable", "not allowed"),))


def _without_text(schema: Schema) -> Callable[[str], list[tuple[object, ...]]]:
    """Queries as a user has them answered who may execute a routine and no more: its text is NULL."""

    def query(statement: str) -> list[tuple[object, ...]]:
        rows = schema.rows(statement)
        return [(*row[:2], None, *row[3:]) for row in rows] if statement.startswith("SHOW CREATE PROC") else rows

    return query


def test_the_sql_mode_of_the_session_does_not_change_what_is_read(schema: Schema) -> None:
    schema.execute(
        "CREATE TABLE `t\"` (`a``b` int DEFAULT 5, c varchar(9) DEFAULT '\"x\"' COMMENT 'it''s', KEY `k\"` (`a``b`))",
        "CREATE VIEW v AS SELECT `a``b` AS `x\"` FROM `t\"` WHERE c = 'y'",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1",
        "CREATE SEQUENCE s",
    )
    before = schema.catalog
    schema.execute("SET sql_mode = 'ANSI_QUOTES'")
    assert compare(before, schema.catalog) == []
    assert schema.catalog.fingerprint == before.fingerprint


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("mysql://u:c4nary@h:3306/db/t", "mysql://u:***@h:3306/db/t"),
        ("mysql://u:c4n@ry:c4nary@h/db/t", "mysql://u:***@h/db/t"),
        ("mysql://u:it''s a c4nary@h/db/t", "mysql://u:***@h/db/t"),
        ("Driver=x;UID=u;PWD=c4n ary;Server=h", "***"),
        ("elsewhere/t", "elsewhere/t"),
    ],
)
def test_the_password_of_a_table_on_another_server_is_not_even_known(said: str, known: str) -> None:
    text = (
        "CREATE TABLE `t` (\n  `a` int(11)\n) ENGINE=FEDERATED CONNECTION='{0}' COMMENT='c'"
        "\n PARTITION BY KEY (`a`)\n(PARTITION `p0` CONNECTION = '{0}' ENGINE = FEDERATED)"
    )
    [table, _] = read_table("db", None, "t", text.format(said))
    assert "c4n" not in repr(table)
    assert table.fact("connection") == f"'{known}'"
    assert table.definition.count(known) == 2
    assert table.fact("comment") == "'c'"


def test_an_event_that_starts_when_it_is_made_is_the_same_whenever_that_was(schema: Schema) -> None:
    schema.execute("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1")
    text = schema.catalog.items[0].fact("definition")
    assert text is not None
    assert "STARTS" not in text
    schema.execute("ALTER EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00'")
    assert "STARTS '2030-01-01 00:00:00'" in (schema.catalog.items[0].fact("definition") or "")


def test_each_table_is_asked_for_once_and_all_else_at_once(schema: Schema) -> None:
    schema.execute(*(f"CREATE TABLE t{number} (a int, KEY (a))" for number in range(20)))
    asked: list[str] = []

    def query(statement: str) -> list[tuple[object, ...]]:
        asked.append(statement)
        return schema.rows(statement)

    assert len(MySQL().catalogs.read(query, [None]).tables) == 20
    assert len([statement for statement in asked if statement.startswith("SHOW CREATE TABLE")]) == 20
    assert len(asked) == 25


_MYSQL_8 = """CREATE TABLE `t` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `a` varchar(10) COLLATE utf8mb4_bin DEFAULT (_utf8mb4'x,)') COMMENT 'it''s',
  `b` varchar(10) CHARACTER SET latin1 DEFAULT NULL,
  `g` int GENERATED ALWAYS AS ((`id` + 1)) STORED NOT NULL,
  `h` int DEFAULT NULL /*!80023 INVISIBLE */,
  `p` point NOT NULL /*!80003 SRID 4326 */,
  `s` int /*!50606 STORAGE DISK */ /*!50606 COLUMN_FORMAT FIXED */ DEFAULT NULL,
  `j` json DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `k` ((lower(`a`)),`b` DESC) /*!80000 INVISIBLE */,
  KEY `functional_index` ((`id` + 2)),
  SPATIAL KEY `p` (`p`),
  FULLTEXT KEY `f` (`a`) /*!50100 WITH PARSER `ngram` */ ,
  CONSTRAINT `t_ibfk_1` FOREIGN KEY (`h`) REFERENCES `o` (`a`) ON DELETE SET NULL ON UPDATE NO ACTION,
  CONSTRAINT `t_chk_1` CHECK ((`id` > 0)) /*!80016 NOT ENFORCED */
) /*!50100 TABLESPACE `ts` */ ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci \
COMMENT='x' /*!80016 ENCRYPTION='N' */
/*!50100 PARTITION BY RANGE (`id`)
(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB) */"""


def test_what_mysql_prints_is_read() -> None:
    items = {(item.kind, item.name): item for item in read_table("db", None, "t", _MYSQL_8)}
    told = {key: dict(item.facts) for key, item in items.items()}
    assert told[TABLE, "t"] == {
        "tablespace": "`ts`",
        "engine": "InnoDB",
        "charset": "utf8mb4",
        "collation": "utf8mb4_0900_ai_ci",
        "comment": "'x'",
        "encryption": "'N'",
        "partition": "PARTITION BY RANGE (`id`) (PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB)",
    }
    texts = {"charset": "utf8mb4", "collation": "utf8mb4_bin"}
    assert told[COLUMN, "id"] == {"type": "int unsigned", "not null": "yes", "auto increment": "yes"}
    assert told[COLUMN, "a"] == {
        "type": "varchar(10)",
        "default": "(_utf8mb4'x,)')",
        "comment": "'it''s'",
        **texts,
    }
    assert told[COLUMN, "b"] == {"type": "varchar(10)", "charset": "latin1", "default": "NULL"}
    assert told[COLUMN, "g"] == {"type": "int", "generated": "((`id` + 1))", "stored": "yes", "not null": "yes"}
    assert told[COLUMN, "h"] == {"type": "int", "default": "NULL", "invisible": "yes"}
    assert told[COLUMN, "p"] == {"type": "point", "not null": "yes", "options": "SRID 4326"}
    assert told[COLUMN, "s"] == {"type": "int", "default": "NULL", "options": "STORAGE DISK COLUMN_FORMAT FIXED"}
    assert told[COLUMN, "j"] == {"type": "json", "default": "NULL"}
    assert told[INDEX, "k"] == {"columns": "(lower(`a`)), `b` DESC", "ignored": "INVISIBLE"}
    assert told[INDEX, "p"] == {"columns": "`p`", "kind": "spatial"}
    assert told[INDEX, "f"] == {"columns": "`a`", "kind": "fulltext", "options": "WITH PARSER `ngram`"}
    assert told[CHECK, "t_chk_1"] == {"expression": "((`id` > 0))", "options": "NOT ENFORCED"}
    assert told[FOREIGN_KEY, "t_ibfk_1"] == {
        "columns": "`h`",
        "target": "`o`",
        "to": "`a`",
        "on delete": "SET NULL",
        "on update": "NO ACTION",
    }
    unnamed = [(INDEX, "functional_index"), (FOREIGN_KEY, "t_ibfk_1"), (CHECK, "t_chk_1"), (PRIMARY_KEY, "")]
    assert [key for key in unnamed if items[key].is_named] == []
