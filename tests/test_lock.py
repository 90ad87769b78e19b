"""One migrator at a time: who waits for whom, how long, and what is said meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from whimbrel import lock as module
from whimbrel.connect.engine import query_of
from whimbrel.dialects import Holder, dialect_named
from whimbrel.errors import LockBusy
from whimbrel.events import Event, Waiting
from whimbrel.lock import Lock
from whimbrel.patience import Patience

if TYPE_CHECKING:
    from whimbrel.dialects.base import Sessions

SERVER_KINDS = ("postgresql", "mariadb")
Made = tuple[Lock, sa.Connection]


@pytest.fixture(params=SERVER_KINDS)
def server_url(request: pytest.FixtureRequest, make_database: Callable[[str], str]) -> str:
    return make_database(request.param)


@pytest.fixture
def make_lock(server_url: str) -> Iterator[Callable[[], Made]]:
    """Locks of one version table, each on a connection of its own."""
    with ExitStack() as stack:

        def made() -> Made:
            connection = stack.enter_context(sa.create_engine(server_url, poolclass=sa.NullPool).connect())
            driver = connection.connection
            query = query_of(driver)
            sessions = _sessions(server_url)
            key = sessions.key(query, None, "alembic_version")
            driver.rollback()
            lock = Lock(
                sessions,
                query,
                key,
                holder=lambda: sessions.holder(query, key),
                between_tries=driver.rollback,
                where="here",
            )
            return lock, connection

        yield made


def _sessions(url: str) -> Sessions:
    dialect = dialect_named(sa.make_url(url).get_backend_name())
    assert dialect is not None
    return dialect.sessions


def _number(connection: sa.Connection) -> str:
    driver = connection.connection
    return _sessions(str(connection.engine.url)).identity(driver.driver_connection, query_of(driver)).number


def _has(lock: Lock, connection: sa.Connection) -> bool:
    """Whether a session has its lock, as the server sees it."""
    driver = connection.connection
    holder = _sessions(str(connection.engine.url)).holder(query_of(driver), lock.key)
    driver.rollback()
    return holder is not None and holder.session == _number(connection)


def _nobody(event: Event) -> None:
    raise AssertionError(event)


def _is_in_transaction(connection: sa.Connection) -> bool:
    if connection.dialect.name == "postgresql":
        return bool(connection.connection.driver_connection.info.transaction_status)
    sql = "SELECT @@in_transaction"
    return bool(query_of(connection.connection)(sql)[0][0])


def test_one_has_the_lock_and_another_one_is_refused_with_who_has_it(make_lock: Callable[[], Made]) -> None:
    (first, holding), (second, waiting) = make_lock(), make_lock()
    first.acquire(Patience(0), _nobody)
    assert _has(first, holding)
    with pytest.raises(LockBusy) as refused:
        second.acquire(Patience(0), _nobody)
    assert not _has(second, waiting)
    error = refused.value
    number = _number(holding)
    assert (error.code, error.exit_code, error.where) == ("WB410", 5, "here")
    assert f"it is session {number} " in str(error.why)
    assert error.state == "nothing was changed by this one"


def test_the_lock_is_had_once_it_is_given_back(make_lock: Callable[[], Made]) -> None:
    (first, one), (second, other) = make_lock(), make_lock()
    first.acquire(Patience(0), _nobody)
    assert first.release()
    second.acquire(Patience(0), _nobody)
    assert _has(second, other)
    assert not _has(first, one)
    assert not first.release()


def test_who_waits_gets_the_lock_when_it_is_given_back(
    make_lock: Callable[[], Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TOLD_AFTER", 0.0)
    (first, _), (second, other) = make_lock(), make_lock()
    first.acquire(Patience(0), _nobody)
    told: list[Event] = []

    def listen(event: Event) -> None:
        told.append(event)
        first.release()  # at the first word of who is in the way

    second.acquire(Patience(100), listen)
    assert _has(second, other)
    (waiting,) = told
    assert isinstance(waiting, Waiting)
    assert waiting.what == "another migrator"
    assert waiting.holder.startswith("session ")


def test_waiting_and_having_leave_no_transaction_open(make_lock: Callable[[], Made]) -> None:
    """A snapshot that stays open holds up CREATE INDEX CONCURRENTLY of whoever has the lock."""
    (first, holding), (second, waiting) = make_lock(), make_lock()
    first.acquire(Patience(0), _nobody)
    assert not _is_in_transaction(holding)
    with pytest.raises(LockBusy):
        second.acquire(Patience(0.05), lambda event: None)
    assert not _is_in_transaction(waiting)


def test_a_lock_that_was_lost_with_its_session_is_not_held(make_lock: Callable[[], Made], server_url: str) -> None:
    (first, holding), (second, other) = make_lock(), make_lock()
    first.acquire(Patience(0), _nobody)
    sessions = _sessions(server_url)
    sessions.end(query_of(other.connection), _number(holding))
    holding.invalidate()
    second.acquire(Patience(100), lambda event: None)
    assert _has(second, other)


def test_what_is_said_of_a_busy_lock() -> None:
    told = module.busy(Holder("7", "psql"), 0, "here")
    assert (told.why, told.where) == ("it is session 7 psql; it was not waited for", "here")
    assert module.busy(None, 90, "here").why == "waited 90 s"
