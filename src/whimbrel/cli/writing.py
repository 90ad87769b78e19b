"""Commands that write files: projects and revisions; and what a new revision would hold."""

from __future__ import annotations

import os

from ..errors import DifferencesFound, RevisionNotFound, UrlMissing, UsageError, counted, place
from ..events import Found, Wrote
from ..record import TYPE_CHECKING
from .session import Session

if TYPE_CHECKING:
    from ..author import NewRevision
    from ..settings import Database


def init(session: Session) -> int:
    """`init`: set up a project."""
    if session.options.directory:
        return _init_alembic(session)
    found = _show_found(session)
    if session.settings.configured and all(database.alembic is None for database in session.settings.databases):
        return _make_folders(session)
    database = session.settings.databases[0]
    if database.alembic is not None:
        session.console.notice("this Alembic project runs as it is: nothing was written", "whimbrel status")
        session.console.result("", lambda: {"root": database.root})
        return 0
    from ..author import start
    from ..connect.url import MASK

    url = session.options.url if session.options.url and MASK not in database.required_url.masked else None
    if session.options.url and url is None:
        session.console.notice("the URL holds a password: it was not written down", "put DATABASE_URL=… into .env")
    models = session.options.models or ()
    start(database.root, session.console.on, models=tuple(models), url=url)
    following = 'whimbrel revision --autogenerate -m "first"'
    if not found:
        following = f"models in a module of this folder, and a database URL; then  {following}"
    session.console.result(f"Next:  {following}", lambda: {"root": database.root})
    return 0


def _make_folders(session: Session) -> int:
    """A project that is configured already may still lack the folders for its revisions."""
    made = False
    for database in session.settings.databases:
        for folder in database.version_locations:
            if not os.path.isdir(folder):
                os.makedirs(folder)
                made = True
                session.console.on(Wrote(place(folder), f"the revision files of {database.name} will be here"))
    if not made:
        session.console.notice(f"set up already, see {session.settings.origin}: nothing was written", "whimbrel status")
    session.console.result("", lambda: {"root": session.settings.root})
    return 0


def _init_alembic(session: Session) -> int:
    from ..author import start_alembic

    options = session.options
    toml = [name for name in options.config or () if os.path.basename(name) == "pyproject.toml"]
    ini = [name for name in options.config or () if name not in toml]
    named = {"ini": ini[0]} if ini else {}
    start_alembic(
        options.directory,
        template=options.template,
        package=options.package,
        cmd_opts=options,
        **named,
        **({"toml": toml[0]} if toml else {}),
    )
    return 0


def _show_found(session: Session) -> bool:
    """Show what the project has, and where; whether that is all it needs."""
    complete = True
    for database in session.settings.databases:
        if database.alembic is not None:
            count = counted(len(session.project_for(database).history), "revision")
            session.console.on(Found("Alembic project", str(database.origin), count))
        else:
            complete = _show_url(session, database) and _show_models(session, database) and complete
    return complete


def _show_url(session: Session, database: Database) -> bool:
    try:
        url = database.url
    except UrlMissing as error:
        session.console.notice(error.what, error.hint or "")
        return False
    if url is None:
        session.console.notice("no database URL found yet", database.how_to_name_url)
        return False
    session.console.on(Found("database URL", str(database.url_origin), url.masked))
    return True


def _show_models(session: Session, database: Database) -> bool:
    from pathlib import Path

    from ..models import scan

    if names := database.options.get("models"):
        session.console.on(Found("models", ", ".join(names)))
        return True
    found = [module.name for module in scan(Path(database.root), exclude=[Path(database.script_location)])]
    if not found:
        session.console.notice("no models found yet", 'models = ["package.module"] in whimbrel.toml names them')
        return False
    names = found[:4] + ["…"] * (len(found) > 4)
    session.console.on(Found("models", ", ".join(names), counted(len(found), "module")))
    return True


def list_templates(session: Session) -> int:
    """`list_templates`: Alembic's templates."""
    from ..author import templates

    found = templates()
    lines = ["Available templates:", "", *(f"{name} - {synopsis}" for name, synopsis in found)]
    lines += [
        "",
        "Templates are used via the 'init' command, e.g.:",
        "",
        "  whimbrel init --template generic ./scripts",
    ]
    session.console.result("\n".join(lines), lambda: dict(found))
    return 0


def revision(session: Session) -> int:
    """`revision`: write a new revision file."""
    options = session.options
    new = session.project.revision(
        options.message,
        autogenerate=options.autogenerate,
        sql=options.sql,
        head=options.head or "head",
        splice=options.splice,
        branch_label=options.branch_label,
        version_path=options.version_path,
        rev_id=options.rev_id,
        depends_on=options.depends_on,
    )
    return _report(session, new)


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


def _report(session: Session, new: list[NewRevision]) -> int:
    text = "\n".join(f"Generating {place(revision.path)} ...  done" for revision in new)
    session.console.result(text, lambda: [revision._asdict() for revision in new])
    return 0


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
            raise UsageError("the editor failed", where=place(revisions[name].path), why=str(error)) from error
    return 0


def check(session: Session) -> int:
    """`check`: whether models and database differ."""
    differences = session.project.check()
    if not differences:
        session.console.result("No new upgrade operations detected.", lambda: {"differences": []})
        return 0
    if not session.console.as_json:
        session.console.result("\n".join(differences), lambda: None)
    raise DifferencesFound(
        f"the models and the database differ in {counted(len(differences), 'place')}",
        why="; ".join(differences) if session.console.as_json else None,
        hint="whimbrel revision --autogenerate -m …",
    )
