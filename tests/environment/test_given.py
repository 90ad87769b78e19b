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
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import Project, errors, settings
from whimbrel.events import Event, Notice

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


# -- models are compared with it, and revisions are proven for it -------------------------------

MODELS = sa.MetaData()
sa.Table("notes", MODELS, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.String(40)))


def with_models(folder: Path, connection: Any, told: list[Event]) -> Project:
    """A project that has a connection, and models that no module needs to be imported for."""
    loaded = settings.load(str(folder), config=[], url=None, models=[])
    database = settings.select(loaded, None)
    given = {"connection": connection}
    return Project(loaded, database, attributes=given, metadata=[MODELS], listener=told.append)


def write_and_apply(folder: Path, connection: sa.Connection) -> None:
    """A revision is written, proven and applied, on the way that any caller goes."""
    told: list[Event] = []
    assert with_models(folder, connection, told).check() == ["add table notes"]
    [new] = with_models(folder, connection, told).revision("notes", autogenerate=True)
    assert new.proof == "up and down: replayed from empty"
    assert not any(isinstance(event, Notice) for event in told)
    assert sa.inspect(connection).get_table_names() == [], "the given connection was only read"
    with_models(folder, connection, told).upgrade()
    assert with_models(folder, connection, told).check() == []
    assert with_models(folder, connection, told).stamp("head").after == (new.revision,)
    connection.execute(sa.text("INSERT INTO notes (id, text) VALUES (1, 'it is there')"))


@pytest.mark.parametrize("is_begun", [True, False], ids=["in a transaction of the caller's", "in none"])
def test_a_revision_is_proven_for_a_given_connection(is_begun: bool, kind: str, url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite://")
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        if is_begun:
            connection.begin()
        write_and_apply(folder, connection)
        connection.commit()
    assert "notes" in tables(url)


@pytest.mark.parametrize("pool", [sa.StaticPool, sa.pool.SingletonThreadPool])
def test_a_revision_is_proven_for_a_database_in_memory(pool: type[sa.Pool], tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path / 'other.db'}")
    with sa.create_engine("sqlite://", poolclass=pool).begin() as connection:
        write_and_apply(folder, connection)
    assert not (tmp_path / "other.db").exists()


def test_a_revision_is_proven_for_a_connection_of_an_async_engine(kind: str, url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite://")

    async def work(connection: AsyncConnection) -> None:
        await connection.run_sync(lambda given: write_and_apply(folder, given))

    asyncio.run(connected(url, kind, work))
    assert "notes" in tables(url)


def test_what_an_engine_does_with_new_connections_is_done_with_those_of_scratch_databases(tmp_path: Path) -> None:
    """As models that need a function of the application's in their constraints do."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}", poolclass=sa.NullPool)
    sa.event.listen(engine, "connect", lambda driver, _: driver.create_function("half", 1, lambda n: n / 2))
    metadata = sa.MetaData()
    sa.Table("notes", metadata, sa.Column("id", sa.Integer, sa.Computed("half(2)"), nullable=False))
    revision = Rev("aaaa", upgrade='op.execute("SELECT half(2)")', downgrade="pass")
    folder = native_project(tmp_path / "p", "sqlite://", [revision])
    with engine.begin() as connection:
        Project.load(folder, connection=connection).upgrade()
        assert Project.load(folder, connection=connection).stamp("head").after == ("aaaa",)
        [drift] = Project.load(folder, connection=connection).drift()
        assert drift.differences == ()


def test_an_engine_for_an_env_py_that_takes_it_is_not_what_the_scratch_database_is_reached_with(
    tmp_path: Path,
) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    folder = alembic_project(tmp_path / "alembic", f"sqlite:///{tmp_path / 'other.db'}", linear("aaaa"))
    env = folder / "alembic" / "env.py"
    text = env.read_text().replace(
        "with connectable", "connectable = config.attributes['connection']\n    with connectable"
    )
    models = (
        "sqlalchemy.MetaData()\nsqlalchemy.Table('notes', target_metadata, sqlalchemy.Column('id', sqlalchemy.Integer))"
    )
    env.write_text("import sqlalchemy\n" + text.replace("target_metadata = None", f"target_metadata = {models}"))
    Project.load(folder, connection=engine).upgrade()
    assert Project.load(folder, connection=engine).revision("notes", autogenerate=True, no_rename=True)
    assert tables(str(engine.url)) == {"alembic_version", "t_aaaa"}
    Project.load(folder, connection=engine).upgrade()
    assert tables(str(engine.url)) == {"alembic_version", "notes"}
    assert not (tmp_path / "other.db").exists()
