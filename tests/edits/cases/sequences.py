"""Sequences that the models name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Numeric, Sequence, String, Table

from ..case import MARIADB, POSTGRESQL, SERVERS, Build, Case
from .notes import NOTES, note, notes


def _with(name: str | None = None, used: bool = False, **options: Any) -> Build:
    """A table, and a sequence that gives one of its columns its numbers or stands beside it."""

    def build(metadata: MetaData) -> None:
        sequence = Sequence(name, metadata=metadata, **options) if name else None
        table = note(metadata)
        if used and sequence is not None:
            table.append_column(Column("number", Integer, sequence, server_default=sequence.next_value()))

    return build


def _priced(name: str | None = None) -> Build:
    """The same, beside a column whose type is called a bit like a sequence: `numeric`."""

    def build(metadata: MetaData) -> None:
        _with(name, used=True)(metadata)
        metadata.tables["note"].append_column(Column("price", Numeric(5, 2)))

    return build


_PRICES = notes(price=[Decimal("1.50"), None, Decimal("2.25")])

CASES = (
    Case("added", _with(), _with("numbers"), SERVERS, rows=NOTES),
    Case("dropped", _with("numbers"), _with(), SERVERS, rows=NOTES, allow_drop=["numbers"]),
    Case("of_another_name", _with("numbers"), _with("counts"), SERVERS, rows=NOTES, allow_drop=["numbers"]),
    Case(
        "added_with_options",
        _with(),
        _with("numbers", start=10, increment=5, maxvalue=1000, cycle=True),
        SERVERS,
        rows=NOTES,
    ),
    Case("increment_changed", _with("numbers"), _with("numbers", increment=5), SERVERS, rows=NOTES),
    Case(
        "limits_changed",
        _with("numbers", start=5, minvalue=5),
        _with("numbers", start=5, minvalue=1, maxvalue=99),
        SERVERS,
        rows=NOTES,
    ),
    Case("cache_changed", _with("numbers", cache=1), _with("numbers", cache=20), (POSTGRESQL,), rows=NOTES),
    Case(
        "used_by_a_new_column",
        _with(),
        _with("numbers", used=True),
        (POSTGRESQL,),
        rows=NOTES,
        then={"note.number": [1, 2, 3]},
    ),
    Case(
        "no_longer_used",
        _with("numbers", used=True),
        _with("numbers"),
        (POSTGRESQL,),
        rows=NOTES,
        back={"note.number": [4, 5, 6]},
    ),
    Case(
        "dropped_with_its_column",
        _with("numbers", used=True),
        _with(),
        (POSTGRESQL,),
        rows=NOTES,
        back={"note.number": [1, 2, 3]},
        allow_drop=["numbers"],
    ),
    Case(
        "dropped_with_its_column_while_a_type_has_its_name",
        _priced("num"),
        _priced(),
        (POSTGRESQL,),
        rows=_PRICES,
        back={"note.number": [1, 2, 3]},
    ),
    Case(
        "dropped_with_its_column_which_gives_old_rows_no_number",
        _priced("num"),
        _priced(),
        (MARIADB,),
        rows=_PRICES,
    ),
    Case(
        "of_a_table_that_is_added",
        lambda m: note(m),
        lambda m: (
            note(m),
            Table(
                "task",
                m,
                Column("id", Integer, Sequence("task_numbers", start=100), primary_key=True),
                Column("name", String(9)),
            ),
        ),
        SERVERS,
        rows=NOTES,
    ),
)
