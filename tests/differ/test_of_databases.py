"""Renames are seen in what databases say of themselves: each has words of its own for constraints and indexes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from whimbrel.catalog import Catalog
from whimbrel.connect.engine import query_of
from whimbrel.connect.url import parse
from whimbrel.dialects import dialect_of
from whimbrel.differ import column_candidates, common_tables, table_candidates


def _blog(users: str, name: str, team: str, index: str) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("teams", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table(
        users,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(name, sa.String(80), nullable=False),
        sa.Column(team, sa.ForeignKey("teams.id")),
        sa.Column("points", sa.Integer, server_default="0"),
        sa.CheckConstraint(sa.column(name) != "", name="ck_name"),
        sa.Index(index, name),
    )
    sa.Table(
        "posts",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.ForeignKey(f"{users}.id")),
    )
    return metadata


def _catalog(metadata: sa.MetaData, url: str) -> Catalog:
    """What a database makes of models."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    metadata.create_all(engine)
    with engine.connect() as connection:
        return dialect_of(parse(url)).catalogs.read(query_of(connection.connection.dbapi_connection), (None,))


@pytest.fixture
def catalogs(kind: str, make_database: Callable[[str], str]) -> Callable[[sa.MetaData, sa.MetaData], list[Catalog]]:
    """Two schemas as a database of each kind in turn has them."""
    return lambda *both: [_catalog(one, make_database(kind)) for one in both]


def test_columns_are_seen_with_the_keys_that_they_are_in(catalogs: Callable[..., list[Catalog]]) -> None:
    before, after = catalogs(
        _blog("users", "full_name", "team", "by_name"), _blog("users", "Display Name", "team_id", "by_display_name")
    )
    assert table_candidates(before, after) == []
    name, team = column_candidates(before, after, common_tables(before, after))
    assert (name.rename.old, name.rename.new) == ("full_name", "Display Name")
    assert (team.rename.old, team.rename.new) == ("team", "team_id")
    for candidate, reasons in ((name, ["same type", "same index"]), (team, ["same type", "same foreign key"])):
        assert all(any(reason in told for told in candidate.reasons) for reason in reasons), candidate.reasons


def test_a_renamed_table_with_renamed_columns_is_seen_with_those_that_refer_to_it(
    catalogs: Callable[..., list[Catalog]],
) -> None:
    before, after = catalogs(
        _blog("users", "full_name", "team", "by_name"), _blog("people", "display_name", "team_id", "by_display_name")
    )
    [table] = table_candidates(before, after)
    assert (table.rename.old, table.rename.new) == ("users", "people")
    assert "the same tables refer to it" in table.reasons
    tables = {(None, "users"): (None, "people")}
    assert [one.rename.new for one in column_candidates(before, after, tables)] == ["display_name", "team_id"]


def test_what_a_database_says_twice_has_no_candidates(catalogs: Callable[..., list[Catalog]]) -> None:
    before, after = catalogs(_blog("users", "name", "team", "by_name"), _blog("users", "name", "team", "by_name"))
    assert table_candidates(before, after) == column_candidates(before, after, common_tables(before, after)) == []
