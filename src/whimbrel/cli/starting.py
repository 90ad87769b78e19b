"""Commands that set up a project."""

from __future__ import annotations

import os

from ..errors import UrlMissing, UsageError, counted, place
from ..events import Found, Wrote
from ..record import TYPE_CHECKING
from ..settings.values import VARIABLES, variable_of
from .session import Session

if TYPE_CHECKING:
    from ..settings import Database

    Values = dict[str, str | list[str]]

_SHOWN = 4  # modules with models, of those that were found


def init(session: Session) -> int:
    """`init`: set up a project."""
    if session.options.directory:
        return _init_alembic(session)
    databases = session.settings.databases
    if session.settings.below:
        raise UsageError(
            f"there are projects in the folders below: {', '.join(database.name for database in databases)}",
            where=place(session.settings.root),
            why="a project here would hide them",
            state="nothing was written",
            hint="whimbrel status shows them; for a project of its own here, make an empty whimbrel.toml first",
        )
    found = [_show_found(session, database) for database in databases]
    if all(database.alembic for database in databases):
        session.console.notice("this Alembic project runs as it is: nothing was written", "whimbrel status")
    elif session.settings.configured:
        _make_folders(session)
    else:
        _start(session, databases[0], found[0])
    session.console.result("", lambda: {"root": session.settings.root})
    return 0


def _start(session: Session, database: Database, found: Values) -> None:
    """Set up a project where there is none."""
    from ..author import start

    url = {} if "url" in found or "url_from" in found else {"url": "sqlite:///app.db"}
    models = {} if "models" in found else {"models": ["package.module"]}
    examples: dict[str, str | list[str] | bool] = {**found, **url, **models, "production": True}
    start(database.root, session.console.on, chosen=_chosen(session, database), examples=examples)
    missing = [what for what, example in (("a database URL", url), ("models", models)) if example]
    before = f"{' and '.join(missing)}, then  " if missing else ""
    session.console.next(f'{before}whimbrel revision --autogenerate -m "first"')


def _make_folders(session: Session) -> None:
    """A project that is configured already may still lack the folders for its revisions."""
    made = False
    for database in session.settings.databases:
        for folder in database.version_locations if database.alembic is None else ():
            if not os.path.isdir(folder):
                os.makedirs(folder)
                made = True
                session.console.on(Wrote(place(folder), f"the revision files of {database.name} will be here"))
    if not made:
        session.console.notice(f"set up already, see {session.settings.origin}: nothing was written", "whimbrel status")


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
    session.console.result("", lambda: {"root": os.path.abspath(options.directory)})
    return 0


def _chosen(session: Session, database: Database) -> Values:
    """What the command line says, to be written down."""
    from ..connect.url import MASK

    chosen: Values = {}
    if session.options.models:
        chosen["models"] = session.options.models
    if session.options.url and MASK not in database.required_url.masked:
        chosen["url"] = session.options.url
    elif session.options.url:
        session.console.notice("the URL holds a password: it was not written down", "put DATABASE_URL=… into .env")
    return chosen


def _show_found(session: Session, database: Database) -> Values:
    """Show what the project has, and where; the settings that would say the same."""
    if database.alembic is None:
        return {**_show_url(session, database), **_show_models(session, database)}
    count = counted(len(session.project_for(database).history), "revision")
    session.console.on(Found("Alembic project", str(database.origin), count))
    return {}


def _show_url(session: Session, database: Database) -> Values:
    try:
        url, origin = database.url, database.url_origin
    except UrlMissing as error:
        session.console.notice(error.what, error.hint or "")
        return {}
    if url is None or origin is None:
        session.console.notice("no database URL found yet", database.how_to_name_url)
        return {}
    session.console.on(Found("database URL", str(origin), url.masked))
    if origin.detail in (*VARIABLES, variable_of(database.name)):
        return {"url": f"env:{origin.detail}"}
    if origin.detail:
        return {"url_from": origin.place.partition(":")[0]}
    return {"url": f"env:{database.url_variable}"}


def _show_models(session: Session, database: Database) -> Values:
    from pathlib import Path

    from ..models import scan

    if names := database.options.get("models"):
        session.console.on(Found("models", ", ".join(names)))
        return {"models": names}
    found = [module.name for module in scan(Path(database.root), exclude=[Path(database.script_location)])]
    if not found:
        session.console.notice("no models found yet", 'models = ["package.module"] in whimbrel.toml names them')
        return {}
    few = len(found) <= _SHOWN
    session.console.on(
        Found("models", ", ".join(found if few else [*found[:_SHOWN], "…"]), counted(len(found), "module"))
    )
    return {"models": found if few else sorted({name.partition(".")[0] for name in found})}


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
