"""What all parts of the front door stand on: one database of a project, its files, and how work gets to it."""

from __future__ import annotations

import os

from .. import settings as configuration
from ..errors import ProjectNotFound, WhimbrelError, counted
from ..interruption import Interruption
from ..record import TYPE_CHECKING
from ..settings import Database, Settings
from .files import check_for_env_py, read_history
from .threads import apart

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Self, TypeVar

    from sqlalchemy import MetaData

    from ..author import Answers, Asking
    from ..environment import Environment
    from ..events import Event, Listener
    from ..history import History
    from ..planner import Plan, Planner, Plans
    from ..runner import Runner

    T = TypeVar("T")


class ProjectBase:
    """One database of a project, as `Project` describes it."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        listener: Listener | None = None,
        cmd_opts: Callable[[], Namespace] | None = None,
        attributes: Mapping[str, Any] | None = None,
        metadata: Sequence[MetaData] = (),
        asking: Asking | None = None,
    ) -> None:
        self.settings = settings
        self.database = database
        self._listener = listener
        self._cmd_opts = cmd_opts
        self._attributes = dict(attributes or {})
        self._metadata = tuple(metadata)
        self._asking = asking
        self.interruption = Interruption()
        """Ask it, from any thread, to stop a run: `project.interruption.request()`."""
        self._history_found: History | None = None  # what env.py has made of it, where env.py decides

    @classmethod
    def load(
        cls,
        folder: str | os.PathLike[str] = ".",
        *,
        config: str | os.PathLike[str] | Sequence[str] = (),
        database: str | None = None,
        url: str | None = None,
        models: str | Sequence[str] = (),
        connection: Any = None,
        only_connection: bool = False,
        listener: Listener | None = None,
    ) -> Self:
        """Find and read the configuration of the project in `folder`.

        Args:
            folder: the project's folder, the current one by default.
            config: configuration files, as after `-c`.
            database: which database, if several are configured.
            url: a database URL that goes before every other.
            models: modules with models, instead of those configured or found.
            connection: a SQLAlchemy connection to use instead of opening one. A transaction that it is in stays the
                caller's; without one, each revision is committed.
            only_connection: refuse an env.py that does not use that connection, instead of letting it connect to what
                it is configured for.
            listener: is told what happens.

        Raises:
            ConfigurationInvalid, UrlInvalid, DatabaseNotConfigured: the configuration cannot be used.

        Reads files only.
        """
        if not os.path.isdir(folder):
            raise ProjectNotFound("there is no such folder", where=os.fspath(folder), hint="check the path")
        settings = configuration.load(os.fspath(folder), config=as_list(config), url=url, models=as_list(models))
        attributes = {"connection": connection, "only_connection": only_connection} if connection is not None else {}
        return cls(settings, configuration.select(settings, database), listener=listener, attributes=attributes)

    def __repr__(self) -> str:
        return f"<Project {self.database.name} {self._where}>"

    @property
    def history(self) -> History:
        """The graph of the revision files, as they are now. Reads files only, and imports none that can be read.

        Raises:
            ProjectNotFound, VersionsFolderMissing: there is nothing that could hold revisions.
            HistoryBroken: the revisions form a cycle.
        """
        if self._history_found is not None:
            return self._history_found
        return read_history(self.database, self.settings.configured)

    # -- for the other parts --------------------------------------------------------------------

    @property
    def _where(self) -> str:
        try:
            return self.database.url.masked if self.database.url else str(self.database.origin)
        except WhimbrelError:  # what should name the URL cannot be used
            return str(self.database.origin)

    def _apart(self, work: Callable[[], T]) -> T:
        """Run in a thread of its own if this one has a running event loop: async drivers and env.py files start one.

        Not with a connection of the caller's, which belongs to this thread.
        """
        return work() if self._attributes.get("connection") is not None else apart(work, self.interruption)

    def _tell(self, event: Event) -> None:
        from contextlib import suppress

        if self._listener is not None:
            with suppress(Exception):  # a terminal that is gone must not stop a migration half-way
                self._listener(event)

    def _check_history(self) -> None:
        """Refuse a folder that is no project, or whose revisions make no history, before its database is asked.

        Raises:
            As `history`.
        """
        _ = self.history

    def _environment(self, **options: Any) -> Environment:
        from ..environment import Environment

        check_for_env_py(self.database)
        self._check_history()
        cmd_opts = self._cmd_opts() if self._cmd_opts else None
        return Environment(self.database, cmd_opts=cmd_opts, attributes=self._attributes, listen=self._tell, **options)

    def _runner(self, **given: Any) -> Runner:
        from ..runner import Runner
        from ..settings.limits import limits

        return Runner(self._environment(), self._tell, limits(self.database.options, **given), self.interruption)

    def _upgrading(self, target: str, confirm: str | None, command: str, *, is_only_written: bool = False) -> Plans:
        """What plans an upgrade, and refuses one that drops something of a production database without its name.

        Args:
            target: where to.
            confirm: the name of the database, if it was given.
            command: for the hint.
            is_only_written: whether nothing is run.
        """
        from .confirming import check_dropping, check_name

        check_name(self.database, confirm)

        def plan(planner: Planner) -> Plan:
            made = planner.upgrade(target)
            if not is_only_written and confirm is None and self.database.is_production:
                check_dropping(self.database, [self.history[step.revision].path for step in made.steps], command)
            return made

        return plan

    def _author(self, autogenerate: bool = False, *, full: bool = False) -> Any:
        from ..author import Author, WritingScripts

        if self.database.alembic is None and self.settings.configured:
            # git keeps no empty folder: in a fresh clone the configuration may be all there is.
            os.makedirs(self.database.version_locations[0], exist_ok=True)
        environment = self._environment(scripts=WritingScripts)
        models = None
        if autogenerate and not self.database.has_env:
            models = self._models()
        # A run that others rely on believes no file that lies beside bytecode.
        return Author(environment, self._tell, models, self.interruption, full=full or bool(os.environ.get("CI")))

    def _answers(
        self,
        renames: Mapping[str, str] | None,
        table_renames: Mapping[str, str] | None,
        *,
        no_rename: bool,
        allow_drop: Sequence[str],
        remaps: Mapping[str, str | None] | None,
        fills: Mapping[str, str] | None,
    ) -> Answers:
        from ..author import Answers

        return Answers(
            tuple((renames or {}).items()),
            tuple((table_renames or {}).items()),
            no_rename,
            tuple(as_list(allow_drop)),
            tuple((remaps or {}).items()),
            tuple((fills or {}).items()),
        )

    def _models(self) -> Any:
        from pathlib import Path

        from .. import models
        from ..events import Found

        database = self.database
        if self._metadata:
            return models.Models(self._metadata, (), ())
        loaded = models.load(
            Path(database.root),
            tuple(database.options.get("models", ())),
            sys_path=[Path(database.root, folder) for folder in database.options.get("prepend_sys_path", ())],
            exclude=[Path(database.script_location), *map(Path, database.version_locations)],
        )
        size = f"{counted(loaded.tables, 'table')} from {counted(len(loaded.modules), 'module')}"
        self._tell(Found("models", size, ", ".join(loaded.sources)))
        return loaded


def as_list(value: str | os.PathLike[str] | Sequence[str]) -> list[str]:
    """One value, or several, as a list of texts."""
    return [os.fspath(value)] if isinstance(value, str | os.PathLike) else list(value)
