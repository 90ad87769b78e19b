"""What a database of MySQL or MariaDB has.

`SHOW CREATE TABLE` is the one place where a server says all of a table: `information_schema` does not know the parts of
a key that are expressions, nor the options of storage engines, and says defaults in a way of its own. It is asked for
each table, which is as fast as those queries: a thousand tables of ten columns take a fifth of a second. Where only the
texts are wanted, MariaDB is asked for many in one statement, which halves that.
"""

from __future__ import annotations

import re
from functools import partial

from ....catalog import SEQUENCE, TABLE, Catalog, Item
from ....catalog.items import facts
from ....connect.driver import COMPOUND
from ....record import TYPE_CHECKING
from .kinds import EVENT, ROUTINES, UNREADABLE, VIEW
from .programs import read_event, read_routine, read_sequence, read_trigger, read_view
from .tables import read_table
from .tokens import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from ....catalog.items import Place
    from ....connect.driver import Query

_PLACES = {TABLE: 1, VIEW: 1, SEQUENCE: 1, EVENT: 3}
"""Where in a row of `SHOW CREATE` the statement is; of routines it is the third."""
_TABLES = ("BASE TABLE", "SYSTEM VERSIONED")
_HOW_FAR = re.compile(r"(\n\) ENGINE=\w+) AUTO_INCREMENT=\d+")
"""What the server says of the rows, in its text of a table."""
_AT_ONCE = 200
"""Of how many tables a server is asked in one statement."""
_OF_CLIENTS = range(2000, 3000)
"""Errors of connections, not of what is asked for."""
_GONE = (1146, 1305, 1539)
"""What a server says of a table, a routine or an event that somebody has dropped meanwhile."""


def read_catalog(query: Query, schemas: Sequence[str | None], literal: Callable[[str], str]) -> Catalog:
    """All that is in some schemas. Reads the database.

    Args:
        query: asks the database.
        schemas: which ones; None for that in which names without one are looked up.
        literal: how a text stands in a statement.
    """
    return Catalog(item for reading in _readings(query, schemas, literal) for item in reading.items())


def read_texts(
    query: Query, schemas: Sequence[str | None], literal: Callable[[str], str], places: Collection[Place] | None
) -> dict[Place | None, str]:
    """As `Catalogs.texts`. Reads the database."""
    found: dict[Place | None, str] = {} if places is not None else {None: ""}
    for reading in _readings(query, schemas, literal):
        reading.add_texts(found, places)
    return found


def read_some(
    query: Query, schemas: Sequence[str | None], literal: Callable[[str], str], places: Collection[Place]
) -> Catalog:
    """As `Catalogs.tables`. Reads the database."""
    return Catalog(item for reading in _readings(query, schemas, literal) for item in reading.tables(places))


def _readings(query: Query, schemas: Sequence[str | None], literal: Callable[[str], str]) -> Iterator[_Reading]:
    [[current, version]] = query("SELECT DATABASE(), VERSION()")
    at_once = _AT_ONCE if "mariadb" in _text(version).lower() else 1
    for schema in dict.fromkeys(None if schema == current else schema for schema in schemas):
        if (schema or current) is not None:
            # Asked about what is no mere word, MariaDB looks into all of its databases.
            named = "DATABASE()" if schema is None else literal(schema)
            yield _Reading(query, literal, _text(current or ""), schema, named, at_once)


