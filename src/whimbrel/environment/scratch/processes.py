"""Servers that go on although whoever has started them is gone: found by the folder that they were started for.

A number in a file would not do: the process may be another one by now, or not have been written down yet.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator

from ...patience import Patience

_SERVERS = frozenset(("postgres", "mariadbd", "mysqld"))
_PATIENCE = 10.0


def end_all_in(folder: str) -> None:
    """End the servers whose files are in a folder, at once: nothing of them will be needed.

    Raises:
        OSError: they are somebody else's.
    """
    for number in (signal.SIGQUIT, signal.SIGKILL):
        patience = Patience(_PATIENCE)
        while found := _servers_in(folder):
            for process in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, number)
            if not patience.wait():
                break


def _servers_in(folder: str) -> list[int]:
    return [
        number
        for number, words in _processes()
        if words and os.path.basename(words[0]) in _SERVERS and any(folder in word for word in words[1:])
    ]


def _processes() -> Iterator[tuple[int, list[str]]]:
    """All processes, with the words that they were started with. One that has ended, and nobody knows, has none."""
    if not os.path.isdir("/proc/self"):
        listed = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=False)
        for line in listed.stdout.splitlines():
            number, _, command = line.strip().partition(" ")
            yield int(number), command.split()
        return
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/cmdline", errors="replace") as file:
            yield int(name), file.read().split("\0")
