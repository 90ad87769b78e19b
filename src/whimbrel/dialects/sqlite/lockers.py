"""Which processes have a file of SQLite's locked, as the kernel of Linux tells it. Elsewhere nobody knows."""

from __future__ import annotations

import os
from contextlib import suppress

from ..base import Holder

_LOCKS = "/proc/locks"


def lockers(path: str) -> list[Holder]:
    """The other processes of this machine that have a lock on the file; empty where that cannot be seen.

    A line of the kernel's list: `1: POSIX ADVISORY READ 4711 fe:00:131075 1073741826 1073742335` (proc_locks(5)).
    """
    try:
        inode = str(os.stat(path).st_ino)
        with open(_LOCKS, encoding="ascii") as file:
            lines = [line.split() for line in file]
    except OSError:
        return []
    found: dict[str, str] = {}
    for words in lines:
        if words[1] == "POSIX" and words[5].rpartition(":")[2] == inode:
            found[words[4]] = "reading" if words[3] == "READ" and found.get(words[4]) != "writing" else "writing"
    found.pop(str(os.getpid()), None)
    return [Holder(pid, _name(pid), doing=doing, what="process") for pid, doing in found.items()]


def _name(pid: str) -> str | None:
    """What a process is called; not its command line, which may hold a password."""
    with suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
        return file.read().strip() or None
    return None
