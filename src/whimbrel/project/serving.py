"""What applications and pipelines ask of a project: one call that makes the database what it should be."""

from __future__ import annotations

from contextlib import contextmanager

from ..errors import WhimbrelError, place
from ..record import TYPE_CHECKING, Record
from .looking import Looking
from .threads import awaited

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from sqlalchemy import MetaData

    from ..author import NewRevision
    from ..runner import Outcome


class Migrated(Record):
    """What `Project.run_migration` did.

    Attributes:
        before: the heads before.
        after: the heads now.
        revisions: what was applied, in order.
        written: the revisions that were written, as the models had changed.
        verified: whether a new connection has confirmed `after`.
        created: the names of the databases that were missing, and were made.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    revisions: tuple[str, ...]
    written: tuple[NewRevision, ...]
    verified: bool
    created: tuple[str, ...] = ()


class Intended(Record):
    """What `Project.run_migration` would do.

    Attributes:
        pending: the revisions that it would apply, oldest first.
        differences: what the revision would hold that it would write, one line each. Unknown, and empty, while some
            are pending: the models are compared with a database at head.
    """

    pending: tuple[str, ...]
    differences: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.pending or self.differences)


class Serving(Looking):
    """What `Project` does for those who just want their database to be right."""

    def update(
        self,
        *,
        tag: str | None = None,
        strict: bool | None = None,
        lock_wait: float | None = None,
        lock_timeout: float | None = None,
        confirm: str | None = None,
    ) -> Outcome:
        """Create the database if it is missing, and apply every revision. Writes the database, and its server.

        It can be called by any number of processes at once, and again and again: one of them creates the database,
        and each revision is applied once.

        Which database it is, is known from what fails to connect: where an env.py decides that, its own engine. One
        with a `creator` of its own cannot be helped.

        Args:
            tag, strict, lock_wait, lock_timeout, confirm: as in `upgrade`.

        Raises:
            CannotCreateDatabase: this user may not; the statement for an administrator is in `hint`.
            As `upgrade`.
        """
        given = {"strict": strict, "lock_wait": lock_wait, "lock_timeout": lock_timeout}
        options: dict[str, Any] = {"as_sql": False, "starting_rev": None, "destination_rev": "heads", "tag": tag}
        plans = self._upgrading("heads", confirm, "update_db")
        return self._apart(lambda: self._runner(**given).migrate(plans, create=True, **options))

    def run_migration(
        self,
        message: str | None = None,
        *,
        tag: str | None = None,
        lock_wait: float | None = None,
        lock_timeout: float | None = None,
        renames: Mapping[str, str] | None = None,
        table_renames: Mapping[str, str] | None = None,
        no_rename: bool = False,
        allow_drop: Sequence[str] = (),
        remaps: Mapping[str, str | None] | None = None,
        fills: Mapping[str, str] | None = None,
    ) -> Migrated:
        """Apply what is pending, write a revision if the models have changed, and apply that. Writes all of it.

        Args:
            message: what the new revision is about; `models changed` by default.
            tag, lock_wait, lock_timeout: as in `upgrade`.
            renames, table_renames, no_rename, allow_drop, remaps, fills: as in `revision`.

        Raises:
            NeedsBaseline: the database has what the models say, and no revision has made it.
            As `update` and `revision`. `state` says what exists now.
        """
        given: dict[str, Any] = {"tag": tag, "lock_wait": lock_wait, "lock_timeout": lock_timeout}
        first = self.update(**given)
        applied = f"{', '.join(first.revisions)} applied" if first.revisions else None
        with _state_added(applied):
            new = self._apart(
                lambda: self._author(autogenerate=True).revision(
                    message or "models changed",
                    autogenerate=True,
                    only_if_needed=True,
                    answers=self._answers(
                        renames,
                        table_renames,
                        no_rename=no_rename,
                        allow_drop=allow_drop,
                        remaps=remaps,
                        fills=fills,
                    ),
                    asking=self._asking,
                )
            )
        if not new:
            return Migrated(first.before, first.after, first.revisions, (), first.verified, first.created)
        written = f"{', '.join(place(revision.path) for revision in new)} was written"
        with _state_added(applied, written):
            last = self.update(**given)
        revisions = first.revisions + last.revisions
        return Migrated(first.before, last.after, revisions, tuple(new), last.verified, first.created)

    def intended(self) -> Intended:
        """What `run_migration` would do. Reads the database, and the models if nothing is pending.

        Raises:
            NeedsBaseline: as `run_migration`.
            WhimbrelError: the database cannot be asked, or not be compared.
        """
        heads = self.current()
        self.history.check()
        pending = tuple(reversed(self.history.newest_first(self.history.pending(heads), self.history.effective_heads)))
        if pending:
            return Intended(pending, ())
        return Intended((), tuple(self._apart(lambda: self._author(autogenerate=True).needed())))

    def lacking(self, metadata: Sequence[MetaData]) -> list[str]:
        """What models have and the database lacks, or has otherwise, one line each. Reads the database.

        What only the database has is not among it: an application can run with a table too many.

        Args:
            metadata: the models.

        Raises:
            WhimbrelError: they cannot be compared: the database is not at head.
        """
        from ..author import Author, WritingScripts
        from ..differ import described, without_removals
        from ..models import Models

        def work() -> list[str]:
            environment = self._environment(scripts=WritingScripts)
            author = Author(environment, self._tell, Models(tuple(metadata), (), ()))
            return sorted(described(without_removals(author.reflected())))

        return self._apart(work)

    aupdate = awaited(update)
    arun_migration = awaited(run_migration)
    aintended = awaited(intended)
    alacking = awaited(lacking)


@contextmanager
def _state_added(*done: str | None) -> Iterator[None]:
    """Let an error say, too, what was done before."""
    try:
        yield
    except WhimbrelError as error:
        error.state = "; ".join(text for text in (*done, error.state) if text)
        raise
