"""The `whimbrel` command."""

from __future__ import annotations

import sys

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .application import Application


def main(
    argv: Sequence[str] | None = None, *, application: Application | None = None, program: str | None = None
) -> int:
    """Run a command line; the exit code.

    Args:
        argv: the arguments; those of this process, which then ends with the command, by default.
        application: the application that it runs in, if that knows its databases.
        program: what whoever typed it calls the command, if not `whimbrel`.

    0: done, nothing to do, or the answer is yes. 1: the answer is no. 2: the command line, the configuration, the
    files. 3: the database or a migration. 4: some of several databases. 5: another migrator is at work. 6: refused.
    130: interrupted.
    """
    bounds = None
    if argv is None:
        from .bounds import Bounds

        bounds = Bounds()  # before anything else is imported, which takes its time
    from .line import execute

    return execute(sys.argv[1:] if argv is None else argv, bounds, application, program)
