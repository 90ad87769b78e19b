"""Which differences a new revision is about: those that models can say, and that the project has not left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Index, MetaData, Table

from ..catalog import COLUMN, ENUM, FOREIGN_KEY, INDEX, SEQUENCE, TABLE, UNIQUE, Catalog, Difference, Item, compare
from ..objects import KINDS
from ..prover import Subject
from .declarations import Declarations

if TYPE_CHECKING:
    from ..catalog.items import Key, Place

_FILTERED = {COLUMN: "column", INDEX: "index", UNIQUE: "unique_constraint", FOREIGN_KEY: "foreign_key_constraint"}
"""What Alembic calls the kinds of things that `include_object` is asked about."""
_KEPT = frozenset(("partition", "partition by", "options"))
"""Facts of a table that whoever runs the database decides, as long as no model does."""
_GO_WHEN_UNUSED = (ENUM, SEQUENCE)
"""Kinds of things that come with what uses them, and go with it."""


class Scope:
    """The scope of one database's comparison.

    Args:
        context: Alembic's, with the project's `include_name` and `include_object`; of whatever database of the kind.
        subject: the database.
        wanted: what it makes of the models.
    """

    def __init__(self, context: MigrationContext, subject: Subject, wanted: Catalog) -> None:
        self._filters = AutogenContext(context)
        self._subject = subject
        self._metadata = {
            (None if table.schema == default else table.schema, table.name): table
            for default in [context.dialect.default_schema_name]
            for one in subject.metadata
            for table in one.tables.values()
        }
        self.wanted = wanted
        self.declarations = Declarations(subject, wanted)
        self._left_out: set[tuple[object, ...]] = set()

    def leave_out(self, differences: Iterable[Difference]) -> None:
        """Let what some differences are about be out of the scope, from now on."""
        self._left_out.update(one.item.key for one in differences)

    def differences(
        self,
        actual: Catalog,
        wanted: Catalog | None = None,
        *,
        origin: Catalog | None = None,
        renamed: Collection[Place] = (),
    ) -> list[Difference]:
        """What turns one into the other, as far as it is in the scope. What models cannot say stays as it is.

        Args:
            actual: what is there.
            wanted: what a database was, and is to be again, whatever the models say; what they say by default.
            origin: what was there at first: types and sequences that were used then, and no longer are, may go.
            renamed: tables that have another name now, or whose columns have: names that the database has made up of
                the old ones are to follow.
        """
        before, after = (self._sayable(one, renamed) for one in (actual, self.wanted if wanted is None else wanted))
        found = compare(Catalog(before), Catalog(after), exactly=wanted is not None)
        found = [_whole(one, before, after) for one in found if self._concerns(one)]
        if wanted is None:
            unused = self._unused(found, actual, origin or actual)
            found = [one for one in found if one.after is not None or self._may_go(one.item, unused)]
            found = list(map(self._without_kept, found))
        return [one for one in found if one.before is None or one.before != one.after]

    def unlike(self, actual: Catalog) -> tuple[frozenset[Place | None], bool]:
        """What is not as the models say, whether the project has left it out or not.

        Args:
            actual: what is there.

        Returns:
            The tables; and None among them, if something differs that is part of none. And whether there is something
            that is part of none and that the models do not have, which is no difference as long as it is used.
        """
        before, after = (self._sayable(one, ()) for one in (actual, self.wanted))
        found = [_whole(one, before, after) for one in compare(Catalog(before), Catalog(after))]
        unused = self._unused(found, actual, actual)
        differing: set[Place | None] = set()
        spare = False
        for one in found:
            if one.item.table is None and one.after is None and one.item.key not in unused:
                spare = True
            else:
                differing.add(one.item.place)
        return frozenset(differing), spare

    def type_of(self, column: tuple[Place, str]) -> Any:
        """The type that a column has in the models; None if they do not have it."""
        place, name = column
        table = self._metadata.get(place)
        return next((one.type for one in table.columns if one.name == name), None) if table is not None else None

    def within(self, catalog: Catalog) -> Catalog:
        """The tables of the scope."""
        return catalog.only(lambda item: item.table is not None and self._includes_table(item))

    def _sayable(self, catalog: Catalog, renamed: Collection[Place]) -> dict[Item, Item]:
        """The things that models can say, as they are compared, each with what it is."""
        say = self._subject.dialect.catalogs.declarable
        counting = (item for item in catalog.items if item.kind not in KINDS or self.declarations.counts(item))
        told = ((say(_named(item) if item.place in renamed else item), item) for item in counting)
        return {found: item for found, item in told if found is not None}

    def _unused(self, found: Sequence[Difference], there: Catalog, origin: Catalog) -> frozenset[Key]:
        """What was used at first, and is used by nothing any longer that stays, or comes.

        Args:
            found: what differs; of what is part of no table, all that the models do not say.
            there: what is there.
            origin: what was there at first.
        """
        certain = [one for one in found if one.after is not None or self._may_go(one.item, ())]
        if len(certain) == len(found):
            return frozenset()
        return frozenset(origin.used - there.changed(certain, self.wanted).used - self._used_elsewhere)

    @property
    def _used_elsewhere(self) -> set[Key]:
        """What tables use that are out of the scope: they may be in this database alone, and made by no revision."""
        actual = self._subject.actual
        left_out = [place for place, table in actual.tables.items() if not self._includes_table(table)]
        return Catalog(part for place in left_out for part in actual.parts(place)).used

    def _may_go(self, item: Item, unused: Collection[Key]) -> bool:
        """Whether what the models do not say may be dropped: of what is part of no table, types that nothing uses."""
        if item.table is not None or item.kind in KINDS:
            return True
        return (item.kind in _GO_WHEN_UNUSED and item.key in unused) or self.declarations.is_allowed(item)

    def _without_kept(self, difference: Difference) -> Difference:
        """A difference without what stays as it is unless models say something of it: how a table is kept."""
        before, after = difference
        if before is None or after is None or before.kind != TABLE:
            return difference
        kept = [fact for fact in before.facts if fact[0] in _KEPT and after.fact(fact[0]) is None]
        facts = tuple(sorted({*after.facts, *kept}))
        return Difference(before, before if facts == before.facts else after._replace(facts=facts))

    def _concerns(self, difference: Difference) -> bool:
        item = difference.item
        if item.key in self._left_out:
            return False
        if item.table is None:
            return True
        return self._includes_table(item) and (item.kind == TABLE or self._includes(difference))

    def _is_heir(self, place: Place) -> bool:
        """Whether a table is a part of another one, to which it was added by hand: it goes along with that."""
        table = self._subject.actual.tables.get(place)
        return table is not None and table.fact("inherits") is not None

    def _includes_table(self, item: Item) -> bool:
        assert item.table is not None
        declared = self._metadata.get((item.schema, item.table))
        if declared is None and self._is_heir((item.schema, item.table)):
            return False
        if not self._filters.run_name_filters(item.schema, "schema", {}) and declared is None:
            return False
        if declared is None or item.kind != TABLE:
            parents: Any = {"schema_name": item.schema}
            if not self._filters.run_name_filters(item.table, "table", parents):
                return False
        table = declared if declared is not None else Table(item.table, MetaData(), schema=item.schema)
        is_there = declared is not None and (item.schema, item.table) in self._subject.actual.tables
        other = Table(item.table, MetaData(), schema=item.schema) if is_there else None
        return self._filters.run_object_filters(table, item.table, "table", declared is None, other)

    def _includes(self, difference: Difference) -> bool:
        """Whether the project's filters let a part of a table pass."""
        item = difference.item
        kind: Any = _FILTERED.get(item.kind)
        assert item.table is not None
        declared = self._metadata.get((item.schema, item.table))
        if kind is None or declared is None:
            return True
        parents: Any = {"schema_name": item.schema, "table_name": item.table}
        if difference.before is not None and not self._filters.run_name_filters(item.name, kind, parents):
            return False
        there = next((part for part in _parts(declared, item.kind) if part.name == item.name), None)
        is_reflected = difference.after is None
        is_both = there is not None and None not in difference
        other = _stand_in(declared, item) if is_both else None
        thing = there if there is not None else _stand_in(declared, item)
        return thing is None or self._filters.run_object_filters(thing, item.name, kind, is_reflected, other)


def _named(item: Item) -> Item:
    """A thing as if somebody had chosen its name, if it has one."""
    return item._replace(is_named=True) if item.name else item


def _whole(difference: Difference, before: dict[Item, Item], after: dict[Item, Item]) -> Difference:
    """A difference with all that there is of both: what models cannot say is after as it was before."""
    old, new = difference
    if old is None or new is None:
        return Difference(old and before[old], new and after[new]._replace(is_named=new.is_named))
    unsayable = set(before[old].facts) - set(old.facts)
    return Difference(before[old], new._replace(facts=tuple(sorted({*new.facts, *unsayable}))))


def _parts(table: Table, kind: str) -> Iterable[Any]:
    if kind == COLUMN:
        return table.columns
    return table.indexes if kind == INDEX else table.constraints


def _stand_in(declared: Table, item: Item) -> Any:
    """For something that only the database has, a thing of SQLAlchemy's that has its name and its table."""
    table = Table(declared.name, MetaData(), schema=declared.schema)
    if item.kind == COLUMN:
        column: Column[Any] = Column(item.name)
        table.append_column(column)
        return column
    if item.kind == INDEX:
        index = Index(item.name)
        index.table = table
        return index
    return None
