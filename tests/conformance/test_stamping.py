"""Differences on purpose at `stamp`: what Alembic does, and what whimbrel does instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.projects import Rev

from .graphs import A1, A2, A3, A4, B1, B2, B3, B4, C1, C2, C3, GRAPHS
from .pair import graph_pair
from .projects import make
from .showing import shows
from .stage import Stage
from .tools import ours, stock


def test_purge_to_base_says_what_it_has_removed(tmp_path: Path, stage: Stage, kind: str) -> None:
    place = stage.places(kind, 1)[0]
    folder = make(tmp_path, place.url, GRAPHS["linear"])
    for row, told in ((A2, A2), ("deleted", "deleted"), (None, "unreadable")):
        stock("stamp", "--purge", "head", cwd=folder).ok()
        place.run("DROP TABLE alembic_version", "CREATE TABLE alembic_version (version_num VARCHAR(32))")
        place.run(
            f"INSERT INTO alembic_version VALUES ('{row}')" if row else "INSERT INTO alembic_version VALUES (NULL)"
        )
        done = ours("stamp", "--purge", "base", cwd=folder).ok()
        assert done == (0, f"main  {told} -> base  (verified)\n", "")
        assert place.versions() == []
    done = ours("stamp", "--purge", "base", cwd=folder).ok()
    assert (done.out, "already: nothing to do" in done.err) == ("", True)


@shows("stamp looks")
def test_stamp_looks(tmp_path: Path, stage: Stage, kind: str) -> None:
    pair = graph_pair("linear", kind, stage, tmp_path)
    one, other = pair.stock.run(stock, ["stamp", A4]), ours("stamp", A4, cwd=pair.ours.folder, looks=True)
    assert (one.code, other.code) == (0, 6)
    assert "error[WB615]" in other.err
    assert pair.versions() == ([A4], [])
    one, other = pair.stock.run(stock, ["upgrade", "head"]), pair.ours.run(ours, ["upgrade", "head"])
    assert (one.code, other.code) == (0, 0)
    assert [f"t_{A4}" in str(side.see()) for side in (pair.stock, pair.ours)] == [False, True]
    assert ours("stamp", A4, cwd=pair.ours.folder, looks=True).code == 0
    pair.ours.run(ours, ["stamp", A1]).ok()
    assert pair.ours.places[0].versions() == [A1]


@shows("stamp several")
@pytest.mark.parametrize(
    ("graph", "line", "by_alembic", "by_whimbrel"),
    [
        ("branched", f"stamp {B3} {C3}", [B3], [B3, C3]),
        ("labelled", f"stamp {B2} {C2}", "KeyError", [B2, C2]),
        ("labelled", "stamp billing@base shop", [C2], [C2]),
        ("labelled", "stamp billing@base shop@head", [B3, C3], [C3]),
        ("several bases", f"stamp {A1} {B1} {C1}", "KeyError", [A1, B1, C1]),
    ],
)
def test_stamp_several(
    graph: str, line: str, by_alembic: list[str] | str, by_whimbrel: list[str], tmp_path: Path, stage: Stage, kind: str
) -> None:
    pair = graph_pair(graph, kind, stage, tmp_path)
    pair.run(["upgrade", "heads"])
    one, other = pair.run(line.split())
    if isinstance(by_alembic, str):
        assert by_alembic in one.err
    else:
        assert (one.code, pair.stock.places[0].versions()) == (0, by_alembic)
    assert (other.code, pair.ours.places[0].versions()) == (0, by_whimbrel)


def test_stamp_several_of_which_one_depends_on_another(tmp_path: Path, stage: Stage) -> None:
    pair = graph_pair("depends_on", "sqlite", stage, tmp_path)
    one, other = pair.run(["stamp", "core@head", "extra@head"])
    assert (one.code, other.code) == (0, 0)
    assert pair.versions() == ([A3, B4], [B4])
    one, other = pair.run(["upgrade", "heads"])
    assert (one.code, other.code) == (255, 0)


@shows("stamp along a label")
def test_stamp_along_a_label(tmp_path: Path, stage: Stage) -> None:
    ends = {}
    for target in ("shop@head", A2):
        for tool, place in zip((stock, ours), stage.places("sqlite", 2), strict=True):
            # The other line depends on the first revision of the label, and on nothing after it.
            revisions = [Rev(A1, labels=("shop",)), Rev(C1), Rev(A2, (A1, C1)), Rev(B1, depends_on=(A1,))]
            folder = make(tmp_path / f"{tool.__name__}{target}", place.url, revisions)
            stock("upgrade", B1, cwd=folder).ok()
            stock("upgrade", C1, cwd=folder).ok()
            tool("stamp", target, cwd=folder).ok()
            ends[tool.__name__, target] = place.versions()
    assert ends.pop(("stock", "shop@head")) == [A2]
    assert [*ends.values()] == [[A2, B1]] * 3


@shows("stamp by steps")
def test_stamp_by_steps(tmp_path: Path, stage: Stage) -> None:
    for at, line, code, end in (
        (A2, "stamp -1", 255, A1), (A2, "stamp +1", 255, A3), (A1, "stamp +3", 255, A4),
        ("base", "stamp -1", 0, A3), (A2, "stamp --purge -1", 0, A3),
    ):  # fmt: skip
        pair = graph_pair("linear", "sqlite", stage, tmp_path / f"{at}{line}")
        pair.run(["stamp", at])
        one, other = pair.run(line.split())
        assert (one.code, other.code) == (code, 0), line
        assert pair.ours.places[0].versions() == [end], line
        assert code or pair.stock.see() == pair.ours.see(), line


@shows("overwalk")
def test_overwalk(tmp_path: Path, stage: Stage) -> None:
    pair = graph_pair("linear", "sqlite", stage, tmp_path)
    pair.run(["upgrade", "head"])
    one, other = pair.run(["stamp", "--purge", "-9"])
    assert (one.code, other.code) == (0, 2)
    assert pair.versions() == ([], [A4])


@shows("purge")
def test_purge(tmp_path: Path, stage: Stage, kind: str) -> None:
    pair = graph_pair("linear", kind, stage, tmp_path)
    pair.run(["upgrade", "head"])
    one, other = pair.run(["stamp", "--purge", "nonsense"])
    assert one.code != 0
    assert other.code == 2
    assert pair.versions() == ([A4] if kind == "postgresql" else [], [A4])


@shows("contradictory rows")
def test_contradictory_rows(tmp_path: Path, stage: Stage) -> None:
    pair = graph_pair("linear", "sqlite", stage, tmp_path)
    for side in (pair.stock, pair.ours):
        side.run(stock, ["stamp", A1]).ok()
        side.places[0].run(f"INSERT INTO alembic_version VALUES ('{A3}')")
    one, other = pair.run(["upgrade", "head"])
    assert (one.code, other.code) == (255, 3)
    assert "error[WB405]" in other.err
    one, other = pair.run(["stamp", "base"])
    assert (one.code, other.code) == (0, 3)
    pair.ours.run(ours, ["stamp", "--purge", A3]).ok()
    assert pair.ours.places[0].versions() == [A3]


def test_stamp_refuses_to_write_contradictory_rows(tmp_path: Path, stage: Stage) -> None:
    pair = graph_pair("linear", "sqlite", stage, tmp_path)
    one, other = pair.run(["stamp", A1, A3])
    assert (one.code, other.code) == (0, 2)
    assert pair.versions() == ([A1, A3], [])
