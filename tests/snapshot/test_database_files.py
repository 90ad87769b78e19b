"""A database of SQLite is copied whole, or stays as it was; everything else than a whole one is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from snapshot.projects import execute, load_elsewhere, project
from support.databases import ASYNC, rows, through
from support.projects import native_project
from whimbrel import Project, errors, events
from whimbrel.snapshot import sqlite_files
from whimbrel.snapshot.formats import database_file

TABLE = "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT)"
MANY = "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 150000)"


def _everything(path: Path) -> list[object]:
    """The schema and the rows of a file, as another connection sees them."""
    with closing(sqlite3.connect(path)) as connection:
        schema = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        tables = [name for kind, name, _ in schema if kind == "table"]
        return [schema, *(connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables)]


@pytest.fixture
def source(tmp_path: Path) -> Project:
    """A database with two rows."""
    made = project(tmp_path / "source", f"sqlite:///{tmp_path / 'source.db'}", TABLE, "CREATE VIEW v AS SELECT 1")
    execute(f"sqlite:///{tmp_path / 'source.db'}", "INSERT INTO a VALUES (1, 'one'), (2, NULL)")
    return made


@pytest.fixture
def file(source: Project, tmp_path: Path) -> Path:
    """That database as a file."""
    source.dump(tmp_path / "a.db")
    return tmp_path / "a.db"


@pytest.fixture(params=["delete", "wal"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A database with a row, of each journal mode."""
    url = f"sqlite:///{tmp_path / 'target.db'}"
    native_project(tmp_path / "target", url)
    execute(url, f"PRAGMA journal_mode = {request.param}", TABLE, "INSERT INTO a VALUES (9, 'mine')")
    return Project.load(tmp_path / "target")


def _mine(tmp_path: Path) -> list[tuple[object, ...]]:
    return rows(f"sqlite:///{tmp_path / 'target.db'}", "SELECT id, name FROM a")


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_copy_is_the_same_in_every_table(source: Project, target: Project, tmp_path: Path, *, is_async: bool) -> None:
    if is_async:
        source, target = (
            Project.load(
                one.settings.root, url=through(str(one.database.url and one.database.url.text), ASYNC["sqlite"])
            )
            for one in (source, target)
        )
    mode = rows(f"sqlite:///{tmp_path / 'target.db'}", "PRAGMA journal_mode")
    dumped = source.dump(tmp_path / "a.db")
    loaded = target.restore(tmp_path / "a.db", replace=True)
    assert _everything(tmp_path / "a.db") == _everything(tmp_path / "source.db") == _everything(tmp_path / "target.db")
    assert (dumped.rows, loaded.rows, loaded.replaced, loaded.revisions) == (2, 2, 1, ("aaaa",))
    assert rows(f"sqlite:///{tmp_path / 'target.db'}", "PRAGMA journal_mode") == mode


def test_what_stands_in_the_wal_alone_is_in_the_copy(source: Project, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "source.db")) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("INSERT INTO a VALUES (3, 'three')")
        writer.commit()
        assert source.dump(tmp_path / "a.db").rows == 3
    assert not list(tmp_path.glob("a.db-*")), "it is one file"
    assert rows(f"sqlite:///{tmp_path / 'a.db'}", "SELECT name FROM a WHERE id = 3") == [("three",)]


def test_what_is_there_goes_only_if_it_may(file: Path, target: Project, tmp_path: Path) -> None:
    with pytest.raises(errors.NotEmpty, match=r"a \(1 row\)"):
        target.restore(file)
    assert _mine(tmp_path) == [(9, "mine")]


def test_what_is_cut_off_or_no_database_changes_nothing(file: Path, target: Project, tmp_path: Path) -> None:
    whole = file.read_bytes()
    broken = bytearray(whole)
    broken[4096:4200] = b"\xff" * 104
    for content in (b"", b"SQLite format 3\0", whole[:5000], whole[:-4096], bytes(broken), b"These are no rows."):
        file.write_bytes(content)
        with pytest.raises(errors.ArchiveInvalid):
            target.restore(file, replace=True)
    assert _mine(tmp_path) == [(9, "mine")]


