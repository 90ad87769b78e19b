"""An env.py is led to the scratch database, with the threads that it starts, or refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa

from support.databases import tables
from support.projects import alembic_project, linear
from whimbrel import Project
from whimbrel.errors import ScratchUnusable

from .scenes import execute, left_over, on_scratch

TAIL = """
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
WAYS = {
    "a function that connects": (
        "import psycopg\n"
        "engine = sa.create_engine('postgresql+psycopg://', creator=lambda: psycopg.connect({dsn!r}))\n"
        "with engine.connect() as connection:\n"
    ),
    "a listener that sets the database": (
        "engine = sa.create_engine({url!r})\n"
        "@sa.event.listens_for(engine, 'do_connect')\n"
        "def elsewhere(dialect, record, arguments, options):\n"
        "    options['dbname'] = sa.make_url({url!r}).database\n"
        "with engine.connect() as connection:\n"
    ),
}


def with_env(folder: Path, url: str, text: str) -> Path:
    """A project whose env.py connects in a way of its own, and executes something before the migrations."""
    alembic_project(folder, url, linear("aaaa"))
    address = sa.make_url(url)
    dsn = f"host={address.host} port={address.port} user={address.username} dbname={address.database}"
    start = "import sqlalchemy as sa\nfrom alembic import context\n"
    before = "    connection.exec_driver_sql('CREATE TABLE by_env_py (id INTEGER)')\n    connection.commit()"
    (folder / "alembic" / "env.py").write_text(start + text.format(url=url, dsn=dsn) + before + TAIL)
    return folder


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_an_env_py_that_would_connect_past_it_is_refused_before_it_executes_anything(
    way: str, mark: str, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_database("postgresql")
    folder = with_env(tmp_path / "p", url, way)
    with pytest.raises(ScratchUnusable) as caught:
        Project.load(folder).verify()
    assert caught.value.exit_code == 2
    assert tables(url) == set()
    assert left_over("postgresql", mark) == []
    Project.load(folder).upgrade()  # it does connect
    assert tables(url) == {"by_env_py", "alembic_version", "t_aaaa"}


def test_a_connection_that_a_pool_has_kept_is_closed_and_made_anew(
    make_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_database("postgresql")
    folder = with_env(tmp_path / "p", url, "from kept_engine import engine\nwith engine.connect() as connection:\n")
    (folder / "kept_engine.py").write_text(
        f"import sqlalchemy as sa\nengine = sa.create_engine({url!r})\nengine.connect().close()\n"
    )
    sys.path.insert(0, str(folder))
    try:
        __import__("kept_engine")
        assert Project.load(folder).verify().applied
        kept = sys.modules["kept_engine"].engine
        with kept.connect() as connection:  # and again afterwards
            assert connection.engine.url.database == connection.exec_driver_sql("SELECT current_database()").scalar()
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("kept_engine").engine.dispose()
    assert tables(url) == set()


def test_what_env_py_executes_itself_goes_to_the_scratch_database_too(
    make_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_database("postgresql")
    text = "engine = sa.create_engine({url!r}, poolclass=sa.NullPool)\nwith engine.connect() as connection:\n"
    folder = with_env(tmp_path / "p", url, text)
    assert Project.load(folder).verify().applied == ("aaaa",)
    assert tables(url) == set()


THREADS = {
    "pool": """
import concurrent.futures
with concurrent.futures.ThreadPoolExecutor(1) as threads:
    threads.submit(run_migrations_online).result()
""",
    "thread": """
import threading
thread = threading.Thread(target=run_migrations_online)
thread.start()
thread.join()
""",
    "of another's": """
import threads_of_another
threads_of_another.pool.submit(run_migrations_online).result()
""",
}


def with_thread(folder: Path, url: str, how: str) -> Path:
    """A project whose env.py runs its migrations in a thread."""
    alembic_project(folder, url, linear("aaaa", "bbbb"))
    env = folder / "alembic" / "env.py"
    before, asks, after = env.read_text().rpartition("if context.is_offline_mode()")
    assert asks, after
    env.write_text(before + THREADS[how])
    return folder


@pytest.mark.parametrize("how", ["pool", "thread"])
def test_an_env_py_that_runs_its_migrations_in_a_thread_is_led_there_too(
    how: str, kind: str, url: str, mark: str, tmp_path: Path
) -> None:
    project = Project.load(with_thread(tmp_path / "p", url, how))
    assert project.verify(down=True).taken_back == ("bbbb", "aaaa")
    assert tables(url) == set()
    project.upgrade()  # that thread does connect to it
    assert tables(url) == {"alembic_version", "t_aaaa", "t_bbbb"}
    assert project.verify(down=True).taken_back == ("bbbb", "aaaa")
    assert tables(url) == {"alembic_version", "t_aaaa", "t_bbbb"}
    assert left_over(kind, mark) == []


def test_a_thread_that_was_there_before_is_refused_and_others_go_on(
    kind: str, url: str, make_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may belong to an application, which has a database of its own."""
    module = ModuleType("threads_of_another")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    own = make_database(kind)
    with ThreadPoolExecutor(1) as module.pool:
        module.pool.submit(int).result()
        with on_scratch():
            module.pool.submit(execute, own, "CREATE TABLE mine (n INTEGER)").result()
        assert tables(own) == {"mine"}
        project = Project.load(with_thread(tmp_path / "p", url, "of another's"))
        with pytest.raises(ScratchUnusable):
            project.verify()
        assert tables(url) == set()
        project.upgrade()  # it does connect
    assert "t_bbbb" in tables(url)


def test_a_thread_that_goes_on_when_the_replay_is_over_is_refused(url: str) -> None:
    outlives = ThreadPoolExecutor(1)
    with on_scratch():
        outlives.submit(int).result()
    with outlives, pytest.raises(ScratchUnusable, match="another database"):
        outlives.submit(execute, url, "CREATE TABLE by_thread (n INTEGER)").result()
    assert tables(url) == set()
