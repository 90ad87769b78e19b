"""Several databases: in folders below the root, by name, and all of them one after the other."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from unittest import mock

import pytest
import sqlalchemy as sa

from support.cli import Result, whimbrel
from support.databases import rows
from support.projects import Rev, write_revision
from whimbrel.cli import main
from whimbrel.cli.grammar import COMMANDS

Run = Callable[..., Result]

ENV = """\
import os

from alembic import context
from models import Base
from sqlalchemy import create_engine

options = {{"target_metadata": Base.metadata, "version_table_schema": {schema!r}, "include_schemas": bool({schema!r})}}
with create_engine(os.environ[{variable!r}]).connect() as connection:
    context.configure(connection=connection, **options)
    with context.begin_transaction():
        context.run_migrations()
"""
MODELS = """\
import sqlalchemy as sa
from sqlalchemy.orm import declarative_base

Base = declarative_base()
sa.Table("t_{name}1", Base.metadata, sa.Column("id", sa.Integer, primary_key=True), schema={schema!r})
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command inside of this process, which leaves everything as it was."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def run(*arguments: str) -> Result:
        sys.modules.pop("models", None)  # a process begins without
        code = main(list(arguments))
        return Result(code, *capsys.readouterr())

    with mock.patch.dict(os.environ):  # what is in .env stays in the environment of a process
        yield run


