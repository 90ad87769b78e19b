"""The conformance table, counted from the cases; run with -s to see it."""

from __future__ import annotations

from .cases import OFFLINE, WALKS, looks_different, positions, reads, table
from .differences import DIFFERENCES
from .graphs import GRAPHS


def test_conformance_table() -> None:
    text = table()
    print("\n" + text)
    rows = [[cell.strip() for cell in line.split("|")] for line in text.splitlines()]
    assert [row[0] for row in rows[1:]] == [*GRAPHS, "multidb"]
    assert all(int(cell.split()[0]) > 5 for row in rows[1:] for cell in row[1:])


def test_only_known_differences() -> None:
    used = {step.differs for walk in WALKS for step in walk.steps}
    for graph in (*GRAPHS, "multidb"):
        used |= {looks_different(graph, at, line) for at in positions(graph) for line in reads(graph)}
    assert used - {None} <= DIFFERENCES.keys()


def test_every_graph_is_everywhere() -> None:
    assert {walk.graph for walk in WALKS} == set(OFFLINE) == {*GRAPHS, "multidb"}
