"""Through a pooler in transaction mode, where a session's lock protects nothing: refused, or right."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from faults.conftest import MakeBench, StartServer
from faults.databases import connect, fingerprint, reset
from faults.generator import SHAPES, generate, point_at
from faults.invariants import Trial, damage, hold
from faults.processes import Job, Launcher
from faults.servers import PgBouncer, PostgreSQL
from faults.trials import Bench

CLIENTS = 6
KEY = 424242


@pytest.fixture
def pooled(start_server: StartServer) -> tuple[str, str]:
    """The same database directly, and through the pooler."""
    server = start_server(PostgreSQL)
    pooler = start_server(PgBouncer, server.url)
    return server.url, pooler.address(str(sa.make_url(server.url).database))


def _noise(url: str) -> list[Job]:
    return [Job("noise", {"url": url}, background=True)] * CLIENTS


def _orphans(url: str) -> None:
    """End what a pooler keeps open, with the locks that were orphaned in it."""
    with connect(url) as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_upgrades_are_refused_or_right(pooled: tuple[str, str], launcher: Launcher, tmp_path: Path) -> None:
    direct, through_pooler = pooled
    project = generate(tmp_path / "project", direct, 10)
    bench = Bench(launcher, project)
    expected = bench.expected
    for count in (1, 5):
        reset(direct)
        point_at(project, direct, through_pooler)
        runs = launcher.run([bench.job()] * count + _noise(through_pooler))[:count]
        _orphans(direct)
        if any(run.code == 0 for run in runs):
            assert fingerprint(direct) == expected, "a run ended with 0 and has not done its work"
        point_at(project, direct)
        trial = Trial(direct, expected, project.revisions, note=f"{count} through a pooler")
        hold(bench.end(trial, runs))


def test_ordinary_revisions_are_applied_through_it_by_one_of_many(
    pooled: tuple[str, str], launcher: Launcher, tmp_path: Path
) -> None:
    direct, through_pooler = pooled
    project = generate(tmp_path / "project", direct, SHAPES.index("concurrently"))
    bench = Bench(launcher, project)
    trial = bench.begin("5 through a pooler")
    trial.all_end_well = True
    point_at(project, direct, through_pooler)
    runs = launcher.run([bench.job()] * 5 + _noise(through_pooler))[:5]
    _orphans(direct)
    point_at(project, direct)
    hold(bench.end(trial, runs))


def test_without_protection_two_hold_a_lock(pooled: tuple[str, str], launcher: Launcher) -> None:
    _, through_pooler = pooled
    holders = 0
    for attempt in range(20):
        lock = {"url": through_pooler, "key": KEY + attempt, "seconds": 0.3}
        runs = launcher.run([Job("session_lock", lock)] * 2 + _noise(through_pooler))
        holders = max(holders, sum(len(run.told("took")) for run in runs))
        if holders > 1:
            return
    pytest.fail("the pooler has done no harm in 20 trials: it cannot show that whimbrel is safe from it")


def test_the_pooler_lets_stock_alembic_through(make_bench: MakeBench, start_server: StartServer) -> None:
    """What is refused is refused by whimbrel: Alembic alone upgrades through it."""
    bench = make_bench("postgresql", "alembic, transaction per migration", count=5)
    expected = bench.expected
    pooler = start_server(PgBouncer, bench.url)
    address = pooler.address(str(sa.make_url(bench.url).database))
    bench.prepare()
    point_at(bench.project, address)
    run = bench.launcher.one(bench.job())
    point_at(bench.project, bench.url)
    _orphans(bench.url)
    trial = Trial(bench.url, expected, bench.project.revisions)
    assert not damage(bench.end(trial, [run])), run.output
