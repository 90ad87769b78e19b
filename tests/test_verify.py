"""Replaying a history on a scratch database: what it answers, and that nothing else is touched and nothing left."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from faults.databases import wait_until
from support.cli import whimbrel
from support.databases import ASYNC, SERVERS, SYNC, rows, tables, through
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import Project
from whimbrel.environment.scratch import names, on_scratch, servers
from whimbrel.errors import CannotConnect, ReplayFailed, ReturnFailed, ScratchRefused, ScratchUnusable, UsageError

Layout = Callable[..., Path]
LAYOUTS = {"native": native_project, "env.py": alembic_project}


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Layout:
    """Each kind of project in turn."""
    return LAYOUTS[request.param]


@pytest.fixture(autouse=True)
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the names of this test's scratch databases begin with; SQLite's are in a folder of its own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    mark = f"{names.PREFIX}{secrets.token_hex(4)}_"
    monkeypatch.setattr(names, "PREFIX", mark)
    return mark


def left_over(kind: str, mark: str) -> list[str]:
    """Scratch databases that are there, as the server or the folder for temporary files says."""
    if kind == "sqlite":
        return [name for name in os.listdir(tempfile.gettempdir()) if name.startswith(mark)]
    catalog = {"postgresql": "SELECT datname FROM pg_database", "mariadb": "SHOW DATABASES"}[kind]
    return [str(name) for (name,) in rows(SERVERS[kind], catalog) if str(name).startswith(mark)]


def execute(url: str, *statements: str) -> None:
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_history_is_replayed_there_and_back_and_the_database_is_not_touched(
    kind: str, url: str, layout: Layout, mark: str, tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", url, linear("aaaa", "bbbb"))
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t_bbbb (kept INTEGER)")  # the replay would stumble over it
    found = Project.load(folder).verify(down=True)
    assert found.applied == ("aaaa", "bbbb")
    assert found.taken_back == ("bbbb", "aaaa")
    assert tables(url) == {"t_bbbb"}
    assert left_over(kind, mark) == []


@pytest.mark.parametrize("scheme", [ASYNC["postgresql"], ASYNC["mariadb"], ASYNC["sqlite"]])
def test_so_it_is_through_async_drivers(scheme: str, make_database: Callable[[str], str], tmp_path: Path) -> None:
    kind = next(kind for kind, name in ASYNC.items() if name == scheme)
    url = make_database(kind)
    folder = alembic_project(tmp_path / "p", through(url, scheme), linear("aaaa"), template="async")
    assert Project.load(folder).verify().applied == ("aaaa",)
    native = native_project(tmp_path / "n", through(url, scheme), linear("aaaa"))
    assert asyncio.run(Project.load(native).averify(down=True)).taken_back == ("aaaa",)
    assert tables(url) == set()


# Two of the histories of the system database-version-control fail in these ways.
DROPS = 'with op.batch_alter_table("t_aaaa") as t:\n    t.drop_column("Ordinary Shares Number")'
ADDS = 'op.add_column("t_aaaa", sa.Column("validity", sa.Integer))'
BROKEN = {
    "a column that no revision makes": [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade=DROPS), Rev("cccc", "bbbb")],
    "a column that two revisions add": [
        Rev("aaaa"),
        Rev("a111", "aaaa", upgrade=ADDS),
        Rev("bbbb", "a111", upgrade=ADDS),
    ],
}


@pytest.mark.parametrize("revisions", BROKEN.values(), ids=BROKEN)
def test_the_first_revision_that_fails_is_named(
    revisions: list[Rev], kind: str, url: str, layout: Layout, mark: str, tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", url, revisions)
    with pytest.raises(ReplayFailed) as caught:
        Project.load(folder).verify()
    assert caught.value.what == "the history cannot be replayed: bbbb fails"
    assert "bbbb_.py" in str(caught.value.where)
    assert caught.value.exit_code == 1
    assert tables(url) == set()
    assert left_over(kind, mark) == []


def test_so_is_the_first_that_does_not_lead_back(url: str, layout: Layout, tmp_path: Path) -> None:
    folder = layout(tmp_path / "p", url, [Rev("aaaa", downgrade='op.drop_table("t_nowhere")'), Rev("bbbb", "aaaa")])
    assert Project.load(folder).verify().applied == ("aaaa", "bbbb")
    with pytest.raises(ReturnFailed) as caught:
        Project.load(folder).verify(down=True)
    assert caught.value.what == "the history does not lead back: aaaa fails"
    assert tables(url) == set()


def test_a_schema_that_is_made_by_hand_is_named(make_database: Callable[[str], str], tmp_path: Path) -> None:
    url = make_database("postgresql")
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA stocks")
    makes = 'op.create_table("price", sa.Column("id", sa.Integer, primary_key=True), schema="stocks")'
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=makes)])
    with pytest.raises(ReplayFailed) as caught:
        Project.load(folder).verify()
    assert 'expects the schema "stocks"' in str(caught.value.hint)
    (folder / "whimbrel.toml").write_text(f'url = "{url}"\nversion_table_schema = "finance"\n')
    with pytest.raises(ReplayFailed) as caught:
        Project.load(folder).verify()
    assert 'expects the schema "finance"' in str(caught.value.hint)


# -- env.py ----------------------------------------------------------------------------------------

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


def test_a_connection_that_a_pool_has_kept_is_refused(make_database: Callable[[str], str], tmp_path: Path) -> None:
    url = make_database("postgresql")
    folder = with_env(tmp_path / "p", url, "from kept_engine import engine\nwith engine.connect() as connection:\n")
    (folder / "kept_engine.py").write_text(
        f"import sqlalchemy as sa\nengine = sa.create_engine({url!r})\nengine.connect().close()\n"
    )
    sys.path.insert(0, str(folder))
    try:
        __import__("kept_engine")
        with pytest.raises(ScratchUnusable):
            Project.load(folder).verify()
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
    with ThreadPoolExecutor(1) as module.pool:  # type: ignore[attr-defined]
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


# -- a database that is named ----------------------------------------------------------------------


def test_an_empty_database_can_be_named_and_another_is_refused(
    kind: str, url: str, layout: Layout, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", url, linear("aaaa"))
    empty = make_database(kind)
    assert Project.load(folder).verify(scratch=empty).applied == ("aaaa",)
    assert "t_aaaa" in tables(empty)
    assert tables(url) == set()
    with pytest.raises(ScratchUnusable, match="not empty"):
        Project.load(folder).verify(scratch=empty)


def test_a_named_database_of_another_kind_is_refused(url: str, kind: str, tmp_path: Path) -> None:
    if kind == "sqlite":
        pytest.skip("it is the other kind here")
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    with pytest.raises(ScratchUnusable, match="another database"):
        Project.load(folder).verify(scratch=f"sqlite:///{tmp_path}/x.db")
    assert tables(url) == set()


SERVER_SCHEMES = [SYNC["postgresql"], ASYNC["postgresql"], SYNC["mariadb"], ASYNC["mariadb"]]


def on_server(scheme: str, **parts: Any) -> str:
    kind = next(kind for kind in SYNC if scheme in (SYNC[kind], ASYNC[kind]))
    return sa.make_url(through(SERVERS[kind], scheme)).set(**parts).render_as_string(hide_password=False)


@pytest.mark.parametrize("scheme", SERVER_SCHEMES)
def test_the_configured_database_need_not_be_there(scheme: str, layout: Layout, mark: str, tmp_path: Path) -> None:
    """A pipeline has a server, and nothing in it."""
    if layout is alembic_project and scheme in ASYNC.values():
        pytest.skip("its env.py is for sync drivers")
    missing = on_server(scheme, database=f"wbmissing_{secrets.token_hex(4)}")
    assert Project.load(layout(tmp_path / "p", missing, linear("aaaa"))).verify(down=True).taken_back == ("aaaa",)
    kind = next(kind for kind in SYNC if scheme in (SYNC[kind], ASYNC[kind]))
    assert left_over(kind, mark) == []
    with pytest.raises(CannotConnect):  # nor was it made
        Project.load(tmp_path / "p").upgrade()


@pytest.mark.parametrize("scheme", SERVER_SCHEMES)
@pytest.mark.parametrize("is_named", [False, True])
def test_a_server_that_is_not_there_is_told_as_ever(is_named: bool, scheme: str, tmp_path: Path) -> None:
    nowhere = on_server(scheme, port=1)
    folder = native_project(tmp_path / "p", nowhere, linear("aaaa"))
    with pytest.raises(CannotConnect) as caught:
        Project.load(folder).verify(scratch=nowhere if is_named else None)
    assert caught.value.exit_code == 3
    assert caught.value.hint == "check that the server runs and listens there"


def test_scratch_databases_have_room_for_all_of_unicode(make_database: Callable[[str], str], tmp_path: Path) -> None:
    """As those have that `update_db` makes; the default of a server may be less."""
    tells = 'assert op.get_bind().exec_driver_sql("SELECT @@character_set_database").scalar() == "utf8mb4"'
    url = make_database("mariadb")
    [[default]] = rows(url, "SELECT @@global.character_set_server")
    execute(url, "SET GLOBAL character_set_server = latin1")
    try:
        folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=tells)])
        assert Project.load(folder).verify().applied == ("aaaa",)
    finally:
        execute(url, f"SET GLOBAL character_set_server = {default}")


def test_whoever_is_connected_to_the_template_is_waited_for(
    make_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whimbrel import patience

    folder = native_project(tmp_path / "p", make_database("postgresql"), linear("aaaa"))
    template = sa.create_engine(on_server(SYNC["postgresql"], database="template1"), poolclass=sa.NullPool)
    with template.connect() as connection:
        waited = iter((connection.close, lambda: None))
        monkeypatch.setattr(patience.Patience, "wait", lambda self: next(waited)() or True)
        assert Project.load(folder).verify().applied == ("aaaa",)
        assert connection.closed, "PostgreSQL has refused at first"


def test_who_may_make_no_database_is_told_so(make_database: Callable[[str], str], tmp_path: Path) -> None:
    url = sa.make_url(make_database("postgresql"))
    role = f"{url.database}_role"
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
    try:
        mine = url.set(username=role).render_as_string(hide_password=False)
        folder = native_project(tmp_path / "p", mine, linear("aaaa"))
        with pytest.raises(ScratchRefused) as caught:
            Project.load(folder).verify()
        assert "permission denied" in str(caught.value.why)
        assert "--scratch" in str(caught.value.hint)
    finally:
        with sa.create_engine(url).begin() as connection:
            connection.exec_driver_sql(f"DROP ROLE {role}")


def test_a_connection_of_the_callers_is_refused(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    with sa.create_engine("sqlite://").connect() as connection, pytest.raises(UsageError):
        Project.load(folder, connection=connection).verify()


# -- the command -----------------------------------------------------------------------------------


def test_the_command_answers(url: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    assert whimbrel("verify", "--down", cwd=folder).ok().out == (
        "main  2 revisions applied, 2 taken back, from an empty database\n"
    )
    data = json.loads(whimbrel("verify", "--json", cwd=folder).ok().out)["result"]
    assert data == {"database": "main", "applied": ["aaaa", "bbbb"], "taken_back": []}


def test_a_signal_leaves_no_database(make_database: Callable[[str], str], tmp_path: Path) -> None:
    url, asleep = make_database("postgresql"), f"pg_sleep(60.{secrets.randbelow(10**9)})"
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=f'op.execute("SELECT {asleep}")')])
    process = subprocess.Popen([sys.executable, "-m", "whimbrel", "verify"], cwd=folder, stderr=subprocess.PIPE)
    where = f"SELECT datname FROM pg_stat_activity WHERE query LIKE '%%{asleep}%%' AND pid <> pg_backend_pid()"
    while not (found := rows(url, where)):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert left_over("postgresql", str(found[0][0])) == []


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_signal_ends_the_statement_on_the_server_of_a_database_that_was_named(
    kind: str, url: str, tmp_path: Path
) -> None:
    """Not a session of the configured server that has the same number: on that nobody listens here."""
    sleep = {"postgresql": "pg_sleep", "mariadb": "SLEEP"}[kind]
    asleep = f"{sleep}(60.{secrets.randbelow(10**9)})"
    revision = Rev("aaaa", upgrade=f'op.execute("SELECT {asleep}")')
    folder = native_project(tmp_path / "p", on_server(SYNC[kind], port=1), [revision])
    command = [sys.executable, "-m", "whimbrel", "verify", "--scratch", url]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE)
    running = {
        "postgresql": f"SELECT 1 FROM pg_stat_activity WHERE query LIKE '%%{asleep}%%' AND pid <> pg_backend_pid()"
        " AND state = 'active'",
        "mariadb": f"SELECT 1 FROM information_schema.processlist WHERE info LIKE '%%{asleep}%%'"
        " AND id <> CONNECTION_ID()",
    }[kind]
    try:
        while not rows(url, running):
            assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=40)
    finally:
        process.kill()
    assert process.returncode == 143
    assert rows(url, running) == []


# -- several at once, and those that were killed ---------------------------------------------------

WAITS = """
open({reached!r}, "w").close()
with open({gate!r}) as gate:
    gate.read()"""


class Replay:
    """`verify` in a process of its own, which waits in its second revision until it may go on."""

    def __init__(self, folder: Path, url: str, mark: str, before: str = "") -> None:
        folder.mkdir()
        reached, self._gate = folder / "reached", folder / "gate"
        os.mkfifo(self._gate)
        waits = WAITS.format(reached=str(reached), gate=str(self._gate))
        makes = 'op.create_table("t_bbbb", sa.Column("id", sa.Integer))'
        revisions = [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade=waits + "\n" + makes)]
        code = (
            "from whimbrel.environment.scratch import names, on_scratch, servers\n"
            f"names.PREFIX = {mark!r}\n{before}\nimport whimbrel.cli\nwhimbrel.cli.main()"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "verify", "--down"],
            cwd=native_project(folder / "p", url, revisions),
            env={**os.environ, "TMPDIR": tempfile.gettempdir()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_until(lambda: reached.exists() or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.process.communicate()

    def ended(self) -> tuple[int, str]:
        """Let it go on; how it ended, and what it said."""
        with open(self._gate, "w"):
            pass
        told, _ = self.process.communicate(timeout=100)
        return self.process.returncode, told

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


SCHEMES = [*SYNC.values(), ASYNC["postgresql"], ASYNC["mariadb"]]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_two_at_once_leave_each_other_alone(
    scheme: str, make_database: Callable[[str], str], mark: str, tmp_path: Path
) -> None:
    kind = next(kind for kind in SYNC if scheme in (SYNC[kind], ASYNC[kind]))
    url = make_database(kind)
    replay = Replay(tmp_path / "one", through(url, scheme), mark)
    beside = native_project(tmp_path / "p", url, linear("aaaa"))
    try:
        [at_work] = left_over(kind, mark)
        assert Project.load(beside).verify().applied == ("aaaa",)
        assert left_over(kind, mark) == [at_work]
        code, told = replay.ended()
    finally:
        replay.kill()
    assert (code, "2 revisions applied, 2 taken back" in told) == (0, True), told
    assert left_over(kind, mark) == []


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_its_lock_is_what_tells_it_from_a_dead_ones(
    kind: str, make_database: Callable[[str], str], mark: str, tmp_path: Path
) -> None:
    server = kind.replace("mariadb", "mysql")

    def taken_for_dead() -> list[str]:
        return [str(row[0]) for row in rows(SERVERS[kind], servers._ABANDONED[server].format(mark))]

    for number, before in enumerate(["", f"servers._LOCK[{server!r}] = 'SELECT 1'"]):
        replay = Replay(tmp_path / str(number), make_database(kind), mark, before)
        try:
            assert taken_for_dead() == (left_over(kind, mark) if before else [])
            assert replay.ended()[0] == 0
        finally:
            replay.kill()


def test_what_one_that_was_killed_has_left_is_dropped_by_the_next(
    kind: str, url: str, mark: str, tmp_path: Path
) -> None:
    replay = Replay(tmp_path / "one", url, mark)
    replay.kill()
    assert len(left_over(kind, mark)) == 1
    project = Project.load(native_project(tmp_path / "p", url, linear("aaaa")))

    def is_gone() -> bool:
        project.verify()
        return left_over(kind, mark) == []

    assert wait_until(is_gone, 60), "the server has noticed by now that it was killed"


def test_what_is_only_called_alike_is_left_alone(kind: str, url: str, mark: str, tmp_path: Path) -> None:
    name = f"{mark}0123456789ab00000000"
    project = Project.load(native_project(tmp_path / "p", url, linear("aaaa")))
    if kind == "sqlite":
        folder = Path(tempfile.gettempdir(), name)
        folder.mkdir()
        (folder / "maker").touch()
        project.verify()
        assert left_over(kind, mark) == [name]
        return
    administration = sa.create_engine(SERVERS[kind], isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            project.verify()
            assert left_over(kind, mark) == [name]
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name}")


@pytest.mark.parametrize("where", ["when it connects", "in a revision"])
def test_a_file_that_is_attached_is_no_scratch_file(where: str, tmp_path: Path) -> None:
    """Else the replay would go through somebody's data."""
    other = tmp_path / "other.db"
    rows(f"sqlite:///{other}", "SELECT 1")
    attach = f"ATTACH DATABASE '{other}' AS other"
    revision = Rev("aaaa", upgrade=f"op.execute({attach!r})" if where == "in a revision" else "pass")
    folder = alembic_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", [revision])
    if where == "when it connects":
        env = folder / "alembic" / "env.py"
        listener = (
            "from sqlalchemy import Engine, event\n"
            f"event.listen(Engine, 'connect', lambda connection, _: connection.execute({attach!r}))\n"
        )
        env.write_text(listener + env.read_text())
    done = whimbrel("verify", cwd=folder)  # a process of its own, for the listener
    assert done.code == 2
    assert "error[WB121]" in done.err
    assert "attach" in done.err.lower()
    assert tables(f"sqlite:///{other}") == set()


