"""Attempts: every run of every revision, as the journal keeps them; read through any connection."""

from __future__ import annotations

from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..connect.driver import Query
    from ..dialects import Dialect

ATTEMPTS = "whimbrel_attempt"
STATEMENTS = "whimbrel_statement"
PREFIX = "whimbrel_"
"""What the names of all tables begin with that are whimbrel's own."""

RUNNING, DONE, FAILED, INTERRUPTED, CRASHED, ABANDONED = (
    "running",
    "done",
    "failed",
    "interrupted",
    "crashed",
    "abandoned",
)


class Attempt(Record):
    """One revision, run once, in one direction.

    Attributes:
        run: which command it was part of; random.
        number: its place in that run, from 1.
        revision: which revision.
        direction: `upgrade` or `downgrade`.
        from_heads, to_heads: what the version table held before and after, separated by spaces; `to_heads` is None
            until the attempt is done.
        state: `running`, `done`, `failed`, `interrupted` (by a signal), `crashed` (its process is gone, as a later run
            found), or `abandoned` (given up by `resolve --abandon`).
        started_at, ended_at: in UTC, ISO 8601.
        file: the revision file's name.
        file_sha256: of its bytes.
        code_sha256: of its code, without comments, formatting and docstrings; None if there is no source.
        tools: versions of whimbrel, Alembic, SQLAlchemy and Python.
        application: what was run, such as `whimbrel upgrade`.
        host, pid, os_user: the process.
        db_user, session: who it was to the database, and the number of its connection there.
        git_branch, git_commit: what was checked out, if it was run in a git checkout.
        error: why it did not get through, without values.
    """

    run: str
    number: int
    revision: str
    direction: str
    from_heads: str
    to_heads: str | None
    state: str
    started_at: str
    ended_at: str | None
    file: str | None
    file_sha256: str | None
    code_sha256: str | None
    tools: str
    application: str
    host: str
    pid: int
    os_user: str | None
    db_user: str | None
    session: str | None
    git_branch: str | None
    git_commit: str | None
    error: str | None

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs, or if it has crashed."""
        from datetime import datetime

        if self.ended_at is None or self.state == CRASHED:
            return None
        return (datetime.fromisoformat(self.ended_at) - datetime.fromisoformat(self.started_at)).total_seconds()


def read_attempts(query: Query, dialect: Dialect, schema: str | None, where: str = "") -> list[Attempt]:
    """The attempts of a database, oldest first; none if it has no journal. Reads the database.

    Args:
        query: a connection; two statements are read through it.
        dialect: what the database is.
        schema: the schema of the journal, which is that of the version table.
        where: a condition of SQL.
    """
    if not query(dialect.table_exists(ATTEMPTS, schema)):
        return []
    columns = ", ".join(Attempt._fields)
    condition = f" WHERE {where}" if where else ""
    rows = query(
        f"SELECT {columns} FROM {dialect.quoted(schema, ATTEMPTS)}{condition} ORDER BY started_at, run, number"
    )
    return [Attempt(*row) for row in rows]


def latest(attempts: Iterable[Attempt]) -> dict[str, Attempt]:
    """The last attempt of each revision that got through, by revision."""
    return {attempt.revision: attempt for attempt in attempts if attempt.state == DONE}


def applied(attempts: Iterable[Attempt]) -> dict[str, Attempt]:
    """Of each revision that is applied now, as far as the journal knows, the attempt that has applied it."""
    return {name: attempt for name, attempt in latest(attempts).items() if attempt.direction == "upgrade"}
