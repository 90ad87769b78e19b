"""Writing revisions. Databases are read at most."""

from __future__ import annotations

from ..errors import WhimbrelError, place
from ..record import TYPE_CHECKING
from .base import ProjectBase, as_list
from .threads import awaited

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..author import NewRevision


class Writing(ProjectBase):
    """What `Project` can write into its folders."""

    def revision(
        self,
        message: str | None = None,
        *,
        autogenerate: bool = False,
        baseline: bool = False,
        head: str = "head",
        splice: bool = False,
        branch_label: str | None = None,
        version_path: str | None = None,
        rev_id: str | None = None,
        depends_on: Sequence[str] | None = None,
        sql: bool = False,
        renames: Mapping[str, str] | None = None,
        table_renames: Mapping[str, str] | None = None,
        no_rename: bool = False,
        allow_drop: Sequence[str] = (),
        remaps: Mapping[str, str | None] | None = None,
        fills: Mapping[str, str] | None = None,
    ) -> list[NewRevision]:
        """Write a new revision file. Reads the database only to autogenerate, and writes it only for a baseline.

        Args:
            message: what it is about.
            autogenerate: fill it with what turns the database into what the models say.
            baseline: for a database that has what the models say, but no revisions: fill the first one with what makes
                all of it, and stamp the database with it.
            head: the revision to come after; `base` for a new line.
            splice: allow a `head` that is none.
            branch_label: a name for the branch that begins with the new revision.
            version_path: which of several version locations to write to.
            rev_id: its id, instead of a generated one.
            depends_on: revisions that must be applied first.
            sql: run an env.py that runs for every new revision in offline mode.
            renames: columns that have another name in the models, from `table.column` as the database has it to what
                the models call it.
            table_renames: tables that have, likewise.
            no_rename: nothing else was renamed.
            allow_drop: tables, and columns as `table.column`, that may be dropped although they hold something, or
                whose values may change with their type; and views, functions and triggers that nobody declares.
            remaps: what rows get in the place of a value that a column no longer takes, from `table.column.value` as
                the database has it to a value of the models; None for NULL.
            fills: what rows get that have no value for a column that becomes NOT NULL, by `table.column` as the models
                call it; as it would be typed.

        Raises:
            NeedsBaseline: autogenerate has nothing to write, as something else has made the tables.
            BaselineRefused: there are revisions already, or the database is not as the models say.
            RenameUnanswered: something may have been renamed, and nobody says whether it was.
            DropUnanswered: rows or values would be lost, and nobody says that they may be.
            ValueUnanswered: rows have values that columns no longer take, and nobody says what becomes of them.
            TablesWouldBeDropped: most tables of the database are not in the models.
            WhimbrelError: nothing was written; or the baseline was, and the database could not be stamped.
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

        def work() -> list[NewRevision]:
            author = self._author(autogenerate)
            new: list[NewRevision] = author.revision(
                message,
                autogenerate=autogenerate,
                baseline=baseline,
                answers=self._answers(
                    renames,
                    table_renames,
                    no_rename=no_rename,
                    allow_drop=allow_drop,
                    remaps=remaps,
                    fills=fills,
                ),
                asking=self._asking,
                **options,
            )
            if baseline and new:
                self._stamp_baseline(new)
            return new

        return self._apart(work)

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
        return self._apart(lambda: self._author().merge(as_list(revisions), message, **options))

    arevision = awaited(revision)
    amerge = awaited(merge)

    # -- parts ----------------------------------------------------------------------------------

    def _stamp_baseline(self, new: list[NewRevision]) -> None:
        from ..events import Notice

        names = [revision.revision for revision in new]
        try:
            outcome = self._runner().stamp(names)
        except WhimbrelError as error:
            error.state = f"{', '.join(place(revision.path) for revision in new)} was written, and nothing was stamped"
            error.hint = "correct what failed, then  whimbrel stamp head"
            raise
        where = ", ".join(change.where for change in outcome.changes)
        self._tell(Notice(f"{where} is stamped with {', '.join(names)}: it has what that makes"))
