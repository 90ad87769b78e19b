"""Which processes have a file of SQLite's locked, as the kernel of Linux tells it. Elsewhere nobody knows."""

from __future__ import annotations

import os
from contextlib import suppress

from ..base import Holder

READING, WRITING = "reading", "writing"
_LOCKS = "/proc/locks"
_WAL_WRITE_LOCK = 120
"""The byte of the `-shm` file that whoever writes has locked, with a write-ahead log (https://sqlite.org/walformat.html)."""


def lockers(path: str) -> list[Holder]:
    """The other processes of this machine that read the file, or write it; empty where that cannot be seen.

    A line of the kernel's list: `1: POSIX ADVISORY READ 4711 fe:00:131075 1073741826 1073742335` (proc_locks(5)).
    """
    file, log = _place(path), _place(f"{path}-shm")
    found: dict[str, str] = {}
    for words in _locks():
        _, kind, _, mode, pid, where, first, last = words
        if kind != "POSIX":
            continue
        if where == file and mode == "READ":
            found.setdefault(pid, READING)
        elif where == file or (where == log and mode == "WRITE" and int(first) <= _WAL_WRITE_LOCK <= int(last)):
            found[pid] = WRITING
    found.pop(str(os.getpid()), None)
    return [Holder(pid, _name(pid), doing=doing, what="process") for pid, doing in found.items()]


def _locks() -> list[list[str]]:
    """The lines of the kernel's list, in words; not those of who waits, which have an arrow."""
    with suppress(OSError), open(_LOCKS, encoding="ascii") as file:
        return [words for words in (line.split() for line in file) if len(words) == 8]
    return []


def _place(path: str) -> str | None:
    """Device and inode, as the list has them. Where a file system shows another device than it has, nobody is found."""
    with suppress(OSError):
        found = os.stat(path)
        return f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    return None


def _name(pid: str) -> str | None:
    """What a process is called; not its command line, which may hold a password."""
    with suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
        return file.read().strip() or None
    return None
