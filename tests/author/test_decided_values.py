"""Values that lists lose and columns that become NOT NULL: what was said counts, and is data; nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql

from support.catalogs import catalog
from whimbrel.author.decisions import (
    Answers,
    Fill,
    Held,
    Lacking,
    Part,
    Question,
    Remap,
    decide_fills,
    decide_remaps,
    held,
    lacking,
)
from whimbrel.author.decisions.typed import Unreadable, value_of
from whimbrel.author.operations import Statement, escaped
from whimbrel.catalog import COLUMN, ENUM, TABLE, Catalog, Item
from whimbrel.catalog.items import facts
from whimbrel.dialects import dialect_named
from whimbrel.differ import Rename
from whimbrel.errors import RevisionDataInvalid, ValueUnanswered

NOTES = catalog("note: id integer!, state varchar(9), v1.2 varchar(9)\ntask: id integer!, state varchar(9)!")
STATE, _, TASK_STATE = (
    next(item for item in NOTES.items if item.kind == COLUMN and (item.table, item.name) == name)
    for name in (("note", "state"), ("note", "v1.2"), ("task", "state"))
)
OF_NOTES = ((None, "note"), "state")
OF_TASKS = ((None, "task"), "state")
HELD = Held((STATE,), (OF_NOTES,), ("new", "done", "gone"), ("new", "gone", "idea"), True)
OF_BOTH = Held((STATE, TASK_STATE), (OF_NOTES, OF_TASKS), ("new", "done"), ("new",), False)


class Person:
    """Somebody on a terminal, who chooses and types these answers and then none."""

    def __init__(self, *answers: int, typed: tuple[str, ...] = ()) -> None:
        self._answers = list(answers)
        self._typed = list(typed)
        self.asked: list[Question] = []
        self.objections: list[str] = []

    def choose(self, question: Question) -> int | None:
        self.asked.append(question)
        return self._answers.pop(0) if self._answers else None

    def enter(self, prompt: str, objection: Callable[[str], str | None]) -> str | None:
        while self._typed:
            text = self._typed.pop(0)
            if (wrong := objection(text)) is None:
                return text
            self.objections.append(wrong)
        return None


def decide(one: Held, rows: Mapping[str, int], asking: Person | None = None, **remaps: str | None) -> tuple[Remap, ...]:
    said = Answers(remaps=tuple((f"note.state.{old}", new) for old, new in remaps.items()))
    return decide_remaps([one], NOTES, lambda _: rows, said, asking)


def refused(call: Callable[[], object]) -> RevisionDataInvalid:
    with pytest.raises(RevisionDataInvalid) as caught:
        call()
    assert caught.value.state == "nothing was written"
    assert caught.value.hint
    return caught.value


# -- values that lists lose ---------------------------------------------------------------------


def test_nobody_is_asked_about_a_value_that_no_row_has() -> None:
    person = Person()
    assert decide(HELD, {}, person) == ()
    assert person.asked == []


def test_rows_are_not_counted_where_a_list_only_grows() -> None:
    grown = HELD._replace(new=("new", "done", "gone", "idea"))
    assert decide_remaps([grown], NOTES, lambda _: pytest.fail("counted"), Answers(), None) == ()


def test_what_is_chosen_is_one_of_the_values_that_stay_or_null() -> None:
    person = Person(1)
    assert decide(HELD, {"done": 2}, person) == (Remap((OF_NOTES,), "done", "gone"),)
    [question] = person.asked
    assert question.lines[0] == "note.state: the models have no value done any more, and 2 rows have it"
    assert question.choices == ("new", "gone", "idea", "NULL", "none: write nothing")
    assert question.choices[question.default] == "none: write nothing"
    assert decide(HELD, {"done": 2}, Person(3)) == (Remap((OF_NOTES,), "done", None),)


def test_null_is_no_choice_where_one_of_the_columns_must_not_be_null() -> None:
    person = Person(0)
    assert decide(OF_BOTH, {"done": 1}, person) == (Remap((OF_NOTES, OF_TASKS), "done", "new"),)
    assert person.asked[0].choices == ("new", "none: write nothing")
    assert person.asked[0].lines[0].startswith("note.state, task.state: ")


@pytest.mark.parametrize("asking", [None, Person(), Person(4)], ids=["nobody", "no answer", "write nothing"])
def test_what_nobody_answers_is_refused_with_the_flag_and_the_choices(asking: Person | None) -> None:
    with pytest.raises(ValueUnanswered) as caught:
        decide(HELD, {"done": 2}, asking)
    error = caught.value
    assert (error.code, error.exit_code, error.state) == ("WB618", 6, "nothing was written")
    assert error.what == "2 rows have values that the models no longer have, and nobody says what becomes of them"
    assert error.why == "note.state is done (2 rows)"
    assert error.hint == ("--remap note.state.done=NEW  where NEW is one of new, gone, idea; nothing behind = for NULL")
    assert error.as_dict()["values"] == [
        {"name": "note.state.done", "count": 2, "choices": ["new", "gone", "idea", None]}
    ]


def test_several_values_have_a_flag_each_and_a_value_with_blanks_is_quoted() -> None:
    with pytest.raises(ValueUnanswered) as caught:
        decide(HELD._replace(old=None), {"it's done": 1, "old": 2})
    assert caught.value.what.startswith("3 rows have")
    assert caught.value.hint == (
        "--remap 'note.state.it'\"'\"'s done=NEW' --remap note.state.old=NEW  with the new values"
    )


def test_who_has_free_text_in_a_column_is_not_asked_twenty_one_questions() -> None:
    person = Person(*[0] * 21)
    with pytest.raises(ValueUnanswered) as caught:
        decide(HELD._replace(old=None), {f"text {number}": 1 for number in range(21)}, person)
    assert person.asked == []
    assert "and 13 more" in (caught.value.why or "")
    assert len(caught.value.lines()) <= 6


def test_a_value_that_rows_have_and_no_list_has_can_be_said_as_it_is_told() -> None:
    with pytest.raises(ValueUnanswered) as caught:
        decide(HELD, {"DONE": 1})
    assert "--remap note.state.DONE=NEW" in (caught.value.hint or "")
    assert decide(HELD, {"DONE": 1}, DONE="idea") == (Remap((OF_NOTES,), "DONE", "idea"),)
    error = refused(lambda: decide(HELD, {}, DONE="idea"))
    assert error.what == "note.state takes no value DONE in the database"


@pytest.mark.parametrize(
    ("said", "new", "meant"),
    [
        (">", "5=", (">=5", None)),
        (">", "5=new", (">=5", "new")),
        ("a", "b=c", ("a", "b=c")),
        ("", "new", ("", "new")),
    ],
)
def test_a_value_may_be_empty_or_have_a_sign_in_it(said: str, new: str, meant: tuple[str, str | None]) -> None:
    one = HELD._replace(old=(">=5", "a", "", "new"), new=("new", "b=c"))
    [remap] = decide(one, {}, None, **{said: new})
    assert (remap.old, remap.new) == meant


def test_what_a_row_has_is_no_paragraph_of_a_message_and_nothing_that_a_terminal_obeys() -> None:
    person, nasty = Person(0), "a\x1b[2J\nb" + "x" * 1000
    told = "a?[2J?b" + "x" * 52 + "…"
    [remap] = decide(HELD._replace(old=None), {nasty: 1}, person)
    assert remap.old == nasty
    assert str(remap) == f"remap note.state: {told} to new"
    assert told in person.asked[0].lines[0]
    with pytest.raises(ValueUnanswered) as caught:
        decide(HELD._replace(old=None), {nasty: 1})
    assert max(map(len, caught.value.lines())) < 200
    assert "\x1b" not in str(caught.value)
    assert caught.value.as_dict()["values"][0]["name"] == f"note.state.{nasty}"


def test_what_was_said_is_not_asked_and_counts_where_no_row_has_the_value() -> None:
    person = Person()
    assert decide(HELD, {"done": 2}, person, done="gone") == (Remap((OF_NOTES,), "done", "gone"),)
    assert decide(HELD, {}, None, done=None) == (Remap((OF_NOTES,), "done", None),)
    assert person.asked == []


def test_it_may_be_said_of_any_column_of_a_list_that_several_share() -> None:
    said = Answers(remaps=(("task.state.done", "new"),))
    found = decide_remaps([OF_BOTH], NOTES, lambda _: {"done": 1}, said, None)
    assert found == (Remap((OF_NOTES, OF_TASKS), "done", "new"),)


def test_the_first_value_that_becomes_a_new_one_is_renamed_and_others_join_it() -> None:
    one = HELD._replace(old=("new", "done", "gone"), new=("new", "closed"))
    assert decide(one, {}, None, done="closed", gone="closed") == (
        Remap((OF_NOTES,), "done", "closed", is_renamed=True),
        Remap((OF_NOTES,), "gone", "closed"),
    )
    assert decide(one._replace(old=None), {}, None, done="closed") == (Remap((OF_NOTES,), "done", "closed"),), (
        "any text could have been there before"
    )


@pytest.mark.parametrize(
    ("remaps", "what", "why"),
    [
        ({"note.state.new": "gone"}, "note.state.new is a value in the models still", None),
        ({"note.state.dome": "gone"}, "note.state takes no value dome in the database", "there is done"),
        ({"note.state.done": "gon"}, "note.state takes no value gon in the models", "there is gone"),
        ({"note.stat.done": "gone"}, "the database has no column note.stat", "there is note.state"),
        ({"nowhere.state.done": "gone"}, "the database has no column nowhere.state", "there is"),
        ({"task.state.done": "gone"}, "task.state takes what it took", "the same list"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_there_is(
    remaps: dict[str, str | None], what: str, why: str | None
) -> None:
    answers = Answers(remaps=tuple(remaps.items()))
    error = refused(lambda: decide_remaps([HELD], NOTES, lambda _: {}, answers, None))
    assert what in error.what
    assert (why or "") in (error.why or "")


def test_null_is_refused_where_a_column_must_not_be_null() -> None:
    error = refused(lambda: decide(OF_BOTH, {}, None, done=None))
    assert error.what == "note.state.done cannot become NULL"
    assert "--remap note.state.done=NEW" in (error.hint or "")


def test_one_value_does_not_become_two() -> None:
    answers = Answers(remaps=(("note.state.done", "new"), ("task.state.done", "other")))
    one = OF_BOTH._replace(new=("new", "other"))
    assert "two values" in refused(lambda: decide_remaps([one], NOTES, lambda _: {}, answers, None)).what


def test_names_and_values_may_have_dots_in_them() -> None:
    column = next(item for item in NOTES.items if item.name == "v1.2")
    one = Held((column,), (((None, "note"), "v1.2"),), ("a.b", "c"), ("c",), True)
    found = decide_remaps([one], NOTES, lambda _: {}, Answers(remaps=(("note.v1.2.a.b", "c"),)), None)
    assert [remap.old for remap in found] == ["a.b"]


# -- which columns are held to what -------------------------------------------------------------


def on_postgresql(labels: str, *columns: tuple[str, str]) -> Catalog:
    """Columns of a type, each in a table of its name."""
    enum = Item(ENUM, "state", facts=facts({"labels": labels}))
    tables = [Item(TABLE, table, table=table) for table, _ in columns]
    return Catalog(
        [enum, *tables, *(Item(COLUMN, "c", table=table, facts=facts({"type": type_})) for table, type_ in columns)]
    )


def found(before: Catalog, after: Catalog, renames: tuple[Rename, ...] = ()) -> list[Held]:
    dialect = dialect_named("postgresql")
    assert dialect is not None
    return held(before, after, dialect.lists, renames, lambda item: item.kind == ENUM)


def test_columns_of_a_type_and_arrays_of_it_are_decided_about_at_once() -> None:
    before = on_postgresql("'a', 'b'", ("one", "state"), ("two", "state[]"), ("three", "text"))
    after = on_postgresql("'a', 'c'", ("one", "state"), ("two", "state[]"), ("three", "text"))
    [one] = found(before, after)
    assert (one.names, one.old, one.new, one.loses) == ("one.c, two.c", ("a", "b"), ("a", "c"), True)
    assert found(before, before) == []


def test_a_column_is_known_by_both_of_its_names() -> None:
    before, after = on_postgresql("'a', 'b'", ("one", "state")), on_postgresql("'a'", ("two", "state"))
    [one] = found(before, after, (Rename(TABLE, None, "two", "one", "two"),))
    assert (one.name, one.called) == ("one.c", (((None, "two"), "c"),))


# -- columns that become NOT NULL ---------------------------------------------------------------

BEFORE = catalog("note: id integer!, body text, old text!")
AFTER = catalog("note: id integer!, body text!, old text!, stars integer!, free integer, has integer! = 1")
STARS, BODY = ((None, "note"), "stars"), ((None, "note"), "body")
TYPES: dict[Any, Any] = {STARS: sa.Integer(), BODY: sa.Text()}


def fills(asking: Person | None = None, count: int = 3, **said: str) -> tuple[Fill, ...]:
    answers = Answers(fills=tuple((f"note.{name}", text) for name, text in said.items()))
    columns = [*lacking(BEFORE, AFTER, ())]
    return decide_fills(columns, AFTER, TYPES.get, lambda _: count, answers, asking)


def test_new_columns_without_a_default_lack_values_and_those_that_were_nullable() -> None:
    columns = [*lacking(BEFORE, AFTER, ())]
    assert [(one.column, one.is_new) for one in columns] == [(BODY, False), (STARS, True)]
    assert [one.part for one in columns] == [Part(None, "note", "body"), Part(None, "note")]
    assert [*lacking(Catalog(), AFTER, ())] == [], "a new table has no rows"


def test_what_is_said_is_read_by_the_type_of_the_column() -> None:
    assert fills(stars="7", body="x") == (Fill(STARS, 7, True), Fill(BODY, "x", False))
    assert fills(body="") == (Fill(BODY, "", False),), "an empty text is a value"


def test_nobody_is_asked_where_nobody_is_there_or_no_row_needs_it() -> None:
    person = Person()
    assert fills() == fills(person, 0) == ()
    assert person.asked == []


def test_who_is_asked_may_leave_it_as_it_is_which_is_what_nothing_means() -> None:
    person = Person(0, 0)
    assert fills(person) == ()
    assert [question.lines[0] for question in person.asked] == [
        "note.body becomes NOT NULL, and is NULL in 3 rows",
        "note.stars is new and NOT NULL, and its table has 3 rows",
    ]
    assert {question.default for question in person.asked} == {0}
    assert fills(Person()) == ()


def test_what_is_typed_is_asked_for_again_until_it_is_a_value() -> None:
    person = Person(0, 1, typed=("many", "3; DROP TABLE note", "3"))
    assert fills(person) == (Fill(STARS, 3, True),)
    assert len(person.objections) == 2
    assert "of the type int" in person.objections[0]


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("stars", "many", "note.stars cannot be many"),
        ("free", "1", "note.free does not become NOT NULL"),
        ("has", "1", "note.has does not become NOT NULL"),
        ("old", "1", "note.old does not become NOT NULL"),
        ("star", "1", "the models have no column note.star"),
    ],
)
def test_what_cannot_be_filled_is_refused(name: str, text: str, what: str) -> None:
    assert what in refused(lambda: fills(**{name: text})).what


def test_a_column_that_is_renamed_is_filled_by_its_new_name() -> None:
    after = catalog("memo: id integer!, text text!, old text!")
    renames = (Rename(TABLE, None, "memo", "note", "memo"), Rename(COLUMN, None, "memo", "body", "text"))
    [one] = lacking(BEFORE, after, renames)
    assert one == Lacking(one.item, Part(None, "note", "body"))
    assert one.column == ((None, "memo"), "text")


# -- what is typed ------------------------------------------------------------------------------


class Trimmed(sa.TypeDecorator[str]):
    impl = sa.String(3)
    cache_ok = True


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (sa.Integer(), " 7 ", 7),
        (sa.BigInteger(), "-12345678901", -12345678901),
        (mysql.BIGINT(unsigned=True), "18446744073709551615", 18446744073709551615),
        (sa.Numeric(10, 2), "4.20", Decimal("4.20")),
        (sa.Float(), "1e3", 1000.0),
        (sa.Boolean(), "True", True),
        (sa.Boolean(), "no", False),
        (sa.String(), " '; -- ", " '; -- "),
        (Trimmed(), "abc", "abc"),
        (sa.Date(), "2026-01-31", date(2026, 1, 31)),
        (sa.DateTime(), "2026-01-31 12:00", datetime(2026, 1, 31, 12)),
        (sa.Time(), "12:30", time(12, 30)),
        (sa.Uuid(), "6f1c2a4e0b7d4d7e9a530c8f5f0b9d11", UUID("6f1c2a4e-0b7d-4d7e-9a53-0c8f5f0b9d11")),
        (sa.Enum("a", "b"), "b", "b"),
        (sa.JSON(), '{"a":  1}', '{"a": 1}'),
        (sa.types.NullType(), "anything", "anything"),
        (None, "anything", "anything"),
    ],
)
def test_a_text_becomes_a_value_of_the_type(type_: Any, text: str, value: object) -> None:
    assert value_of(type_, text) == value


@pytest.mark.parametrize(
    ("type_", "text", "example"),
    [
        (sa.Integer(), "1.5", "42"),
        (sa.Integer(), "1; DROP TABLE note", "42"),
        (sa.BigInteger(), "9223372036854775808", "64 bits"),
        (mysql.BIGINT(unsigned=True), "18446744073709551616", "64 bits"),
        (sa.Numeric(), "NaN", "4.20"),
        (sa.Float(), "inf", "4.2"),
        (sa.Boolean(), "maybe", "true or false"),
        (sa.Date(), "tomorrow", "2026-01-31"),
        (sa.DateTime(), "noon", "2026-01-31 12:00:00"),
        (sa.Uuid(), "1", "6f1c2a4e"),
        (sa.Enum("a", "b"), "c", "one of a, b"),
        (sa.JSON(), "{a: 1}", "it is JSON"),
        (sa.String(2), "abc", "room for 2 characters"),
        (Trimmed(), "abcd", "room for 3 characters"),
        (sa.LargeBinary(), "abc", "write the UPDATE into the file"),
        (sa.Interval(), "1 day", "write the UPDATE into the file"),
    ],
)
def test_what_is_no_value_is_refused_with_what_one_looks_like(type_: Any, text: str, example: str) -> None:
    with pytest.raises(Unreadable, match=example):
        value_of(type_, text)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda one: st.lists(one, max_size=3)))
def test_json_stays_what_it_is(value: object) -> None:
    assert json.loads(value_of(sa.JSON(), json.dumps(value))) == value


# -- statements ---------------------------------------------------------------------------------


@given(st.text(st.sampled_from("a :\\'1é%$\n"), max_size=12) | st.text())
@example(r"'\:a'")
@example("':ab:'")
@example("a::b \\\\:c")
def test_a_statement_is_executed_as_it_was_written_whatever_is_in_it(sql: str) -> None:
    dialect = sa.create_engine("sqlite://").dialect
    assert str(sa.text(escaped(sql)).compile(dialect=dialect)) == sql
    assert str(Statement(sql).sqltext) == escaped(sql)
