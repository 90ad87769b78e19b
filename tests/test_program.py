"""What whimbrel is called in hints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import whimbrel
from whimbrel.cli.grammar import BY_SPELLING
from whimbrel.errors import UsageError
from whimbrel.program import _FOR_NONE, as_typed, called, commands_are_for


@pytest.mark.parametrize(
    ("hint", "typed"),
    [
        ("whimbrel upgrade head", "flask db upgrade head"),
        ("whimbrel -d users upgrade", "flask db upgrade -d users"),
        ("so; whimbrel update_db creates it, whimbrel --help", "so; flask db update-db creates it, flask db --help"),
        ("pip install 'whimbrel[mysql]'", "pip install 'whimbrel[mysql]'"),
        ("models = [] in whimbrel.toml", "models = [] in whimbrel.toml"),
        ("use a .whimbrel archive", "use a .whimbrel archive"),
    ],
)
def test_commands_are_as_they_are_typed(hint: str, typed: str) -> None:
    error = UsageError("no", hint=hint)
    with called("flask db"):
        assert as_typed(hint) == typed
        assert error.as_dict()["hint"] == typed
        assert error.lines()[-1].endswith(typed)
        with called(None):
            assert as_typed(hint) == typed
    assert as_typed(hint) == hint


@pytest.mark.parametrize(
    ("hint", "program", "typed"),
    [
        ("whimbrel upgrade head", None, "whimbrel -d users upgrade head"),
        (
            "whimbrel stamp --purge ID; see whimbrel log",
            None,
            "whimbrel -d users stamp --purge ID; see whimbrel -d users log",
        ),
        ("whimbrel -d NAME upgrade", None, "whimbrel -d NAME upgrade"),
        ("whimbrel init, or whimbrel status", None, "whimbrel init, or whimbrel status"),
        ("models = [] in whimbrel.toml", None, "models = [] in whimbrel.toml"),
        ("whimbrel update_db creates it", "flask db", "flask db update-db -d users creates it"),
        ("whimbrel -d NAME upgrade", "flask db", "flask db upgrade -d NAME"),
    ],
)
def test_commands_name_the_database_that_they_are_for(hint: str, program: str | None, typed: str) -> None:
    with called(program):
        commands_are_for("users")
        assert as_typed(hint) == typed
    assert as_typed(hint) == hint


def test_the_name_of_a_database_is_one_word_for_a_shell() -> None:
    with called(None):
        commands_are_for("my users")
        assert as_typed("whimbrel check") == "whimbrel -d 'my users' check"


def test_commands_that_need_no_database_named_are_those_that_there_are() -> None:
    assert {*_FOR_NONE} - {"--help"} <= BY_SPELLING.keys()


def test_what_follows_whimbrel_in_a_hint_is_a_command() -> None:
    """Else it would be told as one that can be typed."""
    source = Path(whimbrel.__file__).parent
    hints = [
        word
        for path in source.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "hint" in line or "notice(" in line or ".next(" in line
        for word in re.findall(r"(?<![\w.])whimbrel (?:-d \S+ )?([a-z_]+)", line)
    ]
    assert len(hints) > 30
    assert {word for word in hints if word not in BY_SPELLING} == set()
