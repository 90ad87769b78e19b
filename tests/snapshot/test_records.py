"""Version tables and the journal are no data: wherever they are, and in whatever case a server keeps their names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from snapshot.projects import execute, project
from support.databases import rows, tables
from whimbrel import errors
from whimbrel.dialects.mysql import MySQL

MakeDatabase = Callable[[str], str]


def test_the_version_table_of_another_application_is_left_alone(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("postgresql")
    execute(url, "CREATE SCHEMA meta", "CREATE TABLE alembic_version (version_num VARCHAR(32))")
    execute(url, "INSERT INTO alembic_version VALUES ('theirs')")
    folder = tmp_path / "p"
    shop = project(folder, url, "CREATE TABLE a (id INTEGER PRIMARY KEY)", settings='version_table_schema = "meta"')
    execute(url, "INSERT INTO a VALUES (1)")
    assert {one.table for one in shop.row_counts()} == {"a"}
    assert shop.clean(confirm="main").rows == 1
    assert rows(url, "SELECT version_num FROM alembic_version") == [("theirs",)]
    assert rows(url, "SELECT version_num FROM meta.alembic_version") == [("aaaa",)]


def test_a_version_table_in_another_case_is_one_where_that_is_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    execute(url, "CREATE TABLE SHOP_VERSION (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    shop = project(
        tmp_path / "p", url, "CREATE TABLE a (id INTEGER PRIMARY KEY)", settings='version_table = "shop_version"'
    )
    assert "SHOP_VERSION" in tables(url)
    assert {one.table for one in shop.row_counts()} == {"a"}
    shop.clean(confirm="main")
    assert rows(url, "SELECT version_num FROM shop_version") == [("aaaa",)]


@pytest.mark.parametrize(("setting", "folds"), [(0, False), (1, True), (2, True)])
def test_mariadb_says_whether_case_matters(setting: int, folds: bool, make_database: MakeDatabase) -> None:
    asked = rows(make_database("mariadb"), "SELECT @@lower_case_table_names")
    assert asked in ([(0,)], [(1,)], [(2,)])
    assert MySQL().contents.folds_names(lambda statement: [(setting,)]) is folds


@pytest.mark.parametrize("names", [("item",), ("Item", "ITEM")])
def test_an_archive_fits_tables_in_another_case_unless_that_tells_them_apart(
    names: tuple[str, ...], make_database: MakeDatabase, tmp_path: Path
) -> None:
    source, target = make_database("postgresql"), make_database("postgresql")
    shop = project(tmp_path / "p", source, 'CREATE TABLE "Item" (id INTEGER PRIMARY KEY)')
    execute(source, 'INSERT INTO "Item" VALUES (7)')
    shop.dump(tmp_path / "a.whimbrel")
    other = project(tmp_path / "q", target, *(f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY)' for name in names))
    if len(names) > 1:
        with pytest.raises(errors.ArchiveDoesNotFit, match="other tables"):
            other.restore(tmp_path / "a.whimbrel")
    else:
        other.restore(tmp_path / "a.whimbrel")
        assert rows(target, "SELECT id FROM item") == [(7,)]
