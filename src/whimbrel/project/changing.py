"""Changing a database: to another revision, or what whimbrel has noted of it."""

from __future__ import annotations

from ..errors import TargetInvalid, counted
from ..record import TYPE_CHECKING
from .base import ProjectBase, as_list
from .confirming import check_confirmed, check_name
from .threads import awaited

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ..edited import Edited
    from ..planner import Plan, Planner
    from ..runner import Decision, Held, Outcome, Unfinished


class Changing(ProjectBase):
    """What `Project` can do to its database."""

    def upgrade(
        self,
        target: str = "head",
        *,
        sql: bool = False,
        tag: str | None = None,
        strict: bool | None = None,
        lock_wait: float | None = None,
        lock_timeout: float | None = None,
        confirm: str | None = None,
    ) -> Outcome:
        """Apply revisions until the database is at the target. Writes the database.

        Args:
            target: `head`, `heads`, `+1`, a revision, `label@head`, …; with `sql` also a range `from:to`.
            sql: write the SQL to standard output instead of running it.
            tag: whatever the project's env.py does with it.
            strict: refuse if a revision was edited after it was applied, instead of a notice.
            lock_wait: seconds to wait for another migrator; 0 to give up at once. As configured, else 600.
            lock_timeout: seconds that a statement may wait for a lock before it is tried again. As configured, else 2.
            confirm: the name of the database. In one that is labelled production, revisions drop tables and columns
                only with it.

        Raises:
            HistoryEdited: with `strict`.
            NotConfirmed: a revision drops something of a production database, and `confirm` is missing; or it is the
                name of another database.
            LockBusy: another migrator is at work.
            NeedsDecision, RevisionEdited, HalfDone: an earlier run was interrupted; see `resolve`.
            WhimbrelError: what happened, and what state the database is in.
        """
        start, end = self._range(target, sql, "upgrade")
        options: dict[str, Any] = {"as_sql": sql, "starting_rev": start, "destination_rev": end, "tag": tag}
        given = {"strict": strict, "lock_wait": lock_wait, "lock_timeout": lock_timeout}
        plans = self._upgrading(end, confirm, f"upgrade {target}", is_only_written=sql)
        return self._apart(lambda: self._runner(**given).migrate(plans, **options))

    def downgrade(
        self,
        target: str,
        *,
        sql: bool = False,
        tag: str | None = None,
        lock_wait: float | None = None,
        lock_timeout: float | None = None,
        confirm: str | None = None,
        careful: bool = False,
    ) -> Outcome:
        """Take revisions back until the database is at the target. Writes the database.

        Args:
            target: as in `upgrade`; with `sql` it must be a range `from:to`.
            sql, tag, lock_wait, lock_timeout: as in `upgrade`.
            confirm: the name of the database. One that is labelled production is taken back to nothing only with it.
            careful: want `confirm` of any database that would be taken back to nothing.

        Raises:
            NotConfirmed: no revision would be left, and `confirm` is missing; or it is the name of another database.
            WhimbrelError: as `upgrade`.
        """
        check_name(self.database, confirm)
        start, end = self._range(target, sql, "downgrade")
        options: dict[str, Any] = {"as_sql": sql, "starting_rev": start, "destination_rev": end, "tag": tag}
        given = {"lock_wait": lock_wait, "lock_timeout": lock_timeout}

        def plan(planner: Planner) -> Plan:
            made = planner.downgrade(end)
            if made.empties and not sql:
                self._check_emptying(made, target, confirm, careful)
            return made

        return self._apart(lambda: self._runner(**given).migrate(plan, **options))

    def stamp(
        self,
        targets: str | Sequence[str],
        *,
        purge: bool = False,
        sql: bool = False,
        tag: str | None = None,
        lock_wait: float | None = None,
        force: bool = False,
    ) -> Outcome:
        """Set the revision that the version table holds, without running anything. Writes the database.

        The history is replayed on a scratch database first, and the tables must be as it leaves them at the revisions.
        If that cannot be seen, a notice says why, and they are recorded all the same.

        Args:
            targets: revisions, `heads` or `base`.
            purge: forget what the table holds first, even revisions that no file has.
            sql, tag, lock_wait: as in `upgrade`.
            force: do not look at the tables.

        Raises:
            StampDiffers: the tables are not as the history leaves them.
            LockBusy: another migrator is at work.
            WhimbrelError: a target names no revision; then nothing is purged either.
        """
        texts = as_list(targets)
        start = None
        if sql:
            ranges = [self._range(text, sql, "stamp") for text in texts]
            start, texts = ranges[0][0], [end for _, end in ranges]
            if len({first for first, _ in ranges if first is not None}) > 1:
                raise TargetInvalid("stamp --sql starts from one revision", hint="write one range for each command")
        options = {"as_sql": sql, "starting_rev": start, "destination_rev": tuple(texts), "tag": tag}

        def work() -> Outcome:
            from ..journal.attempt import FORCED, STAMPED, UNCHECKED

            unseen = None if force else self._unseen(texts, purge, sql)
            state = FORCED if force else UNCHECKED if unseen else STAMPED
            outcome = self._runner(lock_wait=lock_wait).stamp(texts, purge=purge, state=state, **options)
            if unseen is not None:
                self._tell_unseen(texts, unseen)
            return outcome

        return self._apart(work)

    def ensure_version(self, *, sql: bool = False) -> None:
        """Create the version table if it does not exist. Writes the database.

        Raises:
            WhimbrelError: the database refused.
        """
        self._apart(lambda: self._runner().ensure_version_table(as_sql=sql))

    def unlock(self, held: Held) -> bool:
        """End the session that holds the lock, if it still does. What it was executing is rolled back by the server.

        Args:
            held: one of `holders()`.

        Returns:
            Whether it was ended; false if it does not hold the lock any more.
        """
        from ..runner import end_holder

        return self._apart(lambda: end_holder(self._environment(), held))

    def resolve(self, decision: Decision) -> list[Unfinished]:
        """Decide what nobody but a human can know of an interrupted revision. Writes the journal.

        Args:
            decision: `happened`: the statement in question was executed; `did not happen`: it was not, and is executed
                by the next run; `abandon`: the whole revision was undone by hand, and begins from its top.

        Returns:
            What was decided on.

        Raises:
            NothingToResolve: no revision was left in the middle.
            LockBusy: a migrator is at work.
        """
        from ..runner import resolve
        from ..settings.limits import limits

        run_limits = limits(self.database.options, lock_wait=0)
        return self._apart(lambda: resolve(self._environment(), run_limits, decision))

    def accept_edits(self) -> list[tuple[str, Edited]]:
        """Accept the applied revisions that were edited since as they are now. Writes the journal.

        Returns:
            Which, each with its database.

        Raises:
            NothingToResolve: none was edited, as far as the journal knows.
            LockBusy: a migrator is at work.
        """
        from ..runner import accept_edits
        from ..settings.limits import limits

        run_limits = limits(self.database.options, lock_wait=0)
        return self._apart(lambda: accept_edits(self._environment(), run_limits))

    aupgrade = awaited(upgrade)
    adowngrade = awaited(downgrade)
    astamp = awaited(stamp)
    aensure_version = awaited(ensure_version)
    aunlock = awaited(unlock)
    aresolve = awaited(resolve)
    aaccept_edits = awaited(accept_edits)

    # -- parts ----------------------------------------------------------------------------------

    def _unseen(self, targets: Sequence[str], purge: bool, sql: bool) -> str | None:
        """Why nobody can see whether the database is as revisions leave it; None if it was seen to be.

        Raises:
            StampDiffers: it is not.
        """
        if sql:
            return "SQL is written, and no database is asked"
        from ..prover import check_stamp

        return check_stamp(self._environment(), targets, self.interruption, purge=purge)

    def _tell_unseen(self, targets: Sequence[str], why: str) -> None:
        from ..events import Notice

        named = " ".join(targets)
        text = f"it was not checked whether the database is as {named} leaves it: {why}"
        self._tell(Notice(text, "whimbrel drift looks again; stamp --force does not look, and says nothing"))

    def _check_emptying(self, plan: Plan, target: str, confirm: str | None, careful: bool) -> None:
        """Refuse to take back all that was ever done to the database, if it has not been named."""
        name = self.database.name
        check_confirmed(
            self.database,
            confirm,
            what=f"this takes back all of {name}, {counted(len(plan.steps), 'revision')}: "
            "their tables go, and every row",
            hint=f"whimbrel downgrade {target} --yes {name}",
            careful=careful,
        )

    def _range(self, target: str, sql: bool, command: str) -> tuple[str | None, str]:
        """The two sides of `from:to`, which only `--sql` has."""
        from ..history.target import parse_range

        if ":" not in target:
            if sql and command == "downgrade":
                raise TargetInvalid(
                    "downgrade --sql needs a range: without a database nobody knows where it starts",
                    hint=f"whimbrel downgrade head:{target} --sql",
                )
            return None, target
        if not sql:
            raise TargetInvalid(
                f'"{target}" is a range, and {command} starts from where the database is',
                hint=f"whimbrel {command} {target.partition(':')[2] or 'head'}, or --sql with the range",
            )
        start, end = parse_range(target)
        return start or None, end or "heads"
