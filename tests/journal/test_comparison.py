"""Version tables and the journal take no part in a comparison: neither in whimbrel's nor in stock Alembic's beside it.

Stock Alembic runs as a process of its own, which finds the plugin as any other does.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa

from conformance.tools import HAS_PLUGINS
from support.cli import Result, whimbrel
from support.cli import alembic as stock
from support.journal import write_journal
from support.projects import Rev, alembic_project, native_project
from whimbrel import alembic_plugin
from whimbrel.journal.comparison import without_records

with_plugins = pytest.mark.skipif(not HAS_PLUGINS, reason="Alembic has plugins since 1.18")

PLUGINS = "alembic.autogenerate.whimbrel"
MODELS = """\
import sqlalchemy as sa
target_metadata = sa.MetaData()
sa.Table("t_aaaa", target_metadata, sa.Column("id", sa.Integer, primary_key=True, autoincrement=True))
sa.Table("whimbrel_seen", target_metadata, sa.Column("id", sa.Integer, primary_key=True))
"""
MAKES_TABLES = """\
op.create_table("t_aaaa", sa.Column("id", sa.Integer, primary_key=True))
op.create_table("whimbrel_seen", sa.Column("id", sa.Integer, primary_key=True))
"""


def project(folder: Path, url: str, configure: str = "") -> Path:
    """A database with a journal, and a project whose models are what it holds; one of them is called alike."""
    alembic_project(folder, url, [Rev("aaaa", upgrade=MAKES_TABLES)])
    env = folder / "alembic" / "env.py"
    text = env.read_text().replace("target_metadata = None", MODELS)
    env.write_text(text.replace("connection=connection,", f"connection=connection, {configure}"))
    stock("upgrade", "head", cwd=folder).ok()
    write_journal(url)
    return folder


def dropped(result: Result) -> set[str]:
    """The journal's tables that a check found to be too many."""
    told = result.out + result.err
    return {name for name in ("whimbrel_attempt", "whimbrel_statement") if name in told}


BOTH = {"whimbrel_attempt", "whimbrel_statement"}
Tool = Callable[..., Result]


# -- stock Alembic -------------------------------------------------------------------------------


@with_plugins
def test_stock_alembic_does_not_drop_the_journal(url: str, tmp_path: Path) -> None:
    folder = project(tmp_path / "p", url)
    check = stock("check", cwd=folder).ok()
    assert not dropped(check)
    stock("revision", "--autogenerate", "-m", "nothing", "--rev-id", "bbbb", cwd=folder).ok()
    [new] = (folder / "alembic" / "versions").glob("bbbb*.py")
    assert "drop_table" not in new.read_text()
    assert "whimbrel_" not in new.read_text()


@with_plugins
def test_stock_alembic_would_drop_it_without_the_plugin(url: str, tmp_path: Path) -> None:
    folder = project(tmp_path / "p", url, f'autogenerate_plugins=["alembic.autogenerate.*", "~{PLUGINS}"],')
    assert dropped(stock("check", cwd=folder)) == BOTH
    stock("revision", "--autogenerate", "-m", "drops", "--rev-id", "bbbb", cwd=folder).ok()
    [new] = (folder / "alembic" / "versions").glob("bbbb*.py")
    assert "op.drop_table('whimbrel_attempt')" in new.read_text()


IN_A_SCHEMA = 'include_schemas=True, version_table_schema="ops",'


@with_plugins
@pytest.mark.parametrize("plugin", [True, False])
def test_in_another_schema_neither(plugin: bool, make_database: Callable[[str], str], tmp_path: Path) -> None:
    url = make_database("postgresql")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA ops")
    without = "" if plugin else f'autogenerate_plugins=["alembic.autogenerate.*", "~{PLUGINS}"],'
    folder = project(tmp_path / "p", url, IN_A_SCHEMA + without)
    write_journal(url, schema="ops")
    assert dropped(stock("check", cwd=folder)) == (set() if plugin else BOTH)


TABLES_ONLY = '"alembic.autogenerate.schemas", "alembic.autogenerate.tables"'
OWN_LISTS = {
    "with the default": ('["alembic.autogenerate.*"]', set()),
    "of single ones": (f"[{TABLES_ONLY}]", BOTH),
    "of single ones, with ours": (f'[{TABLES_ONLY}, "{PLUGINS}"]', set()),
}


@with_plugins
@pytest.mark.parametrize(("plugins", "found"), OWN_LISTS.values(), ids=OWN_LISTS)
def test_an_env_py_with_plugins_of_its_own_has_ours_if_it_names_it(
    plugins: str, found: set[str], tmp_path: Path
) -> None:
    folder = project(tmp_path / "p", f"sqlite:///{tmp_path / 'a.db'}", f"autogenerate_plugins={plugins},")
    assert dropped(stock("check", cwd=folder)) == found


