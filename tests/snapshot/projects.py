"""Small projects whose only revision is a few statements."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from support.projects import Rev, native_project
from whimbrel import Project


def project(folder: Path, url: str, *statements: str, settings: str = "") -> Project:
    """A project with these settings, at head: its only revision executes these statements."""
    upgrade = "\n".join(f"op.execute(sa.text({one!r}))" for one in statements)
    native_project(
        folder,
        url,
        [Rev("aaaa", upgrade=upgrade, downgrade="pass"), Rev("bbbb", "aaaa", upgrade="pass", downgrade="pass")],
    )
    with (folder / "whimbrel.toml").open("a") as file:
        file.write(settings)
    made = Project.load(folder)
    made.upgrade("aaaa")
    return made


def execute(url: str, *statements: str) -> None:
    """Execute statements on a connection of their own, and commit them."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
