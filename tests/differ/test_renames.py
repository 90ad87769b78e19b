"""What is asked about as a rename: measured on labelled cases, and what holds for any schema."""

from __future__ import annotations

from itertools import zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.catalogs import catalog
from whimbrel.catalog import COLUMN, TABLE, Catalog, Item
from whimbrel.differ import Candidate, column_candidates, table_candidates
from whimbrel.differ.renames import common_tables

from .pairs import COLUMNS, TABLES, Case, Tables

USERS = (None, "users")
TYPES = ["integer", "text", "varchar(40)", "varchar(255)", "boolean", "timestamp", "numeric(10, 2)", "json", "mood"]
NAMES = st.from_regex(r"[a-z][a-z_]{0,11}", fullmatch=True)
COLUMN_LISTS = st.lists(
    st.tuples(NAMES, st.sampled_from(TYPES), st.booleans()), min_size=1, max_size=8, unique_by=lambda column: column[0]
)
SCHEMAS = st.dictionaries(NAMES, COLUMN_LISTS, max_size=4)


def _columns(before: Catalog, after: Catalog) -> list[Candidate]:
    return column_candidates(before, after, common_tables(before, after))


def _told(candidates: list[Candidate]) -> dict[str, str]:
    return {one.rename.old: one.rename.new for one in candidates}


def _label(case: Case | Tables) -> str:
    return ", ".join(f"{old}-{new}" for old, new in case.became.items())


# -- labelled -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", COLUMNS, ids=_label)
def test_columns_that_people_call_renamed_are_asked_about_and_no_others(case: Case) -> None:
    before, after = catalog(f"t: {case.before}"), catalog(f"t: {case.after}")
    assert _told(_columns(before, after)) == {old: new for old, new in case.became.items() if new}


@pytest.mark.parametrize("case", TABLES, ids=_label)
def test_tables_that_people_call_renamed_are_asked_about_and_no_others(case: Tables) -> None:
    before, after = catalog(case.before), catalog(case.after)
    assert _told(table_candidates(before, after)) == {old: new for old, new in case.became.items() if new}


def test_the_labels_are_of_columns_that_come_and_go() -> None:
    for case in COLUMNS:
        before, after = (
            {item.name for item in catalog(f"t: {text}").items if item.kind == COLUMN} for text in case[:2]
        )
        assert case.became.keys() == before - after, "every column that is gone has a label"
        assert {new for new in case.became.values() if new} <= after - before


# -- what is told -------------------------------------------------------------------------------


def test_the_reasons_say_what_speaks_for_it() -> None:
    before = catalog("users: id integer!, full_name varchar(80)!, email text; index(full_name)")
    after = catalog("users: id integer!, display_name varchar(80)!, email text; index(display_name)")
    [candidate] = _columns(before, after)
    assert candidate.rename == (COLUMN, None, "users", "full_name", "display_name")
    assert {"same type", "same index", "same position"} <= {*candidate.reasons}


def test_a_column_of_a_renamed_table_is_told_with_the_tables_new_name() -> None:
    before = catalog("users: id integer!, full_name varchar(80)!; index(full_name)", "shop")
    after = catalog("people: id integer!, display_name varchar(80)!; index(display_name)", "shop")
    [candidate] = column_candidates(before, after, {("shop", "users"): ("shop", "people")})
    assert candidate.rename == (COLUMN, "shop", "people", "full_name", "display_name")
    assert candidate.stored_in == "users"
    assert "same index" in candidate.reasons


def test_a_foreign_key_is_the_same_where_the_table_that_it_refers_to_is_renamed() -> None:
    before = catalog("users: id integer!\npost: id integer!, user_id integer!; fk(user_id > users)")
    after = catalog("people: id integer!\npost: id integer!, person_id integer!; fk(person_id > people)")
    tables = {(None, "users"): (None, "people"), (None, "post"): (None, "post")}
    [candidate] = column_candidates(before, after, tables)
    assert "same foreign key" in candidate.reasons


def test_quotes_that_only_one_of_two_names_needs_are_no_difference() -> None:
    before = catalog("t: id integer!, level integer; check(level > 0)")
    after = catalog('t: id integer!, Level integer; check("Level" > 0)')
    assert "same check constraint" in _columns(before, after)[0].reasons


def test_an_index_over_two_columns_that_are_both_renamed_speaks_for_both() -> None:
    before = catalog("t: id integer!, a date, b text; index(a, b)")
    after = catalog("t: id integer!, day date, remark text; index(day, remark)")
    found = _columns(before, after)
    assert _told(found) == {"a": "day", "b": "remark"}
    assert all("same index" in one.reasons for one in found)


def test_names_that_are_swapped_are_on_both_sides_and_no_candidates() -> None:
    before = catalog("t: id integer!, a integer, b integer")
    assert _columns(before, catalog("t: id integer!, b integer, a integer")) == []


