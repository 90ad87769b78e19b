"""Commands that only look print the same lines, wherever the database is."""

from __future__ import annotations

from pathlib import Path

import pytest

from .cases import looks_different, positions, reads
from .compare import lines, records, templates
from .conftest import Compared
from .graphs import A1, A4, GRAPHS
from .pair import MULTIDB
from .projects import make, make_multidb
from .tools import is_too_new, ours, stock

_PLACES = [(graph, at) for graph in (*GRAPHS, "multidb") for at in positions(graph)]


@pytest.fixture
def folder(graph: str, at: str, tmp_path: Path) -> Path:
    """Nothing is written by either tool, so both look at one project and one database."""
    if graph == "multidb":
        make_multidb(tmp_path, [f"sqlite:///{tmp_path}/{name}.db" for name in "ab"], MULTIDB)
    else:
        make(tmp_path, f"sqlite:///{tmp_path}/a.db", GRAPHS[graph])
    stock("ensure_version", cwd=tmp_path).ok()
    if at != "base":
        stock("upgrade", at, cwd=tmp_path).ok()
    return tmp_path


_EACH_PLACE = pytest.mark.parametrize(("graph", "at"), _PLACES, ids=lambda value: value.replace(" ", "-"))


@_EACH_PLACE
def test_prints_the_same(graph: str, at: str, folder: Path, compared: Compared) -> None:
    asked = [line for line in reads(graph) if not _has_current(line) and not is_too_new(line)]
    _compare(graph, at, asked, folder, compared)


@_EACH_PLACE
def test_ranges_with_current(graph: str, at: str, folder: Path, compared: Compared) -> None:
    asked = [line for line in reads(graph) if _has_current(line)]
    _compare(graph, at, asked, folder, compared)


def test_ranges_mark_the_current_revision_only_if_asked(tmp_path: Path) -> None:
    """`history -r current:` prints no `(current)`, as that is what -i asks for."""
    make(tmp_path, f"sqlite:///{tmp_path}/a.db", GRAPHS["linear"])
    stock("upgrade", "+2", cwd=tmp_path).ok()
    for line in ("-rcurrent:", "-r:current", "-i -rcurrent:"):
        argv = ["history", *line.split()]
        assert ours(*argv, cwd=tmp_path).ok().out == stock(*argv, cwd=tmp_path).ok().out, line


def test_a_range_that_ends_beyond_the_line(tmp_path: Path) -> None:
    """`A:A+9` ends where the line does, as `A:+9` does, and with Alembic."""
    make(tmp_path, "sqlite://", GRAPHS["linear"])
    for line in (f"{A1}:{A1}+9", f"{A4}:{A4}+1", f"{A1}:+9"):
        one, other = stock("history", f"-r{line}", cwd=tmp_path).ok(), ours("history", f"-r{line}", cwd=tmp_path)
        assert (other.code, other.out) == (0, one.out), f"{line}: {other.err}"


def _has_current(line: str) -> bool:
    return line.startswith("history -r") and "current" in line


def _compare(graph: str, at: str, asked: list[str], folder: Path, compared: Compared) -> None:
    wrong = [told for line in asked if (told := _compared(graph, at, line, folder))]
    assert not wrong, "\n\n".join(wrong)
    compared(graph, "sqlite", (looks_different(graph, at, line) is not None for line in asked))


def _compared(graph: str, at: str, line: str, folder: Path) -> str:
    """What differs, or nothing. An error is printed by each in its own way, and must be one for both."""
    one, other = stock(*line.split(), cwd=folder), ours(*line.split(), cwd=folder)
    read = records if line.startswith("current") else templates if line == "list_templates" else lines
    out = one.out, other.out
    if _has_current(line) and "-i" not in line:  # whether they are marked is a test of its own
        out = one.out, other.out.replace(" (current)", "")
    same = (one.code == 0) == (other.code == 0) and (one.code != 0 or read(out[0]) == read(out[1]))
    if same == (looks_different(graph, at, line) is None):
        return ""
    told = f"== {line}\n-- {one.code}\n{one.out}{one.err[-200:]}-- {other.code}\n{other.out}{other.err}"
    return f"{told}-- differs no more" if same else told
