"""Scratch databases of SQLite: files in folders for temporary files."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile

from .names import is_ours, new_name

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows, which deletes no file that somebody has open
    flock = None  # type: ignore[assignment]  # and is asked for before it is called

_LOCK = "maker"
"""A file that whoever made the folder has locked, for as long as he lives."""


class ScratchFile:
    """A folder with a database; those whose maker is gone are removed when one is made."""

    def __init__(self) -> None:
        _remove_abandoned()
        self.folder = os.path.join(tempfile.gettempdir(), new_name())
        os.mkdir(self.folder, 0o700)
        self._lock = _locked(os.path.join(self.folder, _LOCK))

    @property
    def name(self) -> str:
        """The path of the database."""
        return os.path.join(self.folder, "scratch.db")

    def drop(self) -> None:
        """Remove it."""
        shutil.rmtree(self.folder)
        os.close(self._lock)


def _locked(path: str) -> int:
    """A file that is locked when others see it; to be closed."""
    descriptor = os.open(f"{path}.new", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    if flock is not None:
        flock(descriptor, LOCK_EX | LOCK_NB)
        os.rename(f"{path}.new", path)
    return descriptor


def _remove_abandoned() -> None:
    folder = tempfile.gettempdir()
    for name in filter(is_ours, os.listdir(folder)) if flock is not None else ():
        with contextlib.suppress(OSError):  # it is somebody else's, its maker lives, or it was removed meanwhile
            descriptor = os.open(os.path.join(folder, name, _LOCK), os.O_RDWR | os.O_NOFOLLOW)
            try:
                flock(descriptor, LOCK_EX | LOCK_NB)
                shutil.rmtree(os.path.join(folder, name))
            finally:
                os.close(descriptor)
