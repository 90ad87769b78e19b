"""Who belongs to whom: as good as trying everything."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from whimbrel.differ.assignment import best

Pair = tuple[str, int]
WORTH = st.dictionaries(
    st.tuples(st.sampled_from("abcde"), st.integers(0, 4)), st.integers(1, 20).map(float), max_size=20
)


def _by_trying(worth: Mapping[Pair, float]) -> float:
    """What the best assignment is worth, found by looking at all of them."""
    return max(
        sum(worth.get((old, new), 0.0) for old, new in zip("abcde", news, strict=True))
        for news in permutations(range(5))
    )


@settings(deadline=None)
@given(WORTH)
def test_no_assignment_is_worth_more(worth: dict[Pair, float]) -> None:
    assert sum(worth[pair] for pair in best(worth)) == _by_trying(worth)


@settings(deadline=None)
@given(WORTH)
def test_each_is_in_one_pair_at_most_and_only_in_one_that_was_offered(worth: dict[Pair, float]) -> None:
    chosen = best(worth)
    assert set(chosen) <= worth.keys()
    for side in zip(*chosen, strict=True):
        assert len(set(side)) == len(chosen)


def test_one_old_name_gives_way_where_both_are_better_off() -> None:
    worth = {("a", 1): 0.9, ("a", 2): 0.85, ("b", 1): 0.88}
    assert best(worth) == [("a", 2), ("b", 1)]


def test_what_nothing_is_offered_for_is_in_no_pair() -> None:
    assert best({}) == []
    assert best({("a", 1): 0.1, ("b", 1): 0.2}) == [("b", 1)]
