"""Signals that come before a command is at work, or when it is through."""

from __future__ import annotations

import atexit
import os
import signal
from time import monotonic

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

NUMBERS = tuple(
    number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)

_ECHO = 0.2
"""Seconds in which the same signal is no second one: `timeout`, and runners of scripts that pass on what the terminal
has sent to their children too, send each one twice."""


class First:
    """Which signal was the first one.

    Attributes:
        number: its number; None if none came.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._came = 0.0

    def note(self, number: int) -> None:
        """Know of a signal that came."""
        if self.number is None:
            self.number, self._came = number, monotonic()

    def is_it(self, number: int) -> bool:
        """Whether a signal is the first one, or that one once more; else somebody has lost patience."""
        self.note(number)
        return number == self.number and monotonic() - self._came < _ECHO


class Bounds:
    """What signals do in a process that ends with its command, while nothing else listens.

    While the command begins, one is noted; while it runs, one stops it; when it is through, one changes nothing any
    more, and Python's last words to the operating system are not cut off. A second one ends the process at once.

    Attributes:
        first: the first signal that came.
    """

    def __init__(self) -> None:
        self.first = First()
        self._is_running = self._is_over = False
        # `nohup` has made SIGHUP ignored, and a shell SIGINT for what it runs in the background: so they stay.
        self._numbers = [number for number in NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]
        for number in self._numbers:
            signal.signal(number, self._handle)
        # It was registered before any of the project's, so it is called behind them.
        atexit.register(self._ignore)

    def run(self) -> None:
        """The command is at work from now on.

        Raises:
            KeyboardInterrupt: it is to stop.
        """
        self._is_running = True
        if self.first.number is not None:
            raise KeyboardInterrupt

    def end(self) -> None:
        """All is done; what it came to may still have to be told."""
        self._is_over = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        is_new = self.first.number is None
        if not self.first.is_it(number):
            os._exit(128 + number)
        if is_new and self._is_running and not self._is_over:
            raise KeyboardInterrupt

    def _ignore(self) -> None:
        """While Python takes itself apart, its handlers are gone, and a signal would end the process in silence."""
        for number in self._numbers:
            signal.signal(number, signal.SIG_IGN)
