"""`ensure_schema` and `ready`: one call from an application, with whatever it has of its database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

import whimbrel
from support.databases import ASYNC, tables, through, version_rows
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import errors

MakeDatabase = Callable[[str], str]

TAKES = 'connectable = config.attributes.get("connection")\n    if connectable is not None:\n        '


def models(*columns: str) -> sa.MetaData:
    """A table `t_aaaa` as the revision makes it, with more columns."""
    metadata = sa.MetaData()
    sa.Table(
        "t_aaaa", metadata, sa.Column("id", sa.Integer, primary_key=True), *(sa.Column(c, sa.Text) for c in columns)
    )
    return metadata


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return native_project(tmp_path / "p", "sqlite:///elsewhere.db", linear("aaaa", "bbbb"))


def test_a_url_is_enough_and_its_database_is_created(folder: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/app.db"
    assert whimbrel.ensure_schema(url, folder=folder).after == ("bbbb",)
    assert whimbrel.ensure_schema(sa.make_url(url), folder=folder).status == "nothing to do"
    assert version_rows(url) == {"bbbb"}
    assert not (folder / "elsewhere.db").exists(), "the URL of the settings does not count"


def test_an_engine_is_used_and_stays_usable(kind: str, url: str, folder: Path) -> None:
    engine = sa.create_engine(url)
    assert whimbrel.ensure_schema(engine, folder=folder).after == ("bbbb",)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t_bbbb").scalar() == 0
    assert version_rows(url) == {"bbbb"}


def test_one_plain_call_where_an_event_loop_runs(kind: str, url: str, folder: Path) -> None:
    """As in a notebook: with the URL of an async driver, and with an async engine that is in use."""

    async def notebook() -> None:
        engine = create_async_engine(through(url, ASYNC[kind]))
        async with engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1"))
        assert whimbrel.ensure_schema(engine, folder=folder).after == ("bbbb",)
        assert whimbrel.ensure_schema(through(url, ASYNC[kind]), folder=folder).status == "nothing to do"
        async with engine.connect() as connection:  # the pool still belongs to this loop
            assert (await connection.execute(sa.text("SELECT count(*) FROM t_bbbb"))).scalar() == 0
        await engine.dispose()

    asyncio.run(notebook())
    assert version_rows(url) == {"bbbb"}


def test_awaited_with_an_async_engine_the_loop_goes_on(kind: str, url: str, folder: Path) -> None:
    ran_in: list[int] = []
    (folder / "migrations" / "versions" / "aaaa_.py").unlink()
    from support.projects import write_revision

    write_revision(
        folder / "migrations" / "versions",
        Rev("aaaa", upgrade="import test_threads_seen as s; s.note()\nop.execute('SELECT 1')"),
    )
    import sys
    from types import ModuleType

    seen = ModuleType("test_threads_seen")
    seen.note = lambda: ran_in.append(threading.get_ident())
    sys.modules["test_threads_seen"] = seen

    async def application() -> None:
        engine = create_async_engine(through(url, ASYNC[kind]))
        assert (await whimbrel.aensure_schema(engine, folder=folder)).after == ("bbbb",)
        assert await whimbrel.ready(engine, folder=folder)
        await engine.dispose()

    asyncio.run(application())
    del sys.modules["test_threads_seen"]
    assert ran_in
    assert threading.get_ident() not in ran_in


@pytest.mark.parametrize("call", ["plain", "awaited"])
def test_an_async_database_in_memory_is_reached_where_it_is(call: str, folder: Path) -> None:
    async def application() -> Any:
        engine = create_async_engine("sqlite+aiosqlite://")
        if call == "plain":
            with pytest.raises(errors.UsageError) as refused:
                whimbrel.ensure_schema(engine, folder=folder)
            assert refused.value.hint == "await whimbrel.aensure_schema(…)"
        else:
            await whimbrel.aensure_schema(engine, folder=folder)
            assert (await whimbrel.ready(engine, folder=folder)).heads == ("bbbb",)
        await engine.dispose()

    asyncio.run(application())


def test_a_database_in_memory_is_that_of_the_engine(folder: Path) -> None:
    engine = sa.create_engine("sqlite://")
    asyncio.run(whimbrel.aensure_schema(engine, folder=folder))
    assert sa.inspect(engine).has_table("t_bbbb")
    assert asyncio.run(whimbrel.ready(engine, folder=folder))


def test_the_transaction_of_a_connection_stays_the_callers(make_database: MakeDatabase, folder: Path) -> None:
    url = make_database("postgresql")
    with sa.create_engine(url).connect() as connection:
        transaction = connection.begin()
        whimbrel.ensure_schema(connection, folder=folder)
        assert sa.inspect(connection).has_table("t_bbbb")
        transaction.rollback()
    assert tables(url) == set()


def test_an_async_connection_is_used_by_the_awaited_one(url: str, kind: str, folder: Path) -> None:
    async def application() -> None:
        engine = create_async_engine(through(url, ASYNC[kind]), poolclass=sa.NullPool)
        async with engine.connect() as connection:
            await whimbrel.aensure_schema(connection, folder=folder)

    asyncio.run(application())
    assert version_rows(url) == {"bbbb"}


@pytest.mark.parametrize("how", ["options", "listener"])
def test_an_async_engine_is_migrated_as_it_is_set_up(how: str, make_database: MakeDatabase, folder: Path) -> None:
    """The connections that are made beside its pool go to the same schema."""
    url = make_database("postgresql")
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA tenant")

    async def application() -> list[str]:
        engine = create_async_engine(through(url, ASYNC["postgresql"]))
        if how == "options":
            engine = engine.execution_options(schema_translate_map={None: "tenant"})
        else:

            @sa.event.listens_for(engine.sync_engine, "engine_connect")
            def choose(connection: sa.Connection) -> None:
                connection.exec_driver_sql("SET search_path = tenant")
                connection.commit()

        await whimbrel.aensure_schema(engine, folder=folder)
        async with engine.connect() as connection:
            names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names("tenant"))
        await engine.dispose()
        return names

    assert {"t_aaaa", "t_bbbb"} <= set(asyncio.run(application()))
    assert not {"t_aaaa", "t_bbbb"} & tables(url), "nothing is in the default schema"


@pytest.mark.parametrize("times", [1, 3])
def test_cancelling_stops_the_run_and_waits_for_it(times: int, make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("postgresql")
    slow = Rev("bbbb", "aaaa", upgrade="op.execute('SELECT pg_sleep(60)')")
    folder = native_project(tmp_path / "p", "sqlite://", [Rev("aaaa"), slow])

    async def application() -> None:
        engine = create_async_engine(through(url, ASYNC["postgresql"]))
        task = asyncio.create_task(whimbrel.aensure_schema(engine, folder=folder))
        async with engine.connect() as connection:
            busy = sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' "
                "AND state = 'active' AND datname = current_database()"
            )
            while not (await connection.execute(busy)).scalar():
                await connection.rollback()
                await asyncio.sleep(0.01)
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0)  # it hears of each
            with pytest.raises(asyncio.CancelledError):
                await task
            await connection.rollback()  # what it has seen of other sessions is kept until then
            assert (await connection.execute(busy)).scalar() == 0, "the server has given it up"
        await engine.dispose()

    asyncio.run(application())
    assert version_rows(url) == {"aaaa"}


# -- env.py ---------------------------------------------------------------------------------------


def test_an_env_py_that_takes_the_connection_gets_it(kind: str, url: str, tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", f"sqlite:///{tmp_path}/other.db", linear("aaaa"))
    env = folder / "alembic" / "env.py"
    env.write_text(
        "from alembic import context\n"
        'context.configure(connection=context.config.attributes["connection"])\n'
        "with context.begin_transaction():\n    context.run_migrations()\n"
    )
    whimbrel.ensure_schema(sa.create_engine(url), folder=folder, config=folder / "alembic.ini")
    assert version_rows(url) == {"aaaa"}


def test_one_that_does_not_is_refused_before_it_changes_another_database(tmp_path: Path) -> None:
    other, given = f"sqlite:///{tmp_path}/other.db", f"sqlite:///{tmp_path}/app.db"
    folder = alembic_project(tmp_path / "p", other, linear("aaaa"))
    with pytest.raises(errors.ConnectionIgnored) as refused:
        whimbrel.ensure_schema(given, folder=folder, config=folder / "alembic.ini")
    assert refused.value.state == "nothing was changed"
    assert (tables(other), tables(given)) == (set(), set())


# -- models -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", [native_project, alembic_project])
def test_models_that_need_more_than_the_revisions_make_are_refused(
    layout: Any, kind: str, url: str, tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", url, linear("aaaa", "bbbb"))
    config: Any = ()
    if layout is alembic_project:
        config = folder / "alembic.ini"
        (folder / "alembic" / "env.py").write_text(
            "from alembic import context\n"
            'context.configure(connection=context.config.attributes["connection"])\n'
            "with context.begin_transaction():\n    context.run_migrations()\n"
        )
    engine = sa.create_engine(url)
    whimbrel.ensure_schema(
        engine, folder=folder, config=config, models=models()
    )  # t_bbbb is none of them, and no matter
    with pytest.raises(errors.SchemaLacks) as refused:
        whimbrel.ensure_schema(engine, folder=folder, config=config, models=[models("name", "city")])
    assert refused.value.why == "add column t_aaaa.city; add column t_aaaa.name"
    assert version_rows(url) == {"bbbb"}


@pytest.mark.parametrize("given", [42, None, object()])
def test_what_is_no_database_is_refused(given: Any, folder: Path) -> None:
    with pytest.raises(errors.ArgumentInvalid, match="is no database"):
        whimbrel.ensure_schema(given, folder=folder)


def test_what_is_no_model_is_refused(folder: Path) -> None:
    with pytest.raises(errors.ArgumentInvalid, match="holds no tables"):
        whimbrel.ensure_schema("sqlite://", folder=folder, models=[int])


def test_a_server_that_is_not_there_is_told_without_the_password(folder: Path) -> None:
    engine = sa.create_engine("postgresql+psycopg://app:hunter2canary@127.0.0.1:1/shop")
    with pytest.raises(errors.CannotConnect) as refused:
        whimbrel.ensure_schema(engine, folder=folder)
    assert refused.value.where == "postgresql+psycopg://app:***@127.0.0.1:1/shop"
