"""env.py files that swallow the commit: Alembic logs success, exits with 0, and nothing is there.

whimbrel must either commit really, or fail: an exit code 0 means that a new connection sees the version.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.graphs import A1, A2
from conformance.stage import Stage
from conformance.tools import ours, stock
from support.cli import alembic, whimbrel
from support.databases import ASYNC, SYNC, through
from support.projects import Rev, linear

from .trees import ENV, project

_CONFIGURE = "        context.configure(connection=connection, target_metadata=target_metadata)\n"
_BEFORE = {
    "a SELECT": "import sqlalchemy\n        connection.execute(sqlalchemy.text('SELECT 1'))",
    "an inspection": "import sqlalchemy\n        sqlalchemy.inspect(connection).get_table_names()",
    "a SET": "connection.exec_driver_sql('SET SESSION max_statement_time = 60' if connection.dialect.name == 'mysql' else"
             " \"SET lock_timeout = '4s'\" if connection.dialect.name == 'postgresql' else 'PRAGMA foreign_keys')",
}  # fmt: skip


def _before(statement: str) -> str:
    assert ENV.count(_CONFIGURE) == 1
    return ENV.replace(_CONFIGURE, f"        {statement}\n{_CONFIGURE}")


@pytest.mark.parametrize("statement", _BEFORE.values(), ids=_BEFORE)
@pytest.mark.parametrize("line", ["upgrade head", "upgrade +1", "stamp head", "ensure_version"])
def test_statement_before_configure(line: str, statement: str, kind: str, stage: Stage, tmp_path: Path) -> None:
    """SQLAlchemy begins a transaction for it, which Alembic takes for the caller's, and nobody commits."""
    by_alembic, by_whimbrel = [], []
    for tool, place, ends in zip((stock, ours), stage.places(kind, 2), (by_alembic, by_whimbrel), strict=True):
        folder = project(tmp_path / tool.__name__, place.url, *linear(A1, A2), env=_before(statement))
        done = tool(*line.split(), cwd=folder)
        ends += [done, place.versions(), "alembic_version" in place.tables()]
    assert by_alembic[0].code == 0
    done, versions, there = by_whimbrel
    if done.code == 0:  # then it must be true
        expected = {"upgrade head": [A2], "upgrade +1": [A1], "stamp head": [A2], "ensure_version": []}[line]
        assert (versions, there) == (expected, True)
        return
    assert done.code == 3
    assert "error[WB403]" in done.err
    assert done.out == ""
    assert "configure" in done.err


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_alembic_loses_it(kind: str, stage: Stage, tmp_path: Path) -> None:
    """The trap itself: exit code 0, and no table. (MariaDB commits its DDL by itself and loses the version only.)"""
    [place] = stage.places(kind, 1)
    project(tmp_path, place.url, *linear(A1), env=_before(_BEFORE["a SELECT"]))
    assert stock("upgrade", "head", cwd=tmp_path).code == 0
    assert place.versions() == []


def test_downgrade_that_is_swallowed(kind: str, stage: Stage, tmp_path: Path) -> None:
    """A downgrade that was rolled back is no downgrade."""
    [place] = stage.places(kind, 1)
    project(tmp_path, place.url, *linear(A1, A2))
    stock("upgrade", "head", cwd=tmp_path).ok()
    (tmp_path / "migrations" / "env.py").write_text(_before(_BEFORE["a SELECT"]))
    done = ours("downgrade", "base", cwd=tmp_path)
    assert (done.code == 0) == (place.versions() == []), done
    if done.code:
        assert "error[WB403]" in done.err


def test_nothing_to_do_is_no_failure(kind: str, stage: Stage, tmp_path: Path) -> None:
    """A database at head needs no commit: the same env.py may run every time the application starts."""
    [place] = stage.places(kind, 1)
    project(tmp_path, place.url, *linear(A1, A2))
    stock("upgrade", "head", cwd=tmp_path).ok()
    (tmp_path / "migrations" / "env.py").write_text(_before(_BEFORE["a SELECT"]))
    ours("upgrade", "head", cwd=tmp_path).ok()
    assert ours("current", cwd=tmp_path).ok().out == f"{A2} (head)\n"


def test_rollback_after_the_run(kind: str, stage: Stage, tmp_path: Path) -> None:
    """env.py rolls its own transaction back (`--dry-run` of many projects): not done, and not reported as done."""
    [place] = stage.places(kind, 1)
    env = ENV.replace("        with context.begin_transaction():\n            context.run_migrations()\n\nrun()",
                      "        with context.begin_transaction():\n            context.run_migrations()\n"
                      "        transaction.rollback()\n\nrun()").replace(
                      _CONFIGURE, f"        transaction = connection.begin()\n{_CONFIGURE}")  # fmt: skip
    assert "rollback" in env
    project(tmp_path, place.url, *linear(A1, A2), env=env)
    done = ours("upgrade", "head", cwd=tmp_path)
    assert done.code == 3
    assert "error[WB403]" in done.err
    assert place.versions() != [A2]  # MariaDB commits at every DDL statement; the last row is lost


