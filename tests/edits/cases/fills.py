"""Columns that become NOT NULL while rows have no value for them, and what those get."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    TypeDecorator,
)

from ..case import ALL, MARIADB, POSTGRESQL, SERVERS, SQLITE, Build, Case
from .notes import NOTES, author, note, notes, noting

_NASTY = "'); DROP TABLE note; -- 100% :a \\\\ \u201cü\u201d {0}"


class _Trimmed(TypeDecorator[str]):
    """A type of the project's own."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """What it makes of a value."""
        return value.strip() if value is not None else None


def _required(type_: Any, **options: Any) -> Build:
    return noting(lambda: Column("extra", type_, nullable=False, **options))


def _pointing(metadata: MetaData) -> Table:
    author(metadata)
    return note(metadata, Column("author_id", Integer, ForeignKey("author.id", name="author_fk"), nullable=False))


def _pointing_at_the_end(*, nullable: bool) -> Build:
    def build(metadata: MetaData) -> None:
        author(metadata)
        key = ForeignKey("author.id", name="author_fk", deferrable=True, initially="DEFERRED")
        note(metadata, Column("author_id", Integer, key, nullable=nullable))

    return build


def _checked(*values: str, **options: Any) -> Build:
    """A text that a CHECK holds to a list, and that has room for the longest of its values."""
    return noting(
        lambda: Column("state", Enum(*values, name="state", native_enum=False, create_constraint=True), **options)
    )


