"""Targets and ranges: on random histories they are Alembic's, but for differences that have a test and a reason."""

from __future__ import annotations

from contextlib import suppress

import pytest
from alembic.script.revision import MultipleHeads as AlembicMultipleHeads
from alembic.script.revision import RangeNotAncestorError, RevisionError, RevisionMap
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from history.graphs import both, histories, rev
from whimbrel.errors import (
    MultipleHeads,
    RevisionAmbiguous,
    RevisionNotFound,
    TargetInvalid,
    WhimbrelError,
)
from whimbrel.history import History, RevisionFile
from whimbrel.history.target import Resolver, parse, parse_range

on_random_histories = hypothesis_settings(max_examples=150, deadline=None)

Answer = list[str] | str
"""Revisions, or a word for the refusal."""

PAST_THE_END = "past the end"


def theirs(alembic: RevisionMap, target: str) -> Answer:
    """What Alembic makes of a target."""
    try:
        found = alembic.get_revisions(target)
    except AlembicMultipleHeads:
        return "several heads"
    except RevisionError:
        return "refused"
    if None in found:
        return PAST_THE_END
    return list(dict.fromkeys(r.revision for r in found if r != "base"))


def ours(resolver: Resolver, target: str) -> Answer:
    """What we make of it, in the same words."""
    try:
        return list(resolver.revisions(target))
    except MultipleHeads:
        return "several heads"
    except TargetInvalid:
        return PAST_THE_END
    except WhimbrelError:
        return "refused"


def symbols(history: History) -> list[str]:
    prefixes = {name[:length] for name in (*history, *history.labelled) for length in (1, 3)}
    return ["head", "heads", "base", *history, *history.labelled, *sorted(prefixes), "nothing"]


# -- against Alembic -----------------------------------------------------------------------------


@on_random_histories
@given(histories(max_size=6))
def test_every_target_means_what_it_means_in_alembic(files: list[RevisionFile]) -> None:
    resolver, alembic = both(files)
    history = History(files)
    branches = [*history, *history.labelled, "nothing"]
    for symbol in symbols(history):
        for target in (symbol, *(f"{branch}@{symbol}" for branch in branches)):
            assert ours(resolver, target) == theirs(alembic, target), target


@on_random_histories
@given(histories(max_size=6))
def test_minus_n_counts_down_from_the_heads_as_alembic_does_in_show(files: list[RevisionFile]) -> None:
    resolver, alembic = both(files)
    for branch in ("", *(f"{label}@" for label in History(files).labelled)):
        for steps in range(1, 8):
            target = f"{branch}-{steps}"
            answer = theirs(alembic, target)
            # Where one line is too short and another one forks, either is a reason to refuse.
            same = ours(resolver, target) == answer
            assert same or {ours(resolver, target), answer} == {"refused", PAST_THE_END}, target


def theirs_between(alembic: RevisionMap, start: str, end: str) -> Answer:
    try:
        revisions = alembic.iterate_revisions(end, start, inclusive=True, assert_relative_length=False)
        return [r.revision for r in revisions]
    except AlembicMultipleHeads:
        return "several heads"
    except RangeNotAncestorError:
        return PAST_THE_END
    except AssertionError:
        return "a defect"
    except RevisionError as error:
        return "a defect" if "overlaps with" in str(error) else "refused"


def ours_between(resolver: Resolver, start: str, end: str) -> Answer:
    try:
        return resolver.between(start, end)
    except MultipleHeads:
        return "several heads"
    except TargetInvalid:
        return PAST_THE_END
    except WhimbrelError:
        return "refused"


@hypothesis_settings(max_examples=80, deadline=None)
@given(histories(max_size=6))
def test_every_range_holds_what_it_holds_in_alembic_in_the_same_order(files: list[RevisionFile]) -> None:
    resolver, alembic = both(files)
    history = History(files)
    names = [*history, *history.labelled]
    branches = [f"{branch}@{symbol}" for branch in names for symbol in ("base", *history)]
    heads = [f"{label}@{symbol}" for label in history.labelled for symbol in ("head", "heads")]
    for start in ("base", *names, *branches):
        for end in ("head", "heads", *names, *heads, "+1", "+2", "+9"):
            expected = theirs_between(alembic, start, end)
            # Where Alembic trips over itself there is no oracle: see the tests of the differences.
            if expected != "a defect":
                assert ours_between(resolver, start, end) == expected, f"{start}:{end}"


