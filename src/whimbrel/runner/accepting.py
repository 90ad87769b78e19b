"""Revisions that were edited after they were applied, and are right as they are now: somebody has looked."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from ..dialects import Dialect
from ..edited import Edited, edited
from ..environment import Environment, Visit
from ..errors import NothingToResolve
from ..history.checksum import checksum
from ..journal import read_attempts
from ..journal.attempt import ACCEPTED
from ..journal.book import Book, now
from ..journal.provenance import Provenance, provenance
from ..settings.limits import Limits
from .attempts import attempt_by, with_file
from .turn import Turn


def accept_edits(environment: Environment, limits: Limits) -> list[tuple[str, Edited]]:
    """Let the journal know the edited revisions as they are now; which, each with its database.

    What was run stays in the journal as it was: the acceptance is an entry of its own. Writes the journal.

    Raises:
        NothingToResolve: no applied revision was edited, as far as the journal knows.
        LockBusy: a migrator is at work.
    """
    accepted: list[tuple[str, Edited]] = []
    who = provenance(environment.database.root, "whimbrel resolve")

    def accept(visit: Visit) -> None:
        dialect = visit.dialect
        if dialect is None:
            return
        turn = Turn(visit, dialect, limits, lambda event: None)

        def work() -> None:
            attempts = read_attempts(visit.query, dialect, visit.schema)
            visit.end_driver_transaction()
            found = edited(environment.scripts.history, visit.heads, attempts)
            _note(visit, dialect, who, turn.session.number, found)
            accepted.extend((visit.where, one) for one in found)

        turn.run(work)

    environment.visit(accept, writes=True)
    if not accepted:
        raise NothingToResolve("no applied revision was edited", state="nothing was changed")
    return accepted


def _note(visit: Visit, dialect: Dialect, who: Provenance, session: str, found: Iterable[Edited]) -> None:
    connection = visit.context.connection
    assert connection is not None
    begun = attempt_by(who, visit, "upgrade", session)
    done = begun._replace(
        run=uuid4().hex, state=ACCEPTED, to_heads=begun.from_heads, ended_at=now(), application=who.application
    )
    notes = (
        with_file(done._replace(number=number, revision=one.revision), one.path, checksum(one.path))
        for number, one in enumerate(found, 1)
    )
    with connection.begin():
        Book(visit.execute, dialect, visit.schema).note(*notes)
