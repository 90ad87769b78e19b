"""New revision files: the same names, the same text, the same refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Result

from .graphs import A1, A2, A3, B1, B2, B3, B4, C1, C2, C3, GRAPHS
from .projects import make
from .tools import IS_NEWEST, Tool, is_too_new, ours, stock

_ID = "e7a1b0c9"
_NEW = ["revision", "-m", "add a table", "--rev-id", _ID]
_MERGE = ["merge", "-m", "join", "--rev-id", _ID]

_HEADS = {
    "branched": [B4, C3, A2, "heads", "head", "base", B4[:4], "nonsense", "-1"],
    "labelled": ["billing@head", "billing", "shop@head", "store", "billing@heads", "billing@base", f"{B2}@head",
                 "billing@-1", C2],
    "several bases": ["core@head", "extra@head", C1, "head", B1],
    "linear": [A1, "head", "base"],
}  # fmt: skip

_MERGES = {
    "branched": ["heads", f"{B4} {C3}", f"{B4[:4]} {C3[:4]}", f"{A2} {C3}", f"{B3} {C3}", f"nonsense {C3}", "head"],
    "labelled": ["heads", "billing shop", "billing@head shop@head", "billing@head nonsense@head"],
    "depends_on": [f"{A3} {B4}", "core@head extra@head"],
    "several bases": ["heads", "core@head extra@head"],
}


def _lines() -> Iterator[tuple[str, list[str]]]:
    for graph, heads in _HEADS.items():
        for head in heads:
            yield graph, [*_NEW, f"--head={head}"]
            yield graph, [*_NEW, f"--head={head}", "--splice"]
    for graph, merges in _MERGES.items():
        for revisions in merges:
            yield graph, [*_MERGE, *revisions.split()]
            yield graph, [*_MERGE, "--splice", *revisions.split()]
    yield "labelled", [*_MERGE, "--branch-label", "both", "heads"]
    yield "labelled", [*_MERGE, "heads"]
    for message in ("", "first", "Größe ändern: «naïve» 表", "100% of ${x}", "x" * 60, "many words" * 12, "it's"):
        yield "linear", ["revision", "--rev-id", _ID, "-m", message]
    yield "linear", ["revision", "--rev-id", _ID]
    yield "linear", ["revision", "-m", "an id of its own"]
    refused = ("a:b",) if IS_NEWEST else ()  # by older ones only when it is used
    for name in ("a-b", "a@b", *refused, "a+b", "x" * 32, "1", "head", "base", "a.b"):
        yield "linear", ["revision", "-m", "x", "--rev-id", name]
    yield "linear", [*_NEW, "--branch-label", "new"]
    yield "linear", [*_NEW, "--branch-label", "two words"]
    for dependencies in (["extra", C1], [B2[:5]], ["nonsense"], ["extra@head"], [A1]):
        given = [word for name in dependencies for word in ("--depends-on", name)]
        yield "several bases", [*_NEW, "--head", A2, *given]
    yield "linear", [*_NEW, "--version-path", "elsewhere"]
    yield "linear", [*_NEW, "--sql"]
    yield "linear", [*_NEW, "--sql", "--autogenerate"]


def _tree(folder: Path, url: str = "sqlite://") -> dict[str, str]:
    """All files of a project and what is in them, without what differs from one run to the next."""
    files = {}
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".db", ".pyc"):
            text = path.read_bytes().decode("utf-8", "surrogateescape").replace(url, "<database>")
            files[str(path.relative_to(folder))] = _plain(text, folder)
    return _without_random_id(files)


def _plain(text: str, folder: Path) -> str:
    text = text.replace(str(folder), "<project>")
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?(\+\d\d:\d\d)?", "<date>", text)


def _without_random_id(files: dict[str, str]) -> dict[str, str]:
    made = [name for name in files if re.match(r".*/[0-9a-f]{12}_", name)]
    ids = [re.sub(r".*/([0-9a-f]{12})_.*", r"\1", name) for name in made]
    for number, revision in enumerate(ids):
        files = {
            name.replace(revision, f"<id {number}>"): text.replace(revision, f"<id {number}>")
            for name, text in files.items()
        }
    return files


def _written(tool: Tool, folder: Path, graph: str, *lines: list[str]) -> tuple[list[Result], dict[str, str]]:
    make(folder, "sqlite://", GRAPHS[graph])
    done = [tool(*line, cwd=folder) for line in lines]
    return done, _tree(folder)


@pytest.mark.parametrize(("graph", "line"), [*_lines()], ids=lambda value: value if isinstance(value, str) else None)
def test_writes_the_same_file(graph: str, line: list[str], tmp_path: Path) -> None:
    if is_too_new(line):
        pytest.skip("this Alembic has no such option")
    [one], by_alembic = _written(stock, tmp_path / "stock", graph, line)
    [other], by_whimbrel = _written(ours, tmp_path / "ours", graph, line)
    assert (one.code == 0) == (other.code == 0), f"{line}\n{one}\n{other}"
    assert by_alembic == by_whimbrel
    if one.code == 0:
        assert _generating(one, tmp_path / "stock") == _generating(other, tmp_path / "ours")
    else:
        assert other.out == ""


def _generating(done: Result, folder: Path) -> str:
    """What is said of the new file; how its path is written is a test of its own."""
    return re.sub(r"/[0-9a-f]{12}_", "/<id>_", _plain(done.out, folder)).replace("<project>/", "")


def test_one_after_the_other(tmp_path: Path) -> None:
    lines = [_NEW, ["revision", "-m", "second", "--rev-id", "e8"], ["heads", "-v"], ["history", "-v"]]
    done, by_alembic = _written(stock, tmp_path / "stock", "linear", *lines)
    same, by_whimbrel = _written(ours, tmp_path / "ours", "linear", *lines)
    assert by_alembic == by_whimbrel
    for one, other in zip(done, same, strict=True):
        assert _generating(one.ok(), tmp_path / "stock") == _generating(other.ok(), tmp_path / "ours")


@pytest.mark.parametrize("target", ["head", "current", A2, A2[:4], "base", "nonsense"])
def test_edit_opens_the_same_file(target: str, tmp_path: Path) -> None:
    """Both start $EDITOR with the path of the revision, or refuse."""
    make(tmp_path, f"sqlite:///{tmp_path}/a.db", GRAPHS["linear"])
    stock("upgrade", A3, cwd=tmp_path).ok()
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/opened\n')
    editor.chmod(0o755)
    opened = []
    for tool in (stock, ours):
        done = tool("edit", target, cwd=tmp_path, env={"EDITOR": str(editor), "VISUAL": str(editor)})
        log = tmp_path / "opened"
        opened.append((done.code == 0, log.read_text() if log.exists() else ""))
        log.unlink(missing_ok=True)
    assert opened[0] == opened[1]
