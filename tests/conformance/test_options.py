"""Every spelling of every option that Alembic's own parser takes means the same to whimbrel's, abbreviations too."""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.config import CommandLine

from support.cli import Result
from support.projects import Rev
from whimbrel.cli.parser import parse
from whimbrel.errors import UsageError

from .graphs import A1
from .projects import make
from .tools import is_too_new, ours, stock

_ALEMBIC = CommandLine(prog="alembic").parser
_COMMANDS: dict[str, argparse.ArgumentParser] = next(
    action.choices for action in _ALEMBIC._actions if isinstance(action, argparse._SubParsersAction)
)
_POSITIONAL = {
    "downgrade": ["x"], "edit": ["x"], "init": ["x"], "merge": ["x", "y"], "show": ["x"], "stamp": ["x"],
    "upgrade": ["x"],
}  # fmt: skip
_VALUE = "value"


def _spellings(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    """Every option, and every beginning of one that no other option shares."""
    options = parser._option_string_actions
    for option, action in options.items():
        if action.dest in ("help", "version"):
            continue
        if not option.startswith("--"):
            yield option, action
            continue
        for length in range(3, len(option) + 1):
            start = option[:length]
            matching = {id(other) for name, other in options.items() if name.startswith(start)}
            if len(matching) == 1 or start in options:
                yield start, action


def _forms(spelling: str, action: argparse.Action) -> list[list[str]]:
    """With the value behind it, after `=`, and (one letter) right at it."""
    if action.nargs == 0:
        return [[spelling]]
    joined = f"{spelling}={_VALUE}" if spelling.startswith("--") else f"{spelling}{_VALUE}"
    return [[spelling, _VALUE], [joined]]


def _lines(command: str) -> Iterator[list[str]]:
    positional = _POSITIONAL.get(command, [])
    yield [command, *positional]
    for spelling, action in _spellings(_ALEMBIC):
        yield from ([*form, command, *positional] for form in _forms(spelling, action))
    for spelling, action in _spellings(_COMMANDS[command]):
        yield from ([command, *form, *positional] for form in _forms(spelling, action))
        yield from ([command, *positional, *form] for form in _forms(spelling, action))
    yield [
        "-c",
        "a.ini",
        "--conf=pyproject.toml",
        "-nsection",
        "-x",
        "a=1",
        "-xb",
        "-q",
        "--raise",
        command,
        *positional,
    ]


def _by_alembic(line: list[str]) -> dict[str, Any]:
    with contextlib.redirect_stderr(io.StringIO()):
        return vars(_ALEMBIC.parse_args(line))


def _wrong(line: list[str]) -> str | None:
    expected = _by_alembic(line)
    command = expected.pop("cmd")[0].__name__
    try:
        ours, options = parse(line)
    except UsageError as error:
        return f"{line}: {error.what}"
    found = vars(options)
    if ours.alembic != command:
        return f"{line}: is {ours.alembic}"
    different = {name: (value, found.get(name)) for name, value in expected.items() if found.get(name) != value}
    for name in ("name", "head"):  # what they are when they are not given is a test of its own
        if expected.get(name) in (None, "alembic") and found.get(name) in (None, "head"):
            different.pop(name, None)
    return f"{line}: {different}" if different else None


_TELL = """
from alembic import context
options = dict(vars(context.config.cmd_opts))
function, positional, keywords = options.pop("cmd")
print("CMD_OPTS", {**options, "cmd": (function.__name__, positional, keywords)})
"""


def _told(done: Result) -> dict[str, Any]:
    """What env.py printed."""
    lines = [line for line in done.out.splitlines() if line.startswith("CMD_OPTS ")]
    assert lines, done
    found = ast.literal_eval(lines[0].removeprefix("CMD_OPTS "))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("command", _COMMANDS)
def test_each_abbreviation_means_the_same(command: str) -> None:
    wrong = [told for line in _lines(command) if (told := _wrong(line))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("line", [
    "downgrade -1", "downgrade -10", "downgrade -- -1", "downgrade ae10-1", "downgrade billing@-1", "downgrade -1 --sql",
    "downgrade --sql -1", "upgrade +1", "stamp -1", "show -1", "stamp a b --purge", "merge -m x a b", "merge a b -m x",
    "history -r-3:current", "history --rev-range=-1:", "history -vi", "history -iv -r:", "current -c", "current -cv",
    "-c x current -c", "revision --depends-on a --depends-on b", "-q -q heads", "revision -m=x",
])  # fmt: skip
def test_lines_that_are_hard_to_read(line: str) -> None:
    if is_too_new(line.split()):
        pytest.skip("this Alembic has no such option")
    assert _wrong(line.split()) is None


def test_env_py_sees_the_defaults_of_alembic(tmp_path: Path) -> None:
    """`config.cmd_opts` has the same values in it for what was not given; scripts compare them with None."""
    make(tmp_path, "sqlite://", [Rev(A1)])
    env = tmp_path / "alembic" / "env.py"
    env.write_text(_TELL)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = alembic\nrevision_environment = true\n")
    lines = ["upgrade head", "downgrade base", "stamp head", "current", "history -i", "revision -m x", "merge heads",
             "check", "ensure_version"]  # fmt: skip
    wrong = []
    for line in lines:
        seen = [_told(tool(*line.split(), cwd=tmp_path)) for tool in (stock, ours)]
        missing = {name: (value, seen[1].get(name)) for name, value in seen[0].items() if seen[1].get(name) != value}
        if missing:
            wrong.append(f"{line}: {missing}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("line", [
    "history -r", "downgrade", "stamp", "merge", "stamp a --purge b", "merge a -m x b",
    "downgrade -1 -1", "revision -m", "revision -m --x", "nonsense", "upgrade a b", "--config",
])  # fmt: skip
def test_what_alembic_cannot_read(line: str) -> None:
    """Neither can whimbrel, and says so with exit code 2 as argparse does."""
    with pytest.raises(SystemExit) as alembic_ended:
        _by_alembic(line.split())
    assert alembic_ended.value.code == 2
    with pytest.raises(UsageError) as refused:
        parse(line.split())
    assert refused.value.exit_code == 2