RECIPE = (
    'include_name=lambda name, kind, parents: kind != "table" or not name.startswith(("whimbrel_", "alembic_version")),'
)


@pytest.mark.parametrize(
    "plugins", ["", pytest.param(f"autogenerate_plugins=[{TABLES_ONLY}],", marks=with_plugins)], ids=["", "own list"]
)
def test_the_documented_include_name_does_without_the_plugin(plugins: str, tmp_path: Path) -> None:
    models = "".join(line for line in MODELS.splitlines(True) if "whimbrel_" not in line)
    folder = project(tmp_path / "p", f"sqlite:///{tmp_path / 'a.db'}", RECIPE + plugins)
    env = folder / "alembic" / "env.py"
    env.write_text(env.read_text().replace(MODELS, models))
    assert not dropped(stock("check", cwd=folder).ok())


# -- whimbrel ------------------------------------------------------------------------------------

CONFIGURED = {
    "nothing": "",
    "include_name": 'include_name=lambda name, kind, parents: name != "t_hidden",',
    "include_object": "include_object=lambda *_: True,",
    "plugins of its own": f"autogenerate_plugins=[{TABLES_ONLY}],",
}


@pytest.mark.parametrize("configure", CONFIGURED.values(), ids=CONFIGURED)
def test_whimbrel_leaves_it_out_whatever_env_py_configures(configure: str, url: str, tmp_path: Path) -> None:
    if "plugins" in configure and not HAS_PLUGINS:
        pytest.skip("Alembic has plugins since 1.18")
    folder = project(tmp_path / "p", url, configure)
    assert not dropped(whimbrel("check", cwd=folder).ok())


def test_an_include_name_of_env_py_is_still_asked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    folder = project(tmp_path / "p", url, CONFIGURED["include_name"])
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t_hidden (id INTEGER)")
        connection.exec_driver_sql("CREATE TABLE t_shown (id INTEGER)")
    told = whimbrel("check", cwd=folder).out
    assert "t_shown" in told
    assert "t_hidden" not in told


def test_a_project_without_env_py_leaves_it_out(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url)
    (folder / "models_of_seen.py").write_text(MODELS)
    with sa.create_engine(url).begin() as connection:
        made = sa.MetaData()
        for name in ("t_aaaa", "whimbrel_seen"):
            sa.Table(name, made, sa.Column("id", sa.Integer, primary_key=True))
        made.create_all(connection)
    write_journal(url)
    assert not dropped(whimbrel("check", cwd=folder).ok())


def test_a_table_of_a_model_is_compared_whatever_its_name_and_no_other_kind_is_left_out() -> None:
    metadata = sa.MetaData()
    sa.Table("whimbrel_seen", metadata)
    for models in (metadata, [sa.MetaData(), metadata]):
        include = without_records(None, models, "versions")
        assert include("whimbrel_seen", "table", {})
        assert not include("whimbrel_attempt", "table", {"schema_name": "ops"})
        assert include("whimbrel_attempt", "column", {})
        assert include(None, "schema", {})
    assert not without_records(None, None, "versions")("whimbrel_statement", "table", {})
    assert without_records(lambda name, *_: name == "a", None, "versions")("a", "table", {})
    assert not without_records(lambda name, *_: name == "a", None, "versions")("b", "table", {})


# -- version tables ------------------------------------------------------------------------------

STRAYS = ("alembic_version", "versions")
"""Alembic's default name, and what the projects here call theirs."""
ELSEWHERE = 'include_schemas=True, version_table="versions", version_table_schema="{}",'
FOR_ALL_SCHEMAS = {"postgresql": "stocks", "mariadb": None}


