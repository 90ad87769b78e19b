"""`flask db …`: whimbrel's command line inside a Flask application, with the databases of its Flask-SQLAlchemy."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import MetaData

from ..cli import main
from ..cli.application import Application, Known
from ..cli.grammar import COMMANDS
from ..cli.parser import parse
from ..errors import FlaskNotConfigured, WhimbrelError
from ..settings.load import ALEMBIC_INI, DEFAULT_LOCATION, ONLY

if TYPE_CHECKING:
    from flask import Flask

_ALIASES = {"migrate": ("revision", "--autogenerate")}
"""Names of Flask-Migrate that are none of Alembic's."""

_IMPLIED = {"downgrade": "-1", "stamp": "head", "edit": "head", "show": "head", "merge": "heads"}
"""What Flask-Migrate takes where a command names no revision."""


class Whimbrel:
    """A Flask extension: `flask db upgrade`, and every other command of whimbrel and of Flask-Migrate.

    Args:
        app: the application; without one, call `init_app`.
        db: its Flask-SQLAlchemy; found when it is wanted, if it is not given.
        directory: the folder with the revisions. If it has an env.py, as Flask-Migrate makes, that is run unchanged.
        command: the name of the group of commands.
        configure_args: arguments of `context.configure` for such an env.py.

    Each bind of Flask-SQLAlchemy is a database of its own, with revisions in a folder of its name below `directory`.
    """

    def __init__(
        self,
        app: Flask | None = None,
        db: Any = None,
        directory: str | os.PathLike[str] = DEFAULT_LOCATION,
        command: str = "db",
        **configure_args: Any,
    ) -> None:
        self.db = db
        self.directory = os.fspath(directory)
        self.command = command
        self.configure_args = {"compare_type": True, "render_as_batch": True, **configure_args}
        if app is not None:
            self.init_app(app)

    def init_app(
        self, app: Flask, db: Any = None, directory: str | os.PathLike[str] | None = None, **configure_args: Any
    ) -> None:
        """Give an application its commands. Arguments as of the class; those that are given go before."""
        known = _Extension(self, db or self.db, os.fspath(directory or self.directory))
        known.configure_args.update(configure_args)
        app.extensions["migrate"] = known  # where the env.py of Flask-Migrate looks
        app.cli.add_command(_group(self.command, app, known))


class _Extension:
    """What an env.py of Flask-Migrate finds in `current_app.extensions["migrate"]`."""

    def __init__(self, extension: Whimbrel, db: Any, directory: str) -> None:
        self.migrate = extension
        self.db = db
        self.directory = directory
        self.configure_args = dict(extension.configure_args)

    @property
    def metadata(self) -> Any:
        return self.db.metadata


class _Group(AppGroup):
    """Commands with a dash in their names; an underscore is as good, as everywhere."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name.replace("_", "-"))


def _group(name: str, app: Flask, known: _Extension) -> click.Group:
    group = _Group(name, help="Version control for the schemas of the databases.")
    for command in COMMANDS:
        dashed = command.name.replace("_", "-")
        group.add_command(_command(dashed, (command.name,), command.summary, app, known))
    for alias, words in _ALIASES.items():
        summary = f"the same as {' '.join(words)}"
        group.add_command(_command(alias, words, summary, app, known))
    return group


def _command(name: str, before: Sequence[str], summary: str, app: Flask, known: _Extension) -> click.Command:
    @click.pass_context
    def run(context: click.Context, words: tuple[str, ...]) -> None:
        try:
            code = _run([*before, *("-x" if word == "--x-arg" else word for word in words)], app, known)
        except FlaskNotConfigured as error:
            click.echo(str(error), err=True)
            code = error.exit_code
        context.exit(code)

    return click.Command(
        name,
        callback=with_appcontext(run),
        params=[click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)],
        short_help=summary,
        add_help_option=False,  # whimbrel's parser has one
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    )


def _run(words: list[str], app: Flask, known: _Extension) -> int:
    """The exit code of a command line, run for each database that it is meant for."""
    program = f"flask {known.migrate.command}"
    known.db = known.db or app.extensions.get("sqlalchemy")
    words = _complete(words)
    if os.path.isfile(os.path.join(known.directory, "env.py")):
        ini = os.path.join(known.directory, ALEMBIC_INI)
        return main(["-c", ini, *words] if os.path.isfile(ini) else words, program=program)
    application = Application("Flask", known.directory, tuple(_databases(known.db)))
    return main(words, application=application, program=program)


def _complete(words: list[str]) -> list[str]:
    """The command line with the revision that Flask-Migrate implies, if one is missing."""
    implied = _IMPLIED.get(words[0])
    if implied is None or {"-h", "--help"} & {*words}:
        return words
    try:
        parse(words)
    except WhimbrelError:
        try:
            parse([*words, implied])
        except WhimbrelError:
            return words  # something else is wrong, which is told
        return [*words, implied]
    return words


def _databases(db: Any) -> Iterator[Known]:
    """The databases of a Flask-SQLAlchemy, the main one first.

    Raises:
        FlaskNotConfigured: there is none, or it is that of another application.
    """
    try:
        engines = db.engines
    except (AttributeError, RuntimeError) as error:
        raise FlaskNotConfigured(
            "the application has no Flask-SQLAlchemy",
            why=None if db is None else " ".join(str(error).split()),
            state="nothing was changed",
            hint="db = SQLAlchemy(app), or db.init_app(app), then Whimbrel(app, db)",
        ) from error
    for bind in sorted(engines, key=lambda bind: (bind is not None, str(bind))):
        url = engines[bind].url.render_as_string(hide_password=False)
        key = "SQLALCHEMY_DATABASE_URI" if bind is None else f"SQLALCHEMY_BINDS[{bind!r}]"
        yield Known(bind or ONLY, url, key, db.metadatas[bind] if bind in db.metadatas else MetaData())
