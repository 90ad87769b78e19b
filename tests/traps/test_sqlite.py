"""What revisions on SQLite do that a transaction around them would change.

Python's driver opens no transaction for DDL or PRAGMA, so with stock Alembic these run outside of any; whimbrel opens one
for each revision.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from conformance.graphs import A1, A2, A3
from conformance.stage import Place, Stage
from conformance.tools import Tool, ours, stock
from support.projects import Rev

from .trees import ENV, project

_EACH_TOOL = pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])

_FOREIGN_KEYS_ON = ENV.replace("    with engine.connect()", """
    import sqlalchemy
    @sqlalchemy.event.listens_for(engine, "connect")
    def on(connection, record):
        connection.execute("PRAGMA foreign_keys = ON")
    with engine.connect()""")  # fmt: skip

_FAMILY = """
op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(10)))
op.create_table("child", sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE")))
op.execute("INSERT INTO parent VALUES (1, 'ann')")
op.execute("INSERT INTO child VALUES (1, 1)")
""".strip()
_REBUILD = 'with op.batch_alter_table("parent") as batch:\n    batch.alter_column("name", type_=sa.String(20))'
_SWITCHES = {
    "op.execute": 'op.execute("PRAGMA foreign_keys = OFF")',
    "other spelling": 'op.execute(sa.text("\\n pragma main.foreign_keys(0);"))',
    "comment": 'op.execute("-- SQLite only\\nPRAGMA foreign_keys=OFF")',
    "get_bind": 'op.get_bind().exec_driver_sql("PRAGMA foreign_keys=OFF")',
    "autocommit_block": 'with op.get_context().autocommit_block():\n    op.execute("PRAGMA foreign_keys=OFF")',
    "the driver's connection": 'op.get_bind().connection.execute("PRAGMA foreign_keys=OFF")',
    "the driver's connection itself": 'op.get_bind().connection.driver_connection.execute("PRAGMA foreign_keys=OFF")',
    "the driver's cursor": 'op.get_context().connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")',
    "the driver's connection, taken before": "raw = op.get_bind().connection\n"
    'op.create_table("x", sa.Column("id", sa.Integer))\nraw.execute("PRAGMA foreign_keys=OFF")',
    "a session": "from sqlalchemy.orm import Session\n"
    'Session(op.get_bind()).connection().connection.execute("PRAGMA foreign_keys=OFF")',
    "async": "async def off(connection):\n    raw = await connection.get_raw_connection()\n"
    '    raw.dbapi_connection.execute("PRAGMA foreign_keys=OFF")\nop.run_async(off)',
    "after DDL": 'op.create_table("x", sa.Column("id", sa.Integer))\nop.execute("PRAGMA foreign_keys=OFF")',
}


def _rows(place: Place, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(place.file)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


@_EACH_TOOL
@pytest.mark.parametrize("switch", _SWITCHES.values(), ids=_SWITCHES)
def test_foreign_keys_switched_off_by_the_revision(tool: Tool, switch: str, stage: Stage, tmp_path: Path) -> None:
    """Rebuilding a table that others refer to with ON DELETE CASCADE: the revision switches foreign keys off first, as
    SQLite's documentation says. In a transaction that PRAGMA does nothing, and the children are deleted."""
    [place] = stage.places("sqlite", 1)
    project(
        tmp_path,
        place.url,
        Rev(A1, upgrade=_FAMILY),
        Rev(A2, A1, upgrade=f"{switch}\n{_REBUILD}"),
        env=_FOREIGN_KEYS_ON,
    )
    tool("upgrade", A1, cwd=tmp_path).ok()
    tool("upgrade", A2, cwd=tmp_path)
    assert _rows(place, "SELECT * FROM child") == [(1, 1)]


_BY_HAND = """
raw = op.get_bind().connection
raw.execute("PRAGMA foreign_keys = OFF")
raw.execute("CREATE TABLE new_parent (id INTEGER PRIMARY KEY, name VARCHAR(20))")
raw.execute("INSERT INTO new_parent SELECT * FROM parent")
raw.execute("DROP TABLE parent")
raw.execute("ALTER TABLE new_parent RENAME TO parent")
raw.commit()
""".strip()
_AS_SCRIPT = """
op.get_bind().connection.executescript('''
    PRAGMA foreign_keys = OFF;
    BEGIN;
    CREATE TABLE new_parent (id INTEGER PRIMARY KEY, name VARCHAR(20));
    INSERT INTO new_parent SELECT * FROM parent;
    DROP TABLE parent;
    ALTER TABLE new_parent RENAME TO parent;
    COMMIT;
''')
""".strip()
_AS_DOCUMENTED = """
for statement in ("PRAGMA foreign_keys = OFF", "BEGIN TRANSACTION",
                  "CREATE TABLE new_parent (id INTEGER PRIMARY KEY, name VARCHAR(20))",
                  "INSERT INTO new_parent SELECT * FROM parent", "DROP TABLE parent",
                  "ALTER TABLE new_parent RENAME TO parent", "PRAGMA foreign_key_check", "COMMIT",
                  "PRAGMA foreign_keys = ON"):
    op.execute(statement)
""".strip()


@_EACH_TOOL
@pytest.mark.parametrize(
    "rebuild",
    [_BY_HAND, _AS_SCRIPT, _AS_DOCUMENTED],
    ids=["driver's connection", "script", "the twelve steps of SQLite's documentation"],
)
def test_rebuild_by_hand(tool: Tool, rebuild: str, stage: Stage, tmp_path: Path) -> None:
    """The whole rebuild through the driver, where nobody sees the PRAGMA, or in a transaction of the revision's own."""
    [place] = stage.places("sqlite", 1)
    revisions = [Rev(A1, upgrade=_FAMILY), Rev(A2, A1, upgrade=rebuild), Rev(A3, A2)]
    project(tmp_path, place.url, *revisions, env=_FOREIGN_KEYS_ON)
    tool("upgrade", A1, cwd=tmp_path).ok()
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert _rows(place, "SELECT * FROM child") == [(1, 1)]
    assert _rows(place, "SELECT * FROM parent") == [(1, "ann")]
    assert place.versions() == [A3]


def _made(*names: str) -> str:
    return "\n".join(f'op.create_table("{name}", sa.Column("id", sa.Integer))' for name in names)


_OWN_TRANSACTIONS = {
    "BEGIN": f'op.execute("BEGIN")\n{_made("one", "two")}\nop.execute("COMMIT")',
    "BEGIN IMMEDIATE": f'op.execute("BEGIN IMMEDIATE")\n{_made("one", "two")}\nop.execute("COMMIT")',
    "begin exclusive; end": f'op.execute(sa.text("begin exclusive"))\n{_made("one", "two")}\nop.execute("end")',
    "no COMMIT": f'op.execute("-- mine\\nBEGIN")\n{_made("one", "two")}',
    "between DDL": f'{_made("one")}\nop.execute("BEGIN")\n{_made("two")}\nop.execute("COMMIT")',
    "two of them": f'op.execute("BEGIN")\n{_made("one")}\nop.execute("COMMIT")\n'
    f'op.execute("BEGIN")\n{_made("two")}\nop.execute("COMMIT")',
    "one taken back": f'{_made("one", "two")}\nop.execute("BEGIN")\n{_made("three")}\nop.execute("ROLLBACK")',
    "SAVEPOINT": f'op.execute("SAVEPOINT mine")\n{_made("one", "two")}\nop.execute("RELEASE mine")',
    "begin_nested": f'with op.get_bind().begin_nested():\n    op.execute("PRAGMA user_version = 3")\n{_made("one", "two")}',
    "the driver's": f'raw = op.get_bind().connection\nraw.execute("BEGIN")\n{_made("one", "two")}\nraw.commit()',
    "the driver's cursor": f'cursor = op.get_bind().connection.cursor()\ncursor.execute("BEGIN")\n{_made("one", "two")}\n'
    'cursor.execute("COMMIT")',
    "script": 'op.get_bind().connection.executescript("BEGIN; CREATE TABLE one (x); CREATE TABLE two (x); COMMIT")',
    "script and DDL": f'{_made("one")}\nop.get_bind().connection.executescript("BEGIN; CREATE TABLE two (x); COMMIT")',
    "in an autocommit block": f'with op.get_context().autocommit_block():\n    op.execute("BEGIN")\n    '
    f'op.execute("CREATE TABLE one (x)")\n    op.execute("COMMIT")\n{_made("two")}',
}  # fmt: skip


@_EACH_TOOL
@pytest.mark.parametrize("upgrade", _OWN_TRANSACTIONS.values(), ids=_OWN_TRANSACTIONS)
def test_transaction_of_the_revision_itself(tool: Tool, upgrade: str, stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places("sqlite", 1)
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=upgrade, downgrade="pass"), Rev(A3, A2))
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]
    assert place.tables() == {"alembic_version", f"t_{A1}", f"t_{A3}", "one", "two"}


