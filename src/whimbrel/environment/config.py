"""Alembic's `Config`, reading every ini file that means something and taking every URL."""

from __future__ import annotations

import inspect
import os
from argparse import Namespace
from configparser import ConfigParser
from functools import cached_property
from typing import Any

import alembic.command
from alembic.config import Config

from ..errors import place
from ..settings import Database
from ..settings.files import read_ini


class ProjectConfig(Config):
    """The configuration that env.py, templates and hooks see.

    A `%` in a value that begins no interpolation is taken as it is: `set_main_option("sqlalchemy.url", url)` with a
    percent-encoded password raises in stock Alembic, and prints the password.
    """

    @cached_property
    def file_config(self) -> ConfigParser:
        """The ini file; Alembic's own methods read everything through it."""
        path = self.config_file_name
        here = os.path.dirname(os.path.abspath(path)) if path else os.getcwd()
        self.config_args["here"] = here.replace(os.sep, "/")
        there = path if path and os.path.exists(path) else None
        return read_ini(there, self.config_ini_section, {key: str(value) for key, value in self.config_args.items()})


def config_for(database: Database, *, cmd_opts: Namespace | None, attributes: dict[str, Any]) -> ProjectConfig:
    """The Config of a database, as the `alembic` command would make it.

    Args:
        database: the database.
        cmd_opts: the command line, shaped as Alembic's; env.py files inspect it.
        attributes: what env.py finds in `config.attributes`.
    """
    files = database.alembic
    if cmd_opts is not None and getattr(cmd_opts, "cmd", None) is None:
        cmd_opts.cmd = _alembic_command(cmd_opts.command)
    config = ProjectConfig(
        file_=place(files.ini) if files and files.ini else None,
        toml_file=place(files.toml) if files and files.toml else "pyproject.toml",
        ini_section=files.section if files else "alembic",
        cmd_opts=cmd_opts,
        attributes=attributes,
    )
    if files is None:
        config.set_main_option("script_location", database.script_location)
    return config


def _alembic_command(name: str) -> tuple[Any, list[str], list[str]]:
    """What Alembic's parser puts into `cmd`: env.py files look at the name of its first part."""
    function = getattr(alembic.command, name)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    required = [parameter.name for parameter in parameters if parameter.default is parameter.empty]
    optional = [parameter.name for parameter in parameters if parameter.name not in required]
    # Alembic's command line calls stamp's parameter by another name.
    return function, ["revisions" if name == "stamp" else one for one in required], optional
