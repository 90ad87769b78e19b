"""Writing revisions. Databases are read at most."""

from __future__ import annotations

from ..record import TYPE_CHECKING
from .base import ProjectBase, as_list
from .threads import awaited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..author import NewRevision


class Writing(ProjectBase):
    """What `Project` can write into its folders."""

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
        return self._apart(lambda: self._author().merge(as_list(revisions), message, **options))

    arevision = awaited(revision)
    amerge = awaited(merge)
