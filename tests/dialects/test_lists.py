"""Columns that a database holds to a list: the list is read as it was declared, and a value becomes another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql

from whimbrel.catalog import CHECK, COLUMN, ENUM, Catalog, Item, compare
from whimbrel.connect.url import parse
from whimbrel.dialects import Dialect, dialect_of

VALUES = ("new", "it's", 'say "x"', "back\\slash", "50%", "a:b", "(c, d)", "üñí", "")


class Ground:
    """A database, and how to ask it."""

    def __init__(self, url: str) -> None:
        self.dialect: Dialect = dialect_of(parse(url))
        self.engine = sa.create_engine(url, poolclass=sa.NullPool)

    def make(self, *columns: Any, name: str = "note") -> sa.Table:
        """Create a table, in the place of all that there was."""
        table = sa.Table(name, sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *columns)
        with self.engine.begin() as connection:
            there = sa.MetaData()
            there.reflect(connection)
            there.drop_all(connection)
            if connection.dialect.name == "postgresql":
                for enum in sa.inspect(connection).get_enums():
                    connection.exec_driver_sql(f'DROP TYPE "{enum["name"]}"')
            table.create(connection)
        return table

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        with self.engine.begin() as connection:
            cursor = connection.connection.cursor()
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def insert(self, table: sa.Table, *rows: dict[str, Any]) -> None:
        with self.engine.begin() as connection:
            connection.execute(table.insert(), list(rows))

    def catalog(self) -> Catalog:
        return self.dialect.catalogs.read(self.execute, [None])

    def values(self, table: sa.Table, name: str) -> list[Any]:
        with self.engine.connect() as connection:
            return [row[0] for row in connection.execute(sa.select(table.c[name]).order_by(table.c.id))]


def column(catalog: Catalog, name: str = "state") -> Item:
    return next(item for item in catalog.items if item.kind == COLUMN and item.name == name)


@pytest.fixture
def ground(url: str) -> Iterator[Ground]:
    made = Ground(url)
    yield made
    made.engine.dispose()


WAYS: dict[str, dict[str, Any]] = {
    "native": {},
    "check": {"native_enum": False, "create_constraint": True},
    "check without a name": {"native_enum": False, "create_constraint": True, "name": None},
}


def enum(*values: str, way: str = "native") -> sa.Enum:
    return sa.Enum(*values, **{"name": "state", **WAYS[way]})


def is_listed(ground: Ground, way: str) -> bool:
    """SQLite has no enumerations."""
    return way != "native" or ground.dialect.name != "sqlite"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["state", "Order By", 'quo"te`d'])
def test_a_list_is_read_as_it_was_declared(way: str, name: str, ground: Ground) -> None:
    values = tuple(value for value in VALUES if value or way == "native")
    ground.make(sa.Column(name, enum(*values, way=way)), sa.Column("other", sa.String(40)))
    catalog = ground.catalog()
    lists = ground.dialect.lists
    listed = lists.listed(catalog, column(catalog, name))
    assert (listed is not None) == is_listed(ground, way)
    assert listed is None or listed.values == values
    assert lists.listed(catalog, column(catalog, "other")) is None


def test_a_list_of_one_value_and_one_of_another_column(ground: Ground) -> None:
    ground.make(
        sa.Column("state", sa.String(9)),
        sa.Column("kind", sa.String(9)),
        sa.CheckConstraint("state IN ('one')", name="a"),
        sa.CheckConstraint("kind IN ('two', 'three')", name="b"),
    )
    catalog = ground.catalog()
    found = {name: ground.dialect.lists.listed(catalog, column(catalog, name)) for name in ("state", "kind")}
    assert {name: one and one.values for name, one in found.items()} == {"state": ("one",), "kind": ("two", "three")}


@pytest.mark.parametrize(
    "condition",
    [
        "state <> 'x'",
        "state IN ('a', kind)",
        "NOT state IN ('a', 'b')",
        "state IN ('a') OR kind IN ('b')",
        "kind > 'x'",
    ],
)
def test_what_is_no_list_is_none(condition: str, ground: Ground) -> None:
    ground.make(
        sa.Column("state", sa.String(9)),
        sa.Column("kind", sa.String(9)),
        sa.CheckConstraint(condition, name="checked"),
    )
    catalog = ground.catalog()
    assert [ground.dialect.lists.listed(catalog, column(catalog, name)) for name in ("state", "kind")] == [None, None]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("old", VALUES[:-1])
def test_a_value_becomes_another_one_or_null_where_it_was_and_nowhere_else(way: str, old: str, ground: Ground) -> None:
    table = ground.make(sa.Column("state", enum("a", old, "b", way=way)))
    rows = [{"id": number, "state": state} for number, state in enumerate(["a", old, None, old, "b"], 1)]
    ground.insert(table, *rows)
    lists, state = ground.dialect.lists, column(ground.catalog())
    assert ground.execute(lists.others(state, ["a", "b"])) == [(old, 2)]
    assert ground.execute(lists.others(state, ["a", "b", old])) == []
    ground.execute(lists.replacing(state, old, "b"))
    assert ground.values(table, "state") == ["a", "b", None, "b", "b"]
    ground.execute(lists.replacing(state, "b", old))
    ground.execute(lists.replacing(state, old, None))
    assert ground.values(table, "state") == ["a", None, None, None, None]


IN_ANY_LETTERS = {"sqlite": "NOCASE", "postgresql": "any_letters", "mysql": "utf8mb4_unicode_ci"}


def test_values_that_differ_in_their_letters_alone_are_two(ground: Ground) -> None:
    collation = IN_ANY_LETTERS[ground.dialect.name]
    if ground.dialect.name == "postgresql":
        options = "provider = icu, locale = 'und-u-ks-level2', deterministic = false"
        ground.execute(f"CREATE COLLATION IF NOT EXISTS {collation} ({options})")
    table = ground.make(
        sa.Column("state", sa.String(9, collation=collation)),
        sa.CheckConstraint("state IN ('new', 'done')", name="state"),
    )
    written = ["done", "Done", "new", "done"]
    ground.insert(table, *({"id": number, "state": state} for number, state in enumerate(written, 1)))
    lists, state = ground.dialect.lists, column(ground.catalog())
    assert ground.execute(lists.others(state, ["new"])) == [("Done", 1), ("done", 2)]
    assert ground.execute(lists.others(state, ["new", "Done"])) == [("done", 2)]
    ground.execute(lists.replacing(state, "done", "new"))
    assert ground.values(table, "state") == ["new", "Done", "new", "new"]


@pytest.mark.parametrize("kind", ["mariadb"])
def test_a_value_with_a_backslash_is_found_whatever_the_collation(ground: Ground) -> None:
    table = ground.make(sa.Column("state", mysql.ENUM("a", "b\\c", collation=IN_ANY_LETTERS["mysql"])))
    ground.insert(table, {"id": 1, "state": "b\\c"}, {"id": 2, "state": "a"})
    lists, state = ground.dialect.lists, column(ground.catalog())
    assert ground.execute(lists.others(state, ["a"])) == [("b\\c", 1)]
    ground.execute(lists.replacing(state, "b\\c", "a"))
    assert ground.values(table, "state") == ["a", "a"]


@pytest.mark.parametrize("kind", ["mariadb"])
@pytest.mark.parametrize(("collation", "has_both"), [("utf8mb4_general_ci", False), ("utf8mb4_bin", True)])
def test_an_enum_has_two_values_that_differ_in_their_letters_only_where_it_can(
    collation: str, has_both: bool, ground: Ground
) -> None:
    ground.make(sa.Column("state", mysql.ENUM("new", "done", collation=collation)))
    catalog, lists = ground.catalog(), ground.dialect.lists
    wider = lists.widened(catalog, column(catalog), "Done")
    for statement in ground.dialect.catalogs.alter(compare(catalog, wider, exactly=True), catalog, wider):
        ground.execute(statement)
    listed = lists.listed(ground.catalog(), column(ground.catalog()))
    assert listed is not None
    assert listed.values == (("new", "done", "Done") if has_both else ("new", "done"))


@pytest.mark.parametrize("kind", ["postgresql"])
def test_on_postgresql_elements_of_arrays_are_values_too(ground: Ground) -> None:
    table = ground.make(sa.Column("state", postgresql.ARRAY(enum("a", "it's", "b"))))
    ground.insert(table, {"id": 1, "state": ["a", "it's", "it's"]}, {"id": 2, "state": []}, {"id": 3, "state": None})
    lists, state = ground.dialect.lists, column(ground.catalog())
    assert ground.execute(lists.others(state, ["a", "b"])) == [("it's", 2)]
    ground.execute(lists.replacing(state, "it's", "b"))
    assert ground.values(table, "state") == [["a", "b", "b"], [], None]


@pytest.mark.parametrize("way", WAYS)
def test_in_a_wider_schema_the_column_takes_one_more_value(way: str, ground: Ground) -> None:
    if not is_listed(ground, way):
        pytest.skip("SQLite has no enumerations")  # SQLAlchemy makes a mere text of one, which has no list
    new = "it's :a\\b 50%"
    ground.make(sa.Column("state", enum("a", "b" * 20, way=way), server_default="a", nullable=False))
    catalog, lists = ground.catalog(), ground.dialect.lists
    state = column(catalog)
    listed = lists.listed(catalog, state)
    assert listed is not None
    renaming = lists.renaming(listed.holder, "a", new)
    if renaming is not None:
        assert listed.holder.kind == ENUM
        ground.execute(renaming)
        return
    wider = lists.widened(catalog, state, new)
    for statement in ground.dialect.catalogs.alter(compare(catalog, wider, exactly=True), catalog, wider):
        ground.execute(statement)
    ground.execute(f"INSERT INTO note (id, state) VALUES (1, {lists.literal(new)})")
    again = ground.catalog()
    assert compare(again, wider, exactly=True) == []
    assert listed.holder.kind in (CHECK, COLUMN)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_a_literal_is_the_text(text: str, ground: Ground) -> None:
    assert ground.execute(f"SELECT {ground.dialect.lists.literal(text)}") == [(text,)]
