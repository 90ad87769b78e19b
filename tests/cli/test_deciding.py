"""What the command line says about renames, drops and values, and the questions that a terminal shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.cli import whimbrel
from support.projects import linear, native_project
from support.terminal import INTERRUPT, python_on_terminal
from whimbrel import Project
from whimbrel.author import Answers, Author
from whimbrel.cli import main
from whimbrel.cli.console import Console

END_OF_INPUT = "\x04"
"""Ctrl-D."""


@pytest.fixture
def shop(project_folder: Path) -> Path:
    return native_project(project_folder / "p", "sqlite:///shop.db", linear("aaaa"))


@pytest.fixture
def given(shop: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the author of a revision is told, instead of writing one."""
    told: list[dict[str, Any]] = []

    def revision(self: Author, message: str | None, **arguments: Any) -> list[Any]:
        told.append(arguments)
        return []

    monkeypatch.setattr(Author, "revision", revision)
    monkeypatch.setattr("whimbrel.project.base.ProjectBase._models", lambda self: None)
    monkeypatch.chdir(shop)
    return told


FLAGS = ["--rename", "users.full_name=display_name", "--rename", "a.b=a.c", "--rename-table", "users=people"]
FLAGS += ["--no-rename", "--allow-drop", "logs", "--allow-drop=users.bio"]
FLAGS += ["--remap", "a.b.c.d=e = f", "--remap", "a.b.g=", "--remap", "a.b.=h", "--fill", "a.b= x=1 ", "--fill", "a.c="]
SAID = Answers(
    (("users.full_name", "display_name"), ("a.b", "a.c")),
    (("users", "people"),),
    True,
    ("logs", "users.bio"),
    (("a.b.c.d", "e = f"), ("a.b.g", None), ("a.b.", "h")),
    (("a.b", " x=1 "), ("a.c", "")),
)


# -- flags --------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["revision", "--autogenerate"], ["run_migration"]])
def test_what_the_flags_say_reaches_the_author_with_a_way_to_ask(command: list[str], given: list[Any]) -> None:
    assert main([*command, *FLAGS]) == 0
    [told] = given
    assert told["answers"] == SAID
    assert isinstance(told["asking"], Console)


def test_without_flags_nothing_was_said(given: list[Any]) -> None:
    assert main(["revision", "--autogenerate", "-m", "x"]) == 0
    assert given[0]["answers"] == Answers()


def test_a_program_says_the_same_and_nobody_is_asked(given: list[Any]) -> None:
    Project.load().revision(
        autogenerate=True,
        renames={"users.full_name": "display_name", "a.b": "a.c"},
        table_renames={"users": "people"},
        no_rename=True,
        allow_drop=["logs", "users.bio"],
        remaps={"a.b.c.d": "e = f", "a.b.g": None, "a.b.": "h"},
        fills={"a.b": " x=1 ", "a.c": ""},
    )
    assert given[0]["answers"] == SAID
    assert given[0]["asking"] is None


@pytest.mark.parametrize(
    ("flags", "what", "hint"),
    [
        (["--rename", "users.full_name"], "wants an old and a new name", "--rename users.full_name=users.display_name"),
        (["--rename", "users.full_name="], "wants an old and a new name", "--rename users.full_name="),
        (["--rename", "users=people"], "is for columns", "--rename-table users=people"),
        (["--rename-table", "users"], "wants an old and a new name", "--rename-table users=people"),
        (["--rename", "a.b=c", "--rename", "a.b=d"], "gives a.b two names: c, d", "leave one of them out"),
        (["--remap", "orders.state=done"], "wants a name and a value", "--remap orders.state.done=closed"),
        (["--remap", "orders.state.done"], "wants a name and a value", "--remap orders.state.done="),
        (["--remap", "a.b.c=d", "--remap", "a.b.c="], 'gives a.b.c two values: "d" and ""', "leave one of them out"),
        (["--fill", "priority=1"], "wants a name and a value", "--fill orders.priority=0"),
        (["--fill", "orders.priority"], "wants a name and a value", "--fill orders.priority=0"),
        (["--fill", "a.b=1", "--fill", "a.b=2"], 'gives a.b two values: "1" and "2"', "leave one of them out"),
    ],
)
@pytest.mark.parametrize("command", [["revision", "--autogenerate"], ["run_migration"]])
def test_a_flag_that_is_not_written_as_it_has_to_be_is_refused_with_an_example(
    command: list[str], flags: list[str], what: str, hint: str, shop: Path
) -> None:
    result = whimbrel(*command, *flags, cwd=shop)
    assert result.code == 2
    assert "WB101" in result.err
    assert what in result.err
    assert hint in result.err


