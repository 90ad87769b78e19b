"""A database that somebody has given us to be emptied at will, by its URL. Whoever uses it has it locked.

It has to be empty at first. Then a table is made in it whose name tells that what is there is ours, and whose rows tell
what was there before: what a process has left in it that was killed may be dropped by the next.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import sqlalchemy

from ...connect.driver import cannot_connect
from ...connect.sayings import in_one_line
from ...connect.url import DatabaseUrl
from ...dialects import dialect_named
from ...dialects.base import literal
from ...errors import ScratchUnusable, WhimbrelError, counted
from ...patience import Patience
from .keeping import Kept, Route, server
from .names import is_ours, new_name
from .original import Original, look

if TYPE_CHECKING:
    from ...connect.driver import Query
    from ...dialects import Dialect

_LOCK = {
    "postgresql": "SELECT pg_try_advisory_lock(hashtextextended('whimbrel scratch database', 0))",
    "mysql": "SELECT GET_LOCK(CONCAT('whimbrel scratch ', SHA1(DATABASE())), 0)",
}
_END = {
    "postgresql": (
        "SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
        " WHERE pid = {} AND datname = current_database() AND pid <> pg_backend_pid()"
    ),
    "mysql": "KILL {}",
}
_WAIT_SHORTLY = {"postgresql": "SET lock_timeout = '20s'", "mysql": "SET SESSION lock_wait_timeout = 20"}
_OTHERS = {
    "postgresql": """
