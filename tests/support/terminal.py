"""The command on a terminal, with somebody who answers it."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
from pathlib import Path

INTERRUPT = "\x03"
"""Ctrl-C."""
_QUESTION = b"[y/N]"


def on_terminal(*arguments: str, cwd: Path, answer: str) -> tuple[int, str]:
    """Run the whimbrel command on a terminal of its own; how it ended, and all that the terminal has shown.

    Args:
        arguments: of the command line.
        cwd: where it runs.
        answer: what is typed; it waits in the terminal until it is read. `INTERRUPT` is typed at a question.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "whimbrel", *arguments],
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_own_terminal,  # Ctrl-C is a signal only to whom the terminal belongs
    ) as process:
        os.close(theirs)
        typed = b"" if answer == INTERRUPT else f"{answer}\n".encode()
        os.write(ours, typed)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
                if not typed and _QUESTION in shown:
                    typed = answer.encode()
                    os.write(ours, typed)
        except OSError:  # how Linux tells that the other side is closed
            pass
    os.close(ours)
    return process.returncode, shown.decode().replace("\r\n", "\n")


def _own_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell has it ignored by what it runs in the background
