"""Values in a column that gets another type: which of them do not come back as they were is known before it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from whimbrel.catalog import COLUMN, Item
from whimbrel.connect.url import parse
from whimbrel.dialects import Dialect, dialect_of

POSTGRESQL, MARIADB, SQLITE = "postgresql", "mariadb", "sqlite"
NOON = datetime(2024, 5, 6, 12, 30, 15)
MIDNIGHT = datetime(2024, 5, 6)
PRECISE = NOON.replace(microsecond=123_456)
DIGITS = "12345678901234567890"
TYPES = {
    "text": sa.String(20),
    "text of five": sa.String(5),
    "free text": sa.Text(),
    "char": sa.CHAR(5),
    "integer": sa.Integer(),
    "smallint": sa.SmallInteger(),
    "bigint": sa.BigInteger(),
    "boolean": sa.Boolean(),
    "double": sa.Double(),
    "float": sa.Float(24),
    "money": sa.Numeric(10, 2),
    "exact": sa.Numeric(10, 4),
    "longer": sa.Numeric(14, 4),
    "date": sa.Date(),
    "datetime": sa.DateTime(),
    "time": sa.Time(),
    "datetime of six": sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"),
    "datetime of none": sa.DateTime().with_variant(postgresql.TIMESTAMP(precision=0), "postgresql"),
    "bytes": sa.LargeBinary(),
    "json": sa.JSON(),
    "jsonb": postgresql.JSONB(),
    "uuid": postgresql.UUID(as_uuid=False),
    "interval": postgresql.INTERVAL(),
    "days": postgresql.INTERVAL(fields="DAY"),
    "with zone": sa.DateTime(timezone=True),
    "texts": postgresql.ARRAY(sa.String(20)),
    "texts of two": postgresql.ARRAY(sa.String(2)),
    "integers": postgresql.ARRAY(sa.Integer),
    "bits": postgresql.BIT(8, varying=True),
    "bits of four": postgresql.BIT(4, varying=True),
    "unsigned": mysql.INTEGER(unsigned=True),
    "enum": mysql.ENUM("a", "b"),
    "set": mysql.SET("a", "b"),
    "longer set": mysql.SET("b", "c", "a"),
    "year": mysql.YEAR(),
    "bytes of five": mysql.BINARY(5),
    "some bytes": mysql.VARBINARY(20),
}


class Rows:
    """A database that has rows in a column of one type.

    Args:
        url: where it is.
    """

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, poolclass=sa.NullPool)
        self.dialect: Dialect = dialect_of(parse(url))

    def have(self, old: str, new: str, values: list[Any]) -> None:
        """Make such a table, and one with the other type."""
        metadata = sa.MetaData()
        for name, type_ in (("old", TYPES[old]), ("new", TYPES[new])):
            sa.Table(name, metadata, sa.Column("value", type_))
        with self._engine.begin() as connection:
            metadata.create_all(connection)
            for value in values:
                connection.execute(metadata.tables["old"].insert(), {"value": value})
        items = self.dialect.catalogs.read(self.ask, [None]).items
        self._columns: dict[str | None, Item] = {item.table: item for item in items if item.kind == COLUMN}

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the driver, as the databases are asked."""
        with self._engine.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]

    @property
    def keeps(self) -> bool:
        """Whether it is known without a look at the rows."""
        return self.dialect.casts.keeps(self._columns["old"], self._columns["new"])

    @property
    def condition(self) -> str | None:
        """What is asked of them."""
        return self.dialect.casts.changing(self._columns["old"], self._columns["new"])

    @property
    def changing(self) -> int:
        """How many of them do not come back as they were; none, if one is refused."""
        [(number,)] = self.asked(self.condition)
        return int(number)

    @property
    def is_refused(self) -> bool:
        """Whether the new type refuses one of them, and a query can tell."""
        if (trying := self.dialect.casts.trying(self._columns["old"], self._columns["new"])) is None:
            return False
        try:
            assert self.asked(trying) == [(0,)]
        except psycopg.Error as error:
            return self.dialect.casts.refuses(error)
        return False

    def asked(self, condition: str | None) -> list[tuple[Any, ...]]:
        """How many rows a condition is true of."""
        return self.ask(f"SELECT count(*) FROM {self.dialect.quoted('old')} WHERE {condition}")


@pytest.fixture
def of(make_database: Callable[[str], str]) -> Callable[[str], Rows]:
    return lambda kind: Rows(make_database(kind))


