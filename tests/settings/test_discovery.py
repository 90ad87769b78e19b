"""Which configuration counts for a folder, and which database a command is for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from settings.places import found, only, write
from whimbrel.errors import ConfigurationInvalid, DatabaseNotConfigured, ProjectNotFound
from whimbrel.settings import load, select


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder under version control that is the current one."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


INI = "[alembic]\nscript_location = from_ini\n"
CONFIGURATIONS = {
    "whimbrel.toml": 'script_location = "from_whimbrel"\n',
    "pyproject.toml": '[tool.whimbrel]\nscript_location = "from_pyproject"\n',
    "alembic.ini": INI,
}


def location(folder: Path, **options: object) -> str:
    return os.path.relpath(only(folder, **options).script_location, folder)


def test_whimbrels_own_file_goes_before_pyproject_and_that_before_alembics_ini(place: Path) -> None:
    write(place, CONFIGURATIONS)
    assert location(place) == "from_whimbrel"
    (place / "whimbrel.toml").unlink()
    assert location(place) == "from_pyproject"
    (place / "pyproject.toml").unlink()
    assert location(place) == "from_ini"
    (place / "alembic.ini").unlink()
    assert location(place) == "migrations"


def test_a_pyproject_of_something_else_is_no_configuration(place: Path) -> None:
    write(place, {"pyproject.toml": '[project]\nname = "shop"\ndependencies = ["whimbrel", "alembic"]\n'})
    settings = load(str(place), environ={})
    assert (settings.root, str(settings.origin)) == (str(place), ".")
    assert settings.databases[0].version_locations == (str(place / "migrations" / "versions"),)
    write(place, {"alembic.ini": INI})
    assert location(place) == "from_ini"


def test_the_folders_above_are_searched_up_to_the_one_under_version_control(place: Path) -> None:
    write(place, {"whimbrel.toml": "", "project/.git/HEAD": "", "project/src/shop/x.py": ""})
    inside = place / "project" / "src" / "shop"
    assert load(str(inside), environ={}).root == str(inside)
    write(place / "project", {"pyproject.toml": '[tool.whimbrel]\nversion_table = "v"\n'})
    assert load(str(inside), environ={}).root == str(place / "project")
    assert only(inside).version_table == "v"
    write(inside, {"whimbrel.toml": ""})
    assert load(str(inside), environ={}).root == str(inside)


def test_a_work_tree_whose_git_is_a_file_ends_the_search(place: Path) -> None:
    write(place, {"whimbrel.toml": "", "tree/.git": "gitdir: elsewhere"})
    assert load(str(place / "tree"), environ={}).root == str(place / "tree")


def test_the_search_ends_at_the_users_home(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(place, {"whimbrel.toml": "", "home/user/project/x": ""})
    monkeypatch.setenv("HOME", str(place / "home" / "user"))
    project = place / "home" / "user" / "project"
    assert load(str(project), environ={}).root == str(project)
    write(place / "home" / "user", {"whimbrel.toml": ""})
    assert load(str(project), environ={}).root == str(place / "home" / "user")


def test_alembics_files_count_only_where_the_command_runs_as_for_alembic(place: Path) -> None:
    write(place, {"alembic.ini": INI, "sub/x": ""})
    assert only(place).alembic is not None
    assert only(place / "sub").alembic is None


def test_named_files_go_before_variables_and_those_before_what_lies_there(place: Path) -> None:
    write(place, {**CONFIGURATIONS, "a.toml": 'script_location = "a"', "b.toml": 'script_location = "b"'})
    write(place, {"c.ini": "[alembic]\nscript_location = c\n"})
    environ = {"WHIMBREL_CONFIG": "b.toml", "ALEMBIC_CONFIG": "c.ini"}
    assert location(place, config=["a.toml"], environ=environ) == "a"
    assert location(place, environ=environ) == "b"
    assert location(place, environ={"ALEMBIC_CONFIG": "c.ini"}) == "c"
    assert location(place, environ={"ALEMBIC_CONFIG": ""}) == "from_whimbrel"


def test_the_folder_of_a_named_file_is_the_projects_root(place: Path) -> None:
    write(place, {"deploy/whimbrel.toml": 'version_locations = ["here"]'})
    database = only(place, config=["deploy/whimbrel.toml"])
    assert database.root == str(place / "deploy")
    assert database.version_locations == (str(place / "deploy" / "here"),)


@pytest.mark.parametrize("variable", [None, "WHIMBREL_CONFIG", "ALEMBIC_CONFIG"])
def test_a_named_file_that_is_not_there_is_refused(place: Path, variable: str | None) -> None:
    write(place, CONFIGURATIONS)
    config, environ = ([], {variable: "gone.ini"}) if variable else (["gone.ini"], {})
    with pytest.raises(ConfigurationInvalid, match="no such configuration file") as caught:
        load(str(place), config=config, environ=environ)
    assert caught.value.where == "gone.ini"


@pytest.mark.parametrize("names", [["a.ini", "b.ini"], ["pyproject.toml", "sub/pyproject.toml"]])
def test_two_named_files_of_one_kind_are_refused(place: Path, names: list[str]) -> None:
    write(place, dict.fromkeys(names, "[alembic]\n"))
    with pytest.raises(ConfigurationInvalid, match="two files of the same kind") as caught:
        load(str(place), config=names, environ={})
    assert all(name in (caught.value.why or "") for name in names)


def test_an_ini_without_the_section_says_what_it_has(place: Path) -> None:
    write(place, {"alembic.ini": "[loggers]\nkeys = root\n[billing]\n"})
    with pytest.raises(ProjectNotFound, match=r"there is no section \[alembic\]") as caught:
        load(str(place), environ={})
    assert caught.value.why == "the file has [loggers], [billing]"


# -- an env.py that no configuration names -------------------------------------------------------

ENV = "raise SystemExit('not to be run')"
FLASK_INI = "[alembic]\n# file_template = %%(rev)s_%%(slug)s\n[loggers]\nkeys = root\n"  # names no script_location
URL = {"DATABASE_URL": "sqlite:///app.db"}


@pytest.mark.parametrize("config", [[], ["migrations/alembic.ini"]], ids=["found", "named"])
def test_the_ini_file_beside_env_py_configures_it_as_flask_migrate_does(place: Path, config: list[str]) -> None:
    write(place, {"migrations/env.py": ENV, "migrations/alembic.ini": FLASK_INI})
    database = only(place, URL, config=config)
    assert (database.has_env, database.url, database.root) == (True, None, str(place))
    assert database.version_locations == (str(place / "migrations" / "versions"),)
    assert database.alembic is not None
    assert database.alembic.ini == str(place / "migrations" / "alembic.ini")


def test_the_ini_file_beside_env_py_may_name_another_script_location(place: Path) -> None:
    write(place, {"migrations/env.py": ENV, "migrations/alembic.ini": INI})
    assert location(place) == location(place, config=["migrations/alembic.ini"]) == "from_ini"


def test_an_ini_file_is_no_script_location_without_env_py_or_for_another_section(place: Path) -> None:
    write(place, {"migrations/alembic.ini": FLASK_INI})
    for section in (None, "billing"):
        with pytest.raises(ProjectNotFound, match=r"no script_location|no section"):
            load(str(place), config=["migrations/alembic.ini"], section=section, environ={})
        write(place, {"migrations/env.py": ENV})


@pytest.mark.parametrize("env", ["env.py", "env.pyc"])
@pytest.mark.parametrize("ini", [None, "[DEFAULT]\nsqlalchemy.url = sqlite:///app.db\n"], ids=["no ini", "a URL"])
def test_an_env_py_without_a_configuration_is_refused_not_ignored(place: Path, env: str, ini: str | None) -> None:
    write(place, {f"migrations/{env}": ENV, **({"alembic.ini": ini} if ini else {})})
    with pytest.raises(ConfigurationInvalid, match=r"there is an env\.py, and no configuration") as caught:
        load(str(place), environ=URL)
    assert caught.value.where == "migrations/env.py"
    assert caught.value.state == "nothing was changed"
    assert "-c FILE" in (caught.value.hint or "")
    write(place, {"whimbrel.toml": 'script_location = "migrations"\n'})  # as the hint says
    assert not only(place, URL).has_env


@pytest.mark.parametrize("ini", [None, ""], ids=["no ini", "an empty one"])
def test_the_folder_of_alembics_tutorial_is_not_ignored_either(place: Path, ini: str | None) -> None:
    write(place, {"alembic/env.py": ENV, "db/one/whimbrel.toml": "", **({} if ini is None else {"alembic.ini": ini})})
    with pytest.raises(ConfigurationInvalid, match=r"there is an env\.py, and no configuration") as caught:
        load(str(place), environ=URL)
    assert caught.value.where == "alembic/env.py"
    write(place, {"alembic.ini": INI})
    assert location(place) == "from_ini"


@pytest.mark.parametrize("name", ["whimbrel.toml", "pyproject.toml"])
def test_whimbrels_own_configuration_goes_without_env_py_on_purpose(place: Path, name: str) -> None:
    write(place, {name: "[tool.whimbrel]\n" if name == "pyproject.toml" else "", "migrations/env.py": ENV})
    write(place, {"migrations/alembic.ini": FLASK_INI})
    database = only(place, URL)
    assert (database.has_env, database.alembic) == (False, None)
    assert database.required_url.masked == "sqlite:///app.db"


# -- several databases ---------------------------------------------------------------------------

SEVERAL = """\
version_table = "versions"
render_as_batch = true

