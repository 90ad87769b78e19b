"""What differs between databases, as one short protocol."""

from __future__ import annotations

from functools import cache

from ..connect.waiting import CONNECT_TIMEOUT
from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Any, Protocol

    from ..connect.driver import Driver, Query
    from ..connect.url import DatabaseUrl
    from .casts import Casts
    from .catalogs import Catalogs
    from .contents import Contents
    from .creation import Arguments, Open
    from .lists import Lists
    from .statement import Statement
    from .tools import Tools
else:
    Protocol = object  # for type checkers only

_UPDATE_DB, _OR = "whimbrel update_db ", "; or "
UPDATE_DB = f"{_UPDATE_DB}creates it{_OR}correct the name at the end of the URL"
"""What helps where a server has no such database."""
UPDATE_DB_FOLDER = f"{_UPDATE_DB}makes the folder{_OR}correct the path, and who may write there"
"""What helps where a file cannot be opened."""


class Place(Record):
    """Where a connection looks up names.

    Attributes:
        statements: put a new connection there.
        schema: the schema of a name without one, if it is not the usual one.
        database: which database of which server it is, where a URL may not tell.
    """

    statements: tuple[str, ...] = ()
    schema: str | None = None
    database: str | None = None


class Holder(Record):
    """Who holds a lock, or is in the way of a statement.

    Attributes:
        session: the number of its connection, as the server counts; of its process, where there is no server.
        application: what it calls itself.
        host: where it comes from.
        user: who it is to the database.
        since: for how long, in seconds.
        doing: what it does now, in the server's words.
        what: `session` or `process`.
    """

    session: str
    application: str | None = None
    host: str | None = None
    user: str | None = None
    since: float | None = None
    doing: str | None = None
    what: str = "session"

    def __str__(self) -> str:
        named = [self.application, f"from {self.host}" if self.host else None, f"as {self.user}" if self.user else None]
        since = [f"for {self.since:.0f} s"] if self.since is not None else []
        doing = [self.doing] if self.doing else []
        return ", ".join([" ".join(filter(None, [f"{self.what} {self.session}", *named])), *since, *doing])


class Session(Record):
    """A session of a server.

    Attributes:
        number: as the server counts. Behind a pooler it is that of the session that has answered.
        is_pooled: whether a pooler may send each transaction to another session; None if the driver does not tell.
    """

    number: str
    is_pooled: bool | None


class Sessions(Protocol):
    """One migrator at a time, and what can be done about other sessions. A query goes to the session it is about."""

    @property
    def locks_each_transaction(self) -> bool:
        """Whether every transaction that writes waits for all others, so that no lock beside it is needed."""

    def identity(self, driver_connection: Any, query: Query) -> Session:
        """Which session this is.

        Args:
            driver_connection: knows which one the driver was told that it had.
            query: goes to it.
        """

    def key(self, query: Query, schema: str | None, table: str) -> str:
        """What the lock of a version table is called."""

    def acquire(self, query: Query, key: str) -> bool:
        """Take the lock for this session if it is free. Never waits."""

    def acquire_in_transaction(self, query: Query, key: str) -> bool:
        """Take the lock until the transaction ends, if no other session has it. Never waits."""

    @property
    def keeps_locks(self) -> bool:
        """Whether what was taken until the transaction ends has to be given back then: its end does not do that."""

    def release(self, query: Query, key: str) -> bool:
        """Give the lock back; false if this session did not have it."""

    def holder(self, query: Query, key: str) -> Holder | None:
        """Who has the lock."""

    def prepare(self, query: Query, name: str, seconds: float) -> tuple[str, ...]:
        """Prepare this session for migrations; the statements that undo that. A rollback undoes it, too.

        Args:
            query: goes to it.
            name: what the server is to call it.
            seconds: for how long a statement may wait for a lock, unless the session has a limit of its own. Not where
                `lock_wait_limit` does that.
        """

    def cancel(self, query: Query, session: str) -> None:
        """Make the server give up the statement of another session."""

    def end(self, query: Query, session: str) -> None:
        """End another session."""

    def lock_wait_limit(self, seconds: float) -> str:
        """A condition that is true of every row, and lets no statement of the transaction wait longer for a lock.

        Empty where that is of the session. A limit of its own stays.
        """

    def blockers(self, query: Query, statement: Statement) -> list[Holder]:
        """Who is in the way of a statement that did not get its locks in time."""


