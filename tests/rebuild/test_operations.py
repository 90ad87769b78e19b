"""Each operation of a batch does what stock Alembic does with it, and changes nothing else."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from conformance.tools import Tool, ours, stock

from .conftest import Database, Make

TABLES = """
CREATE TABLE other (id INTEGER PRIMARY KEY, n INT UNIQUE);
CREATE TABLE t (
    id INTEGER NOT NULL,
    name VARCHAR(20) DEFAULT 'x' NOT NULL,
    n INTEGER,
    other_id INTEGER,
    flag BOOLEAN,
    CONSTRAINT pk_t PRIMARY KEY (id),
    CONSTRAINT uq_t_n UNIQUE (n),
    CONSTRAINT ck_t_n CHECK (n > 0),
    CONSTRAINT fk_t_other FOREIGN KEY (other_id) REFERENCES other (id)
);
CREATE INDEX ix_t_name ON t (name);
INSERT INTO other VALUES (1, 10);
INSERT INTO t VALUES (1, 'ann', 4, 1, 1), (2, '22', NULL, NULL, 0);
"""

OPERATIONS = {
    "type": 'alter_column("name", type_=sa.Text())',
    "type of a number": 'alter_column("other_id", type_=sa.String(5))',
    "NULL allowed": 'alter_column("name", nullable=True)',
    "NULL not allowed": 'alter_column("flag", nullable=False)',
    "default": 'alter_column("n", server_default="5")',
    "default of an expression": 'alter_column("n", server_default=sa.text("(1 + 1)"))',
    "no default": 'alter_column("name", server_default=None)',
    "all of a column": 'alter_column("name", type_=sa.String(9), nullable=True, server_default="y")',
    "column": 'add_column(sa.Column("c", sa.Integer(), nullable=False, server_default="7"))',
    "column with a foreign key": 'add_column(sa.Column("c", sa.Integer(), sa.ForeignKey("other.id", name="fk_c")))',
    "column with a CHECK": 'add_column(sa.Column("c", sa.Boolean(create_constraint=True, name="ck_c")))',
    "column in front": 'add_column(sa.Column("c", sa.Integer()), insert_before="id")',
    "column in the middle": 'add_column(sa.Column("c", sa.Integer()), insert_after="name")',
    "computed column": 'add_column(sa.Column("c", sa.Integer(), sa.Computed("n + 1", persisted=True)))',
    "column dropped": 'drop_column("flag")',
    "column with constraints dropped": 'drop_column("other_id")',
    "unique constraint": 'create_unique_constraint("uq_new", ["name", "n"])',
    "CHECK": """create_check_constraint("ck_new", "name <> ''")""",
    "foreign key": 'create_foreign_key("fk_new", "other", ["n"], ["n"], ondelete="SET NULL")',
    "foreign key to itself": 'create_foreign_key("fk_self", "t", ["n"], ["id"])',
    "primary key": 'create_primary_key("pk_new", ["id", "name"])',
    "unique constraint dropped": 'drop_constraint("uq_t_n", type_="unique")',
    "CHECK dropped": 'drop_constraint("ck_t_n", type_="check")',
    "foreign key dropped": 'drop_constraint("fk_t_other", type_="foreignkey")',
    "primary key dropped": 'drop_constraint("pk_t", type_="primary")',
    "index": 'create_index("ix_new", ["n", "flag"], unique=True)',
    "index dropped": 'drop_index("ix_t_name")',
    "column renamed": 'alter_column("flag", new_column_name="m")',
}


def _batch(operation: str, options: str = "") -> str:
    lines = "\n".join(f"    batch.{line}" for line in operation.split("\n"))
    return f'with op.batch_alter_table("t"{options}) as batch:\n{lines}'


def _facts(database: Database) -> dict[str, Any]:
    """What SQLite says of the table: nothing about how its text is written."""
    connection = sqlite3.connect(database.file)
    try:
        indexes = connection.execute("SELECT name, \"unique\", origin FROM pragma_index_list('t')").fetchall()
        parts = {
            (
                name if origin == "c" else origin,
                unique,
                tuple(connection.execute(f"SELECT name FROM pragma_index_info('{name}')").fetchall()),
            )
            for name, unique, origin in indexes
        }
        return {
            "columns": connection.execute(
                'SELECT name, upper(type), "notnull", dflt_value, pk > 0, hidden FROM pragma_table_xinfo(\'t\')'
            ).fetchall(),
            "indexes": parts,
            "keys": sorted(connection.execute(
                'SELECT "table", "from", "to", on_delete FROM pragma_foreign_key_list(\'t\')').fetchall()),
            "rows": connection.execute("SELECT * FROM t ORDER BY id").fetchall(),
            "checks": sorted(_named(connection, "ck_")),
        }  # fmt: skip
    finally:
        connection.close()


def _named(connection: sqlite3.Connection, prefix: str) -> set[str]:
    [[sql]] = connection.execute("SELECT sql FROM sqlite_master WHERE name = 't'")
    return {word.strip('"') for word in sql.split() if word.strip('"').startswith(prefix)}


ALWAYS = ', recreate="always"'
WAYS = {
    f"{name}{options and ', always'}": (operation, options)
    for name, operation in OPERATIONS.items()
    for options in ("", ALWAYS)
    if options or "insert_" not in operation  # Alembic takes a place only with a rebuild
}


@pytest.mark.parametrize(("operation", "options"), WAYS.values(), ids=WAYS)
def test_the_table_is_as_alembic_makes_it(operation: str, options: str, make: Make) -> None:
    made = {}
    for tool in (stock, ours):
        database = make(TABLES, _batch(operation, options), tool=tool)
        done = database.upgrade()
        made[tool] = (done.code == 0, _facts(database))
    assert made[ours] == made[stock]


def test_a_column_that_is_renamed_is_so_wherever_it_is_named(make: Make) -> None:
    """Alembic leaves the texts of the others as they were, or fails."""
    more = """
    CREATE TABLE child (t_n INT REFERENCES t (n));
    CREATE VIEW v AS SELECT n FROM t;
    CREATE TABLE log (x);
    CREATE TRIGGER tr AFTER UPDATE OF n ON t BEGIN INSERT INTO log VALUES (new.n); END;
    CREATE INDEX ix_abs ON t (abs(n));
    """
    operations = 'alter_column("n", new_column_name="m", type_=sa.BigInteger())\ncreate_index("ix_new", ["n"])'
    database = make(TABLES + more, _batch(operations))
    database.upgrade().ok()
    assert database.rows("SELECT * FROM v ORDER BY 1") == [(None,), (4,)]
    assert 'REFERENCES t ("m")' in str(database.sql("child"))
    assert 'new."m"' in str(database.sql("tr"))
    assert 'abs("m")' in str(database.sql("ix_abs"))
    assert database.rows("SELECT name FROM pragma_index_info('ix_new')") == [("m",)]
    assert database.rows("SELECT type FROM pragma_table_info('t') WHERE name = 'm'") == [("BIGINT",)]


@pytest.mark.parametrize("more", ["", 'alter_column("flag", nullable=True, type_=sa.Integer())'])
def test_columns_can_change_their_names_with_each_other(more: str, make: Make) -> None:
    operations = 'alter_column("n", new_column_name="other_id")\nalter_column("other_id", new_column_name="n")'
    database = make(TABLES, _batch(f"{operations}\n{more}".strip()))
    database.upgrade().ok()
    assert database.rows("SELECT other_id, n FROM t WHERE id = 1") == [(4, 1)]


def test_a_name_is_taken_over_from_a_column_that_is_dropped(make: Make) -> None:
    database = make(TABLES, _batch('drop_column("flag")\nalter_column("n", new_column_name="flag")'))
    database.upgrade().ok()
    assert database.rows("SELECT id, flag FROM t ORDER BY id") == [(1, 4), (2, None)]


def test_a_name_that_another_column_keeps_is_an_error(make: Make) -> None:
    database = make(TABLES, _batch('alter_column("n", new_column_name="flag")'))
    before = database.sql("t")
    assert "duplicate column name" in database.upgrade().err
    assert database.sql("t") == before


@pytest.mark.parametrize(
    ("declared", "type_", "values", "expected"),
    [
        ("TEXT", "Integer", ["'12'", "'word'", "'1.5'", "NULL"], [12, "word", 1.5, None]),
        ("TEXT", "DateTime", ["'2024-05-06 07:08:09'"], ["2024-05-06 07:08:09"]),
        ("REAL", "Integer", ["1.0", "1.5"], [1, 1.5]),
        ("INTEGER", "String", ["7", "'word'"], ["7", "word"]),
        ("BLOB", "Text", ["x'6162'"], ["ab"]),
    ],
)
def test_a_value_that_another_type_cannot_hold_stays_as_it_is(
    declared: str, type_: str, values: list[str], expected: list[object], make: Make
) -> None:
    """Alembic makes 0 of a word, and a year of a date."""
    rows = "".join(f"INSERT INTO t (v) VALUES ({value});" for value in values)
    database = make(f"CREATE TABLE t (v {declared}); {rows}", _batch(f'alter_column("v", type_=sa.{type_}())'))
    database.upgrade().ok()
    assert [value for (value,) in database.rows("SELECT v FROM t ORDER BY rowid")] == expected


def test_a_constraint_without_a_name_is_dropped_by_the_name_of_the_convention(tool: Tool, make: Make) -> None:
    script = (
        "CREATE TABLE p (id INTEGER PRIMARY KEY);"
        "CREATE TABLE t (a INT UNIQUE, b INT REFERENCES p (id), c INT, UNIQUE (c))"
    )
    convention = '{"uq": "uq_%(table_name)s_%(column_0_name)s", "fk": "fk_%(column_0_name)s_%(referred_table_name)s"}'
    operations = 'drop_constraint("uq_t_a", type_="unique")\ndrop_constraint("fk_b_p", type_="foreignkey")'
    database = make(script, _batch(operations, f", naming_convention={convention}"), tool=tool)
    database.upgrade().ok()
    assert database.rows("SELECT * FROM pragma_foreign_key_list('t')") == []
    indexes = database.rows("SELECT i.name FROM pragma_index_list('t') l, pragma_index_info(l.name) i")
    assert indexes == [("c",)]


@pytest.mark.parametrize(
    "operation",
    [
        'drop_constraint("nope")',
        'drop_index("nope")',
        'create_unique_constraint(None, ["n"])',
        'drop_column("nope")',
        'alter_column("nope", nullable=True)',
    ],
)
def test_what_alembic_refuses_is_refused(operation: str, tool: Tool, make: Make) -> None:
    database = make(TABLES, _batch(operation, ALWAYS), tool=tool)
    before = database.sql("t")
    assert database.upgrade().code != 0
    assert database.sql("t") == before


def test_columns_are_put_into_the_order_that_is_asked_for(tool: Tool, make: Make) -> None:
    options = ', recreate="always", partial_reordering=[("flag", "id", "name"), ("other_id", "n")]'
    database = make(TABLES, _batch('alter_column("name", nullable=True)', options), tool=tool)
    database.upgrade().ok()
    names = [name for (name,) in database.rows("SELECT name FROM pragma_table_info('t')")]
    assert names.index("flag") < names.index("id") < names.index("name")
    assert names.index("other_id") < names.index("n")
    assert database.rows("SELECT id, name, n, other_id, flag FROM t WHERE id = 1") == [(1, "ann", 4, 1, 1)]


def test_what_a_batch_says_of_the_new_table_is_done(make: Make) -> None:
    options = (
        ', table_args=[sa.CheckConstraint("n > 0"), sa.CheckConstraint("flag < 2", name="ck_flag")]'
        ', table_kwargs={"sqlite_autoincrement": True}'
    )
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, flag INT, CHECK (n > 0)); INSERT INTO t VALUES (1, 2, 0);"
    database = make(script, _batch('alter_column("n", nullable=False)', options))
    database.upgrade().ok()
    text = str(database.sql("t"))
    assert text.count("n > 0") == 1, "it was there"
    assert "CONSTRAINT ck_flag CHECK (flag < 2)" in text
    assert "PRIMARY KEY AUTOINCREMENT" in text
    assert database.rows("SELECT * FROM t") == [(1, 2, 0)]


def test_a_table_that_is_given_is_the_new_one_and_what_is_on_it_stays(make: Make) -> None:
    more = "CREATE TABLE log (x); CREATE TRIGGER tr AFTER DELETE ON t BEGIN INSERT INTO log VALUES (old.id); END;"
    given = (
        'table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("name", sa.String(30)), sa.Column("n", sa.Integer, index=True))\n'
    )
    batch = _batch('alter_column("n", new_column_name="m", nullable=False, server_default="3")', ", copy_from=table")
    script = TABLES.replace("(2, '22', NULL, NULL, 0)", "(2, '22', 9, NULL, 0)")
    database = make(script + more, given + batch)
    database.upgrade().ok()
    assert database.rows("SELECT * FROM t") == [(1, "ann", 4), (2, "22", 9)]
    names = database.rows("SELECT name FROM sqlite_master WHERE tbl_name = 't' AND sql IS NOT NULL ORDER BY 1")
    assert names == [("ix_t_n",), ("ix_t_name",), ("t",), ("tr",)]
    assert [row[1] for row in database.rows("PRAGMA table_info(t)")] == ["id", "name", "m"]


def test_the_rebuild_is_undone_if_a_row_does_not_fit(make: Make) -> None:
    database = make(TABLES, _batch('alter_column("n", nullable=False)'))
    before = database.rows("SELECT * FROM sqlite_master")
    assert "NOT NULL constraint failed" in database.upgrade().err
    assert [row for row in database.rows("SELECT * FROM sqlite_master") if row in before] == before
    assert len(database.rows("SELECT * FROM t")) == 2


@pytest.mark.parametrize("conflict", ["IGNORE", "REPLACE"])
def test_no_row_is_left_out_by_a_constraint_that_would_do_so(conflict: str, make: Make) -> None:
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 5), (2, 5);"
    batch = _batch(f"impl.add_constraint(sa.UniqueConstraint(table.c.n, name='uq', sqlite_on_conflict='{conflict}'))")
    database = make(script, f"table = sa.Table('t', sa.MetaData(), sa.Column('n', sa.Integer))\n{batch}")
    assert "UNIQUE constraint failed" in database.upgrade().err
    assert len(database.rows("SELECT * FROM t")) == 2


def test_an_attached_database_is_rebuilt_where_it_is(make: Make, tmp_path: Any) -> None:
    attach = f"op.execute(\"ATTACH DATABASE '{tmp_path}/other.db' AS other\")\n"
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20) COLLATE NOCASE); INSERT INTO t VALUES (1, 'ann');"
        "CREATE UNIQUE INDEX ix ON t (lower(name));"
        "CREATE TRIGGER tr AFTER DELETE ON t BEGIN DELETE FROM t WHERE id = 2; END;"
    )
    connection.close()
    database = make("", attach + _batch('alter_column("name", nullable=False)', ', schema="other"'))
    database.upgrade().ok()
    connection = sqlite3.connect(tmp_path / "other.db")
    try:
        found = connection.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()
        assert found == [("ix",), ("t",), ("tr",)]
        assert connection.execute("SELECT * FROM t WHERE name = 'ANN'").fetchall() == [(1, "ann")]
    finally:
        connection.close()


def test_a_column_that_is_given_and_not_there_is_an_error(make: Make) -> None:
    """A name in double quotes that names nothing is a string to SQLite."""
    given = (
        'table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("Missing one", sa.Text))\n'
    )
    database = make(TABLES, given + _batch('alter_column("id", nullable=False)', ", copy_from=table"))
    assert "no such column: old.Missing one" in database.upgrade().err
    assert len(database.rows("SELECT name FROM t")) == 2


@pytest.mark.parametrize("name", ["t", 'my "table"', "order", "weißer Vogel", "a.b", "100%", "T:x"])
def test_names_of_all_kinds_are_quoted(name: str, make: Make) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    script = (
        f"CREATE TABLE {quoted} (id INTEGER PRIMARY KEY AUTOINCREMENT, {quoted} VARCHAR(20) CHECK ({quoted} <> '%:x'));"
        f"INSERT INTO {quoted} VALUES (3, 'ann'); CREATE INDEX ix ON {quoted} (lower({quoted}));"
        f"CREATE TRIGGER tr AFTER DELETE ON {quoted} BEGIN DELETE FROM {quoted} WHERE id = old.id; END;"
    )
    batch = f"with op.batch_alter_table({name.upper()!r}) as batch:\n    batch.alter_column({name!r}, nullable=False)"
    database = make(script, batch if name == "order" else batch.replace(name.upper(), name))
    database.upgrade().ok()
    assert database.rows(f"SELECT * FROM {quoted}") == [(3, "ann")]
    assert database.rows(f"SELECT \"notnull\" FROM pragma_table_info('{name}') WHERE name = '{name}'") == [(1,)]
    assert database.rows("SELECT count(*) FROM sqlite_master WHERE name IN ('ix', 'tr')") == [(2,)]
