"""Foreign keys of SQLite: whether they are enforced, who refers to a table, and which rows refer to nothing."""

from __future__ import annotations

from collections import Counter

from ...record import TYPE_CHECKING, Record
from ..base import double_quoted, literal

if TYPE_CHECKING:
    from ...connect.driver import Query

_REFERRING = """
SELECT 1 FROM {catalog} m, pragma_foreign_key_list(m.name{schema}) k
WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%' AND lower(k."table") = lower({table}) LIMIT 1"""
_WITH_KEYS = """
SELECT m.name FROM {catalog} m WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'
    AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(m.name, {schema})) ORDER BY m.name"""


class Violation(Record):
    """A row that refers to one that is not there.

    Attributes:
        schema: where its table is: `main`, or an attached database.
        table: its table.
        row: its rowid; None where a table has none.
        parent: the table that has no such row.
    """

    schema: str
    table: str
    row: int | None
    parent: str

    def __str__(self) -> str:
        table = self.table if self.schema == "main" else f"{self.schema}.{self.table}"
        row = "a row" if self.row is None else f"row {self.row}"
        return f"{row} of {table} refers to one of {self.parent} that is not there"


def is_enforced(query: Query) -> bool:
    """Whether this connection looks after foreign keys."""
    return bool(query("PRAGMA foreign_keys")[0][0])


def enforce(query: Query, wanted: bool) -> bool:
    """Have this connection look after them or not; whether it does as wanted. In a transaction it does not listen."""
    query(f"PRAGMA foreign_keys = {'ON' if wanted else 'OFF'}")
    return is_enforced(query) == wanted


def is_referred_to(query: Query, schema: str | None, table: str) -> bool:
    """Whether a table has rows that others, or its own, may refer to."""
    name = "main" if schema is None else schema
    catalog = double_quoted(name, "sqlite_master")
    return bool(query(_REFERRING.format(catalog=catalog, schema=f", {literal(name)}", table=literal(table))))


def violations(query: Query) -> Counter[Violation]:
    """The rows that refer to nothing, and how often each does.

    A table whose foreign keys cannot be checked, as what they refer to has no key, counts as one of all its rows.
    """
    found: Counter[Violation] = Counter()
    for _, schema, _ in query("PRAGMA database_list"):
        catalog = double_quoted(schema, "sqlite_master" if schema != "temp" else "sqlite_temp_master")
        for (table,) in query(_WITH_KEYS.format(catalog=catalog, schema=literal(schema))):
            found.update(_violations_of(query, schema, table))
    return found


def _violations_of(query: Query, schema: str, table: str) -> list[Violation]:
    try:
        rows = query(f"PRAGMA {double_quoted(schema)}.foreign_key_check({double_quoted(table)})")
    except Exception as error:  # of whatever driver: a mismatch is all that it can refuse
        if "foreign key mismatch" not in str(error):
            raise
        return [Violation(schema, table, None, "a table without such a key")]
    return [Violation(schema, name, row, parent) for name, row, parent, _ in rows]
