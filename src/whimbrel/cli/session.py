"""One run of a command: its arguments, its project and its console."""

from __future__ import annotations

import os

from .. import settings as configuration
from ..errors import UsageError, WhimbrelError
from ..program import commands_are_for
from ..project import Project
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from typing import Any

    from ..history import History
    from ..settings import Database, Settings
    from .application import Application
    from .console import Console
    from .grammar import Command


class Session:
    """What every command starts from.

    Args:
        command: which command.
        options: its arguments.
        console: where it writes.
        application: the application around it, if that knows its databases.
    """

    def __init__(
        self, command: Command, options: Any, console: Console, application: Application | None = None
    ) -> None:
        self.command = command
        self.options = options
        self.console = console
        self._application = application
        self._settings: Settings | None = None
        self._project: Project | None = None
        console.begin(command, options)
        commands_are_for(options.database)
        if command.group == "run" and getattr(options, "sql", False) and options.json:
            raise UsageError("--sql writes SQL to standard output, and --json a document", hint="leave one of them out")
        if options.all:
            _check_all(command, options)
        elif application is not None and application.is_for_each(command, options.database):
            _check_all_at_once(options, command)
            options.all = True

    @property
    def settings(self) -> Settings:
        """The configuration, read once."""
        if self._settings is None:
            options = self.options
            self._settings = configuration.load(
                ".",
                config=options.config or (),
                section=options.name,
                url=options.url,
                models=options.models if isinstance(options.models, list) else (),
                env_file=options.env_file,
            )
            if self._application is not None and not options.url:
                self._settings = self._application.settings(self._settings)
        return self._settings

    @property
    def project(self) -> Project:
        """The project for the one database that the command is for."""
        if self._project is None:
            self._project = self.project_for(configuration.select(self.settings, self._meant))
        return self._project

    @property
    def _meant(self) -> str | None:
        """Which database was named: with `--database`, or as the first of two sides that is one."""
        if self.options.database:
            return str(self.options.database)
        configured = {database.name for database in self.settings.databases}
        sides = (getattr(self.options, side, None) for side in ("first", "second"))
        return next((name for name in sides if name in configured), None)

    def databases(self) -> Iterator[Database]:
        """Every database, or the one that was named; what a project leaves behind is not there for the next."""
        if self.options.database:
            yield self.project.database
            return
        if self.options.url and len(self.settings.databases) > 1:
            raise UsageError(
                f"--url is for one database, and {len(self.settings.databases)} are configured",
                hint=f"name it: -d {self.settings.databases[0].name}",
            )
        from .isolation import isolated

        apart = len({database.root for database in self.settings.databases}) > 1
        for database in self.settings.databases:
            with isolated(self.settings.root, needed=apart):
                yield database

    def turn_to(self, database: Database) -> Project:
        """Go on with another one of several databases.

        Raises:
            WhimbrelError: its configuration is broken.
        """
        self.options.database = database.name
        self._project = self.project_for(database)
        return self._project

    def project_for(self, database: Database) -> Project:
        """The project for one of the configured databases.

        Raises:
            WhimbrelError: its configuration is broken.
        """
        self.hint_at(database.name)
        database.check()
        metadata = self._application.metadata_of(database) if self._application else ()
        return Project(
            self.settings,
            database,
            listener=self.console.on,
            cmd_opts=lambda: self._about_to_run(database),
            metadata=metadata,
            asking=self.console,
        )

    def hint_at(self, database: str) -> None:
        """From now on let commands in hints name this database, if there are several; else as they were typed."""
        if len(self.settings.databases) > 1:
            commands_are_for(database)

    def history(self, project: Project | None = None) -> History:
        """The revision files; those that cannot be read are named, and left out."""
        history = (project or self.project).history
        for problem in (*history.broken, *history.problems):
            said = problem.as_dict()
            why = f": {said['why']}" if said["why"] else ""
            self.console.notice(f"{said['what']}{why} ({said['where']})", problem.hint or "")
        return history

    def named(self, target: str) -> tuple[History, tuple[str, ...]]:
        """The revision files, and those that a target names.

        Reads the database if the target counts from where it is; its env.py may know of more files, so it goes first.
        """
        from ..history.target import Resolver, parse

        current = self.project.current() if parse(target).asks_database else None
        history = self.history()
        return history, Resolver(history, current).revisions(target)

    def _about_to_run(self, database: Database) -> Namespace:
        """Called before code of the project runs: it finds the variables of `.env`, and Alembic's command line."""
        from argparse import Namespace
        from contextlib import suppress

        from ..settings.files import read_dotenv

        for other in self.settings.databases:
            # Found now, before .env becomes part of the environment that they are looked for in.
            for changes in (False, True):
                with suppress(WhimbrelError):
                    other.url_for(changes=changes)
        named = self.options.env_file
        folders = dict.fromkeys((database.root, self.settings.root))
        for path in [named] if named else [os.path.join(folder, ".env") for folder in folders]:
            if named or os.path.isfile(path):
                for name, value in read_dotenv(path).items():
                    os.environ.setdefault(name, value)
        options = Namespace(**vars(self.options))
        options.command = self.command.alembic
        options.name = options.name or "alembic"
        options.raiseerr = bool(options.raiseerr or options.debug)
        return options


def _check_all(command: Command, options: Any) -> None:
    if not command.every:
        raise UsageError(
            f"{command.name} is for one database, not for --all", hint=f"name it: whimbrel -d NAME {command.name}"
        )
    if options.database:
        raise UsageError("--all and --database exclude each other", hint="leave one of them out")
    _check_all_at_once(options, command)


def _check_all_at_once(options: Any, command: Command) -> None:
    if command.group == "run" and getattr(options, "sql", False):
        raise UsageError("--sql writes one script, and this is for several databases", hint="name one: -d NAME")
