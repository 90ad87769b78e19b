"""Files that appear under their name complete, or not at all."""

from __future__ import annotations

import os
import time
from errno import EACCES, EBADF, EINVAL

_PREFIX = ".whimbrel-"
_CANNOT = (EACCES, EBADF, EINVAL)
"""What a file system says that cannot sync a folder, or does not let us; PostgreSQL goes on then, too."""


class Replacement:
    """Takes the place of a file in one step, when the `with` block that wrote it ends without an error.

    The block is given the path of an empty file in the same folder. A file that is replaced leaves its mode to the new
    one; a link is replaced, not followed. What a process that was killed has left in the folder is removed first.

    Args:
        path: the file, whose folder exists.
        is_lasting: whether it has to outlast a loss of power, for which the disk is waited for.
    """

    def __init__(self, path: str, *, is_lasting: bool = False) -> None:
        self._path = path
        self._is_lasting = is_lasting
        self._folder = os.path.dirname(path)
        # No source of Python by its name: in a versions folder it must not be taken for a revision.
        self._temporary = os.path.join(self._folder, f"{_PREFIX}{os.getpid()}-{time.monotonic_ns()}")
        self._held: int | None = None

    def __enter__(self) -> str:
        _remove_leftovers(self._folder or ".")
        while self._held is None:
            new = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)  # nobody's link is followed
            if _lock(new, wait=True) and _is_there(self._temporary, new):
                self._held = new
            else:
                os.close(new)  # somebody took it for a leftover
        return self._temporary

    def __exit__(self, error: object, *_: object) -> None:
        try:
            if error is None:
                self._put_into_place()
        finally:
            if os.path.lexists(self._temporary):
                os.unlink(self._temporary)
            if self._held is not None:
                os.close(self._held)
                self._held = None

    def _put_into_place(self) -> None:
        if os.path.isfile(self._path):
            os.chmod(self._temporary, os.stat(self._path).st_mode & 0o777)
        if os.name == "nt" and self._held is not None:  # it does not rename what is open
            os.close(self._held)
            self._held = None
        if self._is_lasting:
            _sync(self._temporary, os.O_RDWR)
        os.replace(self._temporary, self._path)
        if self._is_lasting and os.name != "nt":  # which opens no folders
            _sync_folder(self._folder or ".")


def _sync(path: str, flags: int) -> None:
    """Wait until the disk has it."""
    found = os.open(path, flags)
    try:
        os.fsync(found)
    finally:
        os.close(found)


def _sync_folder(path: str) -> None:
    """Wait until the disk has the names in a folder, where that can be."""
    try:
        _sync(path, os.O_RDONLY)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise


def _remove_leftovers(folder: str) -> None:
    """Remove such files that nobody holds. Their lock ends with the process that has it, wherever that runs."""
    try:
        names = [name for name in os.listdir(folder) if name.startswith(_PREFIX)]
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        try:
            found = os.open(path, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError:  # gone meanwhile, or somebody else's
            continue
        try:
            if _lock(found, wait=False):
                os.unlink(path)
        except OSError:
            pass
        finally:
            os.close(found)


def _lock(file: int, *, wait: bool) -> bool:
    """Lock a file until it is closed; false if somebody else has. Where there is no such lock, waiting gets it."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:
        return wait
    try:
        flock(file, LOCK_EX if wait else LOCK_EX | LOCK_NB)
    except OSError:  # somebody has it; or the file system has no locks
        return wait
    return True


def _is_there(path: str, file: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))
    except FileNotFoundError:
        return False
