"""Whatever a column can hold comes out of an archive as it went in: any value, of any kind, in every database."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snapshot.projects import project
from support.databases import fresh_database
from whimbrel.archive import kinds
from whimbrel.archive.arrays import array_literal, array_of
from whimbrel.archive.values import archived, comparable, interval, taken

TABLE = sa.Table(
    "a",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("whole", sa.BigInteger),
    sa.Column("number", sa.Double),
    sa.Column("amount", sa.Numeric(14, 4)),
    sa.Column("words", sa.Text),
    sa.Column("data", sa.LargeBinary),
    sa.Column("day", sa.Date),
    sa.Column("is_so", sa.Boolean),
    sa.Column("token", sa.Uuid),
    sa.Column("tree", sa.JSON(none_as_null=True)),
)
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
FINITE = st.floats(allow_nan=False, allow_infinity=False, width=64)
TREES = st.recursive(
    st.booleans() | st.integers(-(2**40), 2**40) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
ROW = st.fixed_dictionaries(
    {
        "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
        "number": st.none() | FINITE.filter(lambda value: value == 0 or 1e-300 < abs(value) < 1e300),
        "amount": st.none() | st.decimals("-9999999999", "9999999999", places=4),
        "words": st.none() | TEXT,
        "data": st.none() | st.binary(max_size=40),
        "day": st.none() | st.dates(dt.date(1000, 1, 1)),
        "is_so": st.none() | st.booleans(),
        "token": st.none() | st.uuids(version=4),  # MariaDB refuses those that no RFC describes
        "tree": TREES,
    }
)
SLOW = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))


def _rows(engine: sa.Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(TABLE).order_by(TABLE.c.id))]


@pytest.mark.parametrize("target", ["sqlite", "postgresql", "mariadb"])
def test_any_row_arrives_as_it_was(target: str, kind: str, url: str, tmp_path: Path) -> None:
    with fresh_database(target, tmp_path) as other:
        first, second = project(tmp_path / "p", url), project(tmp_path / "q", other)
        here, there = (sa.create_engine(one, poolclass=sa.NullPool) for one in (url, other))
        for engine in (here, there):
            TABLE.create(engine)

        @SLOW
        @given(st.lists(ROW, min_size=1, max_size=30))
        def check(rows: list[dict[str, Any]]) -> None:
            with here.begin() as connection:
                connection.execute(sa.delete(TABLE))
                connection.execute(sa.insert(TABLE), [{"id": at, **row} for at, row in enumerate(rows, 1)])
            first.dump(tmp_path / "a.whimbrel", overwrite=True)
            second.restore(tmp_path / "a.whimbrel", replace=True)
            assert _rows(there) == _rows(here)

        check()


ANY = {
    kinds.INTEGER: st.integers(),
    kinds.FLOAT: st.floats(),
    kinds.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False),
    kinds.BOOLEAN: st.booleans(),
    kinds.TEXT: st.text(st.characters(exclude_categories=("Cs",))),
    kinds.BYTES: st.binary(),
    kinds.UUID: st.uuids().map(str),
    kinds.DATE: st.dates().map(dt.date.isoformat),
    kinds.TIME: st.times().map(dt.time.isoformat),
    kinds.DATETIME: st.datetimes().map(lambda value: value.isoformat(" ")),
    kinds.JSON: TREES.map(json.dumps),
}


@pytest.mark.parametrize("kind_of_value", ANY)
@given(st.data())
def test_a_value_means_the_same_behind_an_archive(kind_of_value: str, data: st.DataObject) -> None:
    value = data.draw(st.none() | ANY[kind_of_value])
    line = json.dumps(archived(kind_of_value)(value), allow_nan=False)
    again = taken(kind_of_value, kind_of_value)(json.loads(line))
    compare = comparable(kind_of_value) or (lambda one: one)
    assert repr(compare(again)) == repr(compare(value))


@given(st.floats())
def test_floats_are_the_same_to_the_last_bit(value: float) -> None:
    again = taken(kinds.FLOAT, kinds.FLOAT)(json.loads(json.dumps(archived(kinds.FLOAT)(value))))
    assert again == value or (math.isnan(again) and math.isnan(value))
    assert math.copysign(1, again) == math.copysign(1, value) or math.isnan(value)


@given(st.recursive(st.integers() | st.booleans() | st.text(max_size=5) | st.none(), st.lists, max_leaves=6).filter(
    lambda value: isinstance(value, list)
))  # fmt: skip
def test_an_array_is_read_as_it_is_written(items: list[Any]) -> None:
    assert array_of(array_literal(items)) == items


@pytest.mark.parametrize("text", ["", "{", "{1", "[1]", '{"a', "1,2"])
def test_what_is_no_array_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="array"):
        array_of(text)


@pytest.mark.parametrize(
    ("text", "months", "microseconds"),
    [
        ("PT0S", 0, 0),
        ("P1Y2M", 14, 0),
        ("P-1Y-2M3DT-4H-5M-6.5S", -14, 3 * 86_400_000_000 - 14_706_500_000),
        ("PT1H", 0, 3_600_000_000),
    ],
)
def test_intervals_are_counted_in_months_and_microseconds(text: str, months: int, microseconds: int) -> None:
    assert interval(text) == (months, microseconds)


@pytest.mark.parametrize(
    ("kind_of_value", "wanted", "value", "expected"),
    [
        (kinds.INTEGER, kinds.BOOLEAN, 1, True),
        (kinds.BOOLEAN, kinds.INTEGER, True, 1),
        (kinds.UUID, kinds.TEXT, str(uuid.UUID(int=7)), str(uuid.UUID(int=7))),
        (kinds.INSTANT, kinds.DATETIME, "2024-02-29 12:00:00+02", "2024-02-29 10:00:00"),
        (kinds.DATETIME, kinds.INSTANT, "2024-02-29 12:00:00", "2024-02-29 12:00:00+00:00"),
        (kinds.INTERVAL, kinds.DATETIME, "P1DT1S", "1970-01-02 00:00:01.000000"),
        (kinds.DATETIME, kinds.INTERVAL, "1969-12-31 23:59:59.5", "PT-0.500000S"),
        (kinds.ARRAY, kinds.JSON, '{1,NULL,"a,b"}', '[1, null, "a,b"]'),
        (kinds.JSON, kinds.ARRAY, '["it\'s", null]', '{"it\'s",NULL}'),
        (kinds.JSON, kinds.ARRAY, "null", None),
    ],
)
def test_another_kind_of_column_gets_what_means_the_same(
    kind_of_value: str, wanted: str, value: Any, expected: Any
) -> None:
    assert taken(kind_of_value, wanted)(value) == expected


@pytest.mark.parametrize(
    ("kind_of_value", "wanted", "value"),
    [
        (kinds.INTEGER, kinds.BOOLEAN, 2),
        (kinds.TEXT, kinds.BOOLEAN, "yes"),
        (kinds.INTERVAL, kinds.DATETIME, "P1M"),
        (kinds.ARRAY, kinds.INTEGER, "{1}"),
        (kinds.BYTES, kinds.TEXT, "/w=="),
    ],
)
def test_what_cannot_mean_the_same_is_refused(kind_of_value: str, wanted: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        taken(kind_of_value, wanted)(value)


def test_decimals_compare_by_value_and_keep_all_digits() -> None:
    compare = comparable(kinds.DECIMAL)
    assert compare is not None
    long = "12345678901234567890123456789012345678901234567890.123456789"
    assert compare(long) == long
    assert compare(decimal.Decimal("1.50")) == compare("1.5") == compare(1.5)
