"""What env.py's `process_revision_directives` takes out of a revision is no difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from alembic.autogenerate import RevisionContext
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext

from ..catalog import Difference
from ..environment import AlembicStep, Environment, Visit, Work
from .comparing import Compared, places_of, restrict
from .completing import is_about


def leave_out(environment: Environment, found: Sequence[Compared], new: Callable[[], RevisionContext]) -> None:
    """Leave out the differences of which env.py's hook leaves no operation, as stock Alembic does.

    Those that Alembic has no operation for never come before the hook, and count. Reads the databases.

    Args:
        environment: leads to them.
        found: what differs, which is changed.
        new: makes the context of a revision that nobody writes.

    Raises:
        WhimbrelError: the hook fails.
    """
    if not environment.database.has_env or not any(one.differences for one in found):
        return
    left = iter(found)

    def steps(visit: Visit) -> Iterator[AlembicStep]:
        one = next(left)
        if one.differences and visit.context.opts.get("process_revision_directives") is not None:
            before, after = _operations(visit, one, new())
            one.leave_out([difference for difference in one.differences if _is_taken_out(difference, before, after)])
        return iter(())

    environment.run(Work(steps, options={"as_sql": False, "dont_mutate": True}))


def _operations(
    visit: Visit, one: Compared, context: RevisionContext
) -> tuple[list[ops.MigrateOperation], list[ops.MigrateOperation]]:
    """Alembic's operations for the tables that differ, before env.py has seen them and after."""
    before: list[ops.MigrateOperation] = []

    def note(migration: MigrationContext, revision: Any, directives: Iterable[Any]) -> None:
        before.extend(_parts(directives))

    restrict(visit.context, places_of(one.differences))
    if not visit.context._user_compare_server_default:
        visit.context._user_compare_server_default = True  # what whimbrel compares comes before the hook
    context.process_revision_directives = note
    context.run_autogenerate(visit.heads, visit.context)
    return before, [*_parts(context.generated_revisions)]


def _parts(directives: Iterable[Any]) -> Iterator[ops.MigrateOperation]:
    for script in directives:
        for upgrade in script.upgrade_ops_list:
            for operation in upgrade.ops:
                yield from operation.ops if isinstance(operation, ops.ModifyTableOps) else [operation]


def _is_taken_out(
    difference: Difference, before: Iterable[ops.MigrateOperation], after: Iterable[ops.MigrateOperation]
) -> bool:
    was_there = any(is_about(operation, difference) for operation in before)
    return was_there and not any(is_about(operation, difference) for operation in after)
