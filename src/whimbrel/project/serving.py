"""What applications and pipelines ask of a project: one call that makes the database what it should be."""

from __future__ import annotations

from ..record import TYPE_CHECKING
from .base import ProjectBase
from .threads import awaited

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sqlalchemy import MetaData

    from ..runner import Outcome


class Serving(ProjectBase):
    """What `Project` does for those who just want their database to be right."""

    def update(
        self,
        *,
        tag: str | None = None,
        strict: bool | None = None,
        lock_wait: float | None = None,
        lock_timeout: float | None = None,
    ) -> Outcome:
        """Create the database if it is missing, and apply every revision. Writes the database, and its server.

        It can be called by any number of processes at once, and again and again: one of them creates the database,
        and each revision is applied once.

        Which database it is, is known from what fails to connect: where an env.py decides that, its own engine. One
        with a `creator` of its own cannot be helped.

        Args:
            tag, strict, lock_wait, lock_timeout: as in `upgrade`.

        Raises:
            CannotCreateDatabase: this user may not; the statement for an administrator is in `hint`.
            As `upgrade`.
        """
        given = {"strict": strict, "lock_wait": lock_wait, "lock_timeout": lock_timeout}
        options: dict[str, Any] = {"as_sql": False, "starting_rev": None, "destination_rev": "heads", "tag": tag}
        return self._apart(
            lambda: self._runner(**given).migrate(lambda planner: planner.upgrade("heads"), create=True, **options)
        )

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
            return sorted(described(without_removals(author.differences())))

        return self._apart(work)

    aupdate = awaited(update)
    alacking = awaited(lacking)
