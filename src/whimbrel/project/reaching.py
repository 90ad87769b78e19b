"""Waiting for a database that is about to start."""

from __future__ import annotations

from ..record import TYPE_CHECKING
from .looking import Looking
from .threads import awaited

if TYPE_CHECKING:
    from typing import Self


class Reaching(Looking):
    """How `Project` waits for its database."""

    def wait(self, timeout: float = 60) -> float:
        """Wait until the server accepts connections with the configured credentials. Reads the database.

        A database that the server does not have yet is not waited for: the listener is told, and `update` creates it.

        Args:
            timeout: seconds to go on trying; 0 to try once.

        Returns:
            The seconds that were waited.

        Raises:
            StillUnreachable: it has accepted none in time.
            CannotConnect: it refuses these credentials, for which there is no use in waiting.
            UrlMissing, UrlInvalid, DriverMissing, EnvironmentFailed: nothing can be tried.
            Interrupted: `interruption` was asked to stop.
        """
        from ..readiness import wait_for

        def connect(seconds: float) -> None:
            self._giving_up_after(seconds)._positions(lambda heads: False)

        return wait_for(connect, timeout, self._tell, self.interruption)

    await_ready = awaited(wait, name="await_ready")

    def _giving_up_after(self, seconds: float) -> Self:
        """The same project, whose connections are tried for so many seconds at most."""
        from copy import copy

        other, database = copy(self), copy(self.database)
        limit = min(database.connect_timeout or seconds, seconds)
        database.options = {**database.options, "connect_timeout": limit}
        other.database = database
        return other
