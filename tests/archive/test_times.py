"""Intervals and moments, as whimbrel counts them."""

from __future__ import annotations

import pytest

from whimbrel.archive import kinds
from whimbrel.archive.times import in_calendar, interval


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


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "1 day", "P١D", "PT0.1234567S"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="interval"):
        interval(text)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (kinds.TIME, "12:00", "12:00:00.000000"),
        (kinds.DATETIME, "2024-02-29 12:00:00", "2024-02-29 12:00:00.000000"),
        (kinds.DATETIME, "infinity", "infinity"),
    ],
)
def test_sqlite_gets_times_as_sqlalchemy_writes_them(kind: str, text: str, expected: str) -> None:
    write = in_calendar(kind)
    assert write is not None
    assert write(text) == expected
