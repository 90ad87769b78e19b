"""Locks and sessions, as a second session of the server sees them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from whimbrel.connect.engine import query_of
from whimbrel.dialects import dialect_named
from whimbrel.dialects.base import Holder, Sessions
from whimbrel.dialects.base import Session as Identity
from whimbrel.dialects.statement import read_statement

if TYPE_CHECKING:
    from whimbrel.connect.driver import Query

SERVER_KINDS = ("postgresql", "mariadb")
Open = Callable[..., "Session"]


class Session:
    """One connection that commits each statement, unless it is told otherwise."""

    def __init__(self, url: str, *, autocommit: bool = True) -> None:
        engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT" if autocommit else None)
        self.connection = engine.connect()
        self.query: Query = query_of(self.connection.connection)
        found = dialect_named(engine.dialect.name)
        assert found is not None
        self.sessions: Sessions = found.sessions

    @property
    def number(self) -> str:
        return self.identity.number

    @property
    def identity(self) -> Identity:
        return self.sessions.identity(self.connection.connection.driver_connection, self.query)

    def key(self, schema: str | None = None, table: str = "alembic_version") -> str:
        return self.sessions.key(self.query, schema, table)

    def acquire(self) -> bool:
        return self.sessions.acquire(self.query, self.key())

    def holds(self) -> bool:
        holder = self.holder()
        return holder is not None and holder.session == self.number

    def release(self) -> bool:
        return self.sessions.release(self.query, self.key())

    def holder(self) -> Holder | None:
        return self.sessions.holder(self.query, self.key())


@pytest.fixture
def open_session(make_database: Callable[[str], str]) -> Iterator[Open]:
    """Opens sessions, which end with the test, before its databases."""
    with ExitStack() as stack:

        def opened(url: str, **options: bool) -> Session:
            session = Session(url, **options)
            stack.callback(_close, session)
            return session

        yield opened


def _close(session: Session) -> None:
    if not session.connection.closed:
        session.connection.invalidate()
        session.connection.close()


@pytest.fixture(params=SERVER_KINDS)
def server_url(request: pytest.FixtureRequest, make_database: Callable[[str], str]) -> str:
    return make_database(request.param)


def is_there(other: Session, number: str) -> bool:
    """Whether the server still knows a session."""
    if other.connection.dialect.name == "postgresql":
        return bool(other.query(f"SELECT 1 FROM pg_stat_activity WHERE pid = {number}"))
    return bool(other.query(f"SELECT 1 FROM information_schema.processlist WHERE id = {number}"))


def wait_until(condition: Callable[[], object], every: float = 0.005) -> None:
    """What another session does is looked at until it is so; the test's own time limit ends it."""
    while not condition():
        threading.Event().wait(every)


# -- the lock ------------------------------------------------------------------------------------


def test_the_lock_is_taken_is_busy_for_a_second_session_and_is_free_again(server_url: str, open_session: Open) -> None:
    first, second = open_session(server_url), open_session(server_url)
    assert not first.holds()
    assert first.holder() is None
    assert first.acquire()
    assert first.holds()
    assert not second.acquire()
    assert not second.holds()
    assert not second.release(), "nobody gives back what another one has"
    assert first.release()
    assert not first.holds()
    assert not first.release(), "it is given back once"
    assert second.acquire()
    assert not first.acquire()


def test_the_lock_is_free_when_its_session_has_ended(server_url: str, open_session: Open) -> None:
    first, second = open_session(server_url), open_session(server_url)
    assert first.acquire()
    number = first.number
    _close(first)
    wait_until(lambda: not is_there(second, number))
    assert second.acquire()


def test_a_rollback_does_not_give_up_the_lock_of_a_session(server_url: str, open_session: Open) -> None:
    first, second = open_session(server_url, autocommit=False), open_session(server_url)
    assert first.acquire()
    first.connection.connection.rollback()
    assert first.holds()
    assert not second.acquire()


def test_the_lock_of_a_transaction_ends_with_it_on_postgresql(
    make_database: Callable[[str], str], open_session: Open
) -> None:
    url = make_database("postgresql")
    first, second = open_session(url, autocommit=False), open_session(url)
    assert first.sessions.acquire_in_transaction(first.query, first.key())
    assert not second.acquire()
    assert not second.sessions.acquire_in_transaction(second.query, second.key())
    first.connection.connection.rollback()
    assert second.acquire()


def test_the_session_that_has_the_lock_gets_it_in_its_transactions_too(server_url: str, open_session: Open) -> None:
    first, second = open_session(server_url, autocommit=False), open_session(server_url)
    assert first.acquire()
    assert first.sessions.acquire_in_transaction(first.query, first.key())
    first.connection.connection.rollback()
    assert not second.acquire()


