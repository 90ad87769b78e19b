"""The connection that a caller gives: used where it can be, refused with the line that helps where it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine

from support.databases import ASYNC, tables, through, version_rows
from support.projects import alembic_project, linear, native_project
from whimbrel import Project, errors

RUN_SYNC = "await connection.run_sync(lambda c: Project.load(connection=c).upgrade())"


async def connected(url: str, kind: str, work: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
    engine = create_async_engine(through(url, ASYNC[kind]), poolclass=sa.NullPool)
    async with engine.begin() as connection:
        return await work(connection)


def test_a_connection_of_an_async_engine_is_used_in_its_run_sync(kind: str, url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite://", linear("aaaa"))

    async def work(connection: AsyncConnection) -> None:
        await connection.run_sync(lambda c: Project.load(folder, connection=c).upgrade())

    asyncio.run(connected(url, kind, work))
    assert version_rows(url) == {"aaaa"}


@pytest.mark.parametrize("layout", [native_project, alembic_project])
@pytest.mark.parametrize("given", ["sync_connection", "connection"])
def test_outside_of_it_every_method_refuses_it_and_names_run_sync(
    layout: Any, given: str, kind: str, url: str, tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", url, linear("aaaa"))
    config = folder / "alembic.ini" if layout is alembic_project else ()

    async def work(connection: AsyncConnection) -> None:
        taken = connection if given == "connection" else connection.sync_connection
        project = Project.load(folder, config=config, connection=taken)
        for method in (project.aupgrade, project.acurrent, project.aensure_version):
            with pytest.raises(errors.UsageError) as refused:
                await method()
            assert (refused.value.state, refused.value.hint) == ("nothing was changed", RUN_SYNC)
        with pytest.raises(errors.UsageError):
            project.upgrade()
        [status] = await project.astatus()
        assert isinstance(status.error, errors.UsageError)
        assert (await connection.execute(sa.text("SELECT 1"))).scalar() == 1, "the connection is as it was"

    asyncio.run(connected(url, kind, work))
    assert tables(url) == set()


def test_a_session_is_refused_with_the_way_to_its_connection(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite://", linear("aaaa"))
    session = AsyncSession(create_async_engine("sqlite+aiosqlite://"))
    with pytest.raises(errors.UsageError, match="an AsyncSession cannot migrate") as refused:
        Project.load(folder, connection=session).upgrade()
    assert str(refused.value.hint).startswith("connection = await session.connection(), then await connection.run_sync")


def test_an_engine_is_no_connection_except_for_an_env_py_that_takes_it(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    folder = native_project(tmp_path / "native", "sqlite://", linear("aaaa"))
    with pytest.raises(errors.UsageError, match="is Engine, not a connection"):
        Project.load(folder, connection=engine).upgrade()

    folder = alembic_project(tmp_path / "alembic", "sqlite:///other.db", linear("aaaa"))
    env = folder / "alembic" / "env.py"
    taken = env.read_text().replace(
        "with connectable", "connectable = config.attributes['connection']\n    with connectable"
    )
    env.write_text(taken)
    assert Project.load(folder, config=folder / "alembic.ini", connection=engine).upgrade().after == ("aaaa",)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])  # SQLite's stay in their thread
def test_a_sync_connection_is_used_by_the_awaited_methods_too(kind: str, url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite://", linear("aaaa"))
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        asyncio.run(Project.load(folder, connection=connection).aupgrade())
    assert version_rows(url) == {"aaaa"}
