"""Runs commands and programs inside this process, as a terminal would show them.

A process costs half a second, a call a few milliseconds. What a program changes for its whole process is put back.
"""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import flask.cli
from alembic.config import CommandLine, Config

import whimbrel.cli


class Done(NamedTuple):
    """How a program ended, and what a terminal shows of it; `out` is only what went to standard output."""

    code: int
    text: str
    out: str


class _Terminal(io.StringIO):
    """One of the two streams: what is written to it is also shown in the order of both."""

    def __init__(self, shown: io.StringIO) -> None:
        super().__init__()
        self._shown = shown

    def write(self, text: str, /) -> int:
        self._shown.write(text)
        return super().write(text)


def whimbrel_command(arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Done:
    """The `whimbrel` command in a folder."""
    return run(lambda: whimbrel.cli.main(arguments), folder, environ)


def alembic_command(arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Done:
    """The `alembic` command in a folder; 255 is its exit code for what it refuses."""
    return run(lambda: CommandLine(prog="alembic").main(list(arguments)), folder, environ)


def flask_command(arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Done:
    """The `flask` command in a folder with an `app.py`."""
    return run(lambda: flask.cli.cli.main(list(arguments), prog_name="flask"), folder, environ)


COMMANDS = {"whimbrel": whimbrel_command, "alembic": alembic_command, "flask": flask_command}


def run(main: Callable[[], Any], folder: Path, environ: Mapping[str, str]) -> Done:
    """A program in a folder."""
    shown = io.StringIO()
    out, err = _Terminal(shown), _Terminal(shown)
    with _as_in_a_new_process(folder, environ, out, err):
        try:
            code = main() or 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1 if end.code else 0
    return Done(code % 256, shown.getvalue(), out.getvalue())


@contextmanager
def _as_in_a_new_process(folder: Path, environ: Mapping[str, str], out: _Terminal, err: _Terminal) -> Iterator[None]:
    before = Path.cwd()
    # Alembic's `Config` has the standard output of the moment it was imported as a default.
    defaults = tuple(out if hasattr(value, "write") else value for value in Config.__init__.__defaults__ or ())
    importlib.invalidate_caches()
    os.chdir(folder)
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        mock.patch.object(sys, "path", [*sys.path]),
        mock.patch.object(sys, "dont_write_bytecode", True),  # it would be older than what the next example writes
        mock.patch.dict(os.environ, environ),
        mock.patch.object(Config.__init__, "__defaults__", defaults),
        _logging_put_back(),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            os.chdir(before)
            _forget_modules_of(folder)


@contextmanager
def _logging_put_back() -> Iterator[None]:
    """An env.py's `fileConfig` closes handlers, pytest's among them, and disables the loggers it does not name."""
    before = {logger: (logger.level, logger.disabled, [*logger.handlers]) for logger in _loggers()}
    closable = [*logging._handlerList]
    logging._handlerList[:] = []
    try:
        yield
    finally:
        logging._handlerList[:] = closable
        for logger in _loggers():
            level, logger.disabled, logger.handlers = before.get(logger, (logging.NOTSET, False, []))
            logger.setLevel(level)


def _loggers() -> list[logging.Logger]:
    known = logging.root.manager.loggerDict.values()
    return [logging.root, *(logger for logger in known if isinstance(logger, logging.Logger))]


def _forget_modules_of(folder: Path) -> None:
    """The next program imports the project's modules as they are then."""
    for name, module in [*sys.modules.items()]:
        known = vars(module)
        places = [known.get("__file__"), *known.get("__path__", ())]
        if any(str(place).startswith(f"{folder}{os.sep}") for place in places if place):
            del sys.modules[name]
