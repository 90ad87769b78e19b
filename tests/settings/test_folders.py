"""Projects in the folders below: which are found, what they are called, and what names their URLs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from settings.places import found, write
from whimbrel.errors import ConfigurationInvalid, UrlMissing
from whimbrel.settings import Settings, load, select

INI = "[alembic]\nscript_location = %(here)s/alembic\n"
LIBRARY = "[loggers]\nkeys = root\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder under version control that is the current one."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(root: Path, **options: object) -> list[str]:
    return [database.name for database in settings(root, **options).databases]


def settings(root: Path, **options: object) -> Settings:
    return load(str(root), **{"environ": {}, **options})


def test_projects_of_each_kind_are_found_and_called_as_their_folders(root: Path) -> None:
    write(
        root,
        {
            "src/neon/alembic.ini": INI,
            "src/audit/whimbrel.toml": 'url = "sqlite:///audit.db"\n',
            "flask/migrations/alembic.ini": "[alembic]\n",
            "flask/migrations/env.py": "",
            "shop/pyproject.toml": "[tool.whimbrel]\n",
            "old/pyproject.toml": '[tool.alembic]\nscript_location = "alembic"\n',
        },
    )
    assert names(root) == ["migrations", "old", "shop", "audit", "neon"]
    locations = {database.name: database.root for database in settings(root).databases}
    assert locations["neon"] == str(root / "src" / "neon")
    assert locations["audit"] == str(root / "src" / "audit")


NO_PROJECTS = {
    "hidden": ".cache/alembic.ini",
    "a package of node": "web/node_modules/x/alembic.ini",
    "an installed package": "lib/site-packages/x/alembic.ini",
    "too deep": "a/b/c/d/alembic.ini",
}


@pytest.mark.parametrize("path", NO_PROJECTS.values(), ids=NO_PROJECTS)
def test_what_is_not_the_users_is_not_searched(path: str, root: Path) -> None:
    write(root, {path: INI})
    assert not settings(root).configured
    write(root, {"mine/alembic.ini": INI})
    assert names(root) == ["mine"]


def test_a_virtual_environment_is_not_searched_whatever_it_is_called(root: Path) -> None:
    write(root, {"py311/pyvenv.cfg": "home = /usr\n", "py311/share/alembic.ini": INI})
    assert not settings(root).configured


def test_a_link_is_not_followed(root: Path) -> None:
    write(root, {"mine/alembic.ini": INI})
    (root / "mine2").symlink_to(root / "mine", target_is_directory=True)
    (root / "loop").symlink_to(root, target_is_directory=True)
    assert names(root) == ["mine"]


def test_an_ini_file_without_revisions_is_no_project(root: Path) -> None:
    write(root, {"logging/alembic.ini": LIBRARY})
    assert not settings(root).configured


def test_a_folder_with_a_project_is_not_searched_further(root: Path) -> None:
    write(root, {"mine/alembic.ini": INI, "mine/tests/fixtures/alembic.ini": INI})
    assert names(root) == ["mine"]


BROKEN = {
    "not TOML": ("shop/whimbrel.toml", "url = sqlite://"),
    "not Alembic's": ("shop/pyproject.toml", '[tool]\nalembic = "x"\n'),
    "an unknown key": ("shop/whimbrel.toml", 'ulr = "sqlite:///shop.db"\n'),
    "no ini file": ("shop/alembic.ini", "[alembic\n"),
}


@pytest.mark.parametrize(("path", "text"), BROKEN.values(), ids=BROKEN)
def test_a_project_that_is_broken_is_no_reason_to_know_nothing_of_the_others(path: str, text: str, root: Path) -> None:
    write(root, {"neon/alembic.ini": INI, path: text, "zoo/alembic.ini": INI})
    found = settings(root)
    assert [database.name for database in found.databases] == ["neon", "shop", "zoo"]
    assert select(found, "neon").root == str(root / "neon")
    with pytest.raises(ConfigurationInvalid, match=r"cannot be parsed|is not a table|unknown|ulr|ini"):
        select(found, "shop")


ROOTS = {
    "whimbrel.toml": "",
    "alembic.ini": INI,
    "pyproject.toml": "[tool.whimbrel]\n",
    "migrations/versions/a.py": "",
}


@pytest.mark.parametrize("path", ROOTS)
def test_where_the_root_has_a_project_no_folder_is_looked_into(
    path: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, {"mine/alembic.ini": INI, path: ROOTS[path]})
    monkeypatch.setattr(os, "scandir", None)
    assert names(root) == ["main"]


def test_folders_of_the_same_name_are_called_by_their_paths(root: Path) -> None:
    write(root, {"one/db/alembic.ini": INI, "two/db/alembic.ini": INI, "three/x/alembic.ini": INI})
    assert names(root) == ["one/db", "x", "two/db"]


def test_several_databases_of_one_folder_have_its_name_before_theirs(root: Path) -> None:
    write(root, {"shop/whimbrel.toml": "[databases.main]\n[databases.audit]\n", "neon/alembic.ini": INI})
    assert names(root) == ["neon", "shop.main", "shop.audit"]


def test_a_url_is_found_as_from_inside_of_the_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        root,
        {
            "one/whimbrel.toml": "",
            "one/.env": "DATABASE_URL=postgresql://of.one/db\n",
            "two/whimbrel.toml": 'url = "sqlite:///two.db"\n',
        },
    )
    one, two = settings(root).databases
    assert str(one.url) == "<DatabaseUrl postgresql://of.one/db>"
    assert two.url is not None
    assert two.url.database == str(root / "two" / "two.db")
    monkeypatch.chdir(root / "one")
    assert found(root / "one")[0] == "postgresql://of.one/db"


def test_a_variable_for_the_only_database_is_for_none_of_several_folders(root: Path) -> None:
    write(root, {"one/whimbrel.toml": "", "two/whimbrel.toml": ""})
    environ = {"DATABASE_URL": "sqlite:///any.db", "WHIMBREL_DATABASE__TWO__URL": "sqlite:////two.db"}
    one, two = settings(root, environ=environ).databases
    assert two.required_url.text == "sqlite:////two.db"
    with pytest.raises(UrlMissing) as caught:
        _ = one.required_url
    assert "export WHIMBREL_DATABASE__ONE__URL=" in str(caught.value.hint)


def test_the_only_folder_is_the_only_database(root: Path) -> None:
    write(root, {"alembic_db/whimbrel.toml": ""})
    [database] = settings(root, environ={"DATABASE_URL": "sqlite:////any.db"}).databases
    assert (database.name, database.required_url.text) == ("alembic_db", "sqlite:////any.db")


def test_an_empty_configuration_begins_a_project_above_others(root: Path) -> None:
    write(root, {"mine/alembic.ini": INI})
    assert settings(root).below
    write(root, {"whimbrel.toml": ""})
    assert (names(root), settings(root).below) == (["main"], False)
