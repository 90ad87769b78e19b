"""Upgrades that are killed at one of their own statements, in a process of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["support.crash", "alembic.command", "whimbrel.runner", "whimbrel.environment"])


def killed_upgrade(folder: Path, word: str, *, after: bool = False) -> None:
    """Upgrade a project, with kill -9 at the first statement of a revision that holds a word.

    Args:
        folder: the project.
        word: what the statement holds.
        after: let it be executed, and kill the process before anything else is done.
    """
    process = _CONTEXT.Process(target=_upgrade, args=(str(folder), word, after))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL, f"not killed at {word!r}, but ended with {process.exitcode}"


def _upgrade(folder: str, word: str, after: bool) -> None:
    from sqlalchemy.engine.default import DefaultDialect

    from whimbrel import Project

    def watched(original):
        def executing(dialect, cursor, statement, *rest):
            meets = word in statement and "whimbrel_" not in statement
            if meets and not after:
                _die()
            original(dialect, cursor, statement, *rest)
            if meets:
                _die()

        return executing

    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        setattr(DefaultDialect, name, watched(getattr(DefaultDialect, name)))
    Project.load(folder).upgrade()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
