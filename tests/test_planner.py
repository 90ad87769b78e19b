"""Plans are stock Alembic's: on random histories, written as files, from wherever a database can be."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest
from alembic.runtime.migration import HeadMaintainer, MigrationContext, StampStep
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from history.graphs import histories
from support.journal import attempt
from support.projects import Rev, linear, write_revision
from whimbrel.environment.config import config_for
from whimbrel.environment.scripts import Scripts
from whimbrel.errors import (
    DatabaseRevisionUnknown,
    MultipleHeads,
    RevisionAmbiguous,
    RevisionNotFound,
    TargetInvalid,
    VersionTableBroken,
    WhimbrelError,
)
from whimbrel.history import History, RevisionFile
from whimbrel.planner import Planner, Step
from whimbrel.settings import load

REFUSED = "refused"
BROKE = "broke"


class Project(NamedTuple):
    """The same revision files, through our eyes and through stock Alembic's."""

    scripts: Scripts
    stock: ScriptDirectory

    def planner(self, *rows: str) -> Planner:
        return Planner(self.scripts.history, self.scripts.revision_map, rows)


def project(folder: Path, revisions: Iterable[Rev]) -> Project:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    for revision in revisions:
        write_revision(versions, revision)
    [database] = load(str(folder), url="sqlite://", environ={}).databases
    scripts = Scripts(database, config_for(database, cmd_opts=None, attributes={}))
    return Project(scripts, ScriptDirectory(str(folder / "migrations")))


@contextmanager
def project_of(files: Iterable[RevisionFile]) -> Iterator[Project]:
    """A project in a folder that lives as long as one example."""
    with tempfile.TemporaryDirectory() as folder:
        yield project(
            Path(folder), (Rev(f.revision, f.down_revisions or None, f.branch_labels, f.depends_on) for f in files)
        )


def reachable(data: st.DataObject, history: History) -> tuple[str, ...]:
    """Rows that a version table can hold: none of them implies another."""
    names = data.draw(st.lists(st.sampled_from(list(history)), unique=True, max_size=3), label="rows")
    before = {name: history.ancestors([name], effective=True) for name in names}
    return tuple(name for name in names if not any(name in before[other] for other in names if other != name))


STEPS = ("+1", "+2", "+4", "-1", "-2", "-4")


def targets(history: History) -> list[str]:
    names = [*history, *history.labelled]
    symbols = ["head", "heads", "base", *names, *sorted({name[:3] for name in history})]
    relative = [f"{symbol}{steps}" for symbol in ("", "head", "base", *names) for steps in STEPS]
    return [*symbols, *relative, *(f"{branch}@{target}" for branch in names for target in (*symbols, *STEPS))]


def theirs(scripts: ScriptDirectory, direction: str, target: str, rows: tuple[str, ...]) -> list[str] | str:
    """Stock Alembic's plan. It asserts where a target is past the last revision, which refuses as well."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return [step.revision.revision for step in getattr(scripts, f"_{direction}_revs")(target, rows)]
        except (CommandError, AssertionError):
            return REFUSED


def ours(planner: Planner, direction: str, target: str) -> list[str] | str:
    try:
        plan = getattr(planner, direction)(target)
    except WhimbrelError:
        return REFUSED
    assert all(step.direction == plan.direction == direction for step in plan.steps)
    return [step.revision for step in plan.steps]


@hypothesis_settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_an_upgrade_runs_what_stock_alembic_would_run(files: list[RevisionFile], data: st.DataObject) -> None:
    with project_of(files) as both:
        rows = reachable(data, both.scripts.history)
        planner = both.planner(*rows)
        for target in targets(both.scripts.history):
            assert ours(planner, "upgrade", target) == theirs(both.stock, "upgrade", target, rows), target


@hypothesis_settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_a_downgrade_takes_back_what_stock_alembic_would_take_back(
    files: list[RevisionFile], data: st.DataObject
) -> None:
    with project_of(files) as both:
        rows = reachable(data, both.scripts.history)
        planner = both.planner(*rows)
        for target in targets(both.scripts.history):
            if target in STEPS and len(rows) > 1:
                continue  # see test_minus_n_from_several_heads_is_refused…
            assert ours(planner, "downgrade", target) == theirs(both.stock, "downgrade", target, rows), target


def stamped(rows: tuple[str, ...], steps: Callable[[], Iterable[StampStep]]) -> list[str] | str:
    """The rows after a stamp, kept by what keeps them in stock Alembic; REFUSED, or BROKE if that fails half-way."""
    context = MigrationContext.configure(dialect_name="sqlite", opts={"as_sql": True, "output_buffer": StringIO()})
    maintainer = HeadMaintainer(context, rows)
    try:
        for step in steps():
            maintainer.update_to_step(step)
    except (CommandError, WhimbrelError):
        return REFUSED
    except (KeyError, AssertionError):
        return BROKE
    return sorted(maintainer.heads)


def stamped_by_both(
    both: Project, targets: Sequence[str], rows: tuple[str, ...]
) -> tuple[list[str] | str, list[str] | str]:
    """The rows after our stamp, and after stock Alembic's."""
    planner = both.planner(*rows)
    return (
        stamped(rows, lambda: planner.stamp(targets, both.scripts._stamp_revs)),
        stamped(rows, lambda: both.stock._stamp_revs(tuple(targets), rows)),
    )


