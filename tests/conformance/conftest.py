"""What the tests of this folder share, and the table of what they have compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from .stage import Stage, opened
from .table import COMPARED, table

Compared = Callable[[str, str, Iterable[bool]], None]


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Databases for this session."""
    with opened(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture
def compared(record_property: Callable[[str, object], None]) -> Compared:
    """Notes comparisons for the table: the graph, the kind of database, and for each whether it differs on purpose."""

    def note(graph: str, kind: str, on_purpose: Iterable[bool]) -> None:
        differs = [*on_purpose]
        record_property(COMPARED, (graph, kind, differs.count(False), differs.count(True)))

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table. The comparisons come with the reports, so that it does not matter which process made them."""
    passed = terminalreporter.stats.get("passed", [])
    lines = table(value for report in passed for name, value in report.user_properties if name == COMPARED)
    if lines:
        terminalreporter.section("conformance with Alembic")
        terminalreporter.write_line("\n".join(lines))
