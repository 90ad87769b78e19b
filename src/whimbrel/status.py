"""How a database stands to the revision files and the models."""

from __future__ import annotations

from .errors import WhimbrelError
from .record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .history import History
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
    )