@on_random_histories
@given(histories(), st.data())
def test_every_range_stands_in_an_order_in_which_it_could_be_downgraded(
    files: list[RevisionFile], data: st.DataObject
) -> None:
    resolver, history = Resolver(History(files)), History(files)
    start, end = data.draw(st.sampled_from(["base", *history])), data.draw(st.sampled_from(["heads", *history]))
    listed = ours_between(resolver, start, end)
    if isinstance(listed, str):
        return
    assert len(listed) == len(set(listed))
    for number, name in enumerate(listed):
        assert history.ancestors([name], effective=True).isdisjoint(listed[:number])


@hypothesis_settings(max_examples=500, deadline=None)
@given(st.text(alphabet="ab01@+-:.hedsbasecurrent \n", max_size=12))
def test_any_text_is_a_target_or_refused_by_an_error_of_ours(text: str) -> None:
    resolver = Resolver(History([rev("ab00"), rev("ab01", "ab00", "label")]), ["ab00"])
    for ask in (resolver.revisions, resolver.one, parse_range, lambda text: resolver.between(text, text)):
        with suppress(WhimbrelError):
            ask(text)


# -- what differs on purpose ---------------------------------------------------------------------


def test_going_past_base_is_refused_where_alembic_answers_with_nothing() -> None:
    # `alembic show -- -9` prints nothing and succeeds: nobody sees that the question was wrong.
    resolver, alembic = both([rev("aa00"), rev("aa01", "aa00")])
    assert alembic.get_revisions("-9") == (None,)
    with pytest.raises(TargetInvalid, match="goes past the end of the history"):
        resolver.revisions("-9")


def test_a_range_from_minus_n_counts_from_its_end_where_alembic_counts_from_the_heads() -> None:
    # Alembic's tutorial says `history -r -3:current`; its code fails as soon as current is no head.
    #
    # aa00 --- aa01 --- aa02 (current) --- aa03
    files = [rev("aa00"), rev("aa01", "aa00"), rev("aa02", "aa01"), rev("aa03", "aa02")]
    resolver, alembic = both(files, current=["aa02"])
    assert theirs_between(alembic, "-1", "aa02") == ["aa02"]
    assert resolver.between("-1", "current") == ["aa02", "aa01"]
    assert resolver.between("-1", "head") == theirs_between(alembic, "-1", "head") == ["aa03", "aa02"]


def test_a_range_that_a_dependency_leaves_and_enters_again_is_listed_where_alembic_asserts() -> None:
    # aa00 --- aa01
    #            :
    # bb00 --- bb01 (depends on aa01) --- bb02
    files = [rev("aa00"), rev("aa01", "aa00"), rev("bb00"), rev("bb01", "bb00", depends_on="aa01"), rev("bb02", "bb01")]
    resolver, alembic = both(files)
    for end in ("bb02", "head", "heads", "bb00@head"):
        assert theirs_between(alembic, "aa00", end) in ("a defect", "several heads")
    assert resolver.between("aa00", "bb02") == ["bb02", "bb01", "aa01", "aa00"]
    assert resolver.between("aa00", "heads") == ["bb02", "bb01", "aa01", "aa00"]
    assert resolver.between("aa01", "bb01") == ["bb01", "aa01"]


@hypothesis_settings(max_examples=80, deadline=None)
@given(histories(max_size=6))
def test_a_range_holds_both_of_its_ends_also_if_only_dependencies_lead_from_one_to_the_other(
    files: list[RevisionFile],
) -> None:
    resolver, history = Resolver(History(files)), History(files)
    for start in history:
        for end in history.descendants([start], effective=True):
            listed = resolver.between(start, end)
            assert (listed[0], listed[-1]) == (end, start)


def test_label_at_heads_ends_a_range_also_where_one_of_them_depends_on_another() -> None:
    # Alembic: "Requested revision bb00 overlaps with other requested revisions aa00".
    #
    # aa00 (label) --- aa01
    #      `--- ab01 (depends on aa01)
    files = [rev("aa00", labels="label"), rev("aa01", "aa00"), rev("ab01", "aa00", depends_on="aa01")]
    resolver, alembic = both(files)
    assert theirs_between(alembic, "base", "label@heads") == "a defect"
    assert resolver.between("base", "label@heads") == ["ab01", "aa01", "aa00"]


def test_a_range_may_start_on_a_branch_that_a_revision_without_label_names() -> None:
    # Alembic looks up the one label of the branch and asserts that there is one.
    resolver, alembic = both([rev("aa00"), rev("bb00")])
    assert theirs_between(alembic, "aa00@base", "heads") == "a defect"
    assert resolver.between("aa00@base", "heads") == ["aa00"]


def test_a_prefix_of_an_id_and_of_the_label_in_the_same_file_is_not_ambiguous() -> None:
    resolver, alembic = both([rev("billing1", labels="billing_branch")])
    assert theirs(alembic, "billing") == "refused"
    assert ours(resolver, "billing") == ["billing1"]


