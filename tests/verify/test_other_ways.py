"""Where the server makes no scratch database for this user: a private server, else a database that was named."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from faults.databases import wait_until
from support.databases import ASYNC, SERVERS, SYNC, rows, tables, through
from support.projects import Rev, add_models, alembic_project, linear, native_project
from whimbrel import Project
from whimbrel.environment.scratch import at_url, binaries, private
from whimbrel.errors import ScratchRefused
from whimbrel.events import Event, Notice

from .restricted import PASSWORD, end, folders_of, program, restricted, servers_of, without_binaries
from .scenes import execute, left_over
from .test_at_once import Replay

SERVER_KINDS = ["postgresql", "mariadb"]
SCHEMES = [SYNC["postgresql"], ASYNC["postgresql"], SYNC["mariadb"], ASYNC["mariadb"]]
MakeDatabase = Callable[[str], str]

FACTS = {
    "postgresql": "SELECT current_setting('server_version'), current_setting('server_encoding'), current_user::text",
    "mariadb": "SELECT VERSION(), @@global.sql_mode, @@global.collation_server",
}
WHERE = {
    "postgresql": "SELECT current_setting('unix_socket_directories')",
    "mariadb": "SELECT @@global.datadir",
}


def kind_of(scheme: str) -> str:
    return next(kind for kind in SYNC if scheme in (SYNC[kind], ASYNC[kind]))


def telling(to: Path, *statements: str, also: str = "") -> list[Rev]:
    """A history whose first revision notes what the server answers."""
    body = (
        "import json\n"
        f"found = [list(op.get_bind().exec_driver_sql(one).one()) for one in {list(statements)!r}]\n"
        f"with open({str(to)!r}, 'a') as file:\n    file.write(json.dumps(found) + chr(10))\n"
        "op.create_table('t_aaaa', sa.Column('id', sa.Integer, primary_key=True))\n" + also
    )
    return [Rev("aaaa", upgrade=body)]


def noted(path: Path) -> list[list[list[str]]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def notices(heard: list[Event]) -> str:
    return "\n".join(event.text for event in heard if isinstance(event, Notice))


def with_scratch_url(folder: Path, url: str) -> Path:
    with open(folder / "whimbrel.toml", "a") as file:
        file.write(f'scratch_url = "{url}"\n')
    return folder


@pytest.fixture
def scheme_and_urls(request: pytest.FixtureRequest, make_database: MakeDatabase) -> Iterator[tuple[str, str, str]]:
    """A driver, and two databases for a user who may make none."""
    scheme = request.param
    kind = kind_of(scheme)
    with restricted(kind, make_database(kind), make_database(kind)) as (one, other):
        yield scheme, through(one, scheme), through(other, scheme)


@pytest.fixture(autouse=True)
def ended(mark: str) -> Iterator[None]:
    yield
    private.stop_all()
    end(mark)


each_driver = pytest.mark.parametrize("scheme_and_urls", SCHEMES, indirect=True)
each_kind = pytest.mark.parametrize("scheme_and_urls", [SYNC[kind] for kind in SERVER_KINDS], indirect=True)


# -- a private server ----------------------------------------------------------------------------


@each_driver
def test_a_private_server_of_the_same_version_is_started_once_and_removed(
    scheme_and_urls: tuple[str, str, str], mark: str, tmp_path: Path
) -> None:
    scheme, url, _ = scheme_and_urls
    kind = kind_of(scheme)
    folder = native_project(tmp_path / "p", url, telling(tmp_path / "told", FACTS[kind], WHERE[kind]))
    assert Project.load(folder).verify(down=True).applied == ("aaaa",)
    [server], [files] = servers_of(mark), folders_of(mark)
    assert Project.load(folder).verify().applied == ("aaaa",)
    assert servers_of(mark) == [server]
    first, second = noted(tmp_path / "told")
    assert first == second
    assert files in first[1][0], "it is what has executed the revision"
    assert first[0] == list(rows(through(url, SYNC[kind]), FACTS[kind])[0])
    assert tables(through(url, SYNC[kind])) == set()
    private.stop_all()
    assert (servers_of(mark), folders_of(mark)) == ([], [])
    assert left_over(kind, mark) == []


@each_kind
def test_nobody_else_gets_to_it(scheme_and_urls: tuple[str, str, str], mark: str, tmp_path: Path) -> None:
    """It asks for no password: it is on no port, and its socket in a folder that is closed to others."""
    _, url, _ = scheme_and_urls
    Project.load(native_project(tmp_path / "p", url, linear("aaaa"))).verify()
    [number], [name] = servers_of(mark), folders_of(mark)
    listening = [
        line.split()[9]
        for table in ("tcp", "tcp6")
        for line in Path("/proc/net", table).read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    ]
    own = {os.readlink(f"/proc/{number}/fd/{fd}") for fd in os.listdir(f"/proc/{number}/fd")}
    assert not {f"socket:[{inode}]" for inode in listening} & own
    folder = next(Path(place, name) for place in (tempfile.gettempdir(), "/tmp") if Path(place, name).exists())
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("scheme_and_urls", [SYNC["postgresql"]], indirect=True)
def test_who_is_there_on_the_server_is_known_on_the_private_one(
    scheme_and_urls: tuple[str, str, str], tmp_path: Path
) -> None:
    _, url, _ = scheme_and_urls
    other = f"{sa.make_url(url).username}_reader"
    execute(SERVERS["postgresql"], f"CREATE ROLE {other}")
    try:
        revisions = telling(tmp_path / "told", also=f"op.execute('GRANT SELECT ON t_aaaa TO {other}')")
        assert Project.load(native_project(tmp_path / "p", url, revisions)).verify().applied == ("aaaa",)
    finally:
        execute(SERVERS["postgresql"], f"DROP ROLE {other}")


@each_kind
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_is_interrupted_leaves_none(
    number: int, scheme_and_urls: tuple[str, str, str], mark: str, tmp_path: Path
) -> None:
    _, url, _ = scheme_and_urls
    replay = Replay(tmp_path / "one", url, mark)
    try:
        assert len(servers_of(mark)) == 1
        replay.process.send_signal(number)
        replay.process.communicate(timeout=60)
        assert replay.process.returncode == 128 + number
        assert (servers_of(mark), folders_of(mark)) == ([], [])
    finally:
        replay.kill()


@each_kind
def test_what_a_process_that_was_killed_has_left_is_ended_by_the_next(
    scheme_and_urls: tuple[str, str, str], mark: str, tmp_path: Path
) -> None:
    _, url, _ = scheme_and_urls
    replay = Replay(tmp_path / "one", url, mark)
    [left] = servers_of(mark)
    beside = Project.load(native_project(tmp_path / "p", f"sqlite:///{tmp_path}/x.db", linear("aaaa")))
    beside.verify()
    assert servers_of(mark) == [left], "it is in use"
    replay.kill()
    assert servers_of(mark) == [left]
    beside.verify()
    assert wait_until(lambda: servers_of(mark) == [], 10)
    assert folders_of(mark) == []


# -- a database that was named -------------------------------------------------------------------


MODELS = """
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base
Base = declarative_base()
class Thing(Base):
    __tablename__ = "things"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), nullable=False, index=True)
