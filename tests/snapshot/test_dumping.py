"""An archive is of one moment, complete or not there, and has what the project has made: nothing of whimbrel's own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from snapshot.projects import execute, project
from snapshot.wire import counted_bytes
from support.cli import started, whimbrel
from support.databases import ASYNC, SYNC, needs_tools, rows
from support.projects import Rev, alembic_project
from whimbrel import Project, errors, events

MakeDatabase = Callable[[str], str]

TWO = ("CREATE TABLE a (id INTEGER PRIMARY KEY)", "CREATE TABLE b (id INTEGER PRIMARY KEY)")


def _rows(archive: Path) -> dict[str, int]:
    manifest = json.loads(zipfile.ZipFile(archive).read("manifest.json"))
    return {table["name"]: table["rows"] for table in manifest["tables"]}


def test_it_has_all_tables_but_the_version_table_and_the_journal(url: str, tmp_path: Path) -> None:
    shop = project(tmp_path / "p", url, *TWO)
    execute(url, "INSERT INTO a (id) VALUES (1), (2)")
    dumped = shop.dump(tmp_path / "a.whimbrel")
    assert _rows(tmp_path / "a.whimbrel") == {"a": 2, "b": 0}
    assert (dumped.revisions, dumped.size) == (("aaaa",), (tmp_path / "a.whimbrel").stat().st_size)


def test_it_is_of_one_moment_although_others_write(url: str, kind: str, tmp_path: Path) -> None:
    project(tmp_path / "p", url, *TWO)
    if kind == "sqlite":
        execute(url, "PRAGMA journal_mode = WAL")
    execute(url, "INSERT INTO a (id) VALUES (1)", "INSERT INTO b (id) VALUES (1)")

    def write(event: object) -> None:
        if isinstance(event, events.RowsMoved) and event.table == "a":
            execute(url, "INSERT INTO b (id) VALUES (2)")

    Project.load(tmp_path / "p", listener=write).dump(tmp_path / "a.whimbrel")
    assert _rows(tmp_path / "a.whimbrel") == {"a": 1, "b": 1}


def test_an_interrupted_one_leaves_no_file(url: str, tmp_path: Path) -> None:
    project(tmp_path / "p", url, *TWO)
    execute(url, "INSERT INTO a (id) VALUES (1)", "INSERT INTO b (id) VALUES (1)")
    shop = Project.load(tmp_path / "p", listener=lambda event: shop.interruption.request())
    (tmp_path / "out").mkdir()
    with pytest.raises(errors.Interrupted):
        shop.dump(tmp_path / "out" / "a.whimbrel")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_no_file(number: int, make_database: MakeDatabase, tmp_path: Path) -> None:
    """It comes while the second table is waited for, which somebody else has locked."""
    url, out = make_database("postgresql"), tmp_path / "out"
    out.mkdir()
    project(tmp_path / "p", url, *TWO)
    execute(url, "INSERT INTO a VALUES (1)", "INSERT INTO b SELECT generate_series(1, 20000)")
    command = [sys.executable, "-m", "whimbrel", "-c", str(tmp_path / "p" / "whimbrel.toml"), "dump_db", "a.whimbrel"]
    waits = sa.text("SELECT 1 FROM pg_locks WHERE relation = CAST('b' AS regclass) AND NOT granted")
    with ExitStack() as stack:
        other = stack.enter_context(sa.create_engine(url).connect())
        other.execute(sa.text("LOCK TABLE b"))
        process = stack.enter_context(started(*command, cwd=out, stderr=subprocess.PIPE))
        while other.execute(waits).first() is None and process.poll() is None:
            pass
        begun = os.listdir(out)
        process.send_signal(number)
        assert process.stderr is not None
        said = process.stderr.readline()
        other.rollback()
        said += process.communicate()[1]
    assert [name.startswith(".whimbrel-") for name in begun] == [True], said
    assert process.returncode == 128 + number, said
    assert list(out.iterdir()) == []


def test_a_file_that_is_there_is_replaced_only_with_yes(tmp_path: Path) -> None:
    project(tmp_path / "p", f"sqlite:///{tmp_path / 'shop.db'}", *TWO)
    file = tmp_path / "p" / "a.whimbrel"
    file.write_text("mine")
    refused = whimbrel("dump_db", "a.whimbrel", cwd=tmp_path / "p")
    assert (refused.code, file.read_text()) == (6, "mine")
    done = whimbrel("dump-db", "a.whimbrel", "--yes", "--json", cwd=tmp_path / "p").ok()
    result = json.loads(done.out)["result"]
    assert (result["path"], result["rows"], result["size"]) == (str(file), 0, file.stat().st_size)


def test_without_a_name_it_is_called_for_the_database_and_its_revision(tmp_path: Path) -> None:
    project(tmp_path / "p", f"sqlite:///{tmp_path / 'shop.db'}", *TWO)
    whimbrel("dump_db", cwd=tmp_path / "p").ok()
    [file] = (tmp_path / "p").glob("*.whimbrel")
    assert file.name.startswith("main-aaaa-20")


def test_what_a_database_and_its_revisions_are_called_becomes_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, url = tmp_path / "p" / "deep" / "er", f"sqlite:///{tmp_path / 'shop.db'}"
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "whimbrel.toml").write_text(f'[databases."../../evil"]\nurl = "{url}"\n')
    execute(url, "CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('/etc/a:b')")
    monkeypatch.chdir(folder)
    dumped = Project.load(folder).dump()
    [file] = tmp_path.rglob("*.whimbrel")
    assert file == folder / dumped.path
    assert file.name.startswith("evil-etc-a-b-20")


@pytest.mark.parametrize("path", ["no/such/folder/a.whimbrel", "/proc/a.whimbrel"])
def test_a_folder_that_cannot_be_written_to_is_named(path: str, tmp_path: Path) -> None:
    shop = project(tmp_path / "p", f"sqlite:///{tmp_path / 'shop.db'}", *TWO)
    with pytest.raises(errors.FileRefused) as refusal:
        shop.dump(path)
    assert (refusal.value.where, refusal.value.state) == (path, "nothing was written")


def test_a_table_that_may_not_be_read_is_named(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("postgresql")
    project(tmp_path / "p", url, *TWO)
    execute(url, "CREATE ROLE wbtest_reader", "GRANT SELECT ON a, alembic_version TO wbtest_reader")
    try:
        separator = "&" if "?" in url else "?"
        reader = Project.load(tmp_path / "p", url=f"{url}{separator}options=-c%20role%3Dwbtest_reader")
        with pytest.raises(errors.DumpFailed, match=r"rows of b cannot be read"):
            reader.dump(tmp_path / "a.whimbrel")
        assert not (tmp_path / "a.whimbrel").exists()
    finally:
        execute(url, "DROP OWNED BY wbtest_reader", "DROP ROLE wbtest_reader")


def test_it_has_the_tables_of_all_schemas_but_those_of_other_projects(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    url, other = make_database("postgresql"), make_database("postgresql")
    schemas = (
        "CREATE SCHEMA audit",
        "CREATE TABLE audit.entry (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id))",
        "CREATE SCHEMA tenant",
        "CREATE TABLE tenant.alembic_version (version_num VARCHAR(32))",
        "CREATE TABLE tenant.b (id INTEGER)",
    )
    told: list[object] = []
    project(tmp_path / "p", url, TWO[0], *schemas)
    execute(url, "INSERT INTO a VALUES (1)", "INSERT INTO audit.entry VALUES (1, 1)", "INSERT INTO tenant.b VALUES (1)")
    Project.load(tmp_path / "p", listener=told.append).dump(tmp_path / "a.whimbrel")
    assert _rows(tmp_path / "a.whimbrel") == {"a": 1, "entry": 1}
    assert [event.text for event in told if isinstance(event, events.Notice)] == [
        "schema tenant is left out: it has a version table of its own"
    ]
    target = project(tmp_path / "q", other, TWO[0], *schemas)
    execute(other, "INSERT INTO tenant.b VALUES (7)")
    target.restore(tmp_path / "a.whimbrel")
    assert rows(other, "SELECT id, a_id FROM audit.entry") == [(1, 1)]
    target.clean(confirm="main")
    assert rows(other, "SELECT count(*) FROM audit.entry") == [(0,)]
    assert rows(other, "SELECT id FROM tenant.b") == [(7,)]


def test_a_schema_that_this_user_may_not_use_is_told(make_database: MakeDatabase, tmp_path: Path) -> None:
    url, role = make_database("postgresql"), f"wbtest_outsider_{os.getpid()}"
    project(tmp_path / "p", url, TWO[0], "CREATE SCHEMA audit", "CREATE TABLE audit.entry (id INTEGER)")
    execute(url, f"CREATE ROLE {role}", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    told: list[object] = []
    try:
        as_role = f"{url}{'&' if '?' in url else '?'}options=-c%20role%3D{role}"
        Project.load(tmp_path / "p", url=as_role, listener=told.append).dump(tmp_path / "a.whimbrel")
    finally:
        execute(url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert [event.text for event in told if isinstance(event, events.Notice)] == [
        "schema audit is left out: this user has no right to use it"
    ]


_TWO_DATABASES = """
import sqlalchemy as sa
from alembic import context
for url in {urls!r}:
    with sa.create_engine(url).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""


