"""Waiting for a database: what is waited for, what is not, and what is told meanwhile."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.cli import whimbrel
from support.databases import ASYNC, SERVERS, SYNC, through
from support.projects import alembic_project, linear, native_project
from whimbrel import Project
from whimbrel.errors import CannotConnect, Interrupted, StillUnreachable
from whimbrel.events import Event, Waiting

SCHEMES = [SYNC["postgresql"], ASYNC["postgresql"], SYNC["mariadb"], ASYNC["mariadb"]]
NOBODY_LISTENS = "127.0.0.1:5999"


def server(scheme: str) -> sa.URL:
    kind = "postgresql" if scheme.startswith("postgresql") else "mariadb"
    return sa.make_url(through(SERVERS[kind], scheme))


def text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


def project(folder: Path, url: str, told: list[Event] | None = None) -> Project:
    native_project(folder, url, linear("aaaa"))
    return Project.load(folder, listener=None if told is None else told.append)


def test_a_database_that_is_there_is_not_waited_for_and_not_written(url: str, tmp_path: Path) -> None:
    told: list[Event] = []
    assert project(tmp_path / "p", url, told).wait(0) >= 0
    assert told == []
    if url.startswith("sqlite"):
        assert not Path(sa.make_url(url).database or "").exists()
    else:
        assert sa.inspect(sa.create_engine(url)).get_table_names() == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_database_that_is_made_meanwhile_is_found(
    scheme: str, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    there = sa.make_url(make_database("postgresql" if scheme.startswith("postgresql") else "mariadb"))
    name = f"{there.database}_late"
    told: list[Event] = []

    def make(event: Event) -> None:
        if not told:  # it was tried, and was not there
            administration = sa.create_engine(there, isolation_level="AUTOCOMMIT")
            with administration.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
        told.append(event)

    folder = native_project(tmp_path / "p", text(server(scheme).set(database=name)), linear("aaaa"))
    try:
        waited = Project.load(folder, listener=make).wait(30)
    finally:
        with sa.create_engine(there, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
    assert waited > 0
    [event] = told
    assert isinstance(event, Waiting)
    assert name in event.holder


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nobody_who_listens_is_waited_for_until_the_time_is_over(scheme: str, tmp_path: Path) -> None:
    told: list[Event] = []
    with pytest.raises(StillUnreachable) as caught:
        project(tmp_path / "p", f"{scheme}://app:hunter2secret@{NOBODY_LISTENS}/shop", told).wait(0.3)
    assert caught.value.exit_code == 3
    assert "within 0.3 s" in caught.value.what
    assert caught.value.hint == "check that the server runs and listens there"
    assert len(told) == 1, "it is told once in a few seconds"


def test_a_server_that_never_answers_is_given_up_in_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(StillUnreachable):
            project(tmp_path / "p", f"mysql+pymysql://app@127.0.0.1:{port}/shop").wait(0.2)


@pytest.mark.parametrize("scheme", [SYNC["mariadb"], ASYNC["mariadb"]])
def test_a_wrong_password_ends_it_at_once(scheme: str, tmp_path: Path) -> None:
    told: list[Event] = []
    wrong = server(scheme).set(username="nobody_here", password="hunter2secret")
    with pytest.raises(CannotConnect, match="cannot connect") as caught:
        project(tmp_path / "p", text(wrong), told).wait(600)
    assert "Access denied" in str(caught.value.why)
    assert told == []


@pytest.mark.parametrize("scheme", [SYNC["postgresql"], ASYNC["postgresql"]])
def test_so_does_a_role_that_there_is_not(scheme: str, tmp_path: Path) -> None:
    told: list[Event] = []
    with pytest.raises(CannotConnect):
        project(tmp_path / "p", text(server(scheme).set(username="nobody_here")), told).wait(600)
    assert told == []


def test_a_folder_that_is_missing_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(CannotConnect):
        project(tmp_path / "p", f"sqlite:///{tmp_path}/no/such/app.db").wait(600)


def test_it_is_the_database_of_env_py_that_is_waited_for(kind: str, url: str, tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", url, linear("aaaa"))
    assert Project.load(folder).wait(0) >= 0
    if kind != "sqlite":
        ini = folder / "alembic.ini"
        ini.write_text(ini.read_text().replace(url, f"{SYNC[kind]}://app@{NOBODY_LISTENS}/shop"))
        with pytest.raises(StillUnreachable):
            Project.load(folder).wait(0)


def test_somebody_can_stop_it(tmp_path: Path) -> None:
    waiting = threading.Event()
    folder = native_project(tmp_path / "p", f"postgresql+psycopg://app@{NOBODY_LISTENS}/shop", linear("aaaa"))
    one = Project.load(folder, listener=lambda event: waiting.set())
    stopper = threading.Thread(target=lambda: (waiting.wait(60), one.interruption.request()))
    stopper.start()
    with pytest.raises(Interrupted):
        one.wait(600)
    stopper.join()


def test_it_can_be_awaited(tmp_path: Path) -> None:
    one = project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db")
    assert asyncio.run(one.await_ready(1)) >= 0
    assert Project.await_ready.__name__ == "await_ready"


def test_the_command_says_what_it_waits_for_and_ends_with_3(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", f"postgresql+psycopg://app:hunter2secret@{NOBODY_LISTENS}/shop")
    result = whimbrel("wait", "--timeout", "0", cwd=folder)
    assert (result.code, result.out) == (3, "")
    assert f"waiting for postgresql+psycopg://app:***@{NOBODY_LISTENS}/shop" in result.err
    assert "error[WB420]" in result.err
    ready = whimbrel("wait", "--json", "--url", f"sqlite:///{tmp_path}/app.db", cwd=folder).ok()
    assert json.loads(ready.out)["result"]["database"] == "main"
