"""What a case of bad input is, and what the cases share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from support.databases import SERVERS
from support.projects import Rev, linear, native_project
from whimbrel import errors

SECRET = "hunter2canary"
PG = SERVERS["postgresql"].rpartition("/")[0]
MY = SERVERS["mariadb"].rpartition("/")[0]

Prepare = Callable[[Path], list[str]]
CASES: dict[str, tuple[type[errors.WhimbrelError], Prepare]] = {}


def case(error: type[errors.WhimbrelError]) -> Callable[[Prepare], Prepare]:
    """Register a case: the function prepares a folder and returns the command line that must end in `error`."""

    def register(prepare: Prepare) -> Prepare:
        CASES[prepare.__name__] = (error, prepare)
        return prepare

    return register


def native(folder: Path, url: str = "sqlite:///app.db", revisions: list[Rev] | None = None) -> list[str]:
    native_project(folder, url, linear("aaaa", "bbbb", "cccc") if revisions is None else revisions)
    return ["upgrade"]


def versions(folder: Path) -> Path:
    return folder / "migrations" / "versions"
