"""Who is migrating a database now: what the server knows of the lock, and what the journal knows of its holder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from ..dialects import Dialect, Holder
from ..environment import Environment, Visit
from ..errors import DatabaseFailed
from ..journal import Attempt, read_attempts
from ..journal.attempt import RUNNING


class Held(NamedTuple):
    """The lock of one version table.

    Attributes:
        where: the database, with the password masked.
        holder: who has it; None if nobody has.
        can_be_ended: whether the server can end the holder's session. SQLite has no server.
    """

    where: str
    holder: Holder | None
    can_be_ended: bool


def holder_of(visit: Visit, key: str) -> Holder | None:
    """Who has the lock of this name. Reads the database."""
    dialect = visit.dialect
    if dialect is None:
        return None
    holder = dialect.sessions.holder(visit.query, key)
    if holder is None and not dialect.sessions.locks_each_transaction:
        return None
    attempt = _attempt_of(visit, dialect, holder)
    if attempt is None:
        return holder
    began = datetime.fromisoformat(attempt.started_at)
    what = holder.what if holder else "process"
    process = "" if what == "process" else f" (process {attempt.pid})"
    return Holder(
        session=holder.session if holder else str(attempt.pid),
        application=f"{attempt.application} {attempt.revision}{process}",
        host=attempt.host,
        user=attempt.os_user or (holder.user if holder else None),
        since=(datetime.now(UTC) - began).total_seconds(),
        doing=holder.doing if holder else None,
        what=what,
    )


def holders(environment: Environment) -> list[Held]:
    """The locks of all databases that an environment visits. Reads the databases."""
    found: list[Held] = []

    def look(visit: Visit, dialect: Dialect) -> None:
        key = dialect.sessions.key(visit.query, visit.schema, visit.context.version_table)
        found.append(Held(visit.where, holder_of(visit, key), not dialect.sessions.locks_each_transaction))

    _visited(environment, look)
    return found


def end_holder(environment: Environment, held: Held) -> bool:
    """End the session that holds a lock, if it still does; whether it was ended."""
    ended: list[bool] = []

    def end(visit: Visit, dialect: Dialect) -> None:
        key = dialect.sessions.key(visit.query, visit.schema, visit.context.version_table)
        holder = dialect.sessions.holder(visit.query, key)
        if visit.where == held.where and holder and held.holder and holder.session == held.holder.session:
            dialect.sessions.end(visit.query, holder.session)
            ended.append(True)

    _visited(environment, end)
    return bool(ended)


def _visited(environment: Environment, look: Callable[[Visit, Dialect], None]) -> None:
    def begun(visit: Visit) -> None:
        visit.begin(visit.peek())
        if visit.dialect is not None:
            look(visit, visit.dialect)

    environment.visit(begun)


def _attempt_of(visit: Visit, dialect: Dialect, holder: Holder | None) -> Attempt | None:
    """What the holder of a lock is running, as the journal has it."""
    try:
        running = read_attempts(visit.query, dialect, visit.schema, f"state = '{RUNNING}'")
    except DatabaseFailed:
        return None  # it was made since the transaction began, or not everybody may read it
    if holder is not None:
        running = [one for one in running if one.session == holder.session]
    if holder is None or holder.what == "process":  # a process of this machine
        running = [one for one in running if not one.is_gone]
    return running[-1] if running else None
