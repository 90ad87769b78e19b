"""Alembic projects on disk: what stock `alembic init` makes, with revisions of any graph."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from .cli import alembic


class Rev(NamedTuple):
    """A revision to write. Its `upgrade()` makes the table `t_<id>` unless it is given."""

    id: str
    down: str | tuple[str, ...] | None = None
    labels: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    message: str = ""
    upgrade: str = ""
    downgrade: str = ""


def write_revision(folder: Path, rev: Rev) -> Path:
    """Write a revision file and return its path."""
    upgrade = rev.upgrade or f'op.create_table("t_{rev.id}", sa.Column("id", sa.Integer, primary_key=True))'
    downgrade = rev.downgrade or f'op.drop_table("t_{rev.id}")'
    message = rev.message or f"revision {rev.id}"
    path = folder / f"{rev.id}_.py"
    indent = "\n    "
    path.write_text(
        f'"""{message}\n\nRevision ID: {rev.id}\nRevises: {rev.down}\n\n"""\n'
        "from alembic import op\nimport sqlalchemy as sa\n\n"
        f"revision = {rev.id!r}\ndown_revision = {rev.down!r}\n"
        f"branch_labels = {rev.labels or None!r}\ndepends_on = {rev.depends_on or None!r}\n\n\n"
        f"def upgrade():\n    {indent.join(upgrade.splitlines())}\n\n\n"
        f"def downgrade():\n    {indent.join(downgrade.splitlines())}\n",
        encoding="utf-8",
    )
    return path


def linear(*ids: str) -> list[Rev]:
    """Revisions one after the other."""
    return [Rev(name, before) for name, before in zip(ids, (None, *ids), strict=False)]


def native_project(folder: Path, url: str, revisions: Iterable[Rev] = ()) -> Path:
    """A project that needs no env.py: `whimbrel.toml` and `migrations/versions`."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "whimbrel.toml").write_text(f'url = "{url}"\n')
    for rev in revisions:
        write_revision(versions, rev)
    return folder


def add_models(folder: Path, text: str) -> str:
    """Give such a project a module of models; its name, which no other one has: Python knows each name once."""
    name = f"models_{secrets.token_hex(4)}"
    (folder / f"{name}.py").write_text(text)
    with open(folder / "whimbrel.toml", "a") as file:
        file.write(f'models = "{name}"\n')
    return name


def alembic_project(folder: Path, url: str, revisions: Iterable[Rev] = (), *, template: str = "generic") -> Path:
    """What `alembic init -t TEMPLATE alembic` makes, with its URL filled in."""
    folder.mkdir(parents=True, exist_ok=True)
    if template.startswith("pyproject"):
        (folder / "pyproject.toml").write_text('[project]\nname = "example"\n')
    alembic("init", "-t", template, "alembic", cwd=folder).ok()
    ini = folder / "alembic.ini"
    escaped = url.replace("%", "%%")
    ini.write_text(re.sub(r"(?m)^sqlalchemy\.url = .*$", lambda _: f"sqlalchemy.url = {escaped}", ini.read_text()))
    for rev in revisions:
        write_revision(folder / "alembic" / "versions", rev)
    return folder
