"""All rows of an archive are there afterwards, as they were; or none, and why is said."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from snapshot.projects import execute, project
from support.databases import rows
from whimbrel import Project, errors, events

MakeDatabase = Callable[[str], str]
CYCLE = (
    "CREATE TABLE a (id INTEGER PRIMARY KEY, b_id INTEGER, up INTEGER REFERENCES a (id))",
    "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id))",
)
NAMES = "CREATE TABLE a (id INTEGER PRIMARY KEY, name VARCHAR(20), price NUMERIC(10, 3))"


@pytest.fixture
def archive(url: str, tmp_path: Path) -> Path:
    """Three rows of a database of each kind in turn."""
    shop = project(tmp_path / "source", url, NAMES)
    execute(url, "INSERT INTO a VALUES (1, 'one', 1.125), (2, NULL, NULL), (3, '', -0.5)")
    shop.dump(tmp_path / "a.whimbrel")
    return tmp_path / "a.whimbrel"


@pytest.fixture
def empty(kind: str, make_database: MakeDatabase, tmp_path: Path, archive: Path) -> Project:
    """A database of the same kind, at the same revision, without a row."""
    return project(tmp_path / "target", make_database(kind), NAMES)


def _url(target: Project) -> str:
    assert target.database.url is not None
    return target.database.url.text


def test_rows_that_are_there_go_only_if_they_may(archive: Path, empty: Project) -> None:
    execute(_url(empty), "INSERT INTO a VALUES (1, 'mine', 7)")
    with pytest.raises(errors.NotEmpty, match=r"a \(1 row\)"):
        empty.restore(archive)
    assert rows(_url(empty), "SELECT name FROM a") == [("mine",)]
    assert empty.restore(archive, replace=True).replaced == 1
    assert rows(_url(empty), "SELECT name FROM a ORDER BY id") == [("one",), (None,), ("",)]


def test_rows_of_a_production_database_go_only_with_its_name(archive: Path, empty: Project) -> None:
    with (Path(empty.settings.root) / "whimbrel.toml").open("a") as file:
        file.write("production = true\n")
    target = Project.load(empty.settings.root)
    target.restore(archive)
    with pytest.raises(errors.NotConfirmed):
        target.restore(archive, replace=True)
    assert target.restore(archive, replace=True, confirm="main").replaced == 3


def test_an_archive_of_another_revision_is_refused_with_the_way_there(archive: Path, empty: Project) -> None:
    empty.upgrade("bbbb")
    with pytest.raises(errors.ArchiveDoesNotFit) as refusal:
        empty.restore(archive)
    assert str(refusal.value.hint).startswith("whimbrel downgrade aaaa")
    empty.downgrade("base")
    with pytest.raises(errors.ArchiveDoesNotFit) as refusal:
        empty.restore(archive)
    assert str(refusal.value.hint).startswith("whimbrel upgrade aaaa")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("ALTER TABLE a DROP COLUMN name", "a has no column name"),
        ("ALTER TABLE a ADD COLUMN more INTEGER", "the archive has no column a.more"),
        ("CREATE TABLE z (id INTEGER)", "the archive has no table z"),
        ("DROP TABLE a", "the database has no table a"),
    ],
)
def test_other_tables_and_columns_are_named(statement: str, words: str, archive: Path, empty: Project) -> None:
    execute(_url(empty), statement)
    with pytest.raises(errors.ArchiveDoesNotFit, match=words):
        empty.restore(archive)


def test_a_value_without_room_is_an_error_and_nothing_is_changed(kind: str, archive: Path, empty: Project) -> None:
    url = _url(empty)
    narrow = "INTEGER CHECK (price IS NULL OR typeof(price) = 'integer')" if kind == "sqlite" else "NUMERIC(10, 1)"
    execute(url, "DROP TABLE a", NAMES.replace("NUMERIC(10, 3)", narrow), "INSERT INTO a VALUES (9, 'mine', 7)")
    with pytest.raises((errors.LoadedOtherwise, errors.RowsRefused)) as failure:
        empty.restore(archive, replace=True)
    assert failure.value.state == "nothing was changed: all of it was rolled back"
    assert kind == "sqlite" or "price" in str(failure.value.why)
    assert rows(url, "SELECT id, name FROM a") == [(9, "mine")]


def test_every_way_to_cut_an_archive_off_is_noticed_before_the_database_is(archive: Path, empty: Project) -> None:
    whole = archive.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        archive.write_bytes(whole[:at])
        with pytest.raises(errors.ArchiveInvalid):
            empty.restore(archive)
    assert rows(_url(empty), "SELECT count(*) FROM a") == [(0,)]


def test_rows_that_were_changed_have_another_checksum(archive: Path, empty: Project) -> None:
    changed = archive.with_name("b.whimbrel")
    with zipfile.ZipFile(archive) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b'"one"', b'"two"'))
    with pytest.raises(errors.ArchiveInvalid, match="checksum"):
        empty.restore(changed)


def test_an_archive_of_a_newer_format_says_so(archive: Path, empty: Project) -> None:
    newer = archive.with_name("b.whimbrel")
    with zipfile.ZipFile(archive) as before, zipfile.ZipFile(newer, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b'"version": 1', b'"version": 2'))
    with pytest.raises(errors.ArchiveInvalid, match="newer"):
        empty.restore(newer)


def test_an_interrupted_load_changes_nothing(archive: Path, empty: Project) -> None:
    execute(_url(empty), "INSERT INTO a VALUES (9, 'mine', 7)")

    def stop(event: object) -> None:
        if isinstance(event, events.RowsMoved) and event.what == "load":
            target.interruption.request()

    target = Project.load(empty.settings.root, listener=stop)
    with pytest.raises(errors.Interrupted):
        target.restore(archive, replace=True)
    assert rows(_url(empty), "SELECT id, name FROM a") == [(9, "mine")]


def test_a_request_while_the_archive_is_looked_at_is_for_that_run_alone(archive: Path, empty: Project) -> None:
    empty.interruption.request()
    with pytest.raises(errors.Interrupted, match="while the file was looked at"):
        empty.restore(archive)
    assert empty.restore(archive).rows == 3


def test_a_request_while_the_lock_is_waited_for_is_for_that_run_alone(archive: Path, empty: Project) -> None:
    stopped: list[BaseException] = []

    def stop(event: object) -> None:
        if isinstance(event, events.Waiting):
            waiting.interruption.request()

    def meanwhile(event: object) -> None:
        if isinstance(event, events.RowsMoved) and event.what == "load":
            for command in (lambda: waiting.restore(archive), lambda: waiting.clean(confirm="main")):
                with pytest.raises(errors.Interrupted) as refusal:
                    command()
                stopped.append(refusal.value)

    waiting = Project.load(empty.settings.root, listener=stop)
    Project.load(empty.settings.root, listener=meanwhile).restore(archive)
    assert len(stopped) == 2
    assert rows(_url(empty), "SELECT count(*) FROM a") == [(3,)]
    assert waiting.restore(archive, replace=True).replaced == 3


def test_cycles_and_references_to_the_same_table_are_loaded(
    kind: str, url: str, make_database: MakeDatabase, tmp_path: Path
) -> None:
    more = () if kind == "sqlite" else ("ALTER TABLE a ADD CONSTRAINT to_b FOREIGN KEY (b_id) REFERENCES b (id)",)
    first = project(tmp_path / "p", url, *CYCLE, *more)
    execute(
        url,
        "INSERT INTO a VALUES (2, NULL, NULL), (1, NULL, 2)",
        "INSERT INTO b VALUES (1, 1), (2, 2)",
        "UPDATE a SET b_id = id, up = 3 - id",
    )
    first.dump(tmp_path / "a.whimbrel")
    other = make_database(kind)
    second = project(tmp_path / "q", other, *CYCLE, *more)
    second.restore(tmp_path / "a.whimbrel")
    second.restore(tmp_path / "a.whimbrel", replace=True)
    assert rows(other, "SELECT id, b_id, up FROM a ORDER BY id") == [(1, 1, 2), (2, 2, 1)]
    if kind != "sqlite":  # the constraints are what they were
        with pytest.raises(sa.exc.IntegrityError):
            execute(other, "UPDATE b SET a_id = 77", "UPDATE b SET a_id = 1")


def test_rows_that_refer_to_nothing_are_refused_where_that_is_looked_after(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    first = project(tmp_path / "p", make_database("sqlite"), *CYCLE)
    execute(_url(first), "INSERT INTO b VALUES (1, 77)")
    first.dump(tmp_path / "a.whimbrel")
    for kind in ("postgresql", "mariadb"):
        target = project(tmp_path / kind, make_database(kind), *CYCLE)
        with pytest.raises((errors.RowsRefused, errors.LoadedOtherwise)):
            target.restore(tmp_path / "a.whimbrel")
        assert rows(_url(target), "SELECT count(*) FROM b") == [(0,)]


NUMBERED = {
    "sqlite": "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)",
    "postgresql": "CREATE TABLE a (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT)",
    "mariadb": "CREATE TABLE a (id BIGINT AUTO_INCREMENT PRIMARY KEY, name TEXT)",
}


@pytest.mark.parametrize("source", NUMBERED)
def test_numbers_go_on_behind_those_that_were_given_out(
    source: str, kind: str, url: str, make_database: MakeDatabase, tmp_path: Path
) -> None:
    here = make_database(source)
    first, second = project(tmp_path / "p", here, NUMBERED[source]), project(tmp_path / "q", url, NUMBERED[kind])
    execute(here, *(f"INSERT INTO a (name) VALUES ('{n}')" for n in range(5)), "DELETE FROM a WHERE id > 3")
    first.dump(tmp_path / "a.whimbrel")
    second.restore(tmp_path / "a.whimbrel")
    execute(url, "INSERT INTO a (name) VALUES ('next')")
    assert rows(url, "SELECT id FROM a WHERE name = 'next'") == [(6,)]


def test_numbers_that_cannot_go_on_are_told(make_database: MakeDatabase, tmp_path: Path) -> None:
    """In MariaDB that is DDL: not for everybody, and it would commit a transaction of the caller's."""
    here, there = make_database("mariadb"), make_database("mariadb")
    first, second = (project(tmp_path / at[-9:], at, NUMBERED["mariadb"]) for at in (here, there))
    execute(here, "INSERT INTO a (id) VALUES (3), (99)", "DELETE FROM a WHERE id = 99")
    first.dump(tmp_path / "a.whimbrel")
    told: list[object] = []
    folder, url, user = second.settings.root, sa.make_url(there), f"wbtest_{os.getpid()}"
    with sa.create_engine(there).connect() as connection, connection.begin() as begun:
        Project.load(folder, listener=told.append, connection=connection).restore(tmp_path / "a.whimbrel")
        begun.rollback()
    assert rows(there, "SELECT count(*) FROM a") == [(0,)]
    execute(there, f"GRANT SELECT, INSERT, DELETE ON {url.database}.* TO {user}@'%' IDENTIFIED BY 'secret'")
    try:
        as_user = url.set(username=user, password="secret").render_as_string(hide_password=False)
        Project.load(folder, listener=told.append, url=as_user).restore(tmp_path / "a.whimbrel")
    finally:
        execute(there, f"DROP USER {user}@'%'")
    assert rows(there, "SELECT id FROM a") == [(3,)]
    notices = [event for event in told if isinstance(event, events.Notice)]
    assert [notice.text.partition(":")[0] for notice in notices] == [
        "a gives numbers out anew that rows had which are not in the archive"
    ] * 2
    assert "command denied" in notices[1].text
    for notice in notices:  # the hint is right
        execute(there, notice.hint.partition(": ")[2], "INSERT INTO a (name) VALUES ('next')")
    assert rows(there, "SELECT id FROM a WHERE name = 'next'") == [(100,), (101,)]