def test_another_database_of_the_same_server_is_left_alone(make_database: Callable[[str], str], tmp_path: Path) -> None:
    """To MySQL a schema is a database."""
    url, other = make_database("mariadb"), make_database("mariadb")
    name = sa.make_url(other).database
    with sa.create_engine(other).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (n INTEGER)")
    revision = Rev("aaaa", upgrade=f'op.drop_table("kept", schema="{name}")')
    with pytest.raises(ScratchUnusable, match="names the database"):
        Project.load(native_project(tmp_path / "p", url, [revision])).verify()
    assert tables(other) == {"kept"}


REACHING_OUT = {
    "the second of a list": "DROP TABLE mine, {other}.b",
    "the second of an update": "UPDATE t1, {other}.b SET {other}.b.n = 2",
    "the second of a delete": "DELETE t1, {other}.b FROM t1 JOIN {other}.b",
    "a new name": "RENAME TABLE {other}.b TO t2",
    "a table that is moved there": "RENAME TABLE t1 TO {other}.t1",
    "a comment that is executed": "/*!40000 DROP TABLE {other}.b */",
    "one of MariaDB's": "/*M! DROP TABLE {other}.b */",
    "a comment in the name": "DROP TABLE {other}/* - */ . /* - */`b`",
    "behind a string with a backslash": r"UPDATE t1, {other}.b SET t1.s = 'C:\\', {other}.b.n = 2",
    "behind an apostrophe": "INSERT INTO t1 (s) VALUES (\"it's\"); DROP TABLE {other}.b -- it's",
    "a database": "DROP DATABASE {other}",
    "one in a comment that is executed": "DROP /*!50000 SCHEMA */ IF EXISTS {other}",
    "the options of a database": "ALTER DATABASE {other} CHARACTER SET latin1",
    "a text": "EXECUTE IMMEDIATE CONCAT('DROP TABLE {other}', '.b')",
    "a function": "DO {other}.f()",
    "a function that is only looked at": "SELECT {other}.f()",
}
REFUSED = [
    "PREPARE s FROM @text",
    "GRANT ALL ON {other}.* TO nobody",
    "GRANT SELECT ON *.* TO nobody",
    "USE {other}",
    "/*! USE {other} */",
    "SET GLOBAL wait_timeout = 28800",
    "SET @x = 1, @@global.wait_timeout = 28800",
    "DROP USER nobody",
    "CREATE TRIGGER t AFTER INSERT ON t1 FOR EACH ROW DELETE FROM {other}.b",
]
STAYING = [
    "CREATE TABLE {other} (id INTEGER, b INTEGER, s VARCHAR(99) COMMENT 'not {other}.b')",  # a table called alike
    "INSERT INTO {other} (id, b) VALUES (1, 2)",
    "UPDATE {other} SET s = 'see {other}.b' WHERE {other}.id = 1",
    "DELETE FROM {other} WHERE {other}.id = 2 -- {other}.b",
    "INSERT INTO {other} (id) SELECT {other}.id FROM {other}",
    "CREATE INDEX i ON {scratch}.{other} (id) /* {other}.b */",
    "ALTER TABLE {other} ADD COLUMN user INTEGER",
    "ALTER TABLE {other} DROP user, ADD COLUMN password INTEGER",
    "UPDATE {other} SET password = 1",
    "SET SESSION wait_timeout = 28800",
    "ALTER DATABASE CHARACTER SET utf8mb4",
    "ALTER DATABASE {scratch} CHARACTER SET utf8mb4",
    "SELECT count(*) FROM information_schema.tables",
    "DROP TABLE {other}",
]


