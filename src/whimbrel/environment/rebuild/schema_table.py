"""The schema table of SQLite, `sqlite_master`: what a database has, object by object, and how that has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection

from ...dialects.sqlite.ddl import quoted, tokens_of
from ...record import Record

_SQLITES_OWN = "sqlite_"


class Object(Record):
    """A table, index, trigger or view.

    Attributes:
        kind: which of them.
        name: its name.
        table: the table that it is on; itself, for a table.
        sql: its text.
    """

    kind: str
    name: str
    table: str
    sql: str

    @property
    def label(self) -> str:
        """What it is called in messages."""
        return f"{self.kind} {self.name}"

    def sql_in(self, schema: str | None) -> str:
        """Its text, for a database that is attached: the stored text names none."""
        if schema is None:
            return self.sql
        tokens = tokens_of(self.sql)
        number = next(number for number, token in enumerate(tokens) if token.word == self.kind.upper())
        start = tokens[number + 1].start
        return f"{self.sql[:start]}{quoted(schema)}.{self.sql[start:]}"


class SchemaTable:
    """All objects of one database, in the order in which they were made: what `sqlite_master` has.

    Args:
        objects: those that have a text. Indexes of constraints have none.
    """

    def __init__(self, objects: Iterable[Object]) -> None:
        self._objects = {(one.kind, one.name.lower()): one for one in objects}

    @classmethod
    def read(cls, connection: Connection, schema: str | None) -> SchemaTable:
        """Read it. Reads the database."""
        return cls(Object(*row) for row in connection.exec_driver_sql(_listing(schema)))

    def table(self, name: str) -> Object | None:
        """The table of a name, in whatever case."""
        return self._objects.get(("table", name.lower()))

    def index(self, name: str) -> Object | None:
        """The index of a name, in whatever case."""
        return self._objects.get(("index", name.lower()))

    def has(self, name: str) -> bool:
        """Whether a name is taken."""
        return any(name.lower() == taken for _, taken in self._objects)

    def on(self, table: str) -> list[Object]:
        """The indexes and triggers of a table, which go with it when it is dropped."""
        return [
            one
            for one in self._objects.values()
            if one.table.lower() == table.lower() and one.kind in ("index", "trigger")
        ]

    @property
    def views_and_triggers(self) -> list[Object]:
        """What may name any column of any table."""
        return [one for one in self._objects.values() if one.kind in ("view", "trigger")]

    def differences(self, after: SchemaTable, but: Iterable[Object]) -> Iterator[str]:
        """What has become of the objects that should be as they were, and what has come.

        Args:
            after: the objects now.
            but: those that were to change, to come or to go.
        """
        excepted = {(one.kind, one.name.lower()) for one in but}
        for key in [*self._objects, *(key for key in after._objects if key not in self._objects)]:
            before, now = self._objects.get(key), after._objects.get(key)
            if key in excepted or key[1].startswith(_SQLITES_OWN) or before == now:
                continue
            if now is None:
                yield f"{_label(before)} is gone"
            else:
                yield f"{now.label} {'is another one' if before else 'was left behind'}"


def _label(one: Object | None) -> Any:
    return one.label if one is not None else ""


def _listing(schema: str | None) -> str:
    catalog = f"{quoted(schema)}.sqlite_master" if schema is not None else "main.sqlite_master"
    return f"SELECT type, name, tbl_name, sql FROM {catalog} WHERE sql IS NOT NULL ORDER BY rowid"