class Changes(Protocol):
    """How statements change this kind of database, and how to see whether one has."""

    @property
    def ddl_commits(self) -> bool:
        """Whether a statement that changes the schema commits, itself and what came before."""

    def kind(self, statement: Statement) -> str:
        """One of PASSES, ENDS, IN_TRANSACTION, COMMITS, MAY_COMMIT, ALONE; of the first statement of a text."""

    def commits_first(self, statement: Statement) -> bool:
        """Whether the first thing that a statement does is to commit what came before it."""

    def image(self, query: Query, statement: Statement) -> str | None:
        """What the statement changes, as it is now; None if that cannot be seen."""

    def happened(self, statement: Statement, now: str, changed: bool) -> bool | None:
        """Whether a statement was executed, from its image now and whether it has changed; None if that cannot tell."""

    def clean_up(self, query: Query, statement: Statement) -> None:
        """Remove what an interrupted statement has left, so that it can be executed again."""

    def is_temporary(self, query: Query, name: str) -> bool:
        """Whether a table that was made as a temporary one is there still: it may end with a transaction."""

    def is_half_made(self, query: Query, statement: Statement) -> bool:
        """Whether what a statement should have made is there, and of no use."""

    def is_forbidden(self, error: BaseException) -> bool:
        """Whether the database has refused a statement for want of a privilege."""

    def undoes_all(self, error: BaseException) -> bool:
        """Whether with an error the server has rolled the transaction back, and goes on in a new one."""

    def is_transient(self, error: BaseException) -> str | None:
        """Why an error may be gone when the transaction is run again: `lock`, `deadlock`, …; None if it will not."""


PASSES, ENDS, IN_TRANSACTION = "passes", "ends", "in transaction"
COMMITS, MAY_COMMIT, ALONE = "commits", "may commit", "alone"
"""What a statement is: it changes nothing but its session, or can be executed again without harm; it ends the
transaction, and else is like those; it is part of the transaction; it commits, itself and what came before; nobody
knows what it does, and whether it commits; it cannot be in a transaction."""


def kind_of(changes: Changes, statement: Statement) -> str:
    """What a text of one or several statements is: several of which one commits may commit in their middle."""
    if not statement.others:
        return changes.kind(statement)
    kinds = {changes.kind(part) for part in statement.parts}
    if kinds <= {PASSES, ENDS}:
        return ENDS if ENDS in kinds else PASSES
    if not kinds.isdisjoint((COMMITS, MAY_COMMIT, ENDS)):
        return MAY_COMMIT
    return ALONE if ALONE in kinds else IN_TRANSACTION


class Creation(Protocol):
    """Making a database that is not there, where a connection to it has failed.

    `positional` and `arguments` are what the driver was given to connect.
    """

    def name(self, positional: list[Any], arguments: Arguments) -> str | None:
        """What the database is called, or its file; None if that is not known, or if it is not to be made."""

    def is_missing(self, error: Exception, name: str) -> bool:
        """Whether a connection has failed, as it seems, because the database is not there."""

    def create(self, open_with: Open, arguments: Arguments, name: str) -> bool:
        """Make it; false if it is there after all: somebody else was faster.

        Raises:
            CannotCreateDatabase: nobody did.
        """


