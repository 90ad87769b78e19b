"""Commands for a run that hangs, and for one that was left in the middle."""

from __future__ import annotations

from ..errors import ANSWER_NO, UsageError, counted
from ..record import TYPE_CHECKING
from .session import Session

if TYPE_CHECKING:
    from ..runner import Decision, Held, Unfinished


def unlock(session: Session) -> int:
    """`unlock`: show who is migrating, and end it."""
    console, project = session.console, session.project
    held = [one for one in project.holders() if one.holder is not None]
    ended: list[Held] = []
    if not held:
        console.notice(f"nobody is migrating {project.database.name}")
    for one in held:
        console.notice(f"{one.where} is {'being migrated' if one.can_be_ended else 'locked'} by {one.holder}")
        if not one.can_be_ended:
            console.notice("SQLite's lock ends with that process, and nothing else can end it", _how_to_end(one))
        elif console.confirms("End it? What it is executing is rolled back, and it can be run again.", session.options):
            if project.unlock(one):
                ended.append(one)
            else:
                console.notice("it has ended by itself meanwhile")
    console.result(
        "\n".join(f"{project.database.name}  unlocked  {one.where}" for one in ended),
        lambda: [_as_data(one, one in ended) for one in held],
    )
    return 0 if len(ended) == len(held) else ANSWER_NO


def resolve(session: Session) -> int:
    """`resolve`: decide about a revision that was left in the middle, or edited; without a decision, show it."""
    decision = _decision(session)
    project = session.project
    if session.options.accept_edits:
        return _accept_edits(session)
    if decision is None:
        found = project.unfinished()
        if not found and not session.console.as_json:
            session.console.notice(f"no revision was left in the middle in {project.database.name}")
    else:
        found = project.resolve(decision)
    lines = [_line(one, decision) for one in found]
    session.console.result("\n".join(lines), lambda: [one._asdict() for one in found])
    if decision is None and any(one.statement is not None for one in found):
        choices = "whimbrel resolve --happened, --did-not-happen or --abandon"
        session.console.notice("look into the database whether it was executed, and say it", choices)
    elif found:
        session.console.next(f"whimbrel {found[0].direction}" + (" -1" if found[0].direction == "downgrade" else ""))
    return 0


def _accept_edits(session: Session) -> int:
    accepted = session.project.accept_edits()
    session.console.result(
        "\n".join(f"{one.revision}  accepted as it is now  ({where})" for where, one in accepted),
        lambda: [{"where": where, "revision": one.revision, "path": one.path} for where, one in accepted],
    )
    return 0


def _decision(session: Session) -> Decision | None:
    options = session.options
    given: list[Decision] = []
    given += ["happened"] if options.happened else []
    given += ["did not happen"] if options.did_not_happen else []
    given += ["abandon"] if options.abandon else []
    if len(given) + options.accept_edits > 1:
        raise UsageError("these decisions exclude each other", hint="whimbrel resolve shows what is to be decided")
    return given[0] if given else None


def _line(one: Unfinished, decision: Decision | None) -> str:
    text = f"{one.revision}  {one.direction} left in the middle, {counted(one.done, 'statement')} done"
    if decision == "abandon":
        return f"{one.revision}  {one.direction} abandoned: it begins from its top"
    if one.statement is None:
        return f"{text}  ({one.where})"
    about = f"statement {one.statement}, {one.summary}"
    return (
        f"{text}; in question: {about}  ({one.where})" if decision is None else f"{one.revision}  {about}: {decision}"
    )


def _how_to_end(one: Held) -> str:
    assert one.holder is not None
    host = f"  (on {one.holder.host})" if one.holder.host else ""
    return f"kill {one.holder.session}{host}"


def _as_data(one: Held, ended: bool) -> dict[str, object]:
    holder = one.holder._asdict() if one.holder is not None else None
    return {"where": one.where, "holder": holder, "ended": ended}
