"""What was computed from files, kept beside Python's bytecode for as long as the files stay as they are.

A cache obeys the same switches as bytecode does (`PYTHONDONTWRITEBYTECODE`, `PYTHONPYCACHEPREFIX`) and lies in the same
place, `__pycache__`. An entry counts only while the file's name, size and both times are what they were: what sets the
modification time back (`cp -p`, `rsync -t`, builds that give all files one date) cannot set back that of the change.
The inode would tell nothing more, and differs from mount to mount on some file systems. A folder that cannot be written
to works without it.
"""

from __future__ import annotations

import marshal
import os
import sys
import time
from zlib import crc32

from .record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    _Entry: TypeAlias = tuple[int, int, int, Any]  # modified, changed, size, value

_FORMAT = 6
_SUM = 4  # bytes of check sum in front
_RACY_NS = 1_000_000_000  # A file younger than this may change again within one tick of its file system's clock.


class Cache:
    """Values computed from the files in or below one folder; a context manager that saves what changed.

    Args:
        folder: the folder, an absolute path.
        kind: what is kept; different kinds do not see each other.
    """

    def __init__(self, folder: str, kind: str) -> None:
        self._path = _path(folder, kind)
        self._old = _load(self._path)
        self._new: dict[str, _Entry] = {}
        self._changed = False
        self._oldest_young = time.time_ns() - _RACY_NS

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *exception: object) -> None:
        if (self._changed or len(self._new) != len(self._old)) and not sys.dont_write_bytecode:
            _save(self._path, self._new)

    def get(self, path: str, status: os.stat_result, compute: Callable[[str], Any]) -> Any:
        """What `compute` returns for a file: as it did last time, if the file is the same.

        Args:
            path: the file.
            status: its `os.stat`.
            compute: called with the path; returns strings, numbers, None, and tuples, lists or dicts of them.
        """
        modified, changed, size = status.st_mtime_ns, status.st_ctime_ns, status.st_size
        entry = self._old.get(path)
        if entry is None or entry[0] != modified or entry[1] != changed or entry[2] != size:
            entry = (modified, changed, size, compute(path))
            self._changed = True
        if modified < self._oldest_young:
            self._new[path] = entry
        return entry[3]


class Memo:
    """Values computed from texts, by hashes of those; a context manager that saves what is new.

    What was not asked for is forgotten, once something new is saved.

    Args:
        folder: the folder beside whose bytecode they are kept, an absolute path.
        kind: what is kept; different kinds do not see each other.
    """

    def __init__(self, folder: str, kind: str) -> None:
        self._path = _path(folder, kind)
        self._old: dict[str, _Entry] | None = None  # many a run has nothing to ask
        self._used: dict[str, Any] = {}
        self._changed = False

    def __enter__(self) -> Memo:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._changed and not sys.dont_write_bytecode:
            _save(self._path, self._used)

    def get(self, key: str) -> Any:
        """The value of a key; None if there is none."""
        if self._old is None:
            self._old = _load(self._path)
        entry = self._old.get(key)
        if entry is None:
            return None
        self._used[key] = entry
        return entry[3]

    def put(self, key: str, value: Any) -> None:
        """Keep a value: strings, numbers, None, and tuples, lists or dicts of them."""
        self._used[key] = (0, 0, 0, value)
        self._changed = True


def _path(folder: str, kind: str) -> str:
    prefix = sys.pycache_prefix
    place = os.path.join(prefix, folder.lstrip(os.sep)) if prefix else os.path.join(folder, "__pycache__")
    return os.path.join(place, f"whimbrel-{kind}-{_FORMAT}.{sys.implementation.cache_tag}.index")


def _load(path: str) -> dict[str, _Entry]:
    try:
        with open(path, "rb") as file:
            data = file.read()
        if crc32(data[_SUM:]).to_bytes(_SUM, "big") != data[:_SUM]:
            return {}  # marshal can crash on bytes that are not its own
        entries = marshal.loads(data[_SUM:])
    except (OSError, EOFError, ValueError, TypeError):
        return {}
    whole = isinstance(entries, dict) and all(isinstance(e, tuple) and len(e) == 4 for e in entries.values())
    return entries if whole else {}


def _save(path: str, entries: dict[str, _Entry]) -> None:
    from .atomic import Replacement  # only for the one run that has something new

    try:
        data = marshal.dumps(entries)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with Replacement(path) as temporary, open(temporary, "wb") as file:
            file.write(crc32(data).to_bytes(_SUM, "big") + data)
    except (OSError, ValueError):
        pass  # the folder refuses it, or a value is of a type that cannot be kept
