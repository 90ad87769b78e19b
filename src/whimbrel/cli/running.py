"""Commands that change a database."""

from __future__ import annotations

from ..errors import ANSWER_NO, NotConfirmed, UsageError, counted
from ..record import TYPE_CHECKING
from .deciding import check_none, decisions
from .session import Session
from .writing import tell_proofs, written

if TYPE_CHECKING:
    from ..project.serving import Migrated
    from ..runner import Change, Outcome


def upgrade(session: Session) -> int:
    """`upgrade`: apply revisions."""
    options = session.options
    outcome = session.project.upgrade(
        options.revision,
        sql=options.sql,
        tag=options.tag,
        strict=options.strict or None,
        lock_wait=lock_wait(session),
        lock_timeout=options.lock_timeout,
        confirm=options.yes or None,
    )
    return _report(session, outcome)


def update_db(session: Session) -> int:
    """`update_db`: create the database if it is missing, and apply all revisions."""
    options = session.options
    outcome = session.project.update(
        tag=options.tag,
        strict=options.strict or None,
        lock_wait=lock_wait(session),
        lock_timeout=options.lock_timeout,
        confirm=options.yes or None,
    )
    return _report(session, outcome)


def run_migration(session: Session) -> int:
    """`run_migration`: write a revision if the models have changed, and apply it."""
    options = session.options
    if options.check:
        check_none(options, "--check")
        return _say_intended(session)
    done = session.project.run_migration(
        options.message,
        tag=options.tag,
        lock_wait=lock_wait(session),
        lock_timeout=options.lock_timeout,
        **decisions(options),
    )
    name = session.project.database.name
    if not done.revisions and not session.console.as_json:
        at = ", ".join(done.after) or "base"
        session.console.notice(f"{name} is at {at}, and as the models say: nothing to do")
    before, after = (", ".join(heads) or "base" for heads in (done.before, done.after))
    lines = [*map(written, done.written)]
    if done.revisions:
        sure = "verified" if done.verified else "not verified"
        lines.append(f"{name}  {before} -> {after}  ({counted(len(done.revisions), 'revision')}, {sure})")
    session.console.result("\n".join(lines), lambda: _as_migration(name, done))
    tell_proofs(session, done.written)
    return 0


def _say_intended(session: Session) -> int:
    """What `run_migration` would do; 1 if that is something."""
    intended, name = session.project.intended(), session.project.database.name
    lines = [f"{name}  would apply {revision}" for revision in intended.pending]
    lines += [f"{name}  would write a revision: {difference}" for difference in intended.differences]
    session.console.result("\n".join(lines), lambda: {"database": name, **intended._asdict()})
    if intended.pending and not session.console.as_json:
        session.console.notice("the models are compared when that is applied")
    elif not intended and not session.console.as_json:
        session.console.notice(f"{name} is at head, and as the models say: nothing to do")
    return ANSWER_NO if intended else 0


def _as_migration(name: str, done: Migrated) -> dict[str, object]:
    return {
        "database": name,
        "status": "done" if done.revisions else "nothing to do",
        "before": done.before,
        "after": done.after,
        "revisions": done.revisions,
        "written": [revision._asdict() for revision in done.written],
        "verified": done.verified,
        "created": done.created,
    }


def downgrade(session: Session) -> int:
    """`downgrade`: take revisions back."""
    options, console, project = session.options, session.console, session.project

    def run(confirm: str | None, *, careful: bool = False) -> Outcome:
        return project.downgrade(
            options.revision,
            sql=options.sql,
            tag=options.tag,
            lock_wait=lock_wait(session),
            lock_timeout=options.lock_timeout,
            confirm=confirm,
            careful=careful,
        )

    may_ask = options.yes is None and console.can_ask
    try:
        outcome = run(options.yes or None, careful=may_ask)
    except NotConfirmed as refusal:
        if not may_ask or project.database.is_production:
            raise
        console.notice(f"{refusal.what} ({refusal.where})")
        if not console.confirms("Go on?", options):
            return ANSWER_NO
        outcome = run(project.database.name)
    return _report(session, outcome)


def stamp(session: Session) -> int:
    """`stamp`: set what is recorded."""
    options = session.options
    outcome = session.project.stamp(
        options.revisions,
        purge=options.purge,
        sql=options.sql,
        tag=options.tag,
        lock_wait=lock_wait(session),
        force=options.force,
    )
    return _report(session, outcome)


def lock_wait(session: Session) -> float | None:
    """Seconds to wait for another migrator, if the command line says so."""
    options = session.options
    if options.no_wait and options.lock_wait is not None:
        raise UsageError("--no-wait and --lock-wait exclude each other", hint="leave one of them out")
    return 0 if options.no_wait else options.lock_wait


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
    """The result, a line for each database; offline, standard output already holds the SQL."""
    if outcome.status == "written":
        return 0
    name = session.project.database.name
    if outcome.status == "nothing to do" and not session.console.as_json:
        _say_nothing_to_do(session, outcome)
    several = len(outcome.changes) > 1
    lines = [_line(name, change, several) for change in outcome.changes if outcome.status == "done"]
    session.console.result("\n".join(lines), lambda: _as_data(name, outcome))
    return 0


def _say_nothing_to_do(session: Session, outcome: Outcome) -> None:
    if not outcome.after and not len(session.project.history):
        session.console.notice("there are no revisions yet", 'whimbrel revision --autogenerate -m "first"')
    else:
        at = ", ".join(outcome.after) or "base"
        session.console.notice(f"{session.project.database.name} is at {at} already: nothing to do")


def _line(name: str, change: Change, several: bool) -> str:
    before, after = (", ".join(heads) or "base" for heads in (change.before, change.after))
    if before == after and not change.revisions:
        return f"{name}  {after}  (nothing to do)  {change.where}"
    did = f"{counted(len(change.revisions), 'revision')}, " if change.revisions else ""
    sure = "verified" if change.verified else "not verified"
    where = f"  {change.where}" if several else ""
    return f"{name}  {before} -> {after}  ({did}{sure}){where}"


def _as_data(name: str, outcome: Outcome) -> dict[str, object]:
    return {
        "database": name,
        "status": outcome.status,
        "before": outcome.before,
        "after": outcome.after,
        "revisions": outcome.revisions,
        "verified": outcome.verified,
        "created": outcome.created,
        "changes": [change._asdict() for change in outcome.changes],
    }
