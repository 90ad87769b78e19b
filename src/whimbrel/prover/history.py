"""How databases stand to their own history: what it leaves at some revisions, and what is there instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, Table

from ..catalog import TABLE, Catalog, Difference, compare
from ..environment import Environment, Visit
from ..errors import UrlInvalid
from ..interruption import Interruption
from .replayed import replayed
from .subject import Subject, look


@dataclass
class Seen:
    """One database, as it is, and the revisions that its history is replayed to.

    Attributes:
        subject: the database, with all that there is in all of its schemas.
        revisions: those that it is at, or is to be at; empty for base.
        context: Alembic's, with the project's `include_name` and `include_object`.
    """

    subject: Subject
    revisions: tuple[str, ...]
    context: MigrationContext


def see(
    environment: Environment,
    revisions: Callable[[Visit], tuple[str, ...]],
    *,
    to_change: bool = False,
    beside: Sequence[str] = (),
) -> list[Seen]:
    """What there is in each database that an environment visits. Reads them.

    Args:
        environment: leads to them.
        revisions: says what to replay the history to, for one that is visited.
        to_change: look at what changes would go to, if that has a URL of its own.
        beside: look at these databases of its server as well, if a schema is one there.

    Raises:
        WhimbrelError: they cannot be read.
    """
    found: list[Seen] = []

    def seen(visit: Visit) -> None:
        if visit.dialect is None:
            raise UrlInvalid(
                f"whimbrel cannot read the catalog of {visit.context.dialect.name}",
                where=visit.where,
                state="nothing was changed",
                hint="it reads those of SQLite, PostgreSQL, MySQL and MariaDB",
            )
        try:
            wanted = revisions(visit)
            found.append(Seen(look(visit, everywhere=True, beside=beside), wanted, visit.context))
        finally:
            visit.end_driver_transaction()

    environment.visit(seen, writes=to_change)
    return found


def past_history(environment: Environment, seen: Sequence[Seen], interruption: Interruption) -> list[list[Difference]]:
    """What turns what the history leaves into what there is, for each database. Makes scratch databases.

    Everything counts, but what is in a schema that the history does not make, and a table that the project's filters
    leave out and no revision makes: those are somebody else's.

    Args:
        environment: leads to the databases.
        seen: what there is.
        interruption: whether the run is to stop.

    Raises:
        ReplayFailed: a revision fails.
        ScratchRefused, ScratchUnusable: there is no scratch database to be had.
    """
    left = replayed(environment, [one.subject for one in seen], [one.revisions for one in seen], interruption)
    return [_differences(one, catalog) for one, catalog in zip(seen, left, strict=True)]


def _differences(seen: Seen, left: Catalog) -> list[Difference]:
    schemas = {item.schema for item in left.items} | {None}
    there = seen.subject.actual.only(lambda item: item.schema in schemas)
    return [one for one in compare(left, there) if not _is_left_out(one, seen.context)]


def _is_left_out(difference: Difference, context: MigrationContext) -> bool:
    """Whether it is a table that is not the project's, as its `include_name` or `include_object` says."""
    item = difference.item
    if item.kind != TABLE or difference.before is not None:
        return False
    filters = AutogenContext(context, metadata=MetaData(), autogenerate=False)
    parents: Any = {"schema_name": item.schema}
    table = Table(item.name, MetaData(), schema=item.schema)
    return not (
        filters.run_name_filters(item.name, "table", parents)
        and filters.run_object_filters(table, item.name, "table", True, None)
    )
