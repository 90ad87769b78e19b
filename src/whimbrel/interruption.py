"""A request to stop what runs, from another thread or a signal, and the moments at which it may be heard."""

from __future__ import annotations

from _thread import allocate_lock  # `threading` is more than the commands that only look need
from time import monotonic, sleep

from .record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType

_OFTEN = 0.05  # seconds between two looks while there is nothing to do but wait


class StopRequested(Exception):
    """Raised where a statement was given up, or was not begun any more, as somebody wants the run to stop."""


class Stopped(KeyboardInterrupt):
    """A run ends because it was asked to. No code of the user's that catches exceptions goes on behind it."""


class Interruption:
    """Whether a run is to stop. Used as a context, it marks the time in which a statement is with the server.

    What is asked of a run is heard at once in code of the user's, by the server while it executes a statement of a
    revision, and in between, where whimbrel writes down what was done, not before the next `check`.

    Attributes:
        requested: whether somebody wants it to stop.
        in_flight: whether a statement is with the server now, which has to be given up there.
        is_deferred: whether whimbrel is at work, which must not be cut off in the middle.
        is_too_late: whether all that was asked for is done, and has only to be told.
    """

    def __init__(self) -> None:
        self.requested = False
        self.in_flight = False
        self.is_deferred = False
        self.is_too_late = False
        self._cancel: Callable[[], None] | None = None
        self._landing = allocate_lock()

    @property
    def is_looked_at(self) -> bool:
        """Whether the run itself looks whether it is to stop, when it can, if it still can."""
        return self.in_flight or self.is_deferred or self.is_too_late

    def use(self, cancel: Callable[[], None] | None) -> None:
        """Know how to make the server give up a statement; called from another thread than the one that waits."""
        self._cancel = cancel

    def request(self) -> None:
        """Ask the run to stop: the statement that is with the server is given up, and no other one is begun."""
        self.requested = True
        with self._landing:  # else the statement might end meanwhile, and the next one be given up in its place
            if self.in_flight and self._cancel is not None:
                self._cancel()

    def check(self) -> None:
        """Go no further if the run is to stop.

        Raises:
            StopRequested
        """
        if self.requested:
            raise StopRequested("the run was interrupted")

    def sleep(self, seconds: float) -> None:
        """Wait, unless the run is to stop.

        Raises:
            StopRequested
        """
        until = monotonic() + seconds
        self.check()
        while (left := until - monotonic()) > 0:
            sleep(min(left, _OFTEN))
            self.check()

    def deferred(self) -> AbstractContextManager[None]:
        """whimbrel is at work meanwhile."""
        return _Phase(self, is_deferred=True)

    def heard_at_once(self) -> AbstractContextManager[None]:
        """Code of the user's runs meanwhile."""
        return _Phase(self, is_deferred=False)

    def __enter__(self) -> None:
        self.in_flight = True
        if self.requested:
            self.in_flight = False
            self.check()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._landing:
            self.in_flight = False
        if isinstance(error, Exception) and self.requested:
            raise StopRequested("the run was interrupted") from error


class _Phase:
    """A time in which a request is deferred, or is not; phases are nested."""

    def __init__(self, interruption: Interruption, *, is_deferred: bool) -> None:
        self._interruption = interruption
        self._is_deferred = is_deferred

    def __enter__(self) -> None:
        self._before = self._interruption.is_deferred
        self._interruption.is_deferred = self._is_deferred

    def __exit__(self, *_: object) -> None:
        self._interruption.is_deferred = self._before
