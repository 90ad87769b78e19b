"""Where foreign keys are enforced, a rebuild deletes no row that refers to the table, and leaves none without one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from conformance.tools import stock
from support.projects import Rev, native_project, write_revision
from traps.trees import ENV
from whimbrel import Project, errors

from .conftest import Make

FAMILY = """
CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR(10), boss INT REFERENCES parent (id));
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INT REFERENCES parent (id) ON DELETE {action});
INSERT INTO parent VALUES (1, 'ann', NULL), (2, 'bob', 1); INSERT INTO child VALUES (1, 1), (2, 1), (3, 2);
"""
WIDEN = 'with op.batch_alter_table("parent") as batch:\n    batch.alter_column("name", type_=sa.String(20))'
CHILDREN = [(1, 1), (2, 1), (3, 2)]
ENFORCED = "assert op.get_bind().exec_driver_sql('PRAGMA foreign_keys').scalar() == 1"
MORE = "op.create_table('more', sa.Column('id', sa.Integer, primary_key=True))"


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "RESTRICT", "NO ACTION", "SET DEFAULT"])
def test_alembic_loses_rows_that_refer_to_a_rebuilt_table_or_fails_and_whimbrel_does_neither(
    action: str, make: Make
) -> None:
    lost = make(FAMILY.format(action=action), WIDEN, tool=stock, enforced=True)
    failed = lost.upgrade().code != 0
    assert failed or lost.rows("SELECT * FROM child") != CHILDREN, "Alembic loses rows, or fails"
    database = make(FAMILY.format(action=action), WIDEN, enforced=True)
    database.upgrade().ok()
    assert database.rows("SELECT * FROM child") == CHILDREN
    assert database.rows("SELECT * FROM parent") == [(1, "ann", None), (2, "bob", 1)]
    assert database.rows("PRAGMA foreign_key_check") == []


def test_foreign_keys_are_enforced_before_and_behind_the_revision_that_rebuilds(make: Make) -> None:
    database = make(FAMILY.format(action="CASCADE"), ENFORCED, f"{MORE}\n{WIDEN}", ENFORCED, enforced=True)
    database.upgrade().ok()
    assert database.rows("SELECT * FROM child") == CHILDREN


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sa.Connection]:
    """A connection of the caller's to a database with rows that refer to others, which it looks after."""
    with closing(sqlite3.connect(tmp_path / "app.db")) as script:
        script.executescript(FAMILY.format(action="CASCADE"))
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}", poolclass=sa.StaticPool)
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")
        yield connection
    engine.dispose()


def upgrade(connection: sa.Connection, tmp_path: Path, *upgrades: str) -> None:
    names = [f"{number:04}" for number in range(1, len(upgrades) + 1)]
    revisions = [Rev(n, b, upgrade=u) for n, b, u in zip(names, [None, *names], upgrades, strict=False)]
    folder = native_project(tmp_path / "p", "sqlite://", revisions)
    Project.load(folder, connection=connection).upgrade()


def rows(tmp_path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(tmp_path / "app.db")) as other:
        return other.execute(statement).fetchall()


def is_enforced(connection: sa.Connection) -> bool:
    raw = connection.connection.driver_connection
    assert raw is not None
    return bool(raw.execute("PRAGMA foreign_keys").fetchone()[0])


@pytest.mark.parametrize("fails", [False, True])
def test_the_connection_looks_after_foreign_keys_again_however_the_revision_ends(
    fails: bool, connection: sa.Connection, tmp_path: Path
) -> None:
    before = rows(tmp_path, "SELECT sql FROM sqlite_master WHERE name IN ('parent', 'child') ORDER BY name")
    expected = pytest.raises(errors.MigrationFailed, match="on purpose") if fails else nullcontext()
    with expected:
        upgrade(connection, tmp_path, WIDEN + ("\nraise RuntimeError('on purpose')" if fails else ""))
    assert is_enforced(connection)
    assert rows(tmp_path, "SELECT * FROM child") == CHILDREN
    after = rows(tmp_path, "SELECT sql FROM sqlite_master WHERE name IN ('parent', 'child') ORDER BY name")
    assert (after == before) == fails


