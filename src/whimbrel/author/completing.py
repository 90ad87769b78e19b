"""Operations that are tried on a scratch database until it is what it should be.

Alembic's come first, as long as the database takes them and they are about something that differs: they are what people
read and edit. What they do not reach is done in the database's own words, from its own catalog: what Alembic cannot
compare, and what it cannot write.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import sqlalchemy
from alembic.autogenerate import render
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops

from ..catalog import COLUMN, ENUM, FOREIGN_KEY, INDEX, SEQUENCE, TABLE, Catalog, Difference, Item, compare
from ..environment import CarefulOperations, Visit
from ..objects import KINDS
from ..prover import Subject, attempt, read
from .enums import without_types
from .operations import InBatch, Statement
from .rebuilding import RebuildTable
from .scope import Scope

if TYPE_CHECKING:
    from ..catalog.items import Place

Operation = ops.MigrateOperation
_STANDING = (SEQUENCE, ENUM)
"""What columns stand on, so that it comes before them."""


class Completion:
    """Completes the operations for one database.

    Args:
        visit: leads to the scratch database.
        subject: the database that it stands in for.
        scope: which differences count.
    """

    def __init__(self, visit: Visit, subject: Subject, scope: Scope) -> None:
        self._visit = visit
        self._subject = subject
        self._scope = scope
        self._operations = CarefulOperations(visit.context, visit.note_in_the_way)
        self._traits = subject.dialect.catalogs.traits

    def towards(
        self, target: Catalog | None, given: Iterable[Operation], *, renamed: Collection[Place] = ()
    ) -> list[Operation]:
        """What turns the scratch database into the target; it is done there.

        Args:
            target: what it is to be, within the scope; None for what the models say.
            given: Alembic's operations.
            renamed: tables that have another name now, or whose columns have.

        Raises:
            DBAPIError: the database refuses what should complete them, or an operation of an extension's.
        """

        def differences(current: Catalog) -> list[Difference]:
            return self._scope.differences(current, target, origin=origin, renamed=renamed)

        origin = current = self.read()
        found = differences(current)
        standing = [one for one in found if one.item.kind in _STANDING and not one.before and one.item.table is None]
        done = self._altered(current, standing, target)
        relevant = _Relevant(found)
        waiting: list[Operation] = []
        for operation in given:
            tried = self._tried(operation, relevant)
            waiting += [operation] if is_extensions(operation) and not tried else []
            done += tried
        current = self.read()
        done += self._altered(current, differences(current), target)
        self.do(waiting)  # whatever was missing is there by now
        return done + waiting

    def do(self, operations: Iterable[Operation]) -> None:
        """Do what is certain."""
        for operation in operations:
            self._invoke(operation)

    def reach(self, target: Catalog) -> list[Operation]:
        """What turns the scratch database into exactly the target; it is done there, in the database's own words."""
        current = self.read()
        return self._altered(current, compare(current, target, exactly=True), target)

    def read(self) -> Catalog:
        """What there is now."""
        return read(self._visit, self._subject)

    # -- parts ----------------------------------------------------------------------------------

    def _altered(self, current: Catalog, differences: Sequence[Difference], target: Catalog | None) -> list[Operation]:
        if not differences:
            return []
        after = current.changed(differences, self._scope.wanted if target is None else target)
        done: list[Operation] = []
        if self._traits.rebuilds_tables:
            done = [one for one in self._rebuilds(differences, current, after) if self._succeeds(one)]
            current = self.read() if done else current
            differences = compare(current, after)
        for statement in self._subject.dialect.catalogs.alter(differences, current, after):
            operation = Statement(statement)
            self._invoke(operation)
            done.append(operation)
        return done

    @staticmethod
    def _rebuilds(differences: Sequence[Difference], before: Catalog, after: Catalog) -> Iterator[Operation]:
        """Tables of SQLite that have to be made anew."""
        changed = [one for one in differences if not (one.item.kind == TABLE and None in one)]
        places = dict.fromkeys(one.item.place for one in changed if one.item.kind not in (INDEX, *KINDS, *_STANDING))
        for place in places:
            if place is not None:
                yield RebuildTable(after.tables[place], before.parts(place))

    def _tried(self, operation: Operation, relevant: _Relevant) -> list[Operation]:
        """The operation, or what of it is of use."""
        if not isinstance(operation, ops.ModifyTableOps):
            if self._traits.has_types_apart:
                operation = without_types(operation)
            return [operation] if relevant(operation) and self._succeeds(operation) else []
        parts = [part for part in operation.ops if relevant(part) and not _doubles_percents(part)]
        if not self._traits.says_columns_whole:
            _forget_counting(parts)
        if self._traits.rebuilds_tables and parts and self._succeeds(whole := _part_of(operation, parts)):
            return [whole]
        parts = [part for part in parts if self._succeeds(_part_of(operation, [part]))]
        return [_part_of(operation, parts)] if parts else []

    def _succeeds(self, operation: Operation) -> bool:
        there = self._table_of(operation) if self._subject.dialect.changes.ddl_commits else None
        try:
            with attempt(self._visit):
                self._invoke(operation)
        except Exception:  # whatever it is: the operation is of no use
            if there is not None:
                self._take_back(operation, there)
            return False
        return True

    def _table_of(self, operation: Operation) -> Catalog:
        """The table that an operation is about, as it is now; nothing, if it is not known to be about one."""
        place, subject = _place_of(operation), self._subject
        if not place[1]:
            return Catalog()
        return subject.dialect.catalogs.tables(self._visit.query, subject.schemas, [place])

    def _take_back(self, operation: Operation, before: Catalog) -> None:
        """Make a table again what it was: an operation of several statements may have failed behind its first one."""
        found = compare(self._table_of(operation), before, exactly=True)
        if found:
            self._altered(self.read(), found, before)

    def _invoke(self, operation: Operation) -> None:
        """Do what the file will do: not all that an operation holds is written."""
        rendering = AutogenContext(self._visit.context)
        body = render._render_cmd_body(ops.UpgradeOps([operation]), rendering)
        names = _named(rendering, "alembic", self._operations) | _named(rendering, "sqlalchemy", sqlalchemy)
        try:
            exec("\n".join([*sorted(rendering.imports), body]), names)  # noqa: S102  # it is what is written
        except NameError:  # of a type that only the template imports
            self._invoke_unwritten(operation)

    def _invoke_unwritten(self, operation: Operation) -> None:
        if not isinstance(operation, ops.ModifyTableOps):
            self._operations.invoke(operation)
        elif self._traits.rebuilds_tables:
            with self._operations.batch_alter_table(operation.table_name, schema=operation.schema) as batch:
                for part in operation.ops:
                    batch.invoke(part)
        else:
            for part in operation.ops:
                self._operations.invoke(part)