def test_an_empty_database_is_nothing_to_load(target: Project, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    with pytest.raises(errors.ArchiveInvalid, match="nothing in it"):
        target.restore(tmp_path / "a.db", replace=True)


def test_the_database_itself_is_no_file_to_load(target: Project, tmp_path: Path) -> None:
    with pytest.raises(errors.FileRefused, match="the database itself"):
        target.restore(tmp_path / "target.db", replace=True)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_other_databases_are_told_what_fits(kind: str, make_database: Callable[[str], str], tmp_path: Path) -> None:
    shop = project(tmp_path / "p", make_database(kind), "CREATE TABLE a (id INTEGER)")
    with pytest.raises(errors.FormatUnknown) as refusal:
        shop.dump(tmp_path / "a.db")
    assert ".sql" in str(refusal.value.hint)
    assert not (tmp_path / "a.db").exists()


def test_a_database_in_memory_can_be_copied_but_not_replaced(file: Path, source: Project, tmp_path: Path) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        memory = Project.load(source.settings.root, connection=connection)
        memory.upgrade("aaaa")
        assert memory.dump(tmp_path / "b.db").revisions == ("aaaa",)
        with pytest.raises(errors.RowsRefused, match="in memory"):
            memory.restore(file, replace=True)


def test_who_reads_is_waited_for_and_told_of(file: Path, target: Project, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "target.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(errors.LockBusy):
            target.restore(file, replace=True, lock_wait=0)
    assert _mine(tmp_path) == [(9, "mine")]


def test_who_writes_between_the_look_and_the_copy_is_noticed(
    file: Path, target: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_in, written = database_file.copy_in, []

    def copy_later(*arguments: object) -> None:
        try:
            execute(f"sqlite:///{tmp_path / 'target.db'}?timeout=0", "INSERT INTO a VALUES (10, 'too')")
            written.append("too")
        except sa.exc.OperationalError:
            pass  # without a WAL, nobody can
        copy_in(*arguments)

    monkeypatch.setattr(database_file, "copy_in", copy_later)
    if rows(f"sqlite:///{tmp_path / 'target.db'}", "PRAGMA journal_mode") == [("delete",)]:
        target.restore(file, replace=True)
        assert not written
        return
    with pytest.raises(errors.RowsRefused) as failure:
        target.restore(file, replace=True)
    assert "somebody has written meanwhile" in str(failure.value.why)
    assert _mine(tmp_path) == [(9, "mine"), (10, "too")]


def test_pages_of_another_size_are_refused_only_where_sqlite_cannot_change_them(
    file: Path, target: Project, tmp_path: Path
) -> None:
    is_wal = rows(f"sqlite:///{tmp_path / 'target.db'}", "PRAGMA journal_mode") == [("wal",)]
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("VACUUM")
    if is_wal:
        with pytest.raises(errors.RowsRefused, match="8192 bytes, and 4096"):
            target.restore(file, replace=True)
        assert _mine(tmp_path) == [(9, "mine")]
    else:
        target.restore(file, replace=True)
        assert _everything(tmp_path / "target.db") == _everything(file)


def test_a_file_that_may_not_be_written_to_stays_as_it_was(
    file: Path, target: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect
    path = str(tmp_path / "target.db")

    def read_only(place: str, **options: object) -> sqlite3.Connection:  # root may write to every file
        if place == path:
            return connect(f"file:{place}?mode=ro", uri=True, **options)
        return connect(place, **options)

    monkeypatch.setattr(sqlite_files.sqlite3, "connect", read_only)
    with pytest.raises(errors.RowsRefused) as failure:
        target.restore(file, replace=True)
    monkeypatch.undo()
    assert "readonly" in str(failure.value.why)
    assert _mine(tmp_path) == [(9, "mine")]


# -- interrupted ---------------------------------------------------------------------------------


@pytest.fixture
def large(source: Project, tmp_path: Path) -> Path:
    """A file that is copied in several pieces."""
    execute(f"sqlite:///{tmp_path / 'source.db'}", f"INSERT INTO a {MANY} SELECT n + 2, printf('%060d', n) FROM s")
    source.dump(tmp_path / "large.db")
    return tmp_path / "large.db"


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_an_interrupted_dump_leaves_no_file(source: Project, large: Path, tmp_path: Path, *, is_async: bool) -> None:
    (tmp_path / "out").mkdir()
    url = str(source.database.url and source.database.url.text)

    def stop(event: object) -> None:
        if isinstance(event, events.BytesMoved):
            stopping.interruption.request()

    stopping = Project.load(source.settings.root, listener=stop, url=through(url, ASYNC["sqlite"]) if is_async else url)
    with pytest.raises(errors.Interrupted):
        stopping.dump(tmp_path / "out" / "b.db")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("ending", ["db", "whimbrel"])
def test_it_can_be_stopped_while_the_file_is_looked_at(
    ending: str, source: Project, large: Path, target: Project, tmp_path: Path
) -> None:
    source.dump(tmp_path / f"b.{ending}")
    target.interruption.request()
    with pytest.raises(errors.Interrupted, match="while the file was looked at"):
        target.restore(tmp_path / f"b.{ending}", replace=True)
    assert _mine(tmp_path) == [(9, "mine")]
    assert not target.interruption.requested, "the next run is another one"


def test_an_interrupted_load_changes_nothing(large: Path, target: Project, tmp_path: Path) -> None:
    stopping = Project.load(target.settings.root, listener=lambda event: stopping.interruption.request())
    with pytest.raises(errors.Interrupted):
        stopping.restore(large, replace=True)
    assert _mine(tmp_path) == [(9, "mine")]


@pytest.mark.parametrize("killed", [False, True], ids=["not killed", "killed"])
def test_whoever_is_killed_in_the_middle_has_changed_nothing(
    large: Path, target: Project, tmp_path: Path, *, killed: bool
) -> None:
    assert load_elsewhere(target, large, killed=killed) is not killed
    assert len(_mine(tmp_path)) == (1 if killed else 150002)
    assert rows(f"sqlite:///{tmp_path / 'target.db'}", "PRAGMA integrity_check") == [("ok",)]
