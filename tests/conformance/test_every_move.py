"""Every target from every place: what upgrade and downgrade do on SQLite, wherever the database is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Compared
from .graphs import GRAPHS
from .pair import Pair, graph_pair
from .stage import Stage
from .tools import stock

pytestmark = pytest.mark.exhaustive

_WORDS = ("head", "heads", "base", "+1", "+2", "+9", "-1", "-2", "-9", "head-1", "heads-1", "head+1", "base+1", "base+2",
          "+0", "nonsense", "a1f", "@", "x@head", "a:b")  # fmt: skip


def _places() -> Iterator[tuple[str, str]]:
    for graph, revisions in GRAPHS.items():
        yield graph, "base"
        yield from ((graph, rev.id) for rev in revisions[:-1])
        yield graph, "heads"


def _targets(graph: str) -> Iterator[str]:
    yield from _WORDS
    ids = [rev.id for rev in GRAPHS[graph]]
    yield from ids
    yield from (f"{ids[1][:5]}", f"{ids[1]}+1", f"{ids[-1]}-1")
    yield from (f"{ids[-1]}{form}" for form in ("@head", "@base", "@+1", "@-1"))
    for label in (label for rev in GRAPHS[graph] for label in rev.labels if label != "store"):
        yield from (label, f"{label}@head", f"{label}@base", f"{label}@+1", f"{label}@+2", f"{label}@-1",
                    f"{label}@head-1", f"{label}@{ids[-1]}")  # fmt: skip


@pytest.mark.parametrize(("graph", "at"), [*_places()], ids=lambda value: value.replace(" ", "-"))
def test_every_target(graph: str, at: str, stage: Stage, tmp_path: Path, compared: Compared) -> None:
    pair = graph_pair(graph, "sqlite", stage, tmp_path)
    pair.stock.run(stock, ["ensure_version"]).ok()
    if at != "base":
        pair.stock.run(stock, ["upgrade", at]).ok()
    start = pair.stock.places[0].file.read_bytes()
    several = len(pair.stock.places[0].versions()) > 1
    lines = [f"{command} {target}" for command in ("upgrade", "downgrade") for target in _targets(graph)]
    told = {line: _compared(pair, start, line, several) for line in lines}
    wrong = [text for text in told.values() if text not in (_SAME, _ON_PURPOSE)]
    assert not wrong, "\n".join(wrong)
    compared(graph, "sqlite", (text == _ON_PURPOSE for text in told.values()))


_SAME, _ON_PURPOSE = "same", "different on purpose"


def _compared(pair: Pair, start: bytes, line: str, several: bool) -> str:
    """Whether both ended the same, or what differs; both begin at the same place."""
    for side in (pair.stock, pair.ours):
        side.places[0].file.write_bytes(start)
    one, other = pair.run(line.split())
    same = (one.code == 0) == (other.code == 0) and pair.stock.see() == pair.ours.see()
    ambiguous = several and line in ("downgrade -1", "downgrade -2")  # DIFFERENCES: ambiguous -1
    if same:
        return _SAME
    if ambiguous and other.code == 2:
        return _ON_PURPOSE
    ends = [side.places[0].versions() for side in (pair.stock, pair.ours)]
    return f"== {line}: {one.code} {ends[0]} {one.out[-100:]}{one.err[-100:]}-- {other.code} {ends[1]} {other.err}"
