"""Values that become others, as operations: before their columns are held to the new list, and back behind that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic.operations import ops

from ..catalog import COLUMN, Item
from ..prover import Subject
from .completing import Completion
from .decisions import Remap
from .operations import ReversibleStatement, Statement
from .widening import room_for


def remapped(remaps: Iterable[Remap], completion: Completion, subject: Subject) -> list[ops.MigrateOperation]:
    """Turn values into others on the scratch database; the operations that do it.

    A value that gets a new name goes back on the way back. One that becomes another that was there before does not:
    nobody knows any longer in which rows it was.

    Args:
        remaps: what was decided.
        completion: does it. What has another name has it already.
        subject: the database that it stands in for.
    """
    done: list[ops.MigrateOperation] = []
    for remap in remaps:
        done += _Remapping(remap, completion, subject).done()
    return done


class _Remapping:
    """One value on its way to another one."""

    def __init__(self, remap: Remap, completion: Completion, subject: Subject) -> None:
        self._remap = remap
        self._completion = completion
        self._lists = subject.dialect.lists

    def done(self) -> Iterator[ops.MigrateOperation]:
        old, new = self._remap.old, self._remap.new
        columns = list(self._columns())
        if new is None or not self._remap.is_renamed:
            for column in columns:
                if new is not None:
                    yield from room_for(new, column, self._completion, self._lists)
                yield from self._settled(column)
                yield self._do(Statement(self._lists.replacing(column, old, new)))
            return
        listed = self._lists.listed(self._completion.read(), columns[0])
        renaming = self._lists.renaming(listed.holder, old, new) if listed is not None else None
        if renaming is not None and listed is not None:
            yield self._do(ReversibleStatement(renaming, self._lists.renaming(listed.holder, new, old) or ""))
            return
        for column in columns:
            yield from room_for(new, column, self._completion, self._lists)
        for column in columns:
            replacing, back = self._lists.replacing(column, old, new), self._lists.replacing(column, new, old)
            yield from self._settled(column)
            yield self._do(ReversibleStatement(replacing, back))
            yield from self._settled(column)

    def _do(self, operation: ops.MigrateOperation) -> ops.MigrateOperation:
        self._completion.do([operation])
        return operation

    def _settled(self, column: Item) -> Iterator[ops.MigrateOperation]:
        for statement in self._lists.settling(self._completion.read(), column):
            yield self._do(ReversibleStatement(statement, statement))

    def _columns(self) -> Iterator[Item]:
        current = self._completion.read()
        for place, name in self._remap.columns:
            yield next(item for item in current.parts(place, COLUMN) if item.name == name)