"""


MADE = (
    "CREATE SCHEMA made",
    "CREATE EXTENSION citext SCHEMA made",
    "CREATE TABLE made.things (name made.citext)",
    "CREATE TYPE mood AS ENUM ('good')",
    "CREATE FUNCTION best() RETURNS mood LANGUAGE sql AS $$ SELECT 'good'::mood $$",
    """CREATE COLLATION plain FROM "C\"""",
    "CREATE PUBLICATION all_of_it",
)
"""What `DROP TABLE` leaves, and who makes it once more is refused."""


def objects(url: str) -> set[str]:
    """Everything in a database that has a name, as it tells itself."""
    catalog = (
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$|public$)' UNION ALL "
        "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' UNION ALL "
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace UNION ALL "
        "SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace"
        if url.startswith("postgresql")
        else "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
    )
    return {str(name) for (name,) in rows(url, catalog)}


@each_driver
def test_the_database_that_was_named_is_used_and_emptied_each_time(
    scheme_and_urls: tuple[str, str, str], mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme, url, scratch = scheme_and_urls
    without_binaries(monkeypatch)
    kind = kind_of(scheme)
    where = {"postgresql": "SELECT current_database()::text", "mariadb": "SELECT DATABASE()"}[kind]
    also = "\n".join(f"op.execute({one!r})" for one in MADE) if kind == "postgresql" else ""
    folder = native_project(tmp_path / "p", url, telling(tmp_path / "told", where, also=also))
    project = Project.load(with_scratch_url(folder, scratch))
    for _ in range(2):
        assert project.verify().applied == ("aaaa",)
        assert objects(through(scratch, SYNC[kind])) == set()
    assert noted(tmp_path / "told") == [[[sa.make_url(scratch).database]]] * 2
    assert objects(through(url, SYNC[kind])) == set()


@each_kind
def test_all_commands_that_try_something_make_do_with_one_database(
    scheme_and_urls: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, url, scratch = scheme_and_urls
    without_binaries(monkeypatch)
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    add_models(folder, MODELS)
    heard: list[Event] = []
    project = Project.load(with_scratch_url(folder, scratch), listener=heard.append)
    project.upgrade()
    assert len(project.check()) == 2
    [new] = project.revision("things", autogenerate=True, no_rename=True, allow_drop=["t_aaaa"])
    assert "replayed from empty" in new.proof
    assert [one.differences for one in project.drift()] == [()]
    assert project.diff("models", "head") == []
    project.upgrade()
    project.stamp("head")
    assert project.check() == []
    assert objects(scratch) == set()


@each_kind
def test_a_copy_takes_the_place_of_the_replay(
    scheme_and_urls: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history cannot be replayed: what was made of it makes room for a copy of the database's schema."""
    _, url, scratch = scheme_and_urls
    without_binaries(monkeypatch)
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    add_models(folder, MODELS)
    Project.load(folder).upgrade()
    file_of_a = folder / "migrations" / "versions" / "aaaa_.py"
    file_of_a.write_text(file_of_a.read_text().replace("op.create_table", "nothing.create_table"))
    heard: list[Event] = []
    project = Project.load(with_scratch_url(folder, scratch), listener=heard.append)
    [new] = project.revision("things", autogenerate=True, no_rename=True, allow_drop=["t_aaaa"])
    assert "on a copy of the database's schema" in new.proof
    assert objects(scratch) == set()


@each_kind
def test_a_database_with_something_in_it_is_not_touched(
    scheme_and_urls: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, url, scratch = scheme_and_urls
    without_binaries(monkeypatch)
    execute(scratch, "CREATE TABLE precious (id INTEGER)")
    before = objects(scratch)
    folder = with_scratch_url(native_project(tmp_path / "p", url, linear("aaaa")), scratch)
    with pytest.raises(ScratchRefused, match="no scratch database") as refused:
        Project.load(folder).verify()
    assert "scratch_url: it is not empty: 1 object" in str(refused.value.why)
    assert objects(scratch) == before


@each_kind
def test_the_configured_database_itself_is_refused(
    scheme_and_urls: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, url, _ = scheme_and_urls
    without_binaries(monkeypatch)
    with pytest.raises(ScratchRefused) as refused:
        Project.load(with_scratch_url(native_project(tmp_path / "p", url, linear("aaaa")), url)).verify()
    assert "it is the configured database itself" in str(refused.value.why)
    assert objects(url) == set()


@each_kind
def test_two_processes_do_not_use_it_at_once_and_one_that_was_killed_is_cleared_up_after(
    scheme_and_urls: tuple[str, str, str], mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme, url, scratch = scheme_and_urls
    without_binaries(monkeypatch)
    monkeypatch.setenv("WHIMBREL_SCRATCH_URL", scratch)
    monkeypatch.setattr(at_url, "PATIENCE", 0.0)
    also = "\n".join(f"op.execute({one!r})" for one in MADE) if kind_of(scheme) == "postgresql" else ""
    nothing = "from whimbrel.environment.scratch import binaries\nbinaries.PLACES = ()"
    beside = Project.load(native_project(tmp_path / "p", url, linear("aaaa")))
    first = Replay(tmp_path / "one", url, mark, nothing)
    try:
        with pytest.raises(ScratchRefused) as refused:
            beside.verify()
        assert "another process uses it" in str(refused.value.why)
        assert first.ended()[0] == 0
        assert objects(scratch) == set()
        killed = Replay(tmp_path / "two", url, mark, nothing, also)
        killed.kill()
        assert "t_aaaa" in objects(scratch)
    finally:
        first.kill()
    monkeypatch.setattr(at_url, "PATIENCE", 60.0)  # the server may not have noticed yet
    assert beside.verify().applied == ("aaaa",)
    assert objects(scratch) == set()


@pytest.mark.parametrize("scheme_and_urls", [SYNC["postgresql"]], indirect=True)
def test_an_env_py_that_visits_two_databases_is_told_that_there_is_only_one(
    scheme_and_urls: tuple[str, str, str], make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, url, other = scheme_and_urls
    scratch = make_database("postgresql")
    folder = alembic_project(tmp_path / "p", url, linear("aaaa"))
    (folder / "alembic" / "env.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import context\n"
        f"for url in ({url!r}, {other!r}):\n"
        "    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:\n"
        "        context.configure(connection=connection)\n"
        "        with context.begin_transaction():\n"
        "            context.run_migrations()\n"
    )
    without_binaries(monkeypatch)
    monkeypatch.setenv("WHIMBREL_SCRATCH_URL", scratch)
    with pytest.raises(ScratchRefused) as refused:
        Project.load(folder).verify()
    assert "another database of env.py's" in str(refused.value.why)
    assert objects(scratch) == objects(url) == objects(other) == set()


# -- none ----------------------------------------------------------------------------------------


@each_kind
def test_where_there_is_none_all_three_ways_are_told(
    scheme_and_urls: tuple[str, str, str], mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme, url, _ = scheme_and_urls
    without_binaries(monkeypatch)
    with pytest.raises(ScratchRefused) as refused:
        Project.load(native_project(tmp_path / "p", url, linear("aaaa"))).verify()
    why = str(refused.value.why)
    series = {"postgresql": "PostgreSQL 1", "mariadb": "MariaDB 1"}[kind_of(scheme)]
    assert why.startswith("beside it: ")
    assert f"on a private server: {series}" in why
    assert "is not installed here" in why
    assert "scratch_url: it is not set" in why
    assert "scratch_url" in str(refused.value.hint)
    assert refused.value.exit_code == 3
    assert PASSWORD not in str(refused.value)
    assert (left_over(kind_of(scheme), mark), folders_of(mark)) == ([], [])


@each_kind
def test_a_server_of_another_version_is_told_and_not_used(
    scheme_and_urls: tuple[str, str, str], mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme, url, scratch = scheme_and_urls
    name, says = {
        "postgresql": ("postgres", "postgres (PostgreSQL) 9.6.24"),
        "mariadb": ("mariadbd", "mariadbd  Ver 10.1.48-MariaDB for Linux"),
    }[kind_of(scheme)]
    path = program(tmp_path / "bin", name, says)
    monkeypatch.setattr(binaries, "PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    heard: list[Event] = []
    folder = with_scratch_url(native_project(tmp_path / "p", url, linear("aaaa")), scratch)
    assert Project.load(folder, listener=heard.append).verify().applied == ("aaaa",)
    assert path in notices(heard)
    assert folders_of(mark) == []


@each_kind
def test_a_server_that_does_not_start_is_told_with_its_own_words(
    scheme_and_urls: tuple[str, str, str], mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme, url, _ = scheme_and_urls
    [[version]] = rows(url, "SELECT version()")
    if kind_of(scheme) == "postgresql":
        program(tmp_path / "bin", "postgres", f"postgres ({str(version).replace(' ', ') ', 1)}")
        program(tmp_path / "bin", "initdb", "")
    else:
        program(tmp_path / "bin", "mariadbd", f"mariadbd  Ver {version}")
        program(tmp_path / "bin", "mariadb-install-db", "")
    monkeypatch.setattr(binaries, "PLACES", ())
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    monkeypatch.setattr(binaries, "_INSTALLERS", ("mariadb-install-db",))
    with pytest.raises(ScratchRefused) as refused:
        Project.load(native_project(tmp_path / "p", url, linear("aaaa"))).verify()
    assert "not today" in str(refused.value.why) or "Permission denied" in str(refused.value.why)
    assert (servers_of(mark), folders_of(mark)) == ([], [])


@each_driver
def test_a_wrong_password_is_told_and_no_password_is_shown(
    scheme_and_urls: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, url, scratch = scheme_and_urls
    without_binaries(monkeypatch)
    wrong = sa.make_url(scratch).set(password="Wr0ng-4711", username="nobody_there", port=1)
    folder = with_scratch_url(
        native_project(tmp_path / "p", url, linear("aaaa")), wrong.render_as_string(hide_password=False)
    )
    with pytest.raises(ScratchRefused) as refused:
        Project.load(folder).verify()
    assert "scratch_url: " in str(refused.value.why)
    assert "Wr0ng-4711" not in str(refused.value)
