"""What empties a database has to name it, if it is labelled production or the caller is careful; so has what drops
something of a production database.
"""

from __future__ import annotations

from ..errors import NotConfirmed, few
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..settings import Database


def check_name(database: Database, confirm: str | None) -> None:
    """Refuse a name that is another database's: whoever wrote it means another one.

    Raises:
        NotConfirmed
    """
    if confirm is not None and confirm != database.name:
        raise NotConfirmed(
            f'this is the database {database.name}, and the name that confirms it is "{confirm}"',
            where=str(database.origin),
            state="nothing was changed",
            hint=f"the name is {database.name}, if it is the one that you mean; else look at -d and the configuration",
        )


def check_confirmed(database: Database, confirm: str | None, *, what: str, hint: str, careful: bool = False) -> None:
    """Refuse to empty a database that has not been named.

    Args:
        database: which one would be emptied.
        confirm: the name that was given, which is right if there is one: `check_name`.
        what: what would be lost, as a sentence.
        hint: what to do about it.
        careful: want the name of any database, not only of one that is labelled production.

    Raises:
        NotConfirmed
    """
    if confirm is None and (careful or database.is_production):
        why = "the database is labelled production" if database.is_production else "it was not confirmed"
        raise NotConfirmed(what, why=why, state="nothing was changed", hint=hint)


def check_dropping(database: Database, paths: Sequence[str], command: str) -> None:
    """Refuse revisions that drop something of a production database.

    Args:
        database: which one.
        paths: the files of the revisions that would be applied.
        command: what was typed, for the hint.

    Raises:
        NotConfirmed
    """
    from ..history.losses import losses

    found = [text for path in paths for text in losses(path)]
    if found:
        check_confirmed(
            database,
            None,
            what=f"this drops {few(found, _SHOWN)} of {database.name}, and what is in there",
            hint=f"whimbrel {command} --yes {database.name}",
        )


_SHOWN = 4
