"""Revisions that were left in the middle, and what a human has decided about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from ..dialects import Dialect
from ..environment import Environment, Visit
from ..errors import HalfDone, NothingToResolve
from ..history import History
from ..journal import STATEMENTS
from ..journal.attempt import ABANDONED
from ..journal.book import AGAIN, HAPPENED, STARTED, UNDECIDED, Book, Entry, now
from ..settings.limits import Limits
from .turn import Turn

Decision = Literal["happened", "did not happen", "abandon"]


class Unfinished(NamedTuple):
    """A revision that was left in the middle.

    Attributes:
        where: the database, with the password masked.
        revision, direction: which.
        done: how many of its statements are done.
        statement: the number of the one that was being executed, or does not fit; None if none is in question.
        summary: what that one does, without its values.
    """

    where: str
    revision: str
    direction: str
    done: int
    statement: int | None
    summary: str | None


def unfinished(environment: Environment) -> list[Unfinished]:
    """The revisions that were left in the middle, in all databases of an environment. Reads the databases."""
    found: list[Unfinished] = []

    def look(visit: Visit) -> None:
        visit.begin(visit.peek())
        found.extend(one for one, _ in _unfinished(visit))

    environment.visit(look)
    return found


def resolve(environment: Environment, limits: Limits, decision: Decision) -> list[Unfinished]:
    """Write down what was decided; on what. Writes the journal.

    Raises:
        NothingToResolve: nothing was left in the middle, or no statement is in question.
        LockBusy: a migrator is at work.
    """
    left: list[Unfinished] = []
    decided: list[Unfinished] = []

    def decide(visit: Visit) -> None:
        dialect = visit.dialect
        if dialect is None:
            return

        def work() -> None:
            for one, book in _unfinished(visit):
                left.append(one)
                if decision == "abandon" or one.statement is not None:
                    _decide(visit, book, one, decision)
                    decided.append(one)
            visit.end_driver_transaction()

        Turn(visit, dialect, limits, lambda event: None).run(work)

    environment.visit(decide, writes=True)
    if not left:
        raise NothingToResolve("no revision was left in the middle", state="nothing was changed")
    if not decided:
        raise NothingToResolve(
            "no statement is in question",
            why="every statement that was begun is known to be done, or not",
            state="nothing was changed",
            hint="run the same command again: it goes on where it was interrupted",
        )
    return decided


def _unfinished(visit: Visit) -> list[tuple[Unfinished, Book]]:
    dialect = visit.dialect
    if dialect is None or not visit.query(dialect.table_exists(STATEMENTS, visit.schema)):
        return []
    book = Book(visit.execute, dialect, visit.schema)
    found = []
    for revision, direction in book.half_done():
        entries = book.entries(revision, direction)
        asked = _in_question(entries)
        done = sum(entry.state not in (STARTED, UNDECIDED, AGAIN) for entry in entries)
        found.append(
            (
                Unfinished(
                    visit.where,
                    revision,
                    direction,
                    done,
                    asked.seq if asked else None,
                    asked.summary if asked else None,
                ),
                book,
            )
        )
    visit.end_driver_transaction()
    return found


def _in_question(entries: list[Entry]) -> Entry | None:
    """The statement that nobody can know about. One whose image is known is looked for by the next run."""
    undecided = (entry for entry in entries if entry.state == UNDECIDED)
    begun = (entry for entry in entries if entry.state == STARTED and entry.before_image is None)
    return next(undecided, None) or next(begun, None)


def _decide(visit: Visit, book: Book, one: Unfinished, decision: Decision) -> None:
    connection = visit.context.connection
    assert connection is not None
    with connection.begin():
        if decision == "abandon":
            book.clear(one.revision, one.direction)
            attempt = book.last_attempt(one.revision, one.direction)
            if attempt is not None:
                book.note(attempt._replace(state=ABANDONED, ended_at=attempt.ended_at or now()))
        else:
            state = HAPPENED if decision == "happened" else AGAIN
            book.mark(one.revision, one.direction, one.statement or 0, state)


def check_half_done(
    visit: Visit, dialect: Dialect, history: History, targets: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """Before a stamp: the revisions that were left in the middle, with their direction, which it completes. Reads.

    Raises:
        HalfDone: what became of one is not said by where the database is to be.
    """
    if not visit.query(dialect.table_exists(STATEMENTS, visit.schema)):
        return ()
    book = Book(visit.execute, dialect, visit.schema, visit.locking_read)
    applied = history.ancestors((target for target in targets if target in history), effective=True)
    half_done = book.half_done()
    for revision, direction in half_done:
        if (direction == "upgrade") != (revision in applied):
            raise HalfDone(
                f"the {direction} of {revision} was left in the middle, and a stamp says nothing of what it has done",
                where=visit.where,
                why="some of its statements are done and committed",
                state="nothing was changed",
                hint="undo it by hand, and say so: whimbrel resolve --abandon; then stamp",
            )
    return half_done


def settle_half_done(visit: Visit, dialect: Dialect, history: History, targets: Iterable[str]) -> None:
    """Before a stamp: revisions that were left in the middle are completed by it, or it is refused. Writes the journal.

    Raises:
        HalfDone: as `check_half_done`.
    """
    book = Book(visit.execute, dialect, visit.schema, visit.locking_read)
    for revision, direction in check_half_done(visit, dialect, history, targets):
        book.clear(revision, direction)
