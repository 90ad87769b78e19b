"""The conformance table, and the cases that it counts."""

from __future__ import annotations

from .cases import OFFLINE, WALKS, looks_different, positions, reads
from .differences import DIFFERENCES
from .graphs import GRAPHS
from .table import table


def test_the_table_adds_up_what_the_tests_have_compared() -> None:
    counts = [
        ("linear", "sqlite", 3, 1),
        ("linear", "mariadb", 5, 0),
        ("merged", "sqlite", 7, 0),
        ("linear", "sqlite", 1, 1),
    ]
    assert table(counts) == [
        "same / on purpose not | sqlite | postgresql | mariadb",
        "linear                | 4 / 2  | 0 / 0      | 5 / 0",
        "merged                | 7 / 0  | 0 / 0      | 0 / 0",
        "all                   | 11 / 2 | 0 / 0      | 5 / 0",
    ]
    assert table([]) == []


def test_only_known_differences() -> None:
    used = {step.differs for walk in WALKS for step in walk.steps}
    for graph in (*GRAPHS, "multidb"):
        used |= {looks_different(graph, at, line) for at in positions(graph) for line in reads(graph)}
    assert used - {None} <= DIFFERENCES.keys()


def test_every_graph_is_everywhere() -> None:
    assert {walk.graph for walk in WALKS} == set(OFFLINE) == {*GRAPHS, "multidb"}
