"""The projects under `examples/`, copied, each on a database of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from conformance import tools
from support import cli
from support.databases import KINDS, fresh_database

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


_COMMANDS = {
    "whimbrel": tools.ours,
    "alembic": tools.stock,
    "whimbrel, a process": cli.whimbrel,
    "alembic, a process": cli.alembic,
}


class Copy(NamedTuple):
    """A copy of an example.

    Attributes:
        folder: where commands are typed.
        tool: which command line, one of `_COMMANDS`.
        url: of its database, through the usual sync driver.
    """

    folder: Path
    tool: str
    url: str

    def run(
        self, line: str, env: Mapping[str, str] | None = None, *, tool: str = "", cwd: Path | None = None
    ) -> cli.Result:
        """Type the words of a line behind the tool's name, those in double quotes as one."""
        words = [word for part in _quoted(line) for word in part]
        return _COMMANDS[tool or self.tool](*words, cwd=cwd or self.folder, env=env)

    def type(self, line: str, env: Mapping[str, str] | None = None, *, tool: str = "", cwd: Path | None = None) -> str:
        """The same, which must succeed; what it has written to standard output."""
        return self.run(line, env, tool=tool, cwd=cwd).ok().out


def _quoted(line: str) -> Iterator[list[str]]:
    for number, part in enumerate(line.split('"')):
        yield [part] if number % 2 else part.split()


@pytest.fixture(params=["whimbrel"])
def tool(request: pytest.FixtureRequest) -> str:
    """The command line; tests that need others say so."""
    return request.param


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database."""
    return request.param


@pytest.fixture
def copy(tmp_path: Path, tool: str, kind: str) -> Iterator[Callable[..., Copy]]:
    """Copies an example: `copy("paig")`, or a folder below it where commands are typed."""
    with fresh_database(kind, tmp_path) as url:

        def copied(name: str) -> Copy:
            top, *below = name.split("/")
            shutil.copytree(EXAMPLES / top, tmp_path / top, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
            return Copy(tmp_path.joinpath(top, *below), tool, url)

        yield copied
