"""How a database stands to the revision files and the models."""

from __future__ import annotations

from .edited import Edited, edited
from .errors import WhimbrelError
from .journal import open_ends, provenance_of
from .journal.attempt import RUNNING
from .record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .history import History
    from .journal import Attempt
    from .position import Position


class Status(Record):
    """One line of `whimbrel status`.

    Attributes:
        database: its name in the configuration.
        where: its URL with the password masked, or the file that configures it.
        heads: the revisions it is at; empty for base.
        messages: what those revisions are about, for those that a file has.
        pending: how many revisions `upgrade heads` would apply; None if that cannot be known.
        unknown: revisions it is at that no file has, or none that can be read.
        differences: what differs between models and database, in words; None if they were not compared. Only a
            database at head is: another one differs by what is pending.
        error: why it could not be asked, as a failure's fields; None if it could.
        problem: why the revision files do not hold together, so that nothing can be counted; None if they do.
        edited: the revisions that were edited after they were applied, as far as the journal knows.
        provenance: of those that are unknown, who has applied them, when and from what, as far as the journal knows.
        unread: why the journal could not be read; None if it could, or if there is none.
        unfinished: the last attempts of the revisions that are being run, or were left in the middle.
    """

    database: str
    where: str
    heads: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    pending: int | None = None
    unknown: tuple[str, ...] = ()
    differences: tuple[str, ...] | None = None
    error: WhimbrelError | None = None
    problem: WhimbrelError | None = None
    edited: tuple[Edited, ...] = ()
    provenance: tuple[tuple[str, str], ...] = ()
    unread: WhimbrelError | None = None
    unfinished: tuple[Attempt, ...] = ()

    @property
    def at_head(self) -> bool:
        """Whether it was asked, and it is known that nothing is pending."""
        return self.error is None and self.pending == 0


def status_at(
    position: Position, history: History, database: str, check: Callable[[], Iterable[str]] | None = None
) -> Status:
    """The status of a database that has answered.

    Args:
        position: where it is.
        history: the revision files.
        database: its name in the configuration.
        check: compares it with the models; called if it is at head.
    """
    unknown = tuple(head for head in position.heads if head not in history)
    error: WhimbrelError | None = history.contradiction(position.heads)
    countable = not (unknown or error or history.problem)
    pending = len(history.pending(position.heads)) if countable else None
    differences: tuple[str, ...] | None = None
    if check is not None and pending == 0:
        try:
            differences = tuple(check())
        except WhimbrelError as failure:
            error = failure
    return Status(
        database=database,
        where=position.where,
        heads=position.heads,
        messages=tuple(history[head].message for head in position.heads if head in history),
        pending=pending,
        unknown=unknown,
        differences=differences,
        error=error,
        problem=history.problem,
        edited=edited(history, position.heads, position.attempts),
        provenance=provenance(unknown, position.attempts),
        unread=position.unread,
        unfinished=unfinished(position, history),
    )


def unfinished(position: Position, history: History) -> tuple[Attempt, ...]:
    """The last attempts of the revisions that are being run, or were left in the middle, oldest first.

    Of a revision that stock Alembic has completed since, or a stamp, nothing is left.
    """
    applied = history.ancestors(position.heads, effective=True)
    return tuple(
        attempt
        for key, attempt in open_ends(position.attempts).items()
        if (attempt.direction == "upgrade") != (attempt.revision in applied)
        and (key in position.half_done or (attempt.state == RUNNING and not attempt.is_gone))
    )


def provenance(revisions: Iterable[str], attempts: Sequence[Attempt]) -> tuple[tuple[str, str], ...]:
    """Revisions, and who has applied them, when and from what, for those of which the journal knows."""
    told = ((revision, provenance_of(attempts, revision)) for revision in revisions)
    return tuple((revision, text) for revision, text in told if text is not None)
