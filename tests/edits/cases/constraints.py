"""UNIQUE and EXCLUDE constraints."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, UniqueConstraint
from sqlalchemy.dialects import postgresql

from ..case import POSTGRESQL, SERVERS, SQLITE, Build, Case
from .notes import NOTES, note, notes, noting


def _unique(*columns: str, name: str | None = "note_once", **options: Any) -> Build:
    """The table with a constraint, or without one."""

    def build(metadata: MetaData) -> None:
        constraints = [UniqueConstraint(*columns, name=name, **options)] if columns else []
        note(metadata, Column("stars", Integer), Column("body", String(20)), *constraints)

    return build


def _excluding(operator: str | None, name: str | None = "no_overlap", where: str | None = None) -> Build:
    """Spans of numbers that must not overlap, or must not be equal."""

    def build(metadata: MetaData) -> None:
        more = []
        if operator:
            more = [postgresql.ExcludeConstraint(("span", operator), using="gist", name=name, where=where)]
        note(metadata, Column("span", postgresql.INT4RANGE), *more)

    return build


_ROWS = notes(stars=[1, 2, None], body=["x", "x", None])
_SPANS = notes(span=["[1,3)", "[3,5)", None])

CASES = (
    Case("unique_added", _unique(), _unique("title"), rows=_ROWS),
    Case("unique_dropped", _unique("title"), _unique(), rows=_ROWS),
    Case("unique_renamed", _unique("title"), _unique("title", name="title_once"), rows=_ROWS),
    Case("unique_column_added", _unique("title"), _unique("title", "stars"), rows=_ROWS),
    Case("unique_of_other_columns", _unique("title"), _unique("stars"), rows=_ROWS),
    Case("unique_in_another_order", _unique("title", "stars"), _unique("stars", "title"), rows=_ROWS),
    Case("unique_unnamed_added", _unique(), _unique("title", name=None), rows=_ROWS),
    Case("unique_unnamed_dropped", _unique("title", name=None), _unique(), rows=_ROWS),
    Case("unique_unnamed_column_added", _unique("title", name=None), _unique("title", "stars", name=None), rows=_ROWS),
    Case(
        "unique_added_against_rows",
        _unique(),
        _unique("body"),
        rows=_ROWS,
        refusal={SQLITE: ("note.body",), **dict.fromkeys(SERVERS, ("note", "note_once"))},
    ),
    Case(
        "unique_of_a_dropped_column",
        lambda m: note(m, Column("stars", Integer, unique=True)),
        noting(),
        rows=notes(stars=[1, 2, None]),
    ),
    Case("unique_of_a_new_column", noting(), lambda m: note(m, Column("stars", Integer, unique=True)), rows=NOTES),
    Case(
        "unique_deferrable_now",
        _unique("title"),
        _unique("title", deferrable=True, initially="DEFERRED"),
        (POSTGRESQL,),
        rows=_ROWS,
    ),
    Case("unique_no_longer_deferrable", _unique("title", deferrable=True), _unique("title"), (POSTGRESQL,), rows=_ROWS),
    Case(
        "unique_nulls_not_distinct_now",
        _unique("stars"),
        _unique("stars", postgresql_nulls_not_distinct=True),
        (POSTGRESQL,),
        rows=_ROWS,
    ),
    Case(
        "unique_include_added",
        _unique("title"),
        _unique("title", postgresql_include=["stars"]),
        (POSTGRESQL,),
        rows=_ROWS,
    ),
    Case(
        "unique_on_conflict_added",
        _unique("title"),
        _unique("title", sqlite_on_conflict="IGNORE"),
        (SQLITE,),
        rows=_ROWS,
    ),
    Case("exclude_added", _excluding(None), _excluding("&&"), (POSTGRESQL,), rows=_SPANS),
    Case("exclude_dropped", _excluding("&&"), _excluding(None), (POSTGRESQL,), rows=_SPANS),
    Case("exclude_operator_changed", _excluding("&&"), _excluding("="), (POSTGRESQL,), rows=_SPANS),
    Case("exclude_where_added", _excluding("&&"), _excluding("&&", where="id > 10"), (POSTGRESQL,), rows=_SPANS),
    Case("exclude_renamed", _excluding("&&"), _excluding("&&", "no_two_at_once"), (POSTGRESQL,), rows=_SPANS),
    Case(
        "exclude_beside_an_edit",
        _excluding("&&"),
        lambda m: (_excluding("&&")(m), m.tables["note"].append_column(Column("stars", Integer))),
        (POSTGRESQL,),
        rows=_SPANS,
    ),
    Case(
        "exclude_of_two_columns_added",
        lambda m: note(m, Column("room", Integer), Column("span", postgresql.INT4RANGE)),
        lambda m: note(
            m,
            Column("room", Integer),
            Column("span", postgresql.INT4RANGE),
            postgresql.ExcludeConstraint(("room", "="), ("span", "&&"), using="gist", name="no_overlap"),
        ),
        (POSTGRESQL,),
        rows=notes(room=[1, 1, 2], span=["[1,3)", "[3,5)", "[1,5)"]),
        setup={POSTGRESQL: ["CREATE EXTENSION btree_gist"]},
    ),
    Case(
        "unique_of_two_dropped_with_foreign_key_beside",
        lambda m: _unique("title", "stars")(m),
        _unique(),
        SERVERS,
        rows=_ROWS,
    ),
)
