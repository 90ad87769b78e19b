"""Tables that come and go, alone and with what points at them."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    func,
)

from ..case import ALL, MARIADB, POSTGRESQL, SQLITE, Build, Case
from .notes import AUTHORED, NOTES, author, authored, note, noting


def _none(metadata: MetaData) -> None:
    """Models without a table of those that an edit is about."""
    Table("kept", metadata, Column("id", Integer, primary_key=True))


def _one(metadata: MetaData) -> None:
    _none(metadata)
    note(
        metadata,
        Column("price", Numeric(10, 2), server_default="1.50"),
        Column("made", DateTime, server_default=func.now(), nullable=False),
        CheckConstraint("price > 0", name="price_positive"),
        UniqueConstraint("title", "price", name="title_and_price"),
        Index("ix_note_price", "price"),
    )


def _two(metadata: MetaData) -> None:
    _none(metadata)
    authored(metadata, ondelete="CASCADE")


def _cycle(metadata: MetaData, names: tuple[str | None, str | None] = ("left_right_fk", "right_left_fk")) -> None:
    _none(metadata)
    for here, there, name in (("lefty", "righty", names[0]), ("righty", "lefty", names[1])):
        key = ForeignKey(f"{there}.id", name=name, use_alter=True)
        Table(here, metadata, Column("id", Integer, primary_key=True), Column("other_id", Integer, key))


def _heirs(*more: str) -> Build:
    """A table that inherits from another one, which nothing but that says."""

    def build(metadata: MetaData) -> None:
        columns = (Column(name, Integer) for name in more)
        Table("author", metadata, Column("id", Integer, primary_key=True), Column("name", String(40)), *columns)
        Table("poet", metadata, Column("verses", Integer), postgresql_inherits="author")

    return build


def _self(metadata: MetaData) -> None:
    _none(metadata)
    note(metadata, Column("parent_id", Integer, ForeignKey("note.id", name="note_parent_fk")))


_KEPT = {"kept": [{"id": 1}, {"id": 2}]}

CASES = (
    Case("added", _none, _one, rows=_KEPT, works=["INSERT INTO note (title) VALUES ('x')"]),
    Case("dropped", _one, _none, rows={**_KEPT, "note": [{"id": 1, "title": "a", "price": 2}]}, allow_drop=["note"]),
    Case(
        "dropped_unasked",
        _one,
        _none,
        rows={**_KEPT, "note": [{"id": 1, "title": "a", "price": 2}]},
        refusal=dict.fromkeys(ALL, ("note",)),
    ),
    Case(
        "that_another_one_inherits_from_gets_a_column",
        _heirs(),
        _heirs("age"),
        (POSTGRESQL,),
        rows={"author": AUTHORED["author"]},
    ),
    Case("added_with_one_that_inherits_from_it", _none, lambda m: (_none(m), _heirs()(m)), (POSTGRESQL,), rows=_KEPT),
    Case("added_with_references", _none, _two, rows=_KEPT),
    Case("dropped_with_references", _two, _none, rows={**_KEPT, **AUTHORED}, allow_drop=["author", "note"]),
    Case(
        "dropped_that_is_pointed_at",
        lambda m: authored(m),
        lambda m: note(m, Column("author_id", Integer)),
        ["sqlite"],
        rows=AUTHORED,
        allow_drop=["author"],
    ),
    Case(  # on the way back there are no rows to point at, and other databases look
        "dropped_that_is_pointed_at_where_it_is_checked",
        lambda m: authored(m),
        lambda m: note(m, Column("author_id", Integer)),
        ["postgresql", "mariadb"],
        rows=AUTHORED,
        allow_drop=["author"],
        one_way=("note", "author"),
    ),
    Case(
        "dropped_with_the_column_that_points_at_it",
        lambda m: authored(m),
        lambda m: note(m),
        rows=AUTHORED,
        allow_drop=["author"],
    ),
    Case(
        "dropped_with_unnamed_reference",
        lambda m: authored(m, name=None),
        lambda m: note(m),
        rows=AUTHORED,
        allow_drop=["author"],
    ),
    Case("added_that_is_pointed_at", noting(lambda: Column("author_id", Integer)), lambda m: authored(m), rows=NOTES),
    Case("cycle_added", _none, _cycle, rows=_KEPT),
    Case("cycle_dropped", _cycle, _none, rows={**_KEPT, "lefty": [{"id": 1}]}, allow_drop=["lefty", "righty"]),
    Case(
        "cycle_without_names_added",
        _none,
        lambda m: _cycle(m, (None, "right_left_fk")),
        (POSTGRESQL, MARIADB),
        rows=_KEPT,
    ),
    Case("that_points_at_itself_added", _none, _self, rows=_KEPT),
    Case("that_points_at_itself_dropped", _self, _none, rows=_KEPT, allow_drop=["note"]),
    Case("added_in_place_of_another", _one, lambda m: (_none(m), author(m)), rows=_KEPT, allow_drop=["note"]),
    Case(
        "many_added_in_the_order_of_their_references",
        _none,
        lambda m: (
            _none(m),
            [
                Table(
                    f"t{number}",
                    m,
                    Column("id", Integer, primary_key=True),
                    Column(
                        "up",
                        Integer,
                        ForeignKey(f"t{(number + 1) % 6}.id", name=f"fk{number}")
                        if number < 5
                        else ForeignKey("kept.id", name="fk5"),
                    ),
                )
                for number in range(6)
            ],
        ),
        rows=_KEPT,
    ),
    Case(
        "with_string_key_added",
        _none,
        lambda m: (
            _none(m),
            Table("code", m, Column("code", String(8), primary_key=True), Column("name", String(20), unique=True)),
        ),
        rows=_KEPT,
    ),
    Case(
        "of_two_columns_key_added",
        _none,
        lambda m: (
            _none(m),
            Table("pair", m, Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True)),
        ),
        rows=_KEPT,
    ),
    Case(
        "without_a_key_added",
        _none,
        lambda m: (_none(m), Table("loose", m, Column("a", Integer), Column("b", String(9), nullable=False))),
        rows=_KEPT,
    ),
    Case(
        "the_last_one_dropped_on_sqlite_with_counter",
        lambda m: (_none(m), Table("count", m, Column("id", Integer, primary_key=True), sqlite_autoincrement=True)),
        _none,
        (SQLITE,),
        rows={**_KEPT, "count": [{"id": 5}]},
        allow_drop=["count"],
    ),
)
