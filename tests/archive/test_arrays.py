"""Arrays are read as they are written, and nothing else is taken for one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whimbrel.archive import kinds
from whimbrel.archive.arrays import array_literal, array_of, elements
from whimbrel.archive.values import comparable

LEAVES = st.integers() | st.booleans() | st.text(max_size=5) | st.none()


def _lists(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.recursive(leaves, st.lists, max_leaves=6).filter(lambda value: isinstance(value, list))


@given(_lists(LEAVES))
def test_an_array_is_read_as_it_is_written(items: list[Any]) -> None:
    assert array_of(array_literal(items)) == items


TEXTS = _lists(st.sampled_from(["t", "f", "NULL", "1", "1.0", "", "{", '"', ",", "\\"]) | st.none())


@given(TEXTS, TEXTS)
def test_two_arrays_of_texts_have_an_equal_form_exactly_if_they_are(one: list[Any], other: list[Any]) -> None:
    compare = comparable(kinds.ARRAY)
    assert compare is not None
    assert (compare(array_literal(one)) == compare(array_literal(other))) == (one == other)


def test_what_needs_no_quotes_is_the_same_with_them_but_for_null() -> None:
    assert elements("{t,1.0, a b ,NULL}") == elements('{"t","1.0","a b",NULL}') == ("", ["t", "1.0", "a b", None])
    assert elements('{"NULL"}') == ("", ["NULL"])


def test_bounds_are_a_part_of_it() -> None:
    assert elements("[2:3]={1,2}") == ("[2:3]=", ["1", "2"])
    assert array_of("[2:3]={1,2}") == [1, 2]


@pytest.mark.parametrize(
    "text",
    ["", "{", "{1", "[1]", '{"a', "1,2", "{1}2", "{1}}", "{,}", "{1,}", "{1,,2}", "{{1}{2}}", '{"a""b"}', "x{1}"],
)
def test_what_is_no_array_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="array"):
        array_of(text)
