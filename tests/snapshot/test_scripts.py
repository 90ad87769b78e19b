"""What the database's own tool has written is there again afterwards, or all is as it was, or it is said what is."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from snapshot.projects import execute, load_elsewhere, project
from support import chinook
from support.cli import started
from support.databases import ASYNC, KINDS, needs_tools, rows, through, version_rows
from support.projects import native_project
from whimbrel import Project, errors, events
from whimbrel.dialects.base import Session
from whimbrel.dialects.postgresql.sessions import Sessions

pytestmark = needs_tools
MakeDatabase = Callable[[str], str]
SERVERS = ("postgresql", "mariadb")
TABLE = "CREATE TABLE a (id INTEGER PRIMARY KEY, name VARCHAR(20))"
ROWS = "INSERT INTO a VALUES (1, 'one'), (2, NULL)"
MORE = {
    "sqlite": (
        "CREATE TABLE g (id INTEGER PRIMARY KEY AUTOINCREMENT, twice INTEGER AS (id * 2) STORED, t TEXT, r REAL)",
        "CREATE INDEX by_t ON g (t)",
        "CREATE VIEW v AS SELECT id FROM g",
        "CREATE TRIGGER on_g AFTER INSERT ON g BEGIN UPDATE g SET t = 'a; b' WHERE t = 'x'; END",
        "CREATE VIRTUAL TABLE words USING fts5(word)",
        "INSERT INTO words VALUES ('one; two')",
        "INSERT INTO g (t, r) VALUES ('a;\nb', 9e999), ('it''s ' || char(0) || 'z', -9e999), (NULL, 0.1)",
        "PRAGMA user_version = 7",
    ),
    "postgresql": (
        "CREATE SCHEMA other",
        "CREATE TYPE other.mood AS ENUM ('good', 'bad')",
        "CREATE TABLE other.b (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mood other.mood, notes TEXT[])",
        "INSERT INTO other.b (mood, notes) VALUES ('bad', ARRAY['a\\b', NULL, 'COMMIT;'])",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
        "CREATE TRIGGER t BEFORE INSERT ON other.b FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE MATERIALIZED VIEW m AS SELECT id FROM other.b",
    ),
    "mariadb": (
        "CREATE TABLE b (id INTEGER AUTO_INCREMENT PRIMARY KEY, data BLOB, size INTEGER AS (length(data)) STORED)",
        "INSERT INTO b (data) VALUES (x'00ff27')",
        "CREATE VIEW v AS SELECT id FROM b",
        "CREATE FUNCTION f() RETURNS INTEGER RETURN 1",
        "CREATE TRIGGER t BEFORE INSERT ON b FOR EACH ROW SET new.data = 'x'",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM b WHERE id < 0",
    ),
}


def as_the_tool_tells(kind: str, url: str) -> str:
    """All that is in a database, in the words of its own tool."""
    place = sa.make_url(url)
    if kind == "sqlite":
        return "\n".join(
            map(str, [*rows(url, "SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2"), *_rows_of_all(url)])
        )
    at = [f"--host={place.host}", f"--port={place.port}", f"--user={place.username}", str(place.database)]
    command = (
        ["pg_dump", "--no-owner", *at[:3], at[3]]
        if kind == "postgresql"
        else ["mariadb-dump", "--routines", "--events", "--hex-blob", "--skip-comments", *at]
    )
    passwords = {"PGPASSWORD": place.password or "", "MYSQL_PWD": place.password or ""}
    told = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **passwords}).stdout
    return re.sub(r"(?m)^\\(un)?restrict .*$", "", told)


def _rows_of_all(url: str) -> list[object]:
    names = [name for (name,) in rows(url, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
    return [(name, rows(url, f'SELECT * FROM "{name}"')) for name in names]


@pytest.fixture
def script(kind: str, url: str, tmp_path: Path) -> Path:
    """Two rows of a database of each kind in turn."""
    shop = project(tmp_path / "source", url, TABLE)
    execute(url, ROWS)
    shop.dump(tmp_path / "a.sql")
    return tmp_path / "a.sql"


@pytest.fixture
def target(kind: str, make_database: MakeDatabase, tmp_path: Path) -> Project:
    """An empty database of the same kind."""
    native_project(tmp_path / "target", make_database(kind))
    return Project.load(tmp_path / "target")


def _url(target: Project) -> str:
    assert target.database.url is not None
    return target.database.url.text


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_all_that_is_in_a_database_is_in_another_one(
    kind: str, url: str, make_database: MakeDatabase, tmp_path: Path, *, is_async: bool
) -> None:
    other = make_database(kind)
    here, there = (through(one, ASYNC[kind]) if is_async else one for one in (url, other))
    project(tmp_path / "there", other, TABLE, "CREATE VIEW w AS SELECT id FROM a")
    execute(other, "INSERT INTO a VALUES (7, 'goes')")
    project(tmp_path / "here", url, *MORE[kind])
    dumped = Project.load(tmp_path / "here", url=here).dump(tmp_path / "a.sql")
    loaded = Project.load(tmp_path / "there", url=there).restore(tmp_path / "a.sql", replace=True)
    assert as_the_tool_tells(kind, other) == as_the_tool_tells(kind, url)
    assert (loaded.revisions, loaded.rows, loaded.replaced) == (("aaaa",), dumped.rows, 1)
    if kind == "sqlite":
        assert rows(other, "PRAGMA user_version") == [(7,)]
        assert rows(other, "SELECT word FROM words WHERE words MATCH 'two'") == [("one; two",)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_shop_of_every_kind_of_column_comes_back(kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    url, other = make_database(kind), make_database(kind)
    for name, one in (("here", url), ("there", other)):
        native_project(tmp_path / name, one)
        (tmp_path / name / "migrations" / "versions" / "c41_.py").write_text(chinook.REVISION)
    here, there = Project.load(tmp_path / "here"), Project.load(tmp_path / "there")
    here.upgrade()
    chinook.fill(url)
    dumped = here.dump(tmp_path / "shop.sql")
    loaded = there.restore(tmp_path / "shop.sql")
    assert chinook.contents(other) == chinook.contents(url)
    assert (loaded.rows, loaded.tables, there.current()) == (dumped.rows, 11, ("c41000000001",))


def test_what_is_there_goes_only_if_it_may(script: Path, target: Project) -> None:
    execute(_url(target), TABLE, "INSERT INTO a VALUES (9, 'mine')")
    with pytest.raises(errors.NotEmpty, match=r"a \(1 row\)"):
        target.restore(script)
    assert rows(_url(target), "SELECT id, name FROM a") == [(9, "mine")]
    assert target.restore(script, replace=True).replaced == 1
    assert rows(_url(target), "SELECT id, name FROM a ORDER BY id") == [(1, "one"), (2, None)]


def test_a_table_without_rows_is_something_too(script: Path, target: Project) -> None:
    execute(_url(target), TABLE)
    with pytest.raises(errors.NotEmpty, match="not empty: 1 object"):
        target.restore(script)


def test_what_is_cut_off_is_refused_before_the_database_is_touched(script: Path, target: Project) -> None:
    execute(_url(target), TABLE, "INSERT INTO a VALUES (9, 'mine')")
    whole = script.read_bytes()
    for at in (0, 1, len(whole) // 2, len(whole) - 30, len(whole) - 3):
        script.write_bytes(whole[:at])
        with pytest.raises(errors.ArchiveInvalid, match="cut off"):
            target.restore(script, replace=True)
    assert rows(_url(target), "SELECT id, name FROM a") == [(9, "mine")]


def test_a_script_of_another_kind_of_database_is_refused(kind: str, script: Path, make_database: MakeDatabase) -> None:
    for other in {*KINDS} - {kind}:
        native_project(script.parent / other, make_database(other))
        with pytest.raises(errors.ArchiveInvalid, match="another kind of database"):
            Project.load(script.parent / other).restore(script)


def test_a_script_that_fails_in_its_middle_leaves_what_is_said(kind: str, script: Path, target: Project) -> None:
    execute(_url(target), TABLE, "INSERT INTO a VALUES (9, 'mine')")
    at = {
        "sqlite": "COMMIT;",
        "postgresql": "-- PostgreSQL database dump complete",
        "mariadb": "DROP TABLE IF EXISTS `al",
    }
    before, here, behind = script.read_text().partition(at[kind])
    assert here, "it has such a line"
    script.write_text(f"{before}\nINSERT INTO nothing VALUES ('a secret value');\n{here}{behind}")
    with pytest.raises(errors.RowsRefused) as failure:
        target.restore(script, replace=True)
    assert "nothing" in str(failure.value.why)
    assert "a secret value" not in str(failure.value)
    if kind != "mariadb":
        assert failure.value.state == "nothing was changed: all of it was rolled back"
        assert rows(_url(target), "SELECT id, name FROM a") == [(9, "mine")]
    else:
        assert str(failure.value.state) == (
            "1 object dropped, which this database does not roll back; of the script, 1 table with 2 rows are there: a"
        )
        assert rows(_url(target), "SELECT count(*) FROM a") == [(2,)], "what is said is so"
        assert "--yes" in str(failure.value.hint)


@pytest.mark.parametrize("kind", SERVERS)
def test_without_the_tool_it_is_said_which_package_has_it(
    kind: str, make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_database(kind)
    shop = project(tmp_path / "p", url, TABLE)
    shop.dump(tmp_path / "a.sql")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(errors.ProgramMissing) as dumping:
        shop.dump(tmp_path / "b.sql")
    with pytest.raises(errors.ProgramMissing) as loading:
        shop.restore(tmp_path / "a.sql", replace=True)
    for refusal in (dumping, loading):
        assert "-client" in str(refusal.value.hint)
        assert ".whimbrel" in str(refusal.value.hint)
    assert not (tmp_path / "b.sql").exists()
    assert version_rows(url) == {"aaaa"}


def test_who_may_not_read_a_table_gets_no_file(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("postgresql")
    project(tmp_path / "p", url, TABLE)
    execute(url, "CREATE ROLE wbtest_dumper", "GRANT SELECT ON alembic_version TO wbtest_dumper")
    try:
        separator = "&" if "?" in url else "?"
        reader = Project.load(tmp_path / "p", url=f"{url}{separator}options=-c%20role%3Dwbtest_dumper")
        with pytest.raises(errors.DumpFailed):
            reader.dump(tmp_path / "a.sql")
        assert not (tmp_path / "a.sql").exists()
    finally:
        execute(url, "DROP OWNED BY wbtest_dumper", "DROP ROLE wbtest_dumper")


@pytest.fixture
def with_password(make_database: MakeDatabase) -> Iterator[sa.URL]:
    """A database of MariaDB, and a user of it with a password that has all that could be taken for something else."""
    url = sa.make_url(make_database("mariadb"))
    name = f"wb{os.getpid()}"
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"GRANT ALL ON {url.database}.* TO {name}@'%%' IDENTIFIED BY %s", (PASSWORD,))
    yield url.set(username=name, password=PASSWORD)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP USER {name}@'%%'", ())


PASSWORD = 'a#b "c" \'\\d;=%'


def test_a_password_of_any_letters_reaches_the_tool(with_password: sa.URL, tmp_path: Path) -> None:
    shop = project(tmp_path / "p", with_password.render_as_string(hide_password=False), TABLE)
    shop.dump(tmp_path / "a.sql")
    assert shop.restore(tmp_path / "a.sql", replace=True).revisions == ("aaaa",)


_SPY = """#!/bin/sh
{{ echo "$*"; echo "$PGPASSWORD"; case "$1" in --defaults-extra-file=*)
    stat -c %a "${{1#*=}}"; cat "${{1#*=}}"; echo "${{1#*=}}";; esac
}} > {seen}
PATH="${{PATH#*:}}" exec {program} "$@"
"""


@pytest.fixture
def spy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Notes, in the place of a tool, how it was called, and calls it."""

    def set_up(program: str) -> Path:
        tools, seen = tmp_path / "tools", tmp_path / "seen"
        tools.mkdir()
        (tools / program).write_text(_SPY.format(seen=seen, program=program))
        (tools / program).chmod(stat.S_IRWXU)
        monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
        return seen

    return set_up