def test_in_the_callers_transaction_the_rebuild_is_refused_and_nothing_is_lost(
    connection: sa.Connection, tmp_path: Path
) -> None:
    with connection.begin(), pytest.raises(errors.RebuildRefused, match="rebuilding parent") as refused:
        upgrade(connection, tmp_path, WIDEN)
    assert "not whimbrel's to begin again" in str(refused.value.why)
    assert rows(tmp_path, "SELECT * FROM child") == CHILDREN
    assert is_enforced(connection)


def test_in_the_callers_transaction_a_table_that_nothing_refers_to_is_rebuilt(
    connection: sa.Connection, tmp_path: Path
) -> None:
    batch = 'with op.batch_alter_table("child") as batch:\n    batch.alter_column("parent_id", nullable=False)'
    with connection.begin():
        upgrade(connection, tmp_path, batch)
    assert rows(tmp_path, "SELECT * FROM child") == CHILDREN


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (f"{MORE}\nop.execute('COMMIT')\nop.execute('INSERT INTO more VALUES (1)')", "committed something before"),
        (f"{MORE}\nwith op.get_context().autocommit_block():\n    pass", "committed something before"),
        (f"{MORE}\nop.get_bind().connection.execute('INSERT INTO more VALUES (1)')", "committed something before"),
        ("op.get_bind().engine.connect().close()", "on another connection"),
    ],
    ids=["COMMIT", "autocommit block", "the driver's connection", "another connection"],
)
def test_a_revision_that_cannot_be_run_again_is_refused(before: str, reason: str, make: Make) -> None:
    database = make(FAMILY.format(action="CASCADE"), f"{before}\n{WIDEN}", enforced=True)
    failed = database.upgrade()
    assert (failed.code, "error[WB617]: rebuilding parent here" in failed.err) == (6, True), failed.err
    assert reason in failed.err
    assert database.rows("SELECT * FROM child") == CHILDREN


def test_outside_of_any_transaction_the_rebuild_switches_foreign_keys_itself(make: Make) -> None:
    indented = WIDEN.replace("\n", "\n    ")
    block = f"with op.get_context().autocommit_block():\n    {indented}\n    {ENFORCED}"
    database = make(FAMILY.format(action="CASCADE"), block, enforced=True)
    database.upgrade().ok()
    assert database.rows("SELECT * FROM child") == CHILDREN
    assert "VARCHAR(20)" in str(database.sql("parent"))


@pytest.mark.parametrize("handler", ["Exception", "BaseException"])
def test_a_revision_that_catches_what_a_batch_raises_does_not_go_on_without_its_rebuild(
    handler: str, make: Make
) -> None:
    indented = WIDEN.replace("\n", "\n    ")
    upgrade = f"try:\n    {indented}\nexcept {handler}:\n    pass"
    database = make(FAMILY.format(action="CASCADE"), upgrade, enforced=True)
    database.upgrade().ok()
    assert "VARCHAR(20)" in str(database.sql("parent"))
    assert database.rows("SELECT * FROM child") == CHILDREN


def test_rows_that_would_refer_to_nothing_are_named_and_all_is_rolled_back(make: Make) -> None:
    """What should have cascaded does not, with foreign keys switched off; that is no silent loss."""
    upgrade = f"op.execute('DELETE FROM parent WHERE id = 2')\n{WIDEN}"
    database = make(FAMILY.format(action="CASCADE"), upgrade, enforced=True)
    before = database.rows("SELECT * FROM sqlite_master WHERE name = 'parent'")
    failed = database.upgrade()
    assert (failed.code, "error[WB422]" in failed.err) == (3, True), failed.err
    assert "row 3 of child refers to one of parent that is not there" in failed.err
    assert database.rows("SELECT * FROM parent") == [(1, "ann", None), (2, "bob", 1)]
    assert database.rows("SELECT * FROM sqlite_master WHERE name = 'parent'") == before


