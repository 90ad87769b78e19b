"""Comparing schemas: a database with its own history, and any two of models, revisions, databases and dumps."""

from __future__ import annotations

from ..errors import RevisionNotFound
from ..record import TYPE_CHECKING
from .files import check_for_env_py
from .looking import Looking
from .threads import awaited

if TYPE_CHECKING:
    from typing import Any

    from ..catalog import Difference
    from ..drift import Drift
    from ..environment import Environment
    from ..sides import Named, Sides


class Comparing(Looking):
    """What `Project` can compare, besides models and database."""

    def drift(self) -> list[Drift]:
        """How the database differs from what its history leaves. Reads it, and makes scratch databases.

        The history is replayed on a scratch database to the revisions that the database is at, and everything in both
        is compared: tables, views, triggers, functions. One entry for each database that the project's env.py visits.

        Raises:
            DatabaseRevisionUnknown: the database is at a revision that no file has.
            ReplayFailed: the history cannot be replayed; `what` names the first revision that fails.
            ScratchRefused, ScratchUnusable: there is no scratch database to be had.
            WhimbrelError: the revisions, the settings or the database cannot be read.
        """
        from ..drift import drift

        self._check_history()
        positions = self._positions(lambda heads: True)
        return self._apart(lambda: drift(self._environment(), positions, self.interruption))

    def diff(self, first: str, second: str) -> list[Difference]:
        """What turns one schema into another. Reads databases and files, and makes scratch databases.

        Each of the two is `models`; a revision, as any target; a database, by its name in the configuration or as a
        URL; or a file: a script of SQL that the database's own tool has written, or a database of SQLite. Where a name
        could be several of these, `revision:`, `database:` or `file:` before it says which.

        What models cannot say does not count when one of the two is the models, as for `check`.

        Args:
            first: what is there.
            second: what it would be turned into.

        Raises:
            UsageError: a name could mean several things, or they are of different kinds of databases.
            ReplayFailed: a revision cannot be replayed on a scratch database.
            ArchiveInvalid, FormatUnknown, FileRefused: a file cannot be used.
            SeveralDatabases: env.py visits several.
            WhimbrelError: one of the two cannot be read.
        """
        self._check_history()
        one, other = self._named(first, second)
        return self._apart(lambda: self._sides().differences(one, other))

    adrift = awaited(drift)
    adiff = awaited(diff)

    # -- parts ----------------------------------------------------------------------------------

    def _named(self, *texts: str) -> list[Named]:
        from ..sides import named

        names = [database.name for database in self.settings.databases]
        try:
            return [named(text, names, self.history) for text in texts]
        except RevisionNotFound:
            if not self.database.has_env:
                raise
        self._apart(lambda: self._positions_by_environment(lambda heads: False))  # env.py may say where revisions are
        return [named(text, names, self.history) for text in texts]

    def _sides(self) -> Sides:
        from ..environment import Environment
        from ..settings import select
        from ..sides import Sides

        def other(name: str) -> Environment:
            database = select(self.settings, name)
            check_for_env_py(database)
            return Environment(database, cmd_opts=self._cmd_opts() if self._cmd_opts else None)

        def metadata() -> Any:
            return None if self.database.has_env and not self._metadata else self._models().metadata

        return Sides(self._environment(), metadata, other, self.interruption)
