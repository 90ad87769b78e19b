"""The journal's tables. Times are text, in UTC, so that they are the same everywhere."""

from __future__ import annotations

from ..record import TYPE_CHECKING
from .attempt import ATTEMPTS, STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..dialects import Dialect

ATTEMPT_KEY = ("run", "number")
ATTEMPT_COLUMNS = {
    "run": "VARCHAR(32) NOT NULL",
    "number": "INTEGER NOT NULL",
    "revision": "VARCHAR(255) NOT NULL",
    "direction": "VARCHAR(9) NOT NULL",
    "from_heads": "TEXT NOT NULL",
    "to_heads": "TEXT",
    "state": "VARCHAR(11) NOT NULL",
    "started_at": "VARCHAR(32) NOT NULL",
    "ended_at": "VARCHAR(32)",
    "file": "VARCHAR(255)",
    "file_sha256": "VARCHAR(64)",
    "code_sha256": "VARCHAR(64)",
    "tools": "VARCHAR(255) NOT NULL",
    "application": "VARCHAR(255) NOT NULL",
    "host": "VARCHAR(255) NOT NULL",
    "pid": "INTEGER NOT NULL",
    "os_user": "VARCHAR(255)",
    "db_user": "VARCHAR(255)",
    "session": "VARCHAR(32)",
    "git_branch": "VARCHAR(255)",
    "git_commit": "VARCHAR(64)",
    "error": "TEXT",
}
"""The columns of `whimbrel_attempt`: the fields of an Attempt, in their order."""

STATEMENT_KEY = ("revision", "direction", "seq")
STATEMENT_COLUMNS = {
    "revision": "VARCHAR(255) NOT NULL",
    "direction": "VARCHAR(9) NOT NULL",
    "seq": "INTEGER NOT NULL",
    "state": "VARCHAR(11) NOT NULL",
    "summary": "VARCHAR(255) NOT NULL",
    "sql_sha256": "VARCHAR(64) NOT NULL",
    "parameters_sha256": "VARCHAR(64) NOT NULL",
    "before_image": "VARCHAR(64)",
    "affected": "BIGINT",
    "inserted_id": "BIGINT",
    "returned": "TEXT",
    "reads_sha256": "VARCHAR(64)",
    "at": "VARCHAR(32) NOT NULL",
}
"""The columns of `whimbrel_statement`: which revision, the fields of an Entry in their order, and when."""


def definitions(dialect: Dialect, schema: str | None) -> list[str]:
    """The statements that make both tables, those that are not there.

    Args:
        dialect: what the database is.
        schema: the schema of the version table.
    """
    tables = ((ATTEMPTS, ATTEMPT_COLUMNS, ATTEMPT_KEY), (STATEMENTS, STATEMENT_COLUMNS, STATEMENT_KEY))
    return [_definition(dialect, dialect.quoted(schema, name), columns, key) for name, columns, key in tables]


def _definition(dialect: Dialect, name: str, columns: Mapping[str, str], key: tuple[str, ...]) -> str:
    lines = [f"{dialect.quoted(column)} {kind}" for column, kind in columns.items()]
    lines.append(f"PRIMARY KEY ({', '.join(map(dialect.quoted, key))})")
    return f"CREATE TABLE IF NOT EXISTS {name} ({', '.join(lines)}){dialect.table_options}"
