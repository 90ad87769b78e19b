"""What tables of PostgreSQL stand on is on a scratch database too: the schema of names without one, collations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import SYNC, rows
from support.projects import Rev, add_models, native_project
from whimbrel import Project

from .scenes import execute, left_over, on_scratch, on_server

MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
sa.Table("u", metadata, sa.Column("id", sa.Integer, primary_key=True), schema={schema!r})
"""
WAYS = {
    "of the URL": ("", "?options=-csearch_path%3Dapp", None),
    "of the URL, and named": ("", "?options=-csearch_path%3Dapp", "app"),
    "of the database": ("ALTER DATABASE {} SET search_path = app", "", None),
    "of the database, and named": ("ALTER DATABASE {} SET search_path = app, public", "", "app"),
}


@pytest.mark.parametrize(("setting", "query", "schema"), WAYS.values(), ids=WAYS)
def test_models_and_revisions_are_tried_there(
    setting: str, query: str, schema: str | None, make_database: Callable[[str], str], mark: str, tmp_path: Path
) -> None:
    url = make_database("postgresql")
    name = sa.make_url(url).database
    execute(url, "CREATE SCHEMA app", *filter(None, [setting.format(name)]))
    folder = native_project(tmp_path / "p", url + query)
    add_models(folder, MODELS.format(schema=schema))
    project = Project.load(folder)
    assert project.check() == ["add table t", "add table u"]
    [new] = project.revision("things", autogenerate=True, no_rename=True)
    project.upgrade()
    assert project.check() == []
    assert [one.differences for one in project.drift()] == [()]
    assert project.verify(down=True).taken_back == (new.revision,)
    found = rows(url, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'app'::regnamespace")
    assert {"t", "u"} <= {name for (name,) in found}
    assert left_over("postgresql", mark) == []


@pytest.mark.parametrize("path", ["''", '"a""b", "$user"'])
def test_whatever_a_database_says_of_names_is_said_of_the_scratch_one(
    path: str, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_database("postgresql")
    execute(url, f"ALTER DATABASE {sa.make_url(url).database} SET search_path = {path}")
    told = rows(url, "SHOW search_path")
    with on_scratch(), sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        assert connection.exec_driver_sql("SHOW search_path").all() == told


def test_a_schema_that_the_history_makes_is_left_to_it(make_database: Callable[[str], str], tmp_path: Path) -> None:
    url = make_database("postgresql")
    execute(url, f"ALTER DATABASE {sa.make_url(url).database} SET search_path = app, public")
    makes = 'op.execute("CREATE SCHEMA app")\nop.create_table("t", sa.Column("id", sa.Integer), schema="app")'
    drops = 'op.drop_table("t", schema="app")\nop.execute("DROP SCHEMA app")'
    project = Project.load(native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=makes, downgrade=drops)]))
    project.upgrade()
    assert project.verify(down=True).taken_back == ("aaaa",)
    assert [one.differences for one in project.drift()] == [()]


def test_a_collation_of_a_revision_is_there_for_models(make_database: Callable[[str], str], tmp_path: Path) -> None:
    url = make_database("postgresql")
    collation = "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
    execute(url, collation)
    folder = native_project(tmp_path / "p", url)
    column = 'sa.Column("n", sa.String(collation="ci"))'
    add_models(folder, f'import sqlalchemy as sa\n\nmetadata = sa.MetaData()\nsa.Table("t", metadata, {column})\n')
    assert Project.load(folder).check() == ["add table t"]


def test_an_extension_that_only_an_administrator_makes_is_left_out(
    make_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_database("postgresql")
    name = str(sa.make_url(url).database)
    execute(url, f"CREATE ROLE {name} LOGIN CREATEDB", f"ALTER DATABASE {name} OWNER TO {name}")
    try:
        execute(url, "CREATE EXTENSION file_fdw", "CREATE EXTENSION citext")
        folder = native_project(tmp_path / "p", on_server(SYNC["postgresql"], database=name, username=name))
        add_models(
            folder,
            "import sqlalchemy as sa\nfrom sqlalchemy.dialects import postgresql\n\nmetadata = sa.MetaData()\n"
            'sa.Table("t", metadata, sa.Column("n", postgresql.CITEXT))\n',
        )
        assert Project.load(folder).check() == ["add table t"]
    finally:
        execute(url, f"ALTER DATABASE {name} OWNER TO CURRENT_USER", f"DROP OWNED BY {name}", f"DROP ROLE {name}")
