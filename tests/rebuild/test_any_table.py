"""Whatever a table is like, a rebuild that changes nothing changes nothing."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st

from support.definitions import tables
from whimbrel.dialects.sqlite.ddl import read_definition
from whimbrel.environment.rebuild import CarefulOperations

_PRAGMAS = ("table_xinfo", "foreign_key_list", "index_list")
_MORE = st.sampled_from(
    ["CREATE INDEX ix ON t (lower(a), b DESC) WHERE b <> 'x'", "CREATE UNIQUE INDEX ix ON t (a COLLATE RTRIM, b)",
     "CREATE TRIGGER tr BEFORE INSERT ON t WHEN new.a = 'q' BEGIN SELECT raise(IGNORE); END",
     "CREATE TRIGGER \"t r\" AFTER DELETE ON [t] BEGIN DELETE FROM p; END",
     "CREATE VIEW v AS SELECT t.a, p.x FROM t, p"]
)  # fmt: skip
_VALUES = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["5", "'x'", "2.5", "x'01'"])), max_size=5)


def _facts(connection: sa.Connection) -> dict[str, Any]:
    """All that SQLite says of the table, and of what is on it."""
    found: dict[str, Any] = {name: connection.exec_driver_sql(f"PRAGMA {name}(t)").all() for name in _PRAGMAS}
    found["rows"] = connection.exec_driver_sql("SELECT rowid, * FROM t ORDER BY rowid").all()
    master = "SELECT type, name, sql FROM sqlite_master WHERE name <> 't' ORDER BY 1, 2"
    found["objects"] = connection.exec_driver_sql(master).all()
    [sql] = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 't'").scalars()
    found["body"] = read_definition(str(sql)).body
    return found


def _not_expected(error: Exception) -> None:
    raise AssertionError(error)


@settings(deadline=None)
@given(tables(), st.sets(_MORE), _VALUES)
def test_a_rebuild_that_changes_nothing_changes_nothing(text: str, more: set[str], values: Any) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE p (x INTEGER PRIMARY KEY, a, b, UNIQUE (a, b))")
        connection.exec_driver_sql(text)
        for rowid, value in values:
            connection.exec_driver_sql(f"INSERT OR IGNORE INTO t (rowid, a, b) VALUES ({rowid}, {value}, {rowid})")
        for number, statement in enumerate(sorted(more)):
            connection.exec_driver_sql(statement.replace(" ix ", f" ix{number} "))
        before = _facts(connection)
        operations = CarefulOperations(MigrationContext.configure(connection), _not_expected)
        with operations.batch_alter_table("t", recreate="always"):
            pass
        assert _facts(connection) == before
    engine.dispose()
