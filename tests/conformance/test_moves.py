"""Upgrades, downgrades and stamps end in the same state, on every graph and every database."""

from __future__ import annotations

from pathlib import Path

import pytest

from .cases import WALKS, Step, Walk
from .conftest import Compared
from .pair import graph_pair
from .stage import Stage
from .tools import ours, stock

_EACH_WALK = pytest.mark.parametrize("walk", WALKS, ids=lambda walk: f"{walk.graph}-{walk.name}".replace(" ", "-"))


@_EACH_WALK
def test_each_step_ends_as_with_alembic(
    walk: Walk, kind: str, stage: Stage, tmp_path: Path, compared: Compared
) -> None:
    pair = graph_pair(walk.graph, kind, stage, tmp_path)
    for step in walk.steps:
        by_alembic, by_whimbrel = pair.run(step.argv)
        told = f"{step.line}: {by_alembic.code} {by_alembic.out}\n{by_whimbrel.code} {by_whimbrel.err}"
        if not _differs(step, kind):
            assert (by_alembic.code == 0) == (by_whimbrel.code == 0), told
            assert pair.stock.see() == pair.ours.see(), told
        else:
            assert step is walk.steps[-1], "the sides are not equal any more"
            same_end = (by_alembic.code == 0) == (by_whimbrel.code == 0)
            assert not (same_end and pair.stock.see() == pair.ours.see()), f"no difference any more: {told}"
    compared(walk.graph, kind, (_differs(step, kind) for step in walk.steps))


@_EACH_WALK
def test_one_goes_on_where_the_other_stopped(
    walk: Walk, kind: str, stage: Stage, tmp_path: Path, compared: Compared
) -> None:
    """On each of two databases the tools take turns; with whoever begins, the states are the same after each step."""
    pair = graph_pair(walk.graph, kind, stage, tmp_path)
    turns = [(stock, ours), (ours, stock)]
    steps = [step for step in walk.steps if step.differs is None]
    for number, step in enumerate(steps):
        first, second = turns[number % 2]
        one, other = pair.stock.run(first, step.argv), pair.ours.run(second, step.argv)
        assert (one.code == 0) == (other.code == 0), f"{step.line}: {one}\n{other}"
        assert pair.stock.see() == pair.ours.see(), step.line
    compared(walk.graph, kind, (False for _ in steps))


def _differs(step: Step, kind: str) -> bool:
    return step.differs is not None and kind in step.kinds
