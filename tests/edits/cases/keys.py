"""Primary keys and foreign keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from ..case import MARIADB, POSTGRESQL, SERVERS, SQLITE, Build, Case
from .notes import AUTHORED, NOTES, author, authored, note, notes


def _keyed(*columns: str, name: str | None = None) -> Build:
    """Places that may be the key, alone or together."""
    return lambda metadata: Table(
        "place",
        metadata,
        Column("country", String(2), nullable=False),
        Column("city", String(20), nullable=False),
        Column("street", String(20), nullable=False),
        PrimaryKeyConstraint(*columns, name=name),
    )


_PLACES: dict[str, Any] = {
    "place": [
        {"country": "at", "city": "Wien", "street": "Ring"},
        {"country": "ch", "city": "Bern", "street": "Gasse"},
    ]
}


def _pointing(**options: Any) -> Build:
    return lambda metadata: authored(metadata, **options)


def _unpointing(metadata: MetaData) -> None:
    author(metadata)
    note(metadata, Column("author_id", Integer))


def _self(**options: Any) -> Build:
    def build(metadata: MetaData) -> None:
        keys = [ForeignKey("note.id", name="note_parent_fk", **options)] if options.pop("keys", True) else []
        note(metadata, Column("parent_id", Integer, *keys))

    return build


def _wide(key: Any, reference: Any) -> Build:
    """A key with two tables that point at it."""

    def build(metadata: MetaData) -> None:
        Table("author", metadata, Column("id", key, primary_key=True), Column("name", String(40)))
        note(metadata, Column("author_id", reference, ForeignKey("author.id", name="note_author_fk")))
        Table(
            "post",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("by", reference, ForeignKey("author.id", name="post_by_fk", ondelete="CASCADE")),
        )

    return build


def _composite(*columns: str) -> Build:
    def build(metadata: MetaData) -> None:
        _keyed("country", "city")(metadata)
        keys = (
            [ForeignKeyConstraint([*columns], ["place.country", "place.city"], name="note_place_fk")] if columns else []
        )
        note(metadata, Column("country", String(2)), Column("city", String(20)), *keys)

    return build


_CHILDREN = notes(parent_id=[None, 1, 1])
_POINTS = {**AUTHORED, "post": [{"id": 1, "by": 2}, {"id": 2, "by": None}]}
_IN_PLACES = {**_PLACES, **notes(country=["at", "ch", None], city=["Wien", "Bern", None])}

CASES = (
    Case("primary_column_added", _keyed("country", "city"), _keyed("country", "city", "street"), rows=_PLACES),
    Case("primary_column_dropped", _keyed("country", "city", "street"), _keyed("country", "city"), rows=_PLACES),
    Case("primary_of_other_columns", _keyed("country"), _keyed("city"), rows=_PLACES),
    Case("primary_in_another_order", _keyed("country", "city"), _keyed("city", "country"), rows=_PLACES),
    Case(
        "primary_renamed",
        _keyed("country", name="place_key"),
        _keyed("country", name="pk_place"),
        (SQLITE, POSTGRESQL),
        rows=_PLACES,
    ),
    Case(
        "primary_name_given", _keyed("country"), _keyed("country", name="pk_place"), (SQLITE, POSTGRESQL), rows=_PLACES
    ),
    Case(
        "primary_narrowed_against_rows",
        _keyed("country", "city"),
        _keyed("country"),
        rows={
            "place": [
                {"country": "at", "city": "Wien", "street": "a"},
                {"country": "at", "city": "Graz", "street": "b"},
            ]
        },
        refusal=dict.fromkeys((SQLITE, POSTGRESQL, MARIADB), ("place",)),
    ),
    Case("bigint_with_references", _wide(Integer, Integer), _wide(BigInteger, BigInteger), SERVERS, rows=_POINTS),
    Case("foreign_added", _unpointing, _pointing(), rows=AUTHORED),
    Case("foreign_dropped", _pointing(), _unpointing, rows=AUTHORED),
    Case("foreign_unnamed_added", _unpointing, _pointing(name=None), rows=AUTHORED),
    Case("foreign_unnamed_dropped", _pointing(name=None), _unpointing, rows=AUTHORED),
    Case("foreign_renamed", _pointing(), _pointing(name="fk_note_author"), rows=AUTHORED),
    Case("foreign_on_delete_added", _pointing(), _pointing(ondelete="CASCADE"), rows=AUTHORED),
    Case("foreign_on_delete_changed", _pointing(ondelete="CASCADE"), _pointing(ondelete="SET NULL"), rows=AUTHORED),
    Case("foreign_on_delete_dropped", _pointing(ondelete="CASCADE"), _pointing(), rows=AUTHORED),
    Case("foreign_on_update_changed", _pointing(), _pointing(onupdate="CASCADE"), rows=AUTHORED),
    Case(
        "foreign_unnamed_on_delete_changed",
        _pointing(name=None),
        _pointing(name=None, ondelete="CASCADE"),
        rows=AUTHORED,
    ),
    Case(
        "foreign_deferrable_now",
        _pointing(),
        _pointing(deferrable=True, initially="DEFERRED"),
        (SQLITE, POSTGRESQL),
        rows=AUTHORED,
    ),
    Case(
        "foreign_immediate_now",
        _pointing(deferrable=True, initially="DEFERRED"),
        _pointing(deferrable=True, initially="IMMEDIATE"),
        (SQLITE, POSTGRESQL),
        rows=AUTHORED,
    ),
    Case(
        "foreign_added_against_rows",
        _unpointing,
        _pointing(),
        SERVERS,
        rows={**AUTHORED, "note": [{"id": 1, "title": "lost", "author_id": 77}]},
        refusal=dict.fromkeys(SERVERS, ("note", "author")),
    ),
    Case(
        "foreign_to_another_table",
        _pointing(),
        lambda m: (
            author(m),
            Table("person", m, Column("id", Integer, primary_key=True)),
            note(m, Column("author_id", Integer, ForeignKey("person.id", name="note_author_fk"))),
        ),
        rows={"author": [{"id": 1, "name": "x"}], **notes(author_id=[None] * 3)},
    ),
    Case("foreign_column_added", lambda m: (author(m), note(m)), _pointing(), rows=NOTES),
    Case("foreign_column_dropped", _pointing(), lambda m: (author(m), note(m)), rows=AUTHORED),
    Case("foreign_unnamed_column_dropped", _pointing(name=None), lambda m: (author(m), note(m)), rows=AUTHORED),
    Case("to_itself_added", _self(keys=False), _self(), rows=_CHILDREN),
    Case("to_itself_on_delete_changed", _self(), _self(ondelete="CASCADE"), rows=_CHILDREN),
    Case(
        "to_itself_beside_an_edit",
        _self(ondelete="CASCADE"),
        lambda m: note(
            m,
            Column("parent_id", Integer, ForeignKey("note.id", name="note_parent_fk", ondelete="CASCADE")),
            Column("stars", Integer, nullable=False, server_default="1"),
            UniqueConstraint("title", name="title_once"),
        ),
        rows=_CHILDREN,
        then={"note.stars": [1, 1, 1]},
        foreign_keys=True,
    ),
    Case("composite_added", _composite(), _composite("country", "city"), rows=_IN_PLACES),
    Case("composite_dropped", _composite("country", "city"), _composite(), rows=_IN_PLACES),
    Case(
        "composite_unchanged_beside_an_edit",
        _composite("country", "city"),
        lambda m: (_composite("country", "city")(m), m.tables["note"].append_column(Column("stars", Integer))),
        rows=_IN_PLACES,
    ),
)
