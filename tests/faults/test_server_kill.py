"""The server ends the connection, or is itself killed with -9 and comes back: the next run finishes."""

from __future__ import annotations

from pathlib import Path

import pytest

from faults.conftest import MakeBench, StartServer
from faults.crashes import server_crash, server_crash_at_index
from faults.generator import SHAPES, generate
from faults.invariants import hold
from faults.processes import Launcher
from faults.servers import MariaDB, PostgreSQL, Server
from faults.trials import Bench

CUTS = 5
LOSSES = 8
CRASHES = 3


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_the_connection_is_cut(kind: str, make_bench: MakeBench) -> None:
    bench = make_bench(kind, count=10)
    trials = [bench.cut() for _ in range(CUTS)]
    for trial in trials:
        hold(trial)
    assert any(trial.interrupted for trial in trials), "no run has noticed"


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_the_connection_is_lost_at_some_points(kind: str, make_bench: MakeBench) -> None:
    bench = make_bench(kind, count=len(SHAPES))
    points = bench.points()
    # The first ones belong to the lock and the tables of the journal.
    for point in {1, 2, 3, *bench.random.sample(range(4, len(points) + 1), LOSSES)}:
        hold(bench.crash(point, points[point - 1], act="cut"))


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_so_through_an_async_driver(kind: str, make_bench: MakeBench) -> None:
    bench = make_bench(kind, count=10, is_async=True)
    for _ in range(2):
        hold(bench.cut())


@pytest.mark.parametrize("server", [PostgreSQL, MariaDB])
def test_the_server_is_killed(
    server: type[Server], start_server: StartServer, launcher: Launcher, tmp_path: Path
) -> None:
    running = start_server(server)
    bench = Bench(launcher, generate(tmp_path / "project", running.url, 10))
    trials = [server_crash(bench, running) for _ in range(CRASHES)]
    for trial in trials:
        hold(trial)
    assert any(trial.interrupted for trial in trials), "no run has noticed"


def test_the_server_is_killed_while_it_builds_an_index(
    start_server: StartServer, launcher: Launcher, tmp_path: Path
) -> None:
    server = start_server(PostgreSQL)
    bench = Bench(launcher, generate(tmp_path / "project", server.url, len(SHAPES) + 1))
    trial = server_crash_at_index(bench, server)
    assert trial.interrupted, "nothing was interrupted"
    hold(trial)
