"""Runs a tool of a database's, with its data passing through our hands: it ends when we do."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from ..connect.sayings import Secrets
from ..connect.url import DatabaseUrl
from ..dialects.tools import Program
from ..errors import ProgramMissing
from ..interruption import Interruption

_CHUNK = 1 << 18
_GRACE = 5.0
"""Seconds for a program to end by itself, and to have its statement given up."""
_LONGEST = 400
_IS_ERROR = re.compile(r"(?i)\b(?:error|fatal)\b")
_IS_DETAIL = re.compile(r"\bdetail: server version")


class ProgramFailed(Exception):
    """A program has ended with an error.

    Args:
        code: what it has ended with.
        words: what it has said of that, in one line, without passwords and values.
    """

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


class Call:
    """One call of a program.

    Args:
        program: which, and how.
        url: the database that it is for, whose password is in no message.
        interruption: ends it.

    Attributes:
        name: what it is called here.

    Raises:
        ProgramMissing: it is not installed.
    """

    def __init__(self, program: Program, url: DatabaseUrl, interruption: Interruption) -> None:
        self._program = program
        self._url = url
        self._interruption = interruption
        found = next(filter(None, map(shutil.which, program.names)), None)
        if found is None:
            raise ProgramMissing(
                f"{' or '.join(program.names)} is not installed",
                where=url.masked,
                why="a .sql file is written and read by the database's own tool",
                state="nothing was changed",
                hint=f"apt-get install {program.package}, or its like; or without it: whimbrel dump_db NAME.whimbrel",
            )
        self._path = found
        self.name = os.path.basename(found)

    def output(self) -> Iterator[bytes]:
        """What it writes, as it writes it.

        Raises:
            ProgramFailed
            StopRequested
        """
        with self._running(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as (process, said):
            assert process.stdout is not None
            while chunk := os.read(process.stdout.fileno(), _CHUNK):
                yield chunk
                self._interruption.check()
            self._end(process, said)

    def feed(self, chunks: Iterable[bytes]) -> None:
        """Have it read this, to the end. Who wants it to stop when it has done so already is too late.

        Raises:
            ProgramFailed
            StopRequested
        """
        with self._running(stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as (process, said):
            assert process.stdin is not None
            for chunk in chunks:
                self._interruption.check()
                try:
                    process.stdin.write(chunk)
                    process.stdin.flush()
                except BrokenPipeError:  # it has ended, and says why
                    break
            with suppress(BrokenPipeError):
                process.stdin.close()
            self._end(process, said)

    def _end(self, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        if code := process.wait():
            self._interruption.check()  # it may have ended because of that
            raise ProgramFailed(code, self._words(said) or f"it has ended with {code}")

    @contextmanager
    def _running(self, stdin: int, stdout: int) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
        """Have it run meanwhile, but no longer.

        It is in a session of its own: Ctrl-C at the terminal is for us, who end it then, and it cannot ask for a
        password there.
        """
        with tempfile.TemporaryFile() as said, _private(self._program.options) as options:
            try:
                process = subprocess.Popen(
                    [self._path, *options, *self._program.arguments],
                    stdin=stdin,
                    stdout=stdout,
                    stderr=said,
                    env={**os.environ, **self._program.variables},
                    start_new_session=True,
                )
            except OSError as error:
                raise ProgramFailed(error.errno or 1, error.strerror or str(error)) from error
            self._interruption.use(lambda: _stop(process))
            try:
                with self._interruption:
                    yield process, said
            finally:
                self._interruption.use(None)
                for pipe in (process.stdin, process.stdout):  # which may be all that it waits for
                    if pipe is not None:
                        with suppress(OSError):
                            pipe.close()
                _stop(process)

    def _words(self, said: IO[bytes]) -> str:
        """What it says of its error: the first line that tells of one."""
        said.seek(0)
        lines = [line.strip() for line in said.read(_CHUNK).decode("utf-8", "replace").splitlines() if line.strip()]
        telling = [line for line in lines if _IS_ERROR.search(line)][:1] or lines[:1]
        text = "; ".join(telling + [line for line in lines if _IS_DETAIL.search(line)])
        secrets = Secrets(frozenset(), (self._url,), self._url.dialect, from_database=True)
        return secrets.hidden(text)[:_LONGEST]


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a program that runs still; asked by SIGINT it has its statement given up by the server."""
    if process.poll() is not None:
        return
    with suppress(OSError):
        process.send_signal(signal.SIGINT) if os.name == "posix" else process.kill()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _private(text: str) -> Iterator[list[str]]:
    """The argument that names a file of options which nobody else can read, and which is gone afterwards."""
    if not text:
        yield []
        return
    number, path = tempfile.mkstemp(prefix="whimbrel-", suffix=".cnf")
    try:
        with open(number, "w", encoding="utf-8") as file:
            file.write(text)
        yield [f"--defaults-extra-file={path}"]
    finally:
        os.unlink(path)
