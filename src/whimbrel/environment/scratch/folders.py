"""Folders for what is temporary, each of which its maker has locked; those whose maker is gone are removed."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile

from .names import is_ours, new_name
from .processes import end_all_in

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows, which deletes no file that somebody has open
    flock = None  # type: ignore[assignment]  # and is asked for before it is called

_LOCK = "maker"
"""A file that whoever made the folder has locked, for as long as he lives."""

OTHERS = ("/tmp", "/var/tmp")  # noqa: S108  # only a folder of ours in it is used
"""Where folders are made that cannot be where temporary files are."""


class ScratchFolder:
    """A folder that only its maker may read. Those whose maker is gone are removed when one is made.

    Args:
        place: the folder that it is made in; that for temporary files, by default.
    """

    def __init__(self, place: str | None = None) -> None:
        for one in dict.fromkeys((tempfile.gettempdir(), *OTHERS)):
            _remove_abandoned(one)
        self.path = os.path.join(place or tempfile.gettempdir(), new_name())
        os.mkdir(self.path, 0o700)
        self._lock = _locked(os.path.join(self.path, _LOCK))

    def remove(self) -> None:
        """Remove it, with everything in it."""
        shutil.rmtree(self.path)
        os.close(self._lock)


def _locked(path: str) -> int:
    """A file that is locked when others see it; to be closed."""
    descriptor = os.open(f"{path}.new", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    if flock is not None:
        flock(descriptor, LOCK_EX | LOCK_NB)
        os.rename(f"{path}.new", path)
    return descriptor


def _remove_abandoned(place: str) -> None:
    names = os.listdir(place) if flock is not None and os.path.isdir(place) else ()
    for name in filter(is_ours, names):
        with contextlib.suppress(OSError):  # it is somebody else's, its maker lives, or it was removed meanwhile
            folder = os.path.join(place, name)
            descriptor = os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_NOFOLLOW)
            try:
                flock(descriptor, LOCK_EX | LOCK_NB)
                end_all_in(folder)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)
