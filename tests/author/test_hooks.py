"""What env.py's `process_revision_directives` takes out of a revision is no difference, as with stock Alembic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from support.cli import alembic
from support.databases import version_rows
from support.projects import Rev, alembic_project
from whimbrel import Project

MODELS = """import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40)),
         sa.Index("ix_users_name", "name"))
sa.Table("views", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""

HOOKS = {
    "none": "def hook(context, revision, directives):\n    pass\n",
    "column": """def hook(context, revision, directives):
    for part in directives[0].upgrade_ops.ops:
        if hasattr(part, "ops"):
            part.ops = [one for one in part.ops if getattr(getattr(one, "column", None), "name", None) != "name"]
""",
    "table": """def hook(context, revision, directives):
    upgrade = directives[0].upgrade_ops
    upgrade.ops = [one for one in upgrade.ops if getattr(one, "table_name", None) != "views"]
""",
    "all": "def hook(context, revision, directives):\n    directives[:] = []\n",
    "if empty": """def hook(context, revision, directives):
    if directives[0].upgrade_ops.is_empty():
        directives[:] = []
""",
}


def project_of(folder: Path, url: str, hook: str) -> Path:
    """A project with a table that lacks a column and its index, and without another table."""
    make = 'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))'
    alembic_project(folder, url, [Rev("aaaa", upgrade=make, downgrade='op.drop_table("users")')])
    env_py = folder / "alembic" / "env.py"
    text = env_py.read_text().replace("target_metadata = None", f"{MODELS}\n{HOOKS[hook]}\ntarget_metadata = metadata")
    text = text.replace("connection=connection,", "connection=connection, process_revision_directives=hook,")
    env_py.write_text(text)
    Project.load(folder).upgrade()
    return folder


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        ("none", ["add column users.name", "add index ix_users_name on users", "add table views"]),
        ("column", ["add index ix_users_name on users", "add table views"]),
        ("table", ["add column users.name", "add index ix_users_name on users"]),
        ("all", []),
        ("if empty", ["add column users.name", "add index ix_users_name on users", "add table views"]),
    ],
)
def test_check_tells_what_the_hook_leaves(url: str, tmp_path: Path, hook: str, expected: Sequence[str]) -> None:
    folder = project_of(tmp_path / "project", url, hook)
    assert sorted(Project.load(folder).check()) == expected
    if hook != "all":  # of which stock Alembic makes an IndexError
        stock = alembic("check", cwd=folder)
        assert ("No new upgrade operations" in stock.out) == (not expected)
        assert ("views" in stock.out) == ("add table views" in expected)


def test_what_models_and_database_do_not_differ_in_stays_no_difference(url: str, tmp_path: Path) -> None:
    folder = project_of(tmp_path / "project", url, "if empty")
    project = Project.load(folder)
    project.revision("second", autogenerate=True)
    project.upgrade()
    assert project.check() == []


def test_a_revision_leaves_it_out_and_is_proven_without_it(url: str, tmp_path: Path) -> None:
    folder = project_of(tmp_path / "project", url, "table")
    project = Project.load(folder)
    [new] = project.revision("second", autogenerate=True)
    text = Path(new.path).read_text()
    assert "ix_users_name" in text
    assert "views" not in text
    project.upgrade()
    assert version_rows(url) == {new.revision}
    assert project.check() == []
