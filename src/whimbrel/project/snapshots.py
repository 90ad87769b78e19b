"""The rows of a database: written to a file, taken from it again, removed."""

from __future__ import annotations

import os

from ..errors import NotConfirmed
from ..record import TYPE_CHECKING
from .base import ProjectBase
from .confirming import check_confirmed, check_name
from .threads import awaited

if TYPE_CHECKING:
    from ..snapshot import Cleaned, Counted, Dumped, Loaded


class Snapshots(ProjectBase):
    """What `Project` can do with the rows of its database."""

    def dump(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> Dumped:
        """Write all rows into an archive, as they are at one moment. Reads the database, and writes one file.

        Args:
            path: the file, which ends with `.whimbrel`. Without it one in the current folder, named for the database,
                its revision and the time.
            overwrite: replace a file of that name.

        Returns:
            What was written.

        Raises:
            FormatUnknown: the file has another ending.
            WouldOverwrite: there is a file of that name.
            DumpFailed: rows cannot be read, or are nothing for an archive.
            FileRefused: the file cannot be written.
        """
        from ..snapshot import dump

        file = None if path is None else os.fspath(path)
        return self._apart(lambda: dump(self._environment(), file, self._tell, self.interruption, overwrite=overwrite))

    def restore(
        self,
        path: str | os.PathLike[str],
        *,
        replace: bool = False,
        confirm: str | None = None,
        lock_wait: float | None = None,
    ) -> Loaded:
        """Take the rows of an archive into the database, all of them or none. Reads one file, writes the database.

        They are read again, and compared with the archive, before they are committed.

        Args:
            path: a file that `dump` has written, of any kind of database.
            replace: whether rows that are there may go. Else they are a reason to refuse.
            confirm: the name of the database, without which no rows of one that is labelled production go.
            lock_wait: seconds to wait for a migrator; 0 to give up at once. As configured, else 600.

        Returns:
            What was loaded.

        Raises:
            ArchiveInvalid, FormatUnknown, FileRefused: the file cannot be used.
            ArchiveDoesNotFit: the database is at another revision, or has other tables or columns.
            NotEmpty: there are rows, and no `replace`.
            NotConfirmed: rows of a database that is labelled production would go, and `confirm` does not name it.
            RowsRefused, LoadedOtherwise: the database does not take the rows, or not as they are.
            CommitUnknown: the connection was lost during the commit.
            LockBusy: a migrator is at work.
        """
        from ..settings.limits import limits
        from ..snapshot import load

        check_name(self.database, confirm)
        if replace:
            self._check_replacing(os.fspath(path), confirm)
        run_limits = limits(self.database.options, lock_wait=lock_wait)
        return self._apart(
            lambda: load(
                self._environment(), run_limits, self._tell, self.interruption, os.fspath(path), replace=replace
            )
        )

    def row_counts(self) -> list[Counted]:
        """How many rows each table has; those that `dump` would write. Reads the database.

        Raises:
            WhimbrelError: they cannot be counted.
        """
        from ..snapshot import count

        return self._apart(lambda: count(self._environment()))

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
            backup: write the rows into an archive first: its path, or true for one that is named as by `dump`.
            lock_wait: seconds to wait for a migrator; 0 to give up at once. As configured, else 600.

        Returns:
            What was removed.

        Raises:
            NotConfirmed: it is labelled production, or `confirm` is another name.
            RowsRefused: the database does not let them go, or rows were written since the backup.
            LockBusy: a migrator is at work.
            WhimbrelError: as `dump`.
        """
        from ..settings.limits import limits
        from ..snapshot import clean

        self._check_cleanable()
        check_name(self.database, confirm)
        run_limits = limits(self.database.options, lock_wait=lock_wait)
        dumped = self.dump(None if isinstance(backup, bool) else backup) if backup else None
        cleaned = self._apart(
            lambda: clean(
                self._environment(),
                run_limits,
                self._tell,
                self.interruption,
                schema=schema,
                expected=dumped.rows if dumped else None,
            )
        )
        return cleaned._replace(backup=dumped.path if dumped else None)

    adump = awaited(dump)
    arestore = awaited(restore)
    arow_counts = awaited(row_counts)
    aclean = awaited(clean)

    # -- parts ----------------------------------------------------------------------------------

    def _check_replacing(self, path: str, confirm: str | None) -> None:
        """Refuse to let the rows of a production database go that has not been named."""
        name = self.database.name
        check_confirmed(
            self.database,
            confirm,
            what=f"this replaces all rows of {name}",
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
