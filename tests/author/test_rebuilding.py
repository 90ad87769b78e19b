"""Tables of SQLite that a revision makes anew: what refers to them stays, and stock Alembic runs the file, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from conformance.tools import Tool, ours, stock
from support.databases import rows
from support.projects import alembic_project
from whimbrel import Project

_FOREIGN_KEYS_ON = """
    @sa.event.listens_for(connectable, "connect")
    def on(connection, record):
        connection.execute("PRAGMA foreign_keys = ON")

    with connectable.connect()"""
_NOTES = """sa.Table("notes", metadata, sa.Column("id", sa.Integer, primary_key=True), {})
sa.Table("pages", metadata, sa.Column("id", sa.Integer, primary_key=True),
         sa.Column("note_id", sa.ForeignKey("notes.id", ondelete="CASCADE")))
"""
_STARS = 'sa.Column("stars", sa.Integer), sa.CheckConstraint("stars > 0", name="stars_positive")'

_MODELS = """import pathlib
import sqlalchemy as sa
metadata = target_metadata = sa.MetaData()
exec(pathlib.Path("models").read_text())
"""

Edit = Callable[..., Path]


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """Makes a project whose database is as models say, with rows, and a revision that makes it as others say."""

    def edit(before: str, after: str, insert: str = "", connecting: str = "") -> Path:
        folder = alembic_project(tmp_path / "project", f"sqlite:///{tmp_path / 'app.db'}")
        env = folder / "alembic" / "env.py"
        text = env.read_text().replace("target_metadata = None", _MODELS)
        env.write_text(text.replace("    with connectable.connect()", connecting) if connecting else text)
        for models in (before, after):
            (folder / "models").write_text(models)
            Project.load(folder).revision("edit", autogenerate=True, no_rename=True)
            if models == before:
                Project.load(folder).upgrade()
                for statement in filter(None, insert.split(";")):
                    execute(folder, statement)
        return folder

    return edit


@pytest.fixture(autouse=True)
def _in_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")


def execute(folder: Path, statement: str) -> None:
    with sa.create_engine(f"sqlite:///{folder.parent / 'app.db'}").begin() as connection:
        connection.exec_driver_sql(statement)


def found(folder: Path, statement: str) -> list[tuple[object, ...]]:
    return rows(f"sqlite:///{folder.parent / 'app.db'}", statement)


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_column_that_comes_with_a_constraint_deletes_no_row_that_refers_to_its_table(edit: Edit, way: str) -> None:
    models = [_NOTES.format(_STARS), _NOTES.format("")]
    before, after = models if way == "down" else reversed(models)
    folder = edit(before, after, "INSERT INTO notes (id) VALUES (1);INSERT INTO pages VALUES (7, 1)", _FOREIGN_KEYS_ON)
    Project.load(folder).upgrade()
    assert found(folder, "SELECT * FROM pages") == [(7, 1)]
    Project.load(folder).downgrade("-1")
    assert found(folder, "SELECT * FROM pages") == [(7, 1)]


@pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])
def test_indexes_are_there_afterwards_as_they_were(edit: Edit, tool: Tool) -> None:
    indexes = """sa.Index("plain", "a", "b"), sa.Index("once", "b", unique=True, sqlite_where=sa.text("a > ':x'")),
        sa.Index("last first", sa.text("a DESC"), sa.text("lower(b)"))"""
    table = 'sa.Table("t", metadata, sa.Column("a", sa.Integer), sa.Column("b", sa.String(9)), {})'
    folder = edit(table.format(indexes), table.format(indexes + ', sa.CheckConstraint("a > 1")'))
    query = "SELECT name, replace(sql, '\"t\"', 't') FROM sqlite_master WHERE tbl_name = 't' AND type = 'index'"
    before = sorted(found(folder, query))
    assert len(before) == 3
    for target in (("upgrade", "head"), ("downgrade", "-1")):
        tool(*target, cwd=folder).ok()
        assert sorted(found(folder, query)) == before


@pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])
def test_columns_with_all_that_they_may_have_come_back_in_their_places(edit: Edit, tool: Tool) -> None:
    table = (
        'sa.Table("t", metadata, {} sa.Column("id", sa.Integer, primary_key=True), sa.Column("z", sa.String(4)), {})'
    )
    first = 'sa.Column("s", sa.Integer, server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),'
    more = """sa.Column("other", sa.ForeignKey("o.id")), sa.UniqueConstraint("s", "z"),
        sa.CheckConstraint("s > 0 AND id > 0")"""
    others = '\nsa.Table("o", metadata, sa.Column("id", sa.Integer, primary_key=True))'
    folder = edit(table.format(first, more) + others, table.format("", "") + others)
    tool("upgrade", "head", cwd=folder).ok()
    execute(folder, "INSERT INTO t VALUES (1, 'x')")
    tool("downgrade", "-1", cwd=folder).ok()
    assert found(folder, "SELECT s IS NOT NULL, id, z, other FROM t") == [(1, 1, "x", None)]
    assert Project.load(folder).drift()[0].differences == ()


def test_a_strict_table_stays_strict_in_one_rebuild(edit: Edit) -> None:
    table = 'sa.Table("t", metadata, sa.Column("a", sa.Integer), {} sqlite_strict=True)'
    folder = edit(table.format(""), table.format('sa.CheckConstraint("a > 1"),'))
    [new] = [path for path in (folder / "alembic" / "versions").glob("*.py") if "copy_from" in path.read_text()]
    assert "op.execute" not in new.read_text()
