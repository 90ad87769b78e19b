"""What a framework knows of its databases, for a command line that runs inside of it."""

from __future__ import annotations

import os

from ..record import TYPE_CHECKING, Record
from ..settings import Database, Settings
from ..settings.values import Origin

if TYPE_CHECKING:
    from typing import Any

    from .grammar import Command

_ONCE = ("init", "list_templates", "completion", "status")
"""Commands that are run once, whatever there is of databases."""

_OF_ONE = ("data", "mend")
"""Groups of commands for which a database has to be named: they would lose rows, or a file, if it were each of them."""


class Known(Record):
    """A database that the application knows.

    Attributes:
        name: what `--database` calls it.
        url: its URL, with the password.
        key: where the application has that from, for messages.
        metadata: its models.
    """

    name: str
    url: str
    key: str
    metadata: Any


class Application(Record):
    """An application around the command line: what it knows goes before what is configured.

    Attributes:
        framework: its name, for messages.
        directory: the folder with the revisions; those of the second database, and the others, are in folders below.
        databases: what it knows, the main one first.
    """

    framework: str
    directory: str
    databases: tuple[Known, ...]

    def settings(self, found: Settings) -> Settings:
        """The settings of the project, with these databases. Those with an env.py stay as they are: it decides."""
        if any(database.has_env for database in found.databases):
            return found
        configured = {database.name: database for database in found.databases}
        several = len(self.databases) > 1
        databases = (self._database(known, configured.get(known.name), found, several) for known in self.databases)
        return found._replace(databases=tuple(databases), below=False)

    def metadata_of(self, database: Database) -> tuple[Any, ...]:
        """The models of a database; none if an env.py, or a setting, names them."""
        if database.has_env or database.options.get("models"):
            return ()
        return tuple(known.metadata for known in self.databases if known.name == database.name)

    def is_for_each(self, command: Command, named: str | None) -> bool:
        """Whether a command is for each of these databases: there are several, and none is named."""
        if len(self.databases) == 1 or named is not None:
            return False
        return command.name not in _ONCE and command.group not in _OF_ONE

    def _database(self, known: Known, configured: Database | None, found: Settings, several: bool) -> Database:
        from ..connect.url import parse

        origin = Origin(self.framework, known.key)
        main = found.databases[0]
        is_main = known is self.databases[0]
        folder = os.path.join(found.root, self.directory if is_main else os.path.join(self.directory, known.name))
        # Without a configuration there are defaults, which the folder of the application goes before.
        base = configured if configured is not None and found.configured else None
        return Database(
            name=known.name,
            only=not several,
            root=main.root,
            origin=found.origin,
            script_location=base.script_location if base else folder,
            version_locations=base.version_locations if base else (os.path.join(folder, "versions"),),
            options=(base or main).options,
            find_url=lambda: (parse(known.url, where=str(origin)), origin),
        )
