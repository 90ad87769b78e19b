"""What files have in common that hold a whole database: schema, rows and version table."""

from __future__ import annotations

from typing import NoReturn

from ...dialects import Dialect
from ...environment import Visit
from ...errors import DumpFailed, RowsRefused, counted
from ...events import Notice
from ..transfer import Transfer
from ..view import view_of
from .base import Loaded, not_empty


def refuse_shared(visit: Visit, error: type[DumpFailed | RowsRefused]) -> None:
    """Refuse a transaction of the caller's, of which only its own connection knows.

    Raises:
        error
    """
    if not visit.owned:
        raise error(
            "such a file is written and read over another connection than that of a transaction",
            where=visit.where,
            why="the connection is in a transaction that is not whimbrel's to end",
            state="nothing was changed",
            hint="use a .whimbrel archive, or a connection that is in no transaction",
        )


def refuse_what_is_there(there: dict[str, int], objects: int, visit: Visit, path: str) -> NoReturn:
    """Refuse to drop what nobody has said may go.

    Args:
        there: the tables, and how many rows they have.
        objects: how many objects of all kinds there are.
        visit: the database.
        path: the file.

    Raises:
        NotEmpty
    """
    raise not_empty(there, visit.where, path, lambda tables: f"the database is not empty: {counted(objects, 'object')}")


def counts_of(visit: Visit, dialect: Dialect) -> dict[str, int]:
    """How many rows each table has now. Reads the database."""
    with view_of(visit, dialect) as view:
        return view.counts()


def loaded(transfer: Transfer, visit: Visit, dialect: Dialect, path: str, replaced: int) -> Loaded:
    """What is there now, asked over a new connection as far as there is one. Reads the database."""
    heads = visit.read_anew() or ()
    history = visit.context.script.history  # type: ignore[union-attr]  # it is our Scripts
    for head in heads:
        if head not in history:
            transfer.tell(Notice(f"the database is at {head} now, and no revision file has that"))
    counts = [count for count in counts_of(visit, dialect).values() if count]
    return Loaded(path, visit.where, heads, len(counts), sum(counts), replaced)
