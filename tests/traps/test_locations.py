"""Where projects keep their configuration and their revisions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.graphs import A1, A2, B1
from conformance.stage import Stage
from conformance.tools import HAS_PLUGINS, Tool, ours, stock
from support.cli import Result, alembic
from support.projects import Rev, linear
from whimbrel import Project

from .trees import ENV, project, write

_EACH_TOOL = pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])

# -- Prefect: env.py decides where the revisions are ------------------------------------------------

_PREFECT = (
    """
import pathlib
from alembic import context
here = pathlib.Path(__file__).parent
url = context.config.get_main_option("sqlalchemy.url")
context.script.version_locations = [str(here / "of" / ("sqlite" if url.startswith("sqlite") else "others"))]
"""
    + ENV
)


def _prefect(folder: Path, url: str) -> Path:
    project(folder, url, env=_PREFECT)
    write(folder, {}, *linear(A1, A2), versions="migrations/of/sqlite")
    return write(folder, {}, *linear(B1), versions="migrations/of/others")


@_EACH_TOOL
def test_version_locations_set_while_env_py_runs(tool: Tool, kind: str, stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places(kind, 1)
    _prefect(tmp_path, place.url)
    head = A2 if kind == "sqlite" else B1
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [head]
    assert tool("current", cwd=tmp_path).ok().out == f"{head} (head)\n"
    tool("downgrade", "base", cwd=tmp_path).ok()
    assert place.versions() == []
    tool("stamp", "head", cwd=tmp_path).ok()
    assert place.versions() == [head]


def test_commands_that_ask_the_database_see_the_revisions_env_py_found(kind: str, stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places(kind, 1)
    _prefect(tmp_path, place.url)
    stock("upgrade", "head", cwd=tmp_path).ok()
    for command in (["history", "-i"], ["history", "-r", ":current"], ["show", "current"]):
        assert ours(*command, cwd=tmp_path).ok().out == stock(*command, cwd=tmp_path).ok().out, command
    assert (A2 if kind == "sqlite" else B1) in ours("history", "-i", cwd=tmp_path).out


def test_commands_that_compare_see_the_revisions_env_py_found(kind: str, stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places(kind, 1)
    _prefect(tmp_path, place.url)
    ours("upgrade", cwd=tmp_path).ok()
    assert f"{A2 if kind == 'sqlite' else B1} already: nothing to do" in ours("upgrade", cwd=tmp_path).ok().err
    assert "no drift" in ours("drift", cwd=tmp_path).ok().out
    assert ours("diff", "head", "main", cwd=tmp_path).ok().out == "no difference\n"
    assert ours("diff", "base", "main", cwd=tmp_path).code == 1
    head = A2 if kind == "sqlite" else B1
    assert ours("diff", head, "main", cwd=tmp_path).ok().out == "no difference\n"
    assert ours("diff", "beef", "main", cwd=tmp_path).code == 2


# -- package:part:part (Prefect, dagster, dispatch) -------------------------------------------------


@_EACH_TOOL
@pytest.mark.parametrize("location", ["NAME:db:_migrations", "NAME:db/_migrations", "NAME.db:_migrations"])
def test_location_in_a_package(tool: Tool, location: str, stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places("sqlite", 1)
    name = f"located_{abs(hash((tool.__name__, location)))}"
    write(tmp_path, {
        f"lib/{name}/__init__.py": "", f"lib/{name}/db/__init__.py": "", f"lib/{name}/db/_migrations/env.py": ENV,
        "alembic.ini": f"[alembic]\nscript_location = {location.replace('NAME', name)}\n"
        f"version_locations = {name}:db:_migrations:versions {name}:more\npath_separator = space\n"
        f"prepend_sys_path = %(here)s/lib\nsqlalchemy.url = {place.url}\n",
    }, *linear(A1), versions=f"lib/{name}/db/_migrations/versions")  # fmt: skip
    write(tmp_path, {}, Rev(A2, A1), versions=f"lib/{name}/more")
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A2]
    assert tool("heads", cwd=tmp_path).ok().out == f"{A2} (head)\n"


# -- what ini files look like -----------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    pytest.param("[DEFAULT]\nscript_location = migrations\nsqlalchemy.url = @URL@\nprepend_sys_path = .\n", id="only DEFAULT (onyx)"),
    pytest.param("[DEFAULT]\nscript_location = migrations\n[alembic]\nsqlalchemy.url = @URL@\n", id="DEFAULT and alembic"),
    pytest.param("[alembic]\nscript_location = migrations\nsqlalchemy.url = @URL@\nversion_path_separator = os  # Use os.pathsep."
                 " Default configuration used for new projects.\n", id="comment behind a value (PAIG, mealie, sakyum, dvc)"),
    pytest.param("[alembic]\nscript_location = migrations\nsqlalchemy.url = @URL@\nprepend_sys_path = . lib\n", id="legacy separator"),
    pytest.param("# a comment\n; another one\n[alembic]\n  script_location: migrations\nsqlalchemy.url=@URL@\n", id="colons"),
    pytest.param("\ufeff[alembic]\nscript_location = migrations\nsqlalchemy.url = @URL@\n", id="byte order mark"),
    pytest.param("[alembic]\r\nscript_location = migrations\r\nsqlalchemy.url = @URL@\r\n", id="Windows line ends"),
    pytest.param("[app:main]\nuse = egg:shop\npassword = 50%\n[alembic]\nscript_location = migrations\nsqlalchemy.url = @URL@\n",
                 id="sections of others (pyramid)"),
])  # fmt: skip
def test_ini_file(text: str, stage: Stage, tmp_path: Path) -> None:
    """Each runs under whimbrel; Alembic may refuse some (a byte order mark), and what it runs ends the same."""
    ends = []
    for tool, place in zip((stock, ours), stage.places("sqlite", 2), strict=True):
        folder = project(tmp_path / tool.__name__, place.url, *linear(A1, A2))
        (folder / "alembic.ini").write_bytes(text.replace("@URL@", place.url).encode())
        done = tool("upgrade", "head", cwd=folder)
        ends.append((done.code, place.versions(), done))
    assert ends[1][:2] == (0, [A2]), ends[1]
    assert ends[0][0] != 0 or ends[0][1] == [A2]


@_EACH_TOOL
def test_template_of_an_ini_file(tool: Tool, tmp_path: Path) -> None:
    """jupyterhub's ini is a template with `{alembic_dir}`: not runnable as it is, and refused by both."""
    project(
        tmp_path,
        "sqlite://",
        *linear(A1),
        ini="[alembic]\nscript_location = {alembic_dir}\nsqlalchemy.url = {db_url}\n",
    )
    assert tool("upgrade", "head", cwd=tmp_path).code != 0
    assert not list(tmp_path.glob("*.db"))


