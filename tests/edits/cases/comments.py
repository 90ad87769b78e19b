"""Comments on tables and columns, where a database has them."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String

from ..case import SERVERS, SQLITE, Build, Case
from .notes import NOTES, note, notes, noting


def _body(comment: str | None, **options: object) -> Build:
    return noting(lambda: Column("body", String(20), comment=comment, **options))


def _table(comment: str | None) -> Build:
    return noting(comment=comment)


_ROWS = notes(body=["a", None, "c"])

CASES = (
    Case("of_column_added", _body(None), _body("what it says"), SERVERS, rows=_ROWS),
    Case(
        "of_column_changed", _body("what it says"), _body("it's 100% \u201cnew\u201d: \\ :x %(y)s"), SERVERS, rows=_ROWS
    ),
    Case("of_column_dropped", _body("what it says"), _body(None), SERVERS, rows=_ROWS),
    Case(
        "of_column_keeps_default",
        _body(None, server_default="it's"),
        _body("new", server_default="it's"),
        SERVERS,
        rows=_ROWS,
    ),
    Case(
        "of_column_keeps_not_null",
        lambda m: note(m, Column("n", Integer, nullable=False)),
        lambda m: note(m, Column("n", Integer, nullable=False, comment="n")),
        SERVERS,
        rows=notes(n=[1, 2, 3]),
    ),
    Case(
        "of_key_added",
        lambda m: note(m),
        lambda m: (note(m), setattr(m.tables["note"].c.id, "comment", "the key")),
        SERVERS,
        rows=NOTES,
        works=["INSERT INTO note (title) VALUES ('x')"],
    ),
    Case(
        "of_column_with_another_type",
        _body("old"),
        lambda m: note(m, Column("body", String(40), comment="new")),
        SERVERS,
        rows=_ROWS,
    ),
    Case(
        "kept_with_another_type",
        _body("old"),
        lambda m: note(m, Column("body", String(40), comment="old")),
        SERVERS,
        rows=_ROWS,
    ),
    Case("of_new_column", noting(), _body("it's new"), SERVERS, rows=NOTES),
    Case("of_table_added", _table(None), _table("it's 100%"), SERVERS, rows=NOTES),
    Case("of_table_changed", _table("old"), _table("new"), SERVERS, rows=NOTES),
    Case("of_table_dropped", _table("old"), _table(None), SERVERS, rows=NOTES),
    Case("of_table_with_line_break", _table("old"), _table("one\ntwo"), SERVERS, rows=NOTES),
    Case("that_no_database_keeps", _body(None), _body("what it says"), (SQLITE,), rows=_ROWS),
)