CASES = (
    Case(
        "number",
        noting(),
        _required(Integer),
        rows=NOTES,
        fills={"note.extra": "-3"},
        then={"note.extra": [-3] * 3},
    ),
    Case(
        "text_that_looks_like_code",
        noting(),
        _required(String(80)),
        rows=NOTES,
        fills={"note.extra": _NASTY},
        then={"note.extra": [_NASTY] * 3},
    ),
    Case(
        "empty_text",
        noting(),
        _required(Text),
        rows=NOTES,
        fills={"note.extra": ""},
        then={"note.extra": [""] * 3},
    ),
    Case(
        "boolean",
        noting(),
        _required(Boolean),
        rows=NOTES,
        fills={"note.extra": "true"},
        then={"note.extra": [True] * 3},
    ),
    Case(
        "money",
        noting(),
        _required(Numeric(10, 2)),
        rows=NOTES,
        fills={"note.extra": "4.20"},
        then={"note.extra": [Decimal("4.20")] * 3},
    ),
    Case(
        "day",
        noting(),
        _required(Date),
        SERVERS,
        rows=NOTES,
        fills={"note.extra": "2026-01-31"},
        then={"note.extra": [datetime.date(2026, 1, 31)] * 3},
    ),
    Case(
        "moment",
        noting(),
        _required(DateTime),
        SERVERS,
        rows=NOTES,
        fills={"note.extra": "2026-01-31 12:30"},
        then={"note.extra": [datetime.datetime(2026, 1, 31, 12, 30)] * 3},
    ),
    Case(
        "day_and_moment_as_sqlite_has_them",
        noting(),
        noting(lambda: Column("day", Date, nullable=False), lambda: Column("at", DateTime, nullable=False)),
        (SQLITE,),
        rows=NOTES,
        fills={"note.day": "2026-01-31", "note.at": "2026-01-31 12:30"},
        then={"note.day": ["2026-01-31"] * 3, "note.at": ["2026-01-31 12:30:00.000000"] * 3},
    ),
    Case(
        "type_of_the_projects_own",
        noting(),
        _required(_Trimmed),
        rows=NOTES,
        fills={"note.extra": "x"},
        then={"note.extra": ["x"] * 3},
    ),
    Case(
        "enumeration",
        noting(),
        _required(Enum("new", "it's", name="state")),
        rows=NOTES,
        fills={"note.extra": "it's"},
        then={"note.extra": ["it's"] * 3},
    ),
    Case(
        "no_value_of_the_enumeration",
        noting(),
        _required(Enum("new", "done", name="state")),
        rows=NOTES,
        fills={"note.extra": "gone"},
        refusal=dict.fromkeys(ALL, ("note.extra cannot be gone", "one of new, done")),
    ),
    Case(
        "no_number",
        noting(),
        _required(Integer),
        rows=NOTES,
        fills={"note.extra": "3; DROP TABLE note"},
        refusal=dict.fromkeys(ALL, ("note.extra cannot be 3; DROP TABLE note", "of the type int")),
    ),
    Case(
        "with_a_comment_and_an_index",
        noting(),
        _required(Integer, comment="it's 100%", index=True),
        rows=NOTES,
        fills={"note.extra": "3"},
        then={"note.extra": [3] * 3},
    ),
    Case(
        "reference",
        lambda metadata: (author(metadata), note(metadata)),
        _pointing,
        rows={"author": [{"id": 7, "name": "Ada"}], **NOTES},
        fills={"note.author_id": "7"},
        then={"note.author_id": [7] * 3},
    ),
    Case(
        "several_and_others",
        noting(lambda: Column("body", Text)),
        noting(
            lambda: Column("a", Integer, nullable=False),
            lambda: Column("body", Text, nullable=False),
            lambda: Column("b", String(9), nullable=False),
            lambda: Column("c", Integer),
        ),
        rows=notes(body=["a", None, ""]),
        fills={"note.a": "1", "note.b": "x", "note.body": "none"},
        then={"note.a": [1] * 3, "note.b": ["x"] * 3, "note.body": ["a", "none", ""]},
        back={"note.body": ["a", "none", ""]},
    ),
    Case(
        "required_now",
        noting(lambda: Column("body", String(80))),
        noting(lambda: Column("body", String(80), nullable=False)),
        rows=notes(body=["a", "", None]),
        fills={"note.body": _NASTY},
        then={"note.body": ["a", "", _NASTY]},
        back={"note.body": ["a", "", _NASTY]},
    ),
    Case(
        "required_now_and_renamed",
        noting(lambda: Column("body", String(9))),
        noting(lambda: Column("text", String(9), nullable=False)),
        rows=notes(body=["a", "", None]),
        renames={"note.body": "note.text"},
        fills={"note.text": "x"},
        then={"note.text": ["a", "", "x"]},
        back={"note.body": ["a", "", "x"]},
    ),
    Case(
        "json",
        noting(),
        _required(JSON),
        (POSTGRESQL,),
        rows=NOTES,
        fills={"note.extra": '{"a": ["it\'s", 1]}'},
        then={"note.extra": [{"a": ["it's", 1]}] * 3},
    ),
    Case(
        "json_as_it_is_a_text",
        noting(),
        _required(JSON),
        (SQLITE, MARIADB),
        rows=NOTES,
        fills={"note.extra": '{"a":   ["it\'s", "\\n"]}'},
        then={"note.extra": ['{"a": ["it\'s", "\\n"]}'] * 3},
    ),
    Case(
        "what_does_not_become_required",
        noting(),
        noting(lambda: Column("extra", Integer)),
        (POSTGRESQL,),
        rows=NOTES,
        fills={"note.extra": "1"},
        refusal={POSTGRESQL: ("note.extra does not become NOT NULL",)},
    ),
    Case(
        "with_a_value_that_a_type_gets_at_the_same_time",
        noting(lambda: Column("state", Enum("new", "done", name="state"))),
        noting(lambda: Column("state", Enum("new", "done", "idea", name="state"), nullable=False)),
        SERVERS,
        rows=notes(state=["new", None, "done"]),
        fills={"note.state": "idea"},
        then={"note.state": ["new", "idea", "done"]},
        back={"note.state": ["new", None, "done"]},
        refusal={POSTGRESQL: ("note.state cannot be idea in the revision that adds this value",)},
    ),
    Case(
        "with_a_value_that_a_check_gets_at_the_same_time",
        _checked("new", "done"),
        _checked("new", "done", "longer", nullable=False),
        rows=notes(state=["new", None, "done"]),
        fills={"note.state": "longer"},
        then={"note.state": ["new", "longer", "done"]},
        back={"note.state": ["new", None, "done"]},
    ),
    Case(
        "with_a_text_that_is_longer_than_there_was_room_for",
        noting(lambda: Column("extra", String(4))),
        _required(String(20)),
        SERVERS,
        rows=notes(extra=["new", None, "done"]),
        fills={"note.extra": "it's 100% :new"},
        then={"note.extra": ["new", "it's 100% :new", "done"]},
        back={"note.extra": ["new", None, "done"]},
    ),
    Case(
        "of_another_type",
        noting(lambda: Column("extra", Integer)),
        _required(String(20), server_default="x", comment="c"),
        (SQLITE, MARIADB),
        rows=notes(extra=[1, None, 3]),
        fills={"note.extra": "007"},
        then={"note.extra": ["1", "007", "3"]},
        back={"note.extra": [1, 7, 3]},
    ),
    Case(
        "of_a_key_that_is_checked_at_the_end",
        _pointing_at_the_end(nullable=True),
        _pointing_at_the_end(nullable=False),
        (POSTGRESQL,),
        rows={"author": [{"id": 1, "name": "Ada"}], **notes(author_id=[None, 1, None])},
        fills={"note.author_id": "1"},
        then={"note.author_id": [1, 1, 1]},
        back={"note.author_id": [1, 1, 1]},
    ),
)
