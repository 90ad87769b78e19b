"""One database that models are compared with: what is there, and what is to be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import MetaData, types

from ..catalog import Catalog, Item
from ..dialects import Dialect
from ..environment import Visit
from ..errors import ScratchUnusable
from ..journal.attempt import PREFIX
from ..journal.comparison import is_record
from ..objects import all_declared
from ..version import __version__
from .definitions import Definitions

if TYPE_CHECKING:
    from ..catalog.items import Place

_TYPE = attrgetter("type")
_WITHOUT_SCHEMA = frozenset(
    one
    for one in vars(types).values()
    if isinstance(one, type) and not issubclass(one, types.SchemaType | types.TypeDecorator)
)
"""Types that are part of no schema; of the others some may be. Ten thousand columns have hardly any but these."""
Schemas = tuple[str | None, ...]
Texts = Mapping["Place | None", str]


@dataclass
class Subject:
    """One database of an environment, as values.

    Attributes:
        where: which one, for people.
        dialect: what whimbrel knows of its kind.
        sql_dialect: what SQLAlchemy knows of it.
        metadata: the models.
        schemas: those that are looked at; None is that in which names without one are looked up.
        version_table: the name of the table that says where it is.
        actual: what is there.
        beside: databases of its server that the models name, if a schema is one there.
        defaults: statements that give another database the same defaults, and others for these.
        ground: statements that give another database what tables stand on.
        footing: those of them for what is there: models may name a schema that nobody has made.
        settings: what else decides what it makes of a statement.
        heads: where it is.
        declared: the tables of the models.
        places: the tables that `actual` has, if those are not all.
        texts: what the database says of its tables, as far as it was the same before and after they were read.
    """

    where: str
    dialect: Dialect
    sql_dialect: Any
    metadata: tuple[MetaData, ...]
    schemas: Schemas
    version_table: str
    actual: Catalog
    beside: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()
    ground: tuple[str, ...] = ()
    footing: tuple[str, ...] = ()
    settings: str = ""
    heads: tuple[str, ...] = ()
    declared: frozenset[Place] = field(default_factory=frozenset)
    places: frozenset[Place] | None = None
    texts: Texts = field(default_factory=dict)

    @cached_property
    def definitions(self) -> Definitions:
        """What creates the models there. Asks no database."""
        return Definitions(self.metadata, self.sql_dialect, self._surroundings)

    @property
    def _surroundings(self) -> str:
        """What decides what a database makes of a table, but for the table."""
        dialect = self.sql_dialect
        versions = (__version__, sqlalchemy.__version__, dialect.name, getattr(dialect, "server_version_info", None))
        return repr((versions, getattr(dialect, "is_mariadb", None), self.defaults, self.ground, self.settings))

    def is_compared(self, place: Place) -> bool:
        """Whether a table is one of those that are there to be compared, and not a version table or the journal."""
        return place in self.declared or not _is_ours(place[1], self.version_table)


def look(visit: Visit, *, everywhere: bool = False, beside: Sequence[str] = ()) -> Subject:
    """What there is to know of a database before anything is compared. Reads it.

    Args:
        visit: leads to it.
        everywhere: look at all schemas that there are, whatever the models say.
        beside: then look at these databases of its server as well, if a schema is one there.

    Raises:
        ScratchUnusable: whimbrel knows nothing of its kind, or the models are in several files at once.
    """
    subject = glance(visit, everywhere=everywhere, beside=beside)
    subject.actual = read(visit, subject)
    return subject


def glance(visit: Visit, *, everywhere: bool = False, beside: Sequence[str] = ()) -> Subject:
    """As `look`, but for what is in it."""
    if visit.dialect is None:
        raise ScratchUnusable(
            f"whimbrel makes no scratch database of {visit.context.dialect.name}",
            where=visit.where,
            why="it knows how to make one of SQLite, PostgreSQL, MySQL and MariaDB",
            state="nothing was changed",
        )
    assert visit.context.connection is not None
    metadata = models_of(visit)
    default = visit.context.connection.dialect.default_schema_name
    catalogs = visit.dialect.catalogs
    existing: Schemas = (None, *catalogs.schemas(visit.query))
    named = beside if everywhere else _named(metadata)
    there = _beside(visit, named)
    if everywhere:
        schemas = (*existing, *(name for name in there if name != default))
    else:
        schemas = _compared(existing, visit, (None, *(name for name in named if name != default)))
    ground, footing = _ground(visit, schemas, existing)
    return Subject(
        where=visit.where,
        dialect=visit.dialect,
        sql_dialect=visit.context.dialect,
        metadata=metadata,
        schemas=schemas,
        version_table=visit.context.version_table,
        actual=Catalog(),
        beside=there,
        defaults=tuple(catalogs.defaults(visit.query, schemas)),
        ground=ground,
        footing=footing,
        settings=catalogs.settings(visit.query),
        heads=visit.heads,
        declared=frozenset(
            (None if table.schema == default else table.schema, table.name)
            for one in metadata
            for table in one.tables.values()
        ),
    )


def _ground(visit: Visit, schemas: Schemas, existing: Schemas) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What gives another database what tables stand on in some schemas; and in those of them that are there."""
    assert visit.dialect is not None
    catalogs = visit.dialect.catalogs
    ground = tuple(catalogs.ground(visit.query, schemas))
    there = [one for one in schemas if one in existing]
    return ground, ground if len(there) == len(schemas) else tuple(catalogs.ground(visit.query, there))


