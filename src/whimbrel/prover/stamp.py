"""Whether a database is as the revisions leave it that it is to be stamped with."""

from __future__ import annotations

from collections.abc import Sequence

from ..catalog import ENUM, SEQUENCE, Difference
from ..environment import Environment, Visit
from ..errors import CannotConnect, Interrupted, StampDiffers, WhimbrelError, counted, few
from ..interruption import Interruption
from ..planner import Planner
from ..runner import check_half_done
from .history import Seen, past_history, see

_SHOWN = 5


def check_stamp(
    environment: Environment, targets: Sequence[str], interruption: Interruption, *, purge: bool = False
) -> str | None:
    """Refuse a stamp that would be wrong: the next upgrade would start from what is not there.

    The tables count, with all that is part of them or that their columns stand on; views and functions do not. Reads
    the databases, and makes scratch databases.

    Args:
        environment: leads to the databases.
        targets: what they are to be stamped with.
        interruption: whether the run is to stop.
        purge: whether what they are at is forgotten first.

    Returns:
        Why it cannot be seen; None if the databases are as they should be.

    Raises:
        StampDiffers: they are not.
        CannotConnect: there is no database.
    """
    scripts = environment.scripts

    def after(visit: Visit) -> tuple[str, ...]:
        planner = Planner(scripts.history, scripts.revision_map, () if purge else visit.peek())
        if visit.dialect is not None:
            check_half_done(visit, visit.dialect, scripts.history, planner.stamp_targets(targets))
        return planner.stamped(targets, scripts._stamp_revs)

    try:
        seen = see(environment, after, to_change=True)
        found = past_history(environment, seen, interruption)
    except (CannotConnect, Interrupted):
        raise
    except WhimbrelError as error:  # if it is one of the stamp's own, that will raise it again
        return f"{error.what} ({error.why})" if error.why else error.what
    lines = [
        f"{one.subject.where}: {line}" if len(seen) > 1 else line
        for one, differences in zip(seen, found, strict=True)
        for line in _to_be_done(differences)
    ]
    if lines:
        raise _differs(seen, lines)
    return None


def _to_be_done(differences: Sequence[Difference]) -> list[str]:
    """What would make the tables as the history leaves them."""
    counting = (one for one in differences if one.item.table is not None or one.item.kind in (ENUM, SEQUENCE))
    return [str(Difference(one.after, one.before)) for one in counting]


def _differs(seen: Sequence[Seen], lines: Sequence[str]) -> StampDiffers:
    revisions = " and ".join(dict.fromkeys(revision for one in seen for revision in one.revisions)) or "base"
    error = StampDiffers(
        f"the database is not as {revisions} leaves it, in {counted(len(lines), 'place')}",
        where=", ".join(one.subject.where for one in seen),
        why=f"still to be done: {few(lines, _SHOWN, between='; ', last='; and ')}",
        state="nothing was changed",
        hint="make it so, or stamp the revision that it is at; whimbrel stamp --force records it all the same",
    )
    error.differences = tuple(lines)
    return error
