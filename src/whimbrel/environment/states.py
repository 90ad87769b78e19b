"""What state the databases of a run are in when it has failed: asked on new connections, not concluded."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import few
from .context import WorkContext
from .work import Visit

_NAMED = 5


def state(context: WorkContext, visit: Visit | None) -> str:
    """The state of the database of a visit, and which of the others are done.

    Args:
        context: the run.
        visit: the one that failed; None if the run failed outside of any.
    """
    here = _state_of(visit) if visit is not None else ""
    others = state_of_others(context, visit)
    return "; ".join(filter(None, (here, others))) or "nothing was changed"


def state_of_others(context: WorkContext, visit: Visit | None) -> str:
    """Which databases of a run are done besides that of a visit, and which are not; empty if there are none."""
    if not context.work.writes:
        return ""
    done: dict[bool, list[Visit]] = {True: [], False: []}
    for other in context.visits:
        if other is not visit and not other.offline:
            done[_is_completed(other)].append(other)
    words = {True: "completed", False: "not completed"}
    return "; ".join(f"{words[is_done]}: {_names(ones, context.visits)}" for is_done, ones in done.items() if ones)


def rolled_back(visit: Visit) -> bool:
    """Whether the failed revision left nothing behind."""
    # Where DDL commits, it is watched.
    is_watched = visit.watcher is not None or bool(visit.context.impl.transactional_ddl)
    return is_watched and not visit.committed_midway and not visit.autocommits


def is_repeatable(visit: Visit) -> bool:
    """Whether the same command can be run again: nothing of the failed revision is left, or it is known what."""
    return rolled_back(visit) or visit.resumable


def is_applied(visit: Visit) -> bool:
    """Whether the revision that failed here is applied all the same: two migrators ran at once."""
    if visit.offline or visit.direction != "upgrade" or visit.uncommitted:
        return False
    try:
        return visit.running in (visit.read_anew() or ())
    except Exception:
        return False


def _state_of(visit: Visit) -> str:
    if visit.offline:
        return "no database was touched"
    if visit.uncommitted:
        return "the transaction of the given connection is still open: nothing is done until it is committed"
    try:
        heads = visit.read_anew()
    except Exception:
        done_nothing = visit.running is None and not visit.finished
        return "nothing was changed" if done_nothing else "unknown: the database does not answer"
    at = ", ".join(heads) if heads else "base"
    if visit.running is None and not visit.finished:
        return f"nothing was changed, the database is at {at}"
    done = len(set(visit.finished)) if heads is not None and set(heads) != set(visit.heads) else 0
    did = "applied" if visit.direction == "upgrade" else "taken back"
    text = f"at {at}, {done} of {visit.planned} revisions {did}"
    if visit.running is not None and visit.committed_midway and visit.resumable:
        return f"{text}; what {visit.running} has committed is noted, safe to run again"
    if visit.running is not None and not is_repeatable(visit):
        return f"{text}; {visit.context.dialect.name} may have kept what {visit.running} did before it ended"
    return f"{text}, safe to run again"


def _is_completed(visit: Visit) -> bool:
    if visit.failure is not None or visit.uncommitted:
        return False
    try:
        seen = visit.read_anew()
    except Exception:
        return False
    return seen is None or frozenset(seen) == visit.reported


def _names(visits: Iterable[Visit], among: Iterable[Visit]) -> str:
    """The visits by schema, where that tells them apart, else by URL; not all of a thousand."""
    one_database = len({visit.address for visit in among}) == 1
    names = list(dict.fromkeys((one_database and visit.inside) or visit.where for visit in visits))
    return few(names, _NAMED)
