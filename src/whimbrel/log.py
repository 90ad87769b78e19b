"""What was done to a database: the attempts of its journal, with what the revision files say of them."""

from __future__ import annotations

from .errors import RevisionAmbiguous, RevisionNotFound
from .journal import STAMP, Attempt
from .record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .history import History
    from .position import Position


class LogEntry(Record):
    """One entry of `whimbrel log`.

    Attributes:
        where: the URL of the database with the password masked.
        attempt: what the journal says.
        message: what the revision is about; None if no file has it.
        process_gone: whether it is said to be running, and this host, where it was begun, shows no such process. False
            for other hosts: nobody knows from here.
    """

    where: str
    attempt: Attempt
    message: str | None
    process_gone: bool


def log_of(positions: Iterable[Position], history: History, target: str | None = None) -> list[LogEntry]:
    """The entries of some databases, one database after the other, the newest attempt first.

    Args:
        positions: the databases, with their journals.
        history: the revision files.
        target: only attempts of the revisions that it names. The journal may name one that no file has.

    Raises:
        RevisionNotFound, RevisionAmbiguous, TargetInvalid, MultipleHeads: it names nothing.
    """
    entries: list[LogEntry] = []
    missing: RevisionNotFound | None = None
    found = False
    for position in positions:
        try:
            wanted = None if target is None else _named(target, position, history)
            found = True
        except RevisionNotFound as error:  # another database may have it
            missing = error
            continue
        entries += (
            LogEntry(
                position.where,
                attempt,
                _message(attempt, history),
                attempt.is_gone,
            )
            for attempt in reversed(position.attempts)
            if wanted is None or attempt.revision in wanted
        )
    if missing is not None and not found:
        raise missing
    return entries


def _message(attempt: Attempt, history: History) -> str | None:
    if attempt.direction == STAMP and not attempt.to_heads:
        return ""  # base
    return history[attempt.revision].message if attempt.revision in history else None


def _named(target: str, position: Position, history: History) -> set[str]:
    """The revisions that a target names in the files, else in the journal."""
    from .history.target import CURRENT, Resolver

    if target == CURRENT:
        return {*position.heads}
    try:
        return {*Resolver(history, position.heads).revisions(target)}
    except RevisionNotFound:
        known = {attempt.revision for attempt in position.attempts if attempt.revision.startswith(target)}
        if target in known:
            return {target}
        if len(known) > 1:
            raise RevisionAmbiguous(
                f'"{target}" is the beginning of {len(known)} revisions in the journal: {", ".join(sorted(known)[:4])}',
                hint="write more of it",
            ) from None
        if not known:
            raise
        return known
