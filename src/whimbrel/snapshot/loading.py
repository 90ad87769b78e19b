"""Takes what is in a file into a database."""

from __future__ import annotations

from ..dialects import Dialect
from ..environment import Visit
from ..errors import Interrupted, place
from ..interruption import StopRequested
from .formats import Loaded, format_of
from .transfer import Transfer


def load(transfer: Transfer, path: str, *, replace: bool = False) -> Loaded:
    """Take what is in a file into a database, all of it or nothing. Writes the database.

    Args:
        transfer: how to get at it.
        path: the file.
        replace: whether what is there may go.

    Raises:
        FormatUnknown: the ending names no format, or none for this kind of database.
        ArchiveInvalid, FileRefused: the file cannot be used.
        ArchiveDoesNotFit: the database is at another revision, or has other tables or columns.
        SeveralDatabases: env.py visits several.
        ProgramMissing: the database's own tool is not here.
        NotEmpty: there is something, and it may not go.
        RowsRefused, LoadedOtherwise: the database does not take it, or not as it is.
        CommitUnknown: the connection was lost during the commit.
        LockBusy: a migrator is at work.
        Interrupted: it was asked to stop.
    """
    form = format_of(path)
    try:
        with transfer.interruption.deferred(), form.opened(transfer, path) as source:
            transfer.refuse_several("a file")

            def work(visit: Visit, dialect: Dialect) -> Loaded:
                form.check(dialect, path)
                return source.load(visit, dialect, replace)

            [loaded] = transfer.change(work)
    except StopRequested as request:  # no database was asked yet
        transfer.interruption.requested = False  # it was for this run
        raise Interrupted(
            "interrupted while the file was looked at",
            where=place(path),
            state="nothing was changed",
            hint="run the same command again",
        ) from request
    return loaded
