"""What whimbrel is called in hints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import whimbrel
from whimbrel.cli.grammar import BY_SPELLING
from whimbrel.errors import UsageError
from whimbrel.program import as_typed, called


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
