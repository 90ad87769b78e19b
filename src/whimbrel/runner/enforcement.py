"""Foreign keys of SQLite, switched off for a revision that rebuilds a table others refer to.

They are switched before its transaction begins: in it SQLite does not listen. Which revision that is shows when it
runs; it is rolled back then, before anything is lost.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

from ..connect.engine import driver_is_in_transaction
from ..dialects.sqlite.foreign_keys import Violation, enforce, violations
from ..environment import Visit, check_violations
from ..errors import RebuildRefused
from .turn import REBUILDS, Again


class Enforcement:
    """Whether foreign keys are enforced, revision by revision, on one database.

    Args:
        visit: the database.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._wanted_off: set[str] = set()
        self._before: Counter[Violation] | None = None
        self._is_off = False

    def prepare(self, revision: str) -> None:
        """Between two transactions: switch foreign keys off if the revision that comes next needs that.

        Raises:
            RebuildRefused: there is a transaction after all.
        """
        self._visit.in_the_way = None
        if revision not in self._wanted_off:
            return
        self._is_off = True
        if not enforce(self._visit.query, False):
            raise _refusal(self._visit, "its engine is in a transaction before the revision begins")

    def begin(self) -> None:
        """In the transaction of the revision, before it runs: see which rows refer to nothing already."""
        self._before = violations(self._visit.query) if self._is_off else None

    def end(self, may_repeat: bool) -> None:
        """The revision has run, or has failed: see that it has neither lost anything, nor left out a rebuild.

        Args:
            may_repeat: whether to run it again would do nothing twice.

        Raises:
            Again: it is to be run again, with foreign keys switched off.
            RebuildRefused: it cannot be.
            ForeignKeysBroken: it leaves rows that refer to nothing.
        """
        visit = self._visit
        if visit.in_the_way is not None:
            if reason := self._reason(may_repeat):
                raise _refusal(visit, reason) from visit.in_the_way
            self._wanted_off.add(str(visit.running))
            raise Again(REBUILDS) from visit.in_the_way
        if self._before is not None:
            check_violations(self._before, violations(visit.query))

    def restore(self) -> None:
        """Behind the transaction of the revision, however that has ended: enforce them again."""
        if not self._is_off:
            return
        self._is_off, self._before = False, None
        with suppress(Exception):  # the connection is lost, and what was set with it
            connection = self._visit.context.connection
            if connection is not None and driver_is_in_transaction(connection):
                self._visit.roll_back()
            enforce(self._visit.query, True)

    def _reason(self, may_repeat: bool) -> str:
        """Why the revision cannot be run again; empty if it can."""
        visit = self._visit
        if not visit.owned:
            return "the transaction is not whimbrel's to begin again"
        if visit.committed_midway or visit.autocommits:
            return "the revision has committed something before"
        if str(visit.running) in self._wanted_off:
            return "the revision has switched them on again"
        return "" if may_repeat else "the revision has been at work on another connection, or in its session"


def _refusal(visit: Visit, reason: str) -> RebuildRefused:
    table = visit.in_the_way.table if visit.in_the_way is not None else "a table"
    return RebuildRefused(
        f"rebuilding {table} here would delete rows that refer to it, or fail on them",
        where=visit.where,
        why=f"foreign keys are enforced, and in a transaction that cannot be changed; {reason}",
        hint="rebuild it in a revision of its own, or switch them off before the transaction begins: "
        "PRAGMA foreign_keys = OFF",
    )
