"""`ready`: whether a database is at head, for health checks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

import whimbrel
from support.databases import ASYNC, tables, through
from support.projects import alembic_project, linear, native_project
from whimbrel import errors
from whimbrel.integrations.questions import AT_MOST

MakeDatabase = Callable[[str], str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return native_project(tmp_path / "p", "sqlite:///elsewhere.db", linear("aaaa", "bbbb"))


def test_ready_says_how_far_and_why(kind: str, url: str, folder: Path) -> None:
    engine = sa.create_engine(url)

    def asked() -> whimbrel.Readiness:
        return asyncio.run(whimbrel.ready(engine, folder=folder))

    assert asked() == whimbrel.Readiness(False, (), 2, (), "the database is 2 revisions behind")
    assert not asked()
    assert tables(url) == set(), "nothing is written"
    whimbrel.Project.load(folder, url=url).upgrade("aaaa")
    assert (asked().pending, bool(asked())) == (1, False)
    whimbrel.ensure_schema(engine, folder=folder)
    assert asked() == whimbrel.Readiness(True, ("bbbb",), 0, (), "")
    (folder / "migrations" / "versions" / "bbbb_.py").unlink()
    assert asked().unknown == ("bbbb",)
    assert "no file has" in asked().why


def test_ready_imports_neither_revisions_nor_env_py(kind: str, url: str, tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", url, linear("aaaa"))
    whimbrel.Project.load(folder, config=folder / "alembic.ini").upgrade()
    broken = "\nraise RuntimeError('imported')\n"
    for path in (folder / "alembic" / "env.py", folder / "alembic" / "versions" / "aaaa_.py"):
        path.write_text(path.read_text() + broken)
    assert asyncio.run(whimbrel.ready(sa.create_engine(url), folder=folder, config=folder / "alembic.ini"))


def test_ready_is_false_for_a_server_that_is_not_there(folder: Path) -> None:
    async def asked() -> whimbrel.Readiness:
        engine = create_async_engine("postgresql+asyncpg://app:hunter2canary@127.0.0.1:1/shop")
        return await whimbrel.ready(engine, folder=folder)

    answer = asyncio.run(asked())
    assert not answer
    assert answer.why.startswith("cannot connect to the database: ")
    assert "hunter2" not in answer.why


@pytest.fixture
def locked_url(make_database: MakeDatabase, folder: Path) -> Iterator[str]:
    """A database whose version table nobody can read."""
    url = make_database("postgresql")
    whimbrel.Project.load(folder, url=url).upgrade()
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        yield url


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_ready_gives_up_in_time(is_async: bool, locked_url: str, folder: Path) -> None:
    """An answer that never comes is no; and when the event loop ends it does not wait for one."""

    async def asked() -> whimbrel.Readiness:
        if not is_async:
            return await whimbrel.ready(sa.create_engine(locked_url), folder=folder, timeout=0.3)
        engine = create_async_engine(through(locked_url, ASYNC["postgresql"]), poolclass=sa.NullPool)
        return await whimbrel.ready(engine, folder=folder, timeout=0.3)

    assert asyncio.run(asked()) == whimbrel.Readiness(False, why="no answer within 0.3 s")


def test_questions_that_get_no_answer_take_no_more_than_a_few_threads(locked_url: str, folder: Path) -> None:
    engine = sa.create_engine(locked_url, pool_size=20)

    async def asked() -> list[whimbrel.Readiness]:
        at_once = [whimbrel.ready(engine, folder=folder, timeout=0.05) for _ in range(5)]
        return [*await asyncio.gather(*at_once), *[await whimbrel.ready(engine, folder=folder, timeout=0.05)] * 8]

    assert not any(asyncio.run(asked()))
    asking = [thread for thread in threading.enumerate() if thread.name == "whimbrel-ready"]
    assert 1 <= len(asking) <= AT_MOST


def test_when_the_database_answers_again_so_does_ready(make_database: MakeDatabase, folder: Path) -> None:
    url = make_database("postgresql")
    whimbrel.Project.load(folder, url=url).upgrade()
    engine = sa.create_engine(url)

    def asked(timeout: float) -> whimbrel.Readiness:
        return asyncio.run(whimbrel.ready(engine, folder=folder, timeout=timeout))

    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        assert [bool(asked(0.05)) for _ in range(AT_MOST + 2)] == [False] * (AT_MOST + 2)
    for thread in threading.enumerate():
        if thread.name == "whimbrel-ready":
            thread.join()
    assert asked(60)


@pytest.mark.parametrize("table", ["alembic_version", "no version table"])
def test_a_connection_is_left_as_it_was(table: str, make_database: MakeDatabase, kind: str, folder: Path) -> None:
    url = make_database(kind)
    whimbrel.Project.load(folder, url=url).upgrade()
    with sa.create_engine(url).connect() as connection:
        if table != "alembic_version":
            connection.exec_driver_sql("DROP TABLE alembic_version")
            connection.exec_driver_sql("CREATE TABLE alembic_version (something INTEGER)")
            connection.commit()
        is_at_head = table == "alembic_version"
        answer = asyncio.run(whimbrel.ready(connection, folder=folder))
        assert bool(answer) is is_at_head
        assert "\n" not in answer.why
        assert not connection.in_transaction()
        if kind == "postgresql":
            assert connection.connection.driver_connection.info.transaction_status == 0, "idle, and in no transaction"
        connection.exec_driver_sql("CREATE TABLE mine (id INTEGER)")
        connection.exec_driver_sql("INSERT INTO mine VALUES (1)")
        assert bool(asyncio.run(whimbrel.ready(connection, folder=folder))) is is_at_head
        assert connection.exec_driver_sql("SELECT count(*) FROM mine").scalar() == 1, "the transaction goes on"
        connection.rollback()
        if kind == "postgresql":
            assert "mine" not in tables(url)


def test_ready_refuses_a_folder_without_a_project(tmp_path: Path) -> None:
    with pytest.raises(errors.ProjectNotFound):
        asyncio.run(whimbrel.ready("sqlite://", folder=tmp_path))
