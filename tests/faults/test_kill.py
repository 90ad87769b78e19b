"""kill -9 at random moments, up to three in a row: the next run finishes, and nothing was executed twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from faults.conftest import MakeBench
from faults.invariants import hold
from faults.processes import Launcher
from faults.scenes import killed_during_a_long_statement, overlapping

TRIALS = {"sqlite": 10, "postgresql": 10, "mariadb": 6}


def test_the_next_run_finishes(kind: str, make_bench: MakeBench) -> None:
    bench = make_bench(kind, count=10)
    trials = [bench.kill() for _ in range(TRIALS[kind])]
    for trial in trials:
        hold(trial)
    assert any(trial.kills for trial in trials), "no kill has found a run running"


@pytest.mark.parametrize(
    "options",
    [
        {"command": "downgrade"},
        {"branches": True},
        {"is_async": True},
        {"system": "whimbrel with env.py"},
    ],
    ids=lambda options: " ".join(map(str, options)),
)
def test_so_it_does_for_any_project(kind: str, options: dict[str, str], make_bench: MakeBench) -> None:
    bench = make_bench(kind, count=10, **options)
    for _ in range(2):
        hold(bench.kill())


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_nobody_begins_while_the_server_still_works_for_a_dead_client(
    kind: str, make_database: Callable[[str], str], launcher: Launcher, tmp_path: Path
) -> None:
    project = overlapping(kind, tmp_path / "project", make_database(kind))
    others = killed_during_a_long_statement(launcher, project, "whimbrel")
    assert others == [0], "I8: the lock was free while a statement of the dead client ran"
