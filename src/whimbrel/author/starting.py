"""Sets up a project: a folder for the revisions and four lines of configuration, or Alembic's own layout."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import alembic.command
from alembic.util import CommandError

from ..atomic import Replacement
from ..environment import ProjectConfig
from ..errors import CommandRefused, WouldOverwrite, place
from ..events import Listener, Wrote
from ..settings.files import read_toml
from ..settings.load import ALEMBIC_INI, CONFIG_FILE, DEFAULT_LOCATION, PYPROJECT

Values = Mapping[str, str | list[str] | bool]


def start(root: str, listener: Listener, *, chosen: Values, examples: Values) -> None:
    """Make `migrations/versions` and write the configuration, into pyproject.toml if there is one.

    Args:
        root: the project's folder.
        listener: is told what was written.
        chosen: settings to write down, free of secrets.
        examples: settings to show as comments: they need not be written down, but can be.

    Writes files only. What is there already stays as it is.
    """
    versions = os.path.join(root, DEFAULT_LOCATION, "versions")
    if not os.path.isdir(versions):
        os.makedirs(versions)
        listener(Wrote(place(versions), "the revision files will be here"))
    settings = _toml({"script_location": DEFAULT_LOCATION, **chosen}, examples)
    pyproject = os.path.join(root, PYPROJECT)
    if os.path.isfile(pyproject):
        read_toml(pyproject)  # refuses a broken file before anything is added to it
        with open(pyproject, encoding="utf-8", newline="") as file:  # its line ends stay as they are
            text = file.read()
        end = "\r\n" if "\r\n" in text else "\n"
        _write(pyproject, text.rstrip() + f"\n\n[tool.whimbrel]\n{settings}".replace("\n", end))
        listener(Wrote(place(pyproject), "[tool.whimbrel]"))
    else:
        path = os.path.join(root, CONFIG_FILE)
        _write(path, settings)
        listener(Wrote(place(path)))


def _toml(values: Values, comments: Values) -> str:
    lines = [_assignment(*item) for item in values.items()]
    lines += [f"# {_assignment(*item)}" for item in comments.items() if item[0] not in values]
    return "".join(lines)


def _assignment(name: str, value: str | list[str] | bool) -> str:
    import json

    # A JSON string, a list of them, and true are the same in TOML.
    return f"{name} = {json.dumps(value, ensure_ascii=False)}\n"


def _write(path: str, text: str) -> None:
    with Replacement(os.path.realpath(path)) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
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