@pytest.mark.parametrize("ending", ["whimbrel", "db", "sql"])
def test_an_env_py_that_visits_two_databases_is_refused_before_anything_is_done(ending: str, tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / name}.db" for name in ("one", "two")]
    folder = alembic_project(tmp_path / "p", urls[0], [Rev("aaaa", upgrade=f'op.execute("{TWO[0]}")')])
    shop = Project.load(folder, config=folder / "alembic.ini")
    shop.upgrade()
    execute(urls[0], "INSERT INTO a VALUES (1)")
    shop.dump(tmp_path / f"a.{ending}")
    (folder / "alembic" / "env.py").write_text(_TWO_DATABASES.format(urls=urls))
    shop.upgrade()
    with pytest.raises(errors.SeveralDatabases):
        shop.dump(tmp_path / f"b.{ending}")
    assert not (tmp_path / f"b.{ending}").exists()
    with pytest.raises(errors.SeveralDatabases):
        shop.restore(tmp_path / f"a.{ending}", replace=True)
    assert [rows(url, "SELECT count(*) FROM a") for url in urls] == [[(1,)], [(0,)]]


@pytest.mark.parametrize("scheme", [SYNC["mariadb"], ASYNC["mariadb"]])
def test_an_interrupted_one_does_not_read_the_rest(
    scheme: str, make_database: MakeDatabase, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """MySQL's drivers would: so it is counted what comes over the wire."""
    url = sa.make_url(make_database("mariadb"))
    whole = url.render_as_string(hide_password=False)
    project(tmp_path / "p", whole, "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT)")
    execute(whole, "INSERT INTO a SELECT seq, repeat('x', 1000) FROM seq_1_to_60000")
    with counted_bytes(str(url.host), url.port or 3306) as (port, received):
        through_proxy = url.set(drivername=scheme, host="127.0.0.1", port=port).render_as_string(hide_password=False)
        stopping = Project.load(
            tmp_path / "p", url=through_proxy, listener=lambda event: stopping.interruption.request()
        )
        with pytest.raises(errors.Interrupted):
            stopping.dump(tmp_path / "a.whimbrel")
        interrupted = sum(received)
        Project.load(tmp_path / "p", url=through_proxy).dump(tmp_path / "a.whimbrel")
    assert sum(received) - interrupted > 60_000_000, "the proxy counts"
    assert interrupted < 50_000_000
    said = [record for record in caplog.records if not record.name.startswith("alembic.")]
    assert not said, "and nothing is said of it"


@needs_tools
@pytest.mark.parametrize("ending", ["whimbrel", "sql"])
def test_a_database_that_tables_refer_to_is_told_to_be_another_one(
    ending: str, make_database: MakeDatabase, tmp_path: Path
) -> None:
    other, url = make_database("mariadb"), make_database("mariadb")
    execute(other, TWO[0])
    name, told = sa.make_url(other).database, list[object]()
    project(tmp_path / "p", url, f"CREATE TABLE b (id INTEGER PRIMARY KEY, FOREIGN KEY (id) REFERENCES {name}.a (id))")
    Project.load(tmp_path / "p", listener=told.append).dump(tmp_path / f"a.{ending}")
    assert [event.text for event in told if isinstance(event, events.Notice)] == [
        f"schema {name} is left out: it is another database"
    ]
    execute(url, "DROP TABLE b")


@pytest.mark.parametrize("ending", ["whimbrel", "sql", "db"])
def test_an_attached_file_is_told_to_be_a_database_of_its_own(ending: str, tmp_path: Path) -> None:
    url, told = f"sqlite:///{tmp_path / 'shop.db'}", list[object]()
    project(tmp_path / "p", url, TWO[0])
    with sa.create_engine(url).connect() as connection:
        connection.exec_driver_sql(f"ATTACH '{tmp_path / 'more.db'}' AS more")
        connection.exec_driver_sql("CREATE TABLE more.b (id INTEGER)")
        connection.commit()
        shop = Project.load(tmp_path / "p", listener=told.append, connection=connection)
        shop.dump(tmp_path / f"a.{ending}")
    assert [event.text for event in told if isinstance(event, events.Notice)] == [
        "schema more is left out: an attached file is a database of its own"
    ]