def test_steps_are_taken_from_any_symbol_where_alembic_shows_none() -> None:
    resolver, alembic = both([rev("aa00"), rev("aa01", "aa00"), rev("aa02", "aa01")])
    assert theirs(alembic, "head-1") == theirs(alembic, "aa00+2") == "refused"
    assert ours(resolver, "head-1") == ["aa01"]
    assert ours(resolver, "aa00+2") == ["aa02"]
    assert ours(resolver, "base+1") == ["aa00"]
    assert ours(resolver, "head-3") == []


@pytest.mark.parametrize(
    "target", ["+1abc", "head-", "+-1", "a:b", "", "@head", "a@", "a@@b", "+0", "-0", "+" + "9" * 5000]
)
def test_what_is_no_target_is_refused_where_alembic_reads_only_its_beginning(target: str) -> None:
    # Alembic reads `+1abc` as `+1`.
    with pytest.raises(TargetInvalid, match="is not a revision target"):
        parse(target)


# -- our own -------------------------------------------------------------------------------------


#                 /-- aa01 (shop) --- aa02
# aa00 (current) <
#                 \-- bb01
FORKED = [rev("aa00"), rev("aa01", "aa00", "shop"), rev("aa02", "aa01"), rev("bb01", "aa00")]


def test_current_is_where_the_database_is() -> None:
    resolver = Resolver(History(FORKED), ["aa01", "bb01"])
    assert resolver.revisions("current") == ("aa01", "bb01")
    assert resolver.revisions("shop@current") == ("aa01",)
    assert resolver.one("shop@current+1") == "aa02"
    assert Resolver(History(FORKED), []).revisions("current") == ()


def test_plus_n_counts_from_the_database_along_the_branch_that_is_named() -> None:
    resolver = Resolver(History(FORKED), ["aa00"])
    assert resolver.one("shop@+1") == "aa01"
    assert Resolver(History(FORKED), []).one("+1") == "aa00"
    with pytest.raises(RevisionAmbiguous, match="can go more than one way: aa01, bb01"):
        resolver.one("+1")


@pytest.mark.parametrize("target", ["head", "base", "aa01", "aa01+1", "-1", "shop@head", "heads-1"])
def test_only_what_counts_from_where_the_database_is_asks_it(target: str) -> None:
    assert not parse(target).asks_database
    assert all(parse(asking).asks_database for asking in ("current", "current-1", "+1", "shop@current", "shop@+1"))


@pytest.mark.parametrize("target", ["current", "+1", "current+1"])
def test_current_is_refused_when_nobody_asked_the_database(target: str) -> None:
    with pytest.raises(TargetInvalid, match="depends on the database"):
        Resolver(History(FORKED)).revisions(target)


def test_current_at_a_revision_without_a_file_is_refused() -> None:
    with pytest.raises(RevisionNotFound, match="gone"):
        Resolver(History(FORKED), ["gone"]).revisions("current")


def test_one_refuses_several_and_takes_base_for_none() -> None:
    resolver = Resolver(History(FORKED))
    assert resolver.one("base") is None
    with pytest.raises(RevisionAmbiguous, match="means 2 revisions: aa02, bb01"):
        resolver.one("heads")


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("bb02", "did you mean bb01 (message of bb01)?"),
        ("shpo", "did you mean shop?"),
        ("haed", "did you mean head?"),
        ("of bb01", "did you mean bb01 (message of bb01)?"),
        ("zzzzzz", "whimbrel history lists them"),
    ],
)
def test_a_word_that_is_nothing_brings_a_suggestion(typed: str, hint: str) -> None:
    with pytest.raises(RevisionNotFound) as caught:
        Resolver(History(FORKED)).revisions(typed)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("text", "sides"), [("a:b", ("a", "b")), (":b", ("", "b")), ("a:", ("a", "")), (":", ("", ""))]
)
def test_a_range_has_two_sides_and_each_may_be_left_out(text: str, sides: tuple[str, str]) -> None:
    assert parse_range(text) == sides
    assert len(Resolver(History([rev("a"), rev("b", "a")])).between(*sides)) == 2


@pytest.mark.parametrize("text", ["", "a", "a:b:c"])
def test_what_has_no_two_sides_is_no_range(text: str) -> None:
    with pytest.raises(TargetInvalid, match="is not a range"):
        parse_range(text)


def test_a_range_the_wrong_way_round_is_shown_the_right_one() -> None:
    with pytest.raises(TargetInvalid, match="does not come before") as caught:
        Resolver(History(FORKED)).between("aa02", "aa00")
    assert caught.value.hint == "perhaps  aa00:aa02"
