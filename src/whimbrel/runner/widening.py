"""Room for long revision ids: Alembic makes the version column for 32 characters."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text

from ..environment import Visit
from ..planner import Plan

_ALEMBICS_WIDTH = 32


def widen(visit: Visit, plan: Plan) -> None:
    """Make the version column wide enough for a plan, in the transaction that is there. Writes the database."""
    ids = [step.revision for step in plan.steps]
    environment = visit.context.environment_context
    if plan.direction == "downgrade" and environment is not None:  # then their parents are recorded
        ids += [parent for one in ids for parent in environment.script.get_revision(one)._versioned_down_revisions]
    make_room(visit, ids)


def make_room(visit: Visit, ids: Iterable[str]) -> None:
    """Make the version column wide enough for these ids, in the transaction that is there. Writes the database.

    Without it the first such revision is run, and fails when it is recorded: one of the most reported failures, on
    servers only, as SQLite takes any length.
    """
    longest = max(map(len, ids), default=0)
    dialect, connection = visit.dialect, visit.context.connection
    if longest <= _ALEMBICS_WIDTH or dialect is None or connection is None:
        return
    table = visit.context.version_table
    width = visit.query(dialect.column_width(table, visit.schema, "version_num"))
    if width and width[0][0] is not None and int(width[0][0]) < longest:
        connection.execute(text(dialect.widen(dialect.quoted(visit.schema, table), "version_num", longest)))