@hypothesis_settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_a_stamp_of_one_revision_ends_as_with_stock_alembic(files: list[RevisionFile], data: st.DataObject) -> None:
    with project_of(files) as both:
        history = both.scripts.history
        rows = reachable(data, history)
        labelled = [f"{label}@{symbol}" for label in history.labelled for symbol in ("head", "base")]
        if any(file.depends_on for file in files):
            labelled = []  # see test_a_stamp_along_a_label_keeps…
        heads = ["heads"] if len(history.effective_heads) == 1 else []
        for target in ("head", "base", *heads, *history, *history.labelled, *labelled):
            by_us, by_alembic = stamped_by_both(both, [target], rows)
            assert by_us == by_alembic, target


@hypothesis_settings(max_examples=100, deadline=None)
@given(histories(), st.data())
def test_a_stamp_of_several_revisions_ends_at_them_and_keeps_what_is_on_other_lines(
    files: list[RevisionFile], data: st.DataObject
) -> None:
    with project_of(files) as both:
        history = both.scripts.history
        rows = reachable(data, history)
        names = data.draw(st.lists(st.sampled_from(list(history)), min_size=2, max_size=3), label="targets")
        for targets in (names, ["heads"], [*names, "base"]):
            ends = history.effective_heads if targets == ["heads"] else names
            by_us, by_alembic = stamped_by_both(both, targets, rows)
            if history.contradiction(ends):
                assert by_us == REFUSED
                continue
            before = {name: history.ancestors([name], effective=True) for name in history}
            implied = {name for name in ends for other in ends if name != other and name in before[other]}
            replaced = {row for row in rows for end in ends if row in before[end] or end in before[row]}
            kept: set[str] = set() if "base" in targets else set(rows) - replaced
            assert by_us == sorted((set(ends) - implied).union(kept)), targets
            if set(ends).issubset(by_alembic) and not implied and "base" not in targets:
                assert by_us == by_alembic, targets


@hypothesis_settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_a_stamp_by_steps_ends_where_upgrade_and_downgrade_by_steps_do(
    files: list[RevisionFile], data: st.DataObject
) -> None:
    with project_of(files) as both:
        history = both.scripts.history
        rows = reachable(data, history)
        planner = both.planner(*rows)
        for target in (f"{branch}{steps}" for branch in ("", *(f"{n}@" for n in history.labelled)) for steps in STEPS):
            direction = "upgrade" if "+" in target else "downgrade"
            plan = ours(planner, direction, target)
            if direction == "downgrade" and not rows:
                continue  # see test_minus_n_without_a_row…
            try:
                names = planner.stamp_targets([target])
            except WhimbrelError:
                assert plan == REFUSED, target
            else:
                branch = target.rpartition("@")[0] or (rows or ("",))[0]
                absolute = names[0] if direction == "upgrade" else f"{branch}@{names[0].rpartition('@')[2]}"
                # Alembic finds no way down from below a label that lines branch off from; to stamp needs none.
                assert plan in (ours(planner, direction, absolute), REFUSED), target


# -- our own words, and what differs on purpose --------------------------------------------------


#           /-- bb01 (shop) --- bb02
# aa00 ----<
#           \-- cc01 (bill)
FORKED = [Rev("aa00"), Rev("bb01", "aa00", ("shop",)), Rev("bb02", "bb01"), Rev("cc01", "aa00", ("bill",))]


@pytest.fixture
def forked(tmp_path: Path) -> Project:
    return project(tmp_path, FORKED)


def test_a_plan_says_where_it_starts_and_what_each_step_is(tmp_path: Path) -> None:
    planner = project(tmp_path, linear("aa00", "aa01", "aa02")).planner("aa00")
    up, down = planner.upgrade("head"), planner.downgrade("base")
    assert (up.direction, up.heads) == ("upgrade", ("aa00",))
    assert up.steps == (Step("aa01", "revision aa01", "upgrade"), Step("aa02", "revision aa02", "upgrade"))
    assert down.steps == (Step("aa00", "revision aa00", "downgrade"),)
    assert planner.upgrade("current").steps == ()


