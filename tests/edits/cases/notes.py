"""The table that most edits are made to, and its rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table

from ..case import Build, Row


def note(metadata: MetaData, *more: Any, **options: Any) -> Table:
    """A table with a key and a title, and what else an edit is about."""
    return Table(
        "note",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("title", String(40), nullable=False),
        *more,
        **options,
    )


def noting(*make: Any, **options: Any) -> Build:
    """Declares that table; what `make` returns is made anew each time, as a column belongs to one table for ever."""
    return lambda metadata: note(metadata, *(one() for one in make), **options)


def author(metadata: MetaData, *more: Any) -> Table:
    """A table that notes may point at."""
    return Table("author", metadata, Column("id", Integer, primary_key=True), Column("name", String(40)), *more)


def authored(metadata: MetaData, name: str | None = "note_author_fk", **options: Any) -> Table:
    """Notes that point at their authors."""
    author(metadata)
    return note(metadata, Column("author_id", Integer, ForeignKey("author.id", name=name, **options)))


NOTES: dict[str, list[Row]] = {
    "note": [{"id": 1, "title": "first"}, {"id": 2, "title": "it's 100% \u201cüñí\u201d"}, {"id": 3, "title": ""}]
}

AUTHORED: dict[str, list[Row]] = {
    "author": [{"id": 1, "name": "Ada"}, {"id": 2, "name": None}],
    "note": [
        {"id": 1, "title": "first", "author_id": 1},
        {"id": 2, "title": "second", "author_id": 2},
        {"id": 3, "title": "third", "author_id": None},
    ],
}


def notes(**columns: list[Any]) -> dict[str, list[Row]]:
    """Those rows, with more columns."""
    rows = [dict(row) for row in NOTES["note"]]
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    return {"note": [*rows]}
