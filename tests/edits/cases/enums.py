"""Enumerations: types of PostgreSQL, ENUM of MariaDB, and texts that a CHECK holds to a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Enum, Integer, MetaData, String, Table
from sqlalchemy.dialects import mysql, postgresql

from ..case import MARIADB, POSTGRESQL, SERVERS, Build, Case
from .notes import NOTES, note, notes, noting


def _state(*values: str, name: str = "state", **options: Any) -> Build:
    return noting(lambda: Column("state", Enum(*values, name=name), **options))


def _checked(*values: str) -> Enum:
    return Enum(*values, name="state", native_enum=False, create_constraint=True)


def _with_two(*values: str, name: str = "state") -> Callable[[MetaData], None]:
    """Two tables with one type."""

    def build(metadata: MetaData) -> None:
        state = Enum(*values, name=name, metadata=metadata)
        note(metadata, Column("state", state))
        Table("task", metadata, Column("id", Integer, primary_key=True), Column("state", state))

    return build


def _named_like_the_type() -> Column[str]:
    """A column that has nothing to do with a type, and says what that is called."""
    return Column("more", String(20), server_default="no state", comment="beside state")


_ROWS = notes(state=["new", "done", None])
_TWO = {**_ROWS, "task": [{"id": 1, "state": "done"}]}

CASES = (
    Case("column_added", noting(), _state("new", "done"), rows=NOTES),
    Case(
        "required_column_added",
        noting(),
        _state("new", "done", server_default="new", nullable=False),
        rows=NOTES,
        then={"note.state": ["new"] * 3},
    ),
    Case("column_dropped", _state("new", "done"), noting(), rows=_ROWS),
    Case("value_added_at_the_end", _state("new", "done"), _state("new", "done", "gone"), rows=_ROWS),
    Case("value_added_at_the_front", _state("new", "done"), _state("idea", "new", "done"), rows=_ROWS),
    Case("value_added_in_the_middle", _state("new", "done"), _state("new", "doing", "done"), rows=_ROWS),
    Case("two_values_added", _state("new", "done"), _state("new", "a", "b", "done", "c"), rows=_ROWS),
    Case("value_with_quote_added", _state("new", "done"), _state("new", "done", "can't"), rows=_ROWS),
    Case("values_in_another_order", _state("new", "done"), _state("done", "new"), rows=_ROWS),
    Case("unused_value_removed", _state("new", "done", "gone"), _state("new", "done"), rows=_ROWS),
    Case(
        "used_value_removed",
        _state("new", "done", "gone"),
        _state("new", "gone"),
        SERVERS,
        rows=_ROWS,
        refusal=dict.fromkeys(SERVERS, ("note.state is done (1 row)", "--remap note.state.done=NEW")),
    ),
    Case(
        "value_added_and_default_changed",
        _state("new", "done", server_default="new"),
        _state("new", "done", "gone", server_default="gone"),
        rows=_ROWS,
        works=["INSERT INTO note (id, title) VALUES (9, 'x')"],
    ),
    Case(
        "unused_value_removed_with_default",
        _state("new", "done", "gone", server_default="new"),
        _state("new", "done", server_default="new"),
        rows=_ROWS,
    ),
    Case(
        "used_by_two_tables_value_added", _with_two("new", "done"), _with_two("new", "mid", "done"), SERVERS, rows=_TWO
    ),
    Case(
        "used_by_two_tables_value_removed",
        _with_two("new", "done", "gone"),
        _with_two("new", "done"),
        SERVERS,
        rows=_TWO,
    ),
    Case(
        "dropped_with_one_of_two_tables",
        _with_two("new", "done"),
        _state("new", "done"),
        (POSTGRESQL,),
        rows=_TWO,
        allow_drop=["task"],
    ),
    Case(
        "dropped_with_its_last_table",
        lambda metadata: (
            _state("new", "done")(metadata),
            Table(
                "task",
                metadata,
                Column("id", Integer, primary_key=True),
                Column("mood", Enum("good", "bad", name="mood")),
            ),
        ),
        _state("new", "done"),
        SERVERS,
        rows={**_ROWS, "task": [{"id": 1, "mood": "bad"}]},
        allow_drop=["task"],
    ),
    Case("type_renamed", _state("new", "done"), _state("new", "done", name="note_state"), (POSTGRESQL,), rows=_ROWS),
    Case(
        "type_renamed_to_a_name_that_begins_alike",
        _state("new", "done"),
        _state("new", "done", "gone", name="state_of_note"),
        (POSTGRESQL,),
        rows=_ROWS,
    ),
    Case(
        "type_of_two_tables_renamed_to_a_name_that_begins_alike",
        _with_two("new", "done"),
        _with_two("idea", "new", "done", name="state_of_note"),
        (POSTGRESQL,),
        rows=_TWO,
    ),
    Case(
        "type_in_an_array_renamed_to_a_name_that_begins_alike",
        noting(lambda: Column("states", postgresql.ARRAY(Enum("new", "done", name="state")), server_default="{new}")),
        noting(
            lambda: Column(
                "states", postgresql.ARRAY(Enum("new", "done", "gone", name="states")), server_default="{new}"
            )
        ),
        (POSTGRESQL,),
        rows=notes(states=[["new"], [], None]),
    ),
    Case(
        "dropped_while_a_default_and_a_comment_have_its_name",
        noting(lambda: Column("state", Enum("new", "done", name="state")), _named_like_the_type),
        noting(_named_like_the_type),
        (POSTGRESQL,),
        rows=notes(state=["new", "done", None], more=["a", "b", None]),
    ),
    Case(
        "type_without_a_column_added",
        noting(),
        lambda metadata: (note(metadata), Enum("a", "b", name="alone", metadata=metadata)),
        (POSTGRESQL,),
        rows=NOTES,
    ),
    Case(
        "in_an_array_value_added",
        noting(lambda: Column("states", postgresql.ARRAY(Enum("new", "done", name="state")))),
        noting(lambda: Column("states", postgresql.ARRAY(Enum("new", "done", "gone", name="state")))),
        (POSTGRESQL,),
        rows=notes(states=[["new"], [], None]),
    ),
    Case(
        "in_an_array_column_added",
        noting(),
        noting(lambda: Column("states", postgresql.ARRAY(Enum("new", "done", name="state")))),
        (POSTGRESQL,),
        rows=NOTES,
    ),
    Case(
        "in_an_array_unused_value_removed",
        noting(lambda: Column("states", postgresql.ARRAY(Enum("new", "done", "gone", name="state")))),
        noting(lambda: Column("states", postgresql.ARRAY(Enum("new", "done", name="state")))),
        (POSTGRESQL,),
        rows=notes(states=[["new"], [], None]),
    ),
    Case("from_text", noting(lambda: Column("state", String(9))), _state("new", "done"), rows=_ROWS),
    Case("to_text", _state("new", "done"), noting(lambda: Column("state", String(9))), rows=_ROWS),
    Case(
        "from_text_with_default",
        noting(lambda: Column("state", String(9), server_default="new")),
        _state("new", "done", server_default="new"),
        SERVERS,
        rows=_ROWS,
    ),
    Case(
        "from_text_that_is_no_value",
        noting(lambda: Column("state", String(9))),
        _state("new", "gone"),
        SERVERS,
        rows=_ROWS,
        refusal=dict.fromkeys(SERVERS, ("note", "state")),
    ),
    Case(
        "not_native_value_added",
        noting(lambda: Column("state", Enum("new", "done", native_enum=False, length=20))),
        noting(lambda: Column("state", Enum("new", "done", "gone", native_enum=False, length=20))),
        rows=_ROWS,
    ),
    Case(
        "not_native_longer_value_added",
        noting(lambda: Column("state", Enum("new", "done", native_enum=False))),
        noting(lambda: Column("state", Enum("new", "done", "postponed", native_enum=False))),
        rows=_ROWS,
    ),
    Case(
        "checked_longer_value_added",
        noting(lambda: Column("state", _checked("new", "done"))),
        noting(lambda: Column("state", _checked("new", "done", "postponed"))),
        rows=_ROWS,
        works=["UPDATE note SET state = 'postponed'"],
    ),
    Case(
        "native_now",
        noting(lambda: Column("state", Enum("new", "done", native_enum=False, length=20))),
        _state("new", "done"),
        SERVERS,
        rows=_ROWS,
    ),
    Case(
        "no_longer_native",
        _state("new", "done"),
        noting(lambda: Column("state", Enum("new", "done", native_enum=False, length=20))),
        SERVERS,
        rows=_ROWS,
    ),
    Case(
        "mysql_enum_value_added",
        noting(lambda: Column("state", mysql.ENUM("new", "done"))),
        noting(lambda: Column("state", mysql.ENUM("new", "done", "gone"))),
        (MARIADB,),
        rows=_ROWS,
    ),
    Case(
        "mysql_set_value_added",
        noting(lambda: Column("state", mysql.SET("new", "done"))),
        noting(lambda: Column("state", mysql.SET("new", "done", "gone"))),
        (MARIADB,),
        rows=notes(state=[{"new"}, {"new", "done"}, None]),
    ),
    Case(
        "with_an_index_value_removed",
        _state("new", "done", "gone", index=True),
        _state("new", "done", index=True),
        rows=_ROWS,
    ),
    Case(
        "in_another_schema_value_added",
        lambda metadata: note(metadata, Column("state", Enum("new", "done", name="state", schema="sales"))),
        lambda metadata: note(metadata, Column("state", Enum("new", "done", "gone", name="state", schema="sales"))),
        (POSTGRESQL,),
        rows=_ROWS,
        setup={POSTGRESQL: ["CREATE SCHEMA sales"]},
    ),
    Case(
        "with_a_view_value_added",
        _state("new", "done"),
        _state("new", "done", "gone"),
        (POSTGRESQL,),
        rows=_ROWS,
        objects={POSTGRESQL: ["CREATE VIEW states AS SELECT id, state FROM note"]},
    ),
)
