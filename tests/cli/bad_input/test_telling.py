"""How an error is told: its traceback and its JSON, when they are asked for; what its hint leads to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.cli import whimbrel
from support.projects import alembic_project, linear

from . import database, revisions
from .cases import SECRET, native


def test_a_traceback_shows_no_password_either(tmp_path: Path) -> None:
    database.env_py_has_a_password_with_an_unescaped_at_sign(tmp_path)
    result = whimbrel("upgrade", "head", "--debug", cwd=tmp_path)
    assert "Traceback" in result.err
    assert SECRET not in result.err


def test_a_traceback_is_shown_only_when_it_is_asked_for(tmp_path: Path) -> None:
    revisions.revision_raises(tmp_path)
    assert "ValueError: boom" in whimbrel("--raiseerr", "upgrade", cwd=tmp_path).err
    assert "Traceback" in whimbrel("upgrade", "--debug", cwd=tmp_path).err


def test_an_error_is_one_json_document_on_standard_output(tmp_path: Path) -> None:
    native(tmp_path)
    result = whimbrel("upgrade", "nope", "--json", cwd=tmp_path)
    document = json.loads(result.out)
    assert (document["version"], document["ok"], document["command"]) == (1, False, "upgrade")
    assert document["error"]["code"] == "WB201"
    assert document["error"]["hint"]
    assert result.code == 2


@pytest.mark.parametrize("line", ["show nope --jso", "upgrade --js --nope", "nope --json"])
def test_an_error_is_json_however_the_option_is_abbreviated_and_wherever_the_error_is(
    line: str, tmp_path: Path
) -> None:
    native(tmp_path)
    result = whimbrel(*line.split(), cwd=tmp_path)
    assert json.loads(result.out)["error"]["exit_code"] == result.code == 2


@pytest.mark.parametrize("line", ["show nope --debu", "show nope --rai", "heads --nope --debug"])
def test_a_traceback_is_shown_however_the_option_is_abbreviated(line: str, tmp_path: Path) -> None:
    native(tmp_path)
    assert "Traceback" in whimbrel(*line.split(), cwd=tmp_path).err


def test_a_message_that_looks_like_an_option_is_none(tmp_path: Path) -> None:
    native(tmp_path)
    result = whimbrel("revision", "--message=--json", cwd=tmp_path).ok()
    assert result.out.startswith("Generating ")


def test_a_lost_folder_of_migrations_is_to_be_restored_and_not_made_anew(tmp_path: Path) -> None:
    """A new one would hold no env.py: the project would run without, as if it had never had one."""
    alembic_project(tmp_path, "sqlite:///app.db", linear("aaaa"))
    (tmp_path / "alembic").rename(tmp_path / "gone")
    result = whimbrel("upgrade", "head", cwd=tmp_path)
    assert "error[WB208]" in result.err
    assert "restore it from version control" in result.err
    assert "mkdir" not in result.err
    assert "init" not in result.err


@pytest.mark.parametrize("command", ["upgrade", "current", "status", "check", "stamp head"])
def test_an_alembic_project_that_has_lost_its_env_py_does_not_turn_to_another_database(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = alembic_project(tmp_path / "p", "sqlite:///real.db", linear("aaaa"))
    next(folder.rglob("env.py")).unlink()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    refused = whimbrel(*command.split(), cwd=folder)
    assert refused.code == 3
    assert "env.py is missing" in refused.out + refused.err
    assert not (tmp_path / "other.db").exists()
    assert whimbrel("heads", cwd=folder).ok().out == "aaaa (head)\n"
