"""The commands that look: one broken file does not stop them, and status shows every database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.cli import whimbrel
from support.projects import Rev, alembic_project, linear, native_project, write_revision

MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table('t_aaaa', metadata, sa.Column('id', sa.Integer, primary_key=True))
"""


@pytest.mark.parametrize("command", [["history"], ["heads"], ["branches"], ["show", "bbbb"], ["current"]])
def test_one_broken_revision_file_does_not_stop_listings(command: list[str], tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa", "bbbb"))
    healthy = whimbrel(*command, cwd=folder).ok()
    (folder / "migrations" / "versions" / "broken.py").write_text("revision = compute(\n")
    result = whimbrel(*command, cwd=folder).ok()
    assert result.out == healthy.out
    assert "a revision file is not valid Python" in result.err
    assert "broken.py:1" in result.err


def test_status_counts_nothing_while_a_file_cannot_be_read(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa", "bbbb", "cccc"))
    whimbrel("upgrade", cwd=folder).ok()
    (folder / "migrations" / "versions" / "bbbb_.py").write_text("revision = 'bbbb\n")
    result = whimbrel("status", cwd=folder).ok()
    assert result.out.splitlines()[1].split()[-3:] == ["?", "not", "compared"]
    assert "bbbb_.py:1" in result.err
    checked = whimbrel("status", "--check", "--json", cwd=folder)
    [data] = json.loads(checked.out)["result"]
    assert (checked.code, data["behind"], data["heads"], data["problem"]["code"]) == (1, None, ["cccc"], "WB204")


@pytest.mark.parametrize("command", [["revision", "-m", "x"], ["merge", "heads"], ["downgrade", "-1"]])
@pytest.mark.parametrize("missing", [False, True], ids=["broken", "missing"])
def test_a_history_with_a_hole_is_refused_as_such(command: list[str], missing: bool, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa", "bbbb", "cccc"))
    whimbrel("upgrade", cwd=folder).ok()
    file = folder / "migrations" / "versions" / "bbbb_.py"
    file.unlink() if missing else file.write_text("revision = 'bbbb\n")
    assert f"error[{'WB205' if missing else 'WB204'}]" in whimbrel(*command, cwd=folder).err
    assert "WB404" not in whimbrel(*command, cwd=folder).err


@pytest.mark.parametrize(
    "command", [["upgrade"], ["downgrade", "aaaa"], ["stamp", "aaaa"], ["stamp", "--purge", "aaaa"]]
)
def test_a_database_at_a_revision_whose_file_is_broken_blames_the_file(command: list[str], tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa", "bbbb"))
    whimbrel("upgrade", cwd=folder).ok()
    (folder / "migrations" / "versions" / "bbbb_.py").write_text("revision = 'bbbb\n")
    error = json.loads(whimbrel(*command, "--json", cwd=folder).out)["error"]
    assert error["code"] == "WB204"
    assert "bbbb_.py:1" in error["where"]
    assert "bbbb (unknown: no file that can be read has it)" in whimbrel("status", cwd=folder).ok().out


def test_a_missing_parent_does_not_stop_listings(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa"), Rev("cccc", "bbbb")])
    result = whimbrel("history", cwd=folder).ok()
    assert set(result.out.splitlines()) == {
        "bbbb -> cccc (head), revision cccc",
        "<base> -> aaaa (head), revision aaaa",
    }
    assert "revision bbbb is missing" in result.err


READING = [
    ["history"],
    ["heads"],
    ["branches"],
    ["show", "head"],
    ["current"],
    ["status"],
    ["check"],
    ["completion", "bash"],
]


@pytest.mark.parametrize("command", READING, ids=lambda command: command[0])
def test_every_reading_command_has_json(command: list[str], tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    (folder / "shop_json.py").write_text(MODELS)
    whimbrel("upgrade", cwd=folder).ok()
    document = json.loads(whimbrel(*command, "--json", cwd=folder).ok().out)
    assert (document["version"], document["command"], document["ok"]) == (1, command[0], True)
    assert document["result"] is not None


def test_writing_commands_have_json_too(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    upgraded = json.loads(whimbrel("upgrade", "--json", cwd=folder).ok().out)["result"]
    assert (upgraded["status"], upgraded["after"], upgraded["verified"]) == ("done", ["aaaa"], True)
    again = json.loads(whimbrel("upgrade", "--json", cwd=folder).ok().out)["result"]
    assert again["status"] == "nothing to do"
    [new] = json.loads(whimbrel("revision", "-m", "x", "--json", cwd=folder).ok().out)["result"]
    assert Path(new["path"]).is_file()


def test_quiet_leaves_results_and_errors(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    result = whimbrel("-q", "upgrade", cwd=folder).ok()
    assert (result.out, result.err) == ("main  base -> aaaa  (1 revision, verified)\n", "")
    assert whimbrel("upgrade", "-q", cwd=folder).ok().err == ""
    assert whimbrel("heads", "--quiet", cwd=folder).ok().out == "aaaa (head)\n"
    assert "error[WB201]" in whimbrel("-q", "upgrade", "nope", cwd=folder).err


@pytest.mark.parametrize(
    ("environment", "arguments", "coloured"),
    [
        ({}, [], False),
        ({"FORCE_COLOR": "1"}, [], True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
    ],
)
def test_colour_follows_the_flag_then_no_color_then_force_color_then_the_terminal(
    environment: dict[str, str], arguments: list[str], coloured: bool, tmp_path: Path
) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    result = whimbrel("upgrade", *arguments, cwd=folder, env=environment).ok()
    assert ("\x1b[" in result.err) == coloured
    assert "\x1b[" not in result.out


def test_status_is_one_screen_for_all_databases(make_database: Callable[[str], str], tmp_path: Path) -> None:
    folder = tmp_path
    urls = {kind: make_database(kind) for kind in ("sqlite", "postgresql", "mariadb")}
    urls["gone"] = "postgresql+psycopg://app:hunter2canary@127.0.0.1:5999/shop"
    lines = []
    for name, url in urls.items():
        lines += [f"[databases.{name}]", f'url = "{url}"', f'script_location = "{name}"', 'models = ["shop_status"]']
        (folder / name / "versions").mkdir(parents=True)
        for rev in linear("aaaa", "bbbb", "cccc"):
            write_revision(folder / name / "versions", rev)
    (folder / "whimbrel.toml").write_text("\n".join(lines))
    (folder / "shop_status.py").write_text(MODELS)
    whimbrel("upgrade", "aaaa", "-d", "postgresql", cwd=folder).ok()
    whimbrel("upgrade", "-d", "mariadb", cwd=folder).ok()
    (folder / "sqlite" / "versions" / "bbbb_.py").rename(folder / "sqlite" / "bbbb_.py.bak")
    whimbrel("stamp", "aaaa", "-d", "sqlite", cwd=folder)

    result = whimbrel("status", "--models", cwd=folder)
    assert result.code == 4, "some databases failed, some did not"
    rows = {line.split()[0]: line for line in result.out.splitlines() if line and not line.startswith(" ")}
    assert rows["postgresql"].split()[1:] == ["aaaa", "revision", "aaaa", "2", "not", "compared"]
    assert rows["mariadb"].split()[1:] == ["cccc", "revision", "cccc", "head", "2", "differ"]
    assert "error[WB401], see below" in rows["gone"]
    assert "error[WB401]: cannot connect to the database" in result.out
    assert "  mariadb: drop table t_bbbb" in result.out
    assert "of 4 databases need attention" in result.err
    assert "hunter2canary" not in result.out + result.err
    assert whimbrel("status", "-d", "gone", cwd=folder).code == 3
    assert whimbrel("status", "-d", "postgresql", "--check", cwd=folder).code == 1
    data = {one["database"]: one for one in json.loads(whimbrel("status", "--json", cwd=folder).out)["result"]}
    assert (data["gone"]["reachable"], data["mariadb"]["reachable"]) == (False, True)
    assert data["postgresql"]["behind"] == 2


def test_status_names_a_revision_that_no_file_has(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa", "bbbb"))
    whimbrel("upgrade", cwd=folder).ok()
    (folder / "migrations" / "versions" / "bbbb_.py").unlink()
    assert "bbbb (unknown: no file has it)" in whimbrel("status", cwd=folder).ok().out
    assert "bbbb (unknown: no file has it)" in whimbrel("current", cwd=folder).ok().out
    assert "error[WB404]" in whimbrel("upgrade", cwd=folder).err


def test_status_check_is_clean_at_head(tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    assert whimbrel("status", "--check", cwd=folder).code == 1
    whimbrel("upgrade", cwd=folder).ok()
    assert whimbrel("status", "--check", cwd=folder).code == 0


def test_the_light_path_and_the_full_run_say_the_same(kind: str, url: str, tmp_path: Path) -> None:
    """`current` by the driver alone, and through an env.py with SQLAlchemy."""
    native = native_project(tmp_path / "native", url, linear("aaaa", "bbbb"))
    full = alembic_project(tmp_path / "full", url, linear("aaaa", "bbbb"))
    for target in ("aaaa", "bbbb", "base"):
        whimbrel("stamp", "--force", target, cwd=native).ok()
        assert whimbrel("current", cwd=native).ok().out == whimbrel("current", cwd=full).ok().out


def test_a_revision_that_reads_one_way_and_runs_another_is_not_run(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    path = folder / "migrations" / "versions" / "aaaa_.py"
    path.write_text(path.read_text() + "\nglobals()['down_' + 'revision'] = 'elsewhere'\n")
    result = whimbrel("upgrade", cwd=folder)
    assert result.code == 2
    assert "is not what it seems" in result.err
    assert whimbrel("current", cwd=folder).ok().out == ""


def test_what_models_and_revisions_print_does_not_get_into_the_json(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa", upgrade="print('backfilling')")])
    (folder / "shop_loud.py").write_text("print('side effect')\n" + MODELS)
    result = whimbrel("upgrade", "--json", cwd=folder).ok()
    assert json.loads(result.out)["ok"]
    assert "backfilling" in result.err
    document = json.loads(whimbrel("check", "--json", cwd=folder).out)
    assert document["ok"] is False


def test_check_has_the_differences_as_a_list_in_json(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa", "bbbb", "cccc"))
    (folder / "wb_shop_models.py").write_text(MODELS)
    whimbrel("upgrade", cwd=folder).ok()
    lines = whimbrel("check", cwd=folder).out.splitlines()
    assert len(lines) > 1
    for command in (["check"], ["check", "--all"]):
        result = whimbrel(*command, "--json", cwd=folder)
        document = json.loads(result.out)
        assert (result.code, document["ok"]) == (1, False)
        error = document["error"] if command == ["check"] else document["result"][0]["error"]
        assert error["differences"] == lines
        assert error["why"] == "; ".join(lines)


def test_several_databases_are_set_up_and_shown_although_one_has_no_url(tmp_path: Path) -> None:
    (tmp_path / "whimbrel.toml").write_text(
        '[databases.shop]\nurl = "sqlite:///shop.db"\nscript_location = "shop"\n'
        '[databases.audit]\nurl = "env:AUDIT_URL"\nscript_location = "audit"\n'
    )
    result = whimbrel("init", cwd=tmp_path).ok()
    assert "AUDIT_URL is not set" in result.err
    assert (tmp_path / "shop" / "versions").is_dir()
    assert (tmp_path / "audit" / "versions").is_dir()
    result = whimbrel("status", cwd=tmp_path)
    assert result.code == 4
    assert "shop       base" in result.out
    assert "error[WB104]: the environment variable AUDIT_URL is not set" in result.out
    assert whimbrel("status", cwd=tmp_path, env={"AUDIT_URL": "sqlite:///audit.db"}).code == 0


def test_the_origin_of_a_url_from_dotenv_is_dotenv_in_every_message(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///unused.db", linear("aaaa"))
    (folder / "whimbrel.toml").write_text("")
    (folder / ".env").write_text("DATABASE_URL=postgresql+psycopg://app@127.0.0.1:5999/shop\n")
    for command in ("upgrade", "status", "current"):
        result = whimbrel(command, cwd=folder)
        assert "(from .env: DATABASE_URL)" in result.out + result.err


def test_a_slow_revision_is_announced_and_an_interrupted_one_told_with_its_state(tmp_path: Path) -> None:
    slow = (
        "op.create_table('half', sa.Column('x', sa.Integer))\nopen('started', 'w').close()\nimport time; time.sleep(60)"
    )
    folder = native_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade=slow)])
    process = subprocess.Popen(
        [sys.executable, "-m", "whimbrel", "upgrade"], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    heard = ""
    while "running for 2 s" not in heard:
        line = process.stderr.readline()
        assert line, heard
        heard += line
    os.kill(process.pid, signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "error[WB409]: interrupted while bbbb ran" in rest
    assert "at aaaa, 1 of 2 revisions applied, safe to run again" in rest
    assert "Traceback" not in rest


# -- documents ----------------------------------------------------------------------------------


def test_a_document_can_be_read_whatever_the_encoding(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa", message="größer 😀")])
    for encoding in ("ascii", "cp1252", "utf-8"):
        result = whimbrel("history", "--json", cwd=folder, env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "1"})
        assert json.loads(result.ok().out)["result"][0]["message"] == "größer 😀"


def test_what_other_programs_print_stays_out_of_the_document(tmp_path: Path) -> None:
    prints = "import os\nos.system('echo from a program')\nos.write(1, b'from a descriptor')"
    folder = native_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa", upgrade=prints)])
    with (folder / "whimbrel.toml").open("a") as file:
        file.write(
            """post_write_hooks = [{name = "say", type = "exec", executable = "echo", options = "by a hook"}]\n"""
        )
    upgraded = whimbrel("upgrade", "--json", cwd=folder).ok()
    assert json.loads(upgraded.out)["result"]["status"] == "done"
    assert ("from a program" in upgraded.err, "from a descriptor" in upgraded.err) == (True, True)
    written = whimbrel("revision", "-m", "x", "--json", cwd=folder).ok()
    assert json.loads(written.out)["ok"]
    assert "by a hook" in written.err


def test_every_command_line_with_json_answers_with_a_document(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    edited = whimbrel("--json", "edit", "head", cwd=folder, env={"EDITOR": "echo"}).ok()
    assert [one["revision"] for one in json.loads(edited.out)["result"]] == ["aaaa"]
    made = whimbrel("--json", "init", "foo", cwd=folder).ok()
    assert json.loads(made.out)["result"] == {"root": str(folder / "foo")}
    for arguments in (["--json"], ["--json", "upgrade", "--sql"]):
        refused = whimbrel(*arguments, cwd=folder)
        assert (refused.code, json.loads(refused.out)["error"]["code"]) == (2, "WB101")


def test_not_at_head_hints_at_what_leads_there(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa", "bbbb"))
    assert "whimbrel upgrade head" in whimbrel("current", "-c", cwd=folder).err
    whimbrel("upgrade", cwd=folder).ok()
    file = folder / "migrations" / "versions" / "bbbb_.py"
    file.unlink()
    result = whimbrel("current", "-c", cwd=folder)
    assert (result.code, "git log --all -S bbbb" in result.err, "whimbrel upgrade" in result.err) == (1, True, False)
    file.write_text("revision = 'bbbb\n")
    assert "error[WB204]" in whimbrel("current", "-c", cwd=folder).err


def test_a_header_is_no_message(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    whimbrel("revision", "-m", "", "--rev-id", "bbbb", cwd=folder).ok()
    assert whimbrel("history", cwd=folder).ok().out.splitlines()[0] == "aaaa -> bbbb (head), "
