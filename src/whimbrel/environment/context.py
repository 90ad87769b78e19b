"""Alembic's `EnvironmentContext`, as `alembic.context` in every env.py, with the transactions in our hands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, event

from ..connect.engine import driver_is_in_transaction
from ..connect.url import DatabaseUrl
from ..journal.comparison import without_records
from ..settings import Origin
from .config import ProjectConfig
from .proxies import operations_proxied, restore
from .rebuild import CarefulOperations
from .scripts import Scripts
from .sqlite import Transactions
from .waiting import Connecting
from .work import AlembicStep, Visit, Watcher, Work, version_schema

_ENDPOINT = ("host", "port", "database")
_COMMITS = re.compile(r"[\s;]*(?:COMMIT|END)\b(?!\s+PREPARED)", re.IGNORECASE)


class WorkContext(EnvironmentContext):
    """The environment of one piece of work; env.py, or the built-in environment, configures and runs it.

    Args:
        config: the project's configuration.
        script: its revisions.
        work: what to do with each database.
        connecting: how connections are opened.
    """

    def __init__(self, config: ProjectConfig, script: Scripts, work: Work, connecting: Connecting) -> None:
        super().__init__(config, script, fn=self._steps, **work.options)
        self.script: Scripts = script
        self.work = work
        self._connecting = connecting
        self.visits: list[Visit] = []
        # Connections themselves, not their ids: an id is used again when its object is gone.
        self._used: list[Connection] = []
        self._transactions: list[Transactions] = []
        self._began_itself = False
        self._listeners: list[tuple[Connection, str, Callable[..., Any]]] = []

    @property
    def url(self) -> DatabaseUrl | None:
        """The URL of the settings for this work; None if env.py decides."""
        database = self.script.database
        return None if database.has_env else database.url_for(changes=self.work.writes)

    @property
    def url_origin(self) -> Origin | None:
        """Where that URL was found."""
        database = self.script.database
        return None if database.has_env else database.url_origin_for(changes=self.work.writes)

    def configure(self, *args: Any, **options: Any) -> None:
        """As Alembic's. Called by env.py with whatever it needs."""
        if self.work.metadata:  # an application compares its own models, whatever env.py names
            options["target_metadata"] = list(self.work.metadata)
        super().configure(*args, **options)
        context = self.get_context()
        if self.config.attributes.get("only_connection"):
            from .given import check_used

            check_used(context.connection, self.config.attributes["connection"])
        if (scratch := self.config.attributes.get("scratch")) is not None and context.connection is not None:
            scratch.check(context.connection.connection.dbapi_connection)
        context.opts["include_name"] = without_records(
            context.opts.get("include_name"), context.opts.get("target_metadata"), context.version_table
        )
        if not context.as_sql and context.connection is not None:
            _look_where_it_is(context)
            self._watch(context.connection)
            if self.work.writes and options.get("transactional_ddl") is None:
                self._make_transactional(context)

    def run_migrations(self, **arguments: Any) -> None:
        """As Alembic's, except that a step is its own transaction unless env.py holds one of its own."""
        context = self.get_context()
        connection = context.connection
        shared = connection is not None and connection is self.config.attributes.get("connection")
        visit = Visit(
            context,
            schema=version_schema(context),
            url=None if shared else self._configured_url(),
            shared=shared,
            connecting=self._connecting,
            driver=None if context.as_sql or connection is None else connection.connection.driver_connection,
        )
        self.visits.append(visit)
        if self.work.before is not None:
            self.work.before(visit)
        context.on_version_apply_callbacks = (*context.on_version_apply_callbacks, _recorder(visit))
        if not context.as_sql:
            _note_autocommit_blocks(visit)
            _look_where_it_is_now(visit)
        self._operations = CarefulOperations(context, visit.note_in_the_way)
        with self._transactions_taken_over(context), operations_proxied(self._operations):
            try:
                self.work.around(visit, lambda: context.run_migrations(**arguments))
            except BaseException as error:
                visit.failure = error  # env.py may swallow it, and go on to the next tenant
                raise

    def begin_transaction(self) -> Any:
        """As Alembic's. Called by env.py."""
        connection = self.get_context().connection
        self._began_itself = not self.work.offline and connection is not None and not connection.in_transaction()
        return super().begin_transaction()

    def stop_listening(self) -> None:
        """Leave the connections as they were: they may be the caller's."""
        for connection, name, listener in self._listeners:
            event.remove(connection, name, listener)
        self._listeners.clear()
        for transactions in self._transactions:
            transactions.stop()
        self._transactions.clear()

    def _configured_url(self) -> str | None:
        """The URL of the settings, masked, unless env.py has connected to another database."""
        configured, context = self.url, self.get_context()
        if configured is None or context.as_sql or context.connection is None:
            return configured.masked if configured else None
        actual = context.connection.engine.url
        here, there = (tuple(getattr(url, part) for part in _ENDPOINT) for url in (actual, configured))
        return configured.masked if here == there or not any(here) else None

    def _listen(self, connection: Connection, name: str, listener: Callable[..., Any]) -> None:
        event.listen(connection, name, listener)
        self._listeners.append((connection, name, listener))

    def _steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterable[AlembicStep]:
        visit, operations = self.visits[-1], self._operations
        if None in heads:
            visit.read()  # a row that holds nothing: refused in the words of those who only look
        visit.begin(heads)
        for step in self.work.steps(visit):
            restore(self, operations)
            yield step

    # -- transactions ---------------------------------------------------------------------------

    def _watch(self, connection: Connection) -> None:
        """Note whether anything is executed on the connection before the migrations begin."""

        def note(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
            if not self._is_in(self._used, connection):
                self._used.append(connection)
            if _COMMITS.match(statement) and not self._has_transactions(connection):  # which know what was changed
                self._note_commit()

        if not connection.in_transaction():
            self._used = [used for used in self._used if used is not connection]
        self._listen(connection, "before_cursor_execute", note)
        self._listen(connection, "commit", lambda _: self._committing())

    @staticmethod
    def _is_in(connections: list[Connection], connection: Connection) -> bool:
        return any(one is connection for one in connections)

    def _make_transactional(self, context: MigrationContext) -> None:
        """Give SQLite the transactions that its driver does not."""
        connection = context.connection
        assert connection is not None
        if context.dialect.name != "sqlite":
            return
        if not self._has_transactions(connection):
            if connection.in_transaction():
                return  # begun by the driver's rules, before we were asked
            self._transactions.append(
                Transactions(
                    connection,
                    before_commit=self._tell_watcher,
                    on_commit=self._note_commit,
                    on_leave=self._leaving,
                    on_begin=self._beginning,
                    on_busy=self._waiting,
                )
            )
        context.impl.transactional_ddl = True

    def _has_transactions(self, connection: Connection) -> bool:
        return any(one.connection is connection for one in self._transactions)

    def _note_commit(self) -> None:
        """A revision has committed: it can no more be rolled back, unless it was through."""
        visit = self.visits[-1] if self.visits else None
        if visit is not None and visit.running is not None and not (visit.recorded or visit.aside):
            visit.committed_midway = True

    def _committing(self) -> None:
        self._tell_watcher()
        self._note_commit()

    def _tell_watcher(self) -> None:
        if (watcher := self._watcher) is not None:
            watcher.committing()

    def _beginning(self) -> None:
        if (watcher := self._watcher) is not None:
            watcher.begun()

    def _waiting(self, error: Exception) -> bool:
        watcher = self._watcher
        return watcher is not None and watcher.busy(error)

    def _leaving(self) -> None:
        if (watcher := self._watcher) is not None:
            watcher.leaving()

    @property
    def _watcher(self) -> Watcher | None:
        """Who watches the revision that runs now."""
        visit = self.visits[-1] if self.visits else None
        return None if visit is None or visit.recorded or visit.aside else visit.watcher

    @contextmanager
    def _transactions_taken_over(self, context: MigrationContext) -> Iterator[None]:
        """Make each step its own transaction, so that what was reported done stays done when a later step fails.

        Afterwards all is as env.py left it, and in a transaction again if it was: what env.py executes behind the
        migrations is committed with its own `begin_transaction()`.
        """
        if context.as_sql or not self._may_take_over(context):
            yield
            return
        per_migration, began = context._transaction_per_migration, context._transaction is not None
        if context._transaction is not None:
            context._transaction.commit()
            context._transaction = None
        context._transaction_per_migration = self.visits[-1].owned = True
        try:
            yield
        finally:
            context._transaction_per_migration = per_migration
        connection = context.connection
        assert connection is not None
        # With nothing to do, nobody else would end the transaction in which that was found out.
        if connection.in_transaction() and self.work.per_revision and not self.visits[-1].changed:
            connection.rollback()  # no empty version table is left behind either
        elif connection.in_transaction():
            connection.commit()
        if began:
            context._transaction = connection.begin()

    def _may_take_over(self, context: MigrationContext) -> bool:
        """Whether the transaction is the migrations' alone.

        One in which env.py has executed something is env.py's: it may hold a lock, or a `SET LOCAL`, that must last
        until the end, so the whole run stays in it, as with stock Alembic. So does the run of an env.py that may roll
        it back.
        """
        connection = context.connection
        assert connection is not None
        if context._in_external_transaction and not connection.in_transaction():
            # Configured inside a transaction that has ended since: env.py files that configure twice do this, and
            # stock Alembic then never commits.
            context._in_external_transaction = False
        if context._in_external_transaction:
            return False
        if not self.work.per_revision and context._transaction is not None:
            return False  # a stamp is one step, and is done in the transaction that is there
        if not connection.in_transaction():
            return True
        is_used = self._is_in(self._used, connection) or driver_is_in_transaction(connection)
        return self._began_itself and not is_used and not self.script.env_py_rolls_back


def _look_where_it_is(context: MigrationContext) -> None:
    """Look for the version table in the schema that it is written to.

    Alembic writes and reads it through the connection's `schema_translate_map`, but looks in the schema of the
    untranslated name whether it is there: each run takes such a database for an empty one.
    """

    def has_version_table() -> bool:
        assert context.connection is not None
        return context.dialect.has_table(context.connection, context.version_table, schema=version_schema(context))

    context._has_version_table = has_version_table  # type: ignore[method-assign]  # for this context only


def _look_where_it_is_now(visit: Visit) -> None:
    """In a transaction that sees the database as it was when that began, Alembic would go by what is past."""
    stock = visit.context.get_current_heads

    def get_current_heads() -> tuple[str, ...]:
        return visit.read() if visit.locking_read else stock()

    visit.context.get_current_heads = get_current_heads  # type: ignore[method-assign]  # for this context only


def _note_autocommit_blocks(visit: Visit) -> None:
    """An autocommit block commits what stands before it in the revision, which then cannot be rolled back."""
    stock = visit.context.autocommit_block

    @contextmanager
    def autocommit_block() -> Iterator[None]:
        if visit.watcher is not None:
            visit.watcher.committing()
        visit.committed_midway = True
        with stock():
            yield

    visit.context.autocommit_block = autocommit_block  # type: ignore[method-assign]  # for this context only


def _recorder(visit: Visit) -> Any:
    """Alembic calls this after each change of the version table, in the transaction that changes it."""

    def record(*, heads: Iterable[str], **_: Mapping[str, Any]) -> None:
        visit.reported = frozenset(heads)
        visit.recorded = True

    return record
