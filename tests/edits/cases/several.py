"""Many edits at once, as a day of work has them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ..case import SERVERS, Case
from .notes import AUTHORED, author, note, notes


def _old(metadata: MetaData) -> None:
    note(
        metadata,
        Column("stars", Integer),
        Column("body", String(20)),
        Column("gone", Text),
        Index("ix_stars", "stars"),
        UniqueConstraint("body", name="body_once"),
        CheckConstraint("stars > 0", name="stars_positive"),
    )


def _new(metadata: MetaData) -> None:
    note(
        metadata,
        Column("stars", BigInteger, nullable=False, server_default="1"),
        Column("body", String(40)),
        Column("seen", DateTime),
        Index("ix_stars", "stars", "body"),
        UniqueConstraint("body", "stars", name="body_once"),
        CheckConstraint("stars > -1", name="stars_positive"),
    )


def _with_author(metadata: MetaData) -> None:
    author(metadata, Column("email", String(99), unique=True))
    note(
        metadata,
        Column("author_id", Integer, ForeignKey("author.id", name="note_author_fk", ondelete="CASCADE"), index=True),
        Column("state", Enum("new", "done", name="state"), server_default="new", nullable=False),
    )


def _tagged(metadata: MetaData) -> None:
    _with_author(metadata)
    Table("tag", metadata, Column("id", Integer, primary_key=True), Column("name", String(20), unique=True))
    Table(
        "note_tag",
        metadata,
        Column("note_id", ForeignKey("note.id", ondelete="CASCADE"), primary_key=True),
        Column("tag_id", ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
        Column("is_main", Boolean, server_default=text("false"), nullable=False),
    )


def _two_renamed(metadata: MetaData) -> None:
    note(
        metadata,
        Column("rating", BigInteger),
        Column("content", String(40), nullable=False),
        Column("extra", Integer),
        Index("ix_stars", "rating"),
        UniqueConstraint("content", name="body_once"),
        CheckConstraint("rating > 0", name="stars_positive"),
    )


_ROWS = notes(stars=[1, 2, 3], body=["a", "b", None], gone=["x", None, "z"])

CASES = (
    Case("in_one_table", _old, _new, rows=_ROWS),
    Case(
        "with_renames",
        _old,
        _two_renamed,
        rows=notes(stars=[1, 2, None], body=["a", "b", ""], gone=["x", None, "z"]),
        renames={"note.stars": "note.rating", "note.body": "note.content"},
    ),
    Case(
        "tables_added_that_point_at_each_other",
        lambda m: note(m),
        _tagged,
        rows=notes(),
        then={"note.state": ["new"] * 3},
    ),
    Case(
        "table_added_and_pointed_at",
        lambda m: (author(m), note(m, Column("author_id", Integer))),
        _with_author,
        SERVERS,
        rows=AUTHORED,
        then={"note.state": ["new"] * 3},
    ),
    Case(
        "column_moved_to_another_table",
        lambda m: (author(m), note(m, Column("email", String(20)))),
        lambda m: (author(m, Column("email", String(20))), note(m)),
        rows={"author": [{"id": 1, "name": "a"}], **notes(email=["x", None, None])},
    ),
    Case(
        "table_dropped_and_its_column_renamed_elsewhere",
        lambda m: (author(m), note(m, Column("old", Integer))),
        lambda m: note(m, Column("new", Integer)),
        rows={"author": [{"id": 1, "name": "a"}], **notes(old=[1, 2, None])},
        renames={"note.old": "note.new"},
        allow_drop=["author"],
    ),
)
