"""What the database makes of the models: they are created on a scratch database, and its catalog is read.

What it has made of a table once is kept: a thousand tables that have not changed are not created again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateIndex

from ..cache import Memo
from ..catalog import Catalog, Item
from ..environment import Environment, Visit
from ..errors import ModelsNotCreatable
from ..objects import KINDS, Declared, make
from .attempt import attempt
from .standing import standing, statements
from .subject import Subject, beside, read

if TYPE_CHECKING:
    from ..catalog.items import Place


def declared(environment: Environment, subjects: Sequence[Subject]) -> list[Catalog]:
    """The catalogs of databases that have what the models say, and nothing else. Makes scratch databases, if need be.

    Args:
        environment: of the databases that are compared.
        subjects: what was seen of them, in the order of the visits.

    Raises:
        ModelsNotCreatable: the database refuses them.
        ScratchRefused, ScratchUnusable: there is no scratch database to be had.
    """
    with Memo(environment.database.script_location, "models") as memo:
        models = [_Models(subject, memo) for subject in subjects]
        if not all(one.are_known for one in models):
            for one in models:
                one.remember()
            waiting = iter(models)
            with environment.scratch(beside=beside(subjects)) as scratch:
                environment.on(scratch).visit(lambda visit: next(waiting).create(visit), writes=True)
        return [one.catalog for one in models]


class _Models:
    """What a database makes of some models: what is known, and what has to be seen.

    Args:
        subject: the database.
        memo: what was seen before.
    """

    def __init__(self, subject: Subject, memo: Memo) -> None:
        self._subject = subject
        self._memo = memo
        self._stands = False  # on what no model makes, and what may be otherwise the next time
        self._definitions = subject.definitions
        self._standing = [*self._definitions.loose.values()]
        if self._definitions.objects:
            self._standing.append(self._of_objects)
        get = memo.get if self._definitions.is_complete else lambda _: None
        wanted = {table: get(key) for table, key in self._definitions.tables.items() if self._is_wanted(table)}
        loose = [*map(get, self._standing)] if subject.places is None else []
        self._items = [Item._make(item) for items in (*wanted.values(), *loose) for item in items or ()]
        self._unknown = [table for table, items in wanted.items() if items is None]
        if not self._definitions.is_complete or None in loose:
            self._unknown = [*self._definitions.tables]
        self.are_known = self._definitions.is_complete and not self._unknown and None not in loose

    @property
    def catalog(self) -> Catalog:
        """All of it."""
        return Catalog(self._items)

    def remember(self) -> None:
        """Ask for all of them, wanted or not: what is new is kept beside what was asked for, and nothing else is."""
        for key in (*self._definitions.tables.values(), *self._standing):
            self._memo.get(key)

    def create(self, visit: Visit) -> None:
        """Create what is unknown, and what that refers to, and see what becomes of it."""
        if self.are_known:
            return
        unknown = {self._place(table.schema, table.name): key for table, key in self._keys_of_unknown()}
        is_all = self._subject.places is None and len(unknown) == len(self._definitions.tables)
        objects = self._definitions.objects if is_all else ()
        seen = self._created(visit, objects)
        if is_all:
            self._items = [*seen.items]
        else:
            self._items += [item for item in seen.items if item.place in unknown]
        for place, key in unknown.items():
            self._keep(key, [item for item in seen.parts(place) if item.kind not in KINDS])
        for (schema, name), key in self._definitions.loose.items():
            place = self._place(schema, name)
            self._keep(key, [item for item in seen.loose if (item.schema, item.name) == place])
        if objects:
            self._keep(self._of_objects, [item for item in seen.items if item.kind in KINDS])

    @cached_property
    def _of_objects(self) -> str:
        return self._definitions.of_objects

    def _created(self, visit: Visit, objects: Sequence[Declared]) -> Catalog:
        made = {self._place(schema, name) for schema, name in self._definitions.loose}
        others = standing(self._subject, made)
        with _explained(visit):
            for statement in (*self._subject.defaults, *self._subject.ground):
                visit.query(statement)
            tables = _with_needed(self._unknown)
            try:
                _create(visit, self._subject, tables, objects)
            except SQLAlchemyError:
                if not others.items:
                    raise
                self._stands = True
                for statement in statements(self._subject, others):
                    visit.query(statement)
                _create(visit, self._subject, tables, objects)
        keys = {item.key for item in others.items} if self._stands else set()
        return read(visit, self._subject).only(lambda item: item.key not in keys)

    def _is_wanted(self, table: Table) -> bool:
        places = self._subject.places
        return places is None or self._place(table.schema, table.name) in places

    def _keys_of_unknown(self) -> list[tuple[Table, str]]:
        return [(table, self._definitions.tables[table]) for table in self._unknown]

    def _place(self, schema: str | None, name: str) -> Place:
        return (None if schema == self._subject.sql_dialect.default_schema_name else schema, name)

    def _keep(self, key: str, items: Iterable[Item]) -> None:
        kept = [tuple(item) for item in items]
        if self._definitions.is_complete and kept and not self._stands:
            self._memo.put(key, kept)


def _with_needed(tables: Iterable[Table]) -> list[Table]:
    """Tables, and all that they need, and so on, in the order in which they are declared.

    `create_all` keeps that order where it sees no reason for another one: it does not see what a table inherits from.
    """
    found: set[Table] = set()
    waiting = [*tables]
    while waiting:
        table = waiting.pop()
        if table not in found:
            found.add(table)
            waiting += _needed(table)
    declared_in_order = (
        table for one in dict.fromkeys(table.metadata for table in found) for table in one.tables.values()
    )
    return [table for table in declared_in_order if table in found]


def _needed(table: Table) -> Iterator[Table]:
    """The tables that there have to be before one: which it refers to, inherits from, or is said to depend on."""
    yield from (key.column.table for key in table.foreign_keys)
    yield from table._extra_dependencies
    inherited = table.kwargs.get("postgresql_inherits") or ()
    for name in (inherited,) if isinstance(inherited, str) else inherited:
        if name in table.metadata.tables:
            yield table.metadata.tables[name]


def _create(visit: Visit, subject: Subject, tables: Sequence[Table], objects: Sequence[Declared]) -> None:
    connection = visit.context.connection
    assert connection is not None
    with attempt(visit), _each_index_once(tables, subject):
        for metadata in subject.metadata:
            metadata.create_all(connection, tables=[table for table in tables if table.metadata is metadata])
        make(connection, objects)


@contextmanager
def _each_index_once(tables: Iterable[Table], subject: Subject) -> Iterator[None]:
    """Models may say an index twice, with its column and beside it: no database makes two, and Alembic sees one."""
    said: set[str] = set()
    again = []
    for table in tables:
        for index in table.indexes:
            if index.name is not None:
                text = str(CreateIndex(index).compile(dialect=subject.sql_dialect))
                if text in said:
                    again.append((table, index))
                said.add(text)
    for table, index in again:
        table.indexes.remove(index)
    try:
        yield
    finally:
        for table, index in again:
            table.indexes.add(index)


@contextmanager
def _explained(visit: Visit) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise ModelsNotCreatable(
            "the models cannot be created in an empty database",
            where=visit.where,
            why=str(getattr(error, "orig", None) or error),
            state="only a scratch database was changed",
            hint="correct the models, or let them have what they stand on: a schema, a table, a type, a sequence",
        ) from error
