"""Room for long revision ids: Alembic makes the version column for 32 characters."""

from __future__ import annotations

from sqlalchemy import text

from ..environment import Visit
from ..planner import Plan

_ALEMBICS_WIDTH = 32


def widen(visit: Visit, plan: Plan) -> None:
    """Make the version column wide enough for the ids of a plan, in the transaction that is there. Writes the database.

    Without it the first such revision is run, and fails when it is recorded: one of the most reported failures, on
    servers only, as SQLite takes any length.
    """
    longest = max((len(step.revision) for step in plan.steps), default=0)
    dialect, connection = visit.dialect, visit.context.connection
    if longest <= _ALEMBICS_WIDTH or dialect is None or connection is None:
        return
    table = visit.context.version_table
    width = visit.query(dialect.column_width(table, visit.schema, "version_num"))
    if width and width[0][0] is not None and int(width[0][0]) < longest:
        connection.execute(text(dialect.widen(dialect.quoted(visit.schema, table), "version_num", longest)))
