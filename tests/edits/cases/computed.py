"""Columns that the database computes, and keys that it numbers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Computed, ForeignKey, Identity, Integer, MetaData, Sequence, String, Table

from ..case import MARIADB, POSTGRESQL, SERVERS, SQLITE, Build, Case, Row
from .notes import NOTES, notes, noting


def _twice(expression: str | None, persisted: bool | None = None) -> Build:
    """Stars, and twice as many."""
    more = [lambda: Column("twice", Integer, Computed(expression, persisted=persisted))] if expression else []
    return noting(lambda: Column("stars", Integer), *more)


_STARS = notes(stars=[1, 2, None])
_PLAIN = noting(lambda: Column("stars", Integer), lambda: Column("twice", Integer))


def _numbered(type_: Any = Integer, identity: Identity | None = None, **options: Any) -> Build:
    """A table with a key that is numbered, or not."""

    def build(metadata: MetaData) -> None:
        marks = [identity._copy()] if identity is not None else []
        Table("note", metadata, Column("id", type_, *marks, primary_key=True, **options), Column("title", String(40)))

    return build


def _counted(identity: Identity | None = None, **options: Any) -> Build:
    """A column beside the key that is numbered, or not."""
    return noting(
        lambda: Column(
            "number", Integer, *([identity._copy()] if identity is not None else []), nullable=False, **options
        )
    )


def _pointed_at(**options: Any) -> Build:
    """That table, and one that points at it."""

    def build(metadata: MetaData) -> None:
        _numbered(**options)(metadata)
        Table(
            "mark",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("note_id", Integer, ForeignKey("note.id", name="mark_note_fk")),
        )

    return build


def _indexed(length: int, persisted: bool) -> Build:
    """An index on a text that is computed."""
    return noting(lambda: Column("loud", String(length), Computed("upper(title)", persisted=persisted), index=True))


_FROM_ZERO: dict[str, list[Row]] = {
    "note": [{"id": 0, "title": "zero"}, {"id": 5, "title": "five"}],
    "mark": [{"id": 1, "note_id": 0}],
}
_NEXT = ("INSERT INTO note (title) VALUES ('next')",)
_NUMBERED = notes(number=[1, 2, 3])

CASES = (
    Case(
        "virtual_added",
        _twice(None),
        _twice("stars * 2", False),
        (SQLITE, MARIADB),
        rows=_STARS,
        then={"note.twice": [2, 4, None]},
    ),
    Case("stored_added", _twice(None), _twice("stars * 2", True), rows=_STARS, then={"note.twice": [2, 4, None]}),
    Case("stored_dropped", _twice("stars * 2", True), _twice(None), rows=_STARS, back={"note.twice": [2, 4, None]}),
    Case(
        "virtual_dropped",
        _twice("stars * 2", False),
        _twice(None),
        (SQLITE, MARIADB),
        rows=_STARS,
        back={"note.twice": [2, 4, None]},
    ),
    Case(
        "expression_changed",
        _twice("stars * 2", True),
        _twice("stars + stars + 1", True),
        rows=_STARS,
        then={"note.twice": [3, 5, None]},
        back={"note.twice": [2, 4, None]},
    ),
    Case(
        "virtual_expression_changed",
        _twice("stars * 2", False),
        _twice("stars * 3", False),
        (SQLITE, MARIADB),
        rows=_STARS,
        then={"note.twice": [3, 6, None]},
        back={"note.twice": [2, 4, None]},
    ),
    Case("virtual_to_stored", _twice("stars * 2", False), _twice("stars * 2", True), (SQLITE, MARIADB), rows=_STARS),
    Case("stored_to_plain", _twice("stars * 2", True), _PLAIN, rows=_STARS),
    Case("plain_to_stored", _PLAIN, _twice("stars * 2", True), rows=notes(stars=[1, 2, None], twice=[2, 4, None])),
    Case(
        "indexed_text_longer_and_stored",
        _indexed(30, persisted=False),
        _indexed(40, persisted=True),
        (MARIADB,),
        rows=NOTES,
    ),
    Case(
        "of_texts_added",
        noting(),
        noting(lambda: Column("loud", String(99), Computed("upper(title) || '!'", persisted=True))),
        (SQLITE,),
        rows={"note": [{"id": 1, "title": "a"}]},
        then={"note.loud": ["A!"]},
    ),
    Case(
        "beside_an_edit_of_another_column",
        noting(
            lambda: Column("stars", Integer), lambda: Column("twice", Integer, Computed("stars * 2", persisted=True))
        ),
        noting(
            lambda: Column("stars", BigInteger), lambda: Column("twice", Integer, Computed("stars * 2", persisted=True))
        ),
        (SQLITE, MARIADB),
        rows=_STARS,
    ),
    Case(
        "table_with_one_added",
        noting(),
        lambda m: (
            noting()(m),
            Table(
                "sum",
                m,
                Column("id", Integer, primary_key=True),
                Column("a", Integer),
                Column("b", Integer, Computed("a + 1", persisted=True)),
            ),
        ),
        rows=NOTES,
    ),
    Case(
        "identity_by_default_added_to_key",
        _numbered(autoincrement=False),
        _numbered(identity=Identity()),
        (POSTGRESQL,),
        rows=NOTES,
        works=_NEXT,
    ),
    Case(
        "identity_always_added_to_key",
        _numbered(autoincrement=False),
        _numbered(identity=Identity(always=True)),
        (POSTGRESQL,),
        rows=NOTES,
        works=_NEXT,
    ),
    Case(
        "identity_added_to_column",
        _counted(),
        _counted(Identity()),
        (POSTGRESQL,),
        rows=_NUMBERED,
        works=["INSERT INTO note (id, title) VALUES (9, 'x')"],
    ),
    Case("identity_dropped", _counted(Identity()), _counted(), (POSTGRESQL,), rows=_NUMBERED),
    Case("identity_always_now", _counted(Identity()), _counted(Identity(always=True)), (POSTGRESQL,), rows=_NUMBERED),
    Case(
        "identity_options_changed",
        _counted(Identity(start=1)),
        _counted(Identity(start=100, increment=10, cycle=True)),
        (POSTGRESQL,),
        rows=_NUMBERED,
    ),
    Case(
        "identity_column_added",
        noting(),
        _counted(Identity(start=5)),
        (POSTGRESQL,),
        rows=NOTES,
        then={"note.number": [5, 6, 7]},
    ),
    Case(
        "identity_column_dropped",
        _counted(Identity()),
        noting(),
        (POSTGRESQL,),
        rows=_NUMBERED,
        back={"note.number": [1, 2, 3]},
    ),
    Case("serial_to_identity", _numbered(), _numbered(identity=Identity()), (POSTGRESQL,), rows=NOTES, works=_NEXT),
    Case("identity_to_serial", _numbered(identity=Identity()), _numbered(), (POSTGRESQL,), rows=NOTES, works=_NEXT),
    Case(
        "identity_to_bigint",
        _numbered(identity=Identity()),
        _numbered(BigInteger, Identity()),
        (POSTGRESQL,),
        rows=NOTES,
        works=_NEXT,
    ),
    Case("serial_to_bigserial", _numbered(), _numbered(BigInteger), (POSTGRESQL,), rows=NOTES, works=_NEXT),
    Case("auto_increment_to_bigint", _numbered(), _numbered(BigInteger), (MARIADB,), rows=NOTES, works=_NEXT),
    Case("auto_increment_added", _numbered(autoincrement=False), _numbered(), SERVERS, rows=NOTES, works=_NEXT),
    Case(
        "auto_increment_added_to_a_key_that_is_0",
        _pointed_at(autoincrement=False),
        _pointed_at(),
        (MARIADB,),
        rows=_FROM_ZERO,
        works=_NEXT,
    ),
    Case(
        "auto_increment_and_bigint_added_to_a_key_that_is_0",
        _numbered(autoincrement=False),
        _numbered(BigInteger),
        (MARIADB,),
        rows={"note": _FROM_ZERO["note"]},
        works=_NEXT,
    ),
    Case("auto_increment_dropped", _numbered(), _numbered(autoincrement=False), SERVERS, rows=NOTES),
    Case(
        "identity_with_a_sequence_beside",
        _numbered(identity=Identity(start=10, increment=5, minvalue=5)),
        lambda m: (_numbered(identity=Identity(start=10, increment=5, minvalue=5))(m), Sequence("other", metadata=m)),
        (POSTGRESQL,),
        rows=NOTES,
    ),
)
