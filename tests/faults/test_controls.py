"""Every injector does harm where nothing protects: on stock Alembic, its trials fail."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faults.conftest import MakeBench, StartServer
from faults.crashes import server_crash, server_crash_at_index
from faults.databases import rows_of
from faults.generator import SHAPES, generate, point_at
from faults.invariants import Trial, damage
from faults.processes import Launcher
from faults.scenes import (
    WAITS_ONE_SECOND,
    balance,
    blocked,
    index_interrupted,
    killed_during_a_long_statement,
    overlapping,
    signalled,
    slow,
)
from faults.servers import MariaDB, PostgreSQL
from faults.trials import Bench

MOST = 40
STOCK = "alembic, transaction per migration"


def _does_harm(trials: Iterator[Trial]) -> None:
    tried = 0
    for tried, trial in enumerate(trials, 1):  # noqa: B007
        if damage(trial):
            return
    pytest.fail(f"{tried} trials without any damage: this injector cannot show that whimbrel is safe from it")


def test_crash_points(kind: str, make_bench: MakeBench) -> None:
    bench = make_bench(kind, STOCK, count=len(SHAPES))
    _does_harm(bench.crash(point) for point in range(len(bench.points()), -1, -1))


def test_kill(kind: str, make_bench: MakeBench) -> None:
    bench = make_bench(kind, STOCK, count=10)
    _does_harm(bench.kill() for _ in range(MOST))


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_cut(kind: str, make_bench: MakeBench) -> None:
    bench = make_bench(kind, STOCK, count=10)
    _does_harm(bench.cut() for _ in range(MOST))


def test_server_crash(start_server: StartServer, launcher: Launcher, tmp_path: Path) -> None:
    server = start_server(MariaDB)
    bench = Bench(launcher, generate(tmp_path / "project", server.url, 10), STOCK)
    _does_harm(server_crash(bench, server) for _ in range(MOST))


def test_server_crash_at_index(start_server: StartServer, launcher: Launcher, tmp_path: Path) -> None:
    server = start_server(PostgreSQL)
    bench = Bench(launcher, generate(tmp_path / "project", server.url, len(SHAPES) + 1), STOCK)
    assert any("INVALID" in line for line in damage(server_crash_at_index(bench, server)))


def test_together(kind: str, make_bench: MakeBench) -> None:
    bench = make_bench(kind, STOCK, count=10)
    _does_harm(bench.together(10) for _ in range(3))


def test_together_with_the_leader_killed(kind: str, make_bench: MakeBench) -> None:
    bench = make_bench(kind, STOCK, count=10)
    _does_harm(bench.together(10, killing=True) for _ in range(3))


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_long_statement_of_a_dead_client(
    kind: str, make_database: Callable[[str], str], launcher: Launcher, tmp_path: Path
) -> None:
    for attempt in range(5):  # on a busy machine the statement may be through before the next run begins
        project = overlapping(kind, tmp_path / f"project{attempt}", make_database(kind))
        if max(killed_during_a_long_statement(launcher, project, STOCK)) > 0:
            return
    pytest.fail("no run began while the server still worked for the dead client of another one")


def test_lock_timeout(make_database: Callable[[str], str], launcher: Launcher, tmp_path: Path) -> None:
    url = make_database("mariadb")
    project = point_at(balance(tmp_path / "project", url), url + WAITS_ONE_SECOND)
    runs = blocked(launcher, project, STOCK)
    assert [bool(run.code) for run in runs] == [True, True, False]
    assert rows_of(url, "SELECT balance FROM accounts") == [(300,)]


@pytest.mark.parametrize("then", ["cancel", "terminate"])
def test_index_interrupted(then: str, make_bench: MakeBench) -> None:
    trial = index_interrupted(make_bench("postgresql", STOCK, count=len(SHAPES) + 1), then)
    assert any("INVALID" in line for line in damage(trial))


def test_disk_full(make_bench: MakeBench) -> None:
    bench = make_bench("sqlite", STOCK, count=10)
    bench.clean()
    ((pages,),) = rows_of(bench.url, "PRAGMA page_count")
    _does_harm(bench.limited(limit) for limit in range(int(pages) - 1, 0, -1))


def test_signal(kind: str, url: str, launcher: Launcher, tmp_path: Path) -> None:
    project, mark = slow(kind, tmp_path / "project", url)
    bench = Bench(launcher, project, STOCK)
    command = [sys.executable, "-P", "-c", "from alembic.config import main; main()", "upgrade", "head"]
    _does_harm(signalled(bench, mark, command, project.stock, [signal.SIGTERM]) for _ in range(2))
