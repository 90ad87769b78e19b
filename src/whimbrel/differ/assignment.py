"""Who belongs to whom, where several might."""

from __future__ import annotations

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeVar

    Old = TypeVar("Old")
    New = TypeVar("New")


def best(worth: Mapping[tuple[Old, New], float]) -> list[tuple[Old, New]]:
    """The pairs that are worth most together, each old and each new one in one of them at most.

    Args:
        worth: what each possible pair is worth, more than 0. What is not in it is no pair.

    Returns:
        Pairs in the order of `worth`. It is the same for the same order, also where several are equally good.
    """
    chosen: set[tuple[Old, New]] = set()
    for pairs in _apart(worth):
        chosen.update(_solved({pair: worth[pair] for pair in pairs}))
    return [pair for pair in worth if pair in chosen]


def _apart(worth: Mapping[tuple[Old, New], float]) -> list[list[tuple[Old, New]]]:
    """The pairs in groups that share nothing: most are alone, and what is solved takes the third power of its size."""
    of_old: dict[Old, list[tuple[Old, New]]] = {}
    of_new: dict[New, list[tuple[Old, New]]] = {}
    for pair in worth:
        of_old.setdefault(pair[0], []).append(pair)
        of_new.setdefault(pair[1], []).append(pair)
    seen: set[tuple[Old, New]] = set()
    groups: list[list[tuple[Old, New]]] = []
    for first in worth:
        waiting = [first]
        group: set[tuple[Old, New]] = set()
        while waiting:
            pair = waiting.pop()
            if pair not in seen:
                seen.add(pair)
                group.add(pair)
                waiting += of_old.pop(pair[0], []) + of_new.pop(pair[1], [])
        if group:
            groups.append([pair for pair in worth if pair in group])
    return groups


def _solved(worth: Mapping[tuple[Old, New], float]) -> list[tuple[Old, New]]:
    if len(worth) == 1:
        return list(worth)
    olds = list(dict.fromkeys(old for old, _ in worth))
    news = list(dict.fromkeys(new for _, new in worth))
    # A column for each old one stands for being in no pair, so that there are never fewer columns than rows.
    costs = [[-worth.get((old, new), 0.0) for new in news] + [0.0] * len(olds) for old in olds]
    pairs = [(olds[row], news[column]) for row, column in _cheapest(costs) if column < len(news)]
    return [pair for pair in pairs if pair in worth]


def _cheapest(costs: list[list[float]]) -> list[tuple[int, int]]:
    """The assignment of every row to a column of its own that costs least: the Hungarian method, row by row."""
    width = len(costs[0])
    row_price = [0.0] * len(costs)
    column_price = [0.0] * width
    row_of: list[int | None] = [None] * width
    for row in range(len(costs)):
        _take_in(row, costs, row_price, column_price, row_of)
    return [(row, column) for column, row in enumerate(row_of) if row is not None]


def _take_in(
    row: int, costs: list[list[float]], row_price: list[float], column_price: list[float], row_of: list[int | None]
) -> None:
    """Give one more row a column; others may have to move to another one, along the cheapest path to a free column."""
    width = len(column_price)
    distance = [float("inf")] * width
    came_from: list[int | None] = [None] * width
    settled: list[int] = []
    open_columns = dict.fromkeys(range(width))
    current, column, reached = row, None, 0.0
    while True:
        for other in open_columns:
            length = reached + costs[current][other] - row_price[current] - column_price[other]
            if length < distance[other]:
                distance[other], came_from[other] = length, column
        column = min(open_columns, key=distance.__getitem__)
        reached = distance[column]
        if (owner := row_of[column]) is None:
            break
        del open_columns[column]
        settled.append(column)
        current = owner
    row_price[row] += reached
    for other in settled:
        owner = row_of[other]
        assert owner is not None
        row_price[owner] += reached - distance[other]
        column_price[other] -= reached - distance[other]
    _move(row, column, came_from, row_of)


def _move(row: int, free: int, came_from: list[int | None], row_of: list[int | None]) -> None:
    """Let everyone on the path move on by one column, and the new row take the first one."""
    column = free
    while (before := came_from[column]) is not None:
        row_of[column] = row_of[before]
        column = before
    row_of[column] = row
