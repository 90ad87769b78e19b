"""Asks a new connection whether a database is where it was reported to be.

"Done" that is not in the database is the worst bug that a migrator can have.
"""

from __future__ import annotations

from collections.abc import Callable

from ..environment import Visit
from ..errors import NotCommitted
from ..events import Listener, Notice

_COMMIT_FIRST = "in env.py, call connection.commit() right before context.configure(…)"


def verify(visit: Visit, listen: Listener, is_noted: Callable[[], bool] = lambda: False) -> bool:
    """Whether a new connection has confirmed what was reported; false if that cannot be. Reads the database.

    Args:
        visit: the database.
        listen: is told what cannot be verified yet.
        is_noted: whether the journal has it. Another process may have gone on from there since.

    Raises:
        NotCommitted: the database is somewhere else.
    """
    if visit.uncommitted and visit.shared and visit.changed:
        listen(Notice("the migrations ran in the transaction of the given connection", "they are done when you commit"))
        return False
    if visit.uncommitted and visit.has_one_connection and visit.changed:
        raise _left_open(visit)
    try:
        seen = visit.read_settled()
    except Exception as error:
        if not visit.changed:
            return False  # an env.py may have closed the tunnel that it had opened to the database
        raise _unconfirmed(visit, error) from error
    if seen is None:
        return False
    if frozenset(seen) == visit.reported or is_noted():
        return True
    if visit.uncommitted and visit.shared:
        return False  # what the caller has done before and has not committed yet
    raise _not_committed(visit, seen)


def verify_version_table(visit: Visit) -> None:
    """Ask whether a new connection finds the version table. Reads the database.

    Raises:
        NotCommitted: it does not.
    """
    if not visit.offline and not visit.uncommitted and not visit.sees_table_anew():
        raise NotCommitted(
            "the version table was made, but a new connection does not find it",
            where=visit.where,
            why="it was made in a transaction that env.py did not commit",
            state="the database is as it was",
            hint=_COMMIT_FIRST,
        )


def _left_open(visit: Visit) -> NotCommitted:
    return NotCommitted(
        f"the run ended at {', '.join(sorted(visit.reported)) or 'base'}, in a transaction that is still open",
        where=visit.where,
        why="env.py has not committed it, and its engine has no other connection",
        state="nothing is done until it is committed",
        hint=_COMMIT_FIRST,
    )


def _unconfirmed(visit: Visit, error: Exception) -> NotCommitted:
    return NotCommitted(
        f"the run ended at {', '.join(sorted(visit.reported)) or 'base'}, but no new connection could confirm it",
        where=visit.where,
        why=next(iter(str(error).splitlines()), type(error).__name__),
        state="what was run is most likely committed",
        hint="whimbrel current, a little later",
    )


def _not_committed(visit: Visit, seen: tuple[str, ...]) -> NotCommitted:
    reported, found = ", ".join(sorted(visit.reported)) or "base", ", ".join(seen) or "base"
    external = visit.context._in_external_transaction
    return NotCommitted(
        f"the run ended at {reported}, but a new connection finds the database at {found}",
        where=visit.where,
        why="they ran in a transaction that env.py did not commit; executing anything before context.configure() "
        "begins one"
        if external
        else "the transaction was rolled back, or another process has changed the version table since",
        state=f"the database is at {found}"
        + ("" if visit.context.impl.transactional_ddl else "; statements that commit by themselves have been kept"),
        hint=_COMMIT_FIRST if external else "run it again, unless env.py has rolled it back on purpose: a dry run",
    )
