"""Standard output, whose failures are told apart from those of whatever happens to write to it."""

from __future__ import annotations

import os

from ..errors import FileRefused
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, NoReturn, TextIO


class ReaderGone(BaseException):
    """Whoever read standard output wants no more of it: `whimbrel history | head`.

    No `Exception`, so that no revision and no env.py is blamed for it.
    """


class Output:
    """A text stream that says why it cannot be written to; otherwise as the stream it is made of.

    Attributes:
        state: what has been changed by the time something is written.

    Raises:
        ReaderGone: nobody reads it any more.
        FileRefused: it cannot be written to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.state = "nothing was changed"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As of any stream."""
        try:
            return self._stream.write(text)
        except OSError as error:
            self._refuse(error)

    def flush(self) -> None:
        """As of any stream."""
        try:
            self._stream.flush()
        except OSError as error:
            self._refuse(error)

    def _refuse(self, error: OSError) -> NoReturn:
        # Python tries again when it ends, and would complain in words of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        if isinstance(error, BrokenPipeError):
            raise ReaderGone from error
        raise FileRefused(
            "standard output cannot be written",
            why=error.strerror or str(error),
            state=self.state,
            hint="look where it goes: the disk may be full",
        ) from error
