"""How a database has drifted from its own history: what somebody has changed past the revisions."""

from __future__ import annotations

from .journal.attempt import DONE
from .record import TYPE_CHECKING, Record
from .status import status_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .catalog import Difference
    from .environment import Environment, Visit
    from .interruption import Interruption
    from .journal import Attempt
    from .position import Position
    from .status import Status


class Drift(Record):
    """One database, and what is otherwise there than its history leaves it.

    Attributes:
        status: where it is, and what the journal knows: what was edited since, and what was left in the middle.
        differences: what was done to it past its history.
        last: the last attempt that got through; None if the journal has none.
    """

    status: Status
    differences: tuple[Difference, ...]
    last: Attempt | None

    @property
    def last_run(self) -> str | None:
        """The last revision that was run, when, by whom and from what, in words; None if the journal has none."""
        if self.last is None:
            return None
        did = "applied" if self.last.direction == "upgrade" else "taken back"
        return f"{self.last.revision} was {did} {self.last.when} {self.last.who}, {self.last.tool}"


def drift(environment: Environment, positions: Sequence[Position], interruption: Interruption) -> list[Drift]:
    """How the databases of an environment have drifted. Reads them, and makes scratch databases.

    Args:
        environment: leads to them.
        positions: where they are, with their journals, in the order of the visits.
        interruption: whether the run is to stop.

    Raises:
        DatabaseRevisionUnknown: a database is at a revision that no file has.
        ReplayFailed: a revision fails on the scratch database.
        WhimbrelError: they cannot be read, or there is no scratch database to be had.
    """
    from .planner import check_known
    from .prover import past_history, see

    left = iter(positions)

    def at(visit: Visit) -> tuple[str, ...]:
        position = next(left)
        # Not before env.py has run: it may say where the revisions are.
        check_known(environment.scripts.history, position.heads, position.attempts)
        return position.heads

    seen = see(environment, at)
    found = past_history(environment, seen, interruption)
    return [
        Drift(
            status_at(position, environment.scripts.history, environment.database.name),
            tuple(differences),
            next((one for one in reversed(position.attempts) if one.state == DONE), None),
        )
        for position, differences in zip(positions, found, strict=True)
    ]
