"""Standard output, whose failures are told apart from those of whatever happens to write to it."""

from __future__ import annotations

import os

from ..errors import FileRefused
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, NoReturn, TextIO


def silence(stream: TextIO) -> None:
    """Let a stream that cannot be written to lead nowhere.

    Python writes what is left in it when it ends, and would complain in words, and with an exit code, of its own.
    """
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


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
        silence(self._stream)
        if isinstance(error, BrokenPipeError):
            raise ReaderGone from error
        raise FileRefused(
            "standard output cannot be written",
            why=error.strerror or str(error),
            state=self.state,
            hint="look where it goes: the disk may be full",
        ) from error