class _Reading:
    """One schema, while it is read.

    Args:
        query: asks the database.
        literal: how a text stands in a statement.
        current: the database that names without one are looked up in.
        schema: the schema, if it is another one.
        named: its name, as it stands in a statement.
        at_once: of how many tables the server can be asked in one statement.
    """

    def __init__(
        self,
        query: Query,
        literal: Callable[[str], str],
        current: str,
        schema: str | None,
        named: str,
        at_once: int,
    ) -> None:
        self._query = query
        self._literal = literal
        self._current = current
        self._schema = schema
        self._named = named
        self._at_once = at_once

    def items(self) -> Iterator[Item]:
        """All that it has."""
        for name, sort in self._relations():
            yield from self._relation(name, sort)
        yield from self._programs()

    def tables(self, places: Collection[Place]) -> Iterator[Item]:
        """Some of its tables, without triggers."""
        for name, sort in self._relations(places):
            if sort in _TABLES and (self._schema, name) in places:
                yield from self._relation(name, sort)

    def add_texts(self, found: dict[Place | None, str], places: Collection[Place] | None) -> None:
        """Add what the server says of each table, or of some; and what is no table, under None."""
        relations = self._relations(places)
        tables = [name for name, sort in relations if sort in _TABLES]
        for name, words in self._said_of([name for name in tables if places is None or (self._schema, name) in places]):
            said = _HOW_FAR.sub(r"\1", " ".join(words), count=1)
            found[self._schema, name] = f"{self._current}\0{said}"
        if places is None:
            others = (item for name, sort in relations if sort not in _TABLES for item in self._relation(name, sort))
            found[None] += repr([self._current, *others, *self._programs()])

    def _relations(self, places: Collection[Place] | None = None) -> list[tuple[str, ...]]:
        """What is called as tables are, by name and sort; of some places alone, if they are named."""
        only = ""
        if places:
            only = f" AND table_name IN ({', '.join(self._literal(name) for _, name in places)})"
        return self._rows(
            f"SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = {self._named}{only}"
            " AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW', 'SEQUENCE') ORDER BY table_name"
        )

    def _relation(self, name: str, sort: str) -> Sequence[Item]:
        if sort == "SEQUENCE":
            return self._made(SEQUENCE, name, lambda text: [read_sequence(self._schema, name, text)])
        if sort == "VIEW":
            return self._made(VIEW, name, lambda text: [read_view(self._current, self._schema, name, text)])
        return self._made(TABLE, name, lambda text: read_table(self._current, self._schema, name, text))

    def _programs(self) -> Iterator[Item]:
        yield from self._triggers()
        yield from self._routines()
        yield from self._events()

    def _triggers(self) -> Iterator[Item]:
        for table, name, timing, event, order, statement in self._rows(
            "SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_order, action_statement"
            f" FROM information_schema.triggers WHERE event_object_schema = {self._named}"
            " ORDER BY event_object_table, action_timing, event_manipulation, action_order"
        ):
            when = f"{timing} {' OR '.join(event.split(','))}"
            yield read_trigger(self._schema, table, name, when, int(order), statement)

    def _routines(self) -> Iterator[Item]:
        for sort, name in self._rows(
            "SELECT routine_type, routine_name FROM information_schema.routines"
            f" WHERE routine_schema = {self._named} ORDER BY routine_type, routine_name"
        ):
            if (kind := sort.lower()) in ROUTINES:
                yield from self._made(kind, name, partial(self._routine, kind, name))

    def _routine(self, kind: str, name: str, text: str) -> list[Item]:
        return [read_routine(kind, self._schema, name, text)]

    def _events(self) -> Iterator[Item]:
        for name, starts in self._rows(
            "SELECT event_name, coalesce(starts IN (created, last_altered), 0) FROM information_schema.events"
            f" WHERE event_schema = {self._named} ORDER BY event_name"
        ):
            yield from self._made(EVENT, name, partial(self._event, name, starts != "0"))

    def _event(self, name: str, starts_when_made: bool, text: str) -> list[Item]:
        return [read_event(self._schema, name, text, starts_when_made=starts_when_made)]

    def _made(self, kind: str, name: str, read: Callable[[str], Sequence[Item]]) -> Sequence[Item]:
        """What is read from that with which the server would make something.

        Nothing if that is gone by now. If the server cannot tell, or not to this user, it is there, and that is all.
        """
        text, why = self._said(kind, name)
        if text:
            return read(text)
        return [self._unreadable(kind, name, why)] if why else []

    def _said_of(self, tables: Sequence[str]) -> Iterator[tuple[str, tuple[str, str]]]:
        """Each of some tables, with what `_said` says of it."""
        for start in range(0, len(tables), self._at_once):
            some = tables[start : start + self._at_once]
            texts = self._said_at_once(some) if self._at_once > 1 else None
            yield from zip(some, texts or (self._said(TABLE, name) for name in some), strict=True)

    def _said_at_once(self, tables: Sequence[str]) -> list[tuple[str, str]] | None:
        """As `_said`, of several; None if the server cannot tell of all of them, or the driver hears only one."""
        asked = "".join(f"SHOW CREATE TABLE {quoted(self._schema, name)}; " for name in tables)
        try:
            rows = self._query(f"{COMPOUND} {asked}END")
        except Exception as error:
            _number_of_servers(error)
            return None
        is_all = len(rows) == len(tables) and all(row[_PLACES[TABLE]] for row in rows)
        return [(_text(row[_PLACES[TABLE]]), "") for row in rows] if is_all else None

    def _said(self, kind: str, name: str) -> tuple[str, str]:
        """With what the server would make something; or why it does not say that. Neither, if it is gone."""
        try:
            [row] = self._query(f"SHOW CREATE {kind.upper()} {quoted(self._schema, name)}")
        except Exception as error:
            number = _number_of_servers(error)
            return "", "" if number in _GONE else f"error {number}"
        text = _text(row[_PLACES.get(kind, 2)] or "")
        return text, "" if text else "not allowed"

    def _unreadable(self, kind: str, name: str, why: str) -> Item:
        return Item(kind, name, self._schema, name if kind == TABLE else None, facts({UNREADABLE: why}))

    def _rows(self, statement: str) -> list[tuple[str, ...]]:
        return [tuple(map(_text, row)) for row in self._query(statement)]


def _number_of_servers(error: Exception) -> int:
    """The number of what a server says that it cannot do; anything else is raised again."""
    number = error.args[0] if error.args else None
    if not isinstance(number, int) or number in _OF_CLIENTS:
        raise error
    return number


def _text(value: object) -> str:
    """Some drivers give texts of the server's own tables as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)
