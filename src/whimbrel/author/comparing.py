"""The models and the databases of an environment, compared by what the databases themselves say of both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.autogenerate import RevisionContext
from alembic.runtime.migration import MigrationContext

from ..catalog import TABLE, Catalog, Difference, Item
from ..differ import Rename
from ..environment import AlembicStep, Environment, Visit, Work
from ..errors import ModelsNotCreatable
from ..prover import Known, Subject, declared, look
from .decisions import Fill, Remap
from .scope import Scope


@dataclass
class Compared:
    """One database, compared.

    Attributes:
        subject: the database.
        wanted: what it makes of the models.
        scope: which differences count.
        differences: what turns the database into what the models say.
        renames: which of them are renames.
        remaps: which values become others, in rows that have them.
        fills: what rows get that have no value.
        remaining: what is left of them when all that is renamed has its new name, once that was done elsewhere.
    """

    subject: Subject
    wanted: Catalog
    scope: Scope
    differences: list[Difference]
    renames: tuple[Rename, ...] = ()
    remaps: tuple[Remap, ...] = ()
    fills: tuple[Fill, ...] = ()
    remaining: list[Difference] = field(default_factory=list)

    def leave_out(self, some: Collection[Difference]) -> None:
        """Let some of the differences be none, from now on."""
        self.scope.leave_out(some)
        self.differences = [one for one in self.differences if one not in some]


class Concerns:
    """Whether differences are about a thing: about itself, or about its table as a whole.

    Args:
        differences: the differences.
    """

    def __init__(self, differences: Sequence[Difference]) -> None:
        items = [item for one in differences for item in one if item is not None]
        self._keys = {item.key for item in items}
        self._tables = {one.item.place for one in differences if one.item.kind == TABLE and None in one}

    def __call__(self, item: Item) -> bool:
        """Whether they are about this one."""
        return item.key in self._keys or (item.place is not None and item.place in self._tables)


def compared(
    environment: Environment,
    metadata: Any,
    check: Callable[[Visit], None],
    *,
    as_empty: bool = False,
    allow_drop: Collection[str] = (),
) -> list[Compared]:
    """Compare the models with each database that an environment visits. Reads them, and makes scratch databases.

    Everything is compared, and is there to be asked afterwards.

    Args:
        environment: leads to the databases.
        metadata: the models, for an environment without env.py; else None.
        check: refuses what cannot be compared.
        as_empty: whether to look at the databases as if there were nothing in them.
        allow_drop: what may be dropped, by name: also views, functions and triggers that nobody declares.

    Raises:
        WhimbrelError: they cannot be read, or the models cannot be created.
    """

    def looked(visit: Visit) -> Subject:
        subject = look(visit)
        if as_empty:
            subject.actual = Catalog()
        return subject

    return _compared(environment, metadata, check, looked, allow_drop)


def newly_compared(
    environment: Environment, metadata: Any, check: Callable[[Visit], None], *, full: bool = False
) -> list[Compared]:
    """As `compared`, but for tables that were found to be as the models say before: they are not in the catalogs.

    Args:
        environment: leads to the databases.
        metadata: the models, for an environment without env.py; else None.
        check: refuses what cannot be compared.
        full: compare those as well.

    Raises:
        WhimbrelError: they cannot be read, or the models cannot be created.
    """
    with Known(environment.database.script_location, full=full) as known:
        try:
            found = _compared(environment, metadata, check, known.look)
        except ModelsNotCreatable:  # on what the tables stand on that are there, it may be
            if full:
                raise
            return newly_compared(environment, metadata, check, full=True)
        for one in found:
            if one.subject.places != frozenset():
                unlike, spare = one.scope.unlike(one.subject.actual)
                known.note(one.subject, unlike, spare=spare)
    return found


def _compared(
    environment: Environment,
    metadata: Any,
    check: Callable[[Visit], None],
    look: Callable[[Visit], Subject],
    allow_drop: Collection[str] = (),
) -> list[Compared]:
    seen: list[tuple[MigrationContext, Subject]] = []

    def steps(visit: Visit) -> Iterator[AlembicStep]:
        check(visit)
        seen.append((visit.context, look(visit)))
        return iter(())

    environment.run(Work(steps, options={"as_sql": False, "dont_mutate": True}, metadata=metadata))
    catalogs = declared(environment, [subject for _, subject in seen])
    found = []
    for (context, subject), wanted in zip(seen, catalogs, strict=True):
        scope = Scope(context, subject, wanted)
        scope.declarations.allow(allow_drop)
        found.append(Compared(subject, wanted, scope, scope.differences(subject.actual)))
    return found


def options_of(context: RevisionContext) -> dict[str, Any]:
    """What Alembic's environment is told to let a new revision be filled by a comparison."""
    return {
        "template_args": context.template_args,
        "revision_context": context,
        "as_sql": False,
        "dont_mutate": True,
    }


def restrict(context: MigrationContext, places: Collection[tuple[str | None, str]]) -> None:
    """Let Alembic's comparison look at some tables only: it reflects each of them, with queries of its own."""
    default = context.dialect.default_schema_name
    names, objects = context.opts.get("include_name"), context.opts.get("include_object")

    def is_one(schema: str | None, name: str | None) -> bool:
        return (None if schema == default else schema, name) in places

    def include_name(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "table" and not is_one(parents["schema_name"], name):
            return False
        return names is None or bool(names(name, kind, parents))

    def include_object(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        if kind == "table" and not is_one(thing.schema, name):
            return False
        return objects is None or bool(objects(thing, name, kind, reflected, other))

    context.opts.update(include_name=include_name, include_object=include_object)


def places_of(differences: Sequence[Difference]) -> frozenset[tuple[str | None, str]]:
    """The tables that differ."""
    return frozenset(item.place for one in differences for item in one if item is not None and item.place is not None)
