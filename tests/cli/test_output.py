"""Standard output that nobody reads, or that cannot be written to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import whimbrel
from support.projects import Rev, alembic_project, native_project

MUCH = "for i in range(3000): op.execute(f'SELECT {i}')"
PRINTS = "print('x' * 100_000)"

FULL = Path("/dev/full")
on_a_full_disk = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")

COMMANDS = [["upgrade", "--sql"], ["history"], ["heads", "--json"], ["--help"], ["show", "--help"], ["--version"]]
each_command = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


def run(command: list[str], folder: Path, out: int) -> tuple[int, str]:
    started = [sys.executable, "-m", "whimbrel", *command]
    done = subprocess.run(started, cwd=folder, stdout=out, stderr=subprocess.PIPE, text=True, timeout=100)
    return done.returncode, done.stderr


def unread(command: list[str], folder: Path) -> tuple[int, str]:
    """Run a command whose reader has gone."""
    read, write = os.pipe()
    os.close(read)
    try:
        return run(command, folder, write)
    finally:
        os.close(write)


def on_full_disk(command: list[str], folder: Path) -> tuple[int, str]:
    with FULL.open("w") as file:
        return run(command, folder, file.fileno())


@each_command
def test_a_command_that_changes_nothing_ends_quietly_when_nobody_reads_it(command: list[str], tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa", upgrade=MUCH)])
    assert unread(command, folder) == (0, "")


@on_a_full_disk
@each_command
def test_a_full_disk_is_an_error_about_standard_output(command: list[str], tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa", upgrade=MUCH)])
    code, said = on_full_disk(command, folder)
    assert code == 2
    assert said.splitlines() == [
        "error[WB110]: standard output cannot be written",
        "  why:   No space left on device",
        "  state: nothing was changed",
        "  hint:  look where it goes: the disk may be full",
    ]


@on_a_full_disk
def test_env_py_is_not_blamed_for_what_happens_to_standard_output(tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa", upgrade=MUCH)])
    assert unread(["upgrade", "head", "--sql"], folder)[0] == 0
    assert "error[WB110]: standard output" in on_full_disk(["upgrade", "head", "--sql"], folder)[1]


def test_a_migration_that_prints_to_nobody_has_failed_and_does_not_end_as_if_it_were_done(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa", upgrade=PRINTS)])
    code, said = unread(["upgrade"], folder)
    assert (code, "BrokenPipeError" in said, "at base, 0 of 1" in said) == (3, True, True)


@on_a_full_disk
def test_a_migration_whose_result_cannot_be_shown_says_that_it_is_done(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", [Rev("aaaa")])
    code, said = on_full_disk(["upgrade"], folder)
    assert (code, "state: the command is done" in said) == (2, True)
    assert whimbrel("current", cwd=folder).out == "aaaa (head)\n"
