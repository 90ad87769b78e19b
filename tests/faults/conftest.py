"""Fixtures of the fault trials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from faults.generator import Generated, generate, point_at
from faults.processes import Launcher
from faults.servers import Server, ServerMissing, running
from faults.trials import Bench
from support.databases import ASYNC, REQUIRED, through

MakeBench = Callable[..., Bench]
"""Makes a bench for a kind of database; see `make_bench`."""

StartServer = Callable[..., Server]
"""Starts a server of our own; see `start_server`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A trial takes its time, and so do many."""
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """Forks the processes of trials."""
    launcher = Launcher()
    yield launcher
    launcher.close()


@pytest.fixture
def make_project(make_database: Callable[[str], str], tmp_path: Path) -> Callable[..., Generated]:
    """Makes a project for an empty database of a kind: `count` revisions, `branches`, or through an async driver."""

    def make(kind: str, count: int = 10, *, is_async: bool = False, **options: Any) -> Generated:
        url = make_database(kind)
        project = generate(tmp_path / f"project{len(list(tmp_path.iterdir()))}", url, count, **options)
        return point_at(project, url, through(url, ASYNC[kind])) if is_async else project

    return make


@pytest.fixture
def make_bench(launcher: Launcher, make_project: Callable[..., Generated]) -> MakeBench:
    """Makes a bench: a project as of `make_project`, and one of the systems under test for it."""

    def make(kind: str, system: str = "whimbrel", *, command: str = "upgrade", **options: Any) -> Bench:
        return Bench(launcher, make_project(kind, **options), system, command=command)

    return make


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Starts a server of our own; the test is skipped, or fails, where the system has no binaries for it."""
    with ExitStack() as stack:

        def start(cls: type[Server], *args: Any) -> Server:
            try:
                server = cls(*args)
            except ServerMissing as error:
                (pytest.fail if REQUIRED else pytest.skip)(str(error))
            return stack.enter_context(running(server))

        yield start
