"""The text of a table is read as SQLite reads it, written as it was, and changed in one place only."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.definitions import tables
from whimbrel.dialects.sqlite.ddl import (
    Column,
    Definition,
    NotUnderstood,
    Reference,
    normalized,
    read_column,
    read_constraint,
    read_definition,
    read_index,
)

ALL = """CREATE TABLE "my ""table" (id INTEGER PRIMARY KEY ON CONFLICT REPLACE AUTOINCREMENT, -- the id, of course
 [a b] VARCHAR(20) COLLATE NOCASE NOT NULL ON CONFLICT IGNORE DEFAULT 'x,y)', /* two
 lines, */ `b` "my type" (10, 2)CONSTRAINT bc CHECK (b > ')')REFERENCES p(x) ON DELETE SET NULL ON UPDATE NO ACTION
    MATCH full NOT DEFERRABLE INITIALLY IMMEDIATE,
 c INT GENERATED ALWAYS AS (b || 1) STORED, 'd' DEFAULT (1 + (2)) UNIQUE, e AS (d), f DEFAULT -1.5e3 NULL,
 h BLOB DEFAULT x'00ff', i TEXT DEFAULT CURRENT_TIMESTAMP, j generated DEFAULT TRUE, é😀 INT,
 UNIQUE (b COLLATE nocase DESC, c) ON CONFLICT ROLLBACK CHECK ([a b] <> b), CONSTRAINT "x y" FOREIGN KEY (d, e)
 REFERENCES "p q" (u, "v") DEFERRABLE INITIALLY DEFERRED -- the end
) STRICT /* behind */"""


def items(definition: Definition) -> dict[str, Column]:
    return {column.name: column for column in definition.columns}


def test_every_clause_is_known_by_its_parts() -> None:
    definition = read_definition(ALL)
    columns = items(definition)
    assert definition.text == ALL
    assert (definition.name, definition.options) == ('my "table', {"STRICT"})
    assert list(columns) == ["id", "a b", "b", "c", "d", "e", "f", "h", "i", "j", "é😀"]
    types = ["INTEGER", "VARCHAR(20)", '"my type" (10, 2)', "INT", "", "", "", "BLOB", "TEXT", "generated", "INT"]
    assert [column.type for column in columns.values()] == types
    [key] = columns["id"].clauses
    assert (key.kind, key.conflict, key.autoincrement) == ("PRIMARY KEY", "REPLACE", True)
    found = [(one.kind, one.value, one.conflict) for one in columns["a b"].clauses]
    assert found == [("COLLATE", "NOCASE", ""), ("NOT NULL", "", "IGNORE"), ("DEFAULT", "'x,y)'", "")]
    check, key = columns["b"].clauses
    assert (check.name, check.value) == ("bc", "b > ')'")
    assert key.reference == Reference(
        "p", ("x",), "SET NULL", "NO ACTION", "full", "NOT DEFERRABLE INITIALLY IMMEDIATE"
    )
    [computed] = columns["c"].clauses
    assert (computed.value, computed.stored) == ("b || 1", True)
    assert [column.name for column in columns.values() if column.is_generated] == ["c", "e"]
    defaults = [clause.value for column in columns.values() for clause in column.clauses_of("DEFAULT")]
    assert defaults == ["'x,y)'", "(1 + (2))", "-1.5e3", "x'00ff'", "CURRENT_TIMESTAMP", "TRUE"]
    unique, check, key = definition.constraints
    assert (unique.columns, unique.conflict) == (("b", "c"), "ROLLBACK")
    assert (check.kind, check.value) == ("CHECK", "[a b] <> b")
    assert (key.name, key.columns) == ("x y", ("d", "e"))
    assert key.reference == Reference("p q", ("u", "v"), deferral="DEFERRABLE INITIALLY DEFERRED")


def test_what_stands_around_an_item_goes_and_stays_with_it() -> None:
    text = "CREATE TABLE t (\n\ta INT, -- of a\n\tb INT, -- of b\n\tc INT -- of c\n)"
    definition = read_definition(text)
    a, b, c = definition.columns
    assert definition.removed(b).text == "CREATE TABLE t (\n\ta INT, -- of a\n\tc INT -- of c\n)"
    assert definition.removed(c).text == "CREATE TABLE t (\n\ta INT, -- of a\n\tb INT -- of b\n)"
    assert definition.removed(a).text == "CREATE TABLE t (\n\tb INT, -- of b\n\tc INT -- of c\n)"
    added = definition.added(read_column("d INT"))
    assert added.text == text.replace("-- of c\n", ", -- of c\n\td INT").replace("c INT ,", "c INT,")
    assert added.removed(added.columns[-1]).columns == (a, b, c)


def test_an_item_is_added_in_the_manner_of_the_others() -> None:
    definition = read_definition("CREATE TABLE t (\n\ta INT, \n\tb INT, \n\tUNIQUE (a)\n)")
    changed = definition.added(read_column("c INT")).added(read_constraint("CHECK (a > 0)"))
    assert changed.text == "CREATE TABLE t (\n\ta INT, \n\tb INT, \n\tc INT, \n\tUNIQUE (a), \n\tCHECK (a > 0)\n)"
    assert definition.removed(definition.constraints[0]).text == "CREATE TABLE t (\n\ta INT, \n\tb INT\n)"


@pytest.mark.parametrize(
    ("column", "kind", "left"),
    [
        ("a INT CHECK(a>0)NOT NULL", "CHECK", "a INT NOT NULL"),
        ("a INT DEFAULT 'x'NOT NULL", "DEFAULT", "a INT NOT NULL"),
        ("a INT /* why */ NOT NULL UNIQUE", "NOT NULL", "a INT UNIQUE"),
        ("a NOT NULL", "NOT NULL", "a"),
    ],
)
def test_what_is_left_of_a_column_is_still_apart(column: str, kind: str, left: str) -> None:
    assert read_column(column).without(kind).text == left


@pytest.mark.parametrize(
    "text",
    [
        "CREATE VIRTUAL TABLE t USING fts5(a)",
        "CREATE TABLE t AS SELECT 1",
        "CREATE TABLE t (a INT",
        "CREATE TABLE t ()",
        "CREATE TABLE t (a INT ~ b)",
        "CREATE VIEW v AS SELECT 1",
        "",
    ],
)
def test_what_is_no_table_with_columns_is_not_understood(text: str) -> None:
    with pytest.raises(NotUnderstood):
        read_definition(text)


# -- what SQLite says of the same text -------------------------------------------------------------


def facts(sql: str) -> tuple[object, ...]:
    """What SQLite says of a table."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(sql)
        pragmas = ("table_xinfo", "foreign_key_list", "index_list")
        return tuple(connection.execute(f"PRAGMA {pragma}(t)").fetchall() for pragma in pragmas)
    finally:
        connection.close()


