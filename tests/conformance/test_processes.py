"""The commands as processes of their own: what the tests in this process rely on, and what only a process shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.cli import Result, alembic, whimbrel
from support.projects import linear

from . import tools
from .compare import lines
from .graphs import A1, A2, GRAPHS
from .pair import graph_pair
from .projects import make
from .stage import Stage

_LINES = ("heads -v", "history -v", "branches", "show head", "upgrade +1", "current -v", "upgrade nonsense", "downgrade -1",
          "upgrade head --sql", "stamp head", "-q heads", "history -r")  # fmt: skip


def test_a_process_says_what_a_call_says(tmp_path: Path) -> None:
    """Exit code, standard output and standard error of both tools; but for Alembic's log, which fileConfig sends there."""
    for name, process, call in (("stock", alembic, tools.stock), ("ours", whimbrel, tools.ours)):
        one, other = (make(tmp_path / name / part, f"sqlite:///{tmp_path / name / part}/a.db", GRAPHS["merged"])
                      for part in ("process", "call"))  # fmt: skip
        for line in _LINES:
            forced = ["--force"] if (name, line) == ("ours", "stamp head") else []  # as the call adds it
            done, called = process(*line.split(), *forced, cwd=one), call(*line.split(), cwd=other)
            assert done.code == called.code, f"{line}\n{done}\n{called}"
            assert _plain(done.out, one) == _plain(called.out, other), f"{line}\n{done}\n{called}"
            if name == "ours":
                assert _plain(done.err, one) == _plain(called.err, other), line


def _plain(text: str, folder: Path) -> list[str]:
    return lines(
        re.sub(r"\d+\.\d s", "0.0 s", text.replace(str(folder), "<project>").replace("python -m whimbrel", "whimbrel"))
    )


def test_alternating_processes(kind: str, stage: Stage, tmp_path: Path) -> None:
    """The walk of a release: what one leaves, the other finds, in processes that share nothing but the database."""
    pair = graph_pair("merged", kind, stage, tmp_path)
    [place] = pair.ours.places
    folder = pair.ours.folder
    walk = ((whimbrel, f"upgrade {A1}"), (alembic, "upgrade heads"), (whimbrel, "downgrade -1"), (alembic, "downgrade base"),
            (alembic, "stamp head"), (whimbrel, "stamp base"))  # fmt: skip
    for process, line in walk:
        process(*line.split(), cwd=folder).ok()
        reference = pair.stock.run(tools.stock, line.split()).ok()
        assert place.see() == pair.stock.places[0].see(), f"{line} {reference}"


@pytest.mark.parametrize("seed", ["0", "1", "2", "3", "4", "5"])
def test_output_does_not_depend_on_the_hash_seed(
    seed: str, tmp_path: Path, hash_reference: dict[str, list[Result]]
) -> None:
    """Alembic prints sets as they come; whimbrel's lines have one order."""
    for graph, expected in hash_reference.items():
        folder = tmp_path / graph
        make(folder, f"sqlite:///{folder}/a.db", GRAPHS[graph])
        tools.stock("upgrade", "heads", cwd=folder).ok()
        found = [whimbrel(*line.split(), cwd=folder, env={"PYTHONHASHSEED": seed}) for line in _ORDERED]
        assert [done.out.replace(str(folder), "") for done in found] == [done.out for done in expected]


_ORDERED = ("heads -v", "history -v", "branches -v", "current -v")


@pytest.fixture(scope="module")
def hash_reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Result]]:
    reference = {}
    for graph in ("labelled", "several bases"):
        folder = make(tmp_path_factory.mktemp("seed") / graph, "", GRAPHS[graph])
        make(folder, f"sqlite:///{folder}/a.db")
        tools.stock("upgrade", "heads", cwd=folder).ok()
        done = [tools.ours(*line.split(), cwd=folder).ok() for line in _ORDERED]
        reference[graph] = [one._replace(out=one.out.replace(str(folder), "")) for one in done]
    return reference


def test_logging_of_env_py(tmp_path: Path) -> None:
    """The ini file of the template sends logs to standard error; neither tool lets them onto standard output."""
    make(tmp_path, f"sqlite:///{tmp_path}/a.db", linear(A1, A2))
    assert "Running upgrade" in alembic("upgrade", "+1", cwd=tmp_path).ok().err
    done = whimbrel("upgrade", "+1", cwd=tmp_path).ok()
    assert "Running upgrade" not in done.err + done.out  # the `ok` line says it
    assert f"ok  {A2}" in done.err