class _Relevant:
    """Whether an operation of Alembic's is about something that differs.

    Alembic compares what it reflects with what the models say, and takes two ways to write the same for a difference.
    """

    def __init__(self, differences: Iterable[Difference]) -> None:
        self._tables: set[tuple[str | None, str]] = set()
        self._names: dict[tuple[str | None, str], set[tuple[bool, str]]] = {}
        for difference in differences:
            for item in filter(None, difference):
                self._note(difference, item)

    def _note(self, difference: Difference, item: Item) -> None:
        if item.place is None or item.kind in KINDS:  # Alembic has no operation for it
            return
        if item.kind == TABLE and None in difference:
            self._tables.add(item.place)
        elif not (difference.is_renamed and item.kind == INDEX) and not _says_too_little(difference):
            # Alembic gives a foreign key a name that the database has made up, and so its index another one.
            is_made_up = item.kind == FOREIGN_KEY and item is difference.after and not item.is_named
            self._names.setdefault(item.place, set()).add((item.kind == COLUMN, "" if is_made_up else item.name))

    def __call__(self, operation: Operation) -> bool:
        check = _CHECKS.get(type(operation))
        if check is None:  # an extension's: nobody else knows what it is about
            return True
        place = _place_of(operation)
        return place in self._tables or check(operation, self._names.get(place, set()))


def _says_too_little(difference: Difference) -> bool:
    """Whether Alembic's operation would leave something out.

    That is the next number of an identity, the values computed, the key 0 in a column that MySQL numbers from now on.
    """
    numbered = "its own sequence"  # of a serial column
    return any(
        fact in ("identity", "generated") or (fact == "auto increment" and new) or numbered in f"{old} {new}"
        for fact, (old, new) in difference.changes.items()
        if None not in difference
    )


