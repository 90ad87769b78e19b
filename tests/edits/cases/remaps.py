"""Values that a list loses while rows have them: each becomes another one, or NULL, or has a new name.

What is in an array is read as the server writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Enum, ForeignKey, Integer, MetaData, String, Table
from sqlalchemy.dialects import postgresql

from ..case import ALL, MARIADB, POSTGRESQL, SERVERS, SQLITE, Build, Case
from .notes import note, notes, noting


def _state(*values: str, **options: Any) -> Build:
    return noting(lambda: Column("state", Enum(*values, name="state"), **options))


def _checked(*values: str, name: str | None = "state", **given: Any) -> Build:
    """A text that a CHECK holds to a list."""
    return noting(lambda: Column("state", Enum(*values, name=name, native_enum=False, create_constraint=True, **given)))


def _array(*values: str) -> Build:
    return noting(lambda: Column("states", postgresql.ARRAY(Enum(*values, name="state"))))


def _with_two(*values: str) -> Callable[[MetaData], None]:
    """Two tables with one type, one of them with an array of it as well."""

    def build(metadata: MetaData) -> None:
        state = Enum(*values, name="state", metadata=metadata)
        note(metadata, Column("state", state))
        Table(
            "task",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("state", state, nullable=False),
            Column("states", postgresql.ARRAY(state)),
        )

    return build


def _pointing(*values: str) -> Callable[[MetaData], None]:
    """A text that a CHECK holds to a list, and which is a key of another table, checked at the end."""

    def build(metadata: MetaData) -> None:
        Table("state", metadata, Column("name", String(9), primary_key=True))
        one = Enum(*values, name="state", native_enum=False, create_constraint=True, length=9)
        key = ForeignKey("state.name", name="state_key", deferrable=True, initially="DEFERRED")
        note(metadata, Column("state", one, key))

    return build


_ROWS = notes(state=["new", "done", None])
_TASKS = [{"id": 1, "state": "done", "states": ["new", "done"]}, {"id": 2, "state": "new", "states": None}]

CASES = (
    Case(
        "to_another_value",
        _state("new", "done", "gone"),
        _state("new", "gone"),
        SERVERS,
        rows=_ROWS,
        remaps={"note.state.done": "gone"},
        then={"note.state": ["new", "gone", None]},
        back={"note.state": ["new", "gone", None]},
    ),
    Case(
        "to_null",
        _state("new", "done", "gone"),
        _state("new", "gone"),
        SERVERS,
        rows=_ROWS,
        remaps={"note.state.done": None},
        then={"note.state": ["new", None, None]},
        back={"note.state": ["new", None, None]},
    ),
    Case(
        "to_null_where_it_cannot_be",
        _state("new", "done", "gone", nullable=False),
        _state("new", "gone", nullable=False),
        SERVERS,
        rows=notes(state=["new", "done", "gone"]),
        remaps={"note.state.done": None},
        refusal=dict.fromkeys(SERVERS, ("note.state.done cannot become NULL",)),
    ),
    Case(
        "two_values_to_one",
        _state("new", "done", "gone"),
        _state("new"),
        SERVERS,
        rows=notes(state=["gone", "done", None]),
        remaps={"note.state.done": "new", "note.state.gone": "new"},
        then={"note.state": ["new", "new", None]},
        back={"note.state": ["new", "new", None]},
    ),
    Case(
        "with_quotes_percents_and_colons",
        _state("new", "it's :a 50%", "back\\slash", "c"),
        _state("new", "it's :b 100%", "c"),
        SERVERS,
        rows=notes(state=["back\\slash", "it's :a 50%", None]),
        remaps={"note.state.it's :a 50%": "it's :b 100%", "note.state.back\\slash": "c"},
        then={"note.state": ["c", "it's :b 100%", None]},
        back={"note.state": ["c", "it's :a 50%", None]},
    ),
    Case(
        "with_default_index_and_not_null",
        _state("new", "done", "gone", server_default="done", nullable=False, index=True),
        _state("new", "gone", server_default="gone", nullable=False, index=True),
        SERVERS,
        rows=notes(state=["new", "done", "gone"]),
        remaps={"note.state.done": "gone"},
        then={"note.state": ["new", "gone", "gone"]},
        back={"note.state": ["new", "gone", "gone"]},
        works=["INSERT INTO note (id, title) VALUES (9, 'x')"],
    ),
    Case(
        "value_renamed",
        _state("new", "done", "gone"),
        _state("new", "closed", "gone"),
        SERVERS,
        rows=_ROWS,
        remaps={"note.state.done": "closed"},
        then={"note.state": ["new", "closed", None]},
        back={"note.state": ["new", "done", None]},
    ),
    Case(
        "value_renamed_and_default",
        _state("new", "done", server_default="done"),
        _state("new", "closed", server_default="closed"),
        SERVERS,
        rows=_ROWS,
        remaps={"note.state.done": "closed"},
        then={"note.state": ["new", "closed", None]},
        back={"note.state": ["new", "done", None]},
        works=["INSERT INTO note (id, title) VALUES (9, 'x')"],
    ),
    Case(
        "value_renamed_in_another_place",
        _state("new", "done", "gone"),
        _state("closed", "gone", "idea", "new"),
        SERVERS,
        rows=_ROWS,
        remaps={"note.state.done": "closed"},
        then={"note.state": ["new", "closed", None]},
        back={"note.state": ["new", "done", None]},
    ),
    Case(
        "two_values_renamed_and_one_joins_them",
        _state("new", "done", "gone"),
        _state("fresh", "closed"),
        SERVERS,
        rows=notes(state=["new", "done", "gone"]),
        remaps={"note.state.done": "closed", "note.state.new": "fresh", "note.state.gone": "closed"},
        then={"note.state": ["fresh", "closed", "closed"]},
        back={"note.state": ["new", "done", "done"]},
    ),
    Case(
        "in_an_array",
        _array("new", "done", "gone"),
        _array("new", "gone"),
        (POSTGRESQL,),
        rows=notes(states=[["new", "done", "done"], [], None]),
        remaps={"note.states.done": "gone"},
        then={"note.states": ["{new,gone,gone}", "{}", None]},
        back={"note.states": ["{new,gone,gone}", "{}", None]},
    ),
    Case(
        "in_an_array_to_null",
        _array("new", "done", "gone"),
        _array("new", "gone"),
        (POSTGRESQL,),
        rows=notes(states=[["new", "done"], [], None]),
        remaps={"note.states.done": None},
        then={"note.states": ["{new,NULL}", "{}", None]},
        back={"note.states": ["{new,NULL}", "{}", None]},
    ),
    Case(
        "in_an_array_renamed",
        _array("new", "done"),
        _array("new", "closed"),
        (POSTGRESQL,),
        rows=notes(states=[["new", "done"], [], None]),
        remaps={"note.states.done": "closed"},
        then={"note.states": ["{new,closed}", "{}", None]},
        back={"note.states": ["{new,done}", "{}", None]},
    ),
    Case(
        "in_an_array_unanswered",
        _array("new", "done", "gone"),
        _array("new", "gone"),
        (POSTGRESQL,),
        rows=notes(states=[["new", "done", "done"], [], None]),
        refusal={POSTGRESQL: ("note.states is done", "--remap note.states.done=NEW")},
    ),
    Case(
        "of_a_type_of_three_columns",
        _with_two("new", "done", "gone"),
        _with_two("new", "gone"),
        (POSTGRESQL,),
        rows={**_ROWS, "task": _TASKS},
        remaps={"task.state.done": "gone"},
        then={
            "note.state": ["new", "gone", None],
            "task.state": ["gone", "new"],
            "task.states": ["{new,gone}", None],
        },
        back={
            "note.state": ["new", "gone", None],
            "task.state": ["gone", "new"],
            "task.states": ["{new,gone}", None],
        },
    ),
    Case(
        "renamed_in_a_type_of_three_columns",
        _with_two("new", "done"),
        _with_two("new", "closed"),
        (POSTGRESQL,),
        rows={**_ROWS, "task": _TASKS},
        remaps={"note.state.done": "closed"},
        then={
            "note.state": ["new", "closed", None],
            "task.state": ["closed", "new"],
            "task.states": ["{new,closed}", None],
        },
    ),
    Case(
        "in_another_schema",
        lambda metadata: note(metadata, Column("state", Enum("new", "done", "gone", name="state", schema="sales"))),
        lambda metadata: note(metadata, Column("state", Enum("new", "gone", name="state", schema="sales"))),
        (POSTGRESQL,),
        rows=_ROWS,
        remaps={"note.state.done": "gone"},
        then={"note.state": ["new", "gone", None]},
        back={"note.state": ["new", "gone", None]},
        setup={POSTGRESQL: ["CREATE SCHEMA sales"]},
    ),
    Case(
        "with_a_view",
        _state("new", "done", "gone"),
        _state("new", "gone"),
        (POSTGRESQL,),
        rows=_ROWS,
        remaps={"note.state.done": "gone"},
        then={"note.state": ["new", "gone", None]},
        back={"note.state": ["new", "gone", None]},
        objects={POSTGRESQL: ["CREATE VIEW states AS SELECT id, state FROM note"]},
    ),
    Case(
        "in_a_check",
        _checked("new", "done", "gone"),
        _checked("new", "gone"),
        rows=_ROWS,
        remaps={"note.state.done": "gone"},
        then={"note.state": ["new", "gone", None]},
        back={"note.state": ["new", "gone", None]},
    ),
    Case(
        "in_a_check_unanswered",
        _checked("new", "done", "gone"),
        _checked("new", "gone"),
        rows=_ROWS,
        refusal=dict.fromkeys(ALL, ("note.state is done (1 row)", "--remap note.state.done=NEW")),
    ),
    Case(
        "in_a_check_without_a_name",
        _checked("new", "done", "it's", name=None),
        _checked("new", "it's", name=None),
        rows=_ROWS,
        remaps={"note.state.done": "it's"},
        then={"note.state": ["new", "it's", None]},
        back={"note.state": ["new", "it's", None]},
    ),
    Case(
        "renamed_in_a_check",
        _checked("new", "done", length=20),
        _checked("new", "it's :a 100% closed", length=20),
        rows=_ROWS,
        remaps={"note.state.done": "it's :a 100% closed"},
        then={"note.state": ["new", "it's :a 100% closed", None]},
        back={"note.state": ["new", "done", None]},
    ),
    Case(
        "renamed_in_a_check_without_a_name",
        _checked("new", "done", name=None, length=9),
        _checked("closed", "new", name=None, length=9),
        rows=_ROWS,
        remaps={"note.state.done": "closed"},
        then={"note.state": ["new", "closed", None]},
        back={"note.state": ["new", "done", None]},
    ),
    Case(
        "renamed_to_a_longer_value_in_a_check",
        _checked("new", "done"),
        _checked("new", "postponed"),
        rows=_ROWS,
        remaps={"note.state.done": "postponed"},
        then={"note.state": ["new", "postponed", None]},
        back={"note.state": ["new", "done", None]},
    ),
    Case(
        "native_now",
        _checked("new", "done", length=20),
        _state("new", "closed"),
        SERVERS,
        rows=_ROWS,
        remaps={"note.state.done": "closed"},
        then={"note.state": ["new", "closed", None]},
        back={"note.state": ["new", "done", None]},
    ),
    Case(
        "no_longer_native",
        _state("new", "done"),
        _checked("new", "closed", length=20),
        SERVERS,
        rows=_ROWS,
        remaps={"note.state.done": "closed"},
        then={"note.state": ["new", "closed", None]},
        back={"note.state": ["new", "done", None]},
    ),
    Case(
        "from_text",
        noting(lambda: Column("state", String(9))),
        _state("new", "gone"),
        SERVERS,
        rows=_ROWS,
        remaps={"note.state.done": "gone"},
        then={"note.state": ["new", "gone", None]},
        back={"note.state": ["new", "gone", None]},
    ),
    Case(
        "in_a_column_and_a_table_with_other_names",
        lambda metadata: Table(
            "memo",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("status", Enum("new", "done", "gone", name="state")),
        ),
        lambda metadata: Table(
            "letter",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("state", Enum("new", "gone", name="state")),
        ),
        SERVERS,
        rows={"memo": [{"id": 1, "status": "done"}, {"id": 2, "status": None}]},
        renames={"memo.status": "letter.state"},
        table_renames={"memo": "letter"},
        remaps={"memo.status.done": "gone"},
        then={"letter.state": ["gone", None]},
        back={"memo.status": ["gone", None]},
    ),
    Case(
        "nothing_said_as_no_row_has_it",
        _checked("new", "done", "gone"),
        _checked("new", "done"),
        (SQLITE, MARIADB, POSTGRESQL),
        rows=_ROWS,
    ),
    Case(
        "in_a_check_beside_a_value_in_other_letters",
        _checked("new", "done", "DONE"),
        _checked("new", "DONE"),
        rows=notes(state=["new", "done", "DONE"]),
        remaps={"note.state.done": "new"},
        then={"note.state": ["new", "new", "DONE"]},
        back={"note.state": ["new", "new", "DONE"]},
    ),
    Case(
        "in_other_letters_unanswered",
        _checked("new", "done"),
        _checked("new", "DONE"),
        rows=_ROWS,
        refusal=dict.fromkeys(ALL, ("note.state is done (1 row)",)),
    ),
    Case(
        "renamed_to_other_letters",
        _state("new", "done"),
        _state("new", "Done"),
        SERVERS,
        rows=_ROWS,
        remaps={"note.state.done": "Done"},
        then={"note.state": ["new", "Done", None]},
        back={"note.state": ["new", "done", None]},
    ),
    Case(
        "renamed_to_a_shorter_value_in_a_check",
        _checked("new", "postponed"),
        _checked("new", "closed"),
        rows=notes(state=["new", "postponed", None]),
        remaps={"note.state.postponed": "closed"},
        then={"note.state": ["new", "closed", None]},
        back={"note.state": ["new", "postponed", None]},
    ),
    Case(
        "from_text_to_a_longer_value_in_a_check",
        noting(lambda: Column("state", String(4))),
        _checked("new", "closed"),
        SERVERS,
        rows=_ROWS,
        remaps={"note.state.done": "closed"},
        then={"note.state": ["new", "closed", None]},
        back={"note.state": ["new", "done", None]},
    ),
    Case(
        "from_text_to_a_longer_value",
        noting(lambda: Column("state", String(4))),
        _state("new", "closed"),
        SERVERS,
        rows=_ROWS,
        remaps={"note.state.done": "closed"},
        then={"note.state": ["new", "closed", None]},
        back={"note.state": ["new", "done", None]},
    ),
    Case(
        "of_a_key_that_is_checked_at_the_end",
        _pointing("new", "done", "gone"),
        _pointing("new", "gone"),
        (POSTGRESQL,),
        rows={"state": [{"name": "new"}, {"name": "gone"}, {"name": "done"}], **_ROWS},
        remaps={"note.state.done": "gone"},
        then={"note.state": ["new", "gone", None]},
        back={"note.state": ["new", "gone", None]},
    ),
    Case(
        "with_a_value_to_fill",
        _state("new", "done"),
        _state("new", "closed", nullable=False),
        SERVERS,
        rows=_ROWS,
        remaps={"note.state.done": "closed"},
        fills={"note.state": "closed"},
        then={"note.state": ["new", "closed", "closed"]},
        back={"note.state": ["new", "done", "done"]},
    ),
)
