"""Columns that come, go, and may be empty."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, LargeBinary, Numeric, String, Text, text

from ..case import ALL, MARIADB, POSTGRESQL, SQLITE, Case
from .notes import NOTES, note, notes, noting

CASES = (
    Case("added", noting(), noting(lambda: Column("body", Text)), rows=NOTES),
    Case(
        "added_several",
        noting(),
        noting(
            lambda: Column("body", Text),
            lambda: Column("price", Numeric(10, 2)),
            lambda: Column("due", Date),
            lambda: Column("data", LargeBinary),
        ),
        rows=NOTES,
    ),
    Case(
        "added_required_with_default",
        noting(),
        noting(lambda: Column("stars", Integer, server_default="3", nullable=False)),
        rows=NOTES,
        then={"note.stars": [3, 3, 3]},
    ),
    Case(
        "added_required_with_text_default",
        noting(),
        noting(lambda: Column("state", String(20), server_default="it's new", nullable=False)),
        rows=NOTES,
        then={"note.state": ["it's new"] * 3},
    ),
    Case(
        "added_required_boolean",
        noting(),
        noting(lambda: Column("done", Boolean, server_default=text("false"), nullable=False)),
        rows=NOTES,
        then={"note.done": [False] * 3},
    ),
    Case(
        "added_required_without_default_to_rows",
        noting(),
        noting(lambda: Column("stars", Integer, nullable=False)),
        (SQLITE, POSTGRESQL),
        rows=NOTES,
        refusal=dict.fromkeys(ALL, ("note", "stars")),
    ),
    Case(
        "added_required_gets_the_default_of_its_type",  # as the server has it; a note says so
        noting(),
        noting(lambda: Column("stars", Integer, nullable=False)),
        (MARIADB,),
        rows=NOTES,
        then={"note.stars": [0, 0, 0]},
    ),
    Case(
        "added_required_without_default_to_no_rows",
        noting(),
        noting(lambda: Column("stars", Integer, nullable=False)),
    ),
    Case(
        "dropped",
        noting(lambda: Column("body", Text)),
        noting(),
        rows=notes(body=["a", "b", None]),
    ),
    Case(
        "dropped_required_with_default",
        noting(lambda: Column("stars", Integer, nullable=False, server_default="1")),
        noting(),
        rows=notes(stars=[4, 5, 6]),
        back={"note.stars": [1, 1, 1]},
    ),
    Case(
        "dropped_required_without_default",
        noting(lambda: Column("stars", Integer, nullable=False)),
        noting(),
        (SQLITE, POSTGRESQL),
        rows=notes(stars=[4, 5, 6]),
        one_way=("note", "stars"),
    ),
    Case(
        "dropped_required_comes_back_with_the_default_of_its_type",
        noting(lambda: Column("stars", Integer, nullable=False)),
        noting(),
        (MARIADB,),
        rows=notes(stars=[4, 5, 6]),
        back={"note.stars": [0, 0, 0]},
    ),
    Case(
        "dropped_and_added",
        noting(lambda: Column("body", Text)),
        noting(lambda: Column("due", DateTime)),
        rows=notes(body=["a", "b", None]),
    ),
    Case(
        "required_now",
        noting(lambda: Column("body", String(9))),
        noting(lambda: Column("body", String(9), nullable=False)),
        rows=notes(body=["a", "b", ""]),
    ),
    Case(
        "required_now_and_empty_in_a_row",
        noting(lambda: Column("body", String(9))),
        noting(lambda: Column("body", String(9), nullable=False)),
        rows=notes(body=["a", "b", None]),
        refusal=dict.fromkeys(ALL, ("note", "body")),
    ),
    Case(
        "optional_now",
        noting(lambda: Column("body", String(9), nullable=False)),
        noting(lambda: Column("body", String(9))),
        rows=notes(body=["a", "b", ""]),
    ),
    Case(
        "required_now_keeps_default",
        noting(lambda: Column("body", String(9), server_default="x'y")),
        noting(lambda: Column("body", String(9), server_default="x'y", nullable=False)),
        rows=notes(body=["a", "b", ""]),
    ),
    Case(
        "required_now_keeps_default_with_percent",
        noting(lambda: Column("body", String(9), server_default="100%")),
        noting(lambda: Column("body", String(9), server_default="100%", nullable=False)),
        rows=notes(body=["a", "b", ""]),
    ),
    Case(
        "moved_in_the_model",
        noting(lambda: Column("a", Integer), lambda: Column("b", Integer)),
        lambda metadata: note(metadata, Column("b", Integer), Column("a", Integer)),
        rows=notes(a=[1, 2, 3], b=[4, 5, 6]),
    ),
)
