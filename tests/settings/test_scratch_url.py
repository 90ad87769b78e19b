"""The URL of a database that may be emptied at will: where it is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.places import only, write
from support.projects import alembic_project
from whimbrel.errors import ConfigurationInvalid, UrlInvalid, UrlMissing
from whimbrel.settings import load

BOTH = 'url = "sqlite:///usual.db"\nscratch_url = "postgresql://me:s3cr3t-word@h/scratch"\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder under version control that is the current one."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(folder: Path, environ: dict[str, str] | None = None) -> str | None:
    url = only(folder, environ).scratch_url
    return url.masked if url else None


def test_there_need_be_none(place: Path) -> None:
    write(place, {"whimbrel.toml": 'url = "sqlite:///usual.db"\n'})
    assert found(place) is None


def test_the_key_and_before_it_the_variables(place: Path) -> None:
    write(place, {"whimbrel.toml": BOTH})
    assert found(place) == "postgresql://me:***@h/scratch"
    environ = {"WHIMBREL_SCRATCH_URL": "mysql://h/v"}
    assert found(place, environ) == "mysql://h/v"
    environ["WHIMBREL_DATABASE__MAIN__SCRATCH_URL"] = "mysql://h/own"
    assert found(place, environ) == "mysql://h/own"
    write(place, {".env": "WHIMBREL_SCRATCH_URL=mysql://h/dotenv\n"})
    assert found(place) == "mysql://h/dotenv"


def test_a_key_may_name_a_variable(place: Path) -> None:
    write(place, {"whimbrel.toml": 'url = "sqlite:///usual.db"\nscratch_url = "env:EMPTY_ONE"\n'})
    assert found(place, {"EMPTY_ONE": "mysql://h/named"}) == "mysql://h/named"
    with pytest.raises(UrlMissing, match="EMPTY_ONE is not set"):
        found(place, {})


def test_of_several_databases_each_has_its_own(place: Path) -> None:
    tables = '[databases.a]\nurl = "sqlite:///a.db"\n[databases.b]\nurl = "sqlite:///b.db"\n'
    write(place, {"whimbrel.toml": tables + 'scratch_url = "mysql://h/b"\n'})
    environ = {"WHIMBREL_SCRATCH_URL": "mysql://h/whose", "WHIMBREL_DATABASE__A__SCRATCH_URL": "mysql://h/a"}
    settings = load(str(place), environ=environ)
    assert [one.scratch_url.text for one in settings.databases if one.scratch_url] == ["mysql://h/a", "mysql://h/b"]


def test_a_variable_for_a_database_that_there_is_not_is_refused(place: Path) -> None:
    write(place, {"whimbrel.toml": BOTH})
    with pytest.raises(ConfigurationInvalid, match="not configured"):
        found(place, {"WHIMBREL_DATABASE__OTHER__SCRATCH_URL": "mysql://h/v"})


def test_a_project_with_an_env_py_has_one_as_well(place: Path) -> None:
    alembic_project(place / "p", "sqlite:///usual.db")
    assert found(place / "p", {"WHIMBREL_SCRATCH_URL": "mysql://h/v"}) == "mysql://h/v"


def test_what_is_no_url_is_told_when_it_is_wanted(place: Path) -> None:
    write(place, {"whimbrel.toml": 'url = "sqlite:///usual.db"\nscratch_url = "nonsense"\n'})
    database = only(place)
    with pytest.raises(UrlInvalid):
        _ = database.scratch_url