def test_pg_dump_is_told_everything_by_its_environment(
    make_database: MakeDatabase, spy: Callable[[str], Path], tmp_path: Path
) -> None:
    seen = spy("pg_dump")
    url = sa.make_url(make_database("postgresql")).set(password=PASSWORD).render_as_string(hide_password=False)
    project(tmp_path / "p", url, TABLE).dump(tmp_path / "a.sql")
    arguments, password = seen.read_text().splitlines()
    assert password == PASSWORD
    assert not {"127.0.0.1", "postgres", *PASSWORD.split()} & {*arguments.split()}


def test_mariadb_dump_is_told_the_password_in_a_file_that_is_gone_afterwards(
    with_password: sa.URL, spy: Callable[[str], Path], tmp_path: Path
) -> None:
    seen = spy("mariadb-dump")
    project(tmp_path / "p", with_password.render_as_string(hide_password=False), TABLE).dump(tmp_path / "a.sql")
    arguments, _, mode, *options, path = seen.read_text().splitlines()
    assert PASSWORD not in arguments
    assert mode == "600"
    assert any(line.startswith("password=") for line in options)
    assert not Path(path).exists()


def test_a_tool_that_is_too_old_is_told_in_its_own_words_without_the_password(
    make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "pg_dump").write_text(
        "#!/bin/sh\necho 'pg_dump: warning: something else' >&2\n"
        'echo "pg_dump: error: aborting because of server version mismatch $PGPASSWORD" >&2\n'
        "echo 'pg_dump: detail: server version: 15.4; pg_dump version: 9.6' >&2\nexit 1\n"
    )
    (tools / "pg_dump").chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    url = sa.make_url(make_database("postgresql")).set(password="a-password-of-mine")
    shop = project(tmp_path / "p", url.render_as_string(hide_password=False), TABLE)
    with pytest.raises(errors.DumpFailed) as failure:
        shop.dump(tmp_path / "a.sql")
    assert failure.value.why == (
        "pg_dump: error: aborting because of server version mismatch ***; "
        "pg_dump: detail: server version: 15.4; pg_dump version: 9.6"
    )
    assert "install the server's version" in str(failure.value.hint)
    assert not (tmp_path / "a.sql").exists()


