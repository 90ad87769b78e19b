"""Ctrl-C and SIGTERM while a database is changed: the first one stops cleanly, the second one at once.

Python runs a signal handler only when the main thread comes back from C, and some drivers do not come back before the
statement is through. So a thread waits for signals too, and makes the server give up the statement.
"""

from __future__ import annotations

import os
import signal
import socket
from threading import Thread

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from ..interruption import Interruption

_SIGNALS = tuple(
    number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)


class Signals:
    """Listens to signals while it is entered. Only in the main thread of a process that ends with the command.

    Args:
        interruption: is asked to stop what runs.
        say: tells the user that it was heard.

    Attributes:
        heard: the first signal that came; None if none did.
    """

    def __init__(self, interruption: Interruption, say: Callable[[str], None]) -> None:
        self._interruption = interruption
        self._say = say
        self.heard: int | None = None
        self._is_raised = False

    def __enter__(self) -> Signals:
        self._reading, self._writing = socket.socketpair()
        self._writing.setblocking(False)
        self._woken = signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        # `nohup` has made SIGHUP ignored, and a shell SIGINT for what it runs in the background: so they stay.
        self._before: dict[Any, Any] = {
            number: signal.signal(number, self._handle)
            for number in _SIGNALS
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        Thread(target=self._watch, name="whimbrel-signals", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._woken)
        self._writing.close()  # the thread reads the end, and ends

    def _handle(self, number: int, frame: FrameType | None) -> None:
        """In the main thread, between two steps of Python. A statement with the server is given up by the thread, and
        where whimbrel is at work it looks by itself whether it is to stop.
        """
        self.heard = self.heard or number
        if self._is_raised or self._interruption.in_flight or self._interruption.is_deferred:
            return
        self._is_raised = True
        raise KeyboardInterrupt

    def _say_what_stops(self) -> None:
        """Say what still has to end; all else is over at once, and an error says so."""
        if self._interruption.in_flight:
            self._say("stopping: the statement is given up and rolled back; once more ends the process at once")
        elif self._interruption.is_deferred:
            self._say("stopping; once more ends the process at once")

    def _watch(self) -> None:
        """In a thread of its own, at once, whatever the main thread is doing."""
        is_first = True
        while received := self._reading.recv(1):
            number = received[0]
            if number not in self._before:
                continue
            if not is_first:
                os._exit(128 + number)
            is_first, self.heard = False, self.heard or number
            self._say_what_stops()
            # In yet another thread: this one hears the second signal while a server does not answer.
            Thread(target=self._interruption.request, name="whimbrel-stop", daemon=True).start()
        self._reading.close()
