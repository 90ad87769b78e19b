"""The schema of an application: brought to head by one call, and asked whether it is there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, MetaData

from .. import versions
from ..connect.engine import query_of
from ..connect.url import mask
from ..dialects import dialect_named
from ..errors import ArgumentInvalid, DatabaseNotReady, SchemaLacks, WhimbrelError, counted
from ..interruption import Interruption
from ..position import Position
from ..project import Project
from ..project.threads import apart, awaited
from ..record import Record
from ..runner import Outcome
from ..status import status_at
from .questions import answered
from .reach import Reach, Source

T = TypeVar("T")
Models = MetaData | type | Sequence[MetaData | type]


class Readiness(Record):
    """How a database stands to the code that asks: true exactly if it is at head.

    Attributes:
        at_head: whether it could be asked, and nothing is pending.
        heads: the revisions it is at; empty for base, or if it could not be asked.
        pending: how many revisions `upgrade heads` would apply; None if that cannot be known.
        unknown: revisions it is at that no file has: it is newer than this code, or of another project.
        why: what is the matter, in a few words; empty if it is ready.
    """

    at_head: bool
    heads: tuple[str, ...] = ()
    pending: int | None = None
    unknown: tuple[str, ...] = ()
    why: str = ""

    def __bool__(self) -> bool:
        return self.at_head


class Schema:
    """The schema of one database, as an application needs it.

    Args:
        source: a URL, an engine or a connection, sync or async.
        folder: where the project is.
        database: which one, if several are configured; only its revisions count here, not its URL.
        config: configuration files, as after `-c`.
        models: what the application's code needs to be there, as metadata or declarative bases.
    """

    def __init__(
        self,
        source: Source,
        *,
        folder: str | os.PathLike[str] = ".",
        database: str | None = None,
        config: str | os.PathLike[str] | Sequence[str] = (),
        models: Models = (),
    ) -> None:
        self._reach = Reach(source)
        self._metadata = _metadata(models)
        self._where: dict[str, Any] = {"folder": folder, "database": database, "config": config}
        self.interruption = Interruption()

    def ensure(self) -> Outcome:
        """As `ensure_schema`."""
        return self._with_project(self._updated, create=True)

    def confirm(self) -> None:
        """Refuse a database that is not at head, or lacks what the models need. Reads the database.

        Raises:
            DatabaseNotReady, SchemaLacks.
        """
        self._with_project(self._confirmed)

    async def aensure(self) -> Outcome:
        """As `aensure_schema`."""
        return await self._awaited(self._updated, self.ensure, self._aensure)

    async def aconfirm(self) -> None:
        """`confirm`, awaited."""
        await self._awaited(self._confirmed, self.confirm, self._aconfirm)

    async def ready(self, timeout: float) -> Readiness:
        """As `whimbrel.ready`."""
        try:
            async with asyncio.timeout(timeout):
                if self._reach.is_async:
                    return await self._reach.run_here(self._asked)
                if self._reach.is_bound:
                    return self._reach.run(self._asked)
                about = (self._reach.identity, repr(self._where))
                return await answered(about, lambda: self._reach.run(self._asked, seconds=timeout), timeout)
        except TimeoutError:
            return Readiness(False, why=f"no answer within {timeout:g} s")
        except WhimbrelError as error:
            why = f"{error.what}: {error.why}" if error.why else error.what
            return Readiness(False, why=" ".join(why.split()))
        except Exception as error:  # the driver's: whatever it is, the database is not ready
            return Readiness(False, why=mask(f"{type(error).__name__} while the database was asked"))

    # -- parts ----------------------------------------------------------------------------------

    _aensure = awaited(ensure)
    _aconfirm = awaited(confirm)

    async def _awaited(self, work: Callable[[Project], T], here: Callable[[], T], aside: Callable[[], Any]) -> T:
        """In another thread, where nothing waits for it; or here, if only here the database can be reached."""
        if self._reach.is_bound_to_loop:
            return await self._reach.run_here(lambda connection: work(self._project(connection)))
        if self._reach.is_bound:
            return here()
        result: T = await aside()
        return result

    def _with_project(self, work: Callable[[Project], T], *, create: bool = False) -> T:
        listener = (lambda event: None) if create else None
        seconds = self._project().database.connect_timeout

        def reached() -> T:
            return self._reach.run(lambda connection: work(self._project(connection)), create=listener, seconds=seconds)

        return reached() if self._reach.is_bound else apart(reached, self.interruption)

    def _project(self, connection: Connection | None = None) -> Project:
        project = Project.load(**self._where, connection=connection, only_connection=True)
        project.interruption = self.interruption
        return project

    def _updated(self, project: Project) -> Outcome:
        outcome = project.update()
        self._refuse_lacking(project)
        return outcome

    def _confirmed(self, project: Project) -> None:
        for status in project.status():
            if status.error is not None:
                raise status.error
            if not status.at_head:
                raise DatabaseNotReady(
                    _behind(status.pending, status.unknown),
                    where=status.where,
                    why="this code needs the database at head",
                    state="nothing was changed",
                    hint="whimbrel upgrade heads" if status.pending else "deploy the code with those revisions",
                )
        self._refuse_lacking(project)

    def _refuse_lacking(self, project: Project) -> None:
        lacking = project.lacking(self._metadata) if self._metadata else []
        if lacking:
            raise SchemaLacks(
                f"the database is at head, and the models differ from it in {counted(len(lacking), 'place')}",
                why="; ".join(lacking),
                state="the database is at head",
                hint='whimbrel revision --autogenerate -m "describe it", then deploy it with the code',
            )

    def _asked(self, connection: Connection) -> Readiness:
        """Where the database is, with two short questions; and what the files say of it."""
        project = self._project()
        dialect = dialect_named(connection.dialect.name)
        if dialect is None:
            return Readiness(False, why=f"{connection.dialect.name} is not a database that whimbrel supports")
        database, query = project.database, query_of(connection.connection)
        # What fails must not fail the caller's transaction, and what was begun must not stay open.
        with connection.begin_nested() if connection.in_transaction() else connection.begin():
            heads = versions.read(query, dialect, database.version_table, database.version_table_schema)
        status = status_at(Position("", heads), project.history, database.name)
        problem = status.error or status.problem
        why = "" if status.at_head else problem.what if problem else _behind(status.pending, status.unknown)
        return Readiness(status.at_head, heads, status.pending, status.unknown, why)


def ensure_schema(
    source: Source,
    *,
    models: Models = (),
    folder: str | os.PathLike[str] = ".",
    database: str | None = None,
    config: str | os.PathLike[str] | Sequence[str] = (),
) -> Outcome:
    """Create the database if it is missing, and apply every revision of the project. Writes the database.

    It can be called by any number of processes at once, and where an event loop runs, which it blocks: in a notebook,
    for example. An env.py is run with the connection, and must use `config.attributes["connection"]`.

    Args:
        source: a URL, an engine or a connection, sync or async. A transaction that a connection is in stays the
            caller's. An async engine's pool is left alone: another connection is made as it makes them.
        models: metadata or declarative bases that the application's code needs. When the database is at head, what
            they have and it lacks, or has otherwise, is an error; what it has besides is none.
        folder: the project's folder, the current one by default.
        database: whose revisions, if several databases are configured.
        config: configuration files, as after `-c`.

    Returns:
        What was done, as `Project.upgrade` does.

    Raises:
        ArgumentInvalid: `source` or `models` is something else.
        CannotConnect, CannotCreateDatabase: there is no way to the database.
        ConnectionIgnored: the project's env.py connects by itself. Nothing was changed.
        SchemaLacks: it is at head, and the models need more.
        As `Project.upgrade`.
    """
    return Schema(source, models=models, folder=folder, database=database, config=config).ensure()


async def aensure_schema(
    source: Source,
    *,
    models: Models = (),
    folder: str | os.PathLike[str] = ".",
    database: str | None = None,
    config: str | os.PathLike[str] | Sequence[str] = (),
) -> Outcome:
    """`ensure_schema`, awaited: it runs in another thread, and the event loop goes on.

    When the task is cancelled, the run is asked to stop, and waited for. A database in memory, and a connection, can
    only be reached from here: they block the event loop, or the connection's part of it.
    """
    return await Schema(source, models=models, folder=folder, database=database, config=config).aensure()


async def ready(
    source: Source,
    *,
    folder: str | os.PathLike[str] = ".",
    database: str | None = None,
    config: str | os.PathLike[str] | Sequence[str] = (),
    timeout: float = 5,
) -> Readiness:
    """Whether the database is at head, for health checks: true or false, with the reason. Reads the database.

    It asks two short questions on a connection of the pool, changes nothing, and imports neither models nor revisions
    nor env.py. A failure is an answer, not an exception.

    Args:
        source, folder, database, config: as in `ensure_schema`.
        timeout: seconds after which the answer is no.

    Raises:
        ArgumentInvalid, ProjectNotFound, ConfigurationInvalid: there is nothing to ask, or nobody.
    """
    schema = Schema(source, folder=folder, database=database, config=config)
    _ = schema._project().history
    return await schema.ready(timeout)


def _behind(pending: int | None, unknown: Sequence[str]) -> str:
    if unknown:
        return f"the database is at {', '.join(unknown)}, which no file has"
    if pending is None:
        return "nobody knows how far the database is behind"
    return f"the database is {counted(pending, 'revision')} behind"


def _metadata(models: Models) -> tuple[MetaData, ...]:
    several = models if isinstance(models, list | tuple) else [models]
    found: list[Any] = [getattr(one, "metadata", one) for one in several]
    for one, metadata in zip(several, found, strict=True):
        if not isinstance(metadata, MetaData):
            raise ArgumentInvalid(
                f"models has {one!r}, which holds no tables",
                state="nothing was changed",
                hint="models=Base, or models=Base.metadata, or a list of them",
            )
    return tuple(dict.fromkeys(found))
