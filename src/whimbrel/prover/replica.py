"""Scratch databases that stand in for those that are configured: at the same revisions, or with the same schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self

from ..catalog import Catalog, compare
from ..environment import Environment, Visit
from ..errors import Interrupted, ScratchUnusable, counted
from ..events import Listener, unheard
from ..interruption import Interruption
from ..planner import Plan, Planner, Plans
from ..runner import Runner
from ..settings.limits import Limits
from .subject import Subject, beside, read


class Replica:
    """Scratch databases, one for each that an environment visits. They are dropped at the end of the `with` block.

    Args:
        environment: of the databases that are stood in for.
        subjects: what was seen of them, in the order of the visits.
        interruption: whether the run is to stop.
        listen: is told of the revisions that are run; nobody, by default.
    """

    def __init__(
        self,
        environment: Environment,
        subjects: Sequence[Subject],
        interruption: Interruption,
        listen: Listener = unheard,
    ) -> None:
        self._environment = environment
        self._subjects = subjects
        self._interruption = interruption
        self._listen = listen
        self._beside = beside(subjects)
        self._scratch = environment.scratch(beside=self._beside)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._interruption.deferred():
            self._scratch.drop()

    @property
    def environment(self) -> Environment:
        """That of the scratch databases, with the revision files as they are now."""
        return self._environment.on(self._scratch)

    def replay(self, revisions: Sequence[str] = ("heads",)) -> None:
        """Apply the history, from empty. If it names a database that no model does, that is a scratch one as well.

        Args:
            revisions: up to these, the whole of it by default.

        Raises:
            WhimbrelError: it cannot be applied.
        """
        try:
            self._apply(revisions)
        except ScratchUnusable as error:
            if error.reached is None or error.reached in self._beside:
                raise
            self._scratch.drop()
            self._beside |= {error.reached}
            self._scratch = self._environment.scratch(beside=self._beside)
            self.replay(revisions)

    def _apply(self, revisions: Sequence[str]) -> None:
        self.each(lambda visit, subject: _execute(visit, subject.defaults))
        for revision in revisions:
            self.migrate(partial(_upgraded, revision))

    def ground(self) -> bool:
        """Give them what tables stand on in the databases, and the history does not make: schemas and extensions.

        Returns:
            Whether there was anything.
        """
        return any(subject.footing for subject in self._subjects) and any(self.each(_grounded))

    def copy(self) -> None:
        """Make the schemas that the databases have, and stamp them with the revisions that those are at."""
        self.each(_copy)
        heads = sorted({head for subject in self._subjects for head in subject.heads})
        if heads:
            self._run(lambda runner: runner.stamp(heads))

    def migrate(self, plans: Plans) -> None:
        """Run revisions.

        Raises:
            WhimbrelError: one fails, or the run is to stop.
        """
        self._run(lambda runner: runner.migrate(plans))

    def read(self) -> list[Catalog]:
        """What there is now."""
        return self.each(read)

    def each(self, look: Callable[[Visit, Subject], Any]) -> list[Any]:
        """Do something with each of them; what that has returned.

        Raises:
            ScratchUnusable: env.py visits others than those that are stood in for.
        """
        found: list[Any] = []

        def visited(visit: Visit) -> None:
            _check_same(visit, self._subjects[len(found) : len(found) + 1])
            found.append(look(visit, self._subjects[len(found)]))

        self.environment.visit(visited, writes=True)
        if len(found) < len(self._subjects):
            raise _unlike(f"env.py visits {counted(len(found), 'database')} there, and {len(self._subjects)} here")
        return found

    def _run(self, run: Callable[[Runner], object]) -> None:
        """Let a runner do something, and a connection that is opened afterwards verify it.

        Raises:
            Interrupted: the run is to stop. For a runner that was through with its work it was too late, and what that
                has come to is still to be looked at.
        """
        with self._scratch.led():
            run(Runner(self.environment, self._listen, Limits(journal=False), self._interruption))
        self._interruption.is_too_late = False
        if self._interruption.requested:
            self._interruption.requested = False  # it was for this run
            state = "only a scratch database was changed"
            raise Interrupted("interrupted", state=state, hint="run the same command again")


def _check_same(visit: Visit, subject: Sequence[Subject]) -> None:
    """Refuse a scratch database that cannot stand in for what was seen: the caller's connection leads elsewhere."""
    if not subject:
        raise _unlike("env.py visits more databases there than here")
    if visit.dialect is None or visit.dialect.name != subject[0].dialect.name:
        raise _unlike(f"it is {visit.context.dialect.name}, and {subject[0].where} is {subject[0].dialect.name}")


def _unlike(why: str) -> ScratchUnusable:
    return ScratchUnusable(
        "the scratch database cannot stand in for the configured one",
        why=why,
        state="nothing was executed on the configured one",
        hint="let env.py visit the same databases whatever is in them",
    )


def _upgraded(revision: str, planner: Planner) -> Plan:
    return planner.upgrade(revision)


def _copy(visit: Visit, subject: Subject) -> None:
    empty = Catalog()
    statements = subject.dialect.catalogs.alter(compare(empty, subject.actual), empty, subject.actual)
    _execute(visit, [*subject.defaults, *subject.footing, *statements])


def _grounded(visit: Visit, subject: Subject) -> bool:
    catalogs = subject.dialect.catalogs
    there = catalogs.ground(visit.query, (None, *catalogs.schemas(visit.query)))
    missing = [statement for statement in subject.footing if statement not in there]
    _execute(visit, missing)
    return bool(missing)


def _execute(visit: Visit, statements: Sequence[str]) -> None:
    for statement in statements:
        visit.query(statement)
    visit.commit_behind()
