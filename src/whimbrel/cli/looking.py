"""Commands that only look: at the revision files, or at where a database is."""

from __future__ import annotations

from ..errors import ANSWER_NO, DATABASE, PARTLY, WhimbrelError
from ..record import TYPE_CHECKING
from ..status import Status
from .console import table
from .listing import as_dict, entry, short

if TYPE_CHECKING:
    from ..history import History
    from .session import Session

_MESSAGE_SHOWN = 36


def history(session: Session) -> int:
    """`history`: the revisions, or a range of them, newest first."""
    options, asks, range_ = session.options, session.options.indicate_current, None
    if options.rev_range is not None:
        from ..history.target import CURRENT, Resolver, parse, parse_range

        range_ = parse_range(options.rev_range)
        asks = asks or any(side and parse(side).symbol == CURRENT for side in range_)
    current = session.project.current() if asks else None
    revisions = session.history()  # after the database: an env.py that was asked may know of more files
    shown = Resolver(revisions, current).between(*range_) if range_ else revisions.all_newest_first()
    marked = (current or ()) if options.indicate_current else ()
    lines = [
        entry(revisions, revision, current=revision in marked)
        if options.verbose
        else short(revisions, revision, labels=True, message=True, parents=True, current=revision in marked)
        for revision in shown
    ]
    session.console.result(
        "\n".join(lines),
        lambda: [as_dict(revisions, r, current=None if current is None else r in current) for r in shown],
    )
    return 0


def heads(session: Session) -> int:
    """`heads`: the newest revision of every line."""
    revisions = session.history()
    shown = revisions.effective_heads if session.options.resolve_dependencies else revisions.heads
    lines = [
        entry(revisions, revision) if session.options.verbose else short(revisions, revision, labels=True, tree=False)
        for revision in shown
    ]
    session.console.result("\n".join(lines), lambda: [as_dict(revisions, revision) for revision in shown])
    return 0


def branches(session: Session) -> int:
    """`branches`: the revisions that more than one revision follows, and those."""
    revisions = session.history()
    verbose = session.options.verbose
    shown = [revision for revision in revisions.all_newest_first() if revisions.is_branch_point(revision)]
    blocks = []
    for revision in shown:
        head = entry(revisions, revision) if verbose else short(revisions, revision, labels=True)
        pad = " " * len(revision)
        children = [
            f"{pad} -> {short(revisions, c, labels=True, message=verbose)}" for c in revisions.children[revision]
        ]
        blocks.append("\n".join([head, *children, ""]))
    session.console.result(
        "\n".join(blocks),
        lambda: [{**as_dict(revisions, r), "branches_into": list(revisions.children[r])} for r in shown],
    )
    return 0


def show(session: Session) -> int:
    """`show`: a revision in full."""
    revisions, shown = session.named(session.options.rev)
    session.console.result(
        "\n".join(entry(revisions, r) for r in shown), lambda: [as_dict(revisions, r) for r in shown]
    )
    return 0


def current(session: Session) -> int:
    """`current`: where the database is."""
    project = session.project
    positions = project.positions()
    revisions = session.history(project)
    options, lines, data, behind = session.options, [], [], []
    for position in positions:
        unknown = [head for head in position.heads if head not in revisions]
        tips = [*revisions.tips(position.heads), *unknown]
        if options.verbose:
            lines.append(f"Current revision(s) for {position.where}:")
        lines += [_current_line(revisions, revision, verbose=options.verbose) for revision in tips]
        data.append({"where": position.where, "heads": list(position.heads), "unknown": unknown})
        if set(position.heads) != set(revisions.effective_heads):
            behind.append(position.where)
    if options.check_heads and behind:
        from ..errors import NotAtHeads

        raise NotAtHeads(
            f"{len(behind)} of {len(data)} databases are not at head"
            if len(data) > 1
            else "the database is not at head",
            where=", ".join(behind),
            hint="whimbrel upgrade heads" if len(revisions.effective_heads) > 1 else "whimbrel upgrade head",
        )
    session.console.result("\n".join(lines), lambda: data)
    return 0


def _current_line(revisions: History, revision: str, *, verbose: bool) -> str:
    if revision not in revisions:
        return f"{revision} (unknown: no file has it)"
    return entry(revisions, revision) if verbose else short(revisions, revision)


def status(session: Session) -> int:
    """`status`: every database in one table."""
    compare = session.options.models is True
    statuses: list[Status] = []
    several = len(session.settings.databases) > 1
    for project in session.projects():
        try:
            session.history(project)
            statuses += project.status(compare=compare)
        except WhimbrelError as error:
            if not several:
                raise
            statuses.append(Status(project.database.name, str(project.database.origin), error=error))
    rows = [["DATABASE", "REVISION", "BEHIND", "MODELS"], *(_row(one) for one in statuses)]
    lines = [table(rows)]
    for one in statuses:
        if one.error is not None:
            lines.append("")
            lines += one.error.lines()
        for difference in one.differences or ():
            lines.append(f"  {one.database}: {difference}")
    session.console.result("\n".join(lines), lambda: [_as_data(one) for one in statuses])
    attention = sum(not one.at_head or bool(one.differences) for one in statuses)
    if attention and len(statuses) > 1:
        session.console.notice(f"{attention} of {len(statuses)} databases need attention")
    failed = [one for one in statuses if one.error is not None]
    if failed:
        return DATABASE if len(failed) == len(statuses) else PARTLY
    return ANSWER_NO if session.options.check and attention else 0


def _row(one: Status) -> list[str]:
    if one.error is not None and one.pending is None:
        return [one.database, ", ".join(one.heads) or "?", "?", f"error[{one.error.code}], see below"]
    known = [head for head in one.heads if head not in one.unknown]
    names = [f"{head} {_shortened(message)}" for head, message in zip(known, one.messages, strict=True)]
    names += [f"{head} (unknown: no file has it)" for head in one.unknown]
    behind = "?" if one.pending is None else str(one.pending) if one.pending else "head"
    return [one.database, ", ".join(names) or "base", behind, _models(one)]


def _shortened(message: str) -> str:
    """A message that leaves room for the other columns on 80."""
    line = " ".join(message.split())
    return line if len(line) <= _MESSAGE_SHOWN else f"{line[: _MESSAGE_SHOWN - 1]}…"


def _models(one: Status) -> str:
    if one.error is not None:
        return f"error[{one.error.code}], see below"
    if one.differences is None:
        return "not compared"
    return f"{len(one.differences)} differ" if one.differences else "same"


def _as_data(one: Status) -> dict[str, object]:
    return {
        "database": one.database,
        "where": one.where,
        "reachable": one.error is None or one.pending is not None,
        "heads": list(one.heads),
        "unknown": list(one.unknown),
        "behind": one.pending,
        "differences": None if one.differences is None else list(one.differences),
        "error": one.error.as_dict() if one.error else None,
    }
