"""An env.py that has its engine from the application: it is led to scratch databases, and leads nowhere else after."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.databases import rows, tables
from support.projects import alembic_project, linear
from whimbrel import Project

APPLICATION = """import sqlalchemy as sa

engine = sa.create_engine({url!r}, pool_size=1, max_overflow=1)
metadata = sa.MetaData()
sa.Table("t_aaaa", metadata, sa.Column("id", sa.Integer, primary_key=True))
sa.Table("notes", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""
ENV_PY = """from alembic import context
from {module} import engine, metadata

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
_numbers = itertools.count()


@pytest.fixture
def project(url: str, tmp_path: Path) -> Iterator[Project]:
    """A project whose application lives in this process, and has one engine for all of its life."""
    module = f"application{next(_numbers)}x"
    folder = alembic_project(tmp_path / "project", url, linear("aaaa"))
    (folder / f"{module}.py").write_text(APPLICATION.format(url=url))
    (folder / "alembic" / "env.py").write_text(ENV_PY.format(module=module))
    yield Project.load(folder)
    if module in sys.modules:
        sys.modules.pop(module).engine.dispose()


def test_an_engine_that_was_used_before_makes_scratch_databases(project: Project, url: str) -> None:
    project.upgrade()
    assert project.check() == ["add table notes"]
    [new] = project.revision("notes", autogenerate=True)
    assert tables(url) == {"alembic_version", "t_aaaa"}
    assert project.upgrade().after == (new.revision,)
    assert project.check() == []


def test_an_engine_that_was_led_first_finds_the_configured_database_afterwards(project: Project, url: str) -> None:
    assert project.verify().applied == ("aaaa",)
    assert tables(url) == set()
    assert project.upgrade().after == ("aaaa",)
    assert project.stamp("aaaa").after == ("aaaa",)
    assert tables(url) == {"alembic_version", "t_aaaa"}
    assert project.downgrade("base").after == ()


def test_an_engine_may_give_its_parameters_in_another_way(tmp_path: Path) -> None:
    """As Prefect's does on SQLite: the journal is written past it, as the driver wants it."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    folder = alembic_project(tmp_path / "project", url, linear("aaaa", "bbbb"))
    env = folder / "alembic" / "env.py"
    text = env.read_text()
    env.write_text(text.replace("poolclass=pool.NullPool,", 'poolclass=pool.NullPool, paramstyle="named",'))
    assert env.read_text() != text
    project = Project.load(folder)
    assert project.upgrade().after == ("bbbb",)
    assert project.downgrade("-1").after == ("aaaa",)
    assert rows(url, "SELECT revision, state FROM whimbrel_attempt ORDER BY started_at, number") == [
        ("aaaa", "done"),
        ("bbbb", "done"),
        ("bbbb", "done"),
    ]