def test_rows_that_referred_to_nothing_before_are_no_error(make: Make) -> None:
    script = FAMILY.format(action="CASCADE") + "INSERT INTO child VALUES (9, 77);"
    database = make(script, WIDEN, enforced=True)
    database.upgrade().ok()
    assert database.rows("SELECT * FROM child") == [*CHILDREN, (9, 77)]


def test_a_new_foreign_key_that_rows_break_is_an_error_where_foreign_keys_are_looked_after(make: Make) -> None:
    script = FAMILY.format(action="CASCADE") + "CREATE TABLE x (id INT); INSERT INTO x VALUES (1), (5);"
    batch = 'with op.batch_alter_table("parent") as batch:\n'
    key = f'{batch}    batch.create_foreign_key("fk", "x", ["id"], ["id"])'
    unique = 'with op.batch_alter_table("x") as batch:\n    batch.create_unique_constraint("uq", ["id"])'
    database = make(script, f"{unique}\n{key}", enforced=True)
    failed = database.upgrade()
    assert "row 2 of parent refers to one of x that is not there" in failed.err


def test_the_revisions_are_told_and_kept_in_the_journal_once(make: Make) -> None:
    database = make(FAMILY.format(action="CASCADE"), MORE, WIDEN, enforced=True)
    done = database.upgrade().ok()
    assert done.err.count("ok  0002") + done.out.count("ok  0002") == 1
    assert database.rows("SELECT revision, state FROM whimbrel_attempt ORDER BY 1") == [
        ("0001", "done"),
        ("0002", "done"),
    ]


RECIPE = """
    import sqlalchemy
    @sqlalchemy.event.listens_for(engine, "connect")
    def on(connection, record):
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
    @sqlalchemy.event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")
    with engine.connect()"""


@pytest.mark.parametrize("option", ["transaction_per_migration=True", "compare_type=True"])
def test_an_engine_that_begins_by_itself_loses_nothing(option: str, make: Make) -> None:
    """As SQLAlchemy's documentation has it. Its BEGIN makes the transaction env.py's, unless each revision has one."""
    database = make(FAMILY.format(action="CASCADE"), MORE, f"{ENFORCED}\n{MORE.replace('more', 'most')}")
    env = ENV.replace("    with engine.connect()", RECIPE).replace("target_metadata=target_metadata", option)
    (database.folder / "migrations" / "env.py").write_text(env)
    write_revision(database.folder / "migrations" / "versions", Rev("0003", "0002", upgrade=WIDEN))
    done = database.upgrade()
    assert database.rows("SELECT * FROM child") == CHILDREN
    is_done = "VARCHAR(20)" in str(database.sql("parent"))
    assert is_done == (done.code == 0) == ("per_migration" in option)
    assert is_done or "error[WB617]" in done.err


def test_an_async_driver_is_as_good(tmp_path: Path, make: Make) -> None:
    database = make(FAMILY.format(action="CASCADE"))
    revisions = [
        Rev("0001", upgrade=ENFORCED),
        Rev("0002", "0001", upgrade=f"{MORE}\n{WIDEN}"),
        Rev("0003", "0002", upgrade=ENFORCED),
    ]
    folder = native_project(tmp_path / "async", f"sqlite+aiosqlite:///{database.file}", revisions)

    def enforce(connection: Any, _: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")

    sa.event.listen(sa.Engine, "connect", enforce)
    try:
        assert Project.load(folder).upgrade().revisions == ("0001", "0002", "0003")
    finally:
        sa.event.remove(sa.Engine, "connect", enforce)
    assert database.rows("SELECT * FROM child") == CHILDREN
