"""Looking at a database: where it is, what was done to it, what differs. Nothing here writes one."""

from __future__ import annotations

from ..errors import WhimbrelError
from ..record import TYPE_CHECKING
from .base import ProjectBase
from .files import check_for_env_py
from .threads import awaited

if TYPE_CHECKING:
    from ..log import LogEntry
    from ..position import Position, Wanted
    from ..runner import Held, Unfinished
    from ..status import Status


class Looking(ProjectBase):
    """What `Project` can tell of its database."""

    def positions(self) -> list[Position]:
        """Where the database is; one entry for each database that the project's env.py visits. Reads the database.

        The journal is read too where a database is at a revision that no file has: it knows where that came from.
        Without an env.py only the driver is needed, not SQLAlchemy.

        Raises:
            ProjectNotFound, VersionsFolderMissing: there is no project to ask for.
            UrlMissing, DriverMissing, CannotConnect, VersionTableBroken.
        """
        history = self.history
        return self._positions(lambda heads: any(head not in history for head in heads))

    def current(self) -> tuple[str, ...]:
        """The revisions in the version table; empty at base. Reads the database.

        Raises:
            As `positions`.
        """
        return tuple(dict.fromkeys(head for position in self.positions() for head in position.heads))

    def status(self, *, compare: bool = False) -> list[Status]:
        """Where the database is, compared with the revision files. Reads the database; its failures are values.

        Args:
            compare: compare models and database as well, if it is at head. This imports the models.

        Raises:
            ProjectNotFound, VersionsFolderMissing, HistoryBroken: there are no revisions to compare with.
        """
        from ..status import Status, status_at

        self._check_history()
        try:
            positions = self._positions(lambda heads: True)
            check = self.check if compare else None
            return [status_at(at, self.history, self.database.name, check) for at in positions]
        except WhimbrelError as error:
            return [Status(self.database.name, self._where, error=error)]

    def log(self, revision: str | None = None) -> list[LogEntry]:
        """What was done to the database: every attempt to run a revision, the newest first. Reads the database.

        Args:
            revision: only attempts of this one. It may be one that no file has.

        Raises:
            DatabaseFailed: there is a journal, and it cannot be read.
            RevisionNotFound, RevisionAmbiguous, TargetInvalid, MultipleHeads: `revision` names none.
            As `positions`.
        """
        from ..log import log_of

        self._check_history()
        positions = self._positions(lambda heads: True)
        for position in positions:
            if position.unread is not None:
                raise position.unread
        return log_of(positions, self.history, revision)

    def check(self, *, full: bool = False) -> list[str]:
        """What differs between the models and the database, one line each; empty if nothing does. Reads the database.

        Args:
            full: compare tables that were found to be as the models say before as well, though neither has changed
                since. So it always is where the environment variable `CI` is set.

        Raises:
            WhimbrelError: they cannot be compared.
        """
        return self._apart(lambda: self._author(autogenerate=True, full=full).told())

    def holders(self) -> list[Held]:
        """Who is migrating the database now; an entry for each version table env.py visits. Reads the database."""
        from ..runner import holders

        return self._apart(lambda: holders(self._environment()))

    def unfinished(self) -> list[Unfinished]:
        """The revisions that were left in the middle, and the statement that must be decided on. Reads the database."""
        from ..runner import unfinished

        return self._apart(lambda: unfinished(self._environment()))

    apositions = awaited(positions)
    acurrent = awaited(current)
    astatus = awaited(status)
    alog = awaited(log)
    acheck = awaited(check)
    aholders = awaited(holders)
    aunfinished = awaited(unfinished)

    # -- parts ----------------------------------------------------------------------------------

    def _positions(self, journal: Wanted) -> list[Position]:
        from .. import position

        check_for_env_py(self.database)
        if not self.database.has_env and self._attributes.get("connection") is None:
            found = self._apart(lambda: position.by_driver(self.database, journal))
            if found is not None:
                return [found]
        return self._apart(lambda: self._positions_by_environment(journal))

    def _positions_by_environment(self, journal: Wanted) -> list[Position]:
        from ..position import by_environment

        environment = self._environment()
        found = by_environment(environment, journal)
        self._history_found = environment.scripts.history
        return found
