"""Batches on SQLite that lose nothing.

Alembic's batch mode makes the new table from what SQLAlchemy sees of the old one. What that does not see is lost: rows
that refer to the table, triggers, constraints without a name, collations, and more. Here the new table is made from the
text of the old one. Revision files stay as Alembic has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic.operations import BatchOperations, Operations
from alembic.operations.batch import BatchOperationsImpl
from alembic.runtime.migration import MigrationContext

from .batch import Batch
from .enforcement import ForeignKeysInTheWay, check_violations

__all__ = ["CarefulOperations", "ForeignKeysInTheWay", "check_violations"]


class CarefulOperations(Operations):
    """Alembic's `op`, with batches that lose nothing.

    Args:
        context: of the migration.
        in_the_way: told what keeps a batch from being done, whatever the revision makes of it.
    """

    def __init__(self, context: MigrationContext, in_the_way: Callable[[ForeignKeysInTheWay], None]) -> None:
        super().__init__(context)
        self._in_the_way = in_the_way

    @contextmanager
    def batch_alter_table(self, *arguments: Any, **options: Any) -> Iterator[BatchOperations]:
        """As Alembic's, with all of its arguments.

        `reflect_kwargs` is of no use: what is kept is the text, not what SQLAlchemy would see in it.
        """
        with super().batch_alter_table(*arguments, **options) as batch:
            recorded = batch.impl
            if isinstance(recorded, BatchOperationsImpl) and self._is_online_sqlite:
                self._take_over(recorded)
            yield batch

    def _take_over(self, recorded: BatchOperationsImpl) -> None:
        stock = recorded.flush

        def flush() -> None:
            try:
                Batch(recorded).flush(stock)
            except ForeignKeysInTheWay as error:
                self._in_the_way(error)
                raise

        recorded.flush = flush  # type: ignore[method-assign]  # of this batch only

    @property
    def _is_online_sqlite(self) -> bool:
        context = self.migration_context
        return context.dialect.name == "sqlite" and not context.as_sql and context.connection is not None
