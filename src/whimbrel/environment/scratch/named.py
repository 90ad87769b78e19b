"""A database that somebody has named to be the scratch one: it has to be of the kind that the project connects to."""

from __future__ import annotations

from ...errors import ScratchUnusable
from .keeping import server


def check_kind(named: str, wanted: str, where: str) -> None:
    """Refuse a database of another kind, before anything connects to it: to connect makes a file of SQLite.

    Args:
        named: the kind of database that was named.
        wanted: the kind that the project connects to.
        where: the URL of the one that was named, without its password.

    Raises:
        ScratchUnusable
    """
    if server(named) != server(wanted):
        raise ScratchUnusable(
            "the scratch database is of another kind than the project's",
            where=where,
            why=f"it is {named}, and the project connects to {wanted}",
            state="nothing was executed there",
            hint=f"name an empty one of that kind, --scratch {wanted}://…; or leave --scratch out",
        )
