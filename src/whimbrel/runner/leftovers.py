"""Copies of tables that an interrupted run of stock Alembic has left on SQLite.

Batch mode copies a table to `_alembic_tmp_NAME`, drops it and renames the copy. Under stock Alembic an interruption
leaves the copy behind, and the revision fails ever after with "table _alembic_tmp_NAME already exists". As long as the
table itself is there nothing is lost with the copy: it is dropped only after the copy is complete.
"""

from __future__ import annotations

from sqlalchemy import text

from ..environment import Visit
from ..events import Listener, Notice

_PREFIX = "_alembic_tmp_"


def clear_leftovers(visit: Visit, listen: Listener) -> None:
    """Drop such copies, in the transaction that is there. Writes the database.

    Args:
        visit: the database; another kind than SQLite has none.
        listen: is told, also of a copy that is all there is of its table: that one stays.
    """
    connection = visit.context.connection
    if connection is None or visit.context.dialect.name != "sqlite":
        return
    names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    for copy in names:
        table = copy.removeprefix(_PREFIX)
        if table == copy:
            continue
        if table in names and _rows(visit, copy) <= _rows(visit, table):
            connection.execute(text(f"DROP TABLE {_quoted(copy)}"))
            listen(Notice(f"dropped {copy}, a copy of {table} that an interrupted migration had left behind"))
        else:
            listen(
                Notice(
                    f"{copy} is a copy that an interrupted migration has left behind, and {table} is not complete",
                    f"look into both; if {table} is gone: ALTER TABLE {_quoted(copy)} RENAME TO {_quoted(table)}",
                )
            )


def _rows(visit: Visit, table: str) -> int:
    assert visit.context.connection is not None
    return int(visit.context.connection.execute(text(f"SELECT count(*) FROM {_quoted(table)}")).scalar_one())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
