"""A value is in an archive what it is: it means the same behind it, or somebody is told that it cannot."""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
import json
import math
import uuid
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.meanings import KINDS, meaning
from whimbrel.archive import kinds
from whimbrel.archive.values import archived, comparable, taken

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NATURAL: dict[str, st.SearchStrategy[Any]] = {
    kinds.INTEGER: st.integers(-(2**63), 2**63 - 1),
    kinds.FLOAT: st.floats(),
    kinds.DECIMAL: st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False).map(str),
    kinds.BOOLEAN: st.booleans() | st.integers(0, 1),
    kinds.TEXT: TEXT,
    kinds.BYTES: st.binary() | st.binary().map(bytearray) | st.binary().map(memoryview),
    kinds.JSON: TREES.map(json.dumps) | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    kinds.UUID: st.uuids().map(str) | st.uuids().map(lambda value: value.hex.upper()),
    kinds.DATE: st.dates().map(dt.date.isoformat),
    kinds.TIME: st.times().map(dt.time.isoformat),
    kinds.DATETIME: st.datetimes().map(lambda value: value.isoformat(" ")),
    kinds.INSTANT: st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=st.just(dt.UTC)).map(str),
}
CLASSES = (int, float, str, bytes)  # of storage in SQLite
STORED = (
    st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | TEXT
    | st.binary()
    | st.one_of(*NATURAL.values()).filter(lambda value: type(value) in CLASSES)
)
"""What SQLite may have in any column."""
DRIVERS = (
    STORED
    | st.booleans()
    | st.decimals()
    | st.dates()
    | st.times()
    | st.datetimes()
    | st.timedeltas()
    | st.uuids()
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(TEXT, st.integers(), max_size=2)
)
"""What any driver may return for any column."""
ALL = sorted(kinds.KINDS)
TRICKY: tuple[Any, ...] = (
    *("", " ", "0", "1", "-0", "5", "5.0", "5e0", "50e-1", " 5", "5 ", "+5", "05", "٥", "1_0", "10", "1e1", "b'5e0'"),
    *("true", "false", "t", "f", "null", "NULL", "nan", "NaN", "inf", "Infinity", "-Infinity", "1.5", "0.1", ".5"),
    *('"5"', '"true"', '{"a": 5}', '{"a": 5.0}', '{"a":"5"}', '{"a": "b\'5e0\'"}', "[5]", '["5"]', "[[5]]", "[null]"),
    *(
        '{"a": 1, "b": 2}',
        '{"b": 2, "a": 1}',
        '[["a", 5]]',
        "{}",
        "[]",
        '""',
        '"\\u0041"',
        '"A"',
        "[NaN]",
        "(('a', 5),)",
    ),
    *("2024-02-29", "2024-2-29", "20240229", "2024-02-30", "2024-W09-4", "infinity", "today", "0044-03-15 BC"),
    *("2024-02-29 00:00", "2024-02-29T00:00:00", "2024-02-29 00:00:00.000000", "2024-02-29x00:00", "2024-02-29 00"),
    *("2024-02-29 00:00:00.1234567", "2024-02-29 00:00:00.1234561", "2024-02-29 00:00:00.123456", "00:00", "00:00:00"),
    *("2024-02-29 00:00:00+00:00", "2024-02-29 02:00:00+02", "2024-02-29 02:00:00+0200", "2024-02-29 00:00:00Z"),
    *("00:00:00.0", "00:00:00.1", "00:00:00.10", "00:00:00.1000001", "24:00:00", "datetime.date(2024, 2, 29)"),
    *(str(uuid.UUID(int=7)), uuid.UUID(int=7).hex, f"{{{uuid.UUID(int=7)}}}", f"urn:uuid:{uuid.UUID(int=7)}"),
    *(0, 1, 2, 5, 10, -1, 10**12, 2**53, 2**53 + 1, 20240229, 0.0, -0.0, 1.0, 1.5, 2.9, 5.0, float(2**53), 0.1, 1e300),
    *(math.nan, math.inf, -math.inf, b"", b"5", b"\0", b"\0\0\0\0\0", b"false", bytearray(b"5"), memoryview(b"5")),
)


def _form(kind: str, value: Any) -> str:
    compare = comparable(kind)
    return repr(value if compare is None else compare(value))


