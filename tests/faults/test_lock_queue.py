"""A migration that has to wait for a long reader neither does its work twice nor keeps everybody else waiting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from faults.databases import rows_of
from faults.generator import point_at
from faults.processes import Launcher
from faults.scenes import WAITS_ONE_SECOND, balance, blocked, worst_read

READER = 6.0
RATIO = 0.5


def test_what_a_lock_timeout_interrupts_is_not_done_twice(
    kind: str, make_database: Callable[[str], str], launcher: Launcher, tmp_path: Path
) -> None:
    url = make_database(kind)
    project = balance(tmp_path / "project", url)
    if kind == "mariadb":
        project = point_at(project, url + WAITS_ONE_SECOND)
    runs = blocked(launcher, project, "whimbrel")
    assert runs[-1].code == 0, runs[-1].output
    assert rows_of(url, "SELECT balance FROM accounts") == [(100,)], "the double-balance trap"


def test_readers_do_not_queue_behind_it(
    kind: str, make_database: Callable[[str], str], launcher: Launcher, tmp_path: Path
) -> None:
    worst = {}
    for system in ("alembic", "whimbrel"):
        project = balance(tmp_path / system, make_database(kind))
        worst[system], runs = worst_read(launcher, project, system, READER)
        if kind == "sqlite" and system == "alembic":
            assert runs[0].code, "stock Alembic should have given up, and has not"
        else:
            assert runs[0].code == 0, runs[0].output
            assert rows_of(project.url, "SELECT balance FROM accounts") == [(100,)]
    assert worst["alembic"] > READER * RATIO, "with stock Alembic they should have had to wait, and have not"
    assert worst["whimbrel"] < worst["alembic"] * RATIO, f"somebody waited for {worst['whimbrel']:.1f} s"
