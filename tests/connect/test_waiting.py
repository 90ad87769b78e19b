"""A server that does not answer is given up: a socket that listens, and never says a word."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from support.cli import whimbrel
from support.databases import ASYNC, KINDS, SYNC, through
from support.projects import alembic_project, linear, native_project
from whimbrel.connect.engine import make_engine, run
from whimbrel.connect.url import parse
from whimbrel.connect.waiting import CONNECT_TIMEOUT, lift, limit
from whimbrel.environment import waiting
from whimbrel.environment.waiting import waiting_at_most

SCHEMES = ["postgresql+psycopg", "postgresql+asyncpg", "postgresql+psycopg_async", "mysql+pymysql", "mysql+asyncmy"]
TEMPLATES = [(scheme, "async" if scheme.endswith(("async", "asyncpg", "asyncmy")) else "generic") for scheme in SCHEMES]


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def short(folder: Path, config: str = "") -> Path:
    """The project, with the shortest limit there is."""
    with (folder / "whimbrel.toml").open("a") as file:
        file.write(f"{config}connect_timeout = 1\n")
    return folder


# -- commands end --------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["upgrade", "current", "status"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_command_gives_up_a_server_that_does_not_answer(
    command: str, scheme: str, silent: int, tmp_path: Path
) -> None:
    folder = native_project(tmp_path / "p", f"{scheme}://u:hunter2secret@127.0.0.1:{silent}/x", linear("aaaa"))
    result = whimbrel(command, cwd=short(folder))
    assert result.code == 3
    assert "error[WB401]: cannot connect to the database" in result.err + result.out
    assert "check that the server runs" in result.err + result.out


@pytest.mark.parametrize(("scheme", "template"), TEMPLATES)
def test_engines_of_an_env_py_give_it_up_too(scheme: str, template: str, silent: int, tmp_path: Path) -> None:
    url = f"{scheme}://u:hunter2secret@127.0.0.1:{silent}/x"
    folder = alembic_project(tmp_path / "p", url, linear("aaaa"), template=template)
    result = whimbrel("upgrade", cwd=short(folder, 'config = "alembic.ini"\n'))
    assert result.code == 3
    assert "error[WB401]: cannot connect to the database" in result.err
    assert "state: nothing was changed" in result.err


# -- what the driver is given --------------------------------------------------------------------


def given(url: str, seconds: float = 7, **options: Any) -> dict[str, Any]:
    """What the driver is called with when an engine connects within the limit."""
    engine = sa.create_engine(url, poolclass=sa.NullPool, **options)
    with waiting_at_most(seconds):
        return connected_with(engine)


def connected_with(engine: sa.Engine) -> dict[str, Any]:
    """What the driver is called with when an engine connects; it is not called."""

    def connect(*_: Any, **options: Any) -> Any:
        raise Called(options)

    engine.dialect.connect = connect
    with pytest.raises(Called) as caught:
        engine.raw_connection()
    options: dict[str, Any] = caught.value.args[0]
    return options


class Called(Exception):
    """The driver would be called."""


NAMES = {
    "postgresql+psycopg": {"connect_timeout": 7},
    "postgresql+psycopg_async": {"connect_timeout": 7},
    "postgresql+asyncpg": {"timeout": 7},
    "mysql+pymysql": {"connect_timeout": 7, "read_timeout": 7},
    "mysql+asyncmy": {"connect_timeout": 7},
    "sqlite": {},
}


def _limits(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if "timeout" in name}


@pytest.mark.parametrize(("scheme", "expected"), NAMES.items(), ids=NAMES)
def test_a_driver_is_given_the_limit_under_its_name(scheme: str, expected: dict[str, Any]) -> None:
    assert _limits(given(f"{scheme}://u@h/x" if expected else "sqlite://")) == expected
    assert _limits(given(f"{scheme}://u@h/x" if expected else "sqlite://", seconds=0)) == {}


@pytest.mark.parametrize("driver", ["pg8000", "pyodbc", "mysqlconnector", "pysqlite", "aiosqlite"])
def test_a_driver_that_is_not_known_is_given_none(driver: str) -> None:
    """pg8000 calls its limit `timeout` too, but means statements by it as well."""
    assert limit(driver, 10) == {}


def test_what_the_url_or_the_engine_says_goes_before(monkeypatch: pytest.MonkeyPatch) -> None:
    pg = "postgresql+psycopg://u@h/x"
    assert _limits(given(f"{pg}?connect_timeout=3")) == {"connect_timeout": "3"}
    assert _limits(given(pg, connect_args={"connect_timeout": 3})) == {"connect_timeout": 3}
    assert _limits(given(f"{pg}?service=shop")) == {}
    assert _limits(given("postgresql+asyncpg://u@h/x", connect_args={"timeout": 3})) == {"timeout": 3}
    assert _limits(given("mysql+pymysql://u@h/x?connect_timeout=3")) == {"connect_timeout": 3}
    assert _limits(given("mysql+pymysql://u@h/x?read_timeout=3")) == {"connect_timeout": 7, "read_timeout": 3}
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "3")
    assert _limits(given(pg)) == {}
    assert _limits(given("postgresql+asyncpg://u@h/x")) == {"timeout": 7}, "it does not read the variable"


def test_whole_seconds_are_rounded_up() -> None:
    """psycopg and pymysql take 0.2 s for no limit, or refuse it."""
    assert limit("psycopg", 0.2) == {"connect_timeout": 1}
    assert limit("asyncpg", 0.2) == {"timeout": 0.2}


def test_a_limit_in_a_connection_string_is_seen() -> None:
    assert waiting._names(["host=h connect_timeout = 3"], {"a": 1}) == {"host", "connect_timeout", "a"}


# -- connections are otherwise what they would be ------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_has_no_limit_for_its_statements(kind: str, make_database: Callable[[str], str]) -> None:
    url = make_database(kind)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with waiting_at_most(1), engine.connect() as connection:
        slow = {"sqlite": "SELECT 1", "postgresql": "SELECT pg_sleep(1.2)", "mariadb": "SELECT SLEEP(1.2)"}[kind]
        connection.exec_driver_sql(slow)


def test_every_driver_connects_within_the_limit(kind: str, make_database: Callable[[str], str]) -> None:
    url = make_database(kind)
    for scheme in (SYNC[kind], ASYNC[kind]):
        engine = make_engine(parse(through(url, scheme)))
        with waiting_at_most(CONNECT_TIMEOUT):
            assert run(engine, lambda connection: connection.exec_driver_sql("SELECT 1").scalar()) == 1


def test_a_listener_of_env_py_that_signs_in_with_a_token_is_still_asked() -> None:
    engine = sa.create_engine("postgresql+psycopg://u@h/x", poolclass=sa.NullPool)

    @event.listens_for(engine, "do_connect")
    def sign_in(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> None:
        options["password"] = "token"

    with waiting_at_most(5):
        within = connected_with(engine)
    outside = connected_with(engine)
    assert within == {**outside, "connect_timeout": 5}
    assert outside["password"] == "token"
    assert "connect_timeout" not in outside, "the engine is as env.py has made it"


def test_what_was_for_connecting_only_is_lifted() -> None:
    connection = SimpleNamespace(_read_timeout=7)
    lift(connection, {"connect_timeout": 7})
    assert connection._read_timeout == 7, "the engine's own"
    lift(connection, {"connect_timeout": 7, "read_timeout": 7})
    assert connection._read_timeout is None
