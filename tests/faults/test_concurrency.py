"""Many upgrade one database at once: all end well and each revision is applied once, even if the leader is killed."""

from __future__ import annotations

import pytest

from faults.conftest import MakeBench
from faults.invariants import hold


def test_ten_at_once(kind: str, make_bench: MakeBench) -> None:
    hold(make_bench(kind, count=10).together(10))


def test_fifty_at_once(kind: str, make_bench: MakeBench) -> None:
    hold(make_bench(kind, count=5).together(50))


def test_ten_at_once_and_the_leader_is_killed(kind: str, make_bench: MakeBench) -> None:
    bench = make_bench(kind, count=10)
    trials = [bench.together(10, killing=True) for _ in range(2)]
    for trial in trials:
        hold(trial)
    assert any(trial.kills for trial in trials), "nobody was killed"


@pytest.mark.parametrize(
    "options",
    [{"command": "downgrade"}, {"branches": True}, {"is_async": True}, {"system": "whimbrel with env.py"}],
    ids=lambda options: " ".join(map(str, options)),
)
def test_five_of_any_project(kind: str, options: dict[str, str], make_bench: MakeBench) -> None:
    hold(make_bench(kind, count=10, **options).together(5))