@pytest.fixture(params=FOR_ALL_SCHEMAS)
def strays(request: pytest.FixtureRequest, make_database: Callable[[str], str], tmp_path: Path) -> tuple[Path, str]:
    """A project whose version table is in a schema of its own, in a database with version tables left in others.

    And the schema that it compares besides. A schema of MariaDB is another database.
    """
    url = make_database(request.param)
    other = FOR_ALL_SCHEMAS[request.param] or sa.make_url(make_database(request.param)).database
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        if request.param == "postgresql":
            connection.exec_driver_sql(f"CREATE SCHEMA {other}")
            connection.exec_driver_sql("CREATE SCHEMA old")
        folder = project(tmp_path / "p", url)
        connection.exec_driver_sql("DROP TABLE alembic_version")
        places = ("old.", "") if request.param == "postgresql" else ("",)
        for place in places:
            for name in STRAYS:
                connection.exec_driver_sql(f"CREATE TABLE {place}{name} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql(f"CREATE TABLE {other}.versions (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql(f"CREATE TABLE {other}.alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql(f"INSERT INTO {other}.versions VALUES ('aaaa')")
    env = folder / "alembic" / "env.py"
    # Of a server's other databases, only this one: what else is there is none of the test's business.
    names = [other, "old"]
    only = f'include_name=lambda name, kind, parents: kind != "schema" or name in (None, *{names!r}),'
    env.write_text(env.read_text().replace("connection=connection, ", f"connection=connection, {only} "))
    return folder, str(other)


def configured(folder: Path, options: str) -> None:
    env = folder / "alembic" / "env.py"
    env.write_text(env.read_text().replace("connection=connection, ", f"connection=connection, {options} "))


def test_whimbrel_drops_no_version_table_in_any_schema(strays: tuple[Path, str]) -> None:
    folder, schema = strays
    configured(folder, ELSEWHERE.format(schema))
    result = whimbrel("revision", "--autogenerate", "-m", "next", "--rev-id", "bbbb", cwd=folder).ok()
    [new] = (folder / "alembic" / "versions").glob("bbbb*.py")
    assert "drop_table" not in new.read_text()
    assert "difference" not in result.err


@with_plugins
def test_nor_does_stock_alembic_beside_it(strays: tuple[Path, str]) -> None:
    folder, schema = strays
    configured(folder, ELSEWHERE.format(schema))
    stock("revision", "--autogenerate", "-m", "next", "--rev-id", "bbbb", cwd=folder).ok()
    [new] = (folder / "alembic" / "versions").glob("bbbb*.py")
    assert "drop_table" not in new.read_text()


@with_plugins
def test_stock_alembic_would_drop_them_without_the_plugin(strays: tuple[Path, str]) -> None:
    folder, schema = strays
    without = f'autogenerate_plugins=["alembic.autogenerate.*", "~{PLUGINS}"],'
    configured(folder, ELSEWHERE.format(schema) + without)
    stock("revision", "--autogenerate", "-m", "next", "--rev-id", "bbbb", cwd=folder).ok()
    [new] = (folder / "alembic" / "versions").glob("bbbb*.py")
    text = new.read_text()
    assert "op.drop_table('alembic_version')" in text
    assert "op.drop_table('versions')" in text
    assert f"op.drop_table('alembic_version', schema='{schema}')" in text
    assert f"op.drop_table('versions', schema='{schema}')" not in text


def test_a_native_project_drops_none_in_the_schemas_of_its_models(
    make_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_database("postgresql")
    folder = native_project(tmp_path / "p", url)
    settings = folder / "whimbrel.toml"
    settings.write_text(settings.read_text() + 'version_table = "versions"\nversion_table_schema = "stocks"\n')
    (folder / "models.py").write_text(
        "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"
        'sa.Table("price", metadata, sa.Column("id", sa.Integer, primary_key=True), schema="stocks")\n'
    )
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA stocks")
        connection.exec_driver_sql("CREATE TABLE stocks.price (id SERIAL PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE stocks.gone (id SERIAL PRIMARY KEY)")
        for place in ("stocks.", ""):
            for name in STRAYS:
                connection.exec_driver_sql(f"CREATE TABLE {place}{name} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    assert whimbrel("check", cwd=folder).out == "drop table stocks.gone\n"


def test_a_version_table_that_a_model_declares_is_compared_in_its_schema_only() -> None:
    metadata = sa.MetaData()
    sa.Table("alembic_version", metadata, schema="ops")
    include = without_records(None, metadata, "versions")
    assert include("alembic_version", "table", {"schema_name": "ops"})
    assert not include("alembic_version", "table", {"schema_name": None})
    assert not include("versions", "table", {"schema_name": "ops"})
    assert include("alembic_version", "column", {"schema_name": None, "table_name": "t"})


# -- the plugin itself ---------------------------------------------------------------------------


def test_the_plugin_is_installed_once_under_a_name_that_alembic_uses_by_default() -> None:
    [ours] = [point for point in entry_points(group="alembic.plugins") if point.value.startswith("whimbrel")]
    assert ours.name == PLUGINS, "reinstall whimbrel if it is another one: pip install -e ."
    assert ours.load() is alembic_plugin


def test_the_plugin_is_a_module_and_a_list_of_one() -> None:
    """Alembic 1.18 and 1.19 go through what the entry point names; one that is only a module ends `import alembic`."""
    assert isinstance(alembic_plugin, ModuleType)
    assert list(alembic_plugin) == [alembic_plugin]


@with_plugins
def test_importing_alembic_imports_nothing_else_of_whimbrel() -> None:
    code = (
        "import sys, alembic.command\n"
        "from alembic.runtime.plugins import _all_plugins\n"
        f"assert {PLUGINS!r} in _all_plugins\n"
        "print(sorted(name for name in sys.modules if name.startswith('whimbrel')))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60)
    loaded = "['whimbrel', 'whimbrel.alembic_plugin', 'whimbrel.record', 'whimbrel.version']\n"
    assert (done.stdout, done.stderr) == (loaded, "")
