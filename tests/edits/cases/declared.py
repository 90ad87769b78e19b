"""Views, functions and triggers that are declared beside the models: made, changed, and kept with their tables."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, String, select

from whimbrel.objects import Function, MaterializedView, Procedure, Trigger, View

from ..case import ALL, MARIADB, POSTGRESQL, SERVERS, SQLITE, Build, Case, elsewhere
from .notes import NOTES, note, notes, noting

_BODY = ["a", None, "c"]


def _short() -> Column[str]:
    return Column("body", String(20))


def _longer() -> Column[str]:
    return Column("body", String(40))


def _viewing(query: str | None = "SELECT id, title FROM note", *columns: object) -> Build:
    """Notes, and a view of them if there is a query."""

    def build(metadata: MetaData) -> None:
        note(metadata, *(make() for make in columns))
        if query:
            View("titles", query, metadata)

    return build


def _selecting(metadata: MetaData) -> None:
    table = note(metadata)
    View("titles", select(table.c.id, table.c.title).where(table.c.title != "100%: it's"), metadata)


def _view_of_a_view(where: str) -> Build:
    def build(metadata: MetaData) -> None:
        note(metadata)
        View("long_titles", f"SELECT id FROM titles WHERE {where}", metadata)
        View("titles", "SELECT id, title FROM note", metadata)

    return build


def _both_changed(metadata: MetaData) -> None:
    note(metadata)
    View("long_titles", "SELECT id, words FROM titles", metadata)
    View("titles", "SELECT id, title AS words FROM note", metadata)


_FOR_EACH = "FOR EACH ROW EXECUTE FUNCTION seen()"
_SEEN = "() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title := '{}'; RETURN NEW; END $$"


def _seeing(word: str | None, *columns: object) -> Build:
    """Notes, and a trigger that changes each to a word, if there is one."""

    def build(metadata: MetaData) -> None:
        table = note(metadata, *(make() for make in columns))
        if word is None:
            return
        Function("seen", {POSTGRESQL: _SEEN.format(word)}, metadata)
        change = f"UPDATE note SET title = '{word}' WHERE id = NEW.id"
        Trigger(
            "seeing",
            table,
            {SQLITE: "AFTER INSERT", POSTGRESQL: "BEFORE INSERT", MARIADB: "BEFORE INSERT"},
            {
                SQLITE: f"BEGIN {change}; END",
                POSTGRESQL: _FOR_EACH,
                MARIADB: f"FOR EACH ROW SET NEW.title = '{word}'",
            },
        )

    return build


def _sees_more(metadata: MetaData) -> None:
    """The same trigger, at another time."""
    table = note(metadata)
    Function("seen", {POSTGRESQL: _SEEN.format("a")}, metadata)
    when = {SQLITE: "AFTER UPDATE OF id", POSTGRESQL: "BEFORE INSERT OR UPDATE", MARIADB: "BEFORE UPDATE"}
    actions = {
        SQLITE: "BEGIN UPDATE note SET title = 'a' WHERE id = NEW.id; END",
        POSTGRESQL: _FOR_EACH,
        MARIADB: "FOR EACH ROW SET NEW.title = 'a'",
    }
    Trigger("seeing", table, when, actions)


def _doubling(postgresql: str, mariadb: str, *, view: bool = False) -> Build:
    def build(metadata: MetaData) -> None:
        note(metadata)
        Function("doubled", {POSTGRESQL: postgresql, MARIADB: mariadb}, metadata)
        if view:
            View("doubles", "SELECT doubled(id) AS twice FROM note", metadata)

    return build


_INTEGER = "(amount integer) RETURNS integer {}"
_IMMUTABLE = "LANGUAGE sql IMMUTABLE AS 'SELECT amount * {}'"
_DETERMINISTIC = "DETERMINISTIC RETURN amount * {}"


def _times(number: int, *, view: bool = False) -> Build:
    return _doubling(
        _INTEGER.format(_IMMUTABLE.format(number)), _INTEGER.format(_DETERMINISTIC.format(number)), view=view
    )


def _clearing(where: str) -> Build:
    def build(metadata: MetaData) -> None:
        note(metadata)
        statement = f"DELETE FROM note WHERE {where}"
        Procedure(
            "clear_notes",
            {POSTGRESQL: f"() LANGUAGE sql AS $$ {statement} $$", MARIADB: f"() MODIFIES SQL DATA {statement}"},
            metadata,
        )

    return build


def _kept(query: str, make: object = _short) -> Build:
    def build(metadata: MetaData) -> None:
        note(metadata, make())
        MaterializedView("titles", query, metadata)

    return build


def _writable(action: str) -> Build:
    """A view that can be written through a trigger."""

    def build(metadata: MetaData) -> None:
        note(metadata)
        view = View("titles", "SELECT id, title FROM note", metadata)
        Function("write_title", {POSTGRESQL: f"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {action} END'"}, metadata)
        Trigger(
            "writing",
            view,
            "INSTEAD OF INSERT",
            {
                SQLITE: f"BEGIN {action.replace('RETURN NEW;', '')} END",
                POSTGRESQL: _FOR_EACH.replace("seen", "write_title"),
            },
        )

    return build


def _renamed(name: str) -> Build:
    def build(metadata: MetaData) -> None:
        from sqlalchemy import Table

        table = Table(
            name, metadata, Column("id", Integer, primary_key=True), Column("title", String(40), nullable=False)
        )
        View("titles", select(table.c.id, table.c.title), metadata)
        Trigger("seeing", table, "BEFORE UPDATE", {MARIADB: "FOR EACH ROW SET NEW.title = 'seen'"})

    return build


def _elsewhere(query: str) -> Build:
    def build(metadata: MetaData) -> None:
        schema = elsewhere(metadata)
        note(metadata, schema=schema)
        View("titles", query.format(schema), metadata, schema=schema)

    return build


CASES = (
    Case("view_added", noting(), _viewing(), rows=NOTES),
    Case("view_of_a_select_added", noting(), _selecting, rows=NOTES),
    Case("view_of_a_select", _selecting, _selecting, rows=NOTES),
    Case("view_changed", _viewing(), _viewing("SELECT id FROM note"), rows=NOTES),
    Case("view_with_a_column_more", _viewing("SELECT id FROM note"), _viewing(), rows=NOTES),
    Case("view_unchanged", *[_viewing()] * 2, rows=NOTES),
    Case("views_unchanged", *[_view_of_a_view("id > 1")] * 2, rows=NOTES),
    Case("view_of_a_view_added", noting(), _view_of_a_view("id > 1"), rows=NOTES),
    Case("view_of_a_view_changed", _view_of_a_view("id > 1"), _view_of_a_view("id > 2"), rows=NOTES),
    Case("view_of_a_view_and_that_changed", _view_of_a_view("id > 1"), _both_changed, rows=NOTES),
    Case(
        "view_of_a_new_column",
        _viewing(),
        _viewing("SELECT id, body FROM note", _short),
        rows=NOTES,
    ),
    Case(
        "view_of_a_column_that_goes",
        _viewing("SELECT id, body FROM note", _short),
        _viewing("SELECT id FROM note"),
        rows=notes(body=_BODY),
    ),
    Case(
        "view_of_a_column_with_another_type",
        _viewing("SELECT id, body FROM note", _short),
        _viewing("SELECT id, body FROM note", _longer),
        rows=notes(body=_BODY),
    ),
    Case("view_of_a_renamed_table", _renamed("note"), _renamed("memo"), rows=NOTES, table_renames={"note": "memo"}),
    Case(
        "view_in_a_schema_changed",
        _elsewhere("SELECT id FROM {}.note"),
        _elsewhere("SELECT id, title FROM {}.note"),
        (POSTGRESQL,),
        rows={"other.note": NOTES["note"]},
    ),
    Case(
        "beside_a_view_of_others",
        noting(),
        _viewing("SELECT id FROM note WHERE id > 1"),
        rows=NOTES,
        objects=dict.fromkeys(ALL, ("CREATE VIEW theirs AS SELECT id FROM note",)),
    ),
    Case("trigger_added", noting(), _seeing("seen"), rows=NOTES),
    Case("trigger_changed", _seeing("a"), _seeing("b"), rows=NOTES),
    Case("trigger_at_another_time", _seeing("a"), _sees_more, rows=NOTES),
    Case("trigger_unchanged", *[_seeing("a")] * 2, rows=NOTES),
    Case("trigger_with_a_column_more", _seeing("a"), _seeing("a", _short), rows=NOTES),
    Case("trigger_and_a_column_changed", _seeing("a", _short), _seeing("b", _longer), rows=notes(body=_BODY)),
    Case(
        "trigger_on_a_view_added",
        noting(),
        _writable("DELETE FROM note; RETURN NEW;"),
        (SQLITE, POSTGRESQL),
        rows=NOTES,
    ),
    Case(
        "trigger_on_a_view_changed",
        _writable("DELETE FROM note; RETURN NEW;"),
        _writable("UPDATE note SET id = 1; RETURN NEW;"),
        (SQLITE, POSTGRESQL),
        rows=NOTES,
    ),
    Case("function_added", noting(), _times(2), SERVERS, rows=NOTES),
    Case("function_changed", _times(2), _times(3), SERVERS, rows=NOTES),
    Case("function_of_a_view_changed", _times(2, view=True), _times(3, view=True), SERVERS, rows=NOTES),
    Case("function_unchanged", *[_times(2, view=True)] * 2, SERVERS, rows=NOTES),
    Case(
        "function_takes_something_else",
        _times(2),
        _doubling(
            f"(amount bigint) RETURNS bigint {_IMMUTABLE.format(2)}",
            f"(amount bigint) RETURNS bigint {_DETERMINISTIC.format(2)}",
        ),
        SERVERS,
        rows=NOTES,
    ),
    Case("procedure_added", noting(), _clearing("id < 0"), SERVERS, rows=NOTES),
    Case("procedure_changed", _clearing("id < 0"), _clearing("id < 1"), SERVERS, rows=NOTES),
    Case(
        "materialized_view_added", noting(_short), _kept("SELECT id FROM note"), (POSTGRESQL,), rows=notes(body=_BODY)
    ),
    Case(
        "materialized_view_changed",
        _kept("SELECT id FROM note"),
        _kept("SELECT id, body FROM note"),
        (POSTGRESQL,),
        rows=notes(body=_BODY),
    ),
    Case(
        "materialized_view_of_a_column_with_another_type",
        _kept("SELECT id, body FROM note"),
        _kept("SELECT id, body FROM note", _longer),
        (POSTGRESQL,),
        rows=notes(body=_BODY),
    ),
)
