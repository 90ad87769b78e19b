"""The graph: on random histories it is Alembic's; on hand-drawn ones it is what the drawing shows."""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Callable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import pytest
from alembic.script.revision import RevisionError
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from history.graphs import both, histories, rev, revision_map
from whimbrel.errors import HistoryBroken, RevisionFileBroken
from whimbrel.history import History, RevisionFile

if TYPE_CHECKING:
    from alembic.script.revision import RevisionMap

on_random_histories = hypothesis_settings(max_examples=200, deadline=None)


# -- against Alembic -----------------------------------------------------------------------------


@on_random_histories
@given(histories())
def test_heads_and_bases_are_alembics_in_its_order(files: list[RevisionFile]) -> None:
    history, alembic = History(files), revision_map(files)
    assert history.heads == alembic.heads
    assert history.effective_heads == alembic._real_heads
    assert history.bases == alembic.bases


@on_random_histories
@given(histories())
def test_each_revision_has_alembics_parents_children_and_labels(files: list[RevisionFile]) -> None:
    history, alembic = History(files), revision_map(files)
    for name in history:
        theirs = alembic.get_revision(name)
        assert history.parents(name) == theirs._versioned_down_revisions
        assert history.effective_parents(name) == theirs._normalized_down_revisions
        assert set(history.children[name]) == theirs.nextrev
        assert history.labels(name) == tuple(sorted(theirs.branch_labels))
        assert history.is_head(name) == theirs.is_head
        assert history.is_effective_head(name) == theirs._is_real_head
        assert history.is_branch_point(name) == theirs.is_branch_point
        assert history.is_merge_point(name) == theirs.is_merge_point


@on_random_histories
@given(histories(), st.data())
def test_ancestors_and_descendants_are_alembics(files: list[RevisionFile], data: st.DataObject) -> None:
    history, alembic = History(files), revision_map(files)
    names = data.draw(st.lists(st.sampled_from(list(history)), unique=True))
    revisions = alembic.get_revisions(tuple(names))
    lines = {r.revision for r in alembic._get_ancestor_nodes(revisions, include_dependencies=False)}
    everything = {r.revision for r in alembic._get_ancestor_nodes(revisions)}
    following = {r.revision for r in alembic._get_descendant_nodes(revisions, include_dependencies=False)}
    assert history.ancestors(names) == lines
    assert history.ancestors(names, effective=True) == everything
    assert history.descendants(names) == following


@on_random_histories
@given(histories(), st.data())
def test_pending_is_what_alembic_would_upgrade_and_tips_what_it_calls_current(
    files: list[RevisionFile], data: st.DataObject
) -> None:
    history, alembic = History(files), revision_map(files)
    names = data.draw(st.lists(st.sampled_from(list(history)), unique=True, max_size=3))
    rows = tuple(n for n in names if not any(n in history.ancestors([m], effective=True) for m in names if m != n))
    upgrade = alembic.iterate_revisions("heads", rows, implicit_base=True)
    assert set(history.pending(rows)) == {r.revision for r in upgrade}
    assert set(history.tips(rows)) == {r.revision for r in alembic._get_all_current(rows)}


@on_random_histories
@given(histories())
def test_the_whole_history_is_listed_in_alembics_order(files: list[RevisionFile]) -> None:
    history, alembic = History(files), revision_map(files)
    assert history.all_newest_first() == [r.revision for r in alembic.iterate_revisions("heads", "base")]


@hypothesis_settings(max_examples=100, deadline=None)
@given(histories(max_size=40))
def test_a_long_history_is_listed_in_alembics_order(files: list[RevisionFile]) -> None:
    history, alembic = History(files), revision_map(files)
    assert history.all_newest_first() == [r.revision for r in alembic.iterate_revisions("heads", "base")]
    for name in history:
        assert history.effective_parents(name) == alembic.get_revision(name)._normalized_down_revisions


