"""Sets up a project: a folder for the revisions and four lines of configuration, or Alembic's own layout."""

from __future__ import annotations

import os
from typing import Any

import alembic.command
from alembic.util import CommandError

from ..atomic import Replacement
from ..environment import ProjectConfig
from ..errors import CommandRefused, WouldOverwrite, place
from ..events import Listener, Wrote
from ..settings.files import read_text, read_toml
from ..settings.load import ALEMBIC_INI, CONFIG_FILE, DEFAULT_LOCATION, PYPROJECT


def start(root: str, listener: Listener, *, models: tuple[str, ...] = (), url: str | None = None) -> None:
    """Make `migrations/versions` and write the configuration, into pyproject.toml if there is one.

    Args:
        root: the project's folder.
        listener: is told what was written.
        models: written down if given; otherwise the project is scanned each time.
        url: written down if given and free of secrets.

    Writes files only. What is there already stays as it is.
    """
    versions = os.path.join(root, DEFAULT_LOCATION, "versions")
    if not os.path.isdir(versions):
        os.makedirs(versions)
        listener(Wrote(place(versions), "the revision files will be here"))
    values: dict[str, str | list[str]] = {"script_location": DEFAULT_LOCATION}
    if url:
        values["url"] = url
    if models:
        values["models"] = list(models)
    pyproject = os.path.join(root, PYPROJECT)
    if os.path.isfile(pyproject):
        read_toml(pyproject)  # refuses a broken file before anything is added to it
        text = read_text(pyproject).rstrip("\n") + "\n\n[tool.whimbrel]\n" + _toml(values)
        _write(pyproject, text)
        listener(Wrote(place(pyproject), "[tool.whimbrel]"))
    else:
        path = os.path.join(root, CONFIG_FILE)
        _write(path, _toml(values))
        listener(Wrote(place(path)))


def _toml(values: dict[str, str | list[str]]) -> str:
    import json

    # A JSON string, and a list of them, is the same in TOML.
    return "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())


def _write(path: str, text: str) -> None:
    with Replacement(os.path.realpath(path)) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write(text)


def start_alembic(
    directory: str,
    *,
    template: str = "generic",
    package: bool = False,
    ini: str = ALEMBIC_INI,
    toml: str = PYPROJECT,
    cmd_opts: Any = None,
) -> None:
    """Make Alembic's layout with one of its templates, as `alembic init` does. Prints what Alembic prints.

    Args:
        directory: where env.py and `versions/` go.
        template: one of `alembic list_templates`.
        package: whether the folders become Python packages.
        ini, toml: the configuration files to write.
        cmd_opts: the command line.

    Raises:
        WouldOverwrite: the directory exists and is not empty.
        CommandRefused: there is no such template.
    """
    if os.path.isdir(directory) and os.listdir(directory):
        raise WouldOverwrite(
            "the directory exists and is not empty",
            where=directory,
            state="nothing was written",
            hint="name another one, or empty it first",
        )
    if template not in (names := [name for name, _ in templates()]):
        raise CommandRefused(
            f'there is no template "{template}"', state="nothing was written", hint=f"there are {', '.join(names)}"
        )
    config = ProjectConfig(file_=ini, toml_file=toml, cmd_opts=cmd_opts)
    try:
        alembic.command.init(config, directory, template=template, package=package)
    except CommandError as error:
        raise CommandRefused(str(error), state="nothing was written", hint="whimbrel list_templates") from error


def templates() -> list[tuple[str, str]]:
    """Alembic's templates: their names, and a line about each."""
    folder = ProjectConfig()._get_template_path()
    return [(path.name, (path / "README").read_text().splitlines()[0]) for path in sorted(folder.iterdir())]
