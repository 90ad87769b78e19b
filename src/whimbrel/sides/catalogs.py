"""The sides of a comparison, read: each on the database that it is, or on a scratch one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import sqlalchemy

from ..author import Compared, compared
from ..catalog import Catalog, Difference, compare
from ..connect.driver import cannot_connect, with_driver
from ..connect.engine import make_engine, query_on, run
from ..connect.url import DatabaseUrl, parse
from ..dialects import Dialect, dialect_named, dialect_of
from ..dialects.base import hints_elsewhere
from ..environment import Environment, Visit
from ..errors import FileRefused, ModelsNotFound, SeveralDatabases, UsageError, WhimbrelError, counted, place
from ..history.target import Resolver
from ..history.target import parse as parse_target
from ..interruption import Interruption
from ..program import naming
from ..prover import Seen, models_of, of_the_project, replayed, see
from .dumps import SCRIPT, ending_of, load, of_sqlite
from .naming import Named

T = TypeVar("T")


@dataclass
class _Side:
    """One side, read: which kind of database, what is in it, and in which schemas; None for all there are."""

    kind: str
    catalog: Catalog
    schemas: frozenset[str | None] | None = None


class Sides:
    """Reads the sides of a comparison. Scratch databases are dropped.

    Args:
        environment: of the database whose revisions, models and kind count.
        metadata: loads the models for an environment without env.py; returns None for one that has it.
        others: the environments of other configured databases, by name.
        interruption: whether the run is to stop.
    """

    def __init__(
        self,
        environment: Environment,
        metadata: Callable[[], Any],
        others: Callable[[str], Environment],
        interruption: Interruption,
    ) -> None:
        self._environment = environment
        self._metadata = metadata
        self._others = others
        self._interruption = interruption
        self._beside: tuple[str, ...] = ()

    def differences(self, first: Named, second: Named) -> list[Difference]:
        """What turns one into the other.

        Raises:
            UsageError: they are of different kinds of databases, or both are the same.
            SeveralDatabases: env.py visits several.
            WhimbrelError: one of them cannot be read.
        """
        if "models" in (first.kind, second.kind):
            self._beside = self._models.subject.beside
        before, after = self._read(first), self._read(second)
        if before.kind != after.kind:
            raise UsageError(
                f"{first.label} is {before.kind}, and {second.label} is {after.kind}",
                why="each has words of its own for what is in it",
                state="nothing was compared",
                hint="compare what is of the same kind of database; models and revisions are of that of -d NAME",
            )
        if "models" in (first.kind, second.kind):
            return self._models.scope.differences(before.catalog, after.catalog)
        schemas = _schemas(before, after)
        if schemas is not None:
            before.catalog, after.catalog = (
                one.catalog.only(lambda item: item.schema in schemas) for one in (before, after)
            )
        return compare(before.catalog, after.catalog)

    # -- parts ----------------------------------------------------------------------------------

    @cached_property
    def _models(self) -> Compared:
        return _only(compared(self._environment, self._metadata(), self._check_models))

    @cached_property
    def _own(self) -> Seen:
        """The database of the project, as it is."""
        return _only(see(self._environment, lambda visit: visit.peek(), beside=self._beside))

    def _check_models(self, visit: Visit) -> None:
        if not models_of(visit):
            raise ModelsNotFound(
                "env.py names no models",
                where=place(self._environment.scripts.env_py_location),
                why="target_metadata is None",
                hint="set target_metadata = Base.metadata in env.py, and import the modules with your models there",
            )

    def _read(self, named: Named) -> _Side:
        return {
            "models": self._of_models,
            "revision": self._of_revision,
            "database": self._of_database,
            "url": self._of_url,
            "file": self._of_file,
        }[named.kind](named.text)

    def _of_models(self, text: str) -> _Side:
        return _Side(_kind(self._models.subject.dialect), self._models.wanted)

    def _of_revision(self, text: str) -> _Side:
        own = self._own  # first: env.py may say where the revisions are
        history = self._environment.scripts.history
        history.check()
        current = own.revisions if parse_target(text).asks_database else None
        revisions = Resolver(history, current).revisions(text)
        [catalog] = replayed(self._environment, [own.subject], [revisions], self._interruption)
        return _Side(_kind(own.subject.dialect), catalog, frozenset({item.schema for item in catalog.items} | {None}))

    def _of_database(self, name: str) -> _Side:
        is_own = name == self._environment.database.name
        seen = self._own if is_own else self._other(name)
        return _Side(_kind(seen.subject.dialect), seen.subject.actual)

    def _other(self, name: str) -> Seen:
        """Another configured database; what helps where it cannot be read has its name."""
        try:
            return _only(see(self._others(name), lambda visit: (), beside=self._beside))
        except WhimbrelError as error:
            error.hint = error.hint and naming(error.hint, name)
            raise

    def _of_url(self, text: str) -> _Side:
        url = parse(text, where="the command line")
        dialect = dialect_of(url)
        if dialect.name == "sqlite":
            _check_file(url)
        engine = make_engine(with_driver(url, dialect.drivers))

        def catalog(connection: sqlalchemy.Connection) -> Catalog:
            query = query_on(connection)
            return dialect.catalogs.read(query, (None, *dialect.catalogs.schemas(query), *self._beside))

        try:
            found = run(engine, catalog)
        except Exception as error:  # of the driver, of SQLAlchemy or of the network, as the driver is
            raise cannot_connect(error, url, hints_elsewhere(dialect), where=url.masked) from error
        return _Side(_kind(dialect), self._without_records(found))

    def _of_file(self, path: str) -> _Side:
        sqlite = dialect_named("sqlite")
        assert sqlite is not None
        if ending_of(path) != SCRIPT:
            return _Side(sqlite.name, self._without_records(of_sqlite(path, sqlite)))
        own = self._own.subject
        if own.dialect is sqlite:
            return _Side(sqlite.name, self._without_records(of_sqlite(path, sqlite)))
        found: list[Catalog] = []

        def loaded(visit: Visit) -> None:
            for statement in own.defaults:
                visit.query(statement)
            visit.commit_behind()
            load(visit, path, self._interruption)
            schemas = (None, *own.dialect.catalogs.schemas(visit.query))
            found.append(own.dialect.catalogs.read(visit.query, schemas))
            visit.end_driver_transaction()

        with self._environment.scratch() as scratch:
            self._environment.on(scratch).visit(loaded, writes=True)
        return _Side(_kind(own.dialect), self._without_records(_only(found)))

    def _without_records(self, catalog: Catalog) -> Catalog:
        return of_the_project(catalog, self._environment.database.version_table)


def _only(found: list[T]) -> T:
    if len(found) != 1:
        raise SeveralDatabases(
            f"env.py visits {counted(len(found), 'database')}, and a comparison is of one",
            state="nothing was compared",
            hint="have env.py visit one, as -x arguments may tell it; or name their URLs",
        )
    return found[0]


def _kind(dialect: Dialect) -> str:
    return "mysql" if dialect.name == "mariadb" else dialect.name


def _schemas(before: _Side, after: _Side) -> frozenset[str | None] | None:
    """The schemas that count: what revisions do not make is somebody else's."""
    given = [one.schemas for one in (before, after) if one.schemas is not None]
    return frozenset().union(*given) if given else None


def _check_file(url: DatabaseUrl) -> None:
    """Refuse a file that is not there: to connect would make it.

    Raises:
        FileRefused
    """
    path = url.database or ""
    if not path.startswith("file:") and not os.path.isfile(path):
        raise FileRefused("there is no such file", where=place(path), state="nothing was read", hint="check the URL")