def test_minus_n_from_several_heads_is_refused_where_alembic_takes_one_by_chance(forked: Project) -> None:
    with pytest.warns(UserWarning, match="ambiguous"):
        assert [s.revision.revision for s in forked.stock._downgrade_revs("-1", ("bb02", "cc01"))] == ["bb02"]
    with pytest.raises(RevisionAmbiguous, match="could go down from 2 heads: bb02, cc01") as caught:
        forked.planner("bb02", "cc01").downgrade("-1")
    assert "bb02@-1" in (caught.value.hint or "")
    assert ours(forked.planner("bb02", "cc01"), "downgrade", "bb02@-1") == ["bb02"]
    assert ours(forked.planner("bb02", "cc01"), "downgrade", "bill@-1") == ["cc01"]


def test_current_is_understood_where_alembic_knows_no_such_revision(forked: Project) -> None:
    assert theirs(forked.stock, "upgrade", "current+1", ("bb01",)) == REFUSED
    assert ours(forked.planner("bb01"), "upgrade", "current+1") == ["bb02"]
    assert ours(forked.planner("bb02"), "downgrade", "current-1") == ["bb02"]
    assert ours(forked.planner("bb01", "cc01"), "upgrade", "shop@current+1") == ["bb02"]


def test_stamp_takes_every_target_where_alembic_takes_no_steps(forked: Project) -> None:
    assert stamped((), lambda: forked.stock._stamp_revs("head-1", ())) == REFUSED
    assert forked.planner("bb02").stamp_targets(["current-1", "cc01", "cc01"]) == ("bb01", "cc01")
    assert forked.planner().stamp_targets(["base+1"]) == ("aa00",)


def test_a_stamp_along_a_label_keeps_the_row_of_a_line_that_only_depends_on_it_where_alembic_deletes_it(
    tmp_path: Path,
) -> None:
    # cc00 ----------\
    # aa00 (shop) ----+--- aa01
    #  :
    # bb00 (depends on aa00)
    files = [
        Rev("aa00", labels=("shop",)),
        Rev("cc00"),
        Rev("aa01", ("aa00", "cc00")),
        Rev("bb00", depends_on=("aa00",)),
    ]
    both = project(tmp_path, files)
    rows = ("bb00", "cc00")
    assert stamped_by_both(both, ["shop@head"], rows) == (["aa01", "bb00"], ["aa01"])
    assert stamped_by_both(both, ["aa01"], rows) == (["aa01", "bb00"], ["aa01", "bb00"])


def test_a_stamp_of_several_lower_revisions_ends_at_them_where_alembic_breaks_down_or_loses_one(
    forked: Project,
) -> None:
    rows = ("bb02", "cc01")
    assert stamped_by_both(forked, ["bb01", "cc01"], rows) == (["bb01", "cc01"], ["bb01"])
    assert stamped_by_both(forked, ["aa00", "aa00"], rows) == (["aa00"], BROKE)


def test_a_stamp_clears_before_it_writes_where_alembic_overlooks_what_is_to_be_cleared(forked: Project) -> None:
    rows = ("bb02", "cc01")
    assert stamped_by_both(forked, ["cc01", "shop@base"], rows) == (["cc01"], ["bb02", "cc01"])
    assert stamped_by_both(forked, ["bill@-1", "base"], ("cc01",)) == (["aa00"], REFUSED)


def test_a_stamp_below_the_first_revision_of_a_branch_clears_that_branch(tmp_path: Path) -> None:
    # aa00 (shop) --- aa01
    # bb00
    both = project(tmp_path, [Rev("aa00", labels=("shop",)), Rev("aa01", "aa00"), Rev("bb00")])
    rows = ("aa01", "bb00")
    assert stamped_by_both(both, ["shop@-2"], rows) == (["bb00"], REFUSED)
    assert stamped_by_both(both, ["shop@-3"], rows) == (REFUSED, REFUSED)


def test_a_stamp_writes_no_row_for_what_another_target_depends_on_where_alembic_writes_rows_that_it_cannot_upgrade(
    tmp_path: Path,
) -> None:
    # aa00
    #  :
    # bb00 (depends on aa00) --- bb01
    both = project(tmp_path, [Rev("aa00"), Rev("bb00", depends_on=("aa00",)), Rev("bb01", "bb00")])
    assert stamped_by_both(both, ["aa00", "bb00"], ()) == (["bb00"], ["aa00", "bb00"])
    assert theirs(both.stock, "upgrade", "heads", ("aa00", "bb00")) == REFUSED
    assert ours(both.planner("bb00"), "upgrade", "heads") == ["bb01"]


