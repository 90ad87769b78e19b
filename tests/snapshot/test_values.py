"""Whatever a column can hold comes out of an archive as it went in: any value, of any kind, in every database."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snapshot.projects import project
from support.databases import fresh_database

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
