"""Tables in another schema than the default one: a schema of PostgreSQL, a second database of MariaDB."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from ..case import POSTGRESQL, SERVERS, Build, Case, elsewhere
from .notes import NOTES, note


def _sale(*make: Any) -> Build:
    """A table beside, and what `make` makes for it."""

    def build(metadata: MetaData) -> None:
        note(metadata)
        Table(
            "sale",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("name", String(20)),
            *(one() for one in make),
            schema=elsewhere(metadata),
        )

    return build


def _pointing(into: bool, ondelete: str | None = None, keys: bool = True) -> Build:
    """A reference from the default schema into the other one, or the other way round."""

    def build(metadata: MetaData) -> None:
        other = elsewhere(metadata)
        target = f"{other}.sale.id" if into else "note.id"
        key = [ForeignKey(target, name="across_fk", ondelete=ondelete)] if keys else []
        note(metadata, *([Column("sale_id", Integer, *key)] if into else []))
        more = [] if into else [Column("note_id", Integer, *key)]
        Table("sale", metadata, Column("id", Integer, primary_key=True), *more, schema=other)

    return build


def _same_name(*make: Any) -> Build:
    """Tables of one name in both."""

    def build(metadata: MetaData) -> None:
        note(metadata)
        note(metadata, *(one() for one in make), schema=elsewhere(metadata))

    return build


_SALES = {**NOTES, "other.sale": [{"id": 1, "name": "a"}, {"id": 2, "name": None}]}
_BOTH = {**NOTES, "other.note": [{"id": 1, "title": "there"}]}

CASES = (
    Case(
        "column_added",
        _sale(),
        _sale(lambda: Column("price", Integer, server_default="7", nullable=False)),
        SERVERS,
        rows=_SALES,
        then={"other.sale.price": [7, 7]},
    ),
    Case("column_dropped", _sale(lambda: Column("price", Integer)), _sale(), SERVERS, rows=_SALES),
    Case(
        "type_changed",
        _sale(lambda: Column("price", Integer)),
        _sale(lambda: Column("price", BigInteger)),
        SERVERS,
        rows=_SALES,
    ),
    Case(
        "column_renamed",
        _sale(lambda: Column("price", Integer)),
        _sale(lambda: Column("cost", Integer)),
        SERVERS,
        rows={**NOTES, "other.sale": [{"id": 1, "price": 3}]},
        renames={"other.sale.price": "other.sale.cost"},
    ),
    Case(
        "table_renamed",
        _sale(),
        lambda m: (
            note(m),
            Table("sold", m, Column("id", Integer, primary_key=True), Column("name", String(20)), schema=elsewhere(m)),
        ),
        SERVERS,
        rows=_SALES,
        table_renames={"other.sale": "other.sold"},
    ),
    Case(
        "table_added",
        lambda m: (note(m), Table("first", m, Column("id", Integer, primary_key=True), schema=elsewhere(m))),
        lambda m: (_sale()(m), Table("first", m, Column("id", Integer, primary_key=True), schema=elsewhere(m))),
        SERVERS,
        rows=NOTES,
    ),
    Case(
        "table_dropped",
        lambda m: (_sale()(m), Table("first", m, Column("id", Integer, primary_key=True), schema=elsewhere(m))),
        lambda m: (note(m), Table("first", m, Column("id", Integer, primary_key=True), schema=elsewhere(m))),
        SERVERS,
        rows=_SALES,
        allow_drop=["other.sale"],
    ),
    Case("index_added", _sale(), _sale(lambda: Index("ix_sale", "name")), SERVERS, rows=_SALES),
    Case("unique_added", _sale(), _sale(lambda: UniqueConstraint("name", name="sale_once")), SERVERS, rows=_SALES),
    Case(
        "check_changed",
        _sale(lambda: CheckConstraint("name > ''", name="named")),
        _sale(lambda: CheckConstraint("name >= ''", name="named")),
        SERVERS,
        rows=_SALES,
    ),
    Case(
        "enum_value_added",
        _sale(lambda: Column("state", Enum("a", "b", name="state"))),
        _sale(lambda: Column("state", Enum("a", "b", "c", name="state"))),
        SERVERS,
        rows=_SALES,
    ),
    Case(
        "reference_into_it_added",
        _pointing(True, keys=False),
        _pointing(True),
        SERVERS,
        rows={"other.sale": [{"id": 1}], "note": [{"id": 1, "title": "a", "sale_id": 1}]},
    ),
    Case(
        "reference_out_of_it_added",
        _pointing(False, keys=False),
        _pointing(False),
        (POSTGRESQL,),
        rows={**NOTES, "other.sale": [{"id": 1, "note_id": 1}]},
    ),
    Case(
        "reference_into_it_changed",
        _pointing(True),
        _pointing(True, "CASCADE"),
        SERVERS,
        rows={"other.sale": [{"id": 1}], "note": [{"id": 1, "title": "a", "sale_id": 1}]},
    ),
    Case("same_name_in_both", _same_name(), _same_name(lambda: Column("body", String(9))), SERVERS, rows=_BOTH),
    Case(
        "comment_changed",
        _sale(lambda: Column("x", Integer, comment="old")),
        _sale(lambda: Column("x", Integer, comment="new")),
        SERVERS,
        rows=_SALES,
    ),
    Case(
        "that_no_model_names_is_left_alone",
        lambda m: note(m),
        lambda m: note(m, Column("x", Integer)),
        (POSTGRESQL,),
        rows=NOTES,
        objects={
            POSTGRESQL: [
                "CREATE SCHEMA theirs",
                "CREATE TABLE theirs.thing (id int)",
                "CREATE TYPE theirs.mood AS ENUM ('a')",
            ]
        },
    ),
)