def test_who_has_a_table_locked_is_not_waited_for_for_ever(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("postgresql")
    shop = project(tmp_path / "p", url, TABLE)
    execute(url, ROWS)
    shop.dump(tmp_path / "a.sql")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("SELECT id FROM a"))
        with pytest.raises(errors.RowsRefused) as failure:
            shop.restore(tmp_path / "a.sql", replace=True, lock_wait=0)
    assert "lock timeout" in str(failure.value.why)
    assert rows(url, "SELECT count(*) FROM a") == [(2,)]


def test_behind_a_pooler_no_script_is_loaded(
    make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = project(tmp_path / "p", make_database("postgresql"), TABLE)
    shop.dump(tmp_path / "a.sql")
    monkeypatch.setattr(Sessions, "identity", lambda *_: Session("1", is_pooled=True))
    with pytest.raises(errors.PoolerInTheWay):
        shop.restore(tmp_path / "a.sql", replace=True)


def test_a_backup_may_be_a_script(kind: str, url: str, tmp_path: Path) -> None:
    shop = project(tmp_path / "p", url, TABLE)
    execute(url, ROWS)
    cleaned = shop.clean(confirm="main", schema=True, backup=tmp_path / "a.sql")
    assert version_rows(url) == set()
    assert shop.restore(cleaned.backup or "").rows == cleaned.rows == 2
    assert rows(url, "SELECT id, name FROM a ORDER BY id") == [(1, "one"), (2, None)]


def test_a_transaction_of_the_callers_has_no_script(kind: str, url: str, tmp_path: Path, script: Path) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("INSERT INTO a VALUES (3, 'mine')"))
        mine = Project.load(tmp_path / "source", connection=connection)
        with pytest.raises(errors.DumpFailed, match="another connection"):
            mine.dump(tmp_path / "b.sql")
        with pytest.raises(errors.RowsRefused, match="another connection"):
            mine.restore(script, replace=True)
        assert connection.execute(sa.text("SELECT count(*) FROM a")).scalar() == 3


