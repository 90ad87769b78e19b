"""An Alembic project's configuration, read without Alembic: enough to find the revision files."""

from __future__ import annotations

import os
import re
import sys

from ..errors import ConfigurationInvalid, ProjectNotFound
from ..record import TYPE_CHECKING
from .files import has_env, read_ini, read_tool
from .values import AlembicFiles, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from configparser import ConfigParser
    from typing import Any

_SEPARATORS = {"space": " ", "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}
_TRUE = ("true", "yes", "on", "y", "t", "1")


class AlembicOptions:
    """The options of `[alembic]` in the ini file, else of `[tool.alembic]` in the pyproject, as Alembic finds them.

    Args:
        files: where they are.
        base: the folder that relative locations start from.
    """

    def __init__(self, files: AlembicFiles, base: str) -> None:
        self._files = files
        self._base = base
        self._ini: ConfigParser = read_ini(files.ini, files.section)
        self._toml = _tool_table(files.toml)

    @property
    def origin(self) -> Origin:
        """The file and section that name the script location."""
        if self._files.ini and self._ini.has_section(self._files.section):
            return Origin(os.path.relpath(self._files.ini), f"[{self._files.section}]")
        return Origin(os.path.relpath(self._files.toml or self._files.ini or "."), "[tool.alembic]")

    @property
    def script_location(self) -> str:
        """The folder with env.py, absolute; by default the ini file's own, if env.py lies there.

        Flask-Migrate keeps both in `migrations/`, and names the folder only when it runs Alembic.

        Raises:
            ProjectNotFound: no file says where it is.
            ConfigurationInvalid: it is in a package that cannot be found.
        """
        location = self._get("script_location")
        if not location and self._files.ini and self._ini.has_section(self._files.section):
            beside = os.path.dirname(os.path.abspath(self._files.ini))
            location = beside if has_env(beside) else None
        if not location:
            section = f"[{self._files.section}]"
            lacks_section = self._files.ini and not self._ini.has_section(self._files.section)
            raise ProjectNotFound(
                f"there is no section {section}" if lacks_section else f"no script_location in {section}",
                where=os.path.relpath(self._files.ini or self._files.toml or self._base),
                why=f"the file has {', '.join(f'[{name}]' for name in self._ini.sections()) or 'no section'}"
                if self._files.ini
                else None,
                hint=f"add  script_location = migrations  to {section}, or name another section with -n",
            )
        return self._locate(location)

    @property
    def version_locations(self) -> tuple[str, ...]:
        """The folders with revision files, absolute; empty if it is `versions/` in the script location."""
        return tuple(map(self._locate, self._list("version_locations", ("path_separator", "version_path_separator"))))

    @property
    def prepend_sys_path(self) -> tuple[str, ...]:
        """Folders to put first in `sys.path`, absolute."""
        paths = self._list("prepend_sys_path", ("path_separator",), legacy=r", *|(?: +)|\:")
        return tuple(os.path.normpath(os.path.join(self._base, path)) for path in paths)

    def flag(self, name: str) -> bool:
        """A boolean option. Alembic takes only `true`; `True` and `yes` mean the same here."""
        value = self._get(name)
        return value if isinstance(value, bool) else _word(value or "").lower() in _TRUE

    def _get(self, name: str) -> Any:
        from configparser import InterpolationError

        if self._ini.has_option(self._files.section, name):
            try:
                return self._ini.get(self._files.section, name)
            except InterpolationError as error:
                raise ConfigurationInvalid(
                    f"the value of {name} refers to something that is not there",
                    where=self._files.ini,
                    why=error.message.splitlines()[0],
                ) from error
        return self._toml.get(name)

    def _list(self, name: str, separators: Sequence[str], legacy: str = r", *|(?: +)") -> list[str]:
        value = self._get(name)
        if not value:
            return []
        if isinstance(value, list):
            return value
        separator = next((_word(found) for key in separators if (found := self._get(key))), None)
        if separator is None:
            return [part for part in re.split(legacy, value) if part]
        if separator not in _SEPARATORS:
            raise ConfigurationInvalid(
                f'"{separator}" is not a path separator', where=self._files.ini, hint=f"use {', '.join(_SEPARATORS)}"
            )
        return [part.strip() for part in value.split(_SEPARATORS[separator]) if part.strip()]

    def _locate(self, location: str) -> str:
        if os.path.isabs(location) or ":" not in location:
            return os.path.normpath(os.path.join(self._base, location))
        package, *parts = location.split(":")
        return os.path.join(package_folder(package, self.prepend_sys_path, self._files), *parts)


def package_folder(package: str, prepended: Sequence[str], files: AlembicFiles) -> str:
    """The folder of an installed package, found without importing it or its parents.

    Raises:
        ConfigurationInvalid: no such package.
    """
    from importlib.machinery import PathFinder

    path: Sequence[str] | None = None
    for depth in range(1, package.count(".") + 2):
        name = ".".join(package.split(".")[:depth])
        # By its last part: for a namespace package inside of another one, Python wants that one to be imported.
        spec = PathFinder.find_spec(name.rpartition(".")[2], [*prepended, *sys.path] if path is None else path)
        if spec is None:
            found = (finder.find_spec(name, path) for finder in sys.meta_path if hasattr(finder, "find_spec"))
            spec = next(filter(None, found), None)
        if spec is None or spec.submodule_search_locations is None:
            raise ConfigurationInvalid(
                f'there is no package "{name}"',
                where=files.ini or files.toml,
                why="a location is written package:folder",
                hint="install the package into this environment, or add its folder to prepend_sys_path",
            )
        path = list(spec.submodule_search_locations)
    assert path is not None
    return path[0]


def _tool_table(path: str | None) -> dict[str, Any]:
    """`[tool.alembic]` with `%(here)s` filled in."""
    if path is None:
        return {}
    table = read_tool(path, "alembic")[0] or {}
    here = {"here": os.path.dirname(os.path.abspath(path)).replace(os.sep, "/")}
    return {name: _filled(value, here) for name, value in table.items()}


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        try:
            return value % names
        except (KeyError, ValueError, TypeError):
            return value
    return [_filled(item, names) for item in value] if isinstance(value, list) else value


def _word(value: str) -> str:
    """A one-word value without the comment that people write behind it (`os  # Use os.pathsep`)."""
    return re.split(r"\s[#;]", value, maxsplit=1)[0].strip()
