"""A command for every database, one after the other. What fails for one does not stop the others."""

from __future__ import annotations

from ..errors import ANSWER_NO, PARTLY, Interrupted, WhimbrelError
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .session import Session


def every(session: Session, run: Callable[[Session], int], explained: Callable[[BaseException], WhimbrelError]) -> int:
    """Run a command for each database; the exit code of them together.

    Args:
        session: the command.
        run: what it does for the database that the session has turned to.
        explained: what to tell of an error.
    """
    codes: dict[str, int] = {}
    results: list[dict[str, Any]] = []
    for database in session.databases():
        name, parts, error = database.name, session.console.keep(database.name), None
        try:
            session.turn_to(database)
            codes[name] = run(session) or 0
        except Interrupted:
            raise  # whoever stops one means all
        except Exception as cause:
            error = explained(cause)
            codes[name] = error.exit_code
            session.console.tell(error, cause)
        finally:
            session.console.write()
        if session.console.as_json:
            results.append(_as_data(name, parts, error))
        else:
            _show(session, name, parts, error)
    if session.console.as_json:
        session.console.result("", lambda: results, ok=not any(codes.values()))
    failed = [name for name, code in codes.items() if code]
    if failed and len(codes) > 1:
        session.console.notice(f"{len(failed)} of {len(codes)} databases need attention: {', '.join(failed)}")
    return _together(list(codes.values()))


def _as_data(name: str, parts: list[Any], error: WhimbrelError | None) -> dict[str, Any]:
    if error is not None:
        return {"database": name, "ok": False, "error": error.as_dict()}
    return {"database": name, "ok": True, "result": parts[0] if parts else None}


def _show(session: Session, name: str, parts: list[str], error: WhimbrelError | None) -> None:
    """The result of one database, which begins with its name. At once: the next one may take long."""
    texts = [_headed(name, text) for text in parts if text]
    if error is not None:
        texts.append(f"{name}  error[{error.code}]  {error.what}")
    elif not texts and session.command.group != "run":  # where nothing was to be done, a note has said so
        texts.append(f"{name}  -")
    session.console.result("\n".join(texts), list)
    session.console.flush()


def _headed(name: str, text: str) -> str:
    lines = text.splitlines()
    if all(line.startswith(f"{name}  ") for line in lines):
        return text
    return f"{name}  {text}" if len(lines) == 1 else "\n".join([f"{name}:", *(f"  {line}".rstrip() for line in lines)])


def _together(codes: list[int]) -> int:
    """What they all ended with; where they differ, an answer is no failure, and a failure is one of some."""
    if len(set(codes)) == 1:
        return codes[0]
    return ANSWER_NO if set(codes) == {0, ANSWER_NO} else PARTLY
