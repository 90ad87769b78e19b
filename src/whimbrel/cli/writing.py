"""Commands that write revision files, or say what a new one would hold."""

from __future__ import annotations

import os

from ..errors import DifferencesFound, RevisionNotFound, UsageError, counted, place
from ..record import TYPE_CHECKING
from .deciding import decisions
from .listing import as_dict
from .session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..author import NewRevision


def revision(session: Session) -> int:
    """`revision`: write a new revision file."""
    options = session.options
    new = session.project.revision(
        options.message,
        autogenerate=options.autogenerate,
        baseline=options.baseline,
        sql=options.sql,
        head=options.head or "head",
        splice=options.splice,
        branch_label=options.branch_label,
        version_path=options.version_path,
        rev_id=options.rev_id,
        depends_on=options.depends_on,
        **decisions(options),
    )
    return _report(session, new, applied=options.baseline)


def merge(session: Session) -> int:
    """`merge`: write a revision that joins heads."""
    options = session.options
    new = session.project.merge(
        options.revisions,
        options.message,
        branch_label=options.branch_label,
        rev_id=options.rev_id,
        splice=options.splice,
    )
    return _report(session, new)


def _report(session: Session, new: list[NewRevision], *, applied: bool = False) -> int:
    text = "\n".join(map(written, new))
    session.console.result(text, lambda: [revision._asdict() for revision in new])
    tell_proofs(session, new)
    if new and not applied:
        session.console.next(f"look through the file, then  {_upgrade(session)}")
    return 0


def tell_proofs(session: Session, new: Iterable[NewRevision]) -> None:
    """Tell how new revisions were proven, once it is told which files those are."""
    for revision in new:
        if revision.proof:
            session.console.notice(f"{revision.revision} is proven {revision.proof}")


def written(revision: NewRevision) -> str:
    """A new revision file, in the words of Alembic."""
    return f"Generating {place(revision.path)} ...  done"


def _upgrade(session: Session) -> str:
    """The command that applies what was written."""
    several = len(session.project.history.effective_heads) > 1
    return f"whimbrel upgrade{' heads' if several else ''}"


def edit(session: Session) -> int:
    """`edit`: open revision files in an editor."""
    import shlex
    import subprocess

    revisions, chosen = session.named(session.options.rev)
    if not chosen:
        raise RevisionNotFound(f'"{session.options.rev}" is no revision file', hint="whimbrel history lists them")
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UsageError("no editor is set", hint="export EDITOR=nano")
    for name in chosen:
        try:
            subprocess.run([*shlex.split(editor), revisions[name].path], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            hint = "set VISUAL or EDITOR to an editor that is installed"
            where = place(revisions[name].path)
            raise UsageError("the editor failed", where=where, why=str(error), hint=hint) from error
    session.console.result("", lambda: [as_dict(revisions, name) for name in chosen])
    return 0


def verify(session: Session) -> int:
    """`verify`: replay the history on a scratch database."""
    found = session.project.verify(down=session.options.down, scratch=session.options.scratch)
    name = session.project.database.name
    back = f", {len(found.taken_back)} taken back" if session.options.down else ""
    session.console.result(
        f"{name}  {counted(len(found.applied), 'revision')} applied{back}, from an empty database",
        lambda: {"database": name, **found._asdict()},
    )
    return 0


def check(session: Session) -> int:
    """`check`: whether models and database differ."""
    differences = session.project.check(full=session.options.full)
    if not differences:
        session.console.result("No new upgrade operations detected.", lambda: {"differences": []})
        return 0
    if not session.console.as_json:
        session.console.result("\n".join(differences), lambda: None)
    refusal = DifferencesFound(
        f"the models and the database differ in {counted(len(differences), 'place')}",
        why="; ".join(differences) if session.console.as_json else None,
        hint='whimbrel revision --autogenerate -m "describe it"',
    )
    refusal.differences = tuple(differences)
    raise refusal
