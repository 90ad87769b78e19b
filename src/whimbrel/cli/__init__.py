"""The `whimbrel` command."""

from __future__ import annotations

import gc
import os
import sys

from ..errors import FileRefused, Interrupted, Unexpected, WhimbrelError
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .console import Console
    from .grammar import Command


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; the exit code.

    0: done, nothing to do, or the answer is yes. 1: the answer is no. 2: the command line, the configuration, the
    files. 3: the database or a migration. 6: refused. 130: interrupted.
    """
    from .console import Console

    arguments = sys.argv[1:] if argv is None else list(argv)
    _prepare_streams()
    console = Console(as_json="--json" in arguments and "--sql" not in arguments)
    debug = "--debug" in arguments or "--raiseerr" in arguments
    try:
        return _run(arguments, console)
    except WhimbrelError as error:
        if debug:
            _show_traceback(error)
        console.error(error)
        return error.exit_code
    except KeyboardInterrupt as interrupt:
        console.close()
        failure = next((part for part in interrupt.args if isinstance(part, WhimbrelError)), Interrupted("interrupted"))
        console.error(failure)
        return failure.exit_code
    except BrokenPipeError:
        # Whoever read our output has gone (`whimbrel history | head`); Python would complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if debug:
            _show_traceback(error)
        failure = _failure(error)
        console.error(failure)
        return failure.exit_code
    finally:
        console.close()


def _prepare_streams() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us; Python leaves None in its place
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a message in any script, on a terminal in any encoding


def _failure(error: Exception) -> WhimbrelError:
    """An error that no room below has explained."""
    if isinstance(error, OSError):
        return FileRefused(
            "a file cannot be read or written",
            where=str(error.filename) if error.filename else None,
            why=error.strerror or str(error),
            hint="check that it exists and that you may write there",
        )
    return Unexpected(
        "whimbrel failed in a way that it does not know",
        why=f"{type(error).__name__}: {error}",
        hint="run it again with --debug, and report what it shows",
    )


def _show_traceback(error: BaseException) -> None:
    import traceback

    traceback.print_exception(error)


class _Arguments:
    """The arguments of a command, as attributes."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


def _parsed(arguments: Sequence[str]) -> tuple[Command, Any]:
    """The command and its arguments. A command line of one word needs no parser, which costs half an interpreter."""
    from .grammar import BY_SPELLING

    command = BY_SPELLING.get(arguments[0]) if len(arguments) == 1 else None
    defaults = command.defaults() if command else None
    if command is not None and defaults is not None:
        return command, _Arguments(defaults)

    from .parser import parse

    return parse(arguments)


def _run(arguments: Sequence[str], console: Console) -> int:
    from .session import Session

    command, options = _parsed(arguments)
    if command.group == "look":
        gc.disable()  # a short look makes thousands of small objects and no rubbish: a tenth of its time
    name, _, function = command.run.partition(":")
    module = __import__(f"{__name__}.{name}", fromlist=[function])  # importlib itself would take longer than the module
    code = getattr(module, function)(Session(command, options, console))
    sys.stdout.flush()
    return int(code or 0)
