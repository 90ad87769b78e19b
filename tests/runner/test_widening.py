"""Ids longer than Alembic's column: the column is made as wide as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.cli import alembic
from support.databases import version_rows
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import Project

SHORT = "aaaa"
LONG = "add_the_column_for_the_second_address_line"
LONGER = "2026_11_20_1403_make_the_second_address_line_optional"
KINDS = ("sqlite", "postgresql", "mariadb")

assert len(LONG) > 40


def width(url: str, schema: str | None = None) -> int | None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        [column] = sa.inspect(connection).get_columns("alembic_version", schema)
        assert not column["nullable"]
        return column["type"].length


def is_primary(url: str) -> bool:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        return sa.inspect(connection).get_pk_constraint("alembic_version")["constrained_columns"] == ["version_num"]


def test_on_a_fresh_database(url: str, tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", url, linear(LONG, LONGER)))
    assert project.upgrade().verified
    assert version_rows(url) == {LONGER}
    assert is_primary(url)
    project.downgrade("base")
    assert version_rows(url) == set()


def test_on_one_whose_version_table_stock_alembic_has_made(url: str, kind: str, tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", url, linear(SHORT, LONG, LONGER))
    alembic("upgrade", SHORT, cwd=folder).ok()
    assert width(url) == 32
    project = Project.load(folder, config=folder / "alembic.ini")
    assert project.upgrade(LONG).after == (LONG,)
    assert width(url) == (32 if kind == "sqlite" else len(LONG))
    assert project.upgrade().after == (LONGER,)
    assert width(url) == (32 if kind == "sqlite" else len(LONGER))
    assert is_primary(url)
    assert alembic("current", cwd=folder).ok().out.startswith(LONGER), "and Alembic reads it"


def test_with_ids_of_the_usual_length_the_column_stays_as_it_is(url: str, tmp_path: Path) -> None:
    Project.load(native_project(tmp_path / "p", url, linear(SHORT, "b" * 32))).upgrade()
    assert width(url) == 32


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_column_that_is_wide_enough_is_not_made_narrower(kind: str, url: str, tmp_path: Path) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num varchar(255) NOT NULL PRIMARY KEY)")
    Project.load(native_project(tmp_path / "p", url, linear(LONG))).upgrade()
    assert width(url) == 255


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_column_without_a_limit_has_room(kind: str, url: str, tmp_path: Path) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num text NOT NULL PRIMARY KEY)")
    Project.load(native_project(tmp_path / "p", url, linear(LONG))).upgrade()
    assert width(url) is None
    assert version_rows(url) == {LONG}


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_in_a_schema(kind: str, url: str, make_database: Callable[[str], str], tmp_path: Path) -> None:
    schema = "my shop" if kind == "postgresql" else str(sa.make_url(make_database(kind)).database)
    if kind == "postgresql":
        with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
            connection.exec_driver_sql(f'CREATE SCHEMA "{schema}"')
    folder = native_project(tmp_path / "p", url, linear(SHORT, LONG))
    with (folder / "whimbrel.toml").open("a") as file:
        file.write(f'version_table_schema = "{schema}"\n')
    project = Project.load(folder)
    project.upgrade(SHORT)
    assert width(url, schema) == 32
    project.upgrade()
    assert width(url, schema) == len(LONG)
    assert project.current() == (LONG,)


def test_a_downgrade_to_a_long_id(url: str, tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", url, linear(LONGER, SHORT)))
    project.upgrade()
    project.downgrade("-1")
    assert version_rows(url) == {LONGER}


def test_a_stamp_with_a_long_id(url: str, tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", url, linear(SHORT, LONG)))
    project.upgrade(SHORT)
    project.stamp(LONG, force=True)
    assert version_rows(url) == {LONG}


def test_a_downgrade_to_a_long_id_from_a_table_for_short_ones(url: str, tmp_path: Path) -> None:
    """The row that is written is the parent's: it is the one that needs room."""
    project = Project.load(native_project(tmp_path / "p", url, linear(LONG, SHORT)))
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{SHORT}')")
        connection.exec_driver_sql(f"CREATE TABLE t_{SHORT} (id int)")
    project.downgrade("-1")
    assert version_rows(url) == {LONG}


def test_branches_with_long_ids(url: str, tmp_path: Path) -> None:
    revisions = [Rev(SHORT), Rev(LONG, SHORT), Rev(LONGER, SHORT)]
    Project.load(native_project(tmp_path / "p", url, revisions)).upgrade("heads")
    assert version_rows(url) == {LONG, LONGER}