@pytest.mark.parametrize("kind", KINDS)
def test_tricky_values_have_an_equal_form_exactly_if_they_mean_the_same(kind: str) -> None:
    known = [(value, _form(kind, value), meaning(kind, value)) for value in TRICKY]
    assert [
        (one, other)
        for (one, form, means), (other, other_form, other_means) in itertools.combinations(known, 2)
        if (form == other_form) != (means == other_means)
    ] == []


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
def test_two_values_have_an_equal_form_exactly_if_they_mean_the_same(kind: str, data: st.DataObject) -> None:
    some = NATURAL[kind] | STORED | st.sampled_from(TRICKY)
    one, other = data.draw(some), data.draw(some)
    assert (_form(kind, one) == _form(kind, other)) == (meaning(kind, one) == meaning(kind, other))


@pytest.mark.parametrize("kind", ALL)
@given(STORED | st.sampled_from([value for value in TRICKY if type(value) in CLASSES]))
def test_a_loose_column_gets_each_value_back_as_it_was_stored(kind: str, value: Any) -> None:
    line = json.dumps(archived(kind, loose=True)(value), allow_nan=False)
    again = taken(kind, kind, loose=True)(json.loads(line))
    again = int(again) if type(again) is bool else again  # as the driver does
    assert repr(again) == repr(value)


@pytest.mark.parametrize("kind", KINDS)
@given(DRIVERS | st.sampled_from(TRICKY))
@example("false")
@example(2)
@example(5)
@example(1.5)
def test_a_strict_column_gets_what_means_the_same_or_nothing(kind: str, value: Any) -> None:
    try:
        line = json.dumps(archived(kind, loose=True)(value), allow_nan=False)
        again = taken(kind, kind)(json.loads(line))
    except ValueError:
        return
    value = str(value) if type(value) is decimal.Decimal else value
    assert meaning(kind, value)[0] == "natural" or value in BEYOND
    assert meaning(kind, again) == meaning(kind, value)


BEYOND = ("infinity", "0044-03-15 BC", "24:00:00", "Infinity", "-Infinity", "NaN")
"""Natural, although they are of no calendar and no number: servers have them."""


@pytest.mark.parametrize("kind", ALL)
@given(st.sampled_from(ALL), STORED | st.sampled_from([value for value in TRICKY if type(value) in CLASSES]))
def test_another_kind_of_column_gets_what_is_natural_there_or_nothing(kind: str, wanted: str, value: Any) -> None:
    line = json.dumps(archived(kind, loose=True)(value), allow_nan=False)
    try:
        again = taken(kind, wanted)(json.loads(line))
        if again is not None:
            archived(wanted)(again)
            assert type(archived(wanted, loose=True)(again)) is not dict
    except (ValueError, OverflowError):
        return


@pytest.mark.parametrize("kind", NATURAL)
@given(st.data())
def test_a_strict_column_writes_all_that_is_natural(kind: str, data: st.DataObject) -> None:
    value = data.draw(NATURAL[kind])
    again = taken(kind, kind)(json.loads(json.dumps(archived(kind)(value), allow_nan=False)))
    assert meaning(kind, again) == meaning(kind, value)


@given(st.floats())
def test_floats_are_the_same_to_the_last_bit(value: float) -> None:
    again = taken(kinds.FLOAT, kinds.FLOAT)(json.loads(json.dumps(archived(kinds.FLOAT)(value))))
    assert again == value or (math.isnan(again) and math.isnan(value))
    assert math.copysign(1, again) == math.copysign(1, value) or math.isnan(value)


@pytest.mark.parametrize("kind", ALL)
def test_null_is_null(kind: str) -> None:
    assert archived(kind)(None) is archived(kind, loose=True)(None) is taken(kind, kind)(None) is None
    assert _form(kind, None) == "None"


