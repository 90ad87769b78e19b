"""The URL that changes go to: where it is found, what it is for, and when it may be of another database."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.places import only, write
from support.cli import alembic, whimbrel
from support.databases import version_rows
from support.projects import alembic_project, linear, native_project
from whimbrel import Project
from whimbrel.environment import Environment, Work
from whimbrel.errors import ConfigurationInvalid, UrlMissing
from whimbrel.settings import load

BOTH = 'url = "sqlite:///usual.db"\nmigration_url = "sqlite:///direct.db"\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder under version control that is the current one."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def both(folder: Path, environ: dict[str, str] | None = None, **options: str) -> tuple[str, str, str]:
    """The URLs to look and to change, and where the second one is from."""
    database = only(folder, environ, **options)
    look, change = database.url_for(changes=False), database.url_for(changes=True)
    assert look is not None
    assert change is not None
    return look.masked, change.masked, str(database.url_origin_for(changes=True))


# -- where it is found ---------------------------------------------------------------------------


def test_without_one_changes_go_where_everything_goes(place: Path) -> None:
    write(place, {"whimbrel.toml": 'url = "sqlite:///usual.db"\n'})
    assert both(place) == ("sqlite:///usual.db", "sqlite:///usual.db", "whimbrel.toml: url")


def test_the_key_and_before_it_the_variables(place: Path) -> None:
    write(place, {"whimbrel.toml": BOTH})
    assert both(place) == ("sqlite:///usual.db", "sqlite:///direct.db", "whimbrel.toml: migration_url")
    environ = {"WHIMBREL_MIGRATION_URL": "sqlite:///v.db"}
    assert both(place, environ)[1:] == ("sqlite:///v.db", "environment: WHIMBREL_MIGRATION_URL")
    environ["WHIMBREL_DATABASE__MAIN__MIGRATION_URL"] = "sqlite:///own.db"
    assert both(place, environ)[1:] == ("sqlite:///own.db", "environment: WHIMBREL_DATABASE__MAIN__MIGRATION_URL")
    write(place, {".env": "WHIMBREL_MIGRATION_URL=sqlite:///dotenv.db\n"})
    assert both(place)[1:] == ("sqlite:///dotenv.db", ".env: WHIMBREL_MIGRATION_URL")


def test_the_flag_replaces_both(place: Path) -> None:
    write(place, {"whimbrel.toml": BOTH})
    environ = {"WHIMBREL_MIGRATION_URL": "sqlite:///v.db"}
    assert both(place, environ, url="sqlite:///flag.db") == ("sqlite:///flag.db", "sqlite:///flag.db", "--url")


def test_one_of_several_databases_has_a_key_and_a_variable_of_its_own(place: Path) -> None:
    tables = "".join(f'[databases.{name}]\nurl = "sqlite:///{name}.db"\n' for name in ("shop", "big-billing"))
    write(place, {"whimbrel.toml": f'{tables}migration_url = "sqlite:///direct.db"\n'})
    environ = {"WHIMBREL_MIGRATION_URL": "sqlite:///no.db"}
    shop, billing = load(str(place), environ=environ).databases
    assert shop.required_url_for(changes=True).database == "shop.db"
    assert billing.required_url_for(changes=True).database == "direct.db"
    environ["WHIMBREL_DATABASE__BIG_BILLING__MIGRATION_URL"] = "sqlite:///v.db"
    _, billing = load(str(place), environ=environ).databases
    assert billing.required_url_for(changes=True).database == "v.db"


def test_a_variable_for_a_database_that_is_not_configured_is_refused(place: Path) -> None:
    write(place, {"whimbrel.toml": BOTH})
    database = only(place, {"WHIMBREL_DATABASE__MIAN__MIGRATION_URL": "sqlite:///a.db"})
    assert database.url is not None, "who only looks does not need it"
    with pytest.raises(ConfigurationInvalid, match="MIAN__MIGRATION_URL is for a database that") as caught:
        database.url_for(changes=True)
    assert "did you mean WHIMBREL_DATABASE__MAIN__MIGRATION_URL?" in (caught.value.hint or "")


def test_a_variable_that_the_key_names_must_be_set_to_change_something(place: Path) -> None:
    write(place, {"whimbrel.toml": 'url = "sqlite:///usual.db"\nmigration_url = "env:DIRECT"\n'})
    database = only(place)
    assert database.url is not None
    with pytest.raises(UrlMissing, match="DIRECT is not set"):
        database.url_for(changes=True)
    assert both(place, {"DIRECT": "sqlite:///d.db"})[1:] == ("sqlite:///d.db", "environment: DIRECT")


# -- one database, not two -----------------------------------------------------------------------

OVERRIDDEN = {
    "a file by the environment": ({"DATABASE_URL": "sqlite:///t.db"}, {}),
    "a file by .env": ({}, {".env": "DATABASE_URL=sqlite:///t.db\n"}),
    ".env by the environment": (
        {"WHIMBREL_URL": "sqlite:///t.db"},
        {".env": "WHIMBREL_MIGRATION_URL=sqlite:///p.db\n"},
    ),
}


@pytest.mark.parametrize(("environ", "files"), OVERRIDDEN.values(), ids=OVERRIDDEN)
def test_whoever_replaces_only_the_url_is_told_before_anything_changes(
    environ: dict[str, str], files: dict[str, str], place: Path
) -> None:
    write(place, {"whimbrel.toml": BOTH, **files})
    database = only(place, environ)
    assert database.url is not None
    for _ in range(2):  # the second time `.env` may have become a part of the environment
        with pytest.raises(ConfigurationInvalid, match="may be of another database") as caught:
            database.url_for(changes=True)
        environ["WHIMBREL_MIGRATION_URL"] = "sqlite:///t.db"
    assert "export WHIMBREL_MIGRATION_URL=" in (caught.value.hint or "")


def test_a_url_and_its_migration_url_may_come_from_the_same_place(place: Path) -> None:
    write(place, {"whimbrel.toml": "", ".env": "DATABASE_URL=sqlite:///a.db\nWHIMBREL_MIGRATION_URL=sqlite:///b.db\n"})
    assert both(place)[:2] == ("sqlite:///a.db", "sqlite:///b.db")


def test_a_migration_url_is_enough_to_change_a_database(place: Path) -> None:
    write(place, {"whimbrel.toml": ""})
    database = only(place, {"WHIMBREL_MIGRATION_URL": "sqlite:///a.db"})
    assert database.required_url_for(changes=True).database == "a.db"
    with pytest.raises(UrlMissing):
        database.required_url_for(changes=False)


# -- what it is for ------------------------------------------------------------------------------

CHANGING = [["upgrade"], ["stamp", "head", "--force"], ["stamp", "base"], ["ensure_version"]]


@pytest.mark.parametrize("command", CHANGING, ids=lambda command: command[0])
def test_what_changes_the_database_uses_it_and_what_looks_does_not(command: list[str], tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///usual.db", linear("aaaa"))
    (folder / "whimbrel.toml").write_text(BOTH)
    whimbrel(*command, cwd=folder).ok()
    assert (folder / "direct.db").is_file()
    assert not (folder / "usual.db").exists()
    assert whimbrel("current", cwd=folder).ok().out == ""
    expected = set() if command in (["ensure_version"], ["stamp", "base"]) else {"aaaa"}
    assert version_rows(f"sqlite:///{folder}/direct.db") == expected


def test_it_is_shown_masked_with_its_origin(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///usual.db", linear("aaaa"))
    url = "postgresql+psycopg://app:hunter2secret@127.0.0.1:1/shop"
    (folder / "whimbrel.toml").write_text(f'url = "sqlite:///usual.db"\nmigration_url = "{url}"\n')
    result = whimbrel("upgrade", cwd=folder)
    assert result.code == 3
    where = "where: postgresql+psycopg://app:***@127.0.0.1:1/shop  (from whimbrel.toml: migration_url)"
    assert where in result.err


@pytest.mark.parametrize("given", ["whimbrel.toml", "variable"])
def test_env_py_finds_it_as_its_url(given: str, tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", "sqlite:///usual.db", linear("aaaa"))
    if given == "whimbrel.toml":
        (folder / "whimbrel.toml").write_text('config = "alembic.ini"\nmigration_url = "sqlite:///direct.db"\n')
    env = {"WHIMBREL_MIGRATION_URL": "sqlite:///direct.db"} if given == "variable" else {}
    whimbrel("upgrade", cwd=folder, env=env).ok()
    assert version_rows(f"sqlite:///{folder}/direct.db") == {"aaaa"}
    assert whimbrel("current", cwd=folder, env=env).ok().out == ""
    assert alembic("current", cwd=folder, env=env).ok().out == ""
    assert version_rows(f"sqlite:///{folder}/usual.db") == set()


def test_env_py_can_ask_for_it_and_every_character_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = alembic_project(tmp_path / "p", "sqlite:///usual.db", linear("aaaa"))
    url = "postgresql://app:hunter2secret%40%(x)s%%@h/shop"
    monkeypatch.setenv("WHIMBREL_MIGRATION_URL", url)
    (folder / "alembic" / "env.py").write_text(
        "from alembic import context\nconfig = context.config\n"
        "SEEN = config.attributes.get('migration_url'), config.get_main_option('sqlalchemy.url'),"
        " config.get_section(config.config_ini_section)['sqlalchemy.url']\n"
        "config.attributes['seen'].append(SEEN)\nraise SystemExit\n"
    )
    database = Project.load(folder).database
    for writes, expected in ((True, url), (False, None)):
        seen: list[tuple[str, ...]] = []
        environment = Environment(database, attributes={})
        environment.config.attributes["seen"] = seen
        with pytest.raises(Exception, match=r"env\.py"):
            environment.run(Work(lambda visit: (), writes=writes))
        assert seen == [(expected, expected or "sqlite:///usual.db", expected or "sqlite:///usual.db")]


def test_settings_beside_an_ini_file_are_read(place: Path) -> None:
    alembic_project(place, "sqlite:///usual.db")
    write(place, {"whimbrel.toml": 'config = "alembic.ini"\nlock_wait = 60\njournal = false\nconnect_timeout = 3\n'})
    database = only(place)
    assert database.has_env
    assert (database.options["lock_wait"], database.options["journal"], database.connect_timeout) == (60, False, 3)