def test_minus_n_without_a_row_is_stamped_from_the_heads_as_alembic_does_and_refuses_with_one(tmp_path: Path) -> None:
    both = project(tmp_path, linear("aa00", "aa01", "aa02", "aa03"))
    assert stamped_by_both(both, ["-1"], ()) == (["aa02"], ["aa02"])
    assert stamped_by_both(both, ["-1"], ("aa01",)) == (["aa00"], REFUSED)
    assert stamped_by_both(both, ["-2"], ("aa01",)) == ([], REFUSED)
    assert stamped_by_both(both, ["+1"], ("aa01",)) == (["aa02"], REFUSED)
    assert stamped_by_both(both, ["+3"], ("aa01",)) == (REFUSED, REFUSED)


def test_minus_n_from_several_rows_stamps_none_of_them(forked: Project) -> None:
    with pytest.raises(RevisionAmbiguous, match="could go down from 2 heads: bb02, cc01"):
        forked.planner("bb02", "cc01").stamp_targets(["-1"])
    assert forked.planner("bb02", "cc01").stamp_targets(["shop@-1"]) == ("bb01",)


def test_rows_of_which_one_depends_on_another_are_refused_as_a_broken_version_table(tmp_path: Path) -> None:
    # aa00 --- aa01 --- aa02
    #                    :
    #                   bb00 (depends on aa02)
    files = [*linear("aa00", "aa01", "aa02"), Rev("bb00", depends_on=("aa02",))]
    both = project(tmp_path, files)
    planner = both.planner("aa00", "bb00")
    with pytest.raises(VersionTableBroken, match="include each other: aa00, bb00"):
        planner.upgrade("heads")
    assert stamped(("aa00", "bb00"), lambda: both.stock._stamp_revs("aa01", ("aa00", "bb00"))) == BROKE
    with pytest.raises(VersionTableBroken, match="include each other: aa00, bb00") as caught:
        planner.stamp(["aa01"], both.scripts._stamp_revs)
    assert caught.value.why == "one of them comes before aa01 and another one after it"


@pytest.mark.parametrize("rows", [("gone",), ("aa00", "gone")])
def test_a_database_at_a_revision_without_a_file_is_refused(forked: Project, rows: tuple[str, ...]) -> None:
    with pytest.raises(DatabaseRevisionUnknown, match="the database is at gone"):
        forked.planner(*rows)


def test_the_journal_says_where_a_revision_without_a_file_came_from(forked: Project) -> None:
    journal = [attempt("gone", file="gone_it's.py"), attempt("aa00", run="2", os_user="bob")]
    with pytest.raises(DatabaseRevisionUnknown) as failure:
        Planner(forked.scripts.history, forked.scripts.revision_map, ("gone",), journal)
    search = "git log --all -- ':/*gone_it'\"'\"'s.py'"
    assert failure.value.lines() == [
        "error[WB404]: the database is at gone, which no revision file has",
        "  why:   it was applied 2026-11-20 14:03 UTC by ann on ci-7 from branch feature/x, whimbrel 0.1.0",
        "  state: nothing was changed",
        f"  hint:  {search} finds the file; if it is gone for good: whimbrel stamp --purge REVISION",
    ]


def test_rows_that_include_each_other_are_refused_as_a_broken_version_table(forked: Project) -> None:
    assert theirs(forked.stock, "upgrade", "heads", ("aa00", "bb01")) == REFUSED
    with pytest.raises(VersionTableBroken, match="holds bb01 and aa00, which it includes"):
        forked.planner("aa00", "bb01")


@pytest.mark.parametrize(
    ("direction", "target", "error", "words"),
    [
        ("upgrade", "head", MultipleHeads, "means one head and there are 2: bb02, cc01"),
        ("upgrade", "nothing", RevisionNotFound, 'no revision or branch label "nothing"'),
        ("upgrade", "+9", RevisionAmbiguous, "can go more than one way"),
        ("upgrade", "shop@+9", TargetInvalid, "cannot be reached from aa00"),
        ("upgrade", "-1", TargetInvalid, "goes down, and upgrade goes up"),
        ("downgrade", "+1", TargetInvalid, "goes up, and downgrade goes down"),
        ("downgrade", "cc01", TargetInvalid, "is not a revision to downgrade to from aa00"),
        ("downgrade", "-2", TargetInvalid, "cannot be reached from aa00"),
        ("upgrade", "+1+1", TargetInvalid, "is not a revision target"),
    ],
)
def test_a_target_that_leads_nowhere_is_refused_in_our_words(
    forked: Project, direction: str, target: str, error: type[WhimbrelError], words: str
) -> None:
    with pytest.raises(error) as caught:
        getattr(forked.planner("aa00"), direction)(target)
    assert words in caught.value.what
