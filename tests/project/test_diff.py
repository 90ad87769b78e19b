"""`diff`: any two of models, revisions, databases, URLs and dumps, of the same kind of database."""

from __future__ import annotations

import os
import secrets
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import needs_tools, rows, tables
from support.projects import Rev, linear, native_project
from whimbrel import Project, errors

USERS = 'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40)))'
PHONE = 'op.add_column("users", sa.Column("phone", sa.String(20)))'
INDEX = 'op.create_index("ix_users_name", "users", ["name"])'
HISTORY = [
    Rev("aaaa", upgrade=USERS, downgrade='op.drop_table("users")', labels=("shop",)),
    Rev("bbbb", "aaaa", upgrade=PHONE),
    Rev("cccc", "bbbb", upgrade=INDEX),
]
MODELS = """from sqlalchemy import Column, Integer, MetaData, String, Table
metadata = MetaData()
Table("users", metadata, Column("id", Integer, primary_key=True), Column("name", String(40)),
      Column("mail", String(90)))
"""


@pytest.fixture
def project(url: str, tmp_path: Path) -> Project:
    """A project at its second revision of three, of each kind of database in turn."""
    folder = native_project(tmp_path / "project", url, HISTORY)
    (folder / f"models_{secrets.token_hex(4)}.py").write_text(MODELS)  # Python knows each name once
    project = Project.load(folder)
    project.upgrade("bbbb")
    return project


def told(project: Project, first: str, second: str) -> list[str]:
    """The differences, one line each."""
    return list(map(str, project.diff(first, second)))


def test_two_revisions_in_both_directions_and_the_same_twice(project: Project) -> None:
    assert told(project, "aaaa", "head") == ["add column users.phone", "add index ix_users_name on users"]
    assert told(project, "head", "shop") == ["drop column users.phone", "drop index ix_users_name on users"]
    assert told(project, "base", "aaaa") == ["add table users"]
    assert told(project, "cccc-1", "current") == []
    assert told(project, "current", "+1") == ["add index ix_users_name on users"]


def test_a_revision_and_the_database(project: Project, url: str) -> None:
    assert told(project, "bbbb", "main") == []
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW named AS SELECT name FROM users")
    assert told(project, "main", "head") == ["add index ix_users_name on users", "drop view named"]
    assert told(project, url, "head") == ["add index ix_users_name on users", "drop view named"]


def test_models_with_a_revision_and_with_the_database_within_the_scope_of_check(project: Project, url: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW named AS SELECT name FROM users")
    expected = ["add column users.mail", "drop column users.phone"]
    assert sorted(told(project, "bbbb", "models")) == expected
    assert sorted(told(project, "main", "models")) == expected
    assert sorted(told(project, "models", "aaaa")) == ["drop column users.mail"]


def test_two_databases(project: Project, kind: str, make_database: Callable[[str], str]) -> None:
    other = make_database(kind)
    second = Project.load(project.settings.root, url=other)
    second.upgrade("head")
    assert told(project, "main", other) == ["add index ix_users_name on users"]
    assert told(project, other, other) == []


def test_nothing_is_written_to_databases_that_are_compared(
    project: Project, url: str, kind: str, scratch_names: list[str]
) -> None:
    before = (tables(url), rows(url, "SELECT * FROM whimbrel_attempt ORDER BY number"))
    for first, second in (("models", "main"), ("head", url), ("base", "models")):
        project.diff(first, second)
    assert (tables(url), rows(url, "SELECT * FROM whimbrel_attempt ORDER BY number")) == before
    if kind != "sqlite":
        names = rows(url, "SELECT datname FROM pg_database" if kind == "postgresql" else "SHOW DATABASES")
        assert scratch_names
        assert {str(name) for (name,) in names}.isdisjoint(scratch_names), "scratch databases are dropped"


TRIGGERS = {
    "sqlite": ["CREATE TRIGGER t AFTER INSERT ON users BEGIN UPDATE users SET phone = '50%;'; END"],
    "postgresql": [
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN\n NEW.phone := '50%%;';\n RETURN NEW;\nEND$$",
        "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()",
    ],
    "mariadb": ["CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW BEGIN SET NEW.phone = '50%%;';\n END"],
}


@needs_tools
def test_a_dump_is_the_same_as_its_database_and_its_rows_do_not_count(
    project: Project, url: str, kind: str, tmp_path: Path
) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW named AS SELECT name FROM users")
        for statement in TRIGGERS[kind]:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO users (id, name) VALUES (1, 'a;\n b''s \\\\ 100%%'), (2, NULL)")
    path = str(tmp_path / "dump.sql")
    project.dump(path)
    assert told(project, "main", path) == []
    assert "add index ix_users_name on users" in told(project, path, "head")
    assert tables(url) == {"users", "named", "alembic_version"} - ({"named"} if kind else set())
    assert rows(url, "SELECT count(*) FROM users") == [(2,)]


def test_a_file_of_sqlite_is_read_and_not_written(make_database: Callable[[str], str], tmp_path: Path) -> None:
    url = make_database("sqlite")
    project = Project.load(native_project(tmp_path / "project", url, HISTORY))
    project.upgrade()
    path = tmp_path / "old?.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40))")
    before = path.read_bytes()
    assert told(project, str(path), "aaaa") == []
    assert told(project, "main", str(path)) == ["drop column users.phone", "drop index ix_users_name on users"]
    assert path.read_bytes() == before


