"""One database of a project, and everything that can be done with it.

    project = whimbrel.Project.load()
    outcome = project.upgrade("head")          # in async code: await project.aupgrade("head")

Looking at files costs no SQLAlchemy: it is imported by the methods that run or compare something.
"""

from __future__ import annotations

import os

from .. import settings as configuration
from ..errors import (
    ProjectNotFound,
    TargetInvalid,
    WhimbrelError,
    counted,
)
from ..interruption import Interruption
from ..record import TYPE_CHECKING
from ..settings import Database, Settings
from .files import check_for_env_py, read_history
from .threads import apart, awaited

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    from ..author import NewRevision
    from ..edited import Edited
    from ..environment import Environment
    from ..events import Event, Listener
    from ..history import History
    from ..log import LogEntry
    from ..position import Position, Wanted
    from ..runner import Decision, Held, Outcome, Runner, Unfinished
    from ..status import Status

    T = TypeVar("T")


class Project:
    """One database of a project, and its revisions.

    Args:
        settings: the project's configuration.
        database: which of its databases.
        listener: is told what happens, see `whimbrel.events`.
        cmd_opts: makes a command line shaped as Alembic's, for env.py files that inspect it.
        attributes: what env.py finds in `config.attributes`. A `connection` there is used instead of opening one, and
            the transaction it is in stays the caller's.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        listener: Listener | None = None,
        cmd_opts: Callable[[], Namespace] | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        self.settings = settings
        self.database = database
        self._listener = listener
        self._cmd_opts = cmd_opts
        self._attributes = dict(attributes or {})
        self.interruption = Interruption()
        """Ask it, from any thread, to stop a run: `project.interruption.request()`."""
        self._history_found: History | None = None  # what env.py has made of it, where env.py decides

    @classmethod
    def load(
        cls,
        folder: str | os.PathLike[str] = ".",
        *,
        config: str | os.PathLike[str] | Sequence[str] = (),
        database: str | None = None,
        url: str | None = None,
        models: str | Sequence[str] = (),
        connection: Any = None,
        listener: Listener | None = None,
    ) -> Project:
        """Find and read the configuration of the project in `folder`.

        Args:
            folder: the project's folder, the current one by default.
            config: configuration files, as after `-c`.
            database: which database, if several are configured.
            url: a database URL that goes before every other.
            models: modules with models, instead of those configured or found.
            connection: a SQLAlchemy connection to use instead of opening one. A transaction that it is in stays the
                caller's; without one, each revision is committed.
            listener: is told what happens.

        Raises:
            ConfigurationInvalid, UrlInvalid, DatabaseNotConfigured: the configuration cannot be used.

        Reads files only.
        """
        if not os.path.isdir(folder):
            raise ProjectNotFound("there is no such folder", where=os.fspath(folder), hint="check the path")
        settings = configuration.load(os.fspath(folder), config=_as_list(config), url=url, models=_as_list(models))
        attributes = {"connection": connection} if connection is not None else {}
        return cls(settings, configuration.select(settings, database), listener=listener, attributes=attributes)

    def __repr__(self) -> str:
        return f"<Project {self.database.name} {self._where}>"

    # -- the files ------------------------------------------------------------------------------

    @property
    def history(self) -> History:
        """The graph of the revision files, as they are now. Reads files only, and imports none that can be read.

        Raises:
            ProjectNotFound, VersionsFolderMissing: there is nothing that could hold revisions.
            HistoryBroken: the revisions form a cycle.
        """
        if self._history_found is not None:
            return self._history_found
        return read_history(self.database, self.settings.configured)

    # -- looking at the database ----------------------------------------------------------------

    def positions(self) -> list[Position]:
        """Where the database is; one entry for each database that the project's env.py visits. Reads the database.

        The journal is read too where a database is at a revision that no file has: it knows where that came from.
        Without an env.py only the driver is needed, not SQLAlchemy.

        Raises:
            ProjectNotFound, VersionsFolderMissing: there is no project to ask for.
            UrlMissing, DriverMissing, CannotConnect, VersionTableBroken.
        """
        history = self.history
        return self._positions(lambda heads: any(head not in history for head in heads))

    def current(self) -> tuple[str, ...]:
        """The revisions in the version table; empty at base. Reads the database.

        Raises:
            As `positions`.
        """
        return tuple(dict.fromkeys(head for position in self.positions() for head in position.heads))

    def status(self, *, compare: bool = False) -> list[Status]:
        """Where the database is, compared with the revision files. Reads the database; its failures are values.

        Args:
            compare: compare models and database as well, if it is at head. This imports the models.

        Raises:
            ProjectNotFound, VersionsFolderMissing, HistoryBroken: there are no revisions to compare with.
        """
        from ..status import Status, status_at

        self.history  # noqa: B018  # what is wrong with the files is no status of a database
        try:
            positions = self._positions(lambda heads: True)
            check = self.check if compare else None
            return [status_at(at, self.history, self.database.name, check) for at in positions]
        except WhimbrelError as error:
            return [Status(self.database.name, self._where, error=error)]

    def log(self, revision: str | None = None) -> list[LogEntry]:
        """What was done to the database: every attempt to run a revision, the newest first. Reads the database.

        Args:
            revision: only attempts of this one. It may be one that no file has.

        Raises:
            DatabaseFailed: there is a journal, and it cannot be read.
            RevisionNotFound, RevisionAmbiguous, TargetInvalid, MultipleHeads: `revision` names none.
            As `positions`.
        """
        from ..log import log_of

        self.history  # noqa: B018  # refuses a folder that is no project before its database is asked
        positions = self._positions(lambda heads: True)
        for position in positions:
            if position.unread is not None:
                raise position.unread
        return log_of(positions, self.history, revision)

    # -- changing the database ------------------------------------------------------------------

    def upgrade(
        self,
        target: str = "head",
        *,
        sql: bool = False,
        tag: str | None = None,
        strict: bool | None = None,
        lock_wait: float | None = None,
        lock_timeout: float | None = None,
    ) -> Outcome:
        """Apply revisions until the database is at the target. Writes the database.

        Args:
            target: `head`, `heads`, `+1`, a revision, `label@head`, …; with `sql` also a range `from:to`.
            sql: write the SQL to standard output instead of running it.
            tag: whatever the project's env.py does with it.
            strict: refuse if a revision was edited after it was applied, instead of a notice.
            lock_wait: seconds to wait for another migrator; 0 to give up at once. As configured, else 600.
            lock_timeout: seconds that a statement may wait for a lock before it is tried again. As configured, else 2.

        Raises:
            HistoryEdited: with `strict`.
            LockBusy: another migrator is at work.
            NeedsDecision, RevisionEdited, HalfDone: an earlier run was interrupted; see `resolve`.
            WhimbrelError: what happened, and what state the database is in.
        """
        start, end = self._range(target, sql, "upgrade")
        options = {"as_sql": sql, "starting_rev": start, "destination_rev": end, "tag": tag}
        given = {"strict": strict, "lock_wait": lock_wait, "lock_timeout": lock_timeout}
        return self._apart(lambda: self._runner(**given).migrate(lambda planner: planner.upgrade(end), **options))

    def downgrade(
        self,
        target: str,
        *,
        sql: bool = False,
        tag: str | None = None,
        lock_wait: float | None = None,
        lock_timeout: float | None = None,
    ) -> Outcome:
        """Take revisions back until the database is at the target. Writes the database.

        Args and errors as `upgrade`; with `sql` the target must be a range `from:to`.
        """
        start, end = self._range(target, sql, "downgrade")
        options = {"as_sql": sql, "starting_rev": start, "destination_rev": end, "tag": tag}
        given = {"lock_wait": lock_wait, "lock_timeout": lock_timeout}
        return self._apart(lambda: self._runner(**given).migrate(lambda planner: planner.downgrade(end), **options))

    def stamp(
        self,
        targets: str | Sequence[str],
        *,
        purge: bool = False,
        sql: bool = False,
        tag: str | None = None,
        lock_wait: float | None = None,
    ) -> Outcome:
        """Set the revision that the version table holds, without running anything. Writes the database.

        Args:
            targets: revisions, `heads` or `base`.
            purge: forget what the table holds first, even revisions that no file has.
            sql, tag, lock_wait: as in `upgrade`.

        Raises:
            LockBusy: another migrator is at work.
            WhimbrelError: a target names no revision; then nothing is purged either.
        """
        texts = _as_list(targets)
        start = None
        if sql:
            ranges = [self._range(text, sql, "stamp") for text in texts]
            start, texts = ranges[0][0], [end for _, end in ranges]
            if len({first for first, _ in ranges if first is not None}) > 1:
                raise TargetInvalid("stamp --sql starts from one revision", hint="write one range for each command")
        options = {"as_sql": sql, "starting_rev": start, "destination_rev": tuple(texts), "tag": tag}
        return self._apart(lambda: self._runner(lock_wait=lock_wait).stamp(texts, purge=purge, **options))

    def ensure_version(self, *, sql: bool = False) -> None:
        """Create the version table if it does not exist. Writes the database.

        Raises:
            WhimbrelError: the database refused.
        """
        self._apart(lambda: self._runner().ensure_version_table(as_sql=sql))

    def holders(self) -> list[Held]:
        """Who is migrating the database now; an entry for each version table env.py visits. Reads the database."""
        from ..runner import holders

        return self._apart(lambda: holders(self._environment()))

    def unlock(self, held: Held) -> bool:
        """End the session that holds the lock, if it still does. What it was executing is rolled back by the server.

        Args:
            held: one of `holders()`.

        Returns:
            Whether it was ended; false if it does not hold the lock any more.
        """
        from ..runner import end_holder

        return self._apart(lambda: end_holder(self._environment(), held))

    def unfinished(self) -> list[Unfinished]:
        """The revisions that were left in the middle, and the statement that must be decided on. Reads the database."""
        from ..runner import unfinished

        return self._apart(lambda: unfinished(self._environment()))

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

    # -- writing revisions ----------------------------------------------------------------------

    def revision(
        self,
        message: str | None = None,
        *,
        autogenerate: bool = False,
        head: str = "head",
        splice: bool = False,
        branch_label: str | None = None,
        version_path: str | None = None,
        rev_id: str | None = None,
        depends_on: Sequence[str] | None = None,
        sql: bool = False,
    ) -> list[NewRevision]:
        """Write a new revision file. Reads the database only to autogenerate, and never writes it.

        Args:
            message: what it is about.
            autogenerate: fill it with what turns the database into what the models say.
            head: the revision to come after; `base` for a new line.
            splice: allow a `head` that is none.
            branch_label: a name for the branch that begins with the new revision.
            version_path: which of several version locations to write to.
            rev_id: its id, instead of a generated one.
            depends_on: revisions that must be applied first.
            sql: run an env.py that runs for every new revision in offline mode.

        Raises:
            WhimbrelError: nothing was written.
        """
        options = {
            "head": head,
            "splice": splice,
            "branch_label": branch_label,
            "version_path": version_path,
            "rev_id": rev_id,
            "depends_on": depends_on,
            "sql": sql,
        }
        return self._apart(lambda: self._author(autogenerate).revision(message, autogenerate=autogenerate, **options))

    def merge(
        self,
        revisions: str | Sequence[str],
        message: str | None = None,
        *,
        branch_label: str | None = None,
        rev_id: str | None = None,
        splice: bool = False,
    ) -> list[NewRevision]:
        """Write a revision that joins several heads.

        Args:
            revisions: what to join; `heads` for all of them.
            message: what it is about.
            branch_label, rev_id: as in `revision`.
            splice: allow revisions that are no heads.

        Raises:
            WhimbrelError: nothing was written.
        """
        options = {"branch_label": branch_label, "rev_id": rev_id, "splice": splice}
        return self._apart(lambda: self._author().merge(_as_list(revisions), message, **options))

    def check(self) -> list[str]:
        """What differs between the models and the database, one line each; empty if nothing does. Reads the database.

        Raises:
            WhimbrelError: they cannot be compared.
        """
        from ..differ import described

        return self._apart(lambda: sorted(described(self._author(autogenerate=True).differences())))

    apositions = awaited(positions)
    acurrent = awaited(current)
    astatus = awaited(status)
    alog = awaited(log)
    aupgrade = awaited(upgrade)
    adowngrade = awaited(downgrade)
    astamp = awaited(stamp)
    aholders = awaited(holders)
    aunlock = awaited(unlock)
    aunfinished = awaited(unfinished)
    aresolve = awaited(resolve)
    aaccept_edits = awaited(accept_edits)
    aensure_version = awaited(ensure_version)
    arevision = awaited(revision)
    amerge = awaited(merge)
    acheck = awaited(check)

    # -- parts ----------------------------------------------------------------------------------

    @property
    def _where(self) -> str:
        try:
            return self.database.url.masked if self.database.url else str(self.database.origin)
        except WhimbrelError:  # what should name the URL cannot be used
            return str(self.database.origin)

    def _apart(self, work: Callable[[], T]) -> T:
        """Run in a thread of its own if this one has a running event loop: async drivers and env.py files start one.

        Not with a connection of the caller's, which belongs to this thread.
        """
        return work() if self._attributes.get("connection") is not None else apart(work)

    def _tell(self, event: Event) -> None:
        from contextlib import suppress

        if self._listener is not None:
            with suppress(Exception):  # a terminal that is gone must not stop a migration half-way
                self._listener(event)

    def _environment(self, **options: Any) -> Environment:
        from ..environment import Environment

        check_for_env_py(self.database)
        self.history  # noqa: B018  # refuses a project without a folder for revisions, in our words
        cmd_opts = self._cmd_opts() if self._cmd_opts else None
        return Environment(self.database, cmd_opts=cmd_opts, attributes=self._attributes, **options)

    def _runner(self, **given: Any) -> Runner:
        from ..runner import Runner
        from ..settings.limits import limits

        return Runner(self._environment(), self._tell, limits(self.database.options, **given), self.interruption)

    def _author(self, autogenerate: bool = False) -> Any:
        from ..author import Author, WritingScripts

        if self.database.alembic is None and self.settings.configured:
            # git keeps no empty folder: in a fresh clone the configuration may be all there is.
            os.makedirs(self.database.version_locations[0], exist_ok=True)
        environment = self._environment(scripts=WritingScripts)
        models = None
        if autogenerate and not self.database.has_env:
            models = self._models()
        return Author(environment, self._tell, models)

    def _models(self) -> Any:
        from pathlib import Path

        from .. import models
        from ..events import Found

        database = self.database
        loaded = models.load(
            Path(database.root),
            tuple(database.options.get("models", ())),
            sys_path=[Path(database.root, folder) for folder in database.options.get("prepend_sys_path", ())],
            exclude=[Path(database.script_location), *map(Path, database.version_locations)],
        )
        size = f"{counted(loaded.tables, 'table')} from {counted(len(loaded.modules), 'module')}"
        self._tell(Found("models", size, ", ".join(loaded.sources)))
        return loaded

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

    def _positions(self, journal: Wanted) -> list[Position]:
        from .. import position

        check_for_env_py(self.database)
        if not self.database.has_env and self._attributes.get("connection") is None:
            found = self._apart(lambda: position.by_driver(self.database, journal))
            if found is not None:
                return [found]
        return self._apart(lambda: self._positions_by_environment(journal))

    def _positions_by_environment(self, journal: Wanted) -> list[Position]:
        from ..position import by_environment

        environment = self._environment()
        found = by_environment(environment, journal)
        self._history_found = environment.scripts.history
        return found


def _as_list(value: str | os.PathLike[str] | Sequence[str]) -> list[str]:
    return [os.fspath(value)] if isinstance(value, str | os.PathLike) else list(value)
