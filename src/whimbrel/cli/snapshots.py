"""Commands for the rows of a database."""

from __future__ import annotations

from ..errors import counted
from .running import lock_wait
from .session import Session


def dump(session: Session) -> int:
    """`dump_db`: write the rows to a file."""
    options, project = session.options, session.project
    dumped = project.dump(options.file, overwrite=options.yes)
    what = f"{counted(dumped.rows, 'row')} of {counted(dumped.tables, 'table')}"
    at = ", ".join(dumped.revisions) or "base"
    session.console.result(
        f"{project.database.name}  {at}  {what} in {dumped.path}  ({_size(dumped.size)})",
        lambda: {"database": project.database.name, **dumped._asdict()},
    )
    return 0


def load(session: Session) -> int:
    """`load_db`: take the rows of a file into the database."""
    options, project = session.options, session.project
    loaded = project.restore(
        options.file, replace=options.yes is not None, confirm=options.yes or None, lock_wait=lock_wait(session)
    )
    what = f"{counted(loaded.rows, 'row')} in {counted(loaded.tables, 'table')}, compared with {loaded.path}"
    instead = f"; {counted(loaded.replaced, 'row')} replaced" if loaded.replaced else ""
    at = ", ".join(loaded.revisions) or "base"
    session.console.result(
        f"{project.database.name}  {at}  {what}{instead}",
        lambda: {"database": project.database.name, **loaded._asdict()},
    )
    return 0


_STEP = 1024


def _size(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < _STEP:
            return f"{size:.0f} {unit}"
        size /= _STEP
    return f"{size:.1f} GiB"
