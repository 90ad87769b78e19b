"""What revisions on SQLite do that a transaction around them would change.

Python's driver opens no transaction for DDL or PRAGMA, so with stock Alembic these run outside of any; whimbrel opens one
for each revision.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from conformance.graphs import A1, A2, A3
from conformance.stage import Place, Stage
from conformance.tools import Tool, ours, stock
from support.projects import Rev

from .trees import ENV, project

_EACH_TOOL = pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])

_FOREIGN_KEYS_ON = ENV.replace("    with engine.connect()", """
    import sqlalchemy
    @sqlalchemy.event.listens_for(engine, "connect")
    def on(connection, record):
        connection.execute("PRAGMA foreign_keys = ON")
    with engine.connect()""")  # fmt: skip

_FAMILY = """
op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(10)))
op.create_table("child", sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE")))
op.execute("INSERT INTO parent VALUES (1, 'ann')")
op.execute("INSERT INTO child VALUES (1, 1)")
""".strip()
_REBUILD = 'with op.batch_alter_table("parent") as batch:\n    batch.alter_column("name", type_=sa.String(20))'
_SWITCHES = {
    "op.execute": 'op.execute("PRAGMA foreign_keys = OFF")',
    "other spelling": 'op.execute(sa.text("\\n pragma main.foreign_keys(0);"))',
    "comment": 'op.execute("-- SQLite only\\nPRAGMA foreign_keys=OFF")',
    "get_bind": 'op.get_bind().exec_driver_sql("PRAGMA foreign_keys=OFF")',
    "autocommit_block": 'with op.get_context().autocommit_block():\n    op.execute("PRAGMA foreign_keys=OFF")',
    "after DDL": 'op.create_table("x", sa.Column("id", sa.Integer))\nop.execute("PRAGMA foreign_keys=OFF")',
}


def _rows(place: Place, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(place.file)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


@_EACH_TOOL
@pytest.mark.parametrize("switch", _SWITCHES.values(), ids=_SWITCHES)
def test_foreign_keys_switched_off_by_the_revision(tool: Tool, switch: str, stage: Stage, tmp_path: Path) -> None:
    """Rebuilding a table that others refer to with ON DELETE CASCADE: the revision switches foreign keys off first, as
    SQLite's documentation says. In a transaction that PRAGMA does nothing, and the children are deleted."""
    [place] = stage.places("sqlite", 1)
    project(
        tmp_path,
        place.url,
        Rev(A1, upgrade=_FAMILY),
        Rev(A2, A1, upgrade=f"{switch}\n{_REBUILD}"),
        env=_FOREIGN_KEYS_ON,
    )
    tool("upgrade", A1, cwd=tmp_path).ok()
    tool("upgrade", A2, cwd=tmp_path)
    assert _rows(place, "SELECT * FROM child") == [(1, 1)]


def test_foreign_keys_left_on(stage: Stage, tmp_path: Path) -> None:
    """The same rebuild without the PRAGMA: Alembic deletes the children. whimbrel must not lose more than Alembic does."""
    left = []
    for tool, place in zip((stock, ours), stage.places("sqlite", 2), strict=True):
        folder = project(tmp_path / tool.__name__, place.url, Rev(A1, upgrade=_FAMILY), Rev(A2, A1, upgrade=_REBUILD),
                         env=_FOREIGN_KEYS_ON)  # fmt: skip
        tool("upgrade", "head", cwd=folder)
        left.append(len(_rows(place, "SELECT * FROM child")))
    assert left[1] >= left[0], left


@_EACH_TOOL
def test_foreign_keys_of_env_py(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """env.py switches them off for the run, on the connection, before it configures."""
    [place] = stage.places("sqlite", 1)
    env = _FOREIGN_KEYS_ON.replace("        context.configure(connection", '        connection.exec_driver_sql('
                                   '"PRAGMA foreign_keys = OFF")\n        connection.commit()\n'
                                   "        context.configure(connection")  # fmt: skip
    project(tmp_path, place.url, Rev(A1, upgrade=_FAMILY), Rev(A2, A1, upgrade=_REBUILD), env=env)
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert _rows(place, "SELECT * FROM child") == [(1, 1)]


@_EACH_TOOL
@pytest.mark.parametrize("statement", ["VACUUM", "PRAGMA journal_mode = WAL", "PRAGMA user_version = 3",
                                       "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA temp_store = 2", "REINDEX",
                                       "ATTACH DATABASE ':memory:' AS other", "PRAGMA optimize", "ANALYZE"])  # fmt: skip
def test_statement_that_wants_no_transaction(tool: Tool, statement: str, stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places("sqlite", 1)
    project(
        tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=f'op.execute("{statement}")', downgrade="pass"), Rev(A3, A2)
    )
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]


@_EACH_TOOL
@pytest.mark.parametrize("statement", ["VACUUM", "PRAGMA journal_mode = WAL"])
def test_the_same_in_an_autocommit_block(tool: Tool, statement: str, stage: Stage, tmp_path: Path) -> None:
    """What such a revision has to say to run under both."""
    [place] = stage.places("sqlite", 1)
    upgrade = f'with op.get_context().autocommit_block():\n    op.execute("{statement}")'
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=upgrade, downgrade="pass"), Rev(A3, A2))
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]


@pytest.mark.parametrize(
    "commit", ["op.get_bind().commit()", 'op.execute("COMMIT")', "op.get_bind().connection.commit()"]
)
def test_revision_that_commits(commit: str, kind: str, stage: Stage, tmp_path: Path) -> None:
    """A revision that commits by itself in the middle, on every database: an exit code 0 is true. (Alembic on PostgreSQL
    exits with 0 after `op.get_bind().commit()`, and has lost what followed.)"""
    [place] = stage.places(kind, 1)
    upgrade = f'op.create_table("one", sa.Column("id", sa.Integer))\n{commit}\nop.create_table("two", sa.Column("id", sa.Integer))'
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=upgrade, downgrade="pass"), Rev(A3, A2))
    done = ours("upgrade", "head", cwd=tmp_path)
    there = {"one", "two", f"t_{A3}"} <= place.tables()
    assert (done.code == 0) == (place.versions() == [A3] and there), done


@_EACH_TOOL
@pytest.mark.parametrize("option", ["transactional_ddl=False", "transactional_ddl=True", "transaction_per_migration=True",
                                    "transaction_per_migration=False", "transactional_ddl=True, transaction_per_migration=True"])  # fmt: skip
def test_transaction_options(tool: Tool, option: str, kind: str, stage: Stage, tmp_path: Path) -> None:
    """Whatever env.py says about transactions, the end is the same."""
    [place] = stage.places(kind, 1)
    env = ENV.replace("target_metadata=target_metadata", option)
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1), Rev(A3, A2), env=env)
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]
    tool("downgrade", A1, cwd=tmp_path).ok()
    assert place.versions() == [A1]
    assert place.tables() == {"alembic_version", f"t_{A1}"}
    tool("stamp", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]
