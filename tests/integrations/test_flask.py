"""`flask db`: Flask-Migrate's commands by whimbrel, on its own layout and on folders that Flask-Migrate has made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from support.databases import rows, tables, version_rows
from whimbrel import Whimbrel

MakeDatabase = Callable[[str], str]
NAMES = ("init", "revision", "migrate", "edit", "merge", "upgrade", "downgrade", "show", "history", "heads")
NAMES += ("branches", "current", "stamp", "check", "list-templates")


def application(
    url: str, binds: dict[str, str] | None = None, extension: Any = Whimbrel, **options: Any
) -> tuple[Flask, SQLAlchemy]:
    """An application with a table in each of its databases."""
    app = Flask("example")
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_BINDS=binds or {})
    db = SQLAlchemy()
    for bind in (None, *(binds or {})):
        fields = (
            {"id": db.Column(db.Integer, primary_key=True), "__bind_key__": bind}
            if bind
            else {"id": db.Column(db.Integer, primary_key=True)}
        )
        type(f"Of{bind or 'Main'}", (db.Model,), {"__tablename__": f"of_{bind or 'main'}", **fields})
    db.init_app(app)
    extension(app, db, **options)
    return app, db


def flask(app: Flask, *words: str, code: int = 0) -> str:
    """Run `flask WORDS…`; what it writes."""
    result = app.test_cli_runner().invoke(args=list(words))
    assert result.exit_code == code, f"exit {result.exit_code}\n{result.output}\n{result.exception!r}"
    return str(result.output)


def output(app: Flask, *words: str, code: int = 0) -> str:
    """As `flask`, without what is written on standard error."""
    result = app.test_cli_runner().invoke(args=list(words))
    assert result.exit_code == code, f"exit {result.exit_code}\n{result.output}\n{result.exception!r}"
    return str(result.stdout)


def dispose(app: Flask, db: SQLAlchemy) -> None:
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def test_the_names_of_flask_migrate_are_all_there_and_whimbrels_own(project_folder: Path) -> None:
    app, _ = application("sqlite://")
    group: Any = app.cli.commands["db"]
    assert {*NAMES, "update-db", "status", "log", "unlock", "resolve"} <= {*group.commands}
    assert {*flask_migrate_commands()} <= {*group.commands}


def flask_migrate_commands() -> list[str]:
    from flask_migrate.cli import db

    return [*db.commands]


def test_migrate_takes_what_revision_does_with_autogenerate(project_folder: Path) -> None:
    app, _ = application("sqlite://")
    assert "--rename is for columns" in flask(app, "db", "migrate", "--rename", "users=people", code=2)


@pytest.mark.parametrize("name", NAMES)
def test_help_is_whimbrels(name: str, project_folder: Path) -> None:
    app, _ = application("sqlite://")
    command = "revision" if name == "migrate" else name.replace("-", "_")
    assert f"usage: whimbrel {command}" in flask(app, "db", name, "--help")


def test_from_nothing_to_a_migrated_database(kind: str, url: str, project_folder: Path) -> None:
    """The URL and the models are the application's: nothing names them."""
    app, db = application(url)
    flask(app, "db", "init")
    assert not (project_folder / "migrations" / "env.py").exists()
    flask(app, "db", "migrate", "-m", "first")
    flask(app, "db", "upgrade")
    assert "of_main" in tables(url)
    [head] = version_rows(url)
    assert head in flask(app, "db", "current")
    flask(app, "db", "check")
    flask(app, "db", "downgrade")
    assert version_rows(url) == set()
    flask(app, "db", "stamp", "--force")
    assert version_rows(url) == {head}
    assert "first" in flask(app, "db", "show")
    dispose(app, db)


def test_each_bind_is_a_database_with_a_history_of_its_own(make_database: MakeDatabase, project_folder: Path) -> None:
    urls = {"main": make_database("sqlite"), "users": make_database("postgresql"), "audit": make_database("mariadb")}
    app, db = application(urls["main"], {"users": urls["users"], "audit": urls["audit"]})
    for words in (["init"], ["migrate", "-m", "first"], ["upgrade"]):
        flask(app, "db", *words)
    for name, url in urls.items():
        assert {table for table in tables(url) if table.startswith("of_")} == {f"of_{name}"}
        folder = project_folder / "migrations" / ("" if name == "main" else name) / "versions"
        assert {path.name.partition("_")[0] for path in folder.glob("*.py")} == version_rows(url)
    flask(app, "db", "downgrade", "-d", "users")
    assert (version_rows(urls["users"]), len(version_rows(urls["audit"]))) == (set(), 1)
    dispose(app, db)


@pytest.mark.parametrize("words", ["dump-db all.whimbrel", "load-db all.whimbrel", "cleaned-db --yes", "resolve"])
def test_what_would_lose_something_is_for_one_that_is_named(words: str, project_folder: Path) -> None:
    urls = {name: f"sqlite:///{project_folder / name}.db" for name in ("main", "users")}
    app, db = application(urls["main"], {"users": urls["users"]})
    for before in (["init"], ["migrate", "-m", "first"], ["upgrade"]):
        flask(app, "db", *before)
    with sa.create_engine(urls["users"]).begin() as connection:
        connection.exec_driver_sql("INSERT INTO of_users (id) VALUES (1)")
    told = flask(app, "db", *words.split(), code=2)
    assert "error[WB107]" in told
    assert "--database main" in told
    assert rows(urls["users"], "SELECT id FROM of_users") == [(1,)]
    assert not (project_folder / "all.whimbrel").exists()
    flask(app, "db", "dump-db", "-d", "users", "one.whimbrel")
    assert (project_folder / "one.whimbrel").exists()
    dispose(app, db)


