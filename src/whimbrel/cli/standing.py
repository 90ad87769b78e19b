"""The commands that show where every database stands, and wait until one stands at all."""

from __future__ import annotations

from ..errors import ANSWER_NO, DATABASE, PARTLY, WhimbrelError
from ..journal.attempt import RUNNING
from ..record import TYPE_CHECKING
from ..status import Status
from .console import table
from .listing import nowhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edited import Edited
    from ..journal import Attempt
    from .session import Session

_MESSAGE_SHOWN = 36  # characters, so that the other columns have room on a line of 80


def status(session: Session) -> int:
    """`status`: every database in one table."""
    compare = session.options.models is True
    statuses: list[Status] = []
    several = len(session.settings.databases) > 1
    for database in session.databases():
        try:
            project = session.project_for(database)
            session.history(project)
            statuses += project.status(compare=compare)
        except WhimbrelError as error:
            if not several:
                raise
            statuses.append(Status(database.name, str(database.origin), error=error))
    attention = sum(not one.at_head or bool(one.differences) or bool(one.unfinished) for one in statuses)
    code = _exit_code(session, statuses, attention)
    session.console.result(
        "\n".join(_text(session, statuses)), lambda: [_as_data(session, one) for one in statuses], ok=not code
    )
    for one in statuses:
        session.hint_at(one.database)
        tell_of_journal(session, one, _name(one, statuses))
        if compare and one.differences is None and one.error is None:
            text = f"{_name(one, statuses)}: the models are compared with a database at head, and this one is not"
            session.console.notice(text, "whimbrel upgrade" if one.pending else "")
    if attention and len(statuses) > 1:
        session.console.notice(f"{attention} of {len(statuses)} databases need attention")
    return code


def _exit_code(session: Session, statuses: list[Status], attention: int) -> int:
    failed = [one for one in statuses if one.error is not None]
    if failed:
        return DATABASE if len(failed) == len(statuses) else PARTLY
    refused = session.options.strict and any(one.edited for one in statuses)
    return ANSWER_NO if refused or (session.options.check and attention) else 0


def wait(session: Session) -> int:
    """`wait`: until the database accepts connections."""
    waited, name = session.project.wait(session.options.timeout), session.project.database.name
    session.console.result(f"{name}  ready  ({waited:.1f} s)", lambda: {"database": name, "waited": waited})
    return 0


def _text(session: Session, statuses: list[Status]) -> Iterator[str]:
    rows = [["DATABASE", "REVISION", "BEHIND", "MODELS"], *(_row(one, _name(one, statuses)) for one in statuses)]
    yield table(rows)
    for one in statuses:
        if one.error is not None:
            session.hint_at(one.database)
            yield ""
            yield from one.error.lines()
        for difference in one.differences or ():
            yield f"  {_name(one, statuses)}: {difference}"
        for revision, text in one.provenance:
            yield f"  {_name(one, statuses)}: {revision} was {text}"


def tell_of_journal(session: Session, one: Status, name: str) -> None:
    """What the journal knows that somebody has to see to."""
    if one.unread is not None:
        session.console.notice(f"{name}: {one.unread.what} ({one.unread.why})", one.unread.hint or "")
    for attempt in one.unfinished:
        session.console.notice(*_told_unfinished(name, attempt))
    if one.edited:
        from ..edited import told

        text, hint = told(one.edited)
        session.console.notice(f"{name}: {text}", hint)


def _told_unfinished(name: str, attempt: Attempt) -> tuple[str, str]:
    what, began = f"{name}: the {attempt.direction} of {attempt.revision}", f"{attempt.when} {attempt.who}"
    if attempt.state == RUNNING and not attempt.is_gone:
        return f"{what} was begun {began}, and has not ended", "whimbrel unlock shows who is at work"
    again = "downgrade -1" if attempt.direction == "downgrade" else "upgrade"
    return f"{what} was left in the middle, {began}", f"whimbrel {again} goes on; whimbrel resolve shows what is done"


def _name(one: Status, among: list[Status]) -> str:
    """What tells it from the others: its URL, where one env.py visits several databases."""
    return one.where if sum(other.database == one.database for other in among) > 1 else one.database


def _row(one: Status, name: str) -> list[str]:
    if one.error is not None and one.pending is None:
        return [name, ", ".join(one.heads) or "?", "?", f"error[{one.error.code}], see below"]
    known = [head for head in one.heads if head not in one.unknown]
    names = [f"{head} {_shortened(message)}" for head, message in zip(known, one.messages, strict=True)]
    names += [f"{head} ({nowhere(one.problem)})" for head in one.unknown]
    behind = "?" if one.pending is None else str(one.pending) if one.pending else "head"
    return [name, ", ".join(names) or "base", behind, _models(one)]


def _shortened(message: str) -> str:
    """A message that leaves room for the other columns on 80."""
    line = " ".join(message.split())
    return line if len(line) <= _MESSAGE_SHOWN else f"{line[: _MESSAGE_SHOWN - 1]}…"


def _models(one: Status) -> str:
    if one.error is not None:
        return f"error[{one.error.code}], see below"
    if one.differences is None:
        return "not compared"
    return f"{len(one.differences)} differ" if one.differences else "same"


def _as_data(session: Session, one: Status) -> dict[str, object]:
    session.hint_at(one.database)
    return {
        "database": one.database,
        "where": one.where,
        "reachable": one.error is None or one.pending is not None,
        "heads": list(one.heads),
        "unknown": list(one.unknown),
        "behind": one.pending,
        "differences": None if one.differences is None else list(one.differences),
        "error": one.error.as_dict() if one.error else None,
        "problem": one.problem.as_dict() if one.problem else None,
        **journal_as_data(one),
        "provenance": dict(one.provenance),
    }


def journal_as_data(one: Status) -> dict[str, object]:
    """What the journal knows that somebody has to see to, for `--json`."""
    return {
        "edited": [_edit_as_data(edit) for edit in one.edited],
        "unfinished": [attempt_as_data(attempt) for attempt in one.unfinished],
    }


def attempt_as_data(attempt: Attempt) -> dict[str, object]:
    """An attempt, for `--json`."""
    return {
        "revision": attempt.revision,
        "direction": attempt.direction,
        "state": attempt.state,
        "started_at": attempt.started_at,
        "by": attempt.os_user,
        "on": attempt.host,
        "pid": attempt.pid,
        "process_gone": attempt.is_gone,
    }


def _edit_as_data(edit: Edited) -> dict[str, object]:
    return {
        "revision": edit.revision,
        "message": edit.message,
        "path": edit.path,
        "applied_at": edit.attempt.started_at,
        "applied_by": edit.attempt.os_user,
        "applied_on": edit.attempt.host,
    }
