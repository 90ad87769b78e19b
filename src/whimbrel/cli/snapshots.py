"""Commands for the rows of a database."""

from __future__ import annotations

import os

from ..errors import ANSWER_NO, NotConfirmed, counted
from ..record import TYPE_CHECKING
from .console import size_of
from .running import lock_wait
from .session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..snapshot.emptying import Counted


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
    if options.yes is None and not project.database.is_production:
        tables = project.row_counts()
        if not options.schema and not any(one.rows for one in tables):
            return _say_empty(session, tables)
        if not _may_go(session, tables):
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


def _say_empty(session: Session, tables: Sequence[Counted]) -> int:
    """There is nothing to remove, so nobody is asked."""
    from ..snapshot import Cleaned

    name, where = session.project.database.name, _where(tables)
    session.console.notice(f"{name} has no rows in {counted(len(tables), 'table')}: nothing to do ({where})")
    cleaned = Cleaned(where, rows=0, tables=len(tables))
    session.console.result("", lambda: {"database": name, **cleaned._asdict()})
    return 0


def _where(tables: Sequence[Counted]) -> str:
    return ", ".join(dict.fromkeys(one.where for one in tables))


def _may_go(session: Session, tables: Sequence[Counted]) -> bool:
    """Show what would go, and ask for the name of the database.

    Raises:
        NotConfirmed: nobody is there to answer.
    """
    console, whole = session.console, session.options.schema
    name, where = session.project.database.name, _where(tables)
    rows, of = counted(sum(one.rows for one in tables), "row"), counted(len(tables), "table")
    what = f"this drops everything, {of} with {rows}," if whole else f"this removes {rows} in {of}"
    console.notice(f"{what} of {name}" + (f" ({where})" if where else ""))
    for one in (one for one in tables if one.rows or whole):
        console.say(f"  {one.table}  {counted(one.rows, 'row')}")
    if not console.can_ask:
        raise NotConfirmed(
            f"nobody is there to say that {name} may be emptied",
            where=where or None,
            state="nothing was changed",
            hint=f"whimbrel cleaned_db{' --schema' if whole else ''} --yes {name}",
        )
    return console.answer(f"Type {name} to go on:") == name
