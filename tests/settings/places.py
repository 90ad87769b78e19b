"""Folders with configuration, and what whimbrel and stock Alembic find in them."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any
from unittest import mock

from alembic.config import CommandLine, Config
from alembic.script import ScriptDirectory

from whimbrel.settings import Database, load


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files, given by their paths in a folder; texts may be indented."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
    return folder


def only(folder: Path, environ: Mapping[str, str] | None = None, **options: Any) -> Database:
    """The one database that is configured for a folder."""
    [database] = load(str(folder), environ=environ or {}, **options).databases
    return database


def found(folder: Path, environ: Mapping[str, str] | None = None, **options: Any) -> tuple[str | None, str]:
    """The URL for a folder and where it is from, both as they are shown."""
    database = only(folder, environ, **options)
    return database.url and database.url.masked, str(database.url_origin)


def stock(*arguments: str, environ: Mapping[str, str] | None = None) -> tuple[Config, ScriptDirectory]:
    """What `alembic ARGUMENTS heads`, started in the current folder, would work with."""
    line = CommandLine()
    options = line.parser.parse_args([*arguments, "heads"])
    with mock.patch.dict(os.environ, environ or {}), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that no path_separator is configured
        toml, ini = line._inis_from_config(options)
        config = Config(file_=ini, toml_file=toml, ini_section=options.name, cmd_opts=options)
        sys.path_importer_cache.pop(".", None)  # Python keeps what "." was when it was first looked at
        with mock.patch.object(sys, "path", [*sys.path]):
            return config, ScriptDirectory.from_config(config)


def same_as_stock(*arguments: str, environ: Mapping[str, str] | None = None) -> Database:
    """The database in the current folder, after holding what was found against stock Alembic."""
    config, scripts = stock(*arguments, environ=environ)
    names = {"-c": "config", "-n": "section"}
    options: dict[str, Any] = {"config": []}
    for flag, value in zip(arguments[::2], arguments[1::2], strict=True):
        if flag == "-c":
            options["config"].append(value)
        else:
            options[names[flag]] = value
    database = only(Path.cwd(), environ, **options)
    assert database.script_location == _absolute(scripts.dir)
    assert [*database.version_locations] == [_absolute(location) for location in scripts._version_locations]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prepended = config.get_prepend_sys_paths_list() or []
    assert database.options["prepend_sys_path"] == [_absolute(path) for path in prepended]
    assert database.options["sourceless"] == scripts.sourceless
    return database


def _absolute(path: str | Path) -> str:
    return os.path.normpath(os.path.abspath(path))