_SWITCHED_OFF = 'op.execute("PRAGMA foreign_keys=OFF")'


@pytest.mark.parametrize(
    ("upgrade", "left"),
    [
        pytest.param(f'op.execute("BEGIN")\n{_made("one")}', False, id="in its own transaction"),
        pytest.param(f'{_made("one")}\nop.execute("BEGIN")', True, id="before its own transaction"),
        pytest.param(f'op.execute("BEGIN")\n{_made("one")}\nop.execute("COMMIT")', True, id="committed"),
        pytest.param(f'op.execute("BEGIN")\nop.execute("COMMIT")\n{_made("one")}', False, id="behind its own transaction"),
        pytest.param(f'op.get_bind().connection.cursor()\n{_made("one")}', True, id="by the driver's rules"),
        pytest.param(f"{_SWITCHED_OFF}\n{_made('one')}", False, id="after the PRAGMA"),
        pytest.param(f"{_made('one')}\n{_SWITCHED_OFF}", True, id="before the PRAGMA"),
    ],
)  # fmt: skip
def test_what_a_failed_revision_has_left_is_told(upgrade: str, left: bool, stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places("sqlite", 1)
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=f"{upgrade}\nraise ValueError"))
    failed = ours("upgrade", "head", cwd=tmp_path)
    assert failed.code == 3
    assert ("one" in place.tables()) == left
    unseen = "connection.cursor()" in upgrade
    assert ("may have kept what" in failed.err) == unseen
    assert (f"what {A2} has committed is noted, safe to run again" in failed.err) == (left and not unseen)
    assert ("safe to run again" in failed.err) == (not unseen)


