"""Killed after every single call that can change the database, a migration is finished by the next run."""

from __future__ import annotations

import signal

import pytest

from faults.conftest import MakeBench
from faults.generator import SHAPES
from faults.invariants import Trial, hold
from faults.trials import Bench

SHARES = 3
"""A sweep is done in so many tests, so that several processes can share it."""

FEW = 4


def _few(bench: Bench, act: str = "kill") -> list[Trial]:
    points = bench.points()
    assert len(points) > bench.project.revisions, "the calls of this driver are not counted"
    drawn = bench.random.sample(range(len(points) + 1), FEW)
    trials = [bench.crash(point, points[point - 1] if point else "", act=act) for point in drawn]
    for trial in trials:
        hold(trial)
    return trials


@pytest.mark.parametrize("share", range(SHARES))
def test_every_point_of_every_shape_of_revision(kind: str, share: int, make_bench: MakeBench) -> None:
    # On other databases than PostgreSQL the last shape is the same as another.
    bench = make_bench(kind, count=len(SHAPES) if kind == "postgresql" else len(SHAPES) - 1)
    points = bench.points()
    assert len(points) > bench.project.revisions, "the calls of this driver are not counted"
    for point in range(share, len(points) + 1, SHARES):
        hold(bench.crash(point, points[point - 1] if point else ""))


def test_some_points_of_a_downgrade(kind: str, make_bench: MakeBench) -> None:
    _few(make_bench(kind, command="downgrade", count=len(SHAPES)))


def test_some_points_of_a_history_with_branches(kind: str, make_bench: MakeBench) -> None:
    _few(make_bench(kind, branches=True, count=12))


def test_some_points_through_an_async_driver(kind: str, make_bench: MakeBench) -> None:
    _few(make_bench(kind, is_async=True, count=len(SHAPES)))


def test_some_points_of_a_project_with_env_py(kind: str, make_bench: MakeBench) -> None:
    _few(make_bench(kind, "whimbrel with env.py", count=len(SHAPES)))


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_some_points_at_which_a_signal_comes(kind: str, is_async: bool, make_bench: MakeBench) -> None:
    """It is never taken for a failure: the run ends as one that was told to, or is through already."""
    for trial in _few(make_bench(kind, is_async=is_async, count=len(SHAPES)), "signal"):
        assert {run.code for run in trial.runs} <= {0, 128 + signal.SIGTERM}, (trial.note, trial.runs[0].output)
