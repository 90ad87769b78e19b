"""CREATE INDEX CONCURRENTLY that was interrupted leaves an INVALID index; the next run does not take it for done."""

from __future__ import annotations

import pytest

from faults.conftest import MakeBench
from faults.generator import SHAPES
from faults.invariants import hold
from faults.scenes import index_interrupted


@pytest.mark.parametrize("system", ["whimbrel", "whimbrel with env.py"])
@pytest.mark.parametrize("then", ["cancel", "terminate", ""], ids=["cancelled", "terminated", "client killed"])
def test_an_interrupted_index_is_built_anew(system: str, then: str, make_bench: MakeBench) -> None:
    trial = index_interrupted(make_bench("postgresql", system, count=len(SHAPES) + 1), then)
    assert trial.interrupted, "nothing was interrupted"
    hold(trial)
