"""A database: written to a file, taken from it again, emptied."""

from __future__ import annotations

import os

from ..errors import NotConfirmed
from ..record import TYPE_CHECKING
from .base import ProjectBase
from .confirming import check_confirmed, check_name
from .threads import awaited

if TYPE_CHECKING:
    from ..snapshot import Cleaned, Counted, Dumped, Loaded, Transfer


class Snapshots(ProjectBase):
    """What `Project` can do with the rows of its database."""

    def dump(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> Dumped:
        """Write the database to a file, as it is at one moment. Reads the database, and writes one file.

        Args:
            path: the file. Its name ends with `.whimbrel` for an archive of all rows, which every kind of database
                takes; with `.sql` for what the database's own tool writes of schema and rows; with `.db` for a copy of
                a database of SQLite. Without it an archive in the current folder, named for the database, its revision
                and the time.
            overwrite: replace a file of that name.

        Returns:
            What was written.

        Raises:
            FormatUnknown: the file has another ending, or one that is not for this kind of database.
            ProgramMissing: a `.sql` file needs the database's own tool, and it is not installed.
            WouldOverwrite: there is a file of that name.
            SeveralDatabases: env.py visits several.
            DumpFailed: rows cannot be read, or are nothing for an archive.
            FileRefused: the file cannot be written.
        """
        from ..snapshot import dump

        file = None if path is None else os.fspath(path)
        return self._apart(lambda: dump(self._transfer(), file, overwrite=overwrite))

    def restore(
        self,
        path: str | os.PathLike[str],
        *,
        replace: bool = False,
        confirm: str | None = None,
        lock_wait: float | None = None,
    ) -> Loaded:
        """Take what is in a file into the database, all of it or nothing. Reads one file, writes the database.

        The rows of an archive are read again, and compared with it, before they are committed. A `.sql` file on MySQL
        and MariaDB is the one that can be loaded in part: they commit each table. The error says what is there then.

        Args:
            path: a file that `dump` has written: an archive of any kind of database, others of the same kind.
            replace: whether what is there may go: rows for an archive, else everything. Else it is a reason to refuse.
            confirm: the name of the database, without which no rows of one that is labelled production go.
            lock_wait: seconds to wait for a migrator; 0 to give up at once. As configured, else 600.

        Returns:
            What was loaded.

        Raises:
            ArchiveInvalid, FormatUnknown, FileRefused: the file cannot be used.
            ProgramMissing: a `.sql` file needs the database's own tool, and it is not installed.
            SeveralDatabases: env.py visits several.
            ArchiveDoesNotFit: the database is at another revision, or has other tables or columns.
            NotEmpty: there is something, and no `replace`.
            NotConfirmed: rows of a database that is labelled production would go, and `confirm` does not name it.
            RowsRefused, LoadedOtherwise: the database does not take the rows, or not as they are.
            CommitUnknown: the connection was lost during the commit.
            LockBusy: a migrator is at work.
        """
        from ..snapshot import load

        check_name(self.database, confirm)
        if replace:
            self._check_replacing(os.fspath(path), confirm)
        return self._apart(lambda: load(self._transfer(lock_wait), os.fspath(path), replace=replace))

    def row_counts(self) -> list[Counted]:
        """How many rows each table has; those that `dump` would write. Reads the database.

        Raises:
            WhimbrelError: they cannot be counted.
        """
        from ..snapshot import count

        return self._apart(lambda: count(self._transfer()))

    def clean(
        self,
        *,
        confirm: str,
        schema: bool = False,
        backup: str | os.PathLike[str] | bool = False,
        lock_wait: float | None = None,
    ) -> Cleaned:
        """Remove all rows; the schema, the version table and the journal stay. Writes the database.

        Never those of a database that is labelled production.

        Args:
            confirm: the name of the database.
            schema: drop everything instead, the version table too.
            backup: write it to a file first, while nobody else writes: its path, or true for an archive that is named
                as by `dump`.
            lock_wait: seconds to wait for a migrator; 0 to give up at once. As configured, else 600.

        Returns:
            What was removed.

        Raises:
            NotConfirmed: it is labelled production, or `confirm` is another name.
            RowsRefused: the database does not let them go.
            LockBusy: a migrator is at work.
            WhimbrelError: as `dump`.
        """
        from ..snapshot import clean

        self._check_cleanable()
        check_name(self.database, confirm)
        file = backup if isinstance(backup, bool) else os.fspath(backup)
        return self._apart(lambda: clean(self._transfer(lock_wait), schema=schema, backup=file))

    adump = awaited(dump)
    arestore = awaited(restore)
    arow_counts = awaited(row_counts)
    aclean = awaited(clean)

    # -- parts ----------------------------------------------------------------------------------

    def _transfer(self, lock_wait: float | None = None) -> Transfer:
        from ..settings.limits import limits
        from ..snapshot import Transfer

        run_limits = limits(self.database.options, lock_wait=lock_wait)
        return Transfer(self._environment(), run_limits, self._tell, self.interruption)

    def _check_replacing(self, path: str, confirm: str | None) -> None:
        """Refuse to let the rows of a production database go that has not been named."""
        name = self.database.name
        check_confirmed(
            self.database,
            confirm,
            what=f"this replaces all {'rows' if path.lower().endswith('.whimbrel') else 'tables and rows'} of {name}",
            hint=f"whimbrel load_db {path} --yes {name}; whimbrel dump_db keeps what is there",
        )

    def _check_cleanable(self) -> None:
        """Refuse to clean a database that is labelled production."""
        if self.database.is_production:
            raise NotConfirmed(
                f"{self.database.name} is labelled production, and is never emptied",
                where=str(self.database.origin),
                state="nothing was changed",
                hint="look whether it is the database that you mean; if it is, take the label off first",
            )
