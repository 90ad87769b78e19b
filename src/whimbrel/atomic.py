"""Files that appear under their name complete, or not at all."""

from __future__ import annotations

import os
import time


class Replacement:
    """Takes the place of a file in one step, when the `with` block that wrote it ends without an error.

    The block is given the path of an empty file in the same folder. A file that is replaced leaves its mode to the new
    one; a link is replaced, not followed.

    Args:
        path: the file, whose folder exists.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        # No source of Python by its name: in a versions folder it must not be taken for a revision.
        self._temporary = os.path.join(os.path.dirname(path), f".whimbrel-{os.getpid()}-{time.monotonic_ns()}")

    def __enter__(self) -> str:
        with open(self._temporary, "xb"):  # x: nobody's link is followed
            return self._temporary

    def __exit__(self, error: object, *_: object) -> None:
        try:
            if error is None:
                self._put_into_place()
        finally:
            if os.path.lexists(self._temporary):
                os.unlink(self._temporary)

    def _put_into_place(self) -> None:
        if os.path.isfile(self._path):
            os.chmod(self._temporary, os.stat(self._path).st_mode & 0o777)
        os.replace(self._temporary, self._path)
