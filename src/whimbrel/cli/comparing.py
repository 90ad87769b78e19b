"""Commands that compare schemas."""

from __future__ import annotations

from ..connect.url import mask
from ..errors import DiffFound, Drifted, counted
from ..record import TYPE_CHECKING
from .standing import attempt_as_data, journal_as_data, tell_of_journal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..drift import Drift
    from .session import Session


def diff(session: Session) -> int:
    """`diff`: what turns one schema into another."""
    first, second = session.options.first, session.options.second
    lines = list(map(str, session.project.diff(first, second)))
    first, second = (mask(text) for text in (first, second))
    if not lines:
        session.console.result("no difference", lambda: {"first": first, "second": second, "differences": []})
        return 0
    if not session.console.as_json:
        session.console.result("\n".join(lines), lambda: None)
    error = DiffFound(
        f"{first} and {second} differ in {counted(len(lines), 'place')}",
        why="; ".join(lines) if session.console.as_json else None,
        hint=f"each line is something to be done to turn {first} into {second}",
    )
    error.differences = tuple(lines)
    raise error


def drift(session: Session) -> int:
    """`drift`: whether a database is as its history leaves it."""
    drifts = session.project.drift()
    name, several = session.project.database.name, len(drifts) > 1
    lines = [f"{one.status.where}: {line}" if several else str(line) for one in drifts for line in one.differences]
    if not lines:
        at = ", ".join(dict.fromkeys(head for one in drifts for head in one.status.heads)) or "base"
        session.console.result(f"{name}  {at}  no drift", lambda: [_as_data(one) for one in drifts])
    elif not session.console.as_json:
        session.console.result("\n".join(lines), lambda: None)
    for one in drifts:
        _tell(session, one, one.status.where if several else name)
    if lines:
        raise _drifted(drifts, lines, as_json=session.console.as_json)
    return 0


def _tell(session: Session, one: Drift, name: str) -> None:
    """What the journal knows; of a database that has drifted, it may say who has been there last."""
    if one.differences and one.last_run is not None:
        session.console.notice(f"{name}: {one.last_run}, as the last one", "whimbrel log shows the others")
    tell_of_journal(session, one.status, name)


def _drifted(drifts: Sequence[Drift], lines: Sequence[str], *, as_json: bool) -> Drifted:
    error = Drifted(
        f"the database differs from what its history leaves in {counted(len(lines), 'place')}",
        where=", ".join(one.status.where for one in drifts if one.differences),
        why="; ".join(lines) if as_json else None,
        hint="undo what was done by hand; or write a revision that does it, and whimbrel stamp it",
    )
    error.differences = tuple(lines)
    error.databases = tuple(map(_as_data, drifts))
    return error


def _as_data(one: Drift) -> dict[str, object]:
    return {
        "database": one.status.database,
        "where": one.status.where,
        "heads": list(one.status.heads),
        "differences": list(map(str, one.differences)),
        "last_run": attempt_as_data(one.last) if one.last is not None else None,
        **journal_as_data(one.status),
    }
