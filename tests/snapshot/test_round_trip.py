"""What was in a database is in another one afterwards, whatever the two are; SQLAlchemy says what there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support import chinook
from support.databases import ASYNC, KINDS, through
from support.projects import native_project
from whimbrel import Project

MakeDatabase = Callable[[str], str]


def shop(folder: Path, url: str) -> Project:
    """A project whose only revision makes the shop's tables, at head."""
    native_project(folder, url)
    (folder / "migrations" / "versions" / "c41_.py").write_text(chinook.REVISION)
    project = Project.load(folder)
    project.upgrade()
    return project


@pytest.mark.parametrize("source", KINDS)
@pytest.mark.parametrize("target", KINDS)
def test_every_row_arrives_in_every_database(
    source: str, target: str, make_database: MakeDatabase, tmp_path: Path
) -> None:
    here, there = make_database(source), make_database(target)
    first, second = shop(tmp_path / "here", here), shop(tmp_path / "there", there)
    chinook.fill(here)
    dumped = first.dump(tmp_path / "shop.whimbrel")
    loaded = second.restore(tmp_path / "shop.whimbrel")
    before = chinook.contents(here)
    assert chinook.contents(there) == before
    assert dumped.rows == loaded.rows == sum(map(len, before.values()))
    assert (dumped.tables, loaded.tables, loaded.replaced) == (11, 11, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_async_drivers_do_it_too(kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    here, there = make_database(kind), make_database(kind)
    first = shop(tmp_path / "here", through(here, ASYNC[kind]))
    second = shop(tmp_path / "there", through(there, ASYNC[kind]))
    chinook.fill(here)
    first.dump(tmp_path / "shop.whimbrel")
    second.restore(tmp_path / "shop.whimbrel")
    assert chinook.contents(there) == chinook.contents(here)
