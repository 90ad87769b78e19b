"""The command on a terminal, with somebody who answers it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import threading
from pathlib import Path

INTERRUPT = "\x03"
"""Ctrl-C."""
_PATIENCE = 180.0
"""Seconds for a command; one that takes longer asks something that nobody answers."""
_QUESTION = re.compile(rb"\[y/N\]|Choose \[")


def on_terminal(*arguments: str, cwd: Path, answer: str) -> tuple[int, str]:
    """Run the whimbrel command on a terminal of its own; how it ended, and all that the terminal has shown.

    Args:
        arguments: of the command line.
        cwd: where it runs.
        answer: what is typed; it waits in the terminal until it is read. `INTERRUPT` is typed at a question.
    """
    return python_on_terminal("-m", "whimbrel", *arguments, cwd=cwd, answer=answer)


def python_on_terminal(*arguments: str, cwd: Path, answer: str, without: str = "") -> tuple[int, str]:
    """The same for any program of Python's.

    Args:
        arguments: of the interpreter.
        cwd, answer: as of `on_terminal`.
        without: `stdin` or `stderr`, if that is no terminal.
    """
    ours, theirs = pty.openpty()
    streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs} | ({without: subprocess.DEVNULL} if without else {})
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        **streams,
        start_new_session=True,
        preexec_fn=None if without == "stdin" else _own_terminal,  # Ctrl-C is a signal only to whom it belongs
    ) as process:
        watchdog = threading.Timer(_PATIENCE, process.kill)  # a question that nobody answers waits for ever
        watchdog.start()
        os.close(theirs)
        typed = b"" if answer == INTERRUPT else f"{answer}\n".encode()
        os.write(ours, typed)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
                if not typed and _QUESTION.search(shown):
                    typed = answer.encode()
                    os.write(ours, typed)
        except OSError:  # how Linux tells that the other side is closed
            pass
        process.wait()
        watchdog.cancel()
    os.close(ours)
    return process.returncode, shown.decode().replace("\r\n", "\n")


def _own_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell has it ignored by what it runs in the background
