"""Folders below one that is no project itself, each with a project and perhaps a database of its own."""

from __future__ import annotations

import os

from ..errors import WhimbrelError
from ..record import TYPE_CHECKING
from .values import Database, Origin, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, NoReturn, Protocol

    class Search(Protocol):
        """Looks for the URLs of the databases of a project."""

        def in_folder(self, root: str, others: list[str]) -> Any:
            """The search for one that has others beside it."""

    class Found(Protocol):
        """A project that was found in a folder."""

        root: str

        def settings(self, search: Any, overrides: Mapping[str, Any], name: str) -> Settings:
            """Its databases; an only one is called `name`."""


_DEEPEST = 3
_MOST = 2_000
"""Folders that are looked into at most, the nearest first: a command may be started in somebody's home."""
_NOT_OURS = ("node_modules", "site-packages", "__pycache__")


class _Broken:
    """A project whose configuration cannot even be read."""

    def __init__(self, root: str, error: WhimbrelError) -> None:
        self.root = root
        self._error = error

    def settings(self, search: Any, overrides: Mapping[str, Any], name: str) -> NoReturn:
        raise self._error


def _unusable(name: str, root: str, error: WhimbrelError) -> Database:
    return Database(
        name=name,
        root=root,
        origin=Origin(os.path.relpath(root)),
        script_location=root,
        version_locations=(),
        options={},
        problem=error,
    )


class Folders:
    """Projects in the folders below one that is no project itself, by what their databases are called."""

    def __init__(self, root: str, projects: Mapping[str, Found]) -> None:
        self.root = root
        self._projects = projects

    def settings(self, search: Search, overrides: Mapping[str, Any]) -> Settings:
        """All their databases. A project with several has its folder's name before theirs."""
        databases: list[Database] = []
        for name, project in self._projects.items():
            own = search.in_folder(project.root, [other for other in self._projects if other != name])
            try:
                found = project.settings(own, overrides, name).databases
            except WhimbrelError as error:  # it is told when this one's turn comes: the others are not affected
                found = (_unusable(name, project.root, error),)
            for database in found:
                database.name = name if len(found) == 1 else f"{name}.{database.name}"
                database.only &= len(self._projects) == 1
            databases += found
        return Settings(
            self.root, Origin(os.path.relpath(self.root), "the folders below"), tuple(databases), below=True
        )


def projects_below(folder: str, project_in: Callable[[str], Found | None]) -> dict[str, Found]:
    """The projects in the folders below one, by the folder's name, in alphabetical order.

    A folder with a project is not searched further, nor are hidden folders, packages and virtual environments, and no
    link is followed. Reads files only.

    Args:
        folder: where to begin; it is not looked into itself.
        project_in: the project in a folder, if there is one.

    Returns:
        The projects; one that cannot be read raises when its settings are asked for. Folders of the same name are
        called by their paths.
    """
    found: dict[str, Found] = {}
    level, looked_into = _folders_in(folder), 0
    for _ in range(_DEEPEST):
        further: list[str] = []
        for path in level[: _MOST - looked_into]:
            looked_into += 1
            project = _read(path, project_in)
            if project is not None:
                found[os.path.relpath(path, folder).replace(os.sep, "/")] = project
            else:
                further += _folders_in(path)
        level = further
    return {_name(path, found): found[path] for path in sorted(found)}


def _read(path: str, project_in: Callable[[str], Found | None]) -> Found | None:
    try:
        return project_in(path)
    except WhimbrelError as error:
        return _Broken(path, error)


def _folders_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.path for entry in entries if entry.is_dir(follow_symlinks=False) and _is_ours(entry))
    except OSError:  # it may not be read, or is gone
        return []


def _is_ours(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or entry.name in _NOT_OURS:
        return False
    return not os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))


def _name(path: str, among: Iterable[str]) -> str:
    name = path.rpartition("/")[2]
    return name if sum(other.rpartition("/")[2] == name for other in among) == 1 else path