def test_on_sqlite_the_transaction_is_the_lock(make_database: Callable[[str], str], open_session: Open) -> None:
    session = open_session(make_database("sqlite"))
    assert session.sessions.locks_each_transaction
    assert session.key() == session.key("x", "y")
    assert session.acquire()
    assert session.sessions.acquire_in_transaction(session.query, "")
    assert session.release()
    assert session.holder() is None
    assert session.number == str(os.getpid())
    assert session.sessions.lock_wait_limit(2) == ""
    assert session.sessions.blockers(session.query, read_statement("DROP TABLE t")) == []


# -- what it is called ---------------------------------------------------------------------------


def test_each_schema_and_each_table_has_its_own_lock(server_url: str, open_session: Open) -> None:
    session = open_session(server_url)
    keys = [session.key(), session.key("tenant"), session.key(None, "other"), session.key("tenant", "other")]
    assert len(set(keys)) == len(keys)
    assert [session.key(), session.key("tenant"), session.key(None, "other")] == keys[:3]


def test_the_schema_that_is_current_is_the_one_without_a_name(server_url: str, open_session: Open) -> None:
    session = open_session(server_url)
    [[current]] = session.query(
        "SELECT current_schema()" if "postgresql" in server_url else "SELECT DATABASE()",
    )
    assert session.key(str(current)) == session.key()


def test_two_databases_of_a_server_do_not_wait_for_each_other(
    make_database: Callable[[str], str], open_session: Open
) -> None:
    for kind in SERVER_KINDS:
        first, second = open_session(make_database(kind)), open_session(make_database(kind))
        assert first.acquire()
        assert second.holder() is None
        assert second.acquire()
        assert second.holds()


def test_names_that_no_lock_could_have_give_a_key_all_the_same(server_url: str, open_session: Open) -> None:
    session = open_session(server_url)
    for table in ("it's", 'a"b', "a`b", "\\", "é" * 200, "%s", "a.b"):
        key = session.key("schema'", table)
        assert session.sessions.acquire(session.query, key)
        assert session.sessions.holder(session.query, key)
        assert session.sessions.release(session.query, key)


def test_a_key_does_not_change_from_release_to_release(open_session: Open, make_database: Callable[[str], str]) -> None:
    """Two versions of whimbrel that run at once wait for each other."""
    assert open_session(make_database("postgresql")).key("public") == "6512528978103057950"
    assert open_session(make_database("mariadb")).key("shop") == "whimbrel:d2a8332b9bc799f6"


# -- who has it ----------------------------------------------------------------------------------


def test_the_holder_is_named(server_url: str, open_session: Open) -> None:
    first, second = open_session(server_url), open_session(server_url)
    first.sessions.prepare(first.query, "whimbrel upgrade head", 2)
    assert first.acquire()
    holder = second.holder()
    assert holder is not None
    assert holder.session == first.number
    assert holder.user == sa.make_url(server_url).username
    assert holder.since is not None
    assert holder.since >= 0
    if "postgresql" in server_url:
        assert holder.application == "whimbrel upgrade head"
        assert holder.host == "127.0.0.1"
        assert holder.doing == "idle"
        assert f"session {first.number} whimbrel upgrade head from 127.0.0.1 as postgres" in str(holder)
    else:
        assert str(holder).startswith(f"session {first.number} from ")
        assert holder.doing == "Sleep"


def test_the_locks_of_others_have_no_holder_here(server_url: str, open_session: Open) -> None:
    first, second = open_session(server_url), open_session(server_url)
    assert first.sessions.acquire(first.query, first.key(None, "other"))
    assert second.holder() is None


def test_a_session_that_was_prepared_has_a_name_and_none_afterwards(
    make_database: Callable[[str], str], open_session: Open
) -> None:
    session = open_session(make_database("postgresql"))
    before = session.query("SHOW application_name")
    [undo] = session.sessions.prepare(session.query, "it's whimbrel; " + "x" * 100, 2)
    assert session.query("SHOW application_name") == [(("it's whimbrel; " + "x" * 100)[:63],)]
    session.query(undo)
    assert session.query("SHOW application_name") == before


def test_a_holder_is_told_without_what_is_not_known() -> None:
    assert str(Holder("7")) == "session 7"
    assert str(Holder("7", "psql", "db1", "ann", 90.4, "active")) == "session 7 psql from db1 as ann, for 90 s, active"


# -- other sessions ------------------------------------------------------------------------------

SLEEP = {"postgresql": "SELECT pg_sleep(60)", "mariadb": "SELECT SLEEP(60)"}


def _sleeping(session: Session, outcome: list[object]) -> threading.Thread:
    """A session that executes what takes long."""

    def sleep() -> None:
        try:
            outcome.append(
                session.query(SLEEP["mariadb" if session.connection.dialect.name == "mysql" else "postgresql"])
            )
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=sleep)
    thread.start()
    return thread


