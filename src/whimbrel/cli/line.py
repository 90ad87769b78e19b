"""One command line, from its arguments to its exit code."""

from __future__ import annotations

import gc
import os
import sys

from ..errors import FileRefused, Interrupted, Unexpected, WhimbrelError, place
from ..program import called
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .application import Application
    from .bounds import Bounds, First
    from .console import Console
    from .grammar import Command
    from .session import Session

_MANY_OBJECTS = 100_000
"""After so many new ones Python looks for rubbish. It would do so after 700."""


def execute(
    arguments: Sequence[str], bounds: Bounds | None, application: Application | None, program: str | None
) -> int:
    """Run a command line; the exit code.

    Args:
        arguments: the arguments.
        bounds: what signals do in this process, if it ends with the command.
        application, program: as for `main`.
    """
    from .console import Console

    _prepare_streams()
    console = Console(owns_process=bounds is not None)
    with called(program):
        return _ended(list(arguments), console, application, bounds)


def _ended(arguments: Sequence[str], console: Console, application: Application | None, bounds: Bounds | None) -> int:
    """The exit code of a command line, whose failure is told."""
    from .output import ReaderGone

    try:
        return _run(arguments, console, application, bounds)
    except ReaderGone:
        return 0
    except (Exception, KeyboardInterrupt) as error:
        if bounds is not None:
            bounds.end()
        failure = _stopped(error, bounds) if bounds is not None else _failure(error)
        console.error(failure, error)
        return failure.exit_code
    finally:
        console.close()


def _prepare_streams() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us; Python leaves None in its place
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115  # it is open as long as the process
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a message in any script, on a terminal in any encoding


def _failure(error: BaseException) -> WhimbrelError:
    """What to tell of an error; not all of them were explained in a room below."""
    if isinstance(error, WhimbrelError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return next((part for part in error.args if isinstance(part, WhimbrelError)), Interrupted("interrupted"))
    if isinstance(error, OSError):
        return FileRefused(
            "a file cannot be read or written",
            where=place(str(error.filename)) if error.filename else None,
            why=error.strerror or str(error),
            hint="check that it exists and that you may write there",
        )
    return Unexpected(
        "whimbrel failed in a way that it does not know",
        why=f"{type(error).__name__}: {error}",
        hint="run it again with --debug, and report what it shows",
    )


def _stopped(error: BaseException, bounds: Bounds) -> WhimbrelError:
    """What to tell of an error; if it is a signal that has stopped the run, with the exit code that shells expect."""
    failure = _failure(error)
    if isinstance(failure, Interrupted):
        failure.exit_code = 128 + (bounds.first.number or 2)
    return failure


class _Arguments:
    """The arguments of a command, as attributes."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


def _parsed(arguments: Sequence[str], console: Console) -> tuple[Command, Any]:
    """The command and its arguments. A command line of one word needs no parser, which costs half an interpreter."""
    from .grammar import BY_SPELLING

    command = BY_SPELLING.get(arguments[0]) if len(arguments) == 1 else None
    defaults = command.defaults() if command else None
    if command is not None and defaults is not None:
        return command, _Arguments(defaults)

    from .parser import parse

    try:
        return parse(arguments)
    except WhimbrelError:
        console.as_json = _mentions(arguments, "--json")
        console.debug = _mentions(arguments, "--debug") or _mentions(arguments, "--raiseerr")
        raise


def _mentions(arguments: Sequence[str], flag: str) -> bool:
    """Whether a flag, perhaps abbreviated, is in a command line that means nothing."""
    return any(len(word) > len("--") and flag.startswith(word) for word in arguments)


def _stopped_by_signals(run: Callable[[Session], int], first: First) -> Callable[[Session], int]:
    """A command that a signal stops cleanly."""

    def stoppable(session: Session) -> int:
        from .signals import Signals

        with Signals(session.project.interruption, session.console.say, first):
            return run(session)

    return stoppable


def _run(arguments: Sequence[str], console: Console, application: Application | None, bounds: Bounds | None) -> int:
    from .session import Session

    try:
        command, options = _parsed(arguments, console)
    except SystemExit as end:  # help or the version was asked for
        console.flush()
        return int(end.code or 0)
    if bounds is not None:
        # A command makes thousands of small objects and hardly any rubbish; searching them for some is a tenth of
        # its time.
        gc.set_threshold(_MANY_OBJECTS)
    name, _, function = command.run.partition(":")
    # importlib itself would take longer than the module.
    module = __import__(f"{__package__}.{name}", fromlist=[function])
    session = Session(command, options, console, application)
    try:
        code = _executed(session, getattr(module, function), bounds)
        if bounds is not None:
            bounds.end()
    except KeyboardInterrupt as stop:
        if not stop.args and _changes_nothing(session):
            raise Interrupted("interrupted", state="nothing was changed", hint="run the same command again") from stop
        raise
    console.flush()
    if bounds is not None:
        gc.freeze()  # nor does the interpreter search them when it ends
    return int(code or 0)


def _executed(session: Session, run: Callable[[Session], int], bounds: Bounds | None) -> int:
    """The exit code of a command that is run, for each of several databases if that is what it is for."""
    command = session.command
    if bounds is not None:
        if command.group in ("run", "data") or command.stops:
            run = _stopped_by_signals(run, bounds.first)
        bounds.run()
    if session.options.all and command.name != "status":  # which has them all in one table
        from .every import every

        return every(session, run, _failure)
    return run(session)


def _changes_nothing(session: Session) -> bool:
    """Whether a command that was stopped, but not by its environment, has left everything as it was."""
    command = session.command
    is_one_step = command.name in ("upgrade", "downgrade", "stamp") and not session.options.all
    return command.group == "look" or command.stops or is_one_step
