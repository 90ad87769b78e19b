"""Walks a project's folders: which Python files may hold models, and what Python calls them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from keyword import iskeyword
from pathlib import Path
from typing import NamedTuple

_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "test", "tests"})
# Usually made by tools. With an `__init__.py` they are code after all: an application may have a package `docs`.
_MADE_FOLDERS = frozenset({"build", "dist", "docs"})
_SKIPPED_FILES = frozenset({"__main__.py", "conftest.py", "noxfile.py", "setup.py", "tests.py"})


class SourceFile(NamedTuple):
    """A Python file and its dotted name."""

    name: str
    path: str

    @property
    def is_package(self) -> bool:
        """Whether it is the file of a package."""
        return os.path.basename(self.path) == "__init__.py"

    @property
    def package(self) -> str:
        """What relative imports in this file are relative to."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


class _Folder(NamedTuple):
    path: str
    real: str
    package: str


class Walk:
    """Visits every real folder once, whatever symbolic links say, over any number of starting points.

    Args:
        exclude: folders to leave out, such as the revisions.
    """

    def __init__(self, exclude: Iterable[Path] = ()) -> None:
        self._seen = {os.path.realpath(path) for path in exclude}

    def files(self, start: str | Path, package: str = "") -> Iterator[SourceFile]:
        """The importable Python files below a folder, in no particular order.

        Args:
            start: the folder; it is walked whatever it is called.
            package: its dotted name, "" for an import root.
        """
        folders = [_Folder(str(start), os.path.realpath(start), package)]
        # Links wait until all folders are done, so that a linked folder keeps the name of its real place.
        links: list[_Folder] = []
        self._seen.discard(folders[0].real)
        while folders or links:
            folder = folders.pop() if folders else links.pop()
            if folder.real in self._seen:
                continue
            self._seen.add(folder.real)
            for entry in _entries(folder.path, is_start=folder.path == str(start)):
                if _is_folder(entry):
                    _queue(entry, folder, folders, links)
                elif _is_wanted_file(entry.name) and (name := _name(entry, folder)):
                    yield SourceFile(name, entry.path)


def _name(entry: os.DirEntry[str], folder: _Folder) -> str:
    """The dotted name of a file; "" when it has none, as an `__init__.py` left at an import root."""
    stem = entry.name.removesuffix(".py")
    if stem == "__init__":
        return folder.package
    if _is_package(os.path.join(folder.path, stem)):
        return ""  # of `shop.py` and `shop/__init__.py`, Python takes the package
    return _join(folder.package, stem)


def _queue(entry: os.DirEntry[str], parent: _Folder, folders: list[_Folder], links: list[_Folder]) -> None:
    if not _is_wanted_folder(entry):
        return
    package = _join(parent.package, entry.name)
    if not entry.is_symlink():
        folders.append(_Folder(entry.path, os.path.join(parent.real, entry.name), package))
    # A linked folder that is no package is most likely data, and may be a whole disk.
    elif _is_package(entry.path):
        links.append(_Folder(entry.path, os.path.realpath(entry.path), package))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _entries(folder: str, *, is_start: bool) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            entries = list(listing)
    except OSError:  # not ours to read, or just removed
        return []
    names = {entry.name for entry in entries}
    if is_start:
        migrations = {"env.py", "versions"} if _is_migration_environment(folder, names) else set()
        return [entry for entry in entries if entry.name not in migrations]
    if "pyvenv.cfg" in names or _is_migration_environment(folder, names):
        return []
    return entries


def _is_migration_environment(folder: str, names: set[str]) -> bool:
    """Whether Alembic lives here. `versions` is empty in a new project, and Git does not keep empty folders."""
    if "env.py" not in names or names.isdisjoint({"versions", "script.py.mako"}):
        return False
    return b"alembic" in read(os.path.join(folder, "env.py"))


def read(path: str) -> bytes:
    """The bytes of a file, empty when it cannot be read: what cannot be read cannot be imported either."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _is_wanted_folder(entry: os.DirEntry[str]) -> bool:
    if not _is_importable(entry.name) or entry.name in _SKIPPED_FOLDERS:
        return False
    return entry.name not in _MADE_FOLDERS or _is_package(entry.path)


def _is_package(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, "__init__.py"))


def _is_wanted_file(name: str) -> bool:
    stem, dot, suffix = name.partition(".")
    return (
        dot + suffix == ".py"
        and _is_importable(stem)
        and name not in _SKIPPED_FILES
        and not stem.startswith("test_")
        and not stem.endswith("_test")
    )


def _is_importable(name: str) -> bool:
    """Whether `import` can say it; hidden folders and `site-packages` fall out here as well."""
    return name.isidentifier() and not iskeyword(name)


def _join(package: str, name: str) -> str:
    return f"{package}.{name}" if package else name
