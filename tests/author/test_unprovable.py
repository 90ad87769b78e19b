"""Databases that have no scratch database: what Alembic can compare is compared, and it is said that it is less."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.ddl.sqlite import SQLiteImpl
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from support.databases import tables
from support.projects import alembic_project, linear
from whimbrel import Project
from whimbrel.events import Event, Notice

ENV_PY = """import sqlite3
import sqlalchemy as sa
from alembic import context

metadata = sa.MetaData()
sa.Table("t_aaaa", metadata, sa.Column("id", sa.Integer, primary_key=True))
sa.Table("notes", metadata, sa.Column("id", sa.Integer, primary_key=True))
engine = sa.create_engine({url!r}, creator=lambda: sqlite3.connect({path!r}), poolclass=sa.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""


class OtherDialect(SQLiteDialect_pysqlite):
    """A kind of database that SQLAlchemy and Alembic know, and whimbrel does not."""

    name = "otherdb"
    supports_statement_cache = True


class OtherImpl(SQLiteImpl):
    """What Alembic knows of it."""

    __dialect__ = "otherdb"


registry.register("otherdb", __name__, "OtherDialect")


@pytest.fixture
def told() -> list[Event]:
    """What the projects of a test tell."""
    return []


@pytest.fixture(params=["a kind that whimbrel does not know", "a function that connects"])
def load(request: pytest.FixtureRequest, tmp_path: Path, told: list[Event]) -> Callable[[], Project]:
    """Makes a project that connects in a way that cannot be led to a scratch database, and is at head."""
    path = str(tmp_path / "app.db")
    folder = alembic_project(tmp_path / "project", f"sqlite:///{path}", linear("aaaa"))
    url = "otherdb://" if request.param.startswith("a kind") else "sqlite://"
    (folder / "alembic" / "env.py").write_text(ENV_PY.format(path=path, url=url))
    Project.load(folder).upgrade()

    def load() -> Project:
        return Project.load(folder, listener=told.append)

    return load


def notices(told: list[Event]) -> list[str]:
    return [event.text for event in told if isinstance(event, Notice)]


def test_check_tells_what_alembic_finds_and_that_it_is_less(load: Callable[[], Project], told: list[Event]) -> None:
    assert load().check() == ["add table notes"]
    [text] = notices(told)
    assert text.startswith("only what Alembic can compare is compared, ")


def test_a_revision_is_written_and_said_not_to_be_proven(
    load: Callable[[], Project], told: list[Event], tmp_path: Path
) -> None:
    [new] = load().revision("notes", autogenerate=True)
    assert "create_table('notes'" in Path(new.path).read_text()
    assert notices(told)[0].startswith("the new revision is NOT proven, ")
    assert new.proof == ""
    assert tables(f"sqlite:///{tmp_path / 'app.db'}") == {"t_aaaa", "alembic_version"}


def test_a_column_that_rows_have_no_value_for_is_told(
    load: Callable[[], Project], told: list[Event], tmp_path: Path
) -> None:
    project, env = load(), tmp_path / "project" / "alembic" / "env.py"
    size = 'sa.Column("size", sa.Integer, nullable=False)'
    env.write_text(env.read_text().replace('"t_aaaa", metadata, ', f'"t_aaaa", metadata, {size}, '))
    project.revision("size", autogenerate=True)
    without = "column t_aaaa.size is NOT NULL and has no server default: rows may have no value for it"
    assert notices(told)[1:] == [without]


def test_it_is_applied_and_then_nothing_differs(load: Callable[[], Project], tmp_path: Path) -> None:
    load().revision("notes", autogenerate=True)
    load().upgrade()
    assert load().check() == []
    assert "notes" in sa.inspect(sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}")).get_table_names()
