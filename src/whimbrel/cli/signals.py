"""Ctrl-C and SIGTERM while a command is at work: the first one stops cleanly, the second one at once.

Python runs a signal handler only when the main thread comes back from C, and some drivers do not come back before the
statement is through. So a thread waits for signals too, and makes the server give up the statement.

The handler may be run in the middle of anything. A library that is interrupted there leaves half an answer of a server
unread, or writes of it to a log; so it is let finish what it does, within reason.
"""

from __future__ import annotations

import _thread
import os
import signal
import socket
from select import select
from threading import Lock, Thread, get_ident
from time import monotonic

from ..record import TYPE_CHECKING
from .bounds import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from ..interruption import Interruption
    from .bounds import First

_PATIENCE = 1.0
"""Seconds in which a library may come to an end by itself."""

_OFTEN, _SELDOM, _RARELY = 0.002, 0.05, 0.5
"""Seconds after which it is looked whether it has; whether that is to be looked at; and behind the patience. psycopg
looks for signals once in a tenth of a second in which none came."""

_OURS = __name__.partition(".")[0] + "."
_STANDARD = ("<frozen ", os.path.dirname(os.__file__) + os.sep)
_INSTALLED = tuple(f"{os.sep}{folder}{os.sep}" for folder in ("site-packages", "dist-packages"))
_POOL = "sqlalchemy.pool.base"


class Signals:
    """Listens to signals while it is entered. Only in the main thread of a process that ends with the command.

    Args:
        interruption: is asked to stop what runs.
        say: tells the user that it was heard.
        first: the first signal that came, if one did; the thread notes one.
    """

    def __init__(self, interruption: Interruption, say: Callable[[str], None], first: First) -> None:
        self._interruption = interruption
        self._say = say
        self._first = first
        self._until = 0.0
        self._is_raised = self._is_waited_for = False
        self._reminders = 0  # that the thread has sent, and has not received yet
        self._reminding = Lock()

    def __enter__(self) -> Signals:
        self._main = get_ident()
        self._reading, self._writing = socket.socketpair()
        self._writing.setblocking(False)
        self._woken = signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        # `nohup` has made SIGHUP ignored, and a shell SIGINT for what it runs in the background: so they stay.
        self._before: dict[Any, Any] = {
            number: signal.signal(number, self._handle)
            for number in NUMBERS
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        Thread(target=self._watch, name="whimbrel-signals", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_raised = True  # if one comes now, it is too late
        with self._reminding:
            self._is_waited_for = False
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._woken)
        self._writing.close()  # the thread reads the end, and ends

    def _handle(self, number: int, frame: FrameType | None) -> None:
        """In the main thread, between two steps of Python. A statement with the server is given up by the thread, and
        where whimbrel is at work it looks by itself whether it is to stop.
        """
        self._first.note(number)  # the thread may be late
        self._until = self._until or monotonic() + _PATIENCE
        self._is_waited_for = False
        if self._is_raised or self._interruption.is_looked_at:
            return
        if monotonic() < self._until and _is_of_library(frame):
            self._is_waited_for = True
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
        number = self._received()
        if number is None:
            return
        self._first.note(number)
        self._say_what_stops()
        # In yet another thread: this one hears the second signal while a server does not answer.
        Thread(target=self._interruption.request, name="whimbrel-stop", daemon=True).start()
        while (number := self._received(self._remind)) is not None:
            if not self._first.is_it(number):
                os._exit(128 + number)

    def _received(self, meanwhile: Callable[[], None] | None = None) -> int | None:
        """The next signal that somebody else has sent; None if nobody listens any more."""
        while True:
            if meanwhile is not None:
                while not select([self._reading], [], [], self._pause)[0]:
                    meanwhile()
            received = self._reading.recv(1)
            if not received:
                self._reading.close()
                return None
            if received[0] not in self._before:
                continue
            if not self._reminders:
                return received[0]
            self._reminders -= 1

    @property
    def _pause(self) -> float:
        if not self._is_waited_for:
            return _SELDOM
        return _OFTEN if monotonic() < self._until else _RARELY

    def _remind(self) -> None:
        """Let the main thread look again whether it can stop."""
        number = self._first.number
        with self._reminding:
            if number is None or not self._is_waited_for:
                return
            self._reminders += 1
            if monotonic() > self._until and hasattr(signal, "pthread_kill"):
                signal.pthread_kill(self._main, number)  # it comes back from C for that
            else:
                _thread.interrupt_main(signal.Signals(number))


def _is_of_library(frame: FrameType | None) -> bool:
    """Whether code is neither whimbrel's nor the project's; or SQLAlchemy's pool makes a connection, or ends one."""
    if frame is None or not _is_own(frame):
        return True
    while frame is not None:
        if frame.f_globals.get("__name__") == _POOL:
            return True
        frame = frame.f_back
    return False


def _is_own(frame: FrameType) -> bool:
    """Whether code is whimbrel's or the project's."""
    path = frame.f_code.co_filename
    if str(frame.f_globals.get("__name__")).startswith(_OURS):
        return True
    return not path.startswith(_STANDARD) and not any(folder in path for folder in _INSTALLED)
