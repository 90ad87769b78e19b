"""What is SQLite's own, and must come through the rebuild of a table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

from ..case import SQLITE, Build, Case
from .notes import AUTHORED, NOTES, author, authored, note, notes, noting


def _rebuilt(label: str, *make: Any, rows: Any = None, objects: Any = (), works: Any = (), **options: Any) -> Case:
    """A column becomes longer, which only a rebuild can do, and what `make` makes comes through it."""

    def build(length: int) -> Build:
        return noting(lambda: Column("body", String(length)), *make, **options)

    return Case(
        label,
        build(20),
        build(40),
        (SQLITE,),
        rows=rows or notes(body=["a", None, "c"]),
        objects={SQLITE: objects},
        works=works,
    )


def _family(length: int, **options: Any) -> Build:
    """A table whose rows have children."""

    def build(metadata: MetaData) -> None:
        Table("author", metadata, Column("id", Integer, primary_key=True), Column("name", String(length)))
        note(metadata, Column("author_id", Integer, ForeignKey("author.id", name="note_author_fk", **options)))

    return build


def _strict(optional: bool) -> Build:
    """A table with types that STRICT knows."""
    return lambda metadata: Table(
        "note",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("title", Text, nullable=False),
        Column("body", Text, nullable=optional),
        sqlite_strict=True,
    )


_SEARCH = "CREATE VIRTUAL TABLE search USING fts5(title)"

CASES = (
    _rebuilt("autoincrement", sqlite_autoincrement=True, works=["INSERT INTO note (title) VALUES ('x')"]),
    _rebuilt("without_rowid", sqlite_with_rowid=False),
    Case("strict", _strict(True), _strict(False), (SQLITE,), rows=notes(body=["a", "b", "c"])),
    _rebuilt("expression_index", lambda: Index("ix_lower", text("lower(title)"))),
    _rebuilt("partial_index", lambda: Index("ix_some", "title", sqlite_where=text("id > 1"))),
    _rebuilt("descending_index", lambda: Index("ix_down", text("title DESC"))),
    _rebuilt("collated_column", lambda: Column("nick", String(9, collation="NOCASE"))),
    _rebuilt("stored_column", lambda: Column("twice", Integer, Computed("id * 2", persisted=True))),
    _rebuilt("virtual_column", lambda: Column("twice", Integer, Computed("id * 2", persisted=False))),
    _rebuilt("named_check", lambda: CheckConstraint("length(title) < 99", name="title_short")),
    _rebuilt("unnamed_check", lambda: CheckConstraint("length(title) < 99")),
    _rebuilt("unnamed_unique", lambda: Column("nick", String(9), unique=True)),
    _rebuilt("unnamed_unique_of_two", lambda: UniqueConstraint("title", "body")),
    _rebuilt("default_expression", lambda: Column("made", Text, server_default=text("(datetime('now'))"))),
    _rebuilt("default_now", lambda: Column("made", Text, server_default=func.current_timestamp())),
    _rebuilt("default_with_quote", lambda: Column("nick", Text, server_default='it\'s "x"')),
    _rebuilt("default_that_looks_like_a_call", lambda: Column("nick", Text, server_default="now()")),
    _rebuilt("on_conflict", lambda: UniqueConstraint("title", name="title_once", sqlite_on_conflict="REPLACE")),
    Case(
        "trigger_on_another_table",
        lambda m: authored(m),
        lambda m: (
            author(m),
            note(
                m,
                Column("author_id", Integer, ForeignKey("author.id", name="note_author_fk")),
                Column("n", Integer, nullable=False, server_default="1"),
                UniqueConstraint("title", name="once"),
            ),
        ),
        (SQLITE,),
        rows=AUTHORED,
        then={"note.n": [1, 1, 1]},
        objects={SQLITE: ["CREATE TRIGGER touching AFTER INSERT ON author BEGIN UPDATE note SET title = title; END"]},
    ),
    Case(
        "view_of_the_rebuilt_table",
        noting(lambda: Column("body", String(20))),
        noting(lambda: Column("body", String(40))),
        (SQLITE,),
        rows=notes(body=["a", None, "c"]),
        objects={SQLITE: ["CREATE VIEW bodies AS SELECT body FROM note"]},
    ),
    Case(
        "virtual_table_beside",
        noting(),
        noting(lambda: Column("body", Text)),
        (SQLITE,),
        rows=NOTES,
        objects={SQLITE: [_SEARCH]},
    ),
    Case(
        "children_that_would_be_deleted",
        _family(20, ondelete="CASCADE"),
        _family(40, ondelete="CASCADE"),
        (SQLITE,),
        rows=AUTHORED,
        foreign_keys=True,
    ),
    Case(
        "children_that_would_be_set_null",
        _family(20, ondelete="SET NULL"),
        _family(40, ondelete="SET NULL"),
        (SQLITE,),
        rows=AUTHORED,
        foreign_keys=True,
    ),
    Case(
        "children_that_would_forbid_it",
        _family(20, ondelete="RESTRICT"),
        _family(40, ondelete="RESTRICT"),
        (SQLITE,),
        rows=AUTHORED,
        foreign_keys=True,
    ),
    Case(
        "children_that_are_not_enforced",
        _family(20, ondelete="CASCADE"),
        _family(40, ondelete="CASCADE"),
        (SQLITE,),
        rows=AUTHORED,
    ),
    Case(
        "references_that_are_broken_already",
        _family(20),
        _family(40),
        (SQLITE,),
        rows={"author": [{"id": 1, "name": "a"}], "note": [{"id": 1, "title": "b", "author_id": 7}]},
    ),
    Case("autoincrement_now", noting(), noting(sqlite_autoincrement=True), (SQLITE,), rows=NOTES),
    Case(
        "two_tables_rebuilt",
        lambda m: _family(20)(m),
        lambda m: (
            Table("author", m, Column("id", Integer, primary_key=True), Column("name", String(40))),
            note(m, Column("author_id", Integer, ForeignKey("author.id", name="note_author_fk", ondelete="CASCADE"))),
        ),
        (SQLITE,),
        rows=AUTHORED,
        foreign_keys=True,
    ),
)