def test_the_revision_behind_one_with_its_own_transaction_is_rolled_back(stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places("sqlite", 1)
    taken = f'op.get_bind().connection.execute("PRAGMA foreign_keys=OFF")\n{_made("one")}'
    project(tmp_path, place.url, Rev(A1, upgrade=taken), Rev(A2, A1, upgrade=f"{_made('two')}\nraise ValueError"))
    assert "safe to run again" in ours("upgrade", "head", cwd=tmp_path).err
    assert (place.versions(), place.tables()) == ([A1], {"alembic_version", "one"})


def test_foreign_keys_left_on(stage: Stage, tmp_path: Path) -> None:
    """The same rebuild without the PRAGMA: Alembic deletes the children. whimbrel must not lose more than Alembic does."""
    left = []
    for tool, place in zip((stock, ours), stage.places("sqlite", 2), strict=True):
        folder = project(tmp_path / tool.__name__, place.url, Rev(A1, upgrade=_FAMILY), Rev(A2, A1, upgrade=_REBUILD),
                         env=_FOREIGN_KEYS_ON)  # fmt: skip
        tool("upgrade", "head", cwd=folder)
        left.append(len(_rows(place, "SELECT * FROM child")))
    assert left[1] >= left[0], left


@_EACH_TOOL
def test_foreign_keys_of_env_py(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """env.py switches them off for the run, on the connection, before it configures."""
    [place] = stage.places("sqlite", 1)
    env = _FOREIGN_KEYS_ON.replace("        context.configure(connection", '        connection.exec_driver_sql('
                                   '"PRAGMA foreign_keys = OFF")\n        connection.commit()\n'
                                   "        context.configure(connection")  # fmt: skip
    project(tmp_path, place.url, Rev(A1, upgrade=_FAMILY), Rev(A2, A1, upgrade=_REBUILD), env=env)
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert _rows(place, "SELECT * FROM child") == [(1, 1)]


@_EACH_TOOL
@pytest.mark.parametrize("statement", ["VACUUM", "PRAGMA journal_mode = WAL", "PRAGMA user_version = 3",
                                       "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA temp_store = 2", "REINDEX",
                                       "ATTACH DATABASE ':memory:' AS other", "PRAGMA optimize", "ANALYZE"])  # fmt: skip
def test_statement_that_wants_no_transaction(tool: Tool, statement: str, stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places("sqlite", 1)
    project(
        tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=f'op.execute("{statement}")', downgrade="pass"), Rev(A3, A2)
    )
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]


@_EACH_TOOL
@pytest.mark.parametrize("statement", ["VACUUM", "PRAGMA journal_mode = WAL"])
def test_the_same_in_an_autocommit_block(tool: Tool, statement: str, stage: Stage, tmp_path: Path) -> None:
    """What such a revision has to say to run under both."""
    [place] = stage.places("sqlite", 1)
    upgrade = f'with op.get_context().autocommit_block():\n    op.execute("{statement}")'
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=upgrade, downgrade="pass"), Rev(A3, A2))
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]


@pytest.mark.parametrize(
    "commit", ["op.get_bind().commit()", 'op.execute("COMMIT")', "op.get_bind().connection.commit()"]
)
def test_revision_that_commits(commit: str, kind: str, stage: Stage, tmp_path: Path) -> None:
    """A revision that commits by itself in the middle, on every database: an exit code 0 is true. (Alembic on PostgreSQL
    exits with 0 after `op.get_bind().commit()`, and has lost what followed.)"""
    [place] = stage.places(kind, 1)
    upgrade = f'op.create_table("one", sa.Column("id", sa.Integer))\n{commit}\nop.create_table("two", sa.Column("id", sa.Integer))'
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=upgrade, downgrade="pass"), Rev(A3, A2))
    done = ours("upgrade", "head", cwd=tmp_path)
    there = {"one", "two", f"t_{A3}"} <= place.tables()
    assert (done.code == 0) == (place.versions() == [A3] and there), done


@_EACH_TOOL
@pytest.mark.parametrize("option", ["transactional_ddl=False", "transactional_ddl=True", "transaction_per_migration=True",
                                    "transaction_per_migration=False", "transactional_ddl=True, transaction_per_migration=True"])  # fmt: skip
def test_transaction_options(tool: Tool, option: str, kind: str, stage: Stage, tmp_path: Path) -> None:
    """Whatever env.py says about transactions, the end is the same."""
    [place] = stage.places(kind, 1)
    env = ENV.replace("target_metadata=target_metadata", option)
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1), Rev(A3, A2), env=env)
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]
    tool("downgrade", A1, cwd=tmp_path).ok()
    assert place.versions() == [A1]
    assert place.tables() == {"alembic_version", f"t_{A1}"}
    tool("stamp", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]
