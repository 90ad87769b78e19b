"""The version table, `alembic_version`: where a database is. One reader serves every command."""

from __future__ import annotations

from .errors import VersionTableBroken
from .record import TYPE_CHECKING

if TYPE_CHECKING:
    from .connect.driver import Query
    from .dialects import Dialect


def read(query: Query, dialect: Dialect, table: str, schema: str | None = None, behind: str = "") -> tuple[str, ...]:
    """The revisions that the version table holds, in its order; none if there is no such table.

    Args:
        query: a connection to the database; two statements are read through it.
        dialect: what the database is.
        table, schema: the version table's name and schema.
        behind: what stands at the end of the statement that reads it.

    Raises:
        VersionTableBroken: the table has no `version_num`, or holds something that is not a revision id, or may not be
            read by this user.
    """
    return rows(query, dialect, table, schema, behind) if query(dialect.table_exists(table, schema)) else ()


def rows(query: Query, dialect: Dialect, table: str, schema: str | None = None, behind: str = "") -> tuple[str, ...]:
    """As `read`, of a table that is there; `behind` stands at the end of the statement."""
    name = dialect.quoted(schema, table)
    try:
        found = query(f"SELECT version_num FROM {name}{behind}")
    except Exception as error:
        if getattr(error, "connection_invalidated", False):
            raise
        raise unreadable(error, dialect, name) from error
    if not all(len(row) == 1 and isinstance(row[0], str) for row in found):
        raise VersionTableBroken(
            f"the version table {name} holds something that is no revision id",
            why=repr(found),
            state="nothing was changed",
            hint="whimbrel stamp --purge REVISION writes the right one; find it with whimbrel history",
        )
    return tuple(dict.fromkeys(row[0] for row in found))


def unreadable(error: Exception, dialect: Dialect, name: str) -> VersionTableBroken:
    """The error for a table, quoted, that is not a version table, or that this user has no right to read.

    Args:
        error: what the driver, or SQLAlchemy, has raised.
        dialect: what the database is.
        name: the table, as statements write it.
    """
    import re

    from .connect.sayings import in_one_line, sqlstate

    cause = getattr(error, "orig", None) or error
    why = in_one_line(cause)
    is_denied = re.search(dialect.denied, f"{why} ({sqlstate(cause)})", re.IGNORECASE)
    return VersionTableBroken(
        f"the version table {name} cannot be read",
        why=why,
        state="nothing was changed",
        hint=f"its owner can say: GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO …, with the user of the URL"
        if is_denied
        else "it needs one column, version_num; if it is another program's table, set version_table",
    )