def test_env_py_that_runs_nothing(stage: Stage, tmp_path: Path) -> None:
    """The last line was forgotten: Alembic exits with 0; whimbrel says that nothing ran, and never that it did."""
    [place] = stage.places("sqlite", 1)
    project(tmp_path, place.url, *linear(A1), env=ENV.rstrip().removesuffix("run()"))
    stock("upgrade", "head", cwd=tmp_path).ok()
    done = ours("upgrade", "head", cwd=tmp_path)
    assert A1 not in done.out
    assert "without running" in done.err


# -- PAIG: configure twice, run after the block, an async engine ------------------------------------

_PAIG = """
import asyncio
from logging.config import fileConfig
from sqlalchemy import pool
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import async_engine_from_config
from alembic import context

config = context.config
config.set_main_option("sqlalchemy.url", "@URL@")
target_metadata = None

def do_run_migrations(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.configure(connection=connection, target_metadata=target_metadata, render_as_batch=True)
    context.run_migrations()

async def run_async_migrations() -> None:
    connectable = async_engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool)
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()

asyncio.run(run_async_migrations())
"""
_INSIDE = _PAIG.replace("    context.run_migrations()\n", "        context.run_migrations()\n")


@pytest.mark.parametrize("env", [_PAIG, _INSIDE], ids=["run behind the block", "run in the block"])
def test_configured_twice(env: str, kind: str, stage: Stage, tmp_path: Path) -> None:
    """whimbrel really commits, on every database and through its async driver."""
    [place] = stage.places(kind, 1)
    project(tmp_path, through(place.url, ASYNC[kind]), *linear(A1, A2), env=env)
    for line, expected in (("upgrade +1", [A1]), ("upgrade head", [A2]), ("downgrade -1", [A1])):
        ours(*line.split(), cwd=tmp_path).ok()
        assert place.versions() == expected, line


@pytest.mark.parametrize("env", [_PAIG, _INSIDE], ids=["run behind the block", "run in the block"])
def test_stamp_when_configured_twice(env: str, kind: str, stage: Stage, tmp_path: Path) -> None:
    """`stamp` commits as upgrade does. Alembic's stamp is kept on SQLite and MariaDB, and lost on PostgreSQL."""
    [place] = stage.places(kind, 1)
    project(tmp_path, through(place.url, ASYNC[kind]), *linear(A1, A2), env=env)
    ours("stamp", "head", cwd=tmp_path).ok()
    assert place.versions() == [A2]
    ours("stamp", "--purge", A1, cwd=tmp_path).ok()
    assert place.versions() == [A1]


def test_configured_twice_as_a_process(stage: Stage, tmp_path: Path) -> None:
    """PAIG's own case: PostgreSQL and asyncpg. Alembic exits with 0 and leaves an EMPTY database."""
    one, other = stage.places("postgresql", 2)
    for process, place in ((alembic, one), (whimbrel, other)):
        folder = project(
            tmp_path / process.__name__, through(place.url, ASYNC["postgresql"]), *linear(A1, A2), env=_PAIG
        )
        process("upgrade", "head", cwd=folder).ok()
    assert one.tables() == set()
    assert other.tables() == {"alembic_version", f"t_{A1}", f"t_{A2}"}


@pytest.mark.parametrize("schemes", [SYNC, ASYNC], ids=["sync", "async"])
def test_failure_behind_the_block(schemes: dict[str, str], kind: str, stage: Stage, tmp_path: Path) -> None:
    """The same env.py and a revision that fails: what the state line says is what is there."""
    [place] = stage.places(kind, 1)
    env = _PAIG
    if schemes is SYNC:
        env = ENV.replace(
            "        with context.begin_transaction():\n            context.run_migrations()\n\nrun()",
            "        with context.begin_transaction():\n            context.configure(connection=connection)\n"
            "        context.run_migrations()\n\nrun()")  # fmt: skip
        assert env != ENV
    project(
        tmp_path, through(place.url, schemes[kind]), Rev(A1), Rev(A2, A1, upgrade='raise RuntimeError("no")'), env=env
    )
    done = ours("upgrade", "head", cwd=tmp_path)
    assert done.code == 3
    assert place.versions() == [A1], done
    assert f"at {A1}" in done.err
