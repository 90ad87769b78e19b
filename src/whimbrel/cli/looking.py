"""Commands that only look: at the revision files, or at where a database is."""

from __future__ import annotations

from ..record import TYPE_CHECKING
from .listing import as_dict, entry, nowhere, short

if TYPE_CHECKING:
    from ..history import History
    from .session import Session


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
    from ..status import provenance

    project = session.project
    positions = project.positions()
    revisions = session.history(project)
    options, lines, data, behind = session.options, [], [], []
    known_from: list[tuple[str, str]] = []
    if options.check_heads:
        revisions.check()  # what cannot be read may be the head
    for position in positions:
        unknown = [head for head in position.heads if head not in revisions]
        known_from += provenance(unknown, position.attempts)
        tips = [*revisions.tips(position.heads), *unknown]
        if options.verbose:
            lines.append(f"Current revision(s) for {position.where}:")
        lines += [_current_line(revisions, revision, verbose=options.verbose) for revision in tips]
        data.append(
            {
                "where": position.where,
                "heads": list(position.heads),
                "unknown": unknown,
                "provenance": dict(provenance(unknown, position.attempts)),
            }
        )
        if set(position.heads) != set(revisions.effective_heads):
            behind.append(position.where)
    if options.check_heads and behind:
        from ..errors import NotAtHeads

        unknown = [revision for one in data for revision in one["unknown"]]
        raise NotAtHeads(
            f"{len(behind)} of {len(data)} databases are not at head"
            if len(data) > 1
            else "the database is not at head",
            where=", ".join(behind),
            why=_why_unknown(unknown, known_from) if unknown else None,
            hint=_way_to_heads(revisions, unknown),
        )
    session.console.result("\n".join(lines), lambda: data)
    for revision, text in known_from:
        session.console.notice(f"{revision} was {text}")
    return 0


def _why_unknown(unknown: list[str], known_from: list[tuple[str, str]]) -> str:
    sentences = [f"{revision} was {text}" for revision, text in known_from]
    return "; ".join([f"no revision file has {', '.join(unknown)}", *sentences])


def _way_to_heads(revisions: History, unknown: list[str]) -> str:
    if unknown:
        return f"git log --all -S {unknown[0]} finds the file; no upgrade leads on without it"
    return "whimbrel upgrade heads" if len(revisions.effective_heads) > 1 else "whimbrel upgrade head"


def _current_line(revisions: History, revision: str, *, verbose: bool) -> str:
    if revision not in revisions:
        return f"{revision} ({nowhere(revisions.problem)})"
    return entry(revisions, revision) if verbose else short(revisions, revision)