@pytest.fixture
def beside(make_database: Callable[[str], str]) -> tuple[str, str]:
    """A database of MariaDB, and the name of another one, which may be changed."""
    url, other = make_database("mariadb"), make_database("mariadb")
    execute(
        other,
        "CREATE TABLE b (n INTEGER)",
        "INSERT INTO b VALUES (1)",
        "CREATE FUNCTION f() RETURNS INTEGER MODIFIES SQL DATA BEGIN UPDATE b SET n = 3; RETURN 1; END",
    )
    return url, str(sa.make_url(other).database)


def prepared(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE t1 (s VARCHAR(99))")
    connection.exec_driver_sql("CREATE TABLE mine (n INTEGER)")
    connection.exec_driver_sql("INSERT INTO t1 VALUES ('')")


def seen(url: str, other: str) -> list[object]:
    """What the other database has, as the server says."""
    catalog = rows(url, f"SELECT * FROM information_schema.schemata WHERE schema_name = '{other}'")
    names = rows(url, f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{other}' ORDER BY 1")
    return [catalog, names, rows(url, f"SELECT * FROM {other}.b") if ("b",) in names else None]


@pytest.mark.parametrize("text", REACHING_OUT.values(), ids=REACHING_OUT)
def test_a_statement_that_would_reach_another_database_is_refused(text: str, beside: tuple[str, str]) -> None:
    url, other = beside
    before, text = seen(url, other), text.replace("{other}", other)
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"client_flag": 1 << 16})  # several in one text
    with on_scratch(), engine.connect() as connection:
        prepared(connection)
        with pytest.raises(ScratchUnusable):
            connection.exec_driver_sql(text)
    assert seen(url, other) == before
    with engine.begin() as connection:  # it does reach it
        prepared(connection)
        connection.exec_driver_sql(text)
    assert seen(url, other) != before


def test_what_is_about_the_server_is_refused_and_a_table_may_be_called_as_a_database(beside: tuple[str, str]) -> None:
    url, other = beside
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with on_scratch(), engine.connect() as connection:
        prepared(connection)
        scratch = connection.exec_driver_sql("SELECT DATABASE()").scalar()
        for text in REFUSED:
            with pytest.raises(ScratchUnusable):
                connection.exec_driver_sql(text.replace("{other}", other))
        for text in STAYING:
            connection.exec_driver_sql(text.replace("{other}", other).replace("{scratch}", str(scratch)))


def test_a_database_labelled_production_can_be_verified_down_as_well(tmp_path: Path) -> None:
    """It is not the one that is emptied."""
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", linear("aaaa"))
    (folder / "whimbrel.toml").write_text((folder / "whimbrel.toml").read_text() + "\nproduction = true\n")
    assert Project.load(folder).verify(down=True).taken_back == ("aaaa",)