@pytest.mark.parametrize(
    "table",
    [
        "CREATE TABLE b (code TEXT PRIMARY KEY, how TEXT DEFAULT 'AUTOINCREMENT')",
        'CREATE TABLE b (code TEXT PRIMARY KEY, "autoincrement" TEXT)',
        "CREATE TABLE b (code TEXT PRIMARY KEY /* not AUTOINCREMENT */, how TEXT)",
        "CREATE TABLE b (code INTEGER PRIMARY KEY, how TEXT DEFAULT 'it''s AUTOINCREMENT')",
    ],
)
def test_a_table_that_only_speaks_of_autoincrement_is_not_numbered(
    table: str, make_database: MakeDatabase, tmp_path: Path
) -> None:
    url, other = make_database("sqlite"), make_database("sqlite")
    first, second = (project(tmp_path / at[-7:], at, NUMBERED["sqlite"], table) for at in (url, other))
    execute(url, "INSERT INTO a (id) VALUES (7)", "INSERT INTO b (code) VALUES ('12')")
    first.dump(tmp_path / "a.whimbrel")
    second.restore(tmp_path / "a.whimbrel")
    assert rows(other, "SELECT name, seq FROM sqlite_sequence") == [("a", 7)]


_FUNCTION = (
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (new.id); RETURN new; END'"
)
COUNTING = {
    "sqlite": ("CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO log VALUES (new.id); END",),
    "postgresql": (
        _FUNCTION,
        "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    "mariadb": ("CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW INSERT INTO log VALUES (new.id)",),
}


def test_triggers_do_not_run_or_are_noticed(kind: str, url: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    statements = (NAMES, "CREATE TABLE log (id INTEGER)", *COUNTING[kind])
    first = project(tmp_path / "p", url, *statements)
    execute(url, "INSERT INTO a VALUES (1, 'one', 1)", "DELETE FROM log")
    first.dump(tmp_path / "a.whimbrel")
    other = make_database(kind)
    second = project(tmp_path / "q", other, *statements)
    if kind == "mariadb":
        with pytest.raises(errors.LoadedOtherwise, match="trigger"):
            second.restore(tmp_path / "a.whimbrel")
        assert rows(other, "SELECT count(*) FROM a") == [(0,)]
        return
    second.restore(tmp_path / "a.whimbrel")
    assert rows(other, "SELECT count(*) FROM log") == [(0,)]
    execute(other, "INSERT INTO a VALUES (2, 'two', 1)")
    assert rows(other, "SELECT id FROM log") == [(2,)]


def test_triggers_that_always_run_do_not_and_afterwards_do_again(make_database: MakeDatabase, tmp_path: Path) -> None:
    """As replication has them, whatever its role; and what is disabled stays disabled."""
    modes = "SELECT tgname::text, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
    more = [f'CREATE TRIGGER "{name}" AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()' for name in ("T 2", "u")]
    enabled = ('ALTER TABLE a ENABLE ALWAYS TRIGGER "T 2"', "ALTER TABLE a DISABLE TRIGGER u")
    statements = (NAMES, "CREATE TABLE log (id INTEGER)", *COUNTING["postgresql"], *more, *enabled)
    url, other = make_database("postgresql"), make_database("postgresql")
    first, second = project(tmp_path / "p", url, *statements), project(tmp_path / "q", other, *statements)
    execute(url, "INSERT INTO a VALUES (1, 'one', 1)", "DELETE FROM log")
    first.dump(tmp_path / "a.whimbrel")
    second.restore(tmp_path / "a.whimbrel")
    assert rows(other, "SELECT count(*) FROM log") == [(0,)]
    assert set(rows(other, modes)) == {("T 2", "A"), ("t", "O"), ("u", "D")}


@pytest.mark.parametrize(
    ("column", "more"),
    [
        ("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", ()),
        (
            "BIGINT PRIMARY KEY",
            ("CREATE SEQUENCE used OWNED BY a.id", "ALTER TABLE a ALTER id SET DEFAULT nextval('used')"),
        ),
    ],
)
def test_of_two_sequences_that_a_column_owns_the_one_that_numbers_it_goes_on(
    column: str, more: tuple[str, ...], make_database: MakeDatabase, tmp_path: Path
) -> None:
    before = ("CREATE SEQUENCE early", f"CREATE TABLE a (id {column}, name TEXT)")
    statements = (*before, "ALTER SEQUENCE early OWNED BY a.id", *more, "CREATE SEQUENCE late OWNED BY a.id")
    url, other = make_database("postgresql"), make_database("postgresql")
    first, second = project(tmp_path / "p", url, *statements), project(tmp_path / "q", other, *statements)
    execute(url, "INSERT INTO a (name) VALUES ('one'), ('two')", "SELECT setval('late', 70), setval('early', 80)")
    assert first.dump(tmp_path / "a.whimbrel").rows == 2
    second.restore(tmp_path / "a.whimbrel")
    execute(other, "INSERT INTO a (name) VALUES ('next')")
    assert rows(other, "SELECT id FROM a WHERE name = 'next'") == [(3,)]


def test_a_connection_lost_during_the_commit_is_no_certainty(make_database: MakeDatabase, tmp_path: Path) -> None:
    source = project(tmp_path / "p", make_database("postgresql"), "CREATE TABLE a (id INTEGER)")
    execute(_url(source), "INSERT INTO a VALUES (1)")
    source.dump(tmp_path / "a.whimbrel")
    target = project(tmp_path / "q", make_database("postgresql"), "CREATE TABLE a (id INTEGER)")
    ended: list[object] = []

    def kill(connection: sa.Connection) -> None:
        if ended:
            pid = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
            ended.clear()
            execute(_url(target), f"SELECT pg_terminate_backend({pid})")

    def arm(connection: sa.Connection, cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO"):
            ended.append(statement)

    sa.event.listen(sa.Engine, "commit", kill)
    sa.event.listen(sa.Engine, "before_cursor_execute", arm)
    try:
        with pytest.raises(errors.CommitUnknown) as failure:
            target.restore(tmp_path / "a.whimbrel")
    finally:
        sa.event.remove(sa.Engine, "commit", kill)
        sa.event.remove(sa.Engine, "before_cursor_execute", arm)
    assert str(failure.value.state).startswith("unknown")
    assert rows(_url(target), "SELECT count(*) FROM a") == [(0,)]


@pytest.mark.parametrize("name", ["a.b", "a b", "order"])
def test_a_table_may_have_any_name(name: str, kind: str, url: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    quoted = f"`{name}`" if kind == "mariadb" else f'"{name}"'
    table = f"CREATE TABLE {quoted} (id INTEGER PRIMARY KEY)"
    source = project(tmp_path / "p", url, table)
    execute(url, f"INSERT INTO {quoted} VALUES (7)")
    source.dump(tmp_path / "a.whimbrel")
    other = make_database(kind)
    assert project(tmp_path / "q", other, table).restore(tmp_path / "a.whimbrel").rows == 1
    assert rows(other, f"SELECT id FROM {quoted}") == [(7,)]


def test_a_table_with_the_label_of_another_one_is_another_one(make_database: MakeDatabase, tmp_path: Path) -> None:
    tables = ("CREATE SCHEMA a", "CREATE TABLE a.b (id INTEGER)", 'CREATE TABLE "a.b" (id INTEGER)')
    url, other = make_database("postgresql"), make_database("postgresql")
    source = project(tmp_path / "p", url, *tables)
    execute(url, "INSERT INTO a.b VALUES (1)", 'INSERT INTO "a.b" VALUES (2), (3)')
    source.dump(tmp_path / "a.whimbrel")
    project(tmp_path / "q", other, *tables).restore(tmp_path / "a.whimbrel")
    assert rows(other, 'SELECT id FROM a.b UNION ALL SELECT id FROM "a.b"') == [(1,), (2,), (3,)]


def test_rows_that_no_new_connection_can_confirm_are_not_said_to_be_unchanged(archive: Path, empty: Project) -> None:
    compared: list[object] = []

    def refuse(*_: object) -> None:
        if compared:  # as a server does that has no connection left
            raise ConnectionError("too many connections")

    def listen(event: object) -> None:
        compared.extend([event] if isinstance(event, events.RowsMoved) and event.what == "compare" else [])

    sa.event.listen(sa.Engine, "do_connect", refuse)
    try:
        with pytest.raises(errors.NotCommitted, match="no new connection could confirm it") as failure:
            Project.load(empty.settings.root, listener=listen).restore(archive)
    finally:
        sa.event.remove(sa.Engine, "do_connect", refuse)
    assert failure.value.state == "they are most likely there"
    assert rows(_url(empty), "SELECT count(*) FROM a") == [(3,)]
