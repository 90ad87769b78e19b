"""Whether a history can be replayed from an empty database: asked of a scratch one, never of the configured one."""

from __future__ import annotations

from ..errors import (
    CannotConnect,
    MigrationFailed,
    ReplayFailed,
    ReturnFailed,
    ScratchUnusable,
    UsageError,
    WhimbrelError,
    counted,
)
from ..events import RevisionStarted
from ..record import TYPE_CHECKING, Record
from .changing import Changing
from .threads import awaited

if TYPE_CHECKING:
    from typing import Any, Self

    from ..events import Event

_MISSING_SCHEMA = r"""schema "([^"]+)" does not exist|Unknown database '([^']+)'|unknown database "?(\w+)"""


class Verification(Record):
    """What a replay came to, if nothing failed: the revisions that were run, and those that were taken back."""

    applied: tuple[str, ...]
    taken_back: tuple[str, ...] = ()


class Verifying(Changing):
    """How `Project` proves its history."""

    def verify(self, *, down: bool = False, scratch: str | None = None) -> Verification:
        """Replay the history from empty to its heads, on a scratch database. The configured one is not touched.

        The scratch database is made beside the configured one on its server, or as a temporary file, and is dropped
        whatever happens. Whatever env.py connects to, it gets the scratch database; what it does past SQLAlchemy is
        not led there.

        Args:
            down: go back to base afterwards.
            scratch: the URL of an empty database to use instead. It stays as the replay leaves it.

        Raises:
            ReplayFailed, ReturnFailed: the answer is no; `what` names the first revision that fails.
            ScratchRefused: the server makes no scratch database.
            ScratchUnusable: `scratch` is not empty, or env.py connects past it.
            WhimbrelError: the revisions or the settings cannot be used.
        """
        if self._attributes.get("connection") is not None:
            raise UsageError("verify makes its own connections", hint="Project.load() without connection")
        return self._apart(lambda: self._replay(down, scratch))

    averify = awaited(verify)

    def _replay(self, down: bool, scratch: str | None) -> Verification:
        from ..environment.scratch import on_scratch

        given = _empty(scratch) if scratch else None
        watched = self._watched()
        with on_scratch(given) as scratch_database:
            # The run looks itself, too: the thread that it is in may have been there before, and know of nothing.
            watched._attributes = {**self._attributes, "scratch": scratch_database}
            with _Answer(ReplayFailed, watched):
                applied = watched.upgrade("heads").revisions
            if not down:
                return Verification(applied)
            with _Answer(ReturnFailed, watched):
                return Verification(applied, watched.downgrade("base", confirm=self.database.name).revisions)

    def _watched(self) -> Self:
        """The same project, which notes the revision that it runs."""
        from copy import copy

        other = copy(self)
        other._running = None

        def note(event: Event) -> None:
            if isinstance(event, RevisionStarted):
                other._running = event.revision
            self._tell(event)

        other._listener = note
        return other

    _running: str | None = None
    """The revision that was begun last; of a replay."""


class _Answer:
    """Makes an answer of a failure of the history's: what the database and its server refuse is another matter."""

    def __init__(self, kind: type[WhimbrelError], project: Verifying) -> None:
        self._kind = kind
        self._project = project

    def __enter__(self) -> None:
        self._project._running = None

    def __exit__(self, kind: object, error: BaseException | None, *_: object) -> None:
        if not isinstance(error, WhimbrelError) or isinstance(error, CannotConnect):
            return
        import re

        found = re.search(_MISSING_SCHEMA, error.why or "")
        schema = next(filter(None, found.groups()), None) if found else None
        if not isinstance(error, MigrationFailed) and schema is None:
            return
        revision = self._project._running or "its first revision"
        ways = {ReplayFailed: "upgrade", ReturnFailed: "downgrade"}
        raise self._kind(
            f"the history cannot be replayed: {revision} fails"
            if self._kind is ReplayFailed
            else f"the history does not lead back: {revision} fails",
            where=error.where,
            why=error.why,
            state="only the scratch database was changed",
            hint=f'the history expects the schema "{schema}": make it in a revision before, or in env.py'
            if schema
            else f"correct its {ways[self._kind]}(), or what comes before it",
        ) from error


def _empty(text: str) -> Any:
    """The URL of a scratch database that was named, once it is seen to be empty."""
    import sqlalchemy

    from ..connect.driver import cannot_connect, with_driver
    from ..connect.engine import make_engine, run
    from ..connect.url import parse
    from ..dialects import dialect_of

    url = parse(text, where="--scratch")
    dialect = dialect_of(url)
    engine = make_engine(with_driver(url, dialect.drivers))

    def tables(connection: sqlalchemy.Connection) -> int:
        inspector = sqlalchemy.inspect(connection)
        schemas = [None, *inspector.get_schema_names()] if dialect.name == "postgresql" else [None]
        own = [schema for schema in schemas if schema not in ("information_schema", inspector.default_schema_name)]
        return sum(len(inspector.get_table_names(schema)) for schema in own)

    try:
        found = run(engine, tables)
    except Exception as error:  # of the driver, of SQLAlchemy or of the network, as the driver is
        raise cannot_connect(error, url, dialect.hints, where=url.masked) from error
    if found:
        raise ScratchUnusable(
            f"the scratch database is not empty: it has {counted(found, 'table')}",
            where=url.masked,
            state="nothing was changed",
            hint="name an empty one, or leave --scratch out",
        )
    return engine.url
