"""A table with everything that a rebuild may lose, and the two tools that rebuild it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from conformance.tools import Tool, ours, stock
from support.cli import Result
from support.projects import Rev
from traps.trees import ENV, project

FOREIGN_KEYS_ON = ENV.replace("    with engine.connect()", """
    import sqlalchemy
    @sqlalchemy.event.listens_for(engine, "connect")
    def on(connection, record):
        connection.execute("PRAGMA foreign_keys = ON")
    with engine.connect()""")  # fmt: skip
"""An env.py that has foreign keys enforced."""


class Database(NamedTuple):
    """A database file, and a project that migrates it."""

    folder: Path
    file: Path
    tool: Tool

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a query, on a connection of its own."""
        connection = sqlite3.connect(self.file)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    def sql(self, name: str) -> str | None:
        """The text of an object; None if there is none."""
        found = self.rows(f"SELECT sql FROM sqlite_master WHERE name = '{name}'")
        return found[0][0] if found else None

    def upgrade(self, target: str = "head") -> Result:
        """Run the revisions up to one."""
        return self.tool("upgrade", target, cwd=self.folder)


Make = Callable[..., Database]


@pytest.fixture(params=[stock, ours], ids=["alembic", "whimbrel"])
def tool(request: pytest.FixtureRequest) -> Tool:
    """Alembic and whimbrel, one after the other."""
    found: Tool = request.param
    return found


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a database from a script, and a project with revisions for it."""

    def made(
        script: str, *upgrades: str, tool: Tool = ours, enforced: bool = False, revisions: Iterable[Rev] = ()
    ) -> Database:
        folder = tmp_path / f"{tool.__name__}{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        file = folder / "app.db"
        connection = sqlite3.connect(file)
        connection.executescript(script)
        connection.close()
        names = [f"{number:04}" for number in range(1, len(upgrades) + 1)]
        made = [
            Rev(n, b, upgrade=u, downgrade="pass") for n, b, u in zip(names, [None, *names], upgrades, strict=False)
        ]
        env = FOREIGN_KEYS_ON if enforced else ENV
        project(folder, f"sqlite:///{file}", *made, *revisions, env=env)
        return Database(folder, file, tool)

    return made
