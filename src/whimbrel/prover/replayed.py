"""What the history leaves in a database: it is replayed on scratch databases, and their catalogs are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..catalog import Catalog
from ..environment import Environment, Visit
from ..errors import CannotConnect, MigrationFailed, ReplayFailed, WhimbrelError
from ..events import Event, RevisionStarted
from ..interruption import Interruption
from .replica import Replica
from .subject import Subject, read

_MISSING_SCHEMA = r"""schema "([^"]+)" does not exist|Unknown database '([^']+)'|unknown database "?(\w+)"""


def replayed(
    environment: Environment,
    subjects: Sequence[Subject],
    revisions: Sequence[tuple[str, ...]],
    interruption: Interruption,
) -> list[Catalog]:
    """The catalogs that the history leaves at some revisions. Makes scratch databases.

    Args:
        environment: of the databases.
        subjects: what was seen of them, in the order of the visits.
        revisions: where each of them is to be; empty for base.
        interruption: whether the run is to stop.

    Raises:
        ReplayFailed: a revision fails; which, and why.
        ScratchRefused, ScratchUnusable: there is no scratch database to be had.
    """
    found: dict[tuple[str, ...], list[Catalog]] = {}
    for wanted in dict.fromkeys(revisions):
        replay = Replay(ReplayFailed, "upgrade")
        with Replica(environment, subjects, interruption, replay.hear) as replica:
            with replay:
                replica.replay(wanted)
            found[wanted] = replica.each(_read_all)
    return [found[wanted][number] for number, wanted in enumerate(revisions)]


def _read_all(visit: Visit, subject: Subject) -> Catalog:
    """What there is in all schemas, also in those that only the history makes."""
    schemas = (None, *subject.dialect.catalogs.schemas(visit.query), *subject.beside)
    return read(visit, replace(subject, schemas=schemas))


class Replay:
    """Makes an answer of a failure of the history's: what the database and its server refuse is another matter.

    Args:
        answer: the error that is the answer.
        way: what of a revision is run: `upgrade` or `downgrade`.
    """

    def __init__(self, answer: type[WhimbrelError], way: str) -> None:
        self._answer = answer
        self._way = way
        self._running: str | None = None

    def hear(self, event: Event) -> None:
        """Note the revision that is begun: a `Listener`."""
        if isinstance(event, RevisionStarted):
            self._running = event.revision

    def __enter__(self) -> None:
        self._running = None

    def __exit__(self, kind: object, error: BaseException | None, *_: object) -> None:
        if not isinstance(error, WhimbrelError) or isinstance(error, CannotConnect):
            return
        found = re.search(_MISSING_SCHEMA, error.why or "")
        schema = next(filter(None, found.groups()), None) if found else None
        if not isinstance(error, MigrationFailed) and schema is None:
            return
        revision = self._running or "its first revision"
        raise self._answer(
            f"the history cannot be replayed: {revision} fails"
            if self._way == "upgrade"
            else f"the history does not lead back: {revision} fails",
            where=error.where,
            why=error.why,
            state="only the scratch database was changed",
            hint=f'the history expects the schema "{schema}": make it in a revision before, or in env.py'
            if schema
            else f"correct its {self._way}(), or what comes before it",
        ) from error
