"""What creates models, by what it creates: nothing is executed.

Two models with the same statements are the same to a database: what it has made of them once need not be asked again.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSequence, DDLElement, ForeignKeyConstraint
from sqlalchemy.sql.ddl import CreateTable

from ..objects import Declared, declared_in, statement_of
from .structure import Structures

if TYPE_CHECKING:
    from ..catalog.items import Place

Key = tuple[str | None, str]
"""A schema, and a name in it."""


class Definitions:
    """What creates some models in one kind of database.

    Args:
        metadata: the models.
        dialect: SQLAlchemy's, as it is connected.
        surroundings: what else decides what a database makes of them: its version, its defaults.
    """

    def __init__(self, metadata: Iterable[MetaData], dialect: Dialect, surroundings: str) -> None:
        self._dialect = dialect
        self._surroundings = sha256(surroundings.encode())
        self._texts: list[str] = []
        self._loose: dict[Key, str] = {}
        self.is_complete = True
        """Whether that is all: a listener of the models' may execute what nobody can see without executing it."""
        self.tables: dict[Table, str] = {}
        """A hash for each table, of all that belongs to it."""
        metadata = [*metadata]
        self.objects: list[Declared] = declared_in(metadata, dialect)
        """What is declared beside the tables, in the order in which it can be made."""
        mock: Any = MockConnection(dialect, self._note)
        structures = Structures(dialect)
        for one in metadata:
            self._watched(lambda one=one: one.create_all(mock, tables=[], checkfirst=False))
            self.is_complete &= not self._texts  # something that is part of no table
            for table in one.tables.values():
                self.tables[table] = self._by_structure(structures, table) or self._hash(table, mock)

    @cached_property
    def places(self) -> dict[Place | None, str]:
        """A hash for each table by where it is, and one for all that is part of none, under None."""
        default = self._dialect.default_schema_name
        found: dict[Place | None, list[str]] = {None: [repr(sorted(self.loose.items(), key=repr)), self.of_objects]}
        for table, key in self.tables.items():
            found.setdefault((None if table.schema == default else table.schema, table.name), []).append(key)
        return {place: self._hashed(keys) for place, keys in found.items()}

    @property
    def loose(self) -> dict[Key, str]:
        """A hash for each type and each sequence that is part of no table."""
        return {key: self._hashed([text]) for key, text in self._loose.items()}

    def _by_structure(self, structures: Structures, table: Table) -> str | None:
        try:
            text = structures.of(table)
        except SQLAlchemyError:  # whoever creates it says so
            return None
        return None if text is None else self._hashed([text])

    @property
    def of_objects(self) -> str:
        """A hash of all that is declared beside the tables, with what it may be made of."""
        texts = [statement_of(one, self._dialect) for one in self.objects]
        words = "\0".join(texts).lower()
        named = (key for table, key in self.tables.items() if table.name.lower() in words)
        return self._hashed([*texts, *named, *self._loose.values()])

    def _hash(self, table: Table, mock: Any) -> str:
        self._texts.clear()
        self._watched(lambda: table.create(mock, checkfirst=False))
        self._watched(lambda: self._add_put_off(table))
        return self._hashed(sorted(self._texts))  # a table has its indexes in no order

    def _add_put_off(self, table: Table) -> None:
        """Keys that are added later, where tables refer to each other; `AddConstraint` would do so for ever."""
        put_off = [one for one in table.constraints if isinstance(one, ForeignKeyConstraint) and one.use_alter]
        compiler = self._dialect.ddl_compiler(self._dialect, CreateTable(table))
        self._texts += sorted(compiler.process(one) for one in put_off)

    def _watched(self, create: Any) -> None:
        try:
            create()
        except Exception:  # a listener wants a real connection; or they cannot be created, as is seen then
            self.is_complete = False

    def _note(self, statement: Any, *_: Any, **__: Any) -> None:
        element: Any = getattr(statement, "element", None)
        if not isinstance(statement, DDLElement):
            self.is_complete = False
        elif isinstance(statement, CreateSequence) or type(statement).__name__ == "CreateEnumType":
            self._loose[element.schema, element.name] = self._compiled(statement)
        elif element is None and not isinstance(statement, CreateTable):  # DDL("…"): what it makes, nobody knows
            self.is_complete = False
        else:
            self._texts.append(self._compiled(statement))

    def _compiled(self, statement: DDLElement) -> str:
        return str(statement.compile(dialect=self._dialect))

    def _hashed(self, texts: Iterable[str]) -> str:
        found = self._surroundings.copy()  # they may be long, and there may be thousands of texts
        found.update("".join(f"\0{text}" for text in texts).encode())
        return found.hexdigest()
