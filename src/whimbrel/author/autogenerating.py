"""A new revision that does what makes a database as the models say, made and proven on scratch databases."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import RevisionContext, render
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext

from ..catalog import Catalog, Difference
from ..environment import AlembicStep, Environment, Visit, Work
from ..errors import Interrupted, WhimbrelError, few
from ..events import Event, Listener, Notice, Replaying, RevisionStarted
from ..interruption import Interruption
from ..objects import KINDS
from ..prover import Proof, Replica
from .comparing import Compared, options_of, places_of, restrict
from .completing import Completion, in_batches, reversed_operations
from .filling import filled
from .fitting import check_fits
from .remapping import remapped
from .renaming import columns_renamed, indexes_renamed, sequences_renamed, tables_renamed
from .widening import room_for_fills
from .writing import NewRevision

if TYPE_CHECKING:
    from ..catalog.items import Place

_NEEDS_BATCH = (ops.AlterColumnOp, ops.CreateUniqueConstraintOp, ops.CreateForeignKeyOp, ops.CreateCheckConstraintOp)


class Autogeneration:
    """The making of one revision, for all databases of an environment. Scratch databases are dropped at the end of the
    `with` block.

    Args:
        environment: leads to the databases.
        compared: what they are, and are to be.
        listener: is told what is done.
        interruption: whether the run is to stop.
        metadata: the models, for an environment without env.py; else None.
    """

    def __init__(
        self,
        environment: Environment,
        compared: Sequence[Compared],
        listener: Listener,
        interruption: Interruption,
        metadata: Any,
    ) -> None:
        self._environment = environment
        self._compared = compared
        self._listen = listener
        self._interruption = interruption
        self._metadata = metadata
        self._made = ExitStack()
        self._base: Replica | None = None
        self._is_rewritten = False  # by env.py
        self._is_history = False  # or a copy
        self._is_grounded = False  # by what the databases have, and no revision makes

    def __enter__(self) -> Autogeneration:
        return self

    def __exit__(self, *_: object) -> None:
        with self._interruption.deferred():
            self._made.close()

    def prepare(self, *, as_history: bool = False) -> None:
        """Make the scratch databases on which the revision is made: as the history leaves them, or copies.

        Args:
            as_history: whether the databases need not be as the history leaves them.
        """
        replayed = self._replayed()
        drifted = self._drifted(replayed) if replayed is not None and not as_history else []
        if drifted:
            self._listen(
                Notice(
                    f"the database is not as its history leaves it: {few([*map(str, drifted)], 3, between='; ')}",
                    "the new revision is proven on a copy of its schema instead; a database made anew differs from it",
                )
            )
        self._is_history = replayed is not None and not drifted
        if not self._is_history:
            self._anew().copy()

    def fill(self, context: RevisionContext) -> None:
        """Fill a new revision: compare on the scratch databases, and complete what Alembic finds there."""
        assert self._base is not None
        number = 0

        def steps(visit: Visit) -> Iterator[AlembicStep]:
            nonlocal number
            one = self._compared[number]
            number += 1
            revising = Revising(visit, one)
            revising.begin()
            revising.prepare()
            context.process_revision_directives = revising.complete
            with warnings.catch_warnings():
                # What Alembic warns that it cannot see, or cannot do, is seen and done here all the same.
                warnings.simplefilter("ignore")
                context.run_autogenerate(one.subject.heads, visit.context)
            self._is_rewritten |= revising.is_rewritten(context)
            return iter(())

        self._base.environment.run(
            Work(
                steps,
                writes=True,
                per_revision=True,
                options=options_of(context),
                metadata=self._metadata,
            )
        )
        if any(one.subject.dialect.changes.ddl_commits for one in self._compared):
            # What was tried is not rolled back. It is made again before there is a new file in the history.
            base = self._anew()
            make = self._replay if self._is_history else Replica.copy
            make(base)

    def prove(self, new: NewRevision) -> str:
        """Prove the revision that was written; in words, what was proven.

        Raises:
            ProofFailed: it does not do what it should, or does not lead back.
        """
        assert self._base is not None
        leads_back = Proof(self._base, new.revision, new.path, self._remaining).run()
        return f"{'up and down' if leads_back else 'up, as its downgrade() is not implemented'}: {self._how}"

    # -- parts ----------------------------------------------------------------------------------

    @property
    def _how(self) -> str:
        """On what it is proven, in words."""
        if not self._is_history:
            return "on a copy of the database's schema"
        more = ", with schemas or extensions of the database that no revision makes" if self._is_grounded else ""
        return f"replayed from empty{more}"

    def _anew(self) -> Replica:
        """Other scratch databases in the place of those that there are: there may be room for one only."""
        self._made.close()
        subjects = [one.subject for one in self._compared]
        self._base = self._made.enter_context(Replica(self._environment, subjects, self._interruption, self._hear))
        return self._base

    def _hear(self, event: Event) -> None:
        if isinstance(event, RevisionStarted):
            self._listen(Replaying(event.revision, event.number, event.total))

    def _replayed(self) -> Replica | None:
        replica = self._anew()
        try:
            self._replay(replica)
        except Interrupted:
            raise
        except WhimbrelError as error:
            self._listen(
                Notice(
                    f"the history cannot be replayed from empty: {error.what}"
                    + (f" ({error.why})" if error.why else ""),
                    "the new revision is proven on a copy of the database's schema instead; see whimbrel verify",
                )
            )
            return None
        return replica

    def _replay(self, replica: Replica) -> None:
        replica.replay()
        self._is_grounded = replica.ground()

    def _drifted(self, replica: Replica) -> list[Difference]:
        """Where the databases differ from their history, in what the revision is about."""
        found = []
        for one, catalog in zip(self._compared, replica.read(), strict=True):
            places = places_of(one.differences)
            keys = {item.key for difference in one.differences for item in difference if item is not None}
            differences = one.scope.differences(catalog, one.subject.actual)
            found += [each for each in differences if each.item.place in places or each.item.key in keys]
        return found

    def _remaining(self, catalogs: Sequence[Catalog]) -> list[Difference]:
        pairs = zip(self._compared, catalogs, strict=True)
        found = [left for one, catalog in pairs for left in one.scope.differences(catalog, origin=one.subject.actual)]
        if not found or not self._is_rewritten:
            return found
        self._listen(
            Notice(
                "process_revision_directives of env.py has changed the new revision, which now makes something else"
                f" than the models say: still to be done would be {few([*map(str, found)], 3, between='; ')}"
            )
        )
        return []


class Revising:
    """The operations of one database's revision, done on its scratch database as they are found.

    Args:
        visit: leads to the scratch database.
        compared: the database that it stands in for.
    """

    def __init__(self, visit: Visit, compared: Compared) -> None:
        self._visit = visit
        self._compared = compared
        self._traits = compared.subject.dialect.catalogs.traits
        if self._traits.unguarded:
            visit.commit_behind()
        for statement in self._traits.unguarded:
            visit.query(statement)
        self._completion = Completion(visit, compared.subject, compared.scope)
        self._before = self._completion.read()
        self._first: list[ops.MigrateOperation] = []

    def begin(self) -> None:
        """Do what was decided to be a rename, and remap values. Whatever compares afterwards finds it done."""
        renames, connection = self._compared.renames, self._visit.context.connection
        assert connection is not None
        one = self._compared
        check_fits(one.fills, self._visit, one.subject, one.wanted, one.scope.type_of)
        self._first = tables_renamed(renames)
        self._completion.do(self._first)
        if renames:
            self._do_first(columns_renamed(renames, connection, one.subject, self._completion.read()))
            self._do_first(sequences_renamed(renames, one.subject, self._completion.read()))
        self._begun = self._completion.read() if renames else self._before
        one.remaining = self._left = one.scope.differences(self._begun, renamed=self._touched)
        given = self._indexes_renamed()
        given += remapped(one.remaps, self._completion, one.subject)
        self._unfilled = self._completion.read() if one.fills else self._begun
        given += room_for_fills(one.fills, self._completion, one.subject)
        if given:
            self._first += given
            self._begun = self._completion.read()
            self._left = one.scope.differences(self._begun, renamed=self._touched)

    def _do_first(self, operations: Iterable[ops.MigrateOperation]) -> None:
        for operation in operations:
            self._completion.do([operation])
            self._first.append(operation)

    def _indexes_renamed(self) -> list[ops.MigrateOperation]:
        if not self._traits.makes_indexes:
            return []
        differences = [one for one in self._left if one.item.place in self._touched]
        renamed = list(indexes_renamed(differences, self._compared.subject, self._begun))
        self._completion.do(renamed)
        return renamed

    def prepare(self) -> None:
        """Let Alembic compare what differs, and nothing else, and believe the database of types and defaults."""
        differences = self._left
        context = self._visit.context
        restrict(context, places_of(differences))
        context._user_compare_type = context._user_compare_server_default = True
        differing: Any = {"compare_type": "type", "compare_server_default": "default"}
        for name, fact in differing.items():
            setattr(context.impl, name, _differing(differences, fact, context))

    def complete(self, context: MigrationContext, revision: Any, directives: list[Any]) -> None:
        """Called by Alembic when it has compared, before env.py's own `process_revision_directives`."""
        upgrade, downgrade = directives[-1].upgrade_ops_list[-1], directives[-1].downgrade_ops_list[-1]
        completion, touched, one = self._completion, self._touched, self._compared
        given = filled(upgrade.ops, one.fills, one.subject, one.scope.type_of, self._unfilled)
        if self._traits.rebuilds_tables:
            is_batched = context.opts["render_as_batch"] or _needs_batch([*given, *reversed_operations(given)])
            given = in_batches(given) if is_batched else given
        up = completion.towards(None, given, renamed=touched)
        down = completion.towards(self._on_the_way_back(), reversed_operations(up), renamed=touched)
        back = list(reversed_operations(self._first))
        completion.do(back)
        upgrade.ops = [*self._first, *up]
        self._written = self._rendered(upgrade)
        downgrade.ops = [*down, *back, *completion.towards(self._before, ())]

    def is_rewritten(self, context: RevisionContext) -> bool:
        """Whether env.py's `process_revision_directives` has changed what is to be done."""
        return any(
            self._rendered(script.upgrade_ops_list[-1]) != self._written for script in context.generated_revisions[-1:]
        )

    def _rendered(self, upgrade: ops.UpgradeOps) -> str:
        return render._render_cmd_body(upgrade, AutogenContext(self._visit.context))

    def _on_the_way_back(self) -> Catalog:
        """What there is to be before names and values go back.

        A view of MySQL's that names a table as it was called is broken then, and cannot be made: views come behind.
        """
        if not self._compared.renames or self._traits.keeps_views:
            return self._begun
        tables = self._begun.tables
        now = self._completion.read().only(lambda item: item.place is None or item.place in tables)
        return Catalog(
            [
                *(item for item in self._begun.items if item.kind not in KINDS),
                *(item for item in now.items if item.kind in KINDS),
            ]
        )

    @property
    def _touched(self) -> frozenset[Place]:
        """The tables that have another name now, or whose columns have."""
        return frozenset((one.schema, one.table) for one in self._compared.renames)


def _differing(differences: Sequence[Difference], fact: str, context: MigrationContext) -> Callable[..., bool]:
    """What Alembic asks its implementation of two columns of a name: whether they differ in something."""
    default = context.dialect.default_schema_name
    found = {(*one.item.place, one.item.name) for one in differences if one.item.place and fact in one.changes}

    def differ(there: Any, column: Any, *_: Any) -> bool:
        schema = None if column.table.schema == default else column.table.schema
        return (schema, column.table.name, column.name) in found

    return differ


def _needs_batch(operations: Sequence[Any]) -> bool:
    """Whether SQLite has no statement for one of the operations."""
    parts = (part for one in operations if isinstance(one, ops.ModifyTableOps) for part in one.ops)
    return any(isinstance(part, _NEEDS_BATCH) for part in parts)