def _doubles_percents(operation: Operation) -> bool:
    """Whether a new column would give its rows another default: SQLAlchemy doubles each `%` of a text in DDL."""
    if not isinstance(operation, ops.AddColumnOp):
        return False
    default = operation.column.server_default
    return "%" in str(getattr(default, "arg", ""))


def _forget_counting(operations: Iterable[Operation]) -> None:
    """Leave out what Alembic itself warns of, where it says nothing: `autoincrement`, which only MySQL has."""
    for operation in operations:
        if isinstance(operation, ops.AlterColumnOp):
            operation.kw.pop("autoincrement", None)


def _place_of(operation: Operation) -> tuple[str | None, str]:
    if isinstance(operation, ops.CreateForeignKeyOp):
        return (operation.kw.get("source_schema"), operation.source_table)
    return (getattr(operation, "schema", None), str(getattr(operation, "table_name", "")))


def _never(operation: Operation, names: set[tuple[bool, str]]) -> bool:
    """Of a table that comes or goes as a whole: by its parts it is about nothing."""
    return False


def _has_column(operation: Operation, names: set[tuple[bool, str]]) -> bool:
    name = operation.column.name if isinstance(operation, ops.AddColumnOp) else getattr(operation, "column_name", "")
    return (True, name) in names


def _has_name(operation: Operation, names: set[tuple[bool, str]]) -> bool:
    name = getattr(operation, "constraint_name", None) or getattr(operation, "index_name", None)
    return (False, name) in names if name else any(not is_column for is_column, _ in names)


def _has_any(operation: Operation, names: set[tuple[bool, str]]) -> bool:
    return bool(names)


_CHECKS: dict[type, Callable[[Operation, set[tuple[bool, str]]], bool]] = {
    ops.CreateTableOp: _never,
    ops.DropTableOp: _never,
    ops.AddColumnOp: _has_column,
    ops.DropColumnOp: _has_column,
    ops.AlterColumnOp: _has_column,
    ops.CreateIndexOp: _has_name,
    ops.DropIndexOp: _has_name,
    ops.CreateUniqueConstraintOp: _has_name,
    ops.CreateForeignKeyOp: _has_name,
    ops.CreateCheckConstraintOp: _has_name,
    ops.CreatePrimaryKeyOp: _has_name,
    ops.DropConstraintOp: _has_name,
    ops.CreateTableCommentOp: _has_any,
    ops.DropTableCommentOp: _has_any,
}


def is_extensions(operation: Operation) -> bool:
    """Whether an operation is none of Alembic's own comparison, but of somebody's who has extended that."""
    return not isinstance(operation, ops.ModifyTableOps) and type(operation) not in _CHECKS


def is_about(operation: Operation, difference: Difference) -> bool:
    """Whether an operation is one of Alembic's own, and about a difference."""
    return type(operation) in _CHECKS and _Relevant([difference])(operation)


def _part_of(operation: ops.ModifyTableOps, parts: Sequence[Operation]) -> ops.ModifyTableOps:
    return type(operation)(operation.table_name, parts, schema=operation.schema)


def in_batches(operations: Iterable[Operation]) -> list[Operation]:
    """The operations, those on one table in a batch each."""
    return [
        InBatch(one.table_name, one.ops, schema=one.schema) if isinstance(one, ops.ModifyTableOps) else one
        for one in operations
    ]


def _named(rendering: AutogenContext, module: str, meant: object) -> dict[str, object]:
    """What a file knows a module by, as the project has it written: `op`, `sa`, or all that is in it."""
    prefix: str = rendering.opts[f"{module}_module_prefix"]
    name = prefix.partition(".")[0]
    return {name: meant} if name else {each: getattr(meant, each) for each in dir(meant)}


def reversed_operations(operations: Sequence[Operation]) -> Iterator[Operation]:
    """The way back, as far as Alembic's operations know one."""
    for operation in reversed(operations):
        if isinstance(operation, ops.ModifyTableOps):
            yield _part_of(operation, list(reversed_operations(operation.ops)))
            continue
        with suppress(NotImplementedError, ValueError):  # of one that says what goes, and not what it was
            yield operation.reverse()