@pytest.mark.parametrize(
    ("kind", "wanted", "value", "expected"),
    [
        (kinds.INTEGER, kinds.BOOLEAN, 1, True),
        (kinds.DECIMAL, kinds.BOOLEAN, "0", False),
        (kinds.BOOLEAN, kinds.INTEGER, True, 1),
        (kinds.BOOLEAN, kinds.TEXT, True, "1"),
        (kinds.INTEGER, kinds.FLOAT, 2**53, 2.0**53),
        (kinds.INTEGER, kinds.DECIMAL, 5, "5"),
        (kinds.DECIMAL, kinds.INTEGER, "5.00", 5),
        (kinds.DECIMAL, kinds.FLOAT, "0.10", 0.1),
        (kinds.FLOAT, kinds.DECIMAL, 0.1, "0.1"),
        (kinds.FLOAT, kinds.INTEGER, 5.0, 5),
        (kinds.TEXT, kinds.INTEGER, "-5", -5),
        (kinds.UUID, kinds.TEXT, str(uuid.UUID(int=7)), str(uuid.UUID(int=7))),
        (kinds.TEXT, kinds.UUID, uuid.UUID(int=7).hex, str(uuid.UUID(int=7))),
        (kinds.DATE, kinds.DATETIME, "2024-02-29", "2024-02-29"),
        (kinds.INSTANT, kinds.DATETIME, "2024-02-29 12:00:00+02", "2024-02-29 10:00:00"),
        (kinds.DATETIME, kinds.INSTANT, "2024-02-29 12:00:00", "2024-02-29 12:00:00+00:00"),
        (kinds.DATETIME, kinds.INSTANT, "infinity", "infinity"),
        (kinds.INTERVAL, kinds.DATETIME, "P1DT1S", "1970-01-02 00:00:01.000000"),
        (kinds.DATETIME, kinds.INTERVAL, "1969-12-31 23:59:59.5", "PT-0.500000S"),
        (kinds.ARRAY, kinds.JSON, '{1,NULL,"a,b"}', '[1, null, "a,b"]'),
        (kinds.JSON, kinds.ARRAY, '["it\'s", null]', '{"it\'s",NULL}'),
        (kinds.JSON, kinds.ARRAY, "null", None),
        (kinds.JSON, kinds.TEXT, 5, "5"),
    ],
)
def test_another_kind_of_column_gets_what_means_the_same(kind: str, wanted: str, value: Any, expected: Any) -> None:
    assert repr(taken(kind, wanted)(value)) == repr(expected)


def test_a_column_of_32_characters_gets_a_uuid_without_dashes() -> None:
    assert taken(kinds.UUID, kinds.TEXT, 32)(str(uuid.UUID(int=7))) == uuid.UUID(int=7).hex


@pytest.mark.parametrize(
    ("kind", "wanted", "value"),
    [
        (kinds.INTEGER, kinds.BOOLEAN, 2),
        (kinds.TEXT, kinds.BOOLEAN, "yes"),
        (kinds.INTEGER, kinds.FLOAT, 2**53 + 1),
        (kinds.DECIMAL, kinds.INTEGER, "1.5"),
        (kinds.DECIMAL, kinds.INTEGER, "1e999999999"),
        (kinds.DECIMAL, kinds.FLOAT, "0.12345678901234567890"),
        (kinds.DECIMAL, kinds.FLOAT, "1e400"),
        (kinds.FLOAT, kinds.INTEGER, 1.5),
        (kinds.TEXT, kinds.INTEGER, "007"),
        (kinds.TEXT, kinds.UUID, f"{{{uuid.UUID(int=7)}}}"),
        (kinds.DATETIME, kinds.DATE, "2024-02-29 12:00:00"),
        (kinds.INTERVAL, kinds.DATETIME, "P1M"),
        (kinds.ARRAY, kinds.INTEGER, "{1}"),
        (kinds.BYTES, kinds.TEXT, "/w=="),
        pytest.param(kinds.JSON, kinds.ARRAY, "[" * 100_000, id="deep"),
    ],
)
def test_what_cannot_mean_the_same_is_refused(kind: str, wanted: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        taken(kind, wanted)(value)


def test_decimals_compare_by_value_and_keep_all_digits() -> None:
    long = "12345678901234567890123456789012345678901234567890.123456789"
    assert _form(kinds.DECIMAL, long) != _form(kinds.DECIMAL, long[:-1])
    forms = {_form(kinds.DECIMAL, value) for value in (decimal.Decimal("1.50"), "1.5", 1.5, "150e-2")}
    assert len(forms) == 1


@pytest.mark.parametrize("kind", [kinds.DECIMAL, kinds.JSON])
def test_a_number_with_a_billion_digits_takes_no_room(kind: str) -> None:
    assert len(_form(kind, "1e999999999")) < 50
    assert _form(kind, "1e999999999") != _form(kind, "1e999999998")


def test_what_a_trait_makes_equal_is_equal() -> None:
    single, padded, bytes_ = (
        comparable(kinds.FLOAT, "single"),
        comparable(kinds.TEXT, "padded"),
        comparable(kinds.BYTES, "padded"),
    )
    numbers = comparable(kinds.ARRAY, "numbers")
    assert None not in (single, padded, bytes_, numbers)
    assert single(0.1) == single(0.10000000149011612) != single(0.2)
    assert padded("a") == padded("a  ") != padded(" a")
    assert bytes_(b"a") == bytes_(b"a\0") != bytes_(b"\0a")
    assert numbers("{1.50,NaN,NULL}") == numbers("{1.5,NaN,NULL}") != numbers('{"1.5",NaN,NULL}')
    assert [single("0.1"), padded(5), bytes_("a"), numbers(5)] == ["0.1", 5, "a", 5]
