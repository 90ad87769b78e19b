"""Attempts: every run of every revision, as the journal keeps them; read through any connection."""

from __future__ import annotations

from ..errors import DatabaseFailed, WhimbrelError
from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ..connect.driver import Query
    from ..dialects import Dialect

ATTEMPTS = "whimbrel_attempt"
STATEMENTS = "whimbrel_statement"
PREFIX = "whimbrel_"
"""What the names of all tables begin with that are whimbrel's own."""

RUNNING, DONE, FAILED, INTERRUPTED, CRASHED, ABANDONED, ACCEPTED = (
    "running",
    "done",
    "failed",
    "interrupted",
    "crashed",
    "abandoned",
    "accepted",
)
STAMPED, FORCED, UNCHECKED = "stamped", "forced", "unchecked"
STAMP = "stamp"
"""The direction of what was recorded and not run."""

_ENDED = (DONE, ABANDONED, ACCEPTED, STAMPED, FORCED, UNCHECKED)
"""The states after which nothing is left to be done."""


class Attempt(Record):
    """One revision, run once, in one direction; or recorded by a stamp, without being run.

    Attributes:
        run: which command it was part of; random.
        number: its place in that run, from 1.
        revision: which revision.
        direction: `upgrade`, `downgrade` or `stamp`.
        from_heads, to_heads: what the version table held before and after, separated by spaces; `to_heads` is None
            until the attempt is done.
        state: `running`, `done`, `failed`, `interrupted` (by a signal), `crashed` (its process is gone, as a later run
            found), `abandoned` (given up by `resolve --abandon`), or `accepted`: nothing was run, but from then on the
            file is as it is now (`resolve --accept-edits`). Of a stamp: `stamped` if the schema was that of the
            revision, `unchecked` if that could not be seen, `forced` if nobody was to look (`stamp --force`).
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
        if self.ended_at is None or self.state == CRASHED:
            return None
        return (_moment(self.ended_at) - _moment(self.started_at)).total_seconds()

    @property
    def is_gone(self) -> bool:
        """Whether it is said to be running, and this host, where it was begun, shows no such process."""
        from .provenance import is_running

        return self.state == RUNNING and not is_running(self.host, self.pid, _moment(self.started_at).timestamp())

    @property
    def when(self) -> str:
        """When it began, to the minute: `2026-11-20 14:03 UTC`."""
        return f"{_moment(self.started_at):%Y-%m-%d %H:%M} UTC"

    @property
    def who(self) -> str:
        """Who has run it, where and from what, in words: `by ann on ci-7 from branch feature/x`."""
        person = self.os_user or self.db_user
        by = f"by {person} on {self.host}" if person else f"on {self.host}"
        return _printable(f"{by} {self._origin}".rstrip())

    @property
    def _origin(self) -> str:
        if self.git_branch:
            return f"from branch {self.git_branch}"
        return f"from commit {self.git_commit[:12]}" if self.git_commit else ""

    @property
    def tool(self) -> str:
        """The first of its tools, which is whimbrel, with its version."""
        return _printable(self.tools.partition(",")[0])


def read_attempts(query: Query, dialect: Dialect, schema: str | None, where: str = "") -> list[Attempt]:
    """The attempts of a database, oldest first; none if it has no journal. Reads the database.

    Args:
        query: a connection; two statements are read through it.
        dialect: what the database is.
        schema: the schema of the journal, which is that of the version table.
        where: a condition of SQL.

    Raises:
        DatabaseFailed: there is one, and it cannot be read.
    """
    if not query(dialect.table_exists(ATTEMPTS, schema)):
        return []
    columns = ", ".join(Attempt._fields)
    condition = f" WHERE {where}" if where else ""
    name = dialect.quoted(schema, ATTEMPTS)
    try:
        rows = query(f"SELECT {columns} FROM {name}{condition} ORDER BY started_at, run, number")
    except WhimbrelError:
        raise
    except Exception as error:
        from ..connect.sayings import in_one_line

        raise DatabaseFailed(
            f"the journal {name} cannot be read",
            why=in_one_line(getattr(error, "orig", None) or error),
            state="nothing was changed",
            hint="the user of the URL needs the right to read it, as it does for the version table",
        ) from error
    return [Attempt._make(row) for row in rows]


def read_half_done(query: Query, dialect: Dialect, schema: str | None, behind: str = "") -> tuple[tuple[str, str], ...]:
    """The revisions of which something is committed, and not all, with their direction. Reads the database.

    Args:
        query: a connection to a database that has a journal.
        dialect: what the database is.
        schema: the schema of the journal.
        behind: what stands at the end of the question.
    """
    rows = query(f"SELECT DISTINCT revision, direction FROM {dialect.quoted(schema, STATEMENTS)}{behind}")
    return tuple((str(revision), str(direction)) for revision, direction in rows)


def latest(attempts: Iterable[Attempt]) -> dict[str, Attempt]:
    """The last attempt of each revision that got through, or was accepted as it is, by revision."""
    return {attempt.revision: attempt for attempt in attempts if attempt.state in (DONE, ACCEPTED)}


def open_ends(attempts: Iterable[Attempt]) -> dict[tuple[str, str], Attempt]:
    """Of each revision and direction whose last attempt did not get through, that attempt."""
    last = {(attempt.revision, attempt.direction): attempt for attempt in attempts}
    return {key: one for key, one in last.items() if one.state not in _ENDED}


def applied(attempts: Iterable[Attempt]) -> dict[str, Attempt]:
    """Of each revision that is applied now, as far as the journal knows, the attempt that has applied it."""
    return {name: attempt for name, attempt in latest(attempts).items() if attempt.direction == "upgrade"}


def provenance_of(attempts: Iterable[Attempt], revision: str) -> str | None:
    """Who has applied a revision, when and from what, in words; None if the journal does not know.

    For example `applied 2026-11-20 14:03 UTC by ann on ci-7 from branch feature/x, whimbrel 0.1`.
    """
    last = last_applied(attempts, revision)
    return f"applied {last.when} {last.who}, {last.tool}" if last else None


def last_applied(attempts: Iterable[Attempt], revision: str) -> Attempt | None:
    """The last attempt that has applied a revision, whatever came after it."""
    found = None
    for attempt in attempts:
        if attempt.revision == revision and attempt.state == DONE and attempt.direction == "upgrade":
            found = attempt
    return found


def _moment(text: str) -> datetime:
    from datetime import UTC, datetime

    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _printable(text: str) -> str:
    """Text from a database, without what would move the cursor of a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