def plain(type_: str) -> str:
    """A type as it is compared: SQLite drops some of its blanks, and its quotes."""
    return " ".join(type_.replace('"', "").split())


@given(tables())
def test_what_is_read_is_written_as_it_was_and_is_what_sqlite_sees(text: str) -> None:
    definition = read_definition(text)
    assert definition.text == text
    columns, keys, _ = facts(text)
    assert isinstance(columns, list)
    assert isinstance(keys, list)
    types = [plain(column.type) for column in definition.columns]
    assert [column.name for column in definition.columns] == [row[1] for row in columns]
    assert types == [plain(row[2]) for row in columns]
    assert [bool(column.clauses_of("NOT NULL")) for column in definition.columns] == [bool(row[3]) for row in columns]
    defaults = [
        clauses[-1].value if (clauses := column.clauses_of("DEFAULT")) else None for column in definition.columns
    ]
    assert [value if value is None else value.removeprefix("(").removesuffix(")") for value in defaults] == [
        row[4] for row in columns
    ]
    references = [clause.reference for _, clause in definition.clauses if clause.reference is not None]
    assert len({row[0] for row in keys}) == len(references)
    deletes = {row[0]: row[6] for row in keys}
    assert [deletes[number] for number in sorted(deletes, reverse=True)] == [
        reference.on_delete or "NO ACTION" for reference in references
    ]


@given(tables(), st.data())
def test_a_change_is_one_that_sqlite_sees_and_nothing_else(text: str, data: st.DataObject) -> None:
    """A column more and a column that allows NULL: all that SQLite says of the others is the same."""
    definition = read_definition(text)
    column = data.draw(st.sampled_from(definition.columns))
    position = data.draw(st.integers(0, len(definition.columns)))
    changed = definition.replaced(column, column.without("NOT NULL", "NULL")).added(read_column("new INT"), position)
    read = read_definition(changed.text)
    assert [item.content for item in read.items] == [item.content for item in changed.items]
    (before, keys, indexes), (after, keys_after, indexes_after) = facts(text), facts(changed.text)
    assert isinstance(before, list)
    assert isinstance(after, list)
    expected = [row[1:3] + ((0,) if row[1] == column.name else row[3:4]) + row[4:] for row in before]
    assert [row[1:] for row in after if row[1] != "new"] == expected
    assert [row[1] for row in after].index("new") == position
    assert (keys_after, indexes_after) == (keys, indexes)


@pytest.mark.parametrize(
    ("text", "parts", "columns", "where"),
    [
        ("CREATE INDEX i ON t(a)", ("a",), ("a",), ""),
        ('CREATE INDEX i ON t ("a b", lower(c), f(d, e))', ('"a b"', "lower(c)", "f(d, e)"), ("a b", None, None), ""),
        ("CREATE INDEX i ON t (a COLLATE NOCASE) WHERE a > ')' AND b", ("a COLLATE NOCASE",), (None,), "a > ')' AND b"),
    ],
)  # fmt: skip
def test_an_index_is_read_in_parts(text: str, parts: object, columns: object, where: str) -> None:
    index = read_index(text)
    assert (index.parts, index.columns, index.where, index.is_unique) == (parts, columns, where, False)


def test_the_name_of_an_index_is_read_without_quotes() -> None:
    index = read_index('CREATE UNIQUE INDEX "on ""t""" ON "t" (a)')
    assert (index.name, index.is_unique, index.columns) == ('on "t"', True, ("a",))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("NUMERIC ( 10 , 2 )", "numeric(10, 2)"),
        ("a IN(1,2)and (b>=3)", "a in (1, 2) and (b >= 3)"),
        ("coalesce( \"X\" ,'y')||(a ->> 1)", "coalesce(x, 'y') || (a ->> 1)"),
        ("- -1 /* one */", "- - 1"),
    ],
)
def test_a_text_is_compared_as_people_write_it(text: str, told: str) -> None:
    assert normalized(text) == told
    assert normalized(told) == told