@pytest.mark.parametrize(
    "flags",
    [
        ["--rename", "a.b=c"],
        ["--rename-table", "a=b"],
        ["--no-rename"],
        ["--allow-drop", "a"],
        ["--remap", "a.b.c=d"],
        ["--fill", "a.b=1"],
    ],
    ids=lambda flags: str(flags[0]),
)
def test_they_go_with_autogenerate_only(flags: list[str], shop: Path) -> None:
    before = sorted(shop.rglob("*.py"))
    alone = whimbrel("revision", *flags, cwd=shop)
    assert alone.code == 2
    assert f"{flags[0]} goes with --autogenerate" in alone.err
    baseline = whimbrel("revision", "--autogenerate", "--baseline", *flags, cwd=shop)
    assert baseline.code == 2
    assert f"{flags[0]} and --baseline do not go together" in baseline.err or "WB301" in baseline.err
    checked = whimbrel("run_migration", "--check", *flags, cwd=shop)
    assert checked.code == 2
    assert f"{flags[0]} and --check do not go together" in checked.err
    assert sorted(shop.rglob("*.py")) == before


# -- the question -------------------------------------------------------------------------------

ASK = """
from whimbrel.author import Question
from whimbrel.cli.console import Console

console = Console()
chosen = console.choose(Question(("Is it renamed?",), ("yes, it is", "no, it is not"), default=1))
console.close()
print("chosen:", chosen)
"""


@pytest.mark.parametrize(
    ("typed", "chosen"), [("1", 0), ("2", 1), ("", 1), (" 1 ", 0), ("7\nyes\n0\n1", 0), (END_OF_INPUT, None)]
)
def test_a_number_chooses_nothing_is_the_default_and_what_is_neither_is_asked_again(
    typed: str, chosen: int | None, tmp_path: Path
) -> None:
    code, shown = python_on_terminal("-c", ASK, cwd=tmp_path, answer=typed)
    assert code == 0, shown
    assert f"chosen: {chosen}\n" in shown
    assert "Is it renamed?\n  1) yes, it is\n  2) no, it is not\nChoose [2]: " in shown
    assert "Choose [2]: \n" not in shown, "the answer stands behind the question"
    assert shown.count("type a number from 1 to 2") == shown.count("Choose [2]:") - 1


def test_ctrl_c_at_a_question_ends_the_run(tmp_path: Path) -> None:
    code, shown = python_on_terminal("-c", ASK, cwd=tmp_path, answer=INTERRUPT)
    assert code == 1
    assert "error[WB409]: interrupted at the question" in shown
    assert "chosen" not in shown


@pytest.mark.parametrize("stream", ["stdin", "stderr"])
def test_nobody_is_asked_who_cannot_read_the_question_or_type(stream: str, tmp_path: Path) -> None:
    code, shown = python_on_terminal("-c", ASK, cwd=tmp_path, answer="1", without=stream)
    assert code == 0, shown
    assert "chosen: None\n" in shown
    assert "Choose" not in shown


ENTER = """
from whimbrel.cli.console import Console

console = Console()
typed = console.enter("stars =", lambda text: None if text.strip().isdigit() else "it is a number")
console.close()
print("typed:", repr(typed))
"""


@pytest.mark.parametrize(("typed", "value"), [("7", "7"), (" 7 ", " 7 "), ("many\n\n7", "7"), (END_OF_INPUT, None)])
def test_a_value_is_taken_as_it_is_typed_and_asked_for_again_until_it_is_one(
    typed: str, value: str | None, tmp_path: Path
) -> None:
    code, shown = python_on_terminal("-c", ENTER, cwd=tmp_path, answer=typed)
    assert code == 0, shown
    assert f"typed: {value!r}\n" in shown
    assert shown.count("it is a number") == shown.count("stars =") - 1


@pytest.mark.parametrize("stream", ["stdin", "stderr"])
def test_nobody_types_a_value_who_cannot(stream: str, tmp_path: Path) -> None:
    code, shown = python_on_terminal("-c", ENTER, cwd=tmp_path, answer="7", without=stream)
    assert code == 0, shown
    assert "typed: None\n" in shown
