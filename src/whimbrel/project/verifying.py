"""Whether a history can be replayed from an empty database: asked of a scratch one, never of the configured one."""

from __future__ import annotations

from ..errors import ReplayFailed, ReturnFailed, ScratchUnusable, UsageError, counted
from ..events import Notice
from ..record import TYPE_CHECKING, Record
from .changing import Changing
from .threads import awaited

if TYPE_CHECKING:
    from typing import Any, Self

    from ..connect.url import DatabaseUrl
    from ..events import Event, Listener


class Verification(Record):
    """What a replay came to, if nothing failed: the revisions that were run, and those that were taken back."""

    applied: tuple[str, ...]
    taken_back: tuple[str, ...] = ()


class Verifying(Changing):
    """How `Project` proves its history."""

    def verify(self, *, down: bool = False, scratch: str | None = None) -> Verification:
        """Replay the history from empty to its heads, on a scratch database. The configured one is not touched.

        The scratch database is made beside the configured one on its server, on a private server where that makes
        none, or as a temporary file, and is dropped whatever happens; that of `scratch_url` is emptied. Whatever env.py
        connects to, it gets the scratch database; what it does past SQLAlchemy is not led there.

        Args:
            down: go back to base afterwards.
            scratch: the URL of an empty database to use instead. It stays as the replay leaves it.

        Raises:
            ReplayFailed, ReturnFailed: the answer is no; `what` names the first revision that fails.
            ScratchRefused: there is no scratch database to be had.
            ScratchUnusable: `scratch` is not empty, or env.py connects past it.
            WhimbrelError: the revisions or the settings cannot be used.
        """
        if self._attributes.get("connection") is not None:
            raise UsageError("verify makes its own connections", hint="Project.load() without connection")
        return self._apart(lambda: self._replay(down, scratch))

    averify = awaited(verify)

    def _replay(self, down: bool, scratch: str | None) -> Verification:
        given = _empty(scratch, self._kind) if scratch else None
        beside: frozenset[str] = frozenset()
        while True:
            try:
                return self._replay_beside(beside, down, given)
            except ScratchUnusable as error:
                if given is not None or error.reached is None or error.reached in beside:
                    raise
                beside |= {error.reached}
                self._tell(
                    Notice(
                        f"the history names the database {error.reached}",
                        "it is replayed once more, where that is a scratch one as well",
                    )
                )

    def _replay_beside(self, beside: frozenset[str], down: bool, given: Any) -> Verification:
        """The replay, where some databases that statements name are scratch ones."""
        from ..prover import Replay

        there, back = Replay(ReplayFailed, "upgrade"), Replay(ReturnFailed, "downgrade")
        watched = self._heard_by(there.hear, back.hear)
        with self._environment().scratch(given, beside=beside) as scratch_database, scratch_database.led():
            # The run looks itself, too: the thread that it is in may have been there before, and know of nothing.
            watched._attributes = {**self._attributes, "scratch": scratch_database}
            with there:
                applied = watched.upgrade("heads", confirm=self.database.name).revisions
            if not down:
                return Verification(applied)
            with back:
                return Verification(applied, watched.downgrade("base", confirm=self.database.name).revisions)

    @property
    def _kind(self) -> str | None:
        """The kind of the configured database; None if only env.py knows it."""
        url = None if self.database.has_env else self.database.url
        return url.dialect if url is not None else None

    def _heard_by(self, *listeners: Listener) -> Self:
        """The same project, of whose runs others are told as well."""
        from copy import copy

        other = copy(self)

        def tell(event: Event) -> None:
            for listen in listeners:
                listen(event)
            self._tell(event)

        other._listener = tell
        return other


def _empty(text: str, wanted: str | None) -> Any:
    """The URL of a scratch database that was named, once it is seen to be empty.

    Args:
        text: the URL.
        wanted: the kind of database that it has to be; None if that is not known before env.py has run.
    """
    import sqlalchemy

    from ..connect.driver import cannot_connect, with_driver
    from ..connect.engine import make_engine, run
    from ..connect.url import parse
    from ..dialects import dialect_of
    from ..dialects.base import hints_elsewhere
    from ..environment.scratch import check_kind

    url = parse(text, where="--scratch")
    if wanted is not None:
        check_kind(url.dialect, wanted, url.masked)
    dialect = dialect_of(url)
    engine = make_engine(with_driver(url, dialect.drivers))

    def tables(connection: sqlalchemy.Connection) -> int:
        inspector = sqlalchemy.inspect(connection)
        schemas = [None, *inspector.get_schema_names()] if dialect.name == "postgresql" else [None]
        own = [schema for schema in schemas if schema not in ("information_schema", inspector.default_schema_name)]
        return sum(len(inspector.get_table_names(schema)) for schema in own)

    try:
        found = 0 if _would_be_made(url) else run(engine, tables)
    except Exception as error:  # of the driver, of SQLAlchemy or of the network, as the driver is
        raise cannot_connect(error, url, hints_elsewhere(dialect), where=url.masked) from error
    if found:
        raise ScratchUnusable(
            f"the scratch database is not empty: it has {counted(found, 'table')}",
            where=url.masked,
            state="nothing was changed",
            hint="name an empty one, or leave --scratch out",
        )
    return engine.url


def _would_be_made(url: DatabaseUrl) -> bool:
    """Whether to connect would make a file of SQLite, which is not to be there if env.py wants another kind."""
    import os

    path = url.database or ""
    if url.dialect != "sqlite" or path.startswith("file:") or os.path.lexists(path):
        return False
    return os.path.isdir(os.path.dirname(os.path.abspath(path)))