def test_a_table_of_another_schema_is_another_table() -> None:
    text = "users: id integer!, name text, email text"
    assert table_candidates(catalog(text, "a"), catalog(text.replace("users", "people"), "b")) == []


def test_what_is_decided_is_not_offered_again_and_the_next_likely_one_is() -> None:
    before = catalog("users: id integer!, name text, email text")
    after = catalog("people: id integer!, name text, email text\naccounts: id integer!, name text, mail text")
    people, accounts = (None, "people"), (None, "accounts")
    assert _told(table_candidates(before, after)) == {"users": "people"}
    assert _told(table_candidates(before, after, apart=[(USERS, people)])) == {"users": "accounts"}
    assert table_candidates(before, after, apart=[(USERS, people), (USERS, accounts)]) == []
    assert table_candidates(before, after, taken=[USERS]) == []


# -- whatever the schema ------------------------------------------------------------------------


def _items(tables: dict[str, list[tuple[str, str, bool]]]) -> list[Item]:
    found = []
    for table, columns in tables.items():
        found.append(Item(TABLE, table, table=table))
        for name, kind, is_set in columns:
            facts = (("not null", "yes"), ("type", kind)) if is_set else (("type", kind),)
            found.append(Item(COLUMN, name, table=table, facts=facts))
    return found


@settings(deadline=None)
@given(SCHEMAS)
def test_equal_schemas_have_no_candidates(tables: dict[str, list[tuple[str, str, bool]]]) -> None:
    one, other = Catalog(_items(tables)), Catalog(_items(tables))
    assert table_candidates(one, other) == []
    assert _columns(one, other) == []


@settings(deadline=None)
@given(SCHEMAS, SCHEMAS)
def test_each_name_is_in_one_candidate_at_most_and_is_on_one_side_only(
    before: dict[str, list[tuple[str, str, bool]]], after: dict[str, list[tuple[str, str, bool]]]
) -> None:
    actual, wanted = Catalog(_items(before)), Catalog(_items(after))
    for found in (table_candidates(actual, wanted), _columns(actual, wanted)):
        olds = [(one.rename.table, one.rename.old) for one in found if one.rename.kind == COLUMN]
        news = [(one.rename.table, one.rename.new) for one in found]
        assert len(set(olds)) == len(olds)
        assert len(set(news)) == len(news)
    for one in _columns(actual, wanted):
        assert one.rename.old not in {name for name, *_ in after[one.rename.table]}
        assert one.rename.new not in {name for name, *_ in before[one.rename.table]}


@settings(deadline=None)
@given(SCHEMAS, SCHEMAS, st.randoms(use_true_random=False))
def test_candidates_are_the_same_in_whatever_order_things_are_read(
    before: dict[str, list[tuple[str, str, bool]]], after: dict[str, list[tuple[str, str, bool]]], random: object
) -> None:
    def shuffled(items: list[Item]) -> Catalog:
        """In another order, but for the columns of each table, whose order says something."""
        places = [(item.table, item.kind == COLUMN) for item in items]
        random.shuffle(places)
        waiting = {place: iter([one for one in items if (one.table, one.kind == COLUMN) == place]) for place in places}
        return Catalog(next(waiting[place]) for place in places)

    actual, wanted = _items(before), _items(after)
    one = Catalog(actual), Catalog(wanted)
    other = shuffled(actual), shuffled(wanted)
    assert table_candidates(*one) == table_candidates(*other)
    assert _columns(*one) == _columns(*other)


@settings(deadline=None)
@given(COLUMN_LISTS, NAMES, st.data())
def test_one_column_that_is_only_renamed_is_always_found(
    columns: list[tuple[str, str, bool]], new: str, data: st.DataObject
) -> None:
    names = [name for name, *_ in columns]
    old = data.draw(st.sampled_from(names))
    if new in names:
        new = f"{new}_{len(columns)}"
    renamed = [(new, *rest) if name == old else (name, *rest) for name, *rest in columns]
    before, after = Catalog(_items({"t": columns})), Catalog(_items({"t": renamed}))
    assert _told(_columns(before, after)) == {old: new}


@settings(deadline=None)
@given(COLUMN_LISTS, NAMES, NAMES)
def test_one_table_that_is_only_renamed_is_always_found(
    columns: list[tuple[str, str, bool]], old: str, new: str
) -> None:
    before, after = Catalog(_items({old: columns})), Catalog(_items({new: columns}))
    assert _told(table_candidates(before, after)) == ({old: new} if old != new else {})


def test_sixty_tables_with_a_new_prefix_are_all_found() -> None:
    """As when a prefix is dropped from every table: whatever is compared with whatever takes no minute."""
    columns = "id integer!, created_at timestamp!, name text, {}_code varchar(20)!"
    names = [f"thing{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(60)]
    before = catalog("\n".join(f"app_{name}: {columns.format(name)}" for name in names))
    after = catalog("\n".join(f"{name}: {columns.format(name)}" for name in names))
    found = _told(table_candidates(before, after))
    assert found == dict(zip_longest((f"app_{name}" for name in names), names))