SERVERS = (POSTGRESQL, MARIADB)
ALL = (*SERVERS, SQLITE)
CHANGES: list[tuple[str, str, list[Any], int, tuple[str, ...]]] = [
    # zeros that nobody keeps, and what is written otherwise than a number is
    ("text", "integer", ["00123", "123", "-5", "0", None], 1, ALL),
    ("text", "money", ["1.50", "1.5"], 1, SERVERS),
    ("text", "integer", ["1e3", DIGITS, "abc"], 2, (SQLITE,)),  # a word stays one
    ("text", "double", [DIGITS, "0.5"], 1, ALL),
    ("text", "date", ["2024-05-06"], 0, ALL),
    ("text", "date", ["2024-5-6", "2024-05-06"], 1, SERVERS),
    ("text", "uuid", ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"], 1, ()),
    # what is rounded
    ("double", "integer", [1.6, 2.0, None], 1, SERVERS),
    ("double", "integer", [1.6, 2.0, None], 0, (SQLITE,)),  # which keeps it as it is
    ("exact", "money", [Decimal("1.6789"), Decimal("1.25"), None], 1, SERVERS),
    ("exact", "integer", [Decimal("1.5"), Decimal(3)], 1, SERVERS),
    ("exact", "double", [Decimal("1.6789")], 0, SERVERS),
    ("double", "float", [1.23456789012345, 0.5], 1, SERVERS),
    ("double", "text", [0.1 + 0.2, 0.5], 1, (SQLITE,)),
    ("double", "text", [0.1 + 0.2, 0.5], 0, (POSTGRESQL,)),
    ("bigint", "double", [2**53 + 1, 5], 1, ALL),
    ("integer", "float", [16_777_217, 5], 1, SERVERS),
    # parts of a moment
    ("datetime", "date", [NOON, MIDNIGHT, None], 1, SERVERS),
    ("datetime", "date", [NOON], 0, (SQLITE,)),
    ("datetime", "time", [NOON], 1, SERVERS),
    ("datetime of six", "datetime of none", [PRECISE, NOON], 1, SERVERS),
    ("interval", "days", [timedelta(days=1, hours=3), timedelta(days=2)], 1, (POSTGRESQL,)),
    ("interval", "time", [timedelta(days=1, hours=3), timedelta(hours=2)], 1, (POSTGRESQL,)),
    ("datetime", "with zone", [NOON], 0, (POSTGRESQL,)),
    ("time", "interval", [time(12, 30)], 0, (POSTGRESQL,)),
    # truth, lists, and what is written in more than one way
    ("integer", "boolean", [2, 1, 0, None], 1, (POSTGRESQL,)),
    ("integer", "boolean", [2, 1, 0, None], 0, (MARIADB, SQLITE)),
    ("boolean", "integer", [True, False, None], 0, ALL),
    ("boolean", "smallint", [True, False, None], 0, (POSTGRESQL,)),
    ("json", "jsonb", [{"b": 1, "a": 2}], 0, (POSTGRESQL,)),
    ("free text", "jsonb", ['{"a":1}', '{"a": 1}'], 1, (POSTGRESQL,)),
    ("text", "integers", ["{1,2}", "{1, 2}"], 1, (POSTGRESQL,)),
    ("texts", "integers", [["01"], ["1"]], 1, (POSTGRESQL,)),
    ("enum", "text", ["a", None], 0, (MARIADB,)),
    # blanks that are too many, which a column drops
    ("text", "text of five", ["abc      ", "abc", "abc  "], 1, SERVERS),
    ("text", "char", ["abc ", "abc"], 1, SERVERS),
    ("char", "text", ["abc"], 0, SERVERS),
    ("some bytes", "bytes of five", [b"abc", b"abcde"], 1, (MARIADB,)),
    ("free text", "bytes", ["abc"], 0, SERVERS),
    # what is refused is not changed
    ("text", "text of five", ["abcdefgh"], 0, SERVERS),
    ("integer", "text of five", [1234567], 0, SERVERS),
    ("bigint", "integer", [2**40], 0, SERVERS),
    ("integer", "unsigned", [-1], 0, (MARIADB,)),
    ("text", "integer", ["12abc", "x", ""], 0, (MARIADB,)),
    ("text", "date", ["2024-13-01"], 0, (MARIADB,)),
    ("longer", "money", [Decimal(1234567890)], 0, SERVERS),
    ("texts", "texts of two", [["abc"]], 0, (POSTGRESQL,)),
    ("bits", "bits of four", ["10101010"], 0, (POSTGRESQL,)),
]


@pytest.mark.parametrize(
    ("kind", "old", "new", "values", "number"),
    [(kind, *change[:4]) for change in CHANGES for kind in change[4]],
)
def test_values_that_would_not_come_back_are_counted_and_others_are_not(
    kind: str, old: str, new: str, values: list[Any], number: int, of: Callable[[str], Rows]
) -> None:
    there = of(kind)
    there.have(old, new, values)
    assert number == (0 if there.keeps or there.is_refused else there.changing)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("smallint", "integer"),
        ("integer", "bigint"),
        ("text of five", "text"),
        ("text", "free text"),
        ("money", "longer"),
    ],
)
def test_rows_are_not_read_where_a_type_only_grows(kind: str, old: str, new: str, of: Callable[[str], Rows]) -> None:
    there = of(kind)
    there.have(old, new, [])
    assert there.keeps


def test_values_of_a_list_go_by_their_names(of: Callable[[str], Rows]) -> None:
    there = of(MARIADB)
    there.have("set", "longer set", [])
    assert there.keeps


@pytest.mark.parametrize(("old", "new"), [("enum", "integer"), ("integer", "year")])
def test_what_no_query_says_is_said_not_to_be_known(old: str, new: str, of: Callable[[str], Rows]) -> None:
    there = of(MARIADB)
    there.have(old, new, [])
    assert (there.keeps, there.condition) == (False, None)


def test_a_value_that_is_none_of_the_type_is_told_from_one_that_cannot_come_back(of: Callable[[str], Rows]) -> None:
    refused, lost = of(POSTGRESQL), of(POSTGRESQL)
    refused.have("text", "date", ["2024-13-01"])
    lost.have("bigint", "float", [2**63 - 1])
    for one in (refused, lost):
        with pytest.raises(psycopg.Error, match="out of range"):
            one.changing  # noqa: B018  # it asks
    assert (refused.is_refused, lost.is_refused) == (True, False)


def test_what_fails_for_another_reason_is_no_refusal(of: Callable[[str], Rows]) -> None:
    there = of(POSTGRESQL)
    with pytest.raises(psycopg.Error) as caught:
        there.ask("SELECT 1::nothing")
    assert not there.dialect.casts.refuses(caught.value)