def team_history(size: int, seed: int) -> list[RevisionFile]:
    """A main line, off which branches fork that it merges later, most of them soon; some need a revision of others."""
    chance = random.Random(seed)
    files, main, branches = [rev("r0")], "r0", list[str]()
    for number in range(1, size):
        name, after, needed = f"r{number}", main, f"r{chance.randrange(number)}"
        match chance.choices(("go on", "fork", "merge", "on a branch"), (4, 3, 3, 1))[0]:
            case "merge" if branches:
                after, main = f"{main} {branches.pop(chance.randrange(len(branches)))}", name
            case "on a branch" if branches:
                after, branches[0] = branches[0], name
            case "fork":
                branches.append(name)
            case _:
                main = name
        files.append(
            rev(name, after, depends_on=needed if needed not in after.split() and chance.random() < 0.1 else "")
        )
    return files


@pytest.mark.parametrize("seed", range(8))
def test_the_history_of_a_team_is_listed_in_alembics_order_whole_and_in_parts(seed: int) -> None:
    files = team_history(250, seed)
    resolver, alembic = both(files)
    assert History(files).all_newest_first() == [r.revision for r in alembic.iterate_revisions("heads", "base")]
    for start, end in (("r0", "heads"), ("base", "r200"), ("base", "r249")):
        assert resolver.between(start, end) == [
            r.revision for r in alembic.iterate_revisions(end, start, inclusive=True, assert_relative_length=False)
        ]


def test_thousands_of_merges_are_listed_in_no_time() -> None:
    # What grows with the square of the number of merges takes ten seconds for these, and this a tenth of one.
    history = History(team_history(10_000, seed=1))
    assert sum(map(history.is_merge_point, history)) > 2_000
    begun = time.process_time()
    assert len(history.all_newest_first()) == len(history)
    assert time.process_time() - begun < 3


@st.composite
def broken_histories(draw: st.DrawFn) -> list[RevisionFile]:
    """Any edges at all: mostly cycles, missing parents, labels that collide."""
    names = [f"aa{number:02}" for number in range(draw(st.integers(1, 5)))]
    known = st.sampled_from([*names, "gone", "label_x"])
    few = st.lists(known, max_size=2, unique=True)
    return [rev(name, draw(few), draw(st.sampled_from(["", "", "label_x", "aa00"])), draw(few)) for name in names]


