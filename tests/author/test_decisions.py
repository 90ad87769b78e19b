"""Renames and drops: what was said counts, what is likely is asked about, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import pytest
import sqlalchemy as sa
from alembic.operations import ops
from hypothesis import given, settings
from hypothesis import strategies as st

from support.catalogs import catalog
from support.databases import rows
from whimbrel.author.decisions import (
    Answers,
    Decided,
    Part,
    Question,
    acknowledge,
    check_drops_allowed,
    check_imported,
    counting,
    decide_renames,
    dropped,
)
from whimbrel.catalog import COLUMN, TABLE, Catalog
from whimbrel.connect.url import parse
from whimbrel.dialects import dialect_of
from whimbrel.differ import Rename
from whimbrel.errors import DropUnanswered, RenameUnanswered, RevisionDataInvalid, TablesWouldBeDropped

USERS = "users: id integer!, full_name varchar(80)!, mail varchar(120), age integer; pk(id)"
BEFORE = catalog(USERS)
AFTER = catalog("users: id integer!, display_name varchar(80)!, mail varchar(120), age integer; pk(id)")
PEOPLE = catalog("people: id integer!, display_name varchar(80)!, mail varchar(120), age integer; pk(id)")
FULL_NAME = Rename(COLUMN, None, "users", "full_name", "display_name")
YES, NO = 0, 1


class Person:
    """Somebody on a terminal, who gives these answers and then none."""

    def __init__(self, *answers: int) -> None:
        self._answers = list(answers)
        self.asked: list[Question] = []

    def choose(self, question: Question) -> int | None:
        self.asked.append(question)
        return self._answers.pop(0) if self._answers else None


def of_three(part: Part) -> int:
    """Everything holds three."""
    return 3


def decide(before: Catalog, after: Catalog, asking: Person | None = None, **answers: object) -> Decided:
    return decide_renames(before, after, of_three, Answers()._replace(**answers), asking)


def refused(call: Callable[[], object]) -> RevisionDataInvalid:
    with pytest.raises(RevisionDataInvalid) as caught:
        call()
    assert caught.value.state == "nothing was written"
    return caught.value


# -- asked --------------------------------------------------------------------------------------


def test_a_likely_rename_is_asked_about_with_what_it_keeps_and_why_it_is_likely() -> None:
    person = Person(YES)
    assert decide(BEFORE, AFTER, person).renames == (FULL_NAME,)
    [question] = person.asked
    assert "users.full_name" in question.lines[0]
    assert "users.display_name" in question.lines[0]
    assert "same type, same position" in question.lines[1]
    assert question.choices[question.default] == "yes, rename users.full_name to display_name: keeps 3 values"
    assert question.choices[NO] == "no, drop the one and add the other: 3 values are lost"


def test_no_is_an_answer_which_has_seen_what_is_lost() -> None:
    decided = decide(BEFORE, AFTER, Person(NO))
    assert decided == ((), (Part(None, "users", "full_name"),))


def test_after_a_no_the_next_likely_name_is_asked_about() -> None:
    after = catalog("users: id integer!, login varchar(80)!, display_name varchar(80)!, mail varchar(120), age integer")
    person = Person(NO, YES)
    decided = decide(BEFORE, after, person)
    assert decided == ((Rename(COLUMN, None, "users", "full_name", "login"),), ()), "it is kept, so nothing is lost"
    assert ["display_name" in question.lines[0] for question in person.asked] == [True, False]


def test_a_table_is_asked_about_before_its_columns_which_are_asked_about_by_its_new_name() -> None:
    person = Person(YES, YES)
    decided = decide(BEFORE, PEOPLE, person)
    assert decided.renames == (
        Rename(TABLE, None, "people", "users", "people"),
        Rename(COLUMN, None, "people", "full_name", "display_name"),
    )
    assert [question.lines[0].partition(" is not")[0] for question in person.asked] == [
        "table users",
        "column users.full_name",
    ]
    assert "keeps 3 rows" in person.asked[0].choices[YES]


def test_columns_of_a_table_that_is_not_renamed_are_not_asked_about() -> None:
    person = Person(NO)
    assert decide(BEFORE, PEOPLE, person).renames == ()
    assert len(person.asked) == 1


def test_what_has_no_likely_name_is_not_asked_about() -> None:
    after = catalog("users: id integer!, full_name varchar(80)!, mail varchar(120), photo bytea")
    assert decide(BEFORE, after, Person()) == ((), ())
    assert decide(BEFORE, BEFORE, None) == ((), ())


@pytest.mark.parametrize("asking", [None, Person()])
def test_where_nobody_answers_each_pair_is_named_with_its_flag(asking: Person | None) -> None:
    before = catalog("users: id integer!, fname varchar(40), lname varchar(40)", "shop")
    after = catalog("users: id integer!, first_name varchar(40), last_name varchar(40)", "shop")
    with pytest.raises(RenameUnanswered) as caught:
        decide(before, after, asking)
    error = caught.value
    assert (error.code, error.exit_code, error.state) == ("WB612", 6, "nothing was written")
    assert (error.hint or "").startswith(
        "--rename shop.users.fname=shop.users.first_name --rename shop.users.lname=shop.users.last_name  "
    )
    assert "--no-rename" in (error.hint or "")
    assert [one["flag"] for one in error.as_dict()["candidates"]] == [
        "--rename shop.users.fname=shop.users.first_name",
        "--rename shop.users.lname=shop.users.last_name",
    ]
    if asking is not None:
        assert len(asking.asked) == 1, "who does not answer is not asked again"


def test_the_flag_of_a_table_is_named_too_and_quoted_for_a_shell() -> None:
    with pytest.raises(RenameUnanswered) as caught:
        decide(catalog("user list: id integer!, a text, b date"), catalog("users: id integer!, a text, b date"))
    assert "--rename-table 'user list=users'" in (caught.value.hint or "")


def test_the_flags_of_a_refusal_are_answers_that_are_taken() -> None:
    with pytest.raises(RenameUnanswered) as caught:
        decide(BEFORE, AFTER)
    [candidate] = caught.value.as_dict()["candidates"]
    assert decide(BEFORE, AFTER, renames=((candidate["old"], candidate["new"]),)).renames == (FULL_NAME,)


# -- said ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("new", ["display_name", "users.display_name"])
def test_what_was_said_is_not_asked_about(new: str) -> None:
    person = Person()
    assert decide(BEFORE, AFTER, person, renames=(("users.full_name", new),)).renames == (FULL_NAME,)
    assert person.asked == []


def test_what_was_said_need_not_be_likely() -> None:
    after = catalog("users: id integer!, full_name varchar(80)!, mail varchar(120), photo bytea")
    [rename] = decide(BEFORE, after, renames=(("users.age", "photo"),)).renames
    assert (rename.old, rename.new) == ("age", "photo")


def test_no_rename_leaves_what_was_said() -> None:
    after = catalog("users: id integer!, display_name varchar(80)!, email varchar(120), age integer; pk(id)")
    said = (("users.full_name", "display_name"),)
    person = Person()
    assert decide(BEFORE, after, person, no_rename=True, renames=said).renames == (FULL_NAME,)
    assert person.asked == []
    assert decide(BEFORE, after, person, no_rename=True) == ((), ())


def test_a_column_of_a_table_that_is_renamed_is_named_as_the_database_calls_it() -> None:
    decided = decide(
        BEFORE, PEOPLE, table_renames=(("users", "people"),), renames=(("users.full_name", "people.display_name"),)
    )
    assert [(one.table, one.old, one.new) for one in decided.renames] == [
        ("people", "users", "people"),
        ("people", "full_name", "display_name"),
    ]


def test_a_table_may_be_named_with_its_schema_and_keeps_it() -> None:
    before, after = catalog(USERS, "shop"), catalog(USERS.replace("users", "people"), "shop")
    wanted = (Rename(TABLE, "shop", "people", "users", "people"),)
    for new in ("people", "shop.people"):
        assert decide(before, after, table_renames=(("shop.users", new),)).renames == wanted
    other = catalog(USERS.replace("users", "people"), "elsewhere")
    error = refused(lambda: decide(before, other, table_renames=(("shop.users", "elsewhere.people"),)))
    assert "another schema" in error.what


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"renames": (("users.fullname", "display_name"),)}, "the database has no column users.fullname"),
        ({"renames": (("user.full_name", "display_name"),)}, "the database has no column user.full_name"),
        ({"renames": (("users.full_name", "dispaly_name"),)}, "the models have no column users.dispaly_name"),
        ({"renames": (("users.mail", "display_name"),)}, "users.mail is in the models still"),
        ({"renames": (("users.full_name", "mail"),)}, "users.mail is in the database already"),
        ({"table_renames": (("user", "people"),)}, "the database has no table user"),
        ({"table_renames": (("users", "poeple"),)}, "the models have no table poeple"),
        ({"table_renames": (("users", "users"),)}, "users is in the models still"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anybody_is_asked(answers: Mapping[str, object], said: str) -> None:
    person = Person(YES)
    assert said in refused(lambda: decide(BEFORE, AFTER, person, **answers)).what
    assert person.asked == []


def test_the_names_that_there_are_are_told_nearest_first() -> None:
    error = refused(lambda: decide(BEFORE, AFTER, renames=(("users.fullname", "display_name"),)))
    assert (error.why or "").startswith("there is users.full_name, ")
    error = refused(lambda: decide(BEFORE, AFTER, renames=(("users.full_name", "dispaly_name"),)))
    assert (error.why or "").startswith("there is users.display_name, ")


def test_a_column_stays_in_its_table_and_its_table_in_the_models() -> None:
    both = catalog("users: id integer!, full_name text\nposts: id integer!, title text")
    after = catalog("users: id integer!\nposts: id integer!, title text, author text")
    error = refused(lambda: decide(both, after, renames=(("users.full_name", "posts.author"),)))
    assert "posts.author is in another table than users" in error.what
    error = refused(lambda: decide(BEFORE, PEOPLE, no_rename=True, renames=(("users.full_name", "display_name"),)))
    assert "the models have no table users" in error.what
    assert "--rename-table users=" in (error.why or "")


def test_nothing_is_renamed_twice() -> None:
    before = catalog("users: id integer!, a text, b text")
    after = catalog("users: id integer!, c text")
    error = refused(lambda: decide(before, after, renames=(("users.a", "c"), ("users.b", "c"))))
    assert "is renamed twice" in error.what
    tables = catalog("a: id integer!\nb: id integer!"), catalog("c: id integer!")
    assert "twice" in refused(lambda: decide(*tables, table_renames=(("a", "c"), ("b", "c")))).what


# -- drops --------------------------------------------------------------------------------------

DROPPING = catalog("users: id integer!, full_name text, bio text\nlogs: id integer!, line text\nkept: id integer!")
LEFT = catalog("users: id integer!, display_name text\nkept: id integer!")
BIO, LOGS = Part(None, "users", "bio"), Part(None, "logs")


def dropping(renames: Iterable[Rename] = (FULL_NAME,)) -> list[Part]:
    return dropped(DROPPING, LEFT, tuple(renames))


def allow(asking: Person | None, numbers: Mapping[Part, int], **answers: object) -> None:
    acknowledge(dropping(), DROPPING, lambda part: numbers[part], Answers()._replace(**answers), asking)


def test_what_is_renamed_is_not_dropped_and_a_table_stands_for_its_columns() -> None:
    assert dropping() == [BIO, LOGS]
    assert dropping([]) == [Part(None, "users", "full_name"), BIO, LOGS]
    renamed = [Rename(TABLE, None, "people", "users", "people")]
    assert dropped(BEFORE, PEOPLE, renamed) == [Part(None, "users", "full_name")], "as the database calls its table"


def test_nobody_is_asked_about_what_is_empty() -> None:
    allow(None, {BIO: 0, LOGS: 0})


def test_it_is_asked_once_for_each_table_and_keeping_is_what_who_says_nothing_means() -> None:
    before = catalog("users: id integer!, a text, b text\nlogs: id integer!")
    after = catalog("users: id integer!")
    person = Person(1, 1)
    acknowledge(dropped(before, after, ()), before, of_three, Answers(), person)
    first, second = person.asked
    assert first.lines[1:] == (
        "  drop column users.a: 3 values would be lost",
        "  drop column users.b: 3 values would be lost",
    )
    assert second.lines[1:] == ("  drop table logs: 3 rows would be lost",)
    assert "keep" in first.choices[first.default]


@pytest.mark.parametrize("asking", [None, Person(), Person(0)])
def test_what_nobody_allows_is_refused_with_what_would_be_lost(asking: Person | None) -> None:
    with pytest.raises(DropUnanswered) as caught:
        allow(asking, {BIO: 2, LOGS: 1})
    error = caught.value
    assert (error.code, error.exit_code, error.state) == ("WB613", 6, "nothing was written")
    assert error.what.startswith("1 row and 2 values would be lost")
    assert error.why == "drop column users.bio (2 values); drop table logs (1 row)"
    assert (error.hint or "").startswith("--allow-drop users.bio --allow-drop logs  ")
    assert error.as_dict()["drops"] == [{"name": "users.bio", "count": 2}, {"name": "logs", "count": 1}]


def test_what_was_allowed_goes_and_the_rest_is_refused() -> None:
    allow(None, {}, allow_drop=("users.bio", "logs"))
    with pytest.raises(DropUnanswered) as caught:
        allow(None, {BIO: 2}, allow_drop=("logs",))
    assert caught.value.why == "drop column users.bio (2 values)"


def test_leave_for_a_table_is_none_for_a_column_of_one_that_stays() -> None:
    with pytest.raises(DropUnanswered):
        allow(None, {BIO: 2, LOGS: 0}, allow_drop=("users",))


def test_who_has_seen_what_is_lost_is_not_asked_again() -> None:
    decided = decide(BEFORE, AFTER, Person(NO))
    drops = dropped(BEFORE, AFTER, decided.renames)
    person = Person()
    acknowledge(drops, BEFORE, of_three, Answers(), person, known=decided.dropped)
    assert person.asked == []


def test_a_name_to_drop_that_there_is_not_is_refused_with_the_nearest() -> None:
    error = refused(lambda: allow(None, {}, allow_drop=("user.bio",)))
    assert "the database has no table or column user.bio" in error.what
    assert (error.why or "").startswith("there is users.bio")


NAMES = ["order", "Mixed Case", 'quo"te', "back`tick", "über"]


@pytest.mark.parametrize("name", NAMES)
def test_the_statement_counts_rows_and_values_that_are_not_null(name: str, url: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    table = sa.Table(name, sa.MetaData(), sa.Column("id", sa.Integer), sa.Column(name, sa.Integer))
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"id": number, name: number or None} for number in range(4)])
    dialect = dialect_of(parse(url))
    assert rows(url, counting(Part(None, name), dialect)) == [(4,)]
    assert rows(url, counting(Part(None, name, name), dialect)) == [(3,)]


def test_the_statement_counts_in_a_schema(make_database: Callable[[str], str]) -> None:
    url = make_database("postgresql")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA shop")
        connection.exec_driver_sql("CREATE TABLE shop.users AS SELECT generate_series(1, 7) AS id")
    assert rows(url, counting(Part("shop", "users"), dialect_of(parse(url)))) == [(7,)]


# -- models that were not imported --------------------------------------------------------------


def tables(*names: str) -> Catalog:
    return catalog("\n".join(f"{name}: id integer!" for name in names))


def imported(before: Catalog, after: Catalog, *allowed: str, where: str | None = None) -> None:
    check_imported(dropped(before, after, ()), before, after, Answers(allow_drop=allowed), where=where)


@pytest.mark.parametrize(
    ("before", "after"),
    [(["a"], ["b"]), (["a", "b"], ["a"]), (["a", "b", "c", "d"], ["a", "b"]), ([], []), (["a"], ["a", "b"])],
)
def test_some_tables_may_go_as_any_other(before: list[str], after: list[str]) -> None:
    imported(tables(*before), tables(*after))


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [(["a", "b", "c"], ["a"], ["b", "c"]), (["a"], [], ["a"]), (["a", "b"], ["c", "d"], ["a", "b"])],
)
def test_most_tables_do_not_go_unless_each_is_named(before: list[str], after: list[str], gone: list[str]) -> None:
    with pytest.raises(TablesWouldBeDropped) as caught:
        imported(tables(*before), tables(*after))
    error = caught.value
    assert (error.code, error.exit_code, error.state) == ("WB614", 6, "nothing was written")
    assert ", ".join(gone) in (error.why or "")
    assert 'models = ["package.module"]' in (error.hint or "")
    assert error.as_dict()["tables"] == gone
    if len(gone) > 1:
        with pytest.raises(TablesWouldBeDropped):
            imported(tables(*before), tables(*after), gone[0])
    imported(tables(*before), tables(*after), *gone)


def test_who_has_an_env_py_is_told_to_import_there() -> None:
    with pytest.raises(TablesWouldBeDropped) as caught:
        imported(tables("a", "b"), tables(), where="migrations/env.py")
    assert caught.value.where == "migrations/env.py"
    assert "in env.py" in (caught.value.hint or "")


# -- whatever is answered -----------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.integers(0, 1), max_size=6))
def test_whatever_is_answered_each_name_is_renamed_once_at_most_and_what_is_not_is_dropped(given_: list[int]) -> None:
    before = catalog("users: id integer!, a varchar(80), b varchar(80), c varchar(80)")
    after = catalog("users: id integer!, aa varchar(80), bb varchar(80), cc varchar(80)")
    decided = None
    with suppress(RenameUnanswered):
        decided = decide(before, after, Person(*given_))
    if decided is not None:
        olds, news = ([getattr(one, side) for one in decided.renames] for side in ("old", "new"))
        assert len({*olds}) == len(olds)
        assert len({*news}) == len(news)
        left = {part.column for part in dropped(before, after, decided.renames)}
        assert left == {"a", "b", "c"} - {*olds}
        assert {part.column for part in decided.dropped} <= left


def test_what_is_lost_is_counted_up_to_a_million(make_database: Callable[[str], str]) -> None:
    url = make_database("postgresql")
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE many AS SELECT nullif(n, 1) AS id FROM generate_series(1, 1000005) n")
    part, dialect = Part(None, "many"), dialect_of(parse(url))
    [(number,)] = rows(url, counting(part, dialect))
    assert number == 1_000_001
    assert part.count_of(1_000_001) == "more than 1,000,000 rows"
    assert part.count_of(1_000_000) == "1000000 rows"
    assert rows(url, counting(Part(None, "many", "id"), dialect)) == [(1_000_001,)]


def test_where_nothing_can_be_counted_a_rename_is_in_doubt_unless_it_was_said_that_there_is_none() -> None:
    gone = [ops.DropTableOp("logs"), ops.ModifyTableOps("users", [ops.DropColumnOp("users", "bio")])]
    with pytest.raises(DropUnanswered) as caught:
        check_drops_allowed(gone, Answers())
    assert "what it holds was not counted, and whether it is renamed is not known" in str(caught.value.why)
    with pytest.raises(DropUnanswered) as caught:
        check_drops_allowed(gone, Answers(no_rename=True))
    assert caught.value.why == "what it holds was not counted, as nothing can be proven here"
    assert caught.value.hint == "--allow-drop logs --allow-drop users.bio"
