"""Commands that change a database."""

from __future__ import annotations

from ..errors import counted
from ..record import TYPE_CHECKING
from .session import Session

if TYPE_CHECKING:
    from ..runner import Outcome


def upgrade(session: Session) -> int:
    """`upgrade`: apply revisions."""
    options = session.options
    return _report(session, session.project.upgrade(options.revision, sql=options.sql, tag=options.tag))


def downgrade(session: Session) -> int:
    """`downgrade`: take revisions back."""
    options = session.options
    return _report(session, session.project.downgrade(options.revision, sql=options.sql, tag=options.tag))


def stamp(session: Session) -> int:
    """`stamp`: set what is recorded."""
    options = session.options
    outcome = session.project.stamp(options.revisions, purge=options.purge, sql=options.sql, tag=options.tag)
    return _report(session, outcome)


def ensure_version(session: Session) -> int:
    """`ensure_version`: create the version table."""
    session.project.ensure_version(sql=session.options.sql)
    if not session.options.sql:
        table = session.project.database.version_table
        if not session.console.as_json:
            session.console.notice(f"{session.project.database.name} has the version table {table}")
        session.console.result("", lambda: {"version_table": session.project.database.version_table})
    return 0


def _report(session: Session, outcome: Outcome) -> int:
    """The result in one line; offline, standard output already holds the SQL."""
    if outcome.status == "written":
        return 0
    before, after = (", ".join(heads) or "base" for heads in (outcome.before, outcome.after))
    name = session.project.database.name
    data = {**outcome._asdict(), "database": name}
    if outcome.status == "nothing to do":
        if not session.console.as_json and not len(session.project.history):
            session.console.notice("there are no revisions yet", "whimbrel revision --autogenerate -m …")
        elif not session.console.as_json:
            session.console.notice(f"{name} is at {after} already: nothing to do")
        session.console.result("", lambda: data)
        return 0
    did = f"{counted(len(outcome.revisions), 'revision')}, " if outcome.revisions else ""
    sure = "verified" if outcome.verified else "not verified"
    session.console.result(f"{name}  {before} -> {after}  ({did}{sure})", lambda: data)
    return 0