def _is_sleeping(other: Session, number: str) -> bool:
    if other.connection.dialect.name == "postgresql":
        return bool(other.query(f"SELECT 1 FROM pg_stat_activity WHERE pid = {number} AND wait_event = 'PgSleep'"))
    processes = "information_schema.processlist"
    return bool(other.query(f"SELECT 1 FROM {processes} WHERE id = {number} AND state = 'User sleep'"))


def test_a_statement_of_another_session_is_cancelled_and_the_session_stays(server_url: str, open_session: Open) -> None:
    first, second = open_session(server_url), open_session(server_url)
    number, outcome = first.number, list[object]()
    assert first.acquire()
    thread = _sleeping(first, outcome)
    wait_until(lambda: _is_sleeping(second, number))
    second.sessions.cancel(second.query, number)
    thread.join()
    # SLEEP() returns 1 when it is interrupted.
    assert isinstance(outcome[0], Exception) or outcome == [[(1,)]]
    assert first.number == number
    assert first.holds()


def test_another_session_is_ended_and_its_lock_with_it(server_url: str, open_session: Open) -> None:
    first, second = open_session(server_url), open_session(server_url)
    number, outcome = first.number, list[object]()
    assert first.acquire()
    thread = _sleeping(first, outcome)
    wait_until(lambda: _is_sleeping(second, number))
    second.sessions.end(second.query, number)
    thread.join()
    assert isinstance(outcome[0], Exception)
    wait_until(lambda: not is_there(second, number))
    assert second.acquire()


TOLD_ANEW = 0.2
"""Seconds between two questions: MariaDB finds out anew if nobody has asked for a tenth of a second."""


def in_the_way(session: Session) -> list[str]:
    statement = read_statement("ALTER TABLE item ADD c int")
    return [holder.session for holder in session.sessions.blockers(session.query, statement)]


def test_whoever_reads_a_table_is_named_as_in_the_way(server_url: str, open_session: Open) -> None:
    reader, other, migrator = (open_session(server_url, autocommit=False) for _ in range(3))
    for table in ("item", "unconcerned"):
        migrator.query(f"CREATE TABLE {table} (id int)")
    migrator.connection.connection.commit()
    reader.query("SELECT * FROM item")
    other.query("SELECT * FROM unconcerned")
    if "postgresql" not in server_url:  # a transaction has a number there only once it has changed something
        reader.query("INSERT INTO item VALUES (1)")
    wait_until(lambda: reader.number in in_the_way(migrator), every=TOLD_ANEW)
    numbers = in_the_way(migrator)
    assert migrator.number not in numbers
    if "postgresql" in server_url:
        assert numbers == [reader.number]
        for sql in ("CREATE INDEX ix ON item (id)", 'ALTER TABLE public."item" ADD c int'):
            assert [one.session for one in migrator.sessions.blockers(migrator.query, read_statement(sql))] == numbers
        assert migrator.sessions.blockers(migrator.query, read_statement("DROP TABLE nothing_such")) == []
        assert migrator.sessions.blockers(migrator.query, read_statement("VACUUM")) == []


def test_a_reader_that_has_changed_nothing_is_named_on_mariadb(
    make_database: Callable[[str], str], open_session: Open
) -> None:
    url = make_database("mariadb")
    reader, migrator = open_session(url, autocommit=False), open_session(url)
    migrator.query("CREATE TABLE item (id int)")
    migrator.query("INSERT INTO item VALUES (1)")
    reader.query("SELECT * FROM item")
    wait_until(lambda: reader.number in in_the_way(migrator), every=TOLD_ANEW)


