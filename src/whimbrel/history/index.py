"""The revision files of some folders, in the order Alembic loads them, with their headers kept in a cache."""

from __future__ import annotations

import os
import sys
from stat import S_ISLNK, S_ISREG

from ..cache import Cache
from ..errors import RevisionFileBroken
from ..record import TYPE_CHECKING, Record
from .revision_file import RevisionFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NO_REVISIONS = (".#", "__init__")  # an editor's lock files, and packages


class Listing(Record):
    """The files that could be read, in the order Alembic loads them, and those that could not."""

    files: tuple[RevisionFile, ...]
    broken: tuple[RevisionFileBroken, ...]


def read_folders(folders: Sequence[str], *, recursive: bool = False, sourceless: bool = False) -> Listing:
    """Read the headers of all revision files in `folders`; a folder that does not exist holds none.

    Args:
        folders: the version locations.
        recursive: look into their subfolders too (Alembic's `recursive_version_locations`).
        sourceless: accept bytecode without its source (Alembic's `sourceless`).

    Reads files only; runs one only if its identity cannot be read otherwise.
    """
    files: dict[str, RevisionFile] = {}
    broken: list[RevisionFileBroken] = []
    for folder in folders:
        root = os.path.realpath(folder)
        with Cache(root, "revisions") as cache:
            for path, status in _revision_files(root, recursive, sourceless):
                if path in files:
                    continue
                try:
                    files[path] = RevisionFile._make(cache.get(path, status, _header))
                except RevisionFileBroken as error:
                    broken.append(error)
    return Listing(tuple(files.values()), tuple(broken))


def _header(path: str) -> tuple[object, ...]:
    from .header import read  # only for a file that is new or changed: regular expressions are slow to load

    return tuple(read(path))


def _revision_files(root: str, recursive: bool, sourceless: bool) -> Iterator[tuple[str, os.stat_result]]:
    """Paths and stat results in the order Alembic loads files: sorted by name, a folder before its subfolders."""
    names = _names(root)
    sources = {name for name in names if name.endswith(".py")}
    for name in names:
        if name in sources or (sourceless and _is_only_bytecode(name, sources)):
            yield from _file(f"{root}{os.sep}{name}")
    if sourceless:
        cached = os.path.join(root, "__pycache__")
        for name in _names(cached):
            if _is_only_bytecode(name, sources, tag=f".{sys.implementation.cache_tag}"):
                yield from _file(os.path.join(cached, name))
    if recursive:
        for name in names:
            folder = os.path.join(root, name)
            # Alembic does not follow links to folders either: they may lead round in a circle.
            if not name.endswith("__pycache__") and os.path.isdir(folder) and not os.path.islink(folder):
                yield from _revision_files(folder, recursive, sourceless)


def _names(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith(_NO_REVISIONS))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _file(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """The file itself, behind whatever links; nothing if it is none."""
    status = os.lstat(path)
    if S_ISLNK(status.st_mode):
        path = os.path.realpath(path)
        if not os.path.isfile(path):  # the link leads nowhere
            return
        status = os.stat(path)
    if S_ISREG(status.st_mode):
        yield path, status


def _is_only_bytecode(name: str, sources: set[str], tag: str = "") -> bool:
    """Whether a file is bytecode for this interpreter whose source is not among `sources`."""
    ending = f"{tag}.pyc"
    return name.endswith(ending) and f"{name[: -len(ending)]}.py" not in sources
