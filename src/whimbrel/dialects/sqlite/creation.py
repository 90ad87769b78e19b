"""Making databases of SQLite: a file makes itself, the folder it is in does not."""

from __future__ import annotations

import os

from ...errors import CannotCreateDatabase
from ...record import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from ..creation import Arguments, Open


class Creation:
    """`Creation` for SQLite."""

    def name(self, positional: list[Any], arguments: Arguments) -> str | None:
        database = str(positional[0]) if positional else str(arguments.get("database", ""))
        return _path(database, bool(arguments.get("uri")))

    def is_missing(self, error: Exception, name: str) -> bool:
        return not os.path.isdir(os.path.dirname(name))

    def create(self, open_with: Open, arguments: Arguments, name: str) -> bool:
        folder = os.path.dirname(name)
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise CannotCreateDatabase(
                "the folder of the database is not there, and could not be made",
                where=f"sqlite:///{name}",
                why=f"{error.strerror}: {error.filename}",
                state="nothing was changed",
                hint=f"as an administrator:  mkdir -p {folder}  and let this user write there",
            ) from error
        return True


def _path(database: str, is_uri: bool) -> str | None:
    """The file that is opened; None for a database in memory, and for one that must be there."""
    if is_uri:
        from urllib.parse import parse_qs, unquote, urlsplit

        parts = urlsplit(database)
        if parse_qs(parts.query).get("mode", ["rwc"]) != ["rwc"]:
            return None
        database = unquote(parts.path)
    return None if database in ("", ":memory:") else os.path.abspath(database)