SELECT what, name::text FROM (
    SELECT 1, 'EVENT TRIGGER', evtname, oid, 'pg_event_trigger'::regclass FROM pg_catalog.pg_event_trigger
    UNION ALL SELECT 2, 'PUBLICATION', pubname, oid, 'pg_publication'::regclass FROM pg_catalog.pg_publication
    UNION ALL SELECT 3, 'SCHEMA', nspname, oid, 'pg_namespace'::regclass FROM pg_catalog.pg_namespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    UNION ALL SELECT 4, 'EXTENSION', extname, oid, 'pg_extension'::regclass FROM pg_catalog.pg_extension
    UNION ALL SELECT 5, 'SERVER', srvname, oid, 'pg_foreign_server'::regclass FROM pg_catalog.pg_foreign_server
    UNION ALL SELECT 6, 'FOREIGN DATA WRAPPER', fdwname, oid, 'pg_foreign_data_wrapper'::regclass
        FROM pg_catalog.pg_foreign_data_wrapper
    UNION ALL SELECT 7, 'TEXT SEARCH CONFIGURATION', format('%I.%I', nspname, cfgname), c.oid, 'pg_ts_config'::regclass
        FROM pg_catalog.pg_ts_config c JOIN pg_catalog.pg_namespace n ON n.oid = cfgnamespace WHERE nspname !~ '^pg_'
    UNION ALL SELECT 8, 'TEXT SEARCH DICTIONARY', format('%I.%I', nspname, dictname), d.oid, 'pg_ts_dict'::regclass
        FROM pg_catalog.pg_ts_dict d JOIN pg_catalog.pg_namespace n ON n.oid = dictnamespace WHERE nspname !~ '^pg_'
    UNION ALL SELECT 9, 'COLLATION', format('%I.%I', nspname, collname), c.oid, 'pg_collation'::regclass
        FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = collnamespace WHERE nspname !~ '^pg_'
) AS found (place, what, name, id, catalog)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = id AND d.classid = catalog AND d.deptype = 'e')
ORDER BY place, name""",
    "mysql": "SELECT '', '' FROM DUAL WHERE FALSE",  # a schema is another database
}
"""What there is in a database that `Contents.drop` leaves, in an order in which it can be dropped."""

_QUALIFIED = frozenset(("TEXT SEARCH CONFIGURATION", "TEXT SEARCH DICTIONARY", "COLLATION"))
"""What of that is in a schema: its name is as it stands in a statement."""


PATIENCE = 60.0
"""Seconds to wait for another process that uses it."""


class NotToBeUsed(Exception):
    """The database cannot be used. Its message says why."""


class ScratchAtUrl(Kept):
    """The database at a URL, while it is used as a scratch one. It is emptied afterwards.

    Args:
        dialect, record: with which SQLAlchemy would have connected.
        url: leads to it.
        original: what it has to be like.

    Raises:
        NotToBeUsed: it is not empty, it is of another kind or version, or somebody uses it.
    """

    def __init__(self, dialect: Any, record: Any, url: DatabaseUrl, original: Original) -> None:
        known = dialect_named(server(dialect.name))
        if known is None or server(url.dialect) != known.name:
            raise NotToBeUsed(f"it is {url.dialect}, and the project connects to {dialect.name}")
        if not url.database:
            raise NotToBeUsed("it names no database")
        self.name = url.database
        self._url = url
        self._known: Dialect = known
        self._original = original
        self._sessions: list[int] = []
        self._before: frozenset[tuple[str, str]] = frozenset()
        self._marker = new_name()
        arguments, options = dialect.create_connect_args(sqlalchemy.make_url(url.text))
        try:
            super().__init__(dialect, record, Route(tuple(arguments), options))
        except (NotToBeUsed, WhimbrelError):
            raise
        except Exception as error:  # of the driver, of SQLAlchemy or of the network, as the driver is
            raise NotToBeUsed(str(cannot_connect(error, url, known.hints).why)) from error

    def lead(self, route: Route) -> Route:
        """As `Kept.lead`."""
        return self._route.as_session(route.options)

    def used_by(self, session: int) -> None:
        """As `Kept.used_by`: what is open there still when it is to be emptied would be in the way."""
        self._sessions.append(session)

    def prepare(self, query: Query) -> None:
        """Lock it, see that it may be used, and mark it."""
        self._check_alike(look(self._kind, query))
        patience = Patience(PATIENCE)
        while not self._is_locked(query):
            if not patience.wait():
                raise NotToBeUsed(f"another process uses it; waited {PATIENCE:.0f} s")
        if left := next(filter(is_ours, self._tables(query)), None):
            self._marker = left
            self._before = self._noted(query)
            self._empty(query)
        self._before = frozenset(self._others(query))
        if found := [one for one in self._statements(query) if one.startswith("DROP")]:
            raise NotToBeUsed(f"it is not empty: {counted(len(found), 'object')}, the first by {found[0]}")
        self._mark(query)

    def finish(self, query: Query) -> None:
        """Empty it. If the lock was lost meanwhile, whoever has it now does that."""
        try:
            has_lock = self._is_locked(query)
        except self._dialect.loaded_dbapi.Error:
            with self._query() as anew:
                if self._is_locked(anew):
                    self._clear(anew)
            return
        if has_lock:
            self._clear(query)

    def _mark(self, query: Query) -> None:
        """Tell whoever comes next that it is ours, and what is not: all of it at once, as all else is dropped."""
        told = (f"SELECT {literal(what)} AS what, {literal(name)} AS name" for what, name in self._before)
        rows = f"AS {' UNION ALL '.join(told)}" if self._before else ""
        try:
            query(f"CREATE TABLE {self._marker} {rows or '(id INTEGER)'}")
        except self._dialect.loaded_dbapi.Error as error:
            raise NotToBeUsed(in_one_line(error)) from error

    def _noted(self, query: Query) -> frozenset[tuple[str, str]]:
        """What was there before somebody else has used it."""
        rows = query(f"SELECT what, name FROM {self._marker}") if self._kind == "postgresql" else ()
        return frozenset((str(what), str(name)) for what, name in rows)

    def _clear(self, query: Query) -> None:
        for session in self._sessions:
            with contextlib.suppress(self._dialect.loaded_dbapi.Error):  # it has ended
                query(_END[self._kind].format(session))
        try:
            self._empty(query)
        except self._dialect.loaded_dbapi.Error as error:
            raise ScratchUnusable(
                "the scratch database cannot be emptied",
                where=self._url.masked,
                why=in_one_line(error),
                state="what was tried is in it",
                hint="empty it, or name another one: scratch_url",
            ) from error

    def _empty(self, query: Query) -> None:
        query(_WAIT_SHORTLY[self._kind])
        for statement in self._statements(query):
            query(statement)

    def _statements(self, query: Query) -> list[str]:
        """What drops everything but what was there before; the mark comes last."""
        contents, others = self._known.contents, self._others(query)
        made = [
            f"DROP {what} IF EXISTS {name if what in _QUALIFIED else self._known.quoted(name)} CASCADE"
            for what, name in others
            if (what, name) not in self._before
        ]
        schemas = [name for what, name in self._before if what == "SCHEMA"] if self._kind != "mysql" else [None]
        inner = [one for schema in schemas for one in contents.drop(query, schema)]
        return sorted([*made, *inner], key=lambda one: self._marker in one)

    def _others(self, query: Query) -> list[tuple[str, str]]:
        return [(str(what), str(name)) for what, name in query(_OTHERS[self._kind])]

    def _tables(self, query: Query) -> list[str]:
        return [table.name for table in self._known.contents.tables(query, None)]

    def _is_locked(self, query: Query) -> bool:
        """Take the lock, once more if we have it."""
        return bool(query(_LOCK[self._kind])[0][0])

    def _check_alike(self, there: Original) -> None:
        if there.database == self._original.database:
            raise NotToBeUsed("it is the configured database itself")
        if (there.product, there.series) != (self._original.product, self._original.series):
            raise NotToBeUsed(f"it is {there}, and the configured database is of {self._original}")
