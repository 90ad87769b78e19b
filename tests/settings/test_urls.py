"""Where the database URL is found: what goes before what, and what each place is called."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from settings.places import found, only, write
from whimbrel.errors import ConfigurationInvalid, UrlInvalid, UrlMissing
from whimbrel.settings import load


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder under version control that is the current one."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


NATIVE = 'url = "sqlite:///native.db"\n'
YAML = "database:\n  url: sqlite:///yaml.db\n"
INI = "[alembic]\n# comment\nsqlalchemy.url = sqlite:///ini.db\n"

# Every place that can name the URL, the one that goes before all others first: how to fill it, and its name.
PLACES: dict[str, tuple[str, Callable[[Path, dict[str, str]], object]]] = {
    "environment: WHIMBREL_DATABASE__MAIN__URL": (
        "own",
        lambda _, environ: environ.update(WHIMBREL_DATABASE__MAIN__URL="sqlite:///own.db"),
    ),
    "environment: WHIMBREL_URL": ("ours", lambda _, environ: environ.update(WHIMBREL_URL="sqlite:///ours.db")),
    "environment: DATABASE_URL": ("theirs", lambda _, environ: environ.update(DATABASE_URL="sqlite:///theirs.db")),
    "environment: SQLALCHEMY_URL": ("sa", lambda _, environ: environ.update(SQLALCHEMY_URL="sqlite:///sa.db")),
    "environment: SQLALCHEMY_DATABASE_URI": (
        "flask",
        lambda _, environ: environ.update(SQLALCHEMY_DATABASE_URI="sqlite:///flask.db"),
    ),
    ".env: DATABASE_URL": ("dotenv", lambda place, _: write(place, {".env": "DATABASE_URL=sqlite:///dotenv.db\n"})),
    "whimbrel.toml: url": ("native", lambda place, _: write(place, {"whimbrel.toml": NATIVE})),
    "config/app.yaml: database: url": ("yaml", lambda place, _: write(place, {"config/app.yaml": YAML})),
    "database.ini:3: sqlalchemy.url": ("ini", lambda place, _: write(place, {"database.ini": INI})),
}


@pytest.mark.parametrize("first", range(len(PLACES)), ids=PLACES)
def test_of_all_places_from_one_on_that_one_counts(place: Path, first: int) -> None:
    environ: dict[str, str] = {}
    for _, fill in list(PLACES.values())[first:]:
        fill(place, environ)
    origin, (name, _) = list(PLACES.items())[first]
    assert found(place, environ) == (f"sqlite:///{name}.db", origin)
    assert found(place, environ, url="sqlite:///flag.db") == ("sqlite:///flag.db", "--url")


def test_pyproject_names_a_url_as_well(place: Path) -> None:
    write(place, {"pyproject.toml": f"[tool.whimbrel]\n{NATIVE}", "app.yaml": YAML})
    assert found(place) == ("sqlite:///native.db", "pyproject.toml: url")


def test_without_any_there_is_none_and_the_message_names_the_places(place: Path) -> None:
    assert found(place) == (None, "None")
    with pytest.raises(UrlMissing) as caught:
        only(place).required_url  # noqa: B018  # reading it is what fails
    assert all(name in (caught.value.why or "") for name in ("--url", "WHIMBREL_URL", "DATABASE_URL", ".env", "YAML"))


def test_an_empty_variable_is_none(place: Path) -> None:
    assert found(place, {"WHIMBREL_URL": "", "DATABASE_URL": "sqlite:///b.db"})[0] == "sqlite:///b.db"


def test_one_of_several_databases_has_a_variable_of_its_own_and_no_other(place: Path) -> None:
    write(place, {"whimbrel.toml": "[databases.shop]\n[databases.big-billing]\n", "app.yaml": YAML})
    environ = {"WHIMBREL_DATABASE__BIG_BILLING__URL": "sqlite:///b.db", "DATABASE_URL": "sqlite:///no.db"}
    shop, billing = load(str(place), environ=environ).databases
    with pytest.raises(UrlMissing) as caught:
        shop.required_url  # noqa: B018  # reading it is what fails
    assert "export WHIMBREL_DATABASE__SHOP__URL=" in (caught.value.hint or "")
    assert " DATABASE_URL" not in f"{caught.value.why} {caught.value.hint}", "it would have no effect"
    assert (billing.required_url.database, billing.url_origin and billing.url_origin.detail) == (
        "b.db",
        "WHIMBREL_DATABASE__BIG_BILLING__URL",
    )


def test_a_variable_for_a_database_that_is_not_configured_is_refused(place: Path) -> None:
    environ = {"DATABASE_URL": "sqlite:///a.db", "WHIMBREL_DATABASE__MIAN__URL": "sqlite:///b.db"}
    with pytest.raises(ConfigurationInvalid, match="WHIMBREL_DATABASE__MIAN__URL is for a database that") as caught:
        found(place, environ)
    assert "did you mean WHIMBREL_DATABASE__MAIN__URL?" in (caught.value.hint or "")


# -- .env ----------------------------------------------------------------------------------------


def test_all_of_the_environment_goes_before_all_of_dotenv(place: Path) -> None:
    write(place, {".env": "WHIMBREL_URL=sqlite:///file.db\n"})
    assert found(place, {"SQLALCHEMY_URL": "sqlite:///exported.db"})[0] == "sqlite:///exported.db"
    assert found(place) == ("sqlite:///file.db", ".env: WHIMBREL_URL")


def test_another_file_of_variables_may_be_named_and_has_to_exist(place: Path) -> None:
    write(place, {".env": "DATABASE_URL=sqlite:///a.db\n", "prod.env": "DATABASE_URL=sqlite:///b.db\n"})
    assert found(place, env_file="prod.env") == ("sqlite:///b.db", "prod.env: DATABASE_URL")
    with pytest.raises(ConfigurationInvalid, match="no such file of variables") as caught:
        load(str(place), env_file="gone.env", environ={})
    assert (caught.value.where, caught.value.hint) == ("gone.env", "check the name after --env-file")


DOTENV = {
    "quotes": 'DATABASE_URL="sqlite:///a.db"\n',
    "single quotes": "DATABASE_URL='sqlite:///a.db'\n",
    "export": "export DATABASE_URL=sqlite:///a.db\n",
    "a comment": "# comment\nDATABASE_URL=sqlite:///a.db # another\n",
    "a reference": "NAME=a\nDATABASE_URL=sqlite:///${NAME}.db\n",
    "Windows line ends": "X=1\r\nDATABASE_URL=sqlite:///a.db\r\n",
    "byte order mark": "\ufeffDATABASE_URL=sqlite:///a.db\n",
}


@pytest.mark.parametrize("text", DOTENV.values(), ids=DOTENV)
def test_dotenv_files_are_read_as_people_write_them(place: Path, text: str) -> None:
    (place / ".env").write_bytes(text.encode())
    assert found(place)[0] == "sqlite:///a.db"


# -- env:NAME and url_from -----------------------------------------------------------------------


def test_the_configuration_may_refer_to_a_variable(place: Path) -> None:
    write(place, {"whimbrel.toml": 'url = "env:SHOP_DB"\n'})
    assert found(place, {"SHOP_DB": "sqlite:///a.db"}) == ("sqlite:///a.db", "environment: SHOP_DB")
    write(place, {".env": "SHOP_DB=sqlite:///b.db\n"})
    assert found(place) == ("sqlite:///b.db", ".env: SHOP_DB")
    (place / ".env").unlink()
    with pytest.raises(UrlMissing, match="the environment variable SHOP_DB is not set") as caught:
        found(place)
    assert caught.value.where == "whimbrel.toml"


URL_FROM = {
    "app.yaml": (YAML, "yaml.db", "app.yaml: database: url"),
    "settings.yml": (YAML, "yaml.db", "settings.yml: database: url"),
    "x.ini": (INI, "ini.db", "x.ini:3: sqlalchemy.url"),
    "x.cfg": ("[db]\nother = 1\nsqlalchemy.url=sqlite:///ini.db\n", "ini.db", "x.cfg:3: sqlalchemy.url"),
    "two.ini": (
        "[a]\nx = 1\n[b]\nsqlalchemy.url = sqlite:///b.db\n[alembic]\nsqlalchemy.url = sqlite:///ini.db\n",
        "ini.db",
        "two.ini:6: sqlalchemy.url",
    ),
    "prod.env": ("SQLALCHEMY_URL=sqlite:///env.db\n", "env.db", "prod.env: SQLALCHEMY_URL"),
}


@pytest.mark.parametrize("name", URL_FROM)
def test_url_from_names_a_file_that_holds_the_url(place: Path, name: str) -> None:
    text, database, origin = URL_FROM[name]
    write(place, {"whimbrel.toml": f'url_from = "{name}"\n', name: text})
    assert found(place) == (f"sqlite:///{database}", origin)


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yaml", "database: {}\n"), ("a.yaml", "- 1\n"), ("a.ini", "[x]\n"), ("a.env", "X=1\n"), ("a.yaml", "")],
)
def test_url_from_a_file_without_a_url_is_refused(place: Path, name: str, text: str) -> None:
    write(place, {"whimbrel.toml": f'url_from = "{name}"\n', name: text})
    with pytest.raises(UrlMissing, match="holds no database URL") as caught:
        found(place)
    assert caught.value.where == str(place / name)


# -- files that merely lie there -----------------------------------------------------------------


def test_two_yaml_files_with_a_url_are_refused_unless_one_is_the_default(place: Path) -> None:
    write(place, {"config/staging.yaml": YAML, "conf/prod.yaml": YAML})
    with pytest.raises(ConfigurationInvalid, match="2 files hold a database URL") as caught:
        found(place)
    assert caught.value.why == "conf/prod.yaml, config/staging.yaml"
    write(place, {"config/default.yaml": YAML.replace("yaml.db", "default.db")})
    assert found(place)[0] == "sqlite:///default.db"


BYSTANDERS = {
    "broken.yaml": "database: [\n",
    "tabs.yaml": "database:\n\turl: x\n",
    "impossible_date.yaml": "database: 2024-13-45\n",
    "objects.yaml": "database: !!python/object/apply:os.system ['touch owned']\n",
    "template.yaml": "database: {{ .Values.database }}\n",
    "numbers.yaml": "database: {url: 5}\n",
    "list.yaml": "[database, url]\n",
    "latin.yaml": "database: é\n".encode("latin-1"),
    "several.yaml": "database: 1\n---\ndatabase: 2\n",
}


@pytest.mark.parametrize("name", BYSTANDERS)
def test_a_yaml_file_that_merely_lies_there_may_be_anything(place: Path, name: str) -> None:
    write(place, {name: BYSTANDERS[name], "database.ini": INI})
    assert found(place)[0] == "sqlite:///ini.db"
    assert not (place / "owned").exists()


def test_an_ini_whose_url_only_env_py_can_fill_is_passed_over(place: Path) -> None:
    # What stands there may be a leftover of Alembic's, and its %(PASSWORD)s nothing that a file could know.
    write(place, {"whimbrel.toml": "", "alembic.ini": "[alembic]\nsqlalchemy.url = postgresql://u:%(PASSWORD)s@h/db\n"})
    assert found(place)[0] is None
    write(place, {"database.ini": INI})
    assert found(place)[0] == "sqlite:///ini.db"


# -- SQLite's relative paths ---------------------------------------------------------------------


@pytest.mark.parametrize("url", ["sqlite:///app.db", "sqlite:///./data/app.db", "sqlite+aiosqlite:///app.db?timeout=5"])
def test_a_relative_sqlite_path_starts_from_the_project_wherever_the_command_runs(
    place: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    write(place, {"whimbrel.toml": f'url = "{url}"\n', "src/x": ""})
    monkeypatch.chdir(place / "src")
    database = only(place / "src").required_url
    assert os.path.normpath(database.database or "") == str(place / url.partition(":///")[2].partition("?")[0])
    assert database.masked == url.replace(":///", f":///{place}/")
    assert (database.driver, database.query) == (("aiosqlite", (("timeout", "5"),)) if "?" in url else (None, ()))


def test_what_is_not_relative_to_the_project_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(place, {"whimbrel.toml": "", "src/x": ""})
    monkeypatch.chdir(place / "src")
    for url in ("sqlite:////srv/app.db", "sqlite://", "sqlite:///:memory:", "sqlite:///file:app.db?uri=true"):
        assert found(place / "src", {"DATABASE_URL": url})[0] == url
    # What is typed is relative to where it is typed.
    assert found(place / "src", url="sqlite:///app.db")[0] == "sqlite:///app.db"


def test_a_folder_may_be_called_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "100% sure?" / "ä@b", {"whimbrel.toml": NATIVE, ".git/HEAD": "", "src/x": ""})
    monkeypatch.chdir(folder / "src")
    assert only(folder / "src").required_url.database == str(folder / "native.db")


def test_a_url_that_is_none_is_told_with_the_place_it_is_from(place: Path) -> None:
    with pytest.raises(UrlInvalid) as caught:
        found(place, {"DATABASE_URL": "postgresql:/u:c4nary@h/db"})
    assert caught.value.where == "environment: DATABASE_URL"
    assert "c4nary" not in str(caught.value)


@pytest.mark.parametrize(
    ("files", "environ", "said"),
    [
        ({"config.yaml": "database: {url: [\n"}, {}, "config.yaml cannot be parsed; looked at --url"),
        ({"conf/app.yml": "database: {url: [\n"}, {}, "conf/app.yml cannot be parsed; looked at --url"),
        ({"config.yaml": "any: {thing: [\n"}, {}, "looked at --url"),
        ({".env": "DATABASE_URL=\n"}, {}, "DATABASE_URL is empty; looked at --url"),
        ({}, {"WHIMBREL_URL": ""}, "WHIMBREL_URL is empty; looked at --url"),
    ],
)
def test_what_may_have_been_meant_is_named_where_there_is_no_url(
    files: dict[str, str], environ: dict[str, str], said: str, place: Path
) -> None:
    write(place, files)
    with pytest.raises(UrlMissing) as caught:
        _ = only(place, environ).required_url
    assert str(caught.value.why).startswith(said)
