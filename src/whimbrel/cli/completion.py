"""Completion scripts for shells, made from the grammar."""

from __future__ import annotations

from .parser import make_parser
from .session import Session


def completion(session: Session) -> int:
    """`completion`: a script for a shell."""
    import shtab

    parser = make_parser()
    parser.complete_commands()
    script = shtab.complete(parser, shell=session.options.shell)
    session.console.result(script, lambda: {"script": script})
    return 0