# -- a folder called alembic/ ----------------------------------------------------------------------


def _script(*argv: str, cwd: Path) -> Result:
    """The `whimbrel` script: unlike `python -m whimbrel`, it does not put the current folder onto the path."""
    code = "import sys; from whimbrel.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *argv], cwd=cwd, capture_output=True, text=True, timeout=100
    )
    return Result(done.returncode, done.stdout, done.stderr)


_EACH_LAYOUT = pytest.mark.parametrize("package", [False, True], ids=["folder", "package"])


def _alembic_folder(folder: Path, package: bool) -> Path:
    _script("init", "alembic", *(["--package"] if package else []), cwd=folder).ok()
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", f"sqlite:///{folder}/a.db"))
    return folder


@_EACH_LAYOUT
def test_folder_named_as_the_library(package: bool, tmp_path: Path) -> None:
    """mealie, sakyum and dvc keep theirs in `alembic/` beside `prepend_sys_path = .`: it must not hide the library."""
    _alembic_folder(tmp_path, package)
    for process, line in ((_script, "revision -m x"), (alembic, "revision -m y"), (_script, "upgrade head"),
                          (alembic, "current"), (_script, "current"), (_script, "downgrade base")):  # fmt: skip
        process(*line.split(), cwd=tmp_path).ok()


@_EACH_LAYOUT
def test_folder_named_as_the_library_with_models(package: bool, tmp_path: Path) -> None:
    """env.py imports the project's own models from the folder above, and autogenerates."""
    _alembic_folder(tmp_path, package)
    models = """
        from sqlalchemy import Column, Integer, MetaData, Table
        metadata = MetaData()
        Table("orders", metadata, Column("id", Integer, primary_key=True))
    """
    write(tmp_path, {"shop/models.py": models}, versions="alembic/versions")
    env = tmp_path / "alembic" / "env.py"
    env.write_text(
        env.read_text().replace("target_metadata = None", "from shop.models import metadata as target_metadata")
    )
    _script("revision", "--auto", "-m", "first", cwd=tmp_path).ok()
    assert "create_table" in next((tmp_path / "alembic" / "versions").glob("*first.py")).read_text()
    _script("upgrade", "head", cwd=tmp_path).ok()
    _script("check", cwd=tmp_path).ok()
    if HAS_PLUGINS:
        alembic("check", cwd=tmp_path).ok()


# -- no ini file at all -----------------------------------------------------------------------------


def test_no_ini_file(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """warehouse builds its Config in code. With whimbrel that is a Project with a folder, or a pyproject.toml."""
    from alembic import command
    from alembic.config import Config

    one, other = stage.places("sqlite", 2)
    env = ENV.replace("config.get_section(config.config_ini_section)", '{"sqlalchemy.url": config.attributes["url"]}')
    project(tmp_path, "", *linear(A1, A2), env=env)
    (tmp_path / "alembic.ini").unlink()
    config = Config(attributes={"url": one.url})
    config.set_main_option("script_location", str(tmp_path / "migrations"))
    command.upgrade(config, "head")
    assert one.versions() == [A2]

    (tmp_path / "pyproject.toml").write_text('[tool.alembic]\nscript_location = "%(here)s/migrations"\n')
    loaded = Project.load(tmp_path)
    mine = Project(loaded.settings, loaded.database, attributes={"url": other.url})
    assert mine.upgrade("head").after == (A2,)
    assert other.versions() == [A2]


@_EACH_TOOL
def test_sections_with_their_own_folders(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """Dispatch: `-n core` and `-n tenant`, each with its script_location, in one ini file without [alembic]."""
    [place] = stage.places("sqlite", 1)
    project(tmp_path, place.url, *linear(A1))
    env = ENV.replace("target_metadata=target_metadata", 'version_table="tenant_version"')
    write(tmp_path, {"tenant/env.py": env}, *linear(B1), versions="tenant/versions")
    text = f"[core]\nscript_location = migrations\nsqlalchemy.url = {place.url}\n"
    (tmp_path / "alembic.ini").write_text(text + text.replace("core", "tenant").replace("migrations", "tenant"))
    tool("-n", "core", "upgrade", "head", cwd=tmp_path).ok()
    tool("-n", "tenant", "upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A1]
    assert place.tables() == {"alembic_version", "tenant_version", f"t_{A1}", f"t_{B1}"}
    assert tool("-n", "tenant", "current", cwd=tmp_path).ok().out == f"{B1} (head)\n"
    assert tool("heads", cwd=tmp_path).code != 0
    assert sys.path[0] != str(tmp_path)
