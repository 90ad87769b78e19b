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
            for listed in _revision_files(root, recursive, sourceless):
                try:
                    file = _behind_links(listed, sourceless)
                    if file is not None and file[0] not in files:
                        files[file[0]] = RevisionFile._make(cache.get(*file, _header))
                except RevisionFileBroken as error:
                    broken.append(error)
    return Listing(tuple(files.values()), tuple(broken))


def _header(path: str) -> tuple[object, ...]:
    from hashlib import sha256

    from .header import read  # only for a file that is new or changed: regular expressions are slow to load

    file = read(path)
    digest: str | None
    try:
        with open(path, "rb") as content:
            digest = sha256(content.read()).hexdigest()
    except OSError:
        digest = None  # it has just gone
    return (*file[:-1], digest)


def _revision_files(root: str, recursive: bool, sourceless: bool) -> Iterator[str]:
    """Paths in the order Alembic loads files: sorted by name, a folder before its subfolders."""
    names = _names(root)
    sources = {name for name in names if name.endswith(".py")}
    for name in names:
        if name in sources or (sourceless and _is_only_bytecode(name, sources)):
            yield f"{root}{os.sep}{name}"
    if sourceless:
        cached = os.path.join(root, "__pycache__")
        for name in _names(cached):
            if _is_only_bytecode(name, sources, tag=f".{sys.implementation.cache_tag}"):
                yield os.path.join(cached, name)
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


def _behind_links(listed: str, sourceless: bool) -> tuple[str, os.stat_result] | None:
    """The file itself, behind whatever links, and its stat result; None if it is no revision file.

    Raises:
        RevisionFileBroken: the file is gone, or a link to it leads nowhere: its revision would be missed in silence.
    """
    path = listed
    try:
        status = os.lstat(path)
        if S_ISLNK(status.st_mode):
            path = os.path.realpath(path)
            if not _names_a_revision(os.path.basename(path), sourceless):
                return None
            status = os.stat(path)
    except OSError as error:
        why = f"it is a link to {path}: {error.strerror}" if path != listed else error.strerror
        hint = "restore the file, or delete what is left of it"
        raise RevisionFileBroken("a revision file cannot be read", where=listed, why=why, hint=hint) from error
    return (path, status) if S_ISREG(status.st_mode) else None


def _names_a_revision(name: str, sourceless: bool) -> bool:
    """Whether Alembic takes a file of this name for a revision; for a link, what it leads to decides."""
    return name.endswith((".py", ".pyc") if sourceless else ".py") and not name.startswith(_NO_REVISIONS)


def _is_only_bytecode(name: str, sources: set[str], tag: str = "") -> bool:
    """Whether a file is bytecode for this interpreter whose source is not among `sources`."""
    ending = f"{tag}.pyc"
    return name.endswith(ending) and f"{name[: -len(ending)]}.py" not in sources
