"""What cannot be rebuilt without a loss is refused, and whatever ends a rebuild leaves all as it was."""

from __future__ import annotations

import pytest

from support.cli import whimbrel
from whimbrel.environment.rebuild.schema_table import SchemaTable

from .conftest import Make

TABLE = """
CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20), n INT);
INSERT INTO t VALUES (1, 'ann', 5), (2, 'bob', 6);
"""
LOG = "CREATE TABLE log (x); CREATE TRIGGER tr AFTER DELETE ON t BEGIN INSERT INTO log VALUES (old.id); END;"
DROP = 'with op.batch_alter_table("t") as batch:\n    batch.drop_column("n")'
WIDEN = 'with op.batch_alter_table("t") as batch:\n    batch.alter_column("name", type_=sa.String(40))'
OURS = "name LIKE 'whimbrel_%' OR name LIKE 'alembic_%' OR name LIKE 'sqlite_%'"
ALL = f"SELECT type, name, sql FROM sqlite_master WHERE NOT ({OURS}) ORDER BY 1, 2"


@pytest.mark.parametrize(
    ("more", "code", "why"),
    [
        ("CREATE VIEW v AS SELECT n FROM t;", "WB421", "error in view v: no such column: n"),
        (LOG.replace("old.id", "old.n"), "WB421", "error in trigger tr: no such column: old.n"),
        ('CREATE INDEX ix ON t ("n");', "WB617", "index ix names it"),
        ("CREATE INDEX ix ON t (n);", "WB402", "no such column: n"),
    ],
    ids=["view", "trigger", "index in quotes", "index"],
)
def test_a_column_that_something_names_is_not_dropped(more: str, code: str, why: str, make: Make) -> None:
    database = make(TABLE + more, DROP)
    before = database.rows(ALL)
    failed = database.upgrade()
    assert f"error[{code}]" in failed.err
    assert why in failed.err
    assert database.rows(ALL) == before
    assert database.rows("SELECT n FROM t ORDER BY id") == [(5,), (6,)]


def test_an_index_that_names_the_column_may_go_with_it_in_the_same_batch(make: Make) -> None:
    batch = 'with op.batch_alter_table("t") as batch:\n    batch.drop_index("ix")\n    batch.drop_column("n")'
    database = make(TABLE + "CREATE INDEX ix ON t (n);", batch)
    database.upgrade().ok()
    assert [name for _, name, _ in database.rows(ALL)] == ["t"]


def test_a_check_that_names_the_column_in_quotes_is_not_made_one_of_a_string(make: Make) -> None:
    script = 'CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, m INT, CHECK ("n" < "m")); INSERT INTO t VALUES (1, 2, 3);'
    database = make(script, DROP)
    failed = database.upgrade()
    assert "error[WB617]: column n of t cannot be dropped" in failed.err
    assert 'CHECK ("n" < "m") names it' in failed.err


def test_a_column_of_another_table_may_have_the_name_of_one_that_goes(make: Make) -> None:
    script = 'CREATE TABLE p (n INT UNIQUE); CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, m INT REFERENCES p ("n"))'
    database = make(script, DROP.replace('"t"', '"t", recreate="always"'))
    database.upgrade().ok()
    assert database.sql("t") == 'CREATE TABLE "t" (id INTEGER PRIMARY KEY, m INT REFERENCES p ("n"))'


def test_a_view_that_was_broken_before_is_no_obstacle(make: Make) -> None:
    database = make(TABLE + "CREATE VIEW v AS SELECT * FROM gone;", WIDEN)
    database.upgrade().ok()
    assert database.sql("v") == "CREATE VIEW v AS SELECT * FROM gone"


def test_a_virtual_table_is_refused(make: Make) -> None:
    database = make("CREATE VIRTUAL TABLE t USING fts5(name, n)", WIDEN)
    failed = database.upgrade()
    assert (failed.code, "error[WB617]: table t cannot be rebuilt" in failed.err) == (6, True)


def test_a_trigger_that_did_not_come_back_is_an_error_and_all_is_rolled_back(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SchemaTable, "on", lambda self, table: [])
    database = make(TABLE + LOG + "CREATE INDEX ix ON t (lower(name));", WIDEN)
    before = database.rows(ALL)
    failed = database.upgrade()
    assert "error[WB421]" in failed.err
    assert "trigger tr is gone; index ix is gone" in failed.err
    assert database.rows(ALL) == before


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE", "INSERT OR ABORT", "DROP TABLE", "ALTER TABLE", "CREATE TRIGGER"]
)
def test_a_process_that_dies_in_the_middle_leaves_the_table_as_it_was(statement: str, make: Make) -> None:
    die = (
        "import os\n"
        "def die(connection, cursor, text, *_):\n"
        f"    if text.startswith({statement!r}):\n"
        "        os._exit(9)\n"
        "sa.event.listen(op.get_bind(), 'after_cursor_execute', die)\n"
    )
    database = make(TABLE + LOG, die + WIDEN)
    before, rows = database.rows(ALL), database.rows("SELECT * FROM t")
    assert whimbrel("upgrade", cwd=database.folder).code == 9
    assert database.rows(ALL) == before
    assert database.rows("SELECT * FROM t") == rows
    [path] = (database.folder / "migrations" / "versions").glob("0001*.py")
    path.write_text(path.read_text().replace("os._exit(9)", "pass"))
    whimbrel("upgrade", cwd=database.folder).ok()
    assert "VARCHAR(40)" in str(database.sql("t"))


def test_a_revision_may_catch_a_rebuild_that_has_failed_and_go_on(make: Make) -> None:
    catching = "try:\n    " + WIDEN.replace("sa.String(40)", "sa.String(40), nullable=False").replace("\n", "\n    ")
    database = make(
        TABLE + "INSERT INTO t VALUES (3, NULL, 7);", f"{catching}\nexcept sa.exc.IntegrityError:\n    pass\n{DROP}"
    )
    database.upgrade().ok()
    assert database.sql("t") == "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20))"


def test_sql_is_written_as_alembic_writes_it(make: Make) -> None:
    given = (
        'sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))'
    )
    batch = WIDEN.replace('batch_alter_table("t")', f'batch_alter_table("t", copy_from={given})')
    database = make(TABLE, batch)
    written = whimbrel("upgrade", "head", "--sql", cwd=database.folder).ok().out
    assert "CREATE TABLE _alembic_tmp_t" in written
    assert "ALTER TABLE _alembic_tmp_t RENAME TO t" in written
