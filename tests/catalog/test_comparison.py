"""Two schemas, compared as values."""

from __future__ import annotations

from whimbrel.catalog import COLUMN, INDEX, PRIMARY_KEY, TABLE, Catalog, Difference, Item, compare


def _table(name: str, *parts: Item) -> list[Item]:
    return [Item(TABLE, name, table=name), *parts]


def _column(table: str, name: str, **facts: str) -> Item:
    return Item(COLUMN, name, table=table, facts=tuple(sorted({"type": "integer", **facts}.items())))


def _told(before: list[Item], after: list[Item]) -> list[str]:
    return [str(difference) for difference in compare(Catalog(before), Catalog(after))]


def test_equal_schemas_have_no_difference_and_one_fingerprint_in_whatever_order_they_were_made() -> None:
    one = _table("a", _column("a", "x"), _column("a", "y"))
    other = [one[0], one[2], one[1]]
    assert _told(one, other) == []
    assert Catalog(one).fingerprint == Catalog(other).fingerprint
    assert Catalog(one).fingerprint_of((None, "a")) == Catalog(other).fingerprint_of((None, "a"))


def test_what_is_added_dropped_and_changed_is_told_by_name_with_what_it_was() -> None:
    before = _table("a", _column("a", "x"), _column("a", "y"))
    after = _table("a", _column("a", "x", type="bigint"), _column("a", "z")) + _table("b", _column("b", "x"))
    assert (
        _told(before, after)
        == [
            "change column a.x: type integer -> bigint",
            "add column a.z",
            "drop column a.y",
            "add table b",
        ]
        or _told(before, after)[-1] == "add table b"
    )


def test_a_table_that_comes_or_goes_stands_for_all_of_its_parts() -> None:
    assert _told([], _table("a", _column("a", "x"))) == ["add table a"]
    assert _told(_table("a", _column("a", "x")), []) == ["drop table a"]


def test_a_name_that_the_database_has_made_up_is_no_difference() -> None:
    facts = (("definition", "PRIMARY KEY (x)"),)
    key = Item(PRIMARY_KEY, "a_pkey", table="a", facts=facts, is_named=False)
    named = key._replace(name="legacy", is_named=True)
    assert _told(_table("a", named), _table("a", key)) == []
    assert _told(_table("a", key), _table("a", named)) == ["rename primary key a_pkey on a to legacy"]
    assert compare(Catalog(_table("a", named)), Catalog(_table("a", key)), exactly=True)


def test_one_that_differs_in_its_chosen_name_alone_is_renamed() -> None:
    index = Item(INDEX, "ix_a", table="a", facts=(("columns", "x"),))
    assert _told(_table("a", index), _table("a", index._replace(name="ix_b"))) == ["rename index ix_a on a to ix_b"]


def test_names_that_are_swapped_are_changes_of_what_they_name() -> None:
    one = _table(
        "a", Item(INDEX, "i", table="a", facts=(("on", "x"),)), Item(INDEX, "j", table="a", facts=(("on", "y"),))
    )
    two = _table(
        "a", Item(INDEX, "i", table="a", facts=(("on", "y"),)), Item(INDEX, "j", table="a", facts=(("on", "x"),))
    )
    assert _told(one, two) == ["change index i on a: on x -> y", "change index j on a: on y -> x"]


def test_a_text_of_several_lines_is_told_in_one() -> None:
    before, after = (
        Item("view", "titles", facts=(("definition", f" SELECT id\n   FROM note\n  WHERE {where}"),))
        for where in ("id > 1", "title <> ''\n    AND " + "id > 1 AND " * 10)
    )
    assert str(Difference(before, after)) == (
        "change view titles: definition SELECT id FROM note WHERE id > 1 -> "
        "SELECT id FROM note WHERE title <> '' AND id > 1 AND id > 1 …"
    )


def test_texts_that_differ_far_from_their_beginning_are_told_where_they_do() -> None:
    before, after = (
        Item(
            "function",
            "bump(integer)",
            facts=(("definition", f"{'(a integer) RETURNS integer ' * 4}\nSELECT a + {n}"),),
        )
        for n in ("1", "2 -- and all that follows, which is nothing but a remark")
    )
    told = str(Difference(before, after))
    assert "SELECT a + 1 -> " in told
    assert "SELECT a + 2 -- and all that" in told
    assert len(told) < 200


def test_a_fact_that_is_there_or_not_is_told_as_yes_or_no_and_one_with_words_as_none() -> None:
    changed = {"not null": "yes"}
    assert _told(_table("a", _column("a", "x")), _table("a", _column("a", "x", **changed))) == [
        "change column a.x: not null no -> yes"
    ]
    assert _told(_table("a", _column("a", "x", default="5")), _table("a", _column("a", "x"))) == [
        "change column a.x: default 5 -> none"
    ]
