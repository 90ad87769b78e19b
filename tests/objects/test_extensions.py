"""What an extension of Alembic's compares gets into the file, is tried and proven, and goes back by its own reverse.

The extension is a stand-in for those that register a comparator, operations and renderers, as alembic-utils does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import comparators, renderers
from alembic.operations import MigrateOperation, Operations

from whimbrel.errors import WhimbrelError
from whimbrel.objects import View

from .project import Team, note, views

WANTED: dict[str, str] = {}
"""The views that the extension wants, by their names: none, but in the test that is running."""


@Operations.register_operation("make_view_of_theirs")
class MakeView(MigrateOperation):
    def __init__(self, name: str, query: str) -> None:
        self.name, self.query = name, query

    @classmethod
    def make_view_of_theirs(cls, operations: Operations, name: str, query: str) -> Any:
        return operations.invoke(cls(name, query))

    def reverse(self) -> DropView:
        return DropView(self.name, self.query)

    def to_diff_tuple(self) -> tuple[str, str]:
        return ("make_view_of_theirs", self.name)


@Operations.register_operation("drop_view_of_theirs")
class DropView(MakeView):
    @classmethod
    def drop_view_of_theirs(cls, operations: Operations, name: str, query: str) -> Any:
        return operations.invoke(cls(name, query))

    def reverse(self) -> MakeView:
        return MakeView(self.name, self.query)


@Operations.implementation_for(MakeView)
def make(operations: Operations, operation: MakeView) -> None:
    operations.execute(f"CREATE VIEW {operation.name} AS {operation.query}")


@Operations.implementation_for(DropView)
def drop(operations: Operations, operation: DropView) -> None:
    operations.execute(f"DROP VIEW {operation.name}")


@renderers.dispatch_for(MakeView)
def written(context: Any, operation: MakeView) -> str:
    verb = "drop" if isinstance(operation, DropView) else "make"
    return f"op.{verb}_view_of_theirs({operation.name!r}, {operation.query!r})"


@comparators.dispatch_for("schema")
def compare(context: Any, upgrade_ops: Any, schemas: Any) -> None:
    there = sa.inspect(context.connection).get_view_names() if WANTED else []
    upgrade_ops.ops += [MakeView(name, query) for name, query in WANTED.items() if name not in there]


@pytest.fixture
def team(tmp_path: Path, url: str) -> Iterator[Team]:
    made = Team(tmp_path, url)
    made.migrate(note)
    yield made
    WANTED.clear()


def wider(metadata: sa.MetaData) -> None:
    """Notes with one column more, and a view that is declared."""
    note(metadata, sa.Column("body", sa.String(20)))
    View("ours", "SELECT id FROM note", metadata)


@pytest.mark.parametrize("build", [note, wider])
def test_it_is_written_proven_applied_and_taken_back(team: Team, build: Any) -> None:
    """Also where nothing differs but for what it has found."""
    WANTED["theirs"] = "SELECT title FROM note"
    text = team.migrate(build)
    assert "op.make_view_of_theirs('theirs', 'SELECT title FROM note')" in text
    assert "op.drop_view_of_theirs(" in text
    assert team.proof == "up and down: replayed from empty"
    assert "theirs" in views(team.url)
    team.project(build).downgrade("-1")
    assert views(team.url) == set()


def test_what_it_needs_may_be_made_by_what_completes_the_revision(team: Team, kind: str) -> None:
    WANTED["theirs"] = "SELECT id FROM ours"
    text = team.migrate(wider)
    if kind != "sqlite":  # which takes a view of what is not there yet
        assert text.index("VIEW") < text.index("op.make_view_of_theirs(")
    assert views(team.url) == {"ours", "theirs"}
    team.project(wider).downgrade("-1")
    assert views(team.url) == set()


def test_what_the_database_refuses_is_an_error_and_not_left_out(team: Team, kind: str) -> None:
    WANTED["theirs"] = "SELECT FROM WHERE"
    with pytest.raises(WhimbrelError):
        team.revise(note)
    assert views(team.url) == set()