@needs_tools
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_script_that_would_reach_the_configured_database_is_refused_before_it_does(
    project: Project, url: str, kind: str, tmp_path: Path
) -> None:
    name = sa.make_url(url).database
    told_to = {
        "postgresql": f"\\connect {name}\nDROP TABLE users;\n",
        "mariadb": f"USE `{name}`;\nDROP TABLE users;\n",
    }[kind]
    others = {"postgresql": "\\! touch here\n", "mariadb": f"DROP TABLE `{name}`.users;\n"}[kind]
    for text in (told_to, others):
        path = tmp_path / "dump.sql"
        path.write_text(text)
        with pytest.raises(errors.WhimbrelError) as refused:
            project.diff("main", str(path))
        assert refused.value.code in ("WB112", "WB121")
        assert "users" in tables(url)
    assert not Path("here").exists()


@needs_tools
def test_what_mariadb_dump_makes_of_all_databases_is_refused(
    make_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_database("mariadb")
    project = Project.load(native_project(tmp_path / "project", url, HISTORY))
    project.upgrade()
    at = sa.make_url(url)
    command = ["mariadb-dump", f"-h{at.host}", f"-P{at.port}", f"-u{at.username}", "--databases", str(at.database)]
    path = tmp_path / "dump.sql"
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    with pytest.raises(errors.ArchiveInvalid, match="would leave the scratch database"):
        project.diff("main", str(path))


def test_sides_of_two_kinds_of_databases_are_refused(make_database: Callable[[str], str], tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "project", make_database("sqlite"), HISTORY))
    with pytest.raises(errors.UsageError, match=r"head is sqlite, and .* is postgresql"):
        project.diff("head", make_database("postgresql"))


@pytest.mark.parametrize("text", ["nowhere.sql", "nowhere.db", "sqlite:///nowhere.db"])
def test_a_file_that_is_not_there_is_refused_and_not_made(
    make_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    project = Project.load(native_project(tmp_path / "project", make_database("sqlite"), HISTORY))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.FileRefused):
        project.diff("head", text)
    assert not [name for name in os.listdir(tmp_path) if name.startswith("nowhere")]


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_the_hint_for_a_missing_database_that_is_not_configured_names_no_command_that_makes_the_configured_one(
    kind: str, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_database(kind)
    project = Project.load(native_project(tmp_path, url, HISTORY))
    with pytest.raises(errors.CannotConnect) as refused:
        project.diff("main", f"{url}_missing")
    assert refused.value.hint == "correct the name at the end of the URL"


def test_a_name_that_could_be_several_things_says_how_to_say_which(
    make_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = [Rev("aaaa", labels=("main",)), *linear("bbbb")]
    project = Project.load(native_project(tmp_path / "project", make_database("sqlite"), history))
    with pytest.raises(errors.UsageError, match='"main" is a database and a revision') as refused:
        project.diff("base", "main")
    assert "database:main, revision:main" in str(refused.value.hint)
    assert told(project, "base", "revision:main") == ["add table t_aaaa"]
    assert told(project, "base", "database:main") == []
    monkeypatch.chdir(tmp_path)
    Path("heads").write_text("")
    with pytest.raises(errors.UsageError, match='"heads" is a file and a revision'):
        project.diff("base", "heads")
    with pytest.raises(errors.FormatUnknown):
        project.diff("base", "./heads")
    with pytest.raises(errors.RevisionNotFound):
        project.diff("base", "nothing")
