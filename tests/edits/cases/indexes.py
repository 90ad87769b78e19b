"""Indexes: what they are of, in which order, of which rows, and how."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects import postgresql

from ..case import ALL, MARIADB, POSTGRESQL, SERVERS, SQLITE, Build, Case
from .notes import note, notes

_ROWS = notes(stars=[3, 2, None], body=["x", "y", None])


def _indexed(*make: Any) -> Build:
    """The table with columns to index, and what `make` makes of its columns."""

    def build(metadata: MetaData) -> None:
        table = note(metadata, Column("stars", Integer), Column("body", String(200)))
        for one in make:
            one(table.c)

    return build


def _changed(label: str, old: Any, new: Any, databases: Any = ALL, **more: Any) -> Case:
    return Case(label, _indexed(*filter(None, [old])), _indexed(*filter(None, [new])), databases, rows=_ROWS, **more)


def _stars(c: Any) -> Index:
    return Index("ix_note", c.stars)


CASES = (
    _changed("added", None, _stars),
    _changed("dropped", _stars, None),
    _changed("renamed", _stars, lambda c: Index("ix_stars", c.stars)),
    _changed("column_added", _stars, lambda c: Index("ix_note", c.stars, c.title)),
    _changed(
        "columns_in_another_order",
        lambda c: Index("ix_note", c.stars, c.title),
        lambda c: Index("ix_note", c.title, c.stars),
    ),
    _changed("of_another_column", _stars, lambda c: Index("ix_note", c.title)),
    _changed("unique_now", _stars, lambda c: Index("ix_note", c.stars, unique=True)),
    _changed("no_longer_unique", lambda c: Index("ix_note", c.stars, unique=True), _stars),
    _changed("unique_added", None, lambda c: Index("ix_note", c.title, unique=True)),
    _changed("descending_added", None, lambda c: Index("ix_note", c.stars.desc())),
    _changed("descending_now", _stars, lambda c: Index("ix_note", c.stars.desc())),
    _changed(
        "nulls_first_now",
        lambda c: Index("ix_note", c.stars),
        lambda c: Index("ix_note", c.stars.nulls_first()),
        (POSTGRESQL,),
    ),
    _changed(
        "nulls_last_now",
        lambda c: Index("ix_note", c.stars.desc()),
        lambda c: Index("ix_note", c.stars.desc().nulls_last()),
        (POSTGRESQL,),
    ),
    _changed("expression_added", None, lambda c: Index("ix_note", func.lower(c.title)), (SQLITE, POSTGRESQL)),
    _changed("expression_dropped", lambda c: Index("ix_note", func.lower(c.title)), None, (SQLITE, POSTGRESQL)),
    _changed(
        "expression_changed",
        lambda c: Index("ix_note", func.lower(c.title)),
        lambda c: Index("ix_note", func.upper(c.title)),
        (SQLITE, POSTGRESQL),
    ),
    _changed(
        "expression_and_column_changed",
        lambda c: Index("ix_note", func.lower(c.title), c.stars),
        lambda c: Index("ix_note", func.lower(c.title), c.body),
        (SQLITE, POSTGRESQL),
    ),
    _changed(
        "unique_expression_added",
        None,
        lambda c: Index("ix_note", func.lower(c.title), unique=True),
        (SQLITE, POSTGRESQL),
    ),
    _changed(
        "where_added",
        _stars,
        lambda c: Index("ix_note", c.stars, postgresql_where=c.stars > 1, sqlite_where=c.stars > 1),
        (SQLITE, POSTGRESQL),
    ),
    _changed(
        "where_changed",
        lambda c: Index("ix_note", c.stars, postgresql_where=c.stars > 1, sqlite_where=c.stars > 1),
        lambda c: Index("ix_note", c.stars, postgresql_where=c.stars > 2, sqlite_where=c.stars > 2),
        (SQLITE, POSTGRESQL),
    ),
    _changed(
        "where_dropped",
        lambda c: Index("ix_note", c.stars, postgresql_where=c.stars > 1, sqlite_where=c.stars > 1),
        _stars,
        (SQLITE, POSTGRESQL),
    ),
    _changed(
        "where_with_text_added",
        None,
        lambda c: Index(
            "ix_note", c.stars, postgresql_where=text("title <> 'it''s'"), sqlite_where=text("title <> 'it''s'")
        ),
        (SQLITE, POSTGRESQL),
    ),
    _changed("include_added", _stars, lambda c: Index("ix_note", c.stars, postgresql_include=["title"]), (POSTGRESQL,)),
    _changed(
        "include_dropped", lambda c: Index("ix_note", c.stars, postgresql_include=["title"]), _stars, (POSTGRESQL,)
    ),
    _changed("hash_now", _stars, lambda c: Index("ix_note", c.stars, postgresql_using="hash"), (POSTGRESQL,)),
    _changed("brin_now", _stars, lambda c: Index("ix_note", c.stars, postgresql_using="brin"), (POSTGRESQL,)),
    _changed(
        "operators_given",
        lambda c: Index("ix_note", c.title),
        lambda c: Index("ix_note", c.title, postgresql_ops={"title": "varchar_pattern_ops"}),
        (POSTGRESQL,),
    ),
    _changed(
        "fillfactor_given",
        _stars,
        lambda c: Index("ix_note", c.stars, postgresql_with={"fillfactor": 50}),
        (POSTGRESQL,),
    ),
    _changed(
        "nulls_not_distinct_now",
        lambda c: Index("ix_note", c.stars, unique=True),
        lambda c: Index("ix_note", c.stars, unique=True, postgresql_nulls_not_distinct=True),
        (POSTGRESQL,),
    ),
    Case(
        "gin_added",
        lambda m: note(m, Column("data", postgresql.JSONB)),
        lambda m: note(m, Column("data", postgresql.JSONB), Index("ix_note", "data", postgresql_using="gin")),
        (POSTGRESQL,),
        rows=notes(data=[{"a": 1}, [], None]),
    ),
    Case(
        "gin_operators_changed",
        lambda m: note(m, Column("data", postgresql.JSONB), Index("ix_note", "data", postgresql_using="gin")),
        lambda m: note(
            m,
            Column("data", postgresql.JSONB),
            Index("ix_note", "data", postgresql_using="gin", postgresql_ops={"data": "jsonb_path_ops"}),
        ),
        (POSTGRESQL,),
        rows=notes(data=[{"a": 1}, [], None]),
    ),
    Case(
        "gist_added",
        lambda m: note(m, Column("span", postgresql.INT4RANGE)),
        lambda m: note(m, Column("span", postgresql.INT4RANGE), Index("ix_note", "span", postgresql_using="gist")),
        (POSTGRESQL,),
        rows=notes(span=[None, None, None]),
    ),
    _changed(
        "prefix_added",
        lambda c: Index("ix_note", c.body),
        lambda c: Index("ix_note", c.body, mysql_length=10),
        (MARIADB,),
    ),
    _changed(
        "prefix_changed",
        lambda c: Index("ix_note", c.body, mysql_length=10),
        lambda c: Index("ix_note", c.body, mysql_length={"body": 20}),
        (MARIADB,),
    ),
    Case(
        "of_long_text_with_prefix_added",
        lambda m: note(m, Column("body", Text)),
        lambda m: note(m, Column("body", Text), Index("ix_note", "body", mysql_length=10)),
        (MARIADB,),
        rows=notes(body=["a", "b", None]),
    ),
    _changed("fulltext_added", None, lambda c: Index("ix_note", c.body, mysql_prefix="FULLTEXT"), (MARIADB,)),
    _changed(
        "fulltext_now",
        lambda c: Index("ix_note", c.body),
        lambda c: Index("ix_note", c.body, mysql_prefix="FULLTEXT"),
        (MARIADB,),
    ),
    Case(
        "of_a_column_that_is_added",
        lambda m: note(m),
        lambda m: note(m, Column("stars", Integer, index=True)),
        rows={"note": [{"id": 1, "title": "a"}]},
    ),
    Case(
        "of_a_column_that_is_dropped",
        lambda m: note(m, Column("stars", Integer, index=True)),
        lambda m: note(m),
        rows=notes(stars=[1, 2, None]),
    ),
    Case(
        "of_two_columns_one_of_which_is_dropped",
        lambda m: note(m, Column("stars", Integer), Index("ix_note", "title", "stars")),
        lambda m: note(m),
        rows=notes(stars=[1, 2, None]),
    ),
    Case(
        "unique_index_to_constraint",
        lambda m: note(m, Index("title_once", "title", unique=True)),
        lambda m: note(m, UniqueConstraint("title", name="title_once")),
        (SQLITE, POSTGRESQL),
        rows=notes(),
    ),
    Case(
        "added_against_rows",
        lambda m: note(m, Column("stars", Integer)),
        lambda m: note(m, Column("stars", Integer), Index("stars_once", "stars", unique=True)),
        rows=notes(stars=[1, 1, None]),
        refusal=dict.fromkeys(ALL, ("note", "stars_once")),
    ),
    Case(
        "unmanaged_one_is_dropped",
        lambda m: note(m, Index("by_hand", "title")),
        lambda m: note(m),
        SERVERS,
        rows=notes(),
    ),
)
