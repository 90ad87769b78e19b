"""The conformance table of a run: for each graph and database, how many comparisons with stock Alembic ended the same.

`pytest tests/conformance` prints it. A comparison that is neither the same nor different on purpose fails its test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from support.databases import KINDS

from .graphs import GRAPHS

COMPARED = "compared with Alembic"
"""The property of a test's report that holds its comparisons: graph, kind of database, same, different on purpose."""

Count = tuple[str, str, int, int]


def table(counts: Iterable[Count]) -> list[str]:
    """The lines of the table; none if nothing was compared."""
    same: Counter[tuple[str, str]] = Counter()
    on_purpose: Counter[tuple[str, str]] = Counter()
    for graph, kind, number, different in counts:
        for place in ((graph, kind), ("all", kind)):
            same[place] += number
            on_purpose[place] += different
    if not same:
        return []
    graphs = [graph for graph in (*GRAPHS, "multidb", "all") if any((graph, kind) in same for kind in KINDS)]
    rows = [["same / on purpose not", *KINDS]]
    rows += [[graph, *(f"{same[graph, kind]} / {on_purpose[graph, kind]}" for kind in KINDS)] for graph in graphs]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
