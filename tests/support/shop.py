"""A project with models in one file, whose database is as they say and has rows: to be changed, and revised."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from .cli import whimbrel
from .databases import rows
from .projects import native_project


class Shop:
    """Such a project.

    Args:
        folder: where it is made.
        url: of its database.
        models: the text of its models.
        filling: the statement that inserts the rows.
        table: the table that has them.
    """

    def __init__(self, folder: Path, url: str, models: str, filling: str, table: str) -> None:
        self.url = url
        self.folder = native_project(folder, url)
        self._table = table
        self.models(models)
        whimbrel("run_migration", cwd=self.folder).ok()
        self.execute(filling)

    def execute(self, statement: str) -> None:
        """Execute a statement behind the back of all that is tested."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)

    def models(self, text: str) -> None:
        """Change the models."""
        (self.folder / "models.py").write_text(text)

    @property
    def files(self) -> set[str]:
        """The revision files that there are."""
        return {path.name for path in self.folder.glob("migrations/versions/*.py")}

    def values(self, column: str, table: str = "") -> list[object]:
        """What is in a column, seen on another connection."""
        return [row[0] for row in rows(self.url, f"SELECT {column} FROM {table or self._table} ORDER BY id")]