def read(visit: Visit, subject: Subject) -> Catalog:
    """What a database of this kind has now, without version tables and the journal. Reads it.

    Args:
        visit: leads to it, be it the subject itself or a scratch database for it.
        subject: what is to be looked at.
    """
    catalog = subject.dialect.catalogs.read(visit.query, subject.schemas)
    return of_the_project(catalog, subject.version_table, subject.declared)


def beside(subjects: Iterable[Subject]) -> frozenset[str]:
    """The databases of servers that the models of some databases name."""
    return frozenset(name for subject in subjects for name in subject.beside)


def of_the_project(catalog: Catalog, version_table: str, declared: Collection[tuple[str | None, str]] = ()) -> Catalog:
    """A catalog without version tables and the journal.

    Args:
        catalog: all that there is.
        version_table: what the project calls its version table.
        declared: the tables of the models: none of these is one, whatever it is called.
    """

    def is_the_projects(item: Item) -> bool:
        table = item.table
        return table is None or (item.schema, table) in declared or not _is_ours(table, version_table)

    return catalog.only(is_the_projects)


def _is_ours(table: str, version_table: str) -> bool:
    return is_record(table, version_table) or table.startswith(PREFIX)


def models_of(visit: Visit) -> tuple[MetaData, ...]:
    """The models that an environment has named."""
    metadata: Any = visit.context.opts.get("target_metadata")
    several: Iterable[MetaData] = metadata if isinstance(metadata, list | tuple) else [metadata]
    return tuple(one for one in several if one is not None)


def _beside(visit: Visit, schemas: Sequence[str]) -> tuple[str, ...]:
    """Which schemas of the models are databases of a server; refuses what no scratch database can stand for."""
    assert visit.dialect is not None
    found = visit.dialect.catalogs.beside(visit.query, schemas)
    if found is None:
        raise ScratchUnusable(
            f"the models have tables in {', '.join(schemas)}, for which no scratch database can stand",
            where=visit.where,
            why="a schema is a file of its own here",
            state="nothing was changed",
            hint="compare them with an environment of their own, whose URL leads there",
        )
    return tuple(found)


def _compared(there: Schemas, visit: Visit, named: Schemas) -> Schemas:
    """The schemas that are compared: those of the models, and what else env.py says with `include_schemas`."""
    if not visit.context.opts.get("include_schemas"):
        return named
    filters = AutogenContext(visit.context, metadata=MetaData(), autogenerate=False)
    wanted = (schema for schema in there if schema is not None and filters.run_name_filters(schema, "schema", {}))
    return tuple(dict.fromkeys((*named, *wanted)))


def _named(metadata: Iterable[MetaData]) -> list[str]:
    """The schemas that models name: of tables, of what columns are made of, and of what is declared beside them."""
    named: set[str | None] = set()
    for one in metadata:
        named |= {sequence.schema for sequence in one._sequences.values()}
        named |= {each.schema for each in all_declared(one)}
        for table in one.tables.values():
            named.add(table.schema)
            used = [*map(_TYPE, table.columns)]
            if not _WITHOUT_SCHEMA.issuperset(map(type, used)):
                named |= {getattr(one, "schema", None) for one in used}
    return sorted(name for name in named if name is not None)
