"""Types of columns that hold rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    Unicode,
    Uuid,
)
from sqlalchemy.dialects import mysql, postgresql

from ..case import ALL, MARIADB, POSTGRESQL, SERVERS, SQLITE, Case
from .notes import notes, noting


def _changed(
    label: str,
    old: Any,
    new: Any,
    values: list[Any],
    databases: Any = ALL,
    then: list[Any] | None = None,
    back: list[Any] | None = None,
    **more: Any,
) -> Case:
    """A column `extra` of another type. Its values stay, unless `then` and `back` say what becomes of them."""
    return Case(
        label,
        noting(lambda: Column("extra", old)),
        noting(lambda: Column("extra", new)),
        databases,
        rows=notes(extra=values),
        then={"note.extra": then} if then is not None else {},
        back={"note.extra": back} if back is not None else {},
        **more,
    )


def _lossy(
    label: str,
    old: Any,
    new: Any,
    values: list[Any],
    then: list[Any],
    back: list[Any] | None,
    databases: Any = SERVERS,
) -> Case:
    """A column `extra` whose values are others in its new type, as is meant, and stay so on the way back."""
    return _changed(label, old, new, values, databases, then, back, allow_drop=("note.extra",))


def _refused(label: str, old: Any, new: Any, values: list[Any], databases: Any) -> Case:
    """The same, and nobody has said that it is meant."""
    return _changed(label, old, new, values, databases, refusal=dict.fromkeys(databases, ("note.extra", "1 value")))


_UTC = UTC
_NOON = datetime(2024, 5, 6, 12, 30, 15)
_DIGITS = "12345678901234567890"
_THIRD = 0.1 + 0.2  # not quite 0.3

CASES = (
    _changed("integer_to_bigint", Integer, BigInteger, [1, None, -3]),
    _changed("smallint_to_integer", SmallInteger, Integer, [1, None, -3]),
    _changed("bigint_to_integer", BigInteger, Integer, [1, None, -3]),
    _changed(
        "bigint_to_integer_that_is_too_small",
        BigInteger,
        Integer,
        [1, None, 3_000_000_000],
        SERVERS,
        refusal=dict.fromkeys(SERVERS, ("note", "extra")),
    ),
    _changed("varchar_widened", String(20), String(40), ["a", None, ""]),
    _changed("varchar_shrunk", String(40), String(20), ["a", None, ""]),
    _changed(
        "varchar_shrunk_below_a_value",
        String(40),
        String(3),
        ["a", None, "abcdef"],
        SERVERS,
        refusal=dict.fromkeys(SERVERS, ("note", "extra")),
    ),
    _changed("varchar_to_text", String(40), Text, ["a", None, ""]),
    _changed("text_to_varchar", Text, String(40), ["a", None, ""]),
    _changed("varchar_without_length", String(40), String, ["a", None, ""], (SQLITE, POSTGRESQL)),
    _changed("char_to_varchar", postgresql.CHAR(3), String(5), ["abc", None, "xyz"], (POSTGRESQL,)),
    _changed("unicode_to_string_of_the_same_length", Unicode(40), String(41), ["ä", None, "ß"]),
    _changed("text_to_integer", String(9), Integer, ["1", None, "-3"], then=[1, None, -3], back=["1", None, "-3"]),
    _changed(
        "text_to_integer_that_is_none",
        String(9),
        Integer,
        ["1", None, "x"],
        SERVERS,
        refusal=dict.fromkeys(SERVERS, ("note", "extra")),
    ),
    _changed("integer_to_text", Integer, String(20), [1, None, -3], then=["1", None, "-3"], back=[1, None, -3]),
    _changed("integer_to_numeric", Integer, Numeric(10, 2), [1, None, -3]),
    _changed("numeric_precision_raised", Numeric(8, 2), Numeric(12, 4), [Decimal("1.25"), None, Decimal("-3.5")]),
    _changed("numeric_precision_lowered", Numeric(12, 2), Numeric(8, 2), [Decimal("1.25"), None, Decimal("-3.5")]),
    _changed("numeric_scale_raised", Numeric(12, 2), Numeric(12, 4), [Decimal("1.25"), None, Decimal("-3.5")]),
    _changed("numeric_to_double", Numeric(8, 2), Double, [Decimal("1.25"), None, Decimal("-3.5")]),
    _changed("float_to_double", Float, Double, [1.25, None, -3.5]),
    _changed("float_to_numeric", Float(53), Numeric(12, 4), [1.25, None, -3.5]),
    _changed("double_to_integer", Double, Integer, [1.0, None, -3.0]),
    _changed("boolean_to_integer", Boolean, Integer, [True, None, False], then=[1, None, 0]),
    _changed("integer_to_boolean", Integer, Boolean, [1, None, 0]),
    _changed(
        "date_to_datetime",
        Date,
        DateTime,
        [date(2024, 5, 6), None, date(1999, 12, 31)],
        SERVERS,
        then=[datetime(2024, 5, 6), None, datetime(1999, 12, 31)],
        back=[date(2024, 5, 6), None, date(1999, 12, 31)],
    ),
    _changed(
        "date_to_datetime_as_text",
        Date,
        DateTime,
        [date(2024, 5, 6), None, date(1999, 12, 31)],
        (SQLITE,),
        then=["2024-05-06", None, "1999-12-31"],  # SQLAlchemy reads the text as it is
        back=["2024-05-06", None, "1999-12-31"],
    ),
    _changed(
        "datetime_to_date_at_midnight",
        DateTime,
        Date,
        [datetime(2024, 5, 6), None, datetime(1999, 12, 31)],
        SERVERS,
        then=[date(2024, 5, 6), None, date(1999, 12, 31)],
    ),
    _changed(
        "timestamp_to_timestamptz",
        DateTime,
        DateTime(timezone=True),
        [_NOON, None, _NOON],
        (POSTGRESQL,),
        then=[_NOON.replace(tzinfo=_UTC), None, _NOON.replace(tzinfo=_UTC)],
        back=[_NOON, None, _NOON],
    ),
    _changed(
        "timestamptz_to_timestamp",
        DateTime(timezone=True),
        DateTime,
        [_NOON.replace(tzinfo=_UTC), None, None],
        (POSTGRESQL,),
        then=[_NOON, None, None],
        back=[_NOON.replace(tzinfo=_UTC), None, None],
    ),
    _changed(
        "timestamp_precision",
        postgresql.TIMESTAMP(precision=0),
        postgresql.TIMESTAMP(precision=3),
        [_NOON, None, None],
        (POSTGRESQL,),
    ),
    _changed("datetime_fraction", mysql.DATETIME, mysql.DATETIME(fsp=6), [_NOON, None, None], (MARIADB,)),
    _changed("datetime_to_timestamp", mysql.DATETIME, mysql.TIMESTAMP, [_NOON, None, None], (MARIADB,)),
    _changed(
        "time_to_time_with_zone",
        Time,
        Time(timezone=True),
        [time(12, 30), None, None],
        (POSTGRESQL,),
        then=[time(12, 30, tzinfo=_UTC), None, None],
        back=[time(12, 30), None, None],
    ),
    _changed(
        "text_to_json",
        Text,
        JSON,
        ['{"a": 1}', None, "[]"],
        (POSTGRESQL,),
        then=[{"a": 1}, None, []],
        back=['{"a": 1}', None, "[]"],
    ),
    _changed("text_to_json_as_text", Text, JSON, ['{"a": 1}', None, "[]"], (SQLITE, MARIADB)),
    _changed(
        "text_to_json_that_is_none",
        Text,
        JSON,
        ["{}", None, "{"],
        SERVERS,
        refusal=dict.fromkeys(SERVERS, ("note", "extra")),
    ),
    _changed("json_to_jsonb", JSON, postgresql.JSONB, [{"a": 1}, {}, [1, 2]], (POSTGRESQL,)),
    _changed("jsonb_to_json", postgresql.JSONB, JSON, [{"a": 1}, {}, [1, 2]], (POSTGRESQL,)),
    _changed(
        "jsonb_to_text",
        postgresql.JSONB,
        Text,
        [{"a": 1}, {}, [1]],
        (POSTGRESQL,),
        then=['{"a": 1}', "{}", "[1]"],
        back=[{"a": 1}, {}, [1]],
    ),
    _changed(
        "text_to_uuid",
        String(36),
        Uuid,
        ["12345678-1234-5678-1234-567812345678", None, None],
        (POSTGRESQL,),
        then=[UUID("12345678123456781234567812345678"), None, None],
        back=["12345678-1234-5678-1234-567812345678", None, None],
    ),
    _changed(
        "text_to_bytes",
        Text,
        LargeBinary,
        ["abc", None, ""],
        (POSTGRESQL, MARIADB),
        then=[b"abc", None, b""],
        back=["abc", None, ""],
    ),
    _changed("bytes_of_a_length", mysql.VARBINARY(20), mysql.VARBINARY(40), [b"a\x00", None, b""], (MARIADB,)),
    _changed("blob_enlarged", mysql.BLOB, mysql.LONGBLOB, [b"a\x00\xff", None, b""], (MARIADB,)),
    _changed("text_enlarged", mysql.TEXT, mysql.LONGTEXT, ["a", None, ""], (MARIADB,)),
    _changed("unsigned_now", mysql.INTEGER, mysql.INTEGER(unsigned=True), [1, None, 3], (MARIADB,)),
    _changed("tinyint_to_integer", mysql.TINYINT, Integer, [1, None, 3], (MARIADB,)),
    _changed("boolean_to_wide_tinyint", Boolean, mysql.TINYINT, [True, None, False], (MARIADB,)),
    _changed(
        "array_of_other_items",
        postgresql.ARRAY(Integer),
        postgresql.ARRAY(BigInteger),
        [[1, 2], None, []],
        (POSTGRESQL,),
    ),
    _changed(
        "array_of_texts_to_integers",
        postgresql.ARRAY(Text),
        postgresql.ARRAY(Integer),
        [["1", "2"], None, []],
        (POSTGRESQL,),
        then=[[1, 2], None, []],
        back=[["1", "2"], None, []],
    ),
    _changed(
        "text_to_inet",
        String(40),
        postgresql.INET,
        ["10.0.0.1", None, None],
        (POSTGRESQL,),
        then=[ip_address("10.0.0.1"), None, None],
        back=["10.0.0.1", None, None],
    ),
    _changed(
        "text_to_array",
        Text,
        postgresql.ARRAY(Text),
        ["{a,b}", None, "{}"],
        (POSTGRESQL,),
        then=[["a", "b"], None, []],
        back=["{a,b}", None, "{}"],
    ),
    _lossy("zeros_before_a_number", String(10), Integer, ["00123", None, "7"], [123, None, 7], ["123", None, "7"], ALL),
    _lossy(
        "more_digits_than_a_double_has",
        Text,
        Double,
        [_DIGITS, None, "0.5"],
        [float(_DIGITS), None, 0.5],
        ["1.2345678901234567e+19", None, "0.5"],
        (POSTGRESQL,),
    ),
    _lossy("double_that_is_rounded", Double, Integer, [1.6, None, 2.0], [2, None, 2], [2.0, None, 2.0]),
    _changed("double_that_stays_in_an_integer", Double, Integer, [1.6, None, 2.0], (SQLITE,)),
    _lossy(
        "double_with_more_digits_than_a_text_of_it",
        Double,
        Text,
        [_THIRD, None, 0.5],
        ["0.3", None, "0.5"],
        [0.3, None, 0.5],
        (SQLITE,),
    ),
    _lossy(
        "decimals_that_are_cut",
        Numeric(10, 4),
        Numeric(10, 2),
        [Decimal("1.6789"), None, Decimal("1.25")],
        [Decimal("1.68"), None, Decimal("1.25")],
        [Decimal("1.68"), None, Decimal("1.25")],
    ),
    _lossy(
        "hours_of_a_day",
        DateTime,
        Date,
        [_NOON, None, None],
        [date(2024, 5, 6), None, None],
        [datetime(2024, 5, 6), None, None],
    ),
    _lossy(
        "fractions_of_a_second",
        DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"),
        DateTime().with_variant(postgresql.TIMESTAMP(precision=0), "postgresql"),
        [_NOON.replace(microsecond=123_456), None, None],
        [_NOON, None, None],
        [_NOON, None, None],
    ),
    _lossy("number_that_is_no_truth", Integer, Boolean, [2, None, 0], [True, None, False], [1, None, 0], (POSTGRESQL,)),
    _lossy(
        "day_and_hours",
        postgresql.INTERVAL,
        postgresql.INTERVAL(fields="DAY"),
        [timedelta(days=1, hours=3), None, None],
        [timedelta(days=1), None, None],
        [timedelta(days=1), None, None],
        (POSTGRESQL,),
    ),
    _refused("zeros_before_a_number_that_nobody_means", String(10), Integer, ["00123", None, "7"], ALL),
    _refused("double_that_is_rounded_and_should_not_be", Double, Integer, [1.6, None, 2.0], SERVERS),
    _refused("hours_that_nobody_gives_up", DateTime, Date, [_NOON, None, None], SERVERS),
    Case(
        "with_default_text_to_integer",
        noting(lambda: Column("extra", String(9), server_default="5")),
        noting(lambda: Column("extra", Integer, server_default="5")),
        rows=notes(extra=["1", None, "3"]),
        then={"note.extra": [1, None, 3]},
        back={"note.extra": ["1", None, "3"]},
        works=["INSERT INTO note (id, title) VALUES (9, 'x')"],
    ),
    Case(
        "and_nullability_and_default_at_once",
        noting(lambda: Column("extra", Integer)),
        noting(lambda: Column("extra", BigInteger, nullable=False, server_default="5")),
        rows=notes(extra=[1, 2, 3]),
    ),
    Case(
        "with_an_index",
        noting(lambda: Column("extra", String(20), index=True)),
        noting(lambda: Column("extra", String(40), index=True)),
        rows=notes(extra=["a", None, "c"]),
    ),
    Case(
        "with_a_view",
        noting(lambda: Column("extra", String(20))),
        noting(lambda: Column("extra", String(40))),
        rows=notes(extra=["a", None, "c"]),
        objects=dict.fromkeys(ALL, ("CREATE VIEW extras AS SELECT id, extra FROM note",)),
    ),
)