READ_AND_STAY = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(sys.argv[2])
connection.execute("SELECT * FROM t").fetchall()
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def staying(url: str, begin: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has begun a transaction in a file of SQLite, and has read."""
    command = [sys.executable, "-c", READ_AND_STAY, str(sa.make_url(url).database), begin]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield process
        process.communicate("")


@pytest.mark.skipif(sys.platform != "linux", reason="only its kernel tells")
@pytest.mark.parametrize(("begin", "doing"), [("BEGIN", "reading"), ("BEGIN IMMEDIATE", "writing")])
def test_processes_that_have_a_file_of_sqlite_locked_are_named(
    begin: str, doing: str, make_database: Callable[[str], str], open_session: Open
) -> None:
    url = make_database("sqlite")
    session = open_session(url)
    session.query("CREATE TABLE t (x)")
    with staying(url, begin) as process:
        told = [str(one) for one in session.sessions.blockers(session.query, read_statement("COMMIT"))]
        holder = session.holder()
    assert len(told) == 1
    assert (str(holder) == told[0]) == (doing == "writing")
    assert re.fullmatch(rf"process {process.pid} python[\w.]*, {doing}", told[0])
    assert session.sessions.blockers(session.query, read_statement("COMMIT")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only its kernel tells")
@pytest.mark.parametrize(("begin", "writes"), [("BEGIN", False), ("BEGIN IMMEDIATE", True)])
def test_with_a_write_ahead_log_it_is_told_who_writes(
    begin: str, writes: bool, make_database: Callable[[str], str], open_session: Open
) -> None:
    url = make_database("sqlite")
    session = open_session(url)
    session.query("PRAGMA journal_mode = WAL")
    session.query("CREATE TABLE t (x)")
    with staying(url, begin) as process:
        holder = session.holder()
    assert (holder is not None and holder.session == str(process.pid)) == writes


def test_one_that_has_itself_locked_it_is_not_in_its_own_way(
    make_database: Callable[[str], str], open_session: Open
) -> None:
    session = open_session(make_database("sqlite"))
    session.query("BEGIN IMMEDIATE")
    assert session.sessions.blockers(session.query, read_statement("COMMIT")) == []


# -- how long a statement waits ------------------------------------------------------------------


def _limited(session: Session, seconds: float) -> str:
    """The limit that is in force when a session has been prepared, in seconds, with what undoes that."""
    kind = session.connection.dialect.name
    session.sessions.prepare(session.query, "whimbrel", seconds)
    condition = session.sessions.lock_wait_limit(seconds)
    if condition:
        assert session.query(f"SELECT 1 WHERE {condition}") == [(1,)]
    shown = {"postgresql": "SHOW lock_timeout", "mysql": "SELECT @@SESSION.lock_wait_timeout"}
    return str(session.query(shown[kind])[0][0])


@pytest.mark.parametrize(("own", "limit"), [("30", 2000), ("0.5", 500)])
def test_a_commit_of_sqlite_waits_no_longer_than_that_and_the_changes_wait_in_memory(
    own: str, limit: int, make_database: Callable[[str], str], open_session: Open
) -> None:
    session = open_session(f"{make_database('sqlite')}?timeout={own}")
    pragmas = ("busy_timeout", "cache_spill")
    before = [session.query(f"PRAGMA {name}") for name in pragmas]
    undo = session.sessions.prepare(session.query, "whimbrel", 2)
    assert session.query("PRAGMA busy_timeout") == [(limit,)]
    [[pages]], [[size]] = session.query("PRAGMA cache_spill"), session.query("PRAGMA page_size")
    assert pages * size == pytest.approx(256 * 1024 * 1024, rel=0.001)
    for statement in undo:
        session.query(statement)
    assert [session.query(f"PRAGMA {name}") for name in pragmas] == before


def test_a_limit_of_ones_own_is_kept(server_url: str, open_session: Open) -> None:
    session = open_session(server_url, autocommit=False)
    own = {"postgresql": "SET lock_timeout = '7s'", "mysql": "SET lock_wait_timeout = 7"}
    session.query(own[session.connection.dialect.name])
    assert _limited(session, 2).rstrip("s") == "7"


def test_the_limit_is_of_the_session_on_mysql_and_can_be_undone(
    make_database: Callable[[str], str], open_session: Open
) -> None:
    session = open_session(make_database("mariadb"))
    [[before]] = session.query("SELECT @@SESSION.lock_wait_timeout")
    [undo] = session.sessions.prepare(session.query, "whimbrel", 0.2)
    assert session.query("SELECT @@SESSION.lock_wait_timeout") == [(1,)], "the least there is"
    session.query(undo)
    assert session.query("SELECT @@SESSION.lock_wait_timeout") == [(before,)]


def test_the_limit_ends_with_the_transaction_on_postgresql(
    make_database: Callable[[str], str], open_session: Open
) -> None:
    session = open_session(make_database("postgresql"), autocommit=False)
    assert _limited(session, 0.5) == "500ms"
    session.connection.connection.commit()
    assert session.query("SHOW lock_timeout") == [("0",)]


def test_a_direct_connection_is_not_taken_for_a_pooled_one(kind: str, make_database: Callable[[str], str]) -> None:
    session = Session(make_database(kind))
    assert session.identity.is_pooled is False
    _close(session)


def test_a_session_that_is_another_than_the_driver_was_told_is_a_poolers(
    make_database: Callable[[str], str], open_session: Open
) -> None:
    session = open_session(make_database("postgresql"))

    class Told:
        """As psycopg2 and asyncpg tell it."""

        def __init__(self, number: int) -> None:
            self.get_backend_pid = lambda: number

    def is_pooled(driver: object) -> bool | None:
        return session.sessions.identity(driver, session.query).is_pooled

    assert is_pooled(Told(-1)) is True
    assert is_pooled(Told(int(session.number))) is False
    assert is_pooled(object()) is None, "a driver that tells nothing proves nothing"
