"""Waiting for a database: what is waited for, what is not, and what is told meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from faults.servers import MariaDB, PostgreSQL, Server, ServerMissing, running
from support.cli import whimbrel
from support.databases import ASYNC, SERVERS, SYNC, through
from support.projects import alembic_project, linear, native_project
from whimbrel import Project
from whimbrel.dialects import is_final
from whimbrel.errors import CannotConnect, Interrupted, StillUnreachable
from whimbrel.events import Event, Notice, Waiting
from whimbrel.interruption import Interruption
from whimbrel.readiness import wait_for

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
def test_a_server_without_the_database_is_ready_for_update_db(
    scheme: str, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    there = sa.make_url(make_database("postgresql" if scheme.startswith("postgresql") else "mariadb"))
    name = f"{there.database}_late"
    told: list[Event] = []
    one = project(tmp_path / "p", text(server(scheme).set(database=name)), told)
    try:
        assert one.wait(600) < 600
        [event] = told
        assert isinstance(event, Notice)
        assert name in event.text
        assert event.hint == "whimbrel update_db"
        whimbrel("wait", cwd=tmp_path / "p").ok()
        assert one.update().after == ("aaaa",)
    finally:
        with sa.create_engine(there, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")


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


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://app@certificates.internal:5999/shop?hostaddr=127.0.0.1",
        "postgresql+psycopg://app@certificate.invalid/shop",
        "mysql+pymysql://app@cryptography-db.invalid/shop",
        "mysql+asyncmy://app@certificates.invalid/shop",
    ],
)
def test_what_a_host_is_called_does_not_end_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(StillUnreachable) as caught:
        project(tmp_path / "p", url).wait(0)
    assert re.search("certificate|cryptography|SSL", f"{caught.value.why}{caught.value.where}")


@pytest.mark.parametrize(
    ("words", "where", "final"),
    [
        # of pymysql, whose driver says what it lacks; of libpq, with a root certificate; of pymysql, with another one
        ("'cryptography' package is required for sha256_password auth methods", "mysql+pymysql://app@db/shop", True),
        (
            'connection to server at "db", port 5432 failed: SSL error: certificate verify failed',
            "postgresql://db",
            True,
        ),
        ("Can't connect to MySQL server on 'db' ([SSL] certificate verify failed) (2003)", "mysql://db/shop", True),
        ("unable to open database file", "sqlite:///app.db", True),
        ("unable to open a connection", "postgresql://app@db/shop", False),
        ("unable to open database file", "alembic/env.py", True),
    ],
)
def test_each_kind_of_database_has_words_of_its_own(words: str, where: str, final: bool) -> None:
    assert is_final(words, where) is final


# -- servers that speak German ---------------------------------------------------------------------


class GermanPostgreSQL(PostgreSQL):
    """A server whose messages are translated."""

    def initialise(self) -> None:
        locales = self.folder / "locales"
        locales.mkdir()
        made = subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", locales / "de_DE.UTF-8"], capture_output=True)
        if made.returncode:
            raise ServerMissing(f"there is no German here: {made.stderr!r}")
        super().initialise()

    def command(self) -> Sequence[str]:
        return [*super().command(), "-c", "lc_messages=de_DE.UTF-8"]

    def _as(self) -> dict[str, Any]:
        return {**super()._as(), "env": {**os.environ, "LOCPATH": str(self.folder / "locales")}}


class GermanMariaDB(MariaDB):
    """A server whose messages are translated."""

    def command(self) -> Sequence[str]:
        return [*super().command(), "--lc-messages=de_DE"]


@pytest.fixture(scope="module", params=[GermanPostgreSQL, GermanMariaDB])
def german(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Servers that speak German."""
    try:
        made = request.param()
    except (ServerMissing, FileNotFoundError) as error:
        pytest.skip(str(error))
    with running(made):
        yield made


def ways(server: Server, user: str, name: str) -> list[str]:
    """URLs of a database of a server, through each driver: the sync one first."""
    url = sa.make_url(server.address(name)).set(username=user, password="hunter2secret")
    return [text(url.set(drivername=schemes[server.kind])) for schemes in (SYNC, ASYNC)]


def test_a_code_is_understood_in_any_language(german: Server, tmp_path: Path) -> None:
    for number, url in enumerate(ways(german, "nobody_here", german.administration)):
        if url.startswith(SYNC["postgresql"]):
            continue  # libpq tells no code
        told: list[Event] = []
        with pytest.raises(CannotConnect) as caught:
            project(tmp_path / str(number), url, told).wait(600)
        assert re.search(r"existiert nicht \(28000\)|keine Zugriffsberechtigung .*\(1045\)", str(caught.value.why))
        assert caught.value.hint == "check user and password in the URL"
        assert told == []


def test_a_database_that_is_to_be_made_is_understood_in_any_language(german: Server, tmp_path: Path) -> None:
    user = "postgres" if german.kind == "postgresql" else "root"
    for number, url in enumerate(ways(german, user, "nix")):
        told: list[Event] = []
        one = project(tmp_path / str(number), url.replace(":hunter2secret", ""), told)
        if url.startswith(SYNC["postgresql"]):  # libpq tells no code
            with pytest.raises(StillUnreachable, match="nix"):
                one.wait(0)
        else:
            assert one.wait(600) < 600
            assert [event.hint for event in told if isinstance(event, Notice)] == ["whimbrel update_db"]


def test_it_is_made_in_any_language(german: Server, tmp_path: Path) -> None:
    user = "postgres" if german.kind == "postgresql" else "root"
    for number, url in enumerate(ways(german, user, "neu")):
        url = url.replace(":hunter2secret", "").replace("/neu", f"/neu{number}")
        assert project(tmp_path / str(number), url).update().after == ("aaaa",)


def test_a_folder_that_is_missing_is_not_waited_for_but_made_by_update_db(tmp_path: Path) -> None:
    one = project(tmp_path / "p", f"sqlite:///{tmp_path}/no/such/app.db")
    with pytest.raises(CannotConnect) as caught:
        one.wait(600)
    assert "whimbrel update_db makes the folder" in str(caught.value.hint)
    assert one.update().after == ("aaaa",)


def test_what_is_waited_for_is_said_once_and_then_only_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Event] = []
    refusals = iter(["connection refused"] * 20 + ["the database system is starting up"] * 20)

    def connect(seconds: float) -> None:
        if (why := next(refusals, None)) is not None:
            raise CannotConnect("cannot connect to the database", where="postgresql://app@db/shop", why=why)

    class Clock(Interruption):
        now = 0.0

        def sleep(self, seconds: float) -> None:
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr("whimbrel.patience.time", SimpleNamespace(monotonic=lambda: clock.now))
    wait_for(connect, 600, told.append, clock)
    said = [(event.what, event.holder) for event in told if isinstance(event, Waiting)]
    whole = [("postgresql://app@db/shop", why) for why in ("connection refused", "the database system is starting up")]
    assert [one for one in said if one[1]] == whole
    assert set(said) - set(whole) == {("the database", "")}


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
