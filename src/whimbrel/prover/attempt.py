"""Something that is tried on a scratch database, and leaves nothing behind if it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..environment import Visit


@contextmanager
def attempt(visit: Visit) -> Iterator[None]:
    """Take back what was done in the `with` block, if an error comes out of it: where statements of DDL can be.

    Args:
        visit: leads to the scratch database.
    """
    connection, dialect = visit.context.connection, visit.dialect
    assert connection is not None
    assert dialect is not None
    if dialect.changes.ddl_commits:
        yield
    elif dialect.name == "postgresql" and visit.is_in_autocommit:
        # A savepoint is nothing there outside of a transaction, and SQLAlchemy begins none.
        visit.query("BEGIN")
        try:
            yield
        except BaseException:
            visit.query("ROLLBACK")
            raise
        visit.query("COMMIT")
    else:
        with connection.begin_nested():
            yield
