"""The command on a terminal, with somebody who answers it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path


def on_terminal(*arguments: str, cwd: Path, answer: str) -> tuple[int, str]:
    """Run the whimbrel command on a terminal of its own; how it ended, and all that the terminal has shown.

    Args:
        arguments: of the command line.
        cwd: where it runs.
        answer: what is typed; it waits in the terminal until it is read.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "whimbrel", *arguments], cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # how Linux tells that the other side is closed
            pass
    os.close(ours)
    return process.returncode, shown.decode().replace("\r\n", "\n")