# -- interrupted ---------------------------------------------------------------------------------

LARGE = {
    "sqlite": "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 60000) "
    "SELECT n, 'a name' FROM s",
    "postgresql": "SELECT n, 'a name' FROM generate_series(1, 60000) s (n)",
    "mariadb": "SELECT seq, 'a name' FROM seq_1_to_60000",
}


@pytest.fixture
def large(kind: str, url: str, tmp_path: Path) -> Path:
    """A script that is written and read in many pieces."""
    shop = project(tmp_path / "source", url, TABLE)
    execute(url, f"INSERT INTO a {LARGE[kind]}")
    shop.dump(tmp_path / "large.sql")
    return tmp_path / "large.sql"


def test_an_interrupted_dump_leaves_no_file(large: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    shop = Project.load(tmp_path / "source", listener=lambda event: shop.interruption.request())
    with pytest.raises(errors.Interrupted):
        shop.dump(tmp_path / "out" / "b.sql")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_interrupted_load_leaves_what_is_said(kind: str, large: Path, target: Project) -> None:
    execute(_url(target), TABLE, "INSERT INTO a VALUES (9, 'mine')")

    def stop(event: object) -> None:
        if isinstance(event, events.BytesMoved) and event.what == "load":
            stopping.interruption.request()

    stopping = Project.load(target.settings.root, listener=stop)
    with pytest.raises(errors.Interrupted) as failure:
        stopping.restore(large, replace=True)
    if kind == "mariadb":
        assert "1 object dropped" in str(failure.value.state)
    else:
        assert rows(_url(target), "SELECT id, name FROM a") == [(9, "mine")]


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_tool_and_leaves_no_file(
    number: int, kind: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = {"postgresql": "pg_dump", "mariadb": "mariadb-dump"}[kind]
    tools, out = tmp_path / "tools", tmp_path / "out"
    tools.mkdir()
    out.mkdir()
    never_ends = f'#!/bin/sh\necho $$ > {tools}/pid\nPATH="${{PATH#*:}}"\n{program} "$@"\nexec sleep 1000\n'
    (tools / program).write_text(never_ends)
    (tools / program).chmod(stat.S_IRWXU)
    project(tmp_path / "p", url, TABLE)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    command = [sys.executable, "-m", "whimbrel", "-c", str(tmp_path / "p" / "whimbrel.toml"), "dump_db", "a.sql"]
    with started(*command, cwd=out, stderr=subprocess.PIPE) as process:
        while not any(os.path.getsize(out / name) for name in os.listdir(out)) and process.poll() is None:
            pass
        process.send_signal(number)
        said = process.communicate()[1]
    assert process.returncode == 128 + number, said
    assert list(out.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((tools / "pid").read_text()), 0)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("killed", [False, True], ids=["not killed", "killed"])
def test_whoever_is_killed_in_the_middle_has_changed_nothing(
    kind: str, large: Path, target: Project, *, killed: bool
) -> None:
    execute(_url(target), TABLE, "INSERT INTO a VALUES (9, 'mine')")
    assert load_elsewhere(target, large, killed=killed) is not killed
    if kind == "postgresql":  # what the server was still at has ended when the table can be locked
        execute(_url(target), "LOCK TABLE a IN SHARE MODE")
    assert rows(_url(target), "SELECT count(*) FROM a") == [(1 if killed else 60000,)]


def test_nobody_migrates_meanwhile(large: Path, target: Project) -> None:
    refused: list[BaseException | None] = []

    def migrate(event: object) -> None:
        if isinstance(event, events.BytesMoved) and event.what == "load" and not refused:
            try:
                Project.load(large.parent / "source", url=_url(target)).upgrade("bbbb", lock_wait=0)
            except errors.WhimbrelError as error:
                refused.append(error)

    Project.load(target.settings.root, listener=migrate).restore(large)
    assert [type(one) for one in refused] == [errors.LockBusy]
    assert rows(_url(target), "SELECT count(*) FROM a") == [(60000,)]
