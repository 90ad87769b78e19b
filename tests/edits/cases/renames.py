"""Columns and tables under new names, which keep their rows and what belongs to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ..case import ALL, MARIADB, POSTGRESQL, SERVERS, SQLITE, Build, Case
from .notes import AUTHORED, note, notes, noting


def _body(name: str, type_: Any = Text, **options: Any) -> Build:
    return noting(lambda: Column(name, type_, **options))


def _indexed(name: str) -> Build:
    return lambda metadata: note(
        metadata,
        Column(name, String(20)),
        Index("ix_note", name),
        Index("ix_note_both", "title", name),
        UniqueConstraint(name, name="note_once"),
    )


def _checked(name: str) -> Build:
    return noting(lambda: Column(name, Integer), lambda: CheckConstraint(f"{name} > 0", name="positive"))


def _conventional(name: str) -> Build:
    """Names of indexes and constraints follow from those of columns."""

    def build(metadata: MetaData) -> None:
        metadata.naming_convention = {
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
        note(metadata, Column(name, Integer, index=True), UniqueConstraint(name))

    return build


def _pointing(column: str, target: str = "author", key: str = "id") -> Build:
    """Notes that point at a table that may be called otherwise, by a column that may, too."""

    def build(metadata: MetaData) -> None:
        Table(target, metadata, Column(key, Integer, primary_key=True), Column("name", String(40)))
        note(metadata, Column(column, Integer, ForeignKey(f"{target}.{key}", name="note_author_fk")))

    return build


def _answering(type_: Any, column: str, **options: Any) -> Build:
    """Notes with two foreign keys that the database names: to an author of a type, and to another note."""

    def build(metadata: MetaData) -> None:
        Table("author", metadata, Column("id", type_, primary_key=True, autoincrement=False))
        note(
            metadata,
            Column("author_id", ForeignKey("author.id")),
            Column(column, ForeignKey("note.id", **options)),
        )

    return build


_ANSWERS = {"author": [{"id": 1}], **notes(author_id=[1, 1, None], parent_id=[None, 1, 1])}


def _table(name: str, **options: Any) -> Build:
    """A table with an index, a unique constraint and a check, all of which have names of their own."""
    return lambda metadata: Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        Column("title", String(40)),
        Column("stars", Integer),
        Index("ix_stars", "stars"),
        UniqueConstraint("title", name="title_once"),
        CheckConstraint("stars > 0", name="stars_positive"),
        **options,
    )


def _numbered(table: str, key: str, type_: Any, *identity: Any) -> Build:
    """A table whose key the database numbers."""
    return lambda metadata: Table(
        table,
        metadata,
        Column(key, type_, *(one._copy() for one in identity), primary_key=True),
        Column("title", String(40)),
    )


def _parent_and_child(parent: str) -> Build:
    def build(metadata: MetaData) -> None:
        Table(parent, metadata, Column("id", Integer, primary_key=True), Column("name", String(40)))
        note(
            metadata,
            Column("author_id", Integer, ForeignKey(f"{parent}.id", name="note_author_fk", ondelete="CASCADE")),
        )

    return build


def _text(*values: Any) -> dict[str, Any]:
    return notes(old=[*values])


_TABLE = {"old": [{"id": 1, "title": "a", "stars": 1}, {"id": 2, "title": "b", "stars": 2}]}
_NEXT = ["INSERT INTO new (title, stars) VALUES ('next', 3)"]
_COLUMN = {"note.old": "note.new"}

CASES = (
    Case("column", _body("old"), _body("new"), rows=_text("a", None, ""), renames=_COLUMN),
    Case(
        "column_that_is_required",
        _body("old", nullable=False),
        _body("new", nullable=False),
        rows=_text("a", "b", ""),
        renames=_COLUMN,
    ),
    Case(
        "column_with_default",
        _body("old", String(9), server_default="it's"),
        _body("new", String(9), server_default="it's"),
        rows=_text("a", None, ""),
        renames=_COLUMN,
    ),
    Case(
        "column_with_default_that_is_no_text",
        _body("old", Integer, server_default="3", nullable=False),
        _body("new", Integer, server_default="3", nullable=False),
        rows=_text(1, 2, 3),
        renames=_COLUMN,
    ),
    Case(
        "column_with_percent_and_colon_in_default",
        _body("old", String(9), server_default="1 % :b"),
        _body("new", String(9), server_default="1 % :b"),
        rows=_text("a", None, ""),
        renames=_COLUMN,
    ),
    Case(
        "column_with_collation_of_its_own",
        _body("old", String(9, collation="latin1_bin"), server_default=""),
        _body("new", String(9, collation="latin1_bin"), server_default=""),
        (MARIADB,),
        rows=_text("a", None, ""),
        renames=_COLUMN,
    ),
    Case(
        "column_with_comment",
        _body("old", String(9), comment="it's"),
        _body("new", String(9), comment="it's"),
        SERVERS,
        rows=_text("a", None, ""),
        renames=_COLUMN,
    ),
    Case("column_with_indexes", _indexed("old"), _indexed("new"), rows=_text("a", "b", None), renames=_COLUMN),
    Case(
        "column_with_names_by_convention",
        _conventional("old"),
        _conventional("new"),
        rows=_text(1, 2, None),
        renames=_COLUMN,
    ),
    Case("column_with_check", _checked("old"), _checked("new"), rows=_text(1, 2, None), renames=_COLUMN),
    Case(
        "column_that_points",
        _pointing("author_id"),
        _pointing("writer_id"),
        rows=AUTHORED,
        renames={"note.author_id": "note.writer_id"},
    ),
    Case(
        "column_that_is_pointed_at",
        _pointing("author_id"),
        _pointing("author_id", key="number"),
        rows=AUTHORED,
        renames={"author.id": "author.number"},
    ),
    Case(
        "column_of_an_enum",
        _body("old", Enum("a", "b", name="state")),
        _body("new", Enum("a", "b", name="state")),
        rows=_text("a", None, "b"),
        renames=_COLUMN,
    ),
    Case(
        "column_that_is_computed_from",
        noting(lambda: Column("old", Integer), lambda: Column("twice", Integer, Computed("old * 2", persisted=True))),
        noting(lambda: Column("new", Integer), lambda: Column("twice", Integer, Computed("new * 2", persisted=True))),
        (POSTGRESQL, SQLITE),
        rows=_text(1, 2, None),
        renames=_COLUMN,
    ),
    Case(
        "column_and_type",
        _body("old", String(20)),
        _body("new", String(40)),
        rows=_text("a", None, ""),
        renames=_COLUMN,
    ),
    Case(
        "column_and_type_to_bigint",
        _body("old", Integer),
        _body("new", BigInteger),
        rows=_text(1, None, 3),
        renames=_COLUMN,
    ),
    Case(
        "column_and_nullability",
        _body("old", String(9)),
        _body("new", String(9), nullable=False),
        rows=_text("a", "b", ""),
        renames=_COLUMN,
    ),
    Case(
        "column_and_default",
        _body("old", String(9)),
        _body("new", String(9), server_default="x"),
        rows=_text("a", None, ""),
        renames=_COLUMN,
    ),
    Case(
        "identity_column",
        _numbered("note", "old", Integer, Identity()),
        _numbered("note", "new", Integer, Identity()),
        (POSTGRESQL,),
        rows={"note": [{"old": 1, "title": "a"}, {"old": 2, "title": None}]},
        renames=_COLUMN,
        works=["INSERT INTO note (title) VALUES ('next')"],
    ),
    Case(
        "table_with_an_identity",
        _numbered("old", "id", BigInteger, Identity(start=7)),
        _numbered("new", "id", BigInteger, Identity(start=7)),
        (POSTGRESQL,),
        rows={"old": [{"id": 1, "title": "a"}, {"id": 2, "title": None}]},
        table_renames={"old": "new"},
        works=["INSERT INTO new (title) VALUES ('next')"],
    ),
    Case(
        "table_and_its_identity",
        _numbered("old", "old", Integer, Identity()),
        _numbered("new", "new", BigInteger, Identity()),
        (POSTGRESQL,),
        rows={"old": [{"old": 1, "title": "a"}, {"old": 2, "title": None}]},
        table_renames={"old": "new"},
        renames={"old.old": "new.new"},
        works=["INSERT INTO new (title) VALUES ('next')"],
    ),
    Case(
        "column_that_is_numbered_and_its_type",
        _numbered("note", "old", Integer),
        _numbered("note", "new", BigInteger),
        SERVERS,
        rows={"note": [{"old": 1, "title": "a"}, {"old": 2, "title": None}]},
        renames=_COLUMN,
        works=["INSERT INTO note (title) VALUES ('next')"],
    ),
    Case(
        "column_that_is_numbered_and_its_small_type",
        _numbered("note", "old", SmallInteger),
        _numbered("note", "new", Integer),
        SERVERS,
        rows={"note": [{"old": 1, "title": "a"}, {"old": 2, "title": None}]},
        renames=_COLUMN,
        works=["INSERT INTO note (title) VALUES ('next')"],
    ),
    Case(
        "table_and_the_type_of_its_numbers",
        _numbered("old", "id", Integer),
        _numbered("new", "id", BigInteger),
        SERVERS,
        rows={"old": [{"id": 1, "title": "a"}, {"id": 2, "title": None}]},
        table_renames={"old": "new"},
        works=["INSERT INTO new (title) VALUES ('next')"],
    ),
    Case(
        "two_columns",
        noting(lambda: Column("a", Integer), lambda: Column("b", Integer)),
        noting(lambda: Column("c", Integer), lambda: Column("d", Integer)),
        rows=notes(a=[1, 2, None], b=[4, 5, 6]),
        renames={"note.a": "note.d", "note.b": "note.c"},
    ),
    Case(
        "one_column_to_the_name_of_one_that_is_dropped",
        noting(lambda: Column("a", Integer), lambda: Column("b", String(9))),
        noting(lambda: Column("b", Integer)),
        rows=notes(a=[1, 2, None], b=["x", "y", "z"]),
        renames={"note.a": "note.b"},
        refusal=dict.fromkeys(ALL, ("note.b", "note.a")),  # the new name is there: it would be two revisions
    ),
    Case(
        "columns_that_swap",
        noting(lambda: Column("a", Integer), lambda: Column("b", String(9))),
        noting(lambda: Column("b", Integer), lambda: Column("a", String(9))),
        rows=notes(a=[1, 2, None], b=["x", "y", "z"]),
        renames={"note.a": "note.b", "note.b": "note.a"},
        refusal=dict.fromkeys(ALL, ("note.a", "note.b")),
    ),
    Case(
        "column_beside_one_that_is_added",
        noting(lambda: Column("old", Text)),
        noting(lambda: Column("new", Text), lambda: Column("more", Text)),
        rows=_text("a", None, ""),
        renames=_COLUMN,
    ),
    Case(
        "column_in_another_case",
        _body("old"),
        _body("Old"),
        (POSTGRESQL, MARIADB),
        rows=_text("a", None, ""),
        renames={"note.old": "note.Old"},
    ),
    Case(
        "column_to_a_reserved_word",
        _body("old"),
        _body("order"),
        rows=_text("a", None, ""),
        renames={"note.old": "note.order"},
    ),
    Case(
        "column_with_a_space",
        _body("old"),
        _body("new name"),
        rows=_text("a", None, ""),
        renames={"note.old": "note.new name"},
    ),
    Case(
        "column_with_a_view",
        _body("old"),
        _body("new"),
        (POSTGRESQL,),
        rows=_text("a", None, ""),
        renames=_COLUMN,
        setup={POSTGRESQL: ["CREATE TABLE apart (id int)"]},
        objects={POSTGRESQL: ["DROP TABLE apart", "CREATE VIEW titles AS SELECT id, title FROM note"]},
    ),
    Case("table", _table("old"), _table("new"), rows=_TABLE, table_renames={"old": "new"}, works=_NEXT),
    Case(
        "table_and_column",
        _table("old"),
        lambda m: (_table("new")(m), m.tables["new"].append_column(Column("more", Integer))),
        rows=_TABLE,
        table_renames={"old": "new"},
        works=_NEXT,
    ),
    Case(
        "table_and_its_column",
        lambda m: Table("old", m, Column("id", Integer, primary_key=True), Column("a", Integer)),
        lambda m: Table("new", m, Column("id", Integer, primary_key=True), Column("b", Integer)),
        rows={"old": [{"id": 1, "a": 2}]},
        table_renames={"old": "new"},
        renames={"old.a": "new.b"},
    ),
    Case(
        "table_that_is_pointed_at",
        _parent_and_child("author"),
        _parent_and_child("writer"),
        rows=AUTHORED,
        table_renames={"author": "writer"},
    ),
    Case(
        "table_that_is_pointed_at_and_enforced",
        _parent_and_child("author"),
        _parent_and_child("writer"),
        (SQLITE,),
        rows=AUTHORED,
        table_renames={"author": "writer"},
        foreign_keys=True,
    ),
    Case(
        "table_that_points_at_itself",
        lambda m: Table(
            "old", m, Column("id", Integer, primary_key=True), Column("up", Integer, ForeignKey("old.id", name="up_fk"))
        ),
        lambda m: Table(
            "new", m, Column("id", Integer, primary_key=True), Column("up", Integer, ForeignKey("new.id", name="up_fk"))
        ),
        rows={"old": [{"id": 1, "up": None}, {"id": 2, "up": 1}]},
        table_renames={"old": "new"},
    ),
    Case(
        "table_with_unnamed_constraints",
        lambda m: Table(
            "old",
            m,
            Column("id", Integer, primary_key=True),
            Column("a", Integer, unique=True),
            CheckConstraint("a > 0"),
        ),
        lambda m: Table(
            "new",
            m,
            Column("id", Integer, primary_key=True),
            Column("a", Integer, unique=True),
            CheckConstraint("a > 0"),
        ),
        rows={"old": [{"id": 1, "a": 2}]},
        table_renames={"old": "new"},
    ),
    Case(
        "table_with_counter",
        _table("old", sqlite_autoincrement=True),
        _table("new", sqlite_autoincrement=True),
        (SQLITE,),
        rows=_TABLE,
        table_renames={"old": "new"},
        works=_NEXT,
    ),
    Case(
        "unnamed_key_to_its_table_beside_a_type",
        _answering(Integer, "parent_id", ondelete="SET NULL"),
        _answering(BigInteger, "answer_to", ondelete="CASCADE"),
        rows=_ANSWERS,
        renames={"note.parent_id": "answer_to"},
    ),
    Case(
        "unnamed_keys_of_texts",
        _answering(String(10), "parent_id"),
        _answering(String(20), "answer_to"),
        SERVERS,
        rows={**_ANSWERS, "author": [{"id": "1"}], "note": [{**row, "author_id": "1"} for row in _ANSWERS["note"]]},
        renames={"note.parent_id": "answer_to"},
    ),
    Case(
        "table_with_comment",
        _table("old", comment="it's"),
        _table("new", comment="it's"),
        SERVERS,
        rows=_TABLE,
        table_renames={"old": "new"},
    ),
    Case(
        "two_tables",
        lambda m: [Table(n, m, Column("id", Integer, primary_key=True)) for n in "ab"],
        lambda m: [Table(n, m, Column("id", Integer, primary_key=True)) for n in "cd"],
        rows={"a": [{"id": 1}], "b": [{"id": 2}]},
        table_renames={"a": "d", "b": "c"},
    ),
    Case(
        "table_in_another_case", _table("old"), _table("Old"), (POSTGRESQL,), rows=_TABLE, table_renames={"old": "Old"}
    ),
    Case("table_to_a_reserved_word", _table("old"), _table("order"), rows=_TABLE, table_renames={"old": "order"}),
)