@hypothesis_settings(max_examples=400, deadline=None)
@given(broken_histories())
# A cycle that has no way in from a base, and one that has no way out to a head.
@example([rev("aa00"), rev("aa01", "aa02"), rev("aa02", "aa01")])
@example([rev("aa00"), rev("aa01", "aa00 aa02"), rev("aa02", "aa01"), rev("aa03", "aa00")])
def test_a_history_is_refused_exactly_if_alembic_cannot_load_it_or_overlooks_a_cycle(files: list[RevisionFile]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Alembic warns of a missing parent, and then fails with a KeyError
        loaded = _accepts(lambda: revision_map(files)._revision_map, RevisionError, KeyError)
    labelled = {label: file.revision for file in files for label in file.branch_labels}
    edges = {f.revision: [labelled.get(name, name) for name in (*f.down_revisions, *f.depends_on)] for f in files}
    sound = loaded and _accepts(TopologicalSorter(edges).prepare, CycleError)
    assert _accepts(lambda: History(files).check(), HistoryBroken) == sound


def test_a_cycle_with_a_way_in_and_a_way_out_is_refused_where_alembic_overlooks_it() -> None:
    # Alembic looks whether each revision leads to a base and to a head, and then runs c before the b that it needs.
    #
    # a --- b --- d
    #       :
    #       c        b depends on c, c depends on b
    files = [rev("a"), rev("b", "a", depends_on="c"), rev("c", "a", depends_on="b"), rev("d", "b")]
    assert revision_map(files).heads == ("c", "d")
    with pytest.raises(HistoryBroken, match="form a cycle: b, c, d"):
        History(files)


def _accepts(load: Callable[[], object], *refusals: type[Exception]) -> bool:
    try:
        load()
    except refusals:
        return False
    return True


# -- hand-drawn ----------------------------------------------------------------------------------


def drawn(*files: RevisionFile) -> tuple[History, RevisionMap]:
    """A drawing, as our history and as Alembic's."""
    resolver, alembic = both(files)
    return resolver._history, alembic


def test_linear() -> None:
    # a --- b --- c
    history, _ = drawn(rev("c", "b"), rev("a"), rev("b", "a"))
    assert (history.bases, history.heads, history.effective_heads) == (("a",), ("c",), ("c",))
    assert history.children == {"c": (), "a": ("b",), "b": ("c",)}
    assert history.all_newest_first() == ["c", "b", "a"]
    assert history.pending(["a"]) == ("c", "b")
    assert history.ancestors(["b"]) == {"a", "b"}
    assert history.descendants(["b"]) == {"b", "c"}
    assert len(history) == 3
    assert "a" in history
    assert "d" not in history


def test_branch() -> None:
    #      /-- b --- d
    # a --<
    #      \-- c
    history, _ = drawn(rev("a"), rev("b", "a"), rev("c", "a"), rev("d", "b"))
    assert history.is_branch_point("a")
    assert history.heads == history.effective_heads == ("c", "d")
    assert history.all_newest_first() == ["c", "d", "b", "a"]
    assert history.tips(["b"]) == ("b",)
    assert history.tips(["b", "c"]) == ("b", "c")


def test_merge() -> None:
    #      /-- b --\
    # a --<         >-- m
    #      \-- c --/
    history, _ = drawn(rev("a"), rev("b", "a"), rev("c", "a"), rev("m", "b c"))
    assert history.is_merge_point("m")
    assert history.heads == ("m",)
    assert history.parents("m") == ("b", "c")
    assert history.all_newest_first() == ["m", "b", "c", "a"]
    assert history.pending(["b"]) == ("c", "m")


def test_two_bases() -> None:
    # a --- b
    # x --- y
    history, _ = drawn(rev("a"), rev("b", "a"), rev("x"), rev("y", "x"))
    assert history.bases == ("a", "x")
    assert history.heads == ("b", "y")
    assert history.tips(["b"]) == ("b",)
    assert history.descendants(["x"]) == {"x", "y"}


def test_labels_belong_to_the_line_up_to_the_next_fork() -> None:
    #            /-- c (shop) --- d
    # a --- b --<
    #            \-- e (billing)
    history, alembic = drawn(rev("a"), rev("b", "a"), rev("c", "b", "shop"), rev("d", "c"), rev("e", "b", "billing"))
    assert {name: history.labels(name) for name in history} == {
        "a": (),
        "b": (),
        "c": ("shop",),
        "d": ("shop",),
        "e": ("billing",),
    }
    assert history.labelled == {"shop": "c", "billing": "e"}
    assert all(set(history.labels(name)) == alembic.get_revision(name).branch_labels for name in history)


def test_a_label_at_the_end_of_a_line_names_the_whole_line() -> None:
    # a --- b --- c (shop)
    history, _ = drawn(rev("a"), rev("b", "a"), rev("c", "b", "shop"))
    assert history.labels("a") == ("shop",)


def test_a_dependency_hides_a_head_from_the_version_table_but_not_from_the_lines() -> None:
    # a --- b
    #       :
    # x --- y (depends on b)
    history, _ = drawn(rev("a"), rev("b", "a"), rev("x"), rev("y", "x", depends_on="b"))
    assert history.heads == ("b", "y")
    assert history.effective_heads == ("y",)
    assert history.effective_parents("y") == ("x", "b")
    assert history.tips(["y"]) == ("b", "y")
    assert history.ancestors(["y"]) == {"x", "y"}
    assert history.ancestors(["y"], effective=True) == {"a", "b", "x", "y"}


def test_a_dependency_may_name_a_label_and_counts_once_on_a_line() -> None:
    # a (shop) --- b
    # :    :
    # x --- y      both depend on shop
    history, _ = drawn(rev("a", labels="shop"), rev("b", "a"), rev("x", "", "", "shop"), rev("y", "x", "", "shop"))
    assert history.effective_parents("x") == ("a",)
    assert history.effective_parents("y") == ("x",)


#  a --> b --> c --> a      a --> a      a : a       a --- b, a depends on b
CYCLES = {
    "cycle": [rev("a", "c"), rev("b", "a"), rev("c", "b")],
    "self-loop": [rev("a", "a")],
    "dependency on itself": [rev("a", depends_on="a")],
    "dependency on a descendant": [rev("a", depends_on="b"), rev("b", "a")],
    "cycle beside a sound line": [rev("x"), rev("a", "b"), rev("b", "a")],
    "cycle through a label": [rev("a", "", "shop", "shop")],
}


@pytest.mark.parametrize("files", CYCLES.values(), ids=CYCLES)
def test_a_cycle_is_refused_at_once(files: Sequence[RevisionFile]) -> None:
    with pytest.raises(HistoryBroken, match="form a cycle: ") as caught:
        History(files)
    assert caught.value.where == next(f.path for f in files if f.revision == "a")
    assert caught.value.state == "nothing was changed"
    assert "x" not in caught.value.what.split(": ")[-1]


def test_a_missing_parent_is_named_with_the_file_that_wants_it_and_the_rest_can_be_listed() -> None:
    # a --- b     (gone) --- d
    history = History([rev("a"), rev("b", "a"), rev("d", "gone")])
    [problem] = history.problems
    assert (problem.what, problem.where) == ("revision gone is missing", "/versions/d_.py")
    assert history.heads == ("b", "d")
    assert history.all_newest_first() == ["b", "a", "d"]
    with pytest.raises(HistoryBroken, match="revision gone is missing"):
        history.check()


def test_a_missing_dependency_is_a_missing_parent() -> None:
    with pytest.raises(HistoryBroken, match="revision gone is missing"):
        History([rev("a", depends_on="gone")]).check()


def test_an_id_in_two_files_is_refused_where_alembic_only_warns() -> None:
    # Deliberate: Alembic goes on with the file it read last, and the other one is never run.
    files = [rev("a"), rev("a")._replace(path="/versions/copy_of_a.py")]
    with pytest.warns(UserWarning, match="present more than once"):
        assert revision_map(files).get_revision("a") is not None
    with pytest.raises(HistoryBroken, match="revision a is in two files") as caught:
        History(files).check()
    assert caught.value.where == "/versions/copy_of_a.py"
    assert caught.value.why == "/versions/a_.py has the same id"


@pytest.mark.parametrize("labels", [("shop", "shop"), ("a", ""), ("", "a")], ids=["label", "own id", "another's id"])
def test_a_label_used_twice_is_refused_and_the_rest_can_be_listed(labels: tuple[str, str]) -> None:
    files = [rev("a", "", labels[0]), rev("b", "a", labels[1])]
    with pytest.raises(RevisionError, match="already used"):
        revision_map(files).get_revisions("heads")
    history = History(files)
    assert history.heads == ("b",)
    with pytest.raises(HistoryBroken, match="is used twice"):
        history.check()


def test_files_that_cannot_be_read_do_not_hide_the_others() -> None:
    broken = RevisionFileBroken("a revision file cannot be read")
    history = History([rev("a")], [broken])
    assert history.heads == ("a",)
    with pytest.raises(RevisionFileBroken):
        history.check()


def test_no_files_are_an_empty_history() -> None:
    history, alembic = drawn()
    assert history.heads == history.bases == history.effective_heads == alembic.heads == ()
    assert history.all_newest_first() == []
    history.check()
