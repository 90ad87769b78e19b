"""Waiting until a server can be used: in a container it often starts later than what needs it."""

from __future__ import annotations

from .dialects import is_final, is_missing
from .errors import CannotConnect, Interrupted, StillUnreachable, VersionTableBroken
from .events import Notice, Waiting
from .interruption import StopRequested
from .patience import Patience
from .record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .events import Listener
    from .interruption import Interruption

_FIRST, _LONGEST = 0.1, 2.0  # seconds between two tries
_TOLD_EVERY = 5.0


def wait_for(
    connect: Callable[[float], object], seconds: float, listener: Listener, interruption: Interruption
) -> float:
    """Try to connect until the server lets somebody in; the seconds that took.

    A server that has no such database yet does: that is told, and for `update_db`.

    Args:
        connect: tries once, and gives up after so many seconds.
        seconds: how long to go on trying.
        listener: is told from time to time what is waited for.
        interruption: ends the waiting.

    Raises:
        CannotConnect: the database will not accept these credentials, however long it is waited for.
        StillUnreachable: it has accepted no connection in time.
        Interrupted: somebody wants it to stop.
    """
    patience, told = Patience(seconds, first=_FIRST, longest=_LONGEST, sleep=interruption.sleep), -_TOLD_EVERY
    said = ""
    while True:
        try:
            connect(max(seconds - patience.waited, 1.0))
        except VersionTableBroken:
            return patience.waited  # it was reached; what it holds is the business of others
        except CannotConnect as error:
            what, why = error.where or "the database", error.why or error.what
            if is_missing(why):
                listener(Notice(f"the server is ready, and has no such database yet: {what}", "whimbrel update_db"))
                return patience.waited
            if is_final(why, error.where):
                raise
            if patience.waited - told >= _TOLD_EVERY:
                told = patience.waited
                listener(Waiting("the database", "", told) if why == said else Waiting(what, why, told))
                said = why
            if not _has_paused(patience):
                raise _unreachable(error, seconds) from error
        else:
            return patience.waited


def _has_paused(patience: Patience) -> bool:
    try:
        return patience.wait()
    except StopRequested as request:
        raise Interrupted("interrupted while waiting for the database", state="nothing was changed") from request


def _unreachable(error: CannotConnect, seconds: float) -> StillUnreachable:
    return StillUnreachable(
        f"the database has accepted no connection within {seconds:g} s",
        where=error.where,
        why=error.why,
        state="nothing was changed",
        hint=error.hint,
    )
