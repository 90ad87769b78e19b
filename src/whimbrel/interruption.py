"""A request to stop what runs, from another thread or a signal."""

from __future__ import annotations

from .record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


class StopRequested(Exception):
    """Raised where a statement was given up, or was not begun any more, as somebody wants the run to stop."""


class Interruption:
    """Whether a run is to stop. Used as a context, it marks the time in which a statement is with the server.

    Attributes:
        requested: whether somebody wants it to stop.
        in_flight: whether a statement is with the server now, which has to be given up there.
    """

    def __init__(self) -> None:
        self.requested = False
        self.in_flight = False
        self._cancel: Callable[[], None] | None = None

    def use(self, cancel: Callable[[], None] | None) -> None:
        """Know how to make the server give up a statement; called from another thread than the one that waits."""
        self._cancel = cancel

    def request(self) -> None:
        """Ask the run to stop: the statement that is with the server is given up, and no other one is begun."""
        self.requested = True
        if self.in_flight and self._cancel is not None:
            self._cancel()

    def check(self) -> None:
        """Go no further if the run is to stop.

        Raises:
            StopRequested
        """
        if self.requested:
            raise StopRequested("the run was interrupted")

    def __enter__(self) -> None:
        self.in_flight = True
        if self.requested:
            self.in_flight = False
            self.check()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.in_flight = False
        if isinstance(error, Exception) and self.requested:
            raise StopRequested("the run was interrupted") from error
