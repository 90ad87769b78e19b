"""Commands for the rows of a database."""

from __future__ import annotations

import os

from ..errors import ANSWER_NO, NotConfirmed, counted
from .console import size_of
from .running import lock_wait
from .session import Session


def dump(session: Session) -> int:
    """`dump_db`: write the rows to a file."""
    options, project = session.options, session.project
    dumped = project.dump(options.file, overwrite=options.yes)
    what = f"{counted(dumped.rows, 'row')} of {counted(dumped.tables, 'table')}"
    at = ", ".join(dumped.revisions) or "base"
    session.console.result(
        f"{project.database.name}  {at}  {what} in {dumped.path}  ({size_of(dumped.size)})",
        lambda: {"database": project.database.name, **dumped._asdict(), "path": os.path.abspath(dumped.path)},
    )
    return 0


def load(session: Session) -> int:
    """`load_db`: take the rows of a file into the database."""
    options, project = session.options, session.project
    loaded = project.restore(
        options.file, replace=options.yes is not None, confirm=options.yes or None, lock_wait=lock_wait(session)
    )
    origin = "compared with" if loaded.compared else "from"
    what = f"{counted(loaded.rows, 'row')} in {counted(loaded.tables, 'table')}, {origin} {loaded.path}"
    instead = f"; {counted(loaded.replaced, 'row')} replaced" if loaded.replaced else ""
    at = ", ".join(loaded.revisions) or "base"
    session.console.result(
        f"{project.database.name}  {at}  {what}{instead}",
        lambda: {"database": project.database.name, **loaded._asdict(), "path": os.path.abspath(loaded.path)},
    )
    return 0


def clean(session: Session) -> int:
    """`cleaned_db`: remove the rows, or everything, once somebody has said that it may go."""
    options, project, console = session.options, session.project, session.console
    name = project.database.name
    if options.yes is None and not project.database.is_production and not _may_go(session):
        console.notice("nothing was changed")
        return ANSWER_NO
    backup = options.backup or options.backup is not None
    cleaned = project.clean(
        confirm=options.yes or name, schema=options.schema, backup=backup, lock_wait=lock_wait(session)
    )
    dropped = f", {counted(cleaned.dropped, 'object')} dropped" if options.schema else ""
    kept = f", kept in {cleaned.backup}" if cleaned.backup else ""
    console.result(
        f"{name}  {counted(cleaned.rows, 'row')} of {counted(cleaned.tables, 'table')} removed{dropped}{kept}",
        lambda: {
            "database": name,
            **cleaned._asdict(),
            "backup": cleaned.backup and os.path.abspath(cleaned.backup),
        },
    )
    return 0


def _may_go(session: Session) -> bool:
    """Show what would go, and ask for the name of the database.

    Raises:
        NotConfirmed: nobody is there to answer.
    """
    console, project, whole = session.console, session.project, session.options.schema
    name = project.database.name
    tables = [one for one in project.row_counts() if one.rows or whole]
    where = ", ".join(dict.fromkeys(one.where for one in tables))
    rows, of = counted(sum(one.rows for one in tables), "row"), counted(len(tables), "table")
    what = f"this drops everything, {of} with {rows}," if whole else f"this removes {rows} in {of}"
    console.notice(f"{what} of {name}" + (f" ({where})" if where else ""))
    for one in tables:
        console.say(f"  {one.table}  {counted(one.rows, 'row')}")
    if not console.can_ask:
        raise NotConfirmed(
            f"nobody is there to say that {name} may be emptied",
            where=where or None,
            state="nothing was changed",
            hint=f"whimbrel cleaned_db --yes {name}",
        )
    return console.answer(f"Type {name} to go on:") == name
