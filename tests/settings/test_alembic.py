"""Alembic projects: their files say to us what they say to stock Alembic, and more of them can be read."""

from __future__ import annotations

import os
import sys
from configparser import InterpolationError
from pathlib import Path

import pytest
from alembic.util import CommandError

from settings.places import found, only, same_as_stock, stock, write
from support.projects import alembic_project, linear
from whimbrel import Project
from whimbrel.errors import ConfigurationInvalid, ProjectNotFound


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An Alembic project with an env.py that nobody may run, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return write(tmp_path, {".git/HEAD": "", "alembic/env.py": "raise SystemExit('not to be run')\n"})


def ini(place: Path, options: str, section: str = "alembic", name: str = "alembic.ini") -> None:
    write(place, {name: f"[{section}]\nscript_location = alembic\n{options}\n"})


# -- the same as stock Alembic -------------------------------------------------------------------

OPTIONS = {
    "nothing more": "",
    "several locations, by os": "version_locations = a:b/c:%(here)s/d\npath_separator = os",
    "several locations, by colon": "version_locations = a:b\npath_separator = :",
    "several locations, by semicolon": "version_locations = a;b\npath_separator = ;",
    "several locations, by space": "version_locations = a b\npath_separator = space",
    "several locations, by newline": "version_locations =\n    a x\n    b\npath_separator = newline",
    "several locations, by the old name": "version_locations = a:b\nversion_path_separator = os",
    "both names of the separator": "version_locations = a b\npath_separator = space\nversion_path_separator = os",
    "several locations, the old way": "version_locations = a, b  c,d",
    "folders up and absolute": "version_locations = ../x /srv/y ./z/../z\npath_separator = space",
    "paths for imports": "prepend_sys_path = .:src\npath_separator = os",
    "paths for imports, the old way": "prepend_sys_path = . src,lib:more",
    "sourceless": "sourceless = true",
    "not sourceless": "sourceless = false",
    "a location with a blank": "version_locations = a b:c\npath_separator = os",
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_an_ini_file_means_what_it_means_to_alembic(place: Path, options: str) -> None:
    ini(place, options)
    database = same_as_stock()
    assert database.has_env
    assert database.url is None
    assert str(database.origin) == "alembic.ini: [alembic]"


@pytest.mark.parametrize("value", ["true", "false"])
def test_subfolders_are_searched_if_alembic_searches_them(place: Path, value: str) -> None:
    ini(place, f"recursive_version_locations = {value}")
    assert same_as_stock().options["recursive_version_locations"] == stock()[1].recursive_version_locations


TOML = """\
[tool.alembic]
script_location = "%(here)s/alembic"
version_locations = ["%(here)s/a", "b"]
prepend_sys_path = [".", "src"]
sourceless = true
"""


def test_a_pyproject_means_what_it_means_to_alembic(place: Path) -> None:
    write(place, {"pyproject.toml": TOML})
    database = same_as_stock()
    assert str(database.origin) == "pyproject.toml: [tool.alembic]"
    assert database.has_env


def test_the_ini_goes_before_the_pyproject_option_by_option(place: Path) -> None:
    write(place, {"pyproject.toml": TOML})
    ini(place, "version_locations = from_ini\npath_separator = os")
    assert same_as_stock().version_locations == (str(place / "from_ini"),)


def test_an_ini_that_only_holds_what_the_pyproject_does_not_is_read_with_it(place: Path) -> None:
    write(place, {"pyproject.toml": TOML, "alembic.ini": "[loggers]\nkeys = root\n"})
    same_as_stock()


def test_another_section_is_read_with_n(place: Path) -> None:
    write(place, {"alembic.ini": "[DEFAULT]\nversion_locations = shared\n[a]\nscript_location = alembic\n"})
    assert same_as_stock("-n", "a").version_locations == (str(place / "shared"),)
    assert str(only(place, section="a").origin) == "alembic.ini: [a]"
    with pytest.raises(ProjectNotFound, match=r"there is no section \[b\]") as caught:
        only(place, section="b")
    assert caught.value.why == "the file has [a]"
    with pytest.raises(CommandError, match="No 'script_location'"):
        stock("-n", "b")


def test_files_are_named_as_for_alembic(place: Path) -> None:
    write(place, {"deploy/pyproject.toml": TOML.replace("%(here)s/alembic", "alembic")})
    ini(place, "sourceless = true", name="deploy/other.ini")
    same_as_stock("-c", "deploy/other.ini")
    same_as_stock("-c", "deploy/pyproject.toml")
    same_as_stock("-c", "deploy/pyproject.toml", "-c", "deploy/other.ini")
    same_as_stock(environ={"ALEMBIC_CONFIG": "deploy/other.ini"})
    same_as_stock(environ={"ALEMBIC_CONFIG": "deploy/pyproject.toml"})


@pytest.mark.parametrize("named", ["pyproject.toml", "deploy/pyproject.toml", "other.ini", "deploy/other.ini"])
@pytest.mark.parametrize("variable", ["pyproject.toml", "deploy/pyproject.toml", "other.ini", "deploy/other.ini"])
def test_the_variable_may_name_the_ini_file_beside_a_named_pyproject_and_the_other_way_round(
    place: Path, named: str, variable: str
) -> None:
    for folder in ("", "deploy/"):
        write(place, {f"{folder}other.ini": f"[alembic]\nprepend_sys_path = {folder}ini\npath_separator = os\n"})
        toml = f'[tool.alembic]\nscript_location = "alembic"\nversion_locations = ["{folder}toml"]\n'
        write(place, {f"{folder}pyproject.toml": toml})
    same_as_stock("-c", named, environ={"ALEMBIC_CONFIG": variable})


def test_here_is_the_folder_of_the_file_and_other_paths_start_where_the_command_runs(place: Path) -> None:
    ini(place, "version_locations = %(here)s/a:b\npath_separator = os", name="deploy/other.ini")
    database = same_as_stock("-c", "deploy/other.ini")
    assert database.version_locations == (str(place / "deploy" / "a"), str(place / "b"))


def test_compiled_env_py_is_one(place: Path) -> None:
    (place / "alembic" / "env.py").rename(place / "alembic" / "env.pyc")
    ini(place, "sourceless = true")
    assert same_as_stock().has_env


# -- packages ------------------------------------------------------------------------------------


def test_a_location_in_a_package_is_the_one_alembic_finds_by_importing_it(place: Path) -> None:
    write(place, {"src/shopaa/__init__.py": "", "src/shopaa/db/__init__.py": "", "src/shopaa/db/scripts/env.py": ""})
    sys.path.insert(0, str(place / "src"))
    options = (
        "script_location = shopaa.db:scripts\nversion_locations = shopaa:db:more shopaa.db:x\npath_separator = space"
    )
    write(place, {"alembic.ini": f"[alembic]\n{options}\nprepend_sys_path = src\n"})
    database = only(place)
    assert "shopaa" not in sys.modules
    assert database.version_locations == (str(place / "src/shopaa/db/more"), str(place / "src/shopaa/db/x"))
    assert database.has_env
    same_as_stock()


def test_a_package_is_found_without_running_it(place: Path) -> None:
    write(place, {"shopab/__init__.py": "raise SystemExit('run')", "shopab/db/__init__.py": "raise SystemExit('run')"})
    write(place, {"alembic.ini": "[alembic]\nscript_location = shopab.db:scripts:deep\nprepend_sys_path = .\n"})
    assert only(place).script_location == str(place / "shopab" / "db" / "scripts" / "deep")
    with pytest.raises(SystemExit):
        stock()


def test_a_package_without_init_may_hold_one_with_and_one_without(place: Path) -> None:
    write(place, {"outerac/inner/x.txt": "", "outerac/inner/leaf/__init__.py": "raise SystemExit('run')"})
    for package in ("outerac", "outerac.inner", "outerac.inner.leaf"):
        write(place, {"alembic.ini": f"[alembic]\nscript_location = {package}:scripts\nprepend_sys_path = .\n"})
        assert only(place).script_location == str(place / package.replace(".", "/") / "scripts")


def test_a_package_is_looked_for_in_this_project_before_others(place: Path) -> None:
    write(place, {"one/shopad/__init__.py": "", "two/shopad/__init__.py": ""})
    sys.path.insert(0, str(place / "two"))
    write(place, {"alembic.ini": "[alembic]\nscript_location = shopad:s\nprepend_sys_path = one\n"})
    assert only(place).script_location == str(place / "one" / "shopad" / "s")


@pytest.mark.parametrize("package", ["no_such_package", "os", "json.decoder", "json.no_such_module"])
def test_a_package_that_is_not_there_or_none_is_refused(place: Path, package: str) -> None:
    write(place, {"alembic.ini": f"[alembic]\nscript_location = {package}:scripts\n"})
    with pytest.raises(ConfigurationInvalid, match=f'there is no package "{package}"'):
        only(place)


def test_whimbrels_own_configuration_names_packages_as_well(place: Path) -> None:
    write(place, {"shopae/__init__.py": "raise SystemExit('run')", "whimbrel.toml": 'script_location = "shopae:db"\n'})
    assert only(place).version_locations == (str(place / "shopae" / "db" / "versions"),)


# -- what stock Alembic cannot read, or reads as something else ----------------------------------


@pytest.mark.parametrize("url", ["postgresql://u:%(PASSWORD)s@h/db", "postgresql://u:p%40ss@h/db", "%", "100%%"])
def test_a_url_that_only_env_py_can_read_does_not_keep_the_project_from_loading(place: Path, url: str) -> None:
    ini(place, f"sqlalchemy.url = {url}")
    same_as_stock()
    if url != "100%%":
        with pytest.raises(InterpolationError):
            stock()[0].get_main_option("sqlalchemy.url")


def test_without_env_py_a_percent_sign_in_the_url_is_one(place: Path) -> None:
    (place / "alembic" / "env.py").unlink()
    ini(place, "sqlalchemy.url = postgresql://u:p%40ss@h/db")
    url = only(place).required_url
    assert (url.password, url.masked) == ("p@ss", "postgresql://u:***@h/db")
    ini(place, "sqlalchemy.url = postgresql://u:p%%40ss@h/db")  # as Alembic's documentation says
    assert only(place).required_url.password == "p@ss"
    assert stock()[0].get_main_option("sqlalchemy.url") == "postgresql://u:p%40ss@h/db"


def test_without_env_py_a_url_that_needs_one_is_none(place: Path) -> None:
    (place / "alembic" / "env.py").unlink()
    ini(place, "sqlalchemy.url = postgresql://u:%(PASSWORD)s@h/db")
    assert found(place)[0] is None


def test_a_file_that_has_only_defaults_is_read_where_alembic_finds_nothing(place: Path) -> None:
    write(place, {"alembic.ini": "[DEFAULT]\nscript_location = alembic\n"})
    assert only(place).script_location == str(place / "alembic")
    with pytest.raises(CommandError, match="No 'script_location'"):
        stock()


@pytest.mark.parametrize("value", ["True", "yes", "true  # look everywhere", "TRUE ; yes", "1", "on"])
def test_a_boolean_that_means_yes_is_one_where_alembic_takes_it_for_no(place: Path, value: str) -> None:
    ini(place, f"recursive_version_locations = {value}")
    assert only(place).options["recursive_version_locations"] is True
    assert stock()[1].recursive_version_locations is False


@pytest.mark.parametrize("value", ["False", "no", "0", "", "false # true"])
def test_a_boolean_that_means_no_is_none(place: Path, value: str) -> None:
    ini(place, f"recursive_version_locations = {value}")
    assert only(place).options["recursive_version_locations"] is False


def test_a_comment_behind_the_separator_is_one_where_alembic_stops(place: Path) -> None:
    # Alembic's own template of 1.12 had such a line, commented out.
    ini(place, "version_locations = a:b\nversion_path_separator = os  # Use os.pathsep.")
    assert only(place).version_locations == (str(place / "a"), str(place / "b"))
    with pytest.raises(ValueError, match="is not a valid value"):
        stock()


def test_a_separator_that_is_none_is_refused(place: Path) -> None:
    ini(place, "version_locations = a,b\npath_separator = comma")
    with pytest.raises(ConfigurationInvalid, match='"comma" is not a path separator') as caught:
        only(place)
    assert caught.value.hint == "use space, newline, os, :, ;"


def test_a_location_that_refers_to_nothing_is_refused(place: Path) -> None:
    write(place, {"alembic.ini": "[alembic]\nscript_location = %(root)s/alembic\n"})
    with pytest.raises(ConfigurationInvalid, match="script_location refers to something that is not there"):
        only(place)
    with pytest.raises(InterpolationError):
        stock()


def test_no_script_location_is_refused_as_by_alembic(place: Path) -> None:
    write(place, {"alembic.ini": "[alembic]\nsqlalchemy.url = sqlite://\n"})
    with pytest.raises(ProjectNotFound, match=r"no script_location in \[alembic\]"):
        only(place)
    with pytest.raises(CommandError, match="No 'script_location'"):
        stock()


def test_a_folder_may_be_called_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = write(tmp_path / "ä b#c", {"scripts/env.py": "", ".git/HEAD": ""})
    monkeypatch.chdir(place)
    write(place, {"alembic.ini": "[alembic]\nscript_location = %(here)s/scripts\n"})
    same_as_stock()
    assert os.path.isdir(only(place).script_location)


@pytest.mark.parametrize("line", ['url = "sqlite:///other.db"', 'models = "shop.models"', 'url_from = "settings:URL"'])
def test_a_setting_that_an_env_py_decides_is_refused_and_not_silently_ignored(line: str, tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", linear("aaaa"))
    (folder / "whimbrel.toml").write_text(f'config = "alembic.ini"\n{line}\n')
    with pytest.raises(ConfigurationInvalid, match=r"has no effect on main: its env\.py decides that"):
        Project.load(folder)
