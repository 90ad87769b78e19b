"""Small projects whose only revision is a few statements."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from support.cli import started
from support.projects import Rev, native_project
from whimbrel import Project


def project(folder: Path, url: str, *statements: str, settings: str = "") -> Project:
    """A project with these settings, at head: its only revision executes these statements."""
    upgrade = "\n".join(f"op.execute(sa.text({one!r}))" for one in statements)
    native_project(
        folder,
        url,
        [Rev("aaaa", upgrade=upgrade, downgrade="pass"), Rev("bbbb", "aaaa", upgrade="pass", downgrade="pass")],
    )
    with (folder / "whimbrel.toml").open("a") as file:
        file.write(settings)
    made = Project.load(folder)
    made.upgrade("aaaa")
    return made


def execute(url: str, *statements: str) -> None:
    """Execute statements on a connection of their own, and commit them."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


_LOADING = """
import sys
from whimbrel import Project, events

def tell(event):
    if isinstance(event, events.BytesMoved) and event.what == "load":
        print("loading", flush=True)
        sys.stdin.readline()

Project.load(sys.argv[1], listener=tell).restore(sys.argv[2], replace=True)
"""


def load_elsewhere(target: Project, file: Path, *, killed: bool) -> bool:
    """Load a file in a process of its own, which may be killed in the middle; whether it was through."""
    command = [sys.executable, "-c", _LOADING, target.settings.root, str(file)]
    with started(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loading\n"
        if killed:
            process.send_signal(signal.SIGKILL)
        process.communicate("\n" * 1000)
    return process.returncode == 0
