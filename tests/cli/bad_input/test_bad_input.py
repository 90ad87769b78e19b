"""Bad input, case by case: a clear error with a code, at most six lines, no traceback, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.cli import whimbrel

from . import configuration, database, models, revisions  # noqa: F401  # they register their cases
from .cases import CASES, SECRET


@pytest.mark.parametrize("name", CASES)
def test_bad_input_ends_in_one_clear_error(name: str, tmp_path: Path) -> None:
    error, prepare = CASES[name]
    before = sorted(tmp_path.parent.iterdir())
    command = prepare(tmp_path)
    result = whimbrel(*command, cwd=tmp_path)

    message = [line for line in result.err.splitlines() if not line.startswith(("Found", "INFO", "note"))]
    assert message[0].startswith(f"error[{error.code}]: "), result.err
    assert result.code == error.exit_code
    assert "Traceback" not in result.err
    assert len(message) <= 6, "\n".join(message)
    assert any(line.startswith("  hint:") for line in message), f"no next step:\n{result.err}"
    assert SECRET not in result.out + result.err
    assert result.out == ""
    assert sorted(tmp_path.parent.iterdir()) == before, "something was written outside of the project"
    assert not (tmp_path / "ran").exists(), "configuration ran a program"