def test_an_underscore_is_as_good_as_a_dash(project_folder: Path) -> None:
    app, db = application(f"sqlite:///{project_folder / 'main'}.db")
    flask(app, "db", "init")
    flask(app, "db", "update_db")
    assert (project_folder / "main.db").exists()
    dispose(app, db)


def test_one_that_fails_does_not_keep_the_others_from_their_turn(project_folder: Path) -> None:
    urls = {name: f"sqlite:///{project_folder / name}.db" for name in ("main", "audit", "users")}
    app, db = application(urls["main"], {"audit": urls["audit"], "users": urls["users"]})
    flask(app, "db", "init")
    flask(app, "db", "migrate", "-m", "first")
    with sa.create_engine(urls["audit"]).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE of_audit (in_the_way INTEGER)")
    told = flask(app, "db", "upgrade", code=4)
    assert "error[WB402]" in told
    assert (len(version_rows(urls["main"])), len(version_rows(urls["users"]))) == (1, 1)
    assert version_rows(urls["audit"]) == set()
    flask(app, "db", "upgrade", "nonsense", code=2)
    dispose(app, db)


def test_all_of_them_are_one_document(project_folder: Path) -> None:
    urls = {name: f"sqlite:///{project_folder / name}.db" for name in ("main", "users")}
    app, db = application(urls["main"], {"users": urls["users"]})
    flask(app, "db", "init")
    flask(app, "db", "migrate", "-m", "first")
    with sa.create_engine(urls["users"]).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE of_users (in_the_way INTEGER)")
    found = json.loads(output(app, "db", "upgrade", "--json", code=4))
    assert (found["command"], found["ok"]) == ("upgrade", False)
    assert [(one["database"], one["ok"]) for one in found["result"]] == [("main", True), ("users", False)]
    named = json.loads(output(app, "db", "current", "--json", "-d", "main"))
    assert named["result"] == json.loads(output(app, "db", "current", "--json"))["result"][0]["result"]
    dispose(app, db)


def test_one_script_is_for_one_of_them(project_folder: Path) -> None:
    app, _ = application("sqlite:///main.db", {"users": "sqlite:///users.db"})
    flask(app, "db", "init")
    assert "name one: -d NAME" in flask(app, "db", "upgrade", "--sql", code=2)
    flask(app, "db", "migrate", "-m", "first")
    assert "CREATE TABLE of_users" in flask(app, "db", "upgrade", "--sql", "-d", "users")


@pytest.mark.parametrize("name", ["db", "data"])
def test_hints_are_what_can_be_typed_here(name: str, project_folder: Path) -> None:
    app, db = application("sqlite:///main.db", {"users": "sqlite:///users.db"}, command=name)
    assert f"flask {name} revision --autogenerate" in flask(app, name, "init")
    told = flask(app, name, "migrate", "-m", "first")
    assert f"flask {name} upgrade -d users" in told
    found = json.loads(output(app, name, "upgrade", "--json", "nonsense", "-d", "users", code=2))
    assert found["error"]["hint"] == f"flask {name} history -d users lists them"
    typed = told.rpartition(f"flask {name} ")[2].splitlines()[0]
    assert "1 revision, verified" in flask(app, name, *typed.split())
    dispose(app, db)


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated:DeprecationWarning")  # what Flask-Migrate's env.py calls
@pytest.mark.parametrize("multidb", [False, True])
def test_a_folder_that_flask_migrate_has_made_runs_unchanged(
    multidb: bool, project_folder: Path, make_database: MakeDatabase
) -> None:
    url, bind = make_database("sqlite"), make_database("sqlite")
    binds = {"users": bind} if multidb else {}
    stock, stock_db = application(url, binds, flask_migrate.Migrate, directory="schema")
    with stock.app_context():
        flask_migrate.init(directory="schema", multidb=multidb)
        flask_migrate.migrate(directory="schema", message="by stock")
    before = (project_folder / "schema" / "env.py").read_text()
    app, db = application(url, binds, directory="schema")
    flask(app, "db", "upgrade")
    assert "of_main" in tables(url)
    assert not multidb or "of_users" in tables(bind)
    assert (project_folder / "schema" / "env.py").read_text() == before
    flask(app, "db", "check")
    flask(app, "db", "downgrade")
    with stock.app_context():
        flask_migrate.upgrade(directory="schema")  # and stock Flask-Migrate goes on
    assert "of_main" in tables(url)
    dispose(app, db)
    dispose(stock, stock_db)


def test_arguments_for_configure_reach_the_env_py(project_folder: Path) -> None:
    app, db = application("sqlite://", compare_server_default=True)
    assert app.extensions["migrate"].configure_args["compare_server_default"] is True
    assert app.extensions["migrate"].metadata is db.metadata


def test_without_flask_sqlalchemy_it_says_so(project_folder: Path) -> None:
    app = Flask("example")
    Whimbrel().init_app(app)
    told = flask(app, "db", "upgrade", code=2)
    assert told.startswith("error[WB116]: the application has no Flask-SQLAlchemy\n")


def test_the_flask_sqlalchemy_of_the_application_is_found(project_folder: Path) -> None:
    app = Flask("example")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{project_folder}/app.db"
    db = SQLAlchemy(app)
    Whimbrel(app)
    flask(app, "db", "init")
    flask(app, "db", "update-db")
    dispose(app, db)
