"""How a migration gets its connection and options: from the settings, or from the project's own env.py."""

from __future__ import annotations

import contextlib
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..connect.engine import require_sqlalchemy
from ..errors import EnvironmentFailed, WhimbrelError, place
from ..events import Listener, unheard
from ..interruption import Stopped
from ..settings import Database
from .config import ProjectConfig, config_for
from .context import WorkContext
from .creating import creating_databases
from .native import run_native
from .proxies import environment_proxied, tame_file_config
from .rebuild import CarefulOperations, check_violations
from .scripts import LazyScript, Scripts
from .waiting import Connecting, waiting_at_most
from .watching import watched
from .work import AlembicStep, Visit, Work

if TYPE_CHECKING:
    import sqlalchemy

    from .scratch import Scratch

__all__ = [
    "AlembicStep",
    "CarefulOperations",
    "Environment",
    "LazyScript",
    "ProjectConfig",
    "Scripts",
    "Visit",
    "Work",
    "check_violations",
    "creating_databases",
    "waiting_at_most",
    "watched",
]


class Environment:
    """The environment of one database, for one command.

    Args:
        database: its settings.
        cmd_opts: the command line, shaped as Alembic's, for env.py.
        attributes: what env.py finds in `config.attributes`; a `connection` is used instead of opening one.
        scripts: how to see the revision files; another class to write them.
        listen: is told what should be known of the scratch databases; nobody, by default.
    """

    def __init__(
        self,
        database: Database,
        *,
        cmd_opts: Namespace | None = None,
        attributes: dict[str, Any] | None = None,
        scripts: type[Scripts] = Scripts,
        listen: Listener = unheard,
    ) -> None:
        require_sqlalchemy()
        self.database = database
        self.config = config_for(database, cmd_opts=cmd_opts, attributes=dict(attributes or {}))
        _prepend_to_sys_path(database)
        self.scripts = scripts(database, self.config)
        self._listen = listen
        self._connecting = Connecting(database.connect_timeout)

    def scratch(self, given: sqlalchemy.URL | None = None, *, beside: Collection[str] = ()) -> Scratch:
        """Scratch databases in the place of those that the environment connects to; to be dropped.

        Args:
            given: the URL of an empty one, to be used instead of making any.
            beside: databases of the same server that statements name, which have to have their names.
        """
        from .scratch import Scratch, Ways  # with listeners on all engines, for which most commands have no need

        return Scratch(given, Ways(lambda: self.database.scratch_url, self._listen, beside))

    def on(self, scratch: Scratch) -> Environment:
        """The same environment, with its files as they are now, whose work is all done on scratch databases.

        A connection that the caller has given is not used, but others that its engine would open.
        """
        other = Environment(
            self.database,
            cmd_opts=self.config.cmd_opts,
            attributes={**self.config.attributes, "scratch": scratch},
            scripts=type(self.scripts),
        )
        other._connecting = self._connecting
        return other

    def run(self, work: Work) -> list[Visit]:
        """Do a piece of work; what it visited.

        Raises:
            WhimbrelError: whatever went wrong, explained: where, why, and what state the database is in now.
        """
        if (given := self.config.attributes.get("connection")) is not None and not work.offline:
            from .given import check_given  # with SQLAlchemy's asyncio, and so its ORM

            check_given(given, for_env_py=self.database.has_env)
        context = WorkContext(self.config, self.scripts, work, self._connecting)
        try:
            with environment_proxied(context), self._connecting.here(), creating_databases(work.created), self._led():
                if self.database.has_env:
                    tame_file_config()
                    self._tell_migration_url(work)
                    with self._in_its_folder():
                        self.scripts.run_env()
                else:
                    run_native(self.database, context)
        except KeyboardInterrupt as error:
            failure = self._explained(error, context)
            if isinstance(error, Stopped):
                raise failure from error
            error.args = (failure,)  # of Python's own: whoever catches it may tell what state the database is in
            raise
        except (Exception, SystemExit) as error:
            if not (isinstance(error, SystemExit) and not error.code and context.visits):  # else a way to say: the end
                raise self._explained(error, context) from error
        finally:
            context.stop_listening()
        for visit in context.visits:
            if visit.failure is not None and not _made_good(visit, context.visits):
                raise self._explained(visit.failure, context) from visit.failure
        if not context.visits:
            raise EnvironmentFailed(
                "env.py ended without running any migration",
                where=place(self.scripts.env_py_location),
                why="it never called context.run_migrations()",
                state="nothing was changed",
                hint="its last lines should call run_migrations_online() or run_migrations_offline()",
            )
        return context.visits

    def visit(self, look: Callable[[Visit], None], *, writes: bool = False) -> None:
        """Do something with each database, and run no revision.

        Args:
            look: called with each database that is visited.
            writes: whether the database is changed, as for `Work`.

        Raises:
            WhimbrelError: as `run`.
        """
        options = {} if writes else {"dont_mutate": True}
        self.run(
            Work(_no_steps, writes=writes, per_revision=True, options=options, around=lambda visit, run: look(visit))
        )

    def _led(self) -> contextlib.AbstractContextManager[None]:
        """Lead connections to the scratch database, if there is one."""
        scratch: Scratch | None = self.config.attributes.get("scratch")
        if scratch is None:
            return contextlib.nullcontext()
        return scratch.led() if self.config.attributes.get("connection") is None else self._led_as_given(scratch)

    @contextlib.contextmanager
    def _led_as_given(self, scratch: Scratch) -> Iterator[None]:
        """The same where the caller has given what to connect with."""
        from .scratch.substitute import substituted  # with SQLAlchemy's asyncio, and so its ORM

        attributes = self.config.attributes
        given = attributes["connection"]
        with scratch.led(), substituted(given) as substitute:
            attributes["connection"] = substitute
            try:
                yield
            finally:
                attributes["connection"] = given

    def _explained(self, error: BaseException, context: WorkContext) -> WhimbrelError:
        from .failures import explained

        return explained(error, self.database, context)

    def _tell_migration_url(self, work: Work) -> None:
        """Let env.py find the URL for changes, if there is one, where it may look for it."""
        url = self.database.url_for(changes=True) if work.writes else None
        if url is not None:
            self.config.set_main_option("sqlalchemy.url", url.text.replace("%", "%%"))
            self.config.attributes["migration_url"] = url.text

    def _in_its_folder(self) -> contextlib.AbstractContextManager[None]:
        """Run env.py where its relative paths start, if that is another folder than this one.

        Only under the command line: the current folder belongs to the whole process.
        """
        if self.config.cmd_opts is None or os.path.samefile(self.database.root, os.getcwd()):
            return contextlib.nullcontext()
        return contextlib.chdir(self.database.root)


def _no_steps(visit: Visit) -> Iterable[AlembicStep]:
    return ()


def _made_good(failed: Visit, visits: list[Visit]) -> bool:
    """Whether env.py has tried again, and the last try went well."""
    last = [visit for visit in visits if visit.table == failed.table][-1]
    return last is not failed and last.failure is None


def _prepend_to_sys_path(database: Database) -> None:
    """Put the project's folders first, once. Alembic is imported by now, so a folder `alembic/` does not shadow it."""
    folders = [*database.options.get("prepend_sys_path", ())]
    if database.alembic is None:
        folders = [os.path.join(database.root, folder) for folder in folders] + [database.root]
    for folder in reversed(folders):
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
        sys.path.insert(0, folder)