[databases.shop]
url = "sqlite:///shop.db"

[databases.billing]
url = "sqlite:///billing.db"
script_location = "billing"
version_table = "billing_versions"
"""


def test_each_database_has_what_stands_above_all_of_them_and_its_own(place: Path) -> None:
    shop, billing = load(str(write(place, {"whimbrel.toml": SEVERAL})), environ={}).databases
    assert (shop.name, billing.name) == ("shop", "billing")
    assert (shop.version_table, billing.version_table) == ("versions", "billing_versions")
    assert shop.options["render_as_batch"] is billing.options["render_as_batch"] is True
    assert shop.version_locations == (str(place / "migrations" / "versions"),)
    assert billing.version_locations == (str(place / "billing" / "versions"),)
    assert [str(database.url_origin) for database in (shop, billing)] == ["whimbrel.toml: url"] * 2


def test_several_databases_in_pyproject(place: Path) -> None:
    text = SEVERAL.replace("[databases", "[tool.whimbrel.databases")
    settings = load(str(write(place, {"pyproject.toml": f"[tool.whimbrel]\n{text}"})), environ={})
    assert [database.name for database in settings.databases] == ["shop", "billing"]
    assert str(settings.origin) == "pyproject.toml: [tool.whimbrel]"


def test_one_of_several_has_to_be_named(place: Path) -> None:
    settings = load(str(write(place, {"whimbrel.toml": SEVERAL})), environ={})
    assert select(settings, "billing").name == "billing"
    with pytest.raises(DatabaseNotConfigured, match="2 databases are configured and none is named") as unnamed:
        select(settings, None)
    assert unnamed.value.hint == "--database shop  (there are shop, billing)"
    with pytest.raises(DatabaseNotConfigured, match='no database is called "biling"') as misspelt:
        select(settings, "biling")
    assert misspelt.value.hint == "did you mean billing?"


def test_the_only_one_needs_no_name(place: Path) -> None:
    assert select(load(str(place), environ={}), None).name == "main"
    write(place, {"whimbrel.toml": "[databases.shop]\n"})
    assert select(load(str(place), environ={}), None).name == "shop"


def test_a_database_may_be_an_alembic_project_of_its_own(place: Path) -> None:
    write(
        place,
        {
            "whimbrel.toml": '[databases.old]\nconfig = "old/alembic.ini"\nsection = "main"\n[databases.new]\n',
            "old/alembic.ini": "[main]\nscript_location = %(here)s/scripts\n",
            "old/scripts/env.py": "raise SystemExit('not to be run')",
        },
    )
    old, new = load(str(place), environ={}).databases
    assert (old.has_env, old.url, old.version_locations) == (True, None, (str(place / "old/scripts/versions"),))
    assert new.alembic is None


def test_an_alembic_project_without_env_py_takes_its_url_as_every_other_database(place: Path) -> None:
    write(
        place,
        {
            "whimbrel.toml": '[databases.old]\nconfig = "alembic.ini"\nurl = "sqlite:///own.db"\n[databases.new]\n',
            "alembic.ini": "[alembic]\nscript_location = scripts\n",
        },
    )
    old, new = load(str(place), environ={"DATABASE_URL": "sqlite:///not_for_one_of_several.db"}).databases
    assert old.url is not None
    assert (old.url.masked, str(old.url_origin)) == ("sqlite:///own.db", "whimbrel.toml: url")
    assert new.url is None


def test_models_named_on_the_command_line_go_before_those_configured(place: Path) -> None:
    write(place, {"whimbrel.toml": 'models = "shop.models"\n'})
    assert only(place).options["models"] == ["shop.models"]
    assert only(place, models=["other"]).options["models"] == ["other"]


def test_loading_settings_does_not_look_for_a_url_that_nobody_asks_for(place: Path) -> None:
    write(place, {"whimbrel.toml": 'url = "env:NOT_SET"\n', ".env": b"\xff"})
    assert only(place).version_table == "alembic_version"


def test_a_url_with_a_password_is_not_copied_into_a_cache(place: Path) -> None:
    for url in ("postgresql://u:c4nary@h/db", "postgresql://h/db?user=u&password=c4nary", "sqlite:///app.db"):
        path = write(place, {"whimbrel.toml": f'url = "{url}"\n'}) / "whimbrel.toml"
        os.utime(path, (1_600_000_000, 1_600_000_000))  # old enough to be cached
        assert found(place)[0]
        kept = b"".join(file.read_bytes() for file in place.rglob("*.index"))
        assert b"c4nary" not in kept