class Dialect(Protocol):
    """One kind of database."""

    @property
    def sessions(self) -> Sessions:
        """Its locks and sessions."""

    @property
    def changes(self) -> Changes:
        """How statements change it."""

    @property
    def creation(self) -> Creation:
        """How one is made."""

    @property
    def contents(self) -> Contents:
        """How its rows are read and written."""

    @property
    def catalogs(self) -> Catalogs:
        """How its catalog is read, and turned into another."""

    @property
    def casts(self) -> Casts:
        """What becomes of values in a column that gets another type."""

    @property
    def lists(self) -> Lists:
        """How it holds columns to lists of values."""

    @property
    def tools(self) -> Tools | None:
        """Its own tools for scripts of SQL; None if those are a part of Python."""

    @property
    def name(self) -> str:
        """SQLAlchemy's name of it."""

    @property
    def drivers(self) -> tuple[Driver, ...]:
        """The drivers it is used with, the preferred one first."""

    @property
    def hints(self) -> Mapping[str, str]:
        """Regular expressions for what a driver says when it cannot connect, and what helps."""

    @property
    def final(self) -> str:
        """A regular expression for what a driver says when there is no use in waiting: above all a wrong password."""

    @property
    def missing(self) -> str:
        """A regular expression for what a driver says when the server has no such database; empty without a server."""

    @property
    def denied(self) -> str:
        """A regular expression for what a driver says of a table that its user may not read, with the SQLSTATE."""

    @property
    def taken(self) -> str:
        """A regular expression for what a driver says when what is to be made is there already."""

    @property
    def table_options(self) -> str:
        """What stands behind the definition of a table that must have transactions."""

    @property
    def locking_read(self) -> str:
        """What stands behind a SELECT so that it sees what others have committed since its transaction began.

        It locks what it reads. Empty where each statement sees that anyway.
        """

    def schema_of(self, table: str) -> str:
        """A statement that returns one row: the schema in which a name without one is found, or a table of that name
        would be made, and whether it is there.
        """

    def put(self, table: str, columns: Sequence[str], key: Sequence[str], rows: str) -> str:
        """A statement that writes rows, in the place of those with the same key; `table` is quoted.

        Args:
            table: which table.
            columns: their names, which need no quotes but are words of some language.
            key: those of the primary key.
            rows: what stands behind VALUES.
        """

    def plain(self, url: DatabaseUrl, seconds: float = CONNECT_TIMEOUT) -> AbstractContextManager[Query] | None:
        """A connection of the driver alone, or None if the URL asks for more than that can do. Reads only.

        Args:
            url: where to, with its driver.
            seconds: how long to wait for the server.

        Raises (when entered): whatever the driver raises.
        """

    def quoted(self, *names: str | None) -> str:
        """Identifiers joined by dots, quoted; None is left out."""

    def literal(self, text: str) -> str:
        """A text as it stands in a statement."""

    def table_exists(self, table: str, schema: str | None) -> str:
        """A statement that returns a row with something in it exactly if the table exists."""

    def column_width(self, table: str, schema: str | None, column: str) -> str:
        """A statement that returns how many characters a column has room for; nothing if there is no limit."""

    def widen(self, table: str, column: str, width: int) -> str:
        """A statement that makes room for so many characters in a column that is never NULL; `table` is quoted."""

    def place(self, query: Query) -> Place:
        """Where a connection looks up names: schema search path, current database, attached files."""

    def only_reads(self, query: Query) -> bool:
        """Whether the server behind a connection is a replica, or takes no changes for another reason."""


def hints_elsewhere(dialect: Dialect) -> dict[str, str]:
    """The hints of a dialect for a database that no project is configured with: no command of ours makes that."""
    return {
        pattern: hint.partition(_OR)[2] if hint.startswith(_UPDATE_DB) else hint
        for pattern, hint in dialect.hints.items()
    }


def literal(text: str) -> str:
    """A string literal of standard SQL."""
    return "'" + text.replace("'", "''") + "'"


@cache
def put_on_conflict(table: str, columns: Sequence[str], key: Sequence[str], rows: str) -> str:
    """`Dialect.put` as PostgreSQL and SQLite (3.24) have it."""
    names, keys = (", ".join(map(double_quoted, some)) for some in (columns, key))
    others = (double_quoted(name) for name in columns if name not in key)
    changes = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f"INSERT INTO {table} ({names}) VALUES {rows} ON CONFLICT ({keys}) DO UPDATE SET {changes}"


def double_quoted(*names: str | None) -> str:
    """Identifiers in double quotes, joined by dots."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names if name)
