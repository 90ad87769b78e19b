"""What empties a database has to name it: always if it is labelled production, else if the caller is careful."""

from __future__ import annotations

from ..errors import NotConfirmed
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
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