def folder(root: Path, name: str, url: str, *, schema: str | None = None, revisions: int = 2) -> Path:
    """A project of Alembic's kind, with models, a variable and, if given, a schema of its own."""
    place = root / "alembic_src" / name
    versions = place / "alembic" / "versions"
    versions.mkdir(parents=True)
    (place / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/alembic\nprepend_sys_path = %(here)s\n")
    variable = f"{name.upper()}_URL"
    (place / "alembic" / "env.py").write_text(ENV.format(variable=variable, schema=schema))
    (place / "models.py").write_text(MODELS.format(name=name, schema=schema))
    before = None
    for number in range(1, revisions + 1):
        within = f', schema="{schema}"' if schema else ""
        table = f'"t_{name}{number}"'
        makes = f'op.create_table({table}, sa.Column("id", sa.Integer, primary_key=True){within})'
        write_revision(
            versions, Rev(f"{name}{number}", before, upgrade=makes, downgrade=f"op.drop_table({table}{within})")
        )
        before = f"{name}{number}"
    with (root / ".env").open("a") as file:
        file.write(f"{variable}={url}\n")
    return place


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three folders with a project and a SQLite file each; that of b cannot be made."""
    for name, path in {"aiven": "aiven.db", "broken": "no/such/broken.db", "neon": "neon.db"}.items():
        folder(tmp_path, name, f"sqlite:///{tmp_path / path}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tables(path: Path) -> set[str]:
    return {str(name) for (name,) in rows(f"sqlite:///{path}", "SELECT name FROM sqlite_master WHERE name LIKE 't_%'")}


# -- folders ---------------------------------------------------------------------------------------


def test_a_folder_is_chosen_by_its_name_from_the_root(three: Path, run: Run) -> None:
    result = run("-d", "neon", "upgrade", "+1").ok()
    assert result.out == "neon  base -> neon1  (1 revision, verified)\n"
    assert tables(three / "neon.db") == {"t_neon1"}
    assert not (three / "aiven.db").exists()
    run("downgrade", "base", "-d", "neon").ok()
    assert tables(three / "neon.db") == set()


def test_without_a_name_the_names_are_told(three: Path, run: Run) -> None:
    result = run("upgrade")
    assert result.code == 2
    assert "3 databases are configured and none is named" in result.err
    assert "(there are aiven, broken, neon)" in result.err


def test_inside_a_folder_there_is_only_that_one(three: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(three / "alembic_src" / "aiven")
    monkeypatch.setenv("AIVEN_URL", f"sqlite:///{three / 'aiven.db'}")
    assert run("upgrade").ok().out == "main  base -> aiven2  (2 revisions, verified)\n"
    assert "neon" not in run("history").ok().out


def test_the_databases_of_postgresql_have_version_tables_in_schemas_of_their_own(
    make_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    url = make_database("postgresql")
    with sa.create_engine(url).begin() as connection:
        for schema in ("stocks", "finance"):
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    for name in ("stocks", "finance"):
        folder(tmp_path, name, url, schema=name, revisions=1)
    monkeypatch.chdir(tmp_path)
    result = run("upgrade", "--all").ok()
    assert result.out == (
        "finance  base -> finance1  (1 revision, verified)\nstocks  base -> stocks1  (1 revision, verified)\n"
    )
    for name in ("stocks", "finance"):
        assert rows(url, f"SELECT version_num FROM {name}.alembic_version") == [(f"{name}1",)]
    # Each is compared with its own `models` alone; the other schema is one that its models do not have.
    told = run("check", "-d", "stocks")
    assert "drop table finance.t_finance1" in told.out
    assert "alembic_version" not in told.out


# -- all of them -----------------------------------------------------------------------------------


def test_a_failure_of_one_does_not_stop_the_others(three: Path, run: Run) -> None:
    result = run("upgrade", "--all")
    assert result.code == 4
    assert result.out == (
        "aiven  base -> aiven2  (2 revisions, verified)\n"
        "broken  error[WB401]  cannot connect to the database\n"
        "neon  base -> neon2  (2 revisions, verified)\n"
    )
    assert "1 of 3 databases need attention: broken" in result.err
    assert tables(three / "aiven.db") == {"t_aiven1", "t_aiven2"}
    assert tables(three / "neon.db") == {"t_neon1", "t_neon2"}


@pytest.mark.parametrize("command", [one.name for one in COMMANDS if one.every and one.name != "status"])
def test_every_command_that_takes_all_runs_for_all(command: str, three: Path, run: Run) -> None:
    """Whatever options it has besides."""
    needs = {"downgrade": ["base", "--yes"], "stamp": ["head"], "revision": ["-m", "x"], "show": ["head"]}
    result = run(command, "--all", *needs.get(command, []))
    assert "WB499" not in result.err
    assert result.code != 2


def test_update_db_brings_all_of_them_to_head(three: Path, run: Run) -> None:
    for spelling in ("update_db", "update-db"):
        run(spelling, "--all").ok()
        assert tables(three / "aiven.db") == {"t_aiven1", "t_aiven2"}
        assert tables(three / "neon.db") == {"t_neon1", "t_neon2"}


def test_each_revision_is_told_with_its_database(three: Path, run: Run) -> None:
    applied = run("upgrade", "--all").err.splitlines()
    assert [line.split()[:3] for line in applied if line.startswith("  ok")] == [
        ["ok", name, f"{name}{number}"] for name in ("aiven", "neon") for number in (1, 2)
    ]
    alone = run("-d", "neon", "downgrade", "base", "--yes").ok().err.splitlines()
    assert [line.split()[:2] for line in alone if "undone" in line] == [["undone", "neon2"], ["undone", "neon1"]]


def test_json_is_a_list_with_what_each_would_have_answered(three: Path, run: Run) -> None:
    result = run("upgrade", "--all", "--json")
    assert result.code == 4
    document = json.loads(result.out)
    assert document["ok"] is False
    aiven, broken, neon = document["result"]
    assert [one["database"] for one in (aiven, broken, neon)] == ["aiven", "broken", "neon"]
    assert (aiven["ok"], aiven["result"]["after"]) == (True, ["aiven2"])
    assert (broken["ok"], broken["error"]["code"]) == (False, "WB401")
    alone = json.loads(run("current", "-d", "neon", "--json").ok().out)
    assert json.loads(run("current", "--all", "--json").out)["result"][2]["result"] == alone["result"]


def test_looking_names_the_database_before_what_it_tells(three: Path, run: Run) -> None:
    run("-d", "neon", "upgrade").ok()
    result = run("current", "--all")
    assert result.code == 4
    assert result.out == "aiven  -\nbroken  error[WB401]  cannot connect to the database\nneon  neon2 (head)\n"
    history = run("history", "--all").ok().out.splitlines()
    assert [line for line in history if not line.startswith(" ")] == ["aiven:", "broken:", "neon:"]
    assert "  aiven1 -> aiven2 (head), revision aiven2" in history
    assert run("heads", "--all").ok().out == "aiven  aiven2 (head)\nbroken  broken2 (head)\nneon  neon2 (head)\n"


def test_status_has_them_all_in_one_table_with_and_without_the_option(three: Path, run: Run) -> None:
    plain, with_all = run("status"), run("status", "--all")
    assert (plain.code, plain.out) == (with_all.code, with_all.out)
    assert plain.code == 4
    assert [line.split()[0] for line in plain.out.splitlines()[:4]] == ["DATABASE", "aiven", "broken", "neon"]


def test_what_one_project_imports_and_sets_is_not_there_for_the_next(three: Path, run: Run) -> None:
    (three / "alembic_src" / "aiven" / ".env").write_text("NEON_URL=sqlite:///wrong.db\n")
    result = run("upgrade", "--all", "+1")
    assert result.code == 4
    assert tables(three / "neon.db") == {"t_neon1"}
    for name in ("aiven", "neon"):
        path = three / "alembic_src" / name / "alembic" / "versions" / f"{name}2_.py"
        path.unlink()
    checked = run("check", "--all")
    assert checked.out.splitlines() == [
        "aiven  No new upgrade operations detected.",
        "broken  error[WB401]  cannot connect to the database",
        "neon  No new upgrade operations detected.",
    ]
    assert "models" not in sys.modules
    assert not {"AIVEN_URL", "NEON_URL"} & set(os.environ)
    assert not any("alembic_src" in path for path in sys.path)


def configured(root: Path, databases: Mapping[str, str]) -> None:
    """Databases that whimbrel.toml names, all with the same revisions."""
    text = "".join(f'[databases.{name}]\nurl = "{url}"\n' for name, url in databases.items())
    (root / "whimbrel.toml").write_text(text)
    versions = root / "migrations" / "versions"
    versions.mkdir(parents=True)
    write_revision(versions, Rev("aaaa"))


def test_configured_databases_do_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.chdir(tmp_path)
    configured(tmp_path, {"shop": "sqlite:///shop.db", "audit": "sqlite:///audit.db"})
    assert run("upgrade", "--all").ok().out == (
        "shop  base -> aaaa  (1 revision, verified)\naudit  base -> aaaa  (1 revision, verified)\n"
    )
    again = run("upgrade", "--all").ok()
    assert (again.out, again.err.count("nothing to do")) == ("", 2)
    assert run("current", "--check-heads", "--all").code == 0
    run("downgrade", "base", "-d", "audit").ok()
    answer = run("current", "--check-heads", "--all")
    assert answer.code == 1, "that one is not at head is an answer, not a failure"
    run("upgrade", "-d", "audit").ok()
    run("downgrade", "base", "--all").ok()
    assert run("current", "--check-heads", "--all").code == 1
    assert run("stamp", "head", "--all").code == 6, "the tables are not there"
    run("stamp", "head", "--all", "--force").ok()
    assert run("current", "--check-heads", "--all").code == 0


def test_if_all_fail_alike_the_exit_code_is_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.chdir(tmp_path)
    configured(tmp_path, {"shop": "sqlite:///no/shop.db", "audit": "sqlite:///no/audit.db"})
    assert run("upgrade", "--all").code == 3
    assert run("upgrade", "nowhere", "--all").code in (2, 3)


REFUSED = [command.name for command in COMMANDS if not command.every]


@pytest.mark.parametrize("name", REFUSED)
def test_a_command_for_one_database_refuses_all(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    needs = {"completion": ["bash"], "merge": ["heads"], "edit": ["head"], "show": ["head"], "load_db": ["x.whimbrel"]}
    needs["diff"] = ["models", "head"]
    result = run(name, *needs.get(name, []), "--all")
    assert result.code == 2
    assert f"error[WB101]: {name} is for one database, not for --all" in result.err


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["upgrade", "--all", "-d", "shop"], "--all and --database exclude each other"),
        (["upgrade", "--all", "--sql"], "--sql writes one script"),
        (["upgrade", "--all", "--url", "sqlite:///x.db"], "--url is for one database, and 2 are configured"),
    ],
)
def test_what_contradicts_all_is_refused(
    arguments: list[str], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    configured(tmp_path, {"shop": "sqlite:///shop.db", "audit": "sqlite:///audit.db"})
    result = run(*arguments)
    assert result.code == 2
    assert what in result.err
    assert not (tmp_path / "shop.db").exists()


def test_it_is_the_same_as_a_process(three: Path) -> None:
    result = whimbrel("--all", "upgrade", cwd=three)
    assert result.code == 4
    names = [line.split()[0] for line in result.out.splitlines()]
    assert names == ["aiven", "broken", "neon"], result.err


# -- hints -----------------------------------------------------------------------------------------


def hints(result: Result) -> list[str]:
    return [line.partition("hint:")[2].strip() for line in result.err.splitlines() if "hint:" in line]


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two configured databases at head, which differ from the models; the name of one is two words."""
    configured(tmp_path, {"shop": "sqlite:///shop.db", '"old audit"': "sqlite:///audit.db"})
    (tmp_path / "models.py").write_text(MODELS.format(name="x", schema=None))
    monkeypatch.chdir(tmp_path)
    assert main(["--all", "upgrade"]) == 0
    return tmp_path


def test_a_command_in_a_hint_names_the_database_and_works_as_it_is(two: Path, run: Run) -> None:
    answer = run("-d", "old audit", "check")
    [hint] = hints(answer)
    assert hint == """whimbrel -d 'old audit' revision --autogenerate -m "describe it\""""
    document = json.loads(run("-d", "old audit", "check", "--json").out)
    assert document["error"]["hint"] == hint
    decided = ("--no-rename", "--allow-drop", "t_aaaa")
    assert (
        "Next:  look through the file, then  whimbrel -d 'old audit' upgrade"
        in run(*shlex.split(hint)[1:], *decided).ok().err
    )


def test_hints_for_all_databases_name_each_its_own(two: Path, run: Run) -> None:
    expected = [f'whimbrel -d {name} revision --autogenerate -m "describe it"' for name in ("shop", "'old audit'")]
    assert hints(run("--all", "check")) == expected
    documents = json.loads(run("--all", "check", "--json").out)["result"]
    assert [one["error"]["hint"] for one in documents] == expected


def test_hints_of_status_name_each_database(three: Path, run: Run) -> None:
    expected = "whimbrel -d broken update_db makes the folder; or correct the path, and who may write there"
    result = run("status", "--models")
    assert f"hint:  {expected}" in result.out
    assert hints(result) == ["whimbrel -d aiven upgrade", "whimbrel -d neon upgrade"]
    documents = json.loads(run("status", "--json").out)["result"]
    assert [one["error"] and one["error"]["hint"] for one in documents] == [None, expected, None]


def test_hints_of_a_comparison_name_the_database_that_fails(two: Path, run: Run) -> None:
    configured_for = (two / "whimbrel.toml").read_text()
    (two / "whimbrel.toml").write_text(configured_for.replace("audit.db", "no/audit.db"))
    for sides in (("shop", "old audit"), ("old audit", "shop")):
        [hint] = hints(run("diff", *sides))
        assert hint.startswith("whimbrel -d 'old audit' update_db ")


def test_a_hint_for_a_misplaced_name_keeps_the_database(two: Path, run: Run) -> None:
    [hint] = hints(run("-d", "shop", "downgrade", "--yes", "base"))
    assert hint.endswith("whimbrel -d shop downgrade base --yes")


def test_hints_for_an_only_database_name_it_if_that_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    (tmp_path / "whimbrel.toml").write_text('url = "sqlite:///only.db"\n')
    monkeypatch.chdir(tmp_path)
    assert hints(run("log", "-n", "0")) == hints(run("log", "-n", "0", "--all")) == ["whimbrel log -n 5"]
    assert hints(run("-d", "main", "log", "-n", "0")) == ["whimbrel -d main log -n 5"]


# -- a folder whose configuration is broken --------------------------------------------------------


@pytest.fixture
def one_is_broken(three: Path) -> Path:
    """Of three folders, the ini file of one is none."""
    (three / "alembic_src" / "broken" / "alembic.ini").write_text("[alembic\n")
    return three


def test_a_broken_configuration_is_a_failure_of_its_folder_alone(one_is_broken: Path, run: Run) -> None:
    result = run("upgrade", "--all")
    assert result.code == 4
    assert "1 of 3 databases need attention: broken" in result.err
    assert "broken  error[WB10" in result.out
    for name in ("aiven", "neon"):
        assert rows(f"sqlite:///{one_is_broken}/{name}.db", "SELECT * FROM alembic_version") == [(f"{name}2",)]


def test_status_shows_it_beside_the_others(one_is_broken: Path, run: Run) -> None:
    result = run("status")
    assert result.code == 4
    lines = {line.split()[0]: line for line in result.out.splitlines() if line}
    assert "error[WB10" in lines["broken"]
    assert "error" not in lines["aiven"] + lines["neon"]
    assert [one["reachable"] for one in json.loads(run("status", "--json").out)["result"]] == [True, False, True]


def test_who_names_another_one_does_not_hear_of_it(one_is_broken: Path, run: Run) -> None:
    result = run("-d", "neon", "upgrade")
    assert (result.code, "broken" in result.err) == (0, False)
    assert run("-d", "broken", "upgrade").code == 2
    everywhere = run("heads", "--all", "--json")
    assert [one["ok"] for one in json.loads(everywhere.out)["result"]] == [True, False, True]
