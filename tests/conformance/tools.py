"""Both command lines inside this process, each with the global state that it would find in a process of its own.

A process costs half a second, a call here a few milliseconds. `test_processes.py` shows that both ways say the same.
"""

from __future__ import annotations

import contextlib
import io
import logging.config
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import alembic
from alembic.config import CommandLine, Config

import whimbrel.cli
from support.cli import Result

Tool = Callable[..., Result]

IS_NEWEST = tuple(map(int, alembic.__version__.split(".")[:2])) >= (1, 20)
"""Whether the Alembic installed here, at 1.16 the oldest, has all that the tests compare."""

HAS_PLUGINS = hasattr(alembic.util, "PriorityDispatcher")
"""Whether it has plugins, as since 1.18: an older one sees the tables of the journal."""


def stock(*argv: str, cwd: Path, env: Mapping[str, str] | None = None) -> Result:
    """Stock Alembic. An error of Alembic's exits with 255, as a process does that calls `sys.exit(-1)`."""
    return _run(lambda: CommandLine(prog="alembic").main(argv), cwd, env or {})


def ours(*argv: str, cwd: Path, env: Mapping[str, str] | None = None, looks: bool = False) -> Result:
    """whimbrel. Its `stamp` is that of stock Alembic with `--force`: it does not look at the tables.

    Args:
        argv, cwd, env: the command, as for `stock`.
        looks: leave `stamp` as it is.
    """
    forced = [part for word in argv for part in ([word, "--force"] if word == "stamp" and not looks else [word])]
    return _run(lambda: whimbrel.cli.main(forced), cwd, env or {})


def is_too_new(line: Iterable[str]) -> bool:
    """Whether a command line uses an option that came to Alembic after the one installed here."""
    if IS_NEWEST:
        return False
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            CommandLine(prog="alembic").parser.parse_args([*line])
    except SystemExit as end:
        return end.code != 0
    return False


def _run(main: Callable[[], Any], cwd: Path, env: Mapping[str, str]) -> Result:
    out, err = _stream(), _stream()
    with _as_in_a_new_process(cwd, env, out, err):
        try:
            code = main() or 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1 if end.code else 0
        except Exception:
            traceback.print_exc(file=err)
            code = 1
    return Result(code % 256, _text(out), _text(err))


@contextlib.contextmanager
def _as_in_a_new_process(
    cwd: Path, env: Mapping[str, str], out: io.TextIOWrapper, err: io.TextIOWrapper
) -> Iterator[None]:
    """Put back what a command changes for the whole process. `fileConfig` does nothing here: it is pytest's logging."""
    before, imported = Path.cwd(), set(sys.modules)
    os.chdir(cwd)
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "path", [*sys.path]),
        mock.patch.dict(sys.path_importer_cache),  # "." is another folder each time
        mock.patch.dict(os.environ, env),
        mock.patch.object(Config.__init__, "__defaults__", _with_stdout(out)),
        mock.patch.object(logging.config, "fileConfig", lambda *_, **__: None),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            os.chdir(before)
            for name in set(sys.modules) - imported:
                if str(getattr(sys.modules[name], "__file__", None)).startswith(f"{cwd}{os.sep}"):
                    del sys.modules[name]


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


def _with_stdout(out: io.TextIOWrapper) -> tuple[Any, ...]:
    """Alembic's `Config` has the standard output of the moment it was imported as a default."""
    defaults = Config.__init__.__defaults__ or ()
    return tuple(out if hasattr(value, "write") else value for value in defaults)
