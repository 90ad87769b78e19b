"""Users who may make no database, and what there is for them instead."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from support.databases import SERVERS
from whimbrel.environment.scratch import binaries, private

from .scenes import execute

PASSWORD = "Sk9-geheim-4711"


@contextmanager
def restricted(kind: str, *urls: str) -> Iterator[tuple[str, ...]]:
    """These databases as a user sees them who may do everything in them, and make none."""
    parsed = [sa.make_url(url) for url in urls]
    name = f"{parsed[0].database}_u"
    server = SERVERS[kind]
    if kind == "postgresql":
        execute(server, f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
        for url in parsed:
            execute(server, f"ALTER DATABASE {url.database} OWNER TO {name}")
    else:
        execute(server, f"CREATE USER {name}@'%%' IDENTIFIED BY '{PASSWORD}'")
        for url in parsed:
            execute(server, f"GRANT ALL ON {url.database}.* TO {name}@'%%'")
    try:
        yield tuple(url.set(username=name, password=PASSWORD).render_as_string(hide_password=False) for url in parsed)
    finally:
        if kind == "postgresql":
            for url in parsed:
                execute(server, f"ALTER DATABASE {url.database} OWNER TO CURRENT_USER")
                execute(
                    url.render_as_string(hide_password=False),
                    f"REASSIGN OWNED BY {name} TO CURRENT_USER",
                    f"DROP OWNED BY {name}",
                )
            execute(server, f"DROP ROLE {name}")
        else:
            execute(server, f"DROP USER {name}@'%%'")


def without_binaries(monkeypatch) -> None:
    """As on a machine where no server is installed, and none runs that was started for a test before."""
    private.stop_all()
    monkeypatch.setattr(binaries, "PLACES", ())
    monkeypatch.setenv("PATH", "/nowhere")


def program(folder: Path, name: str, text: str) -> str:
    """A program that answers with a text, and fails at all else."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "{text}" && exit 0\necho "FATAL: not today" >&2\nexit 3\n'
    )
    path.chmod(0o755)
    return str(path)


def servers_of(mark: str) -> list[int]:
    """The processes of private servers that run, as the system knows them.

    Without those that they have started: PostgreSQL gives each of its own another name, a moment later.
    """
    found: dict[int, int] = {}
    for number in filter(str.isdecimal, os.listdir("/proc")):
        try:
            words = Path("/proc", number, "cmdline").read_bytes().decode(errors="replace").split("\0")
            parent = Path("/proc", number, "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if words and os.path.basename(words[0]) in ("postgres", "mariadbd", "mysqld") and mark in " ".join(words):
            found[int(number)] = int(parent)
    return [number for number, parent in found.items() if parent not in found]


def folders_of(mark: str) -> list[str]:
    """What private servers have written."""
    places = dict.fromkeys((tempfile.gettempdir(), "/tmp"))
    return [name for place in places for name in os.listdir(place) if name.startswith(mark)]


def end(mark: str) -> None:
    """End what a test has left."""
    for number in servers_of(mark):
        os.kill(number, signal.SIGKILL)
