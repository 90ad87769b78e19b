"""The front door from Python: sync, async, threads, and what it returns."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from support.databases import ASYNC, tables, through, version_rows
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import Change, Outcome, Project, errors, events

MakeDatabase = Callable[[str], str]
DRIVERS = {
    "sqlite": ("sqlite", "sqlite+aiosqlite"),
    "postgresql": ("postgresql+psycopg", "postgresql+psycopg_async", "postgresql+asyncpg"),
    "mariadb": ("mysql+pymysql", "mysql+asyncmy", "mariadb+pymysql"),
}


@pytest.mark.parametrize(
    ("kind", "driver"), [(kind, driver) for kind, drivers in DRIVERS.items() for driver in drivers]
)
def test_every_driver_upgrades_and_downgrades(kind: str, driver: str, url: str, tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", through(url, driver), linear("aaaa", "bbbb")))
    (at,) = project.positions()
    assert project.upgrade("head") == Outcome(
        "done", (Change(at.where, (), ("bbbb",), ("aaaa", "bbbb"), verified=True),)
    )
    assert (version_rows(url), project.current()) == ({"bbbb"}, ("bbbb",))
    assert project.upgrade() == Outcome("nothing to do", (Change(at.where, ("bbbb",), ("bbbb",), (), verified=True),))
    assert project.downgrade("-1") == Outcome(
        "done", (Change(at.where, ("bbbb",), ("aaaa",), ("bbbb",), verified=True),)
    )
    assert project.stamp("bbbb", force=True).after == ("bbbb",)
    assert "t_bbbb" not in tables(url)


@pytest.mark.parametrize("template", ["generic", "async"])
def test_env_py_projects_run_sync_async_and_inside_a_running_loop(
    template: str, kind: str, url: str, tmp_path: Path
) -> None:
    driver = ASYNC[kind] if template == "async" else url.partition(":")[0]
    folder = alembic_project(tmp_path / "p", through(url, driver), linear("aaaa", "bbbb", "cccc"), template=template)
    project = Project.load(folder, config=folder / "alembic.ini")
    assert project.upgrade("aaaa").after == ("aaaa",)

    async def application() -> None:
        assert (await project.aupgrade("+1")).after == ("bbbb",)
        assert project.upgrade("+1").after == ("cccc",), "the sync call, inside a running loop"
        assert await project.acurrent() == ("cccc",)
        assert (await project.adowngrade("base")).after == ()

    asyncio.run(application())
    assert version_rows(url) == set()


def test_the_native_project_runs_async_and_inside_a_running_loop(kind: str, url: str, tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", through(url, ASYNC[kind]), linear("aaaa", "bbbb")))

    async def application() -> None:
        assert (await project.aupgrade("aaaa")).verified
        assert project.upgrade().after == ("bbbb",)
        assert [status.pending for status in await project.astatus()] == [0]
        assert (await project.astamp("aaaa", force=True)).after == ("aaaa",)

    asyncio.run(application())
    assert version_rows(url) == {"aaaa"}


@pytest.mark.parametrize("layout", [native_project, alembic_project])
def test_16_threads_and_3_databases_are_not_mixed_up(
    layout: Callable[..., Path], make_database: MakeDatabase, tmp_path: Path
) -> None:
    """Stock Alembic sends one database's DDL to another one's connection (measured: 13 of 15 silently)."""
    work = []
    for number in range(16):
        kind = ("sqlite", "postgresql", "mariadb")[number % 3]
        url = make_database(kind)
        slow = f"import time; time.sleep(0.02)\nop.create_table('only_{number}', sa.Column('id', sa.Integer))"
        revisions = [
            Rev("aaaa", upgrade=slow),
            Rev("bbbb", "aaaa"),
            Rev("cccc", "bbbb", upgrade=f"assert op.get_context().config or {number} >= 0\nop.drop_table('t_bbbb')"),
        ]
        folder = layout(tmp_path / f"p{number}", url, revisions)
        work.append(
            (number, url, Project.load(folder, config=folder / "alembic.ini" if layout is alembic_project else ()))
        )
    barrier = threading.Barrier(16)

    def run(item: tuple[int, str, Project]) -> Outcome:
        barrier.wait()
        return item[2].upgrade()

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(run, work))
    assert all(outcome.revisions == ("aaaa", "bbbb", "cccc") and outcome.verified for outcome in outcomes)
    for number, url, _ in work:
        assert tables(url) == {"alembic_version", f"only_{number}"}


def test_tasks_of_one_loop_do_not_mix_up_databases(make_database: MakeDatabase, tmp_path: Path) -> None:
    projects, urls = [], []
    for number in range(6):
        kind = ("sqlite", "postgresql", "mariadb")[number % 3]
        urls.append(make_database(kind))
        revision = Rev("aaaa", upgrade=f"op.create_table('only_{number}', sa.Column('id', sa.Integer))")
        projects.append(
            Project.load(native_project(tmp_path / f"p{number}", through(urls[-1], ASYNC[kind]), [revision]))
        )

    async def application() -> None:
        await asyncio.gather(*(project.aupgrade() for project in projects))

    asyncio.run(application())
    for number, url in enumerate(urls):
        assert tables(url) == {"alembic_version", f"only_{number}"}


def test_stock_alembic_in_the_same_process_goes_on_working(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    folder = alembic_project(tmp_path / "p", f"sqlite:///{tmp_path / 'app.db'}", linear("aaaa", "bbbb", "cccc"))
    project = Project.load(folder, config=folder / "alembic.ini")
    config = Config(str(folder / "alembic.ini"))
    assert project.upgrade("aaaa").verified
    command.upgrade(config, "bbbb")
    assert project.upgrade("cccc").before == ("bbbb",)
    command.downgrade(config, "base")
    assert project.current() == ()


def test_a_given_connection_is_used_and_its_transaction_stays_the_callers(kind: str, url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///never.db", linear("aaaa"))
    told: list[events.Event] = []
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        outcome = Project.load(folder, connection=connection, listener=told.append).upgrade()
        assert not outcome.verified, "nobody else can see it yet"
        assert any(isinstance(event, events.Notice) and "commit" in event.hint for event in told)
    assert version_rows(url) == {"aaaa"}
    assert not (folder / "never.db").exists()


def test_a_given_connection_of_an_async_engine_works_in_run_sync(kind: str, url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///never.db", linear("aaaa"))

    async def application() -> Outcome:
        engine = create_async_engine(through(url, ASYNC[kind]), poolclass=sa.NullPool)
        async with engine.connect() as connection:
            outcome: Outcome = await connection.run_sync(lambda sync: Project.load(folder, connection=sync).upgrade())
            await connection.commit()
        await engine.dispose()
        return outcome

    assert asyncio.run(application()).after == ("aaaa",)
    assert version_rows(url) == {"aaaa"}


def test_the_listener_hears_what_happens_in_order(tmp_path: Path) -> None:
    told: list[events.Event] = []
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path / 'app.db'}", linear("aaaa", "bbbb"))
    Project.load(folder, listener=told.append).upgrade()
    assert [(type(event).__name__, event.revision) for event in told if hasattr(event, "revision")] == [
        ("RevisionStarted", "aaaa"),
        ("RevisionFinished", "aaaa"),
        ("RevisionStarted", "bbbb"),
        ("RevisionFinished", "bbbb"),
    ]


def test_failures_are_exceptions_with_fields(tmp_path: Path) -> None:
    project = Project.load(native_project(tmp_path / "p", f"sqlite:///{tmp_path / 'app.db'}", linear("aaaa")))
    with pytest.raises(errors.RevisionNotFound) as failed:
        project.upgrade("nope")
    assert (failed.value.code, failed.value.exit_code, failed.value.state) == ("WB201", 2, "nothing was changed")
    assert failed.value.as_dict()["what"] == failed.value.what


def test_an_application_keeps_its_loggers_when_env_py_configures_logging(tmp_path: Path) -> None:
    import logging

    logger = logging.getLogger("the.application")
    handlers = list(logging.getLogger().handlers)
    folder = alembic_project(tmp_path / "p", f"sqlite:///{tmp_path / 'app.db'}", linear("aaaa"))
    Project.load(folder, config=folder / "alembic.ini").upgrade()
    assert not logger.disabled
    assert logging.getLogger().handlers == handlers


def test_in_memory_databases_are_verified_on_their_only_connection(tmp_path: Path) -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    folder = native_project(tmp_path / "p", "sqlite://", linear("aaaa"))
    with engine.connect() as connection:
        assert Project.load(folder, connection=connection).upgrade().verified


@pytest.mark.parametrize("ask", [Project.positions, Project.current, Project.status, Project.upgrade])
def test_a_folder_that_is_no_project_is_refused_whatever_is_asked(
    ask: Callable[[Project], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/app.db")
    with pytest.raises(errors.ProjectNotFound):
        ask(Project.load(tmp_path))
    assert not (tmp_path / "app.db").exists()


def test_a_version_row_that_holds_nothing_is_refused_alike_by_all(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", linear("aaaa"))
    with sa.create_engine(f"sqlite:///{tmp_path}/app.db").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (NULL)")
    project = Project.load(folder)
    for ask in (project.current, project.upgrade, lambda: project.downgrade("base")):
        with pytest.raises(errors.VersionTableBroken):
            ask()


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_when_a_task_is_cancelled_its_run_stops_and_is_waited_for(kind: str, url: str, tmp_path: Path) -> None:
    sleeps = {"postgresql": "SELECT pg_sleep(60)", "mariadb": "INSERT INTO t SELECT SLEEP(60)"}[kind]
    code = f"op.execute('CREATE TABLE t (x int)')\nop.execute({sleeps!r})"
    folder = native_project(tmp_path / "p", url, [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade=code)])
    began = threading.Event()

    def listen(event: events.Event) -> None:
        if isinstance(event, events.RevisionStarted) and event.revision == "bbbb":
            began.set()

    project = Project.load(folder, listener=listen)

    async def application() -> None:
        task = asyncio.ensure_future(project.aupgrade())
        await asyncio.to_thread(began.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await project.acurrent() == ("aaaa",), "nothing goes on behind it"
        assert not project.interruption.requested, "the next run is another one"

    asyncio.run(application())
