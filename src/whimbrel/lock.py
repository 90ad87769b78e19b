"""One migrator at a time on one database.

The lock lives on the connection of the migrations: one on another connection is free as soon as its client is dead,
while the dead client's last statement may run for seconds yet (measured: 7 to 9). It is there for politeness; that no
revision is applied twice follows from reading the version again in the transaction that applies it.
"""

from __future__ import annotations

from .errors import LockBusy
from .events import Listener, Waiting
from .record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .connect.driver import Query
    from .dialects import Holder
    from .dialects.base import Sessions
    from .patience import Patience

_TOLD_AFTER = 1.0
_TOLD_EVERY = 10.0


class Lock:
    """The lock of one version table, for one session.

    Args:
        sessions: the dialect's.
        query: the connection of the migrations.
        key: what the lock is called.
        holder: finds out who has it.
        between_tries: ends the transaction of a try: a snapshot that stays open would hold others up.
        where: the database, for messages.
    """

    def __init__(
        self,
        sessions: Sessions,
        query: Query,
        key: str,
        *,
        holder: Callable[[], Holder | None],
        between_tries: Callable[[], None],
        where: str,
    ) -> None:
        self._sessions = sessions
        self._query = query
        self.key = key
        self._holder = holder
        self._between_tries = between_tries
        self._where = where

    def acquire(self, patience: Patience, listen: Listener, *, in_transaction: bool = False) -> None:
        """Take the lock.

        Args:
            patience: how long to wait for it.
            listen: is told who has it.
            in_transaction: take it only until the transaction ends.

        Raises:
            LockBusy: somebody else has it.
        """
        take = self._sessions.acquire_in_transaction if in_transaction else self._sessions.acquire
        told = _TOLD_AFTER
        while not take(self._query, self.key):
            holder = self._holder()
            self._between_tries()
            if patience.waited > told:
                listen(Waiting("another migrator", str(holder or "it has just ended"), patience.waited))
                told += _TOLD_EVERY
            if not patience.wait():
                raise busy(holder, patience.total, self._where)
        self._between_tries()

    def release(self) -> bool:
        """Give it back; false if it was lost meanwhile, as behind a pooler or when the connection broke."""
        return self._sessions.release(self._query, self.key)


def busy(holder: Holder | None, seconds: float, where: str) -> LockBusy:
    """The error for a lock that somebody else has."""
    waited = f"waited {seconds:.0f} s" if seconds else "it was not waited for"
    # Of a file, any program may be the one that writes; of a migrator it is known where it runs.
    is_migrator = holder is not None and (holder.what == "session" or holder.host is not None)
    return LockBusy(
        "another migrator is at work on this database" if is_migrator else "another program has locked the database",
        where=where,
        why=f"it is {holder}; {waited}" if holder else waited,
        state="nothing was changed by this one",
        hint="run the same command again when it is through"
        + ("; whimbrel unlock shows and ends it" if holder is not None and holder.what == "session" else ""),
    )
