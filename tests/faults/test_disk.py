"""The disk is full at any moment: an error, no damage, and with room again the next run finishes."""

from __future__ import annotations

from faults.conftest import MakeBench
from faults.databases import rows_of
from faults.invariants import hold

EVERY = 2


def test_full_at_any_size(make_bench: MakeBench) -> None:
    bench = make_bench("sqlite", count=10)
    bench.clean()
    ((pages,),) = rows_of(bench.url, "PRAGMA page_count")
    trials = [bench.limited(limit) for limit in range(1, int(pages), EVERY)]
    for trial in trials:
        hold(trial)
    assert all(trial.interrupted for trial in trials), "the disk was not full"
