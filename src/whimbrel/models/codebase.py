"""A project's folders as Python sees them: where imports start, and which code is the project's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

# A folder with one of these is where a project lives, even when somebody left an `__init__.py` there as well.
_PROJECT_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
_INSTALLED = frozenset({"site-packages", "dist-packages"})


class Start(NamedTuple):
    """A folder to walk, and the dotted name of the package that the folder itself is ("" at an import root)."""

    folder: Path
    package: str


class Codebase(NamedTuple):
    """One project: its root, where its imports start, and what else was named as belonging to it."""

    root: Path
    import_roots: tuple[Path, ...]
    named: frozenset[str] = frozenset()

    def shown(self, path: str | Path) -> str:
        """The path as messages show it: relative to the root when it is inside."""
        try:
            return Path(path).relative_to(self.root).as_posix()
        except ValueError:
            return str(path)

    def shown_module(self, name: str) -> str:
        """The file of an imported module as messages show it."""
        return self.shown(module_path(name) or name)

    def owns_path(self, path: str) -> bool:
        """Whether a source file is the project's own, and not a library's in a virtual environment inside it."""
        if path.startswith("<"):  # generated or frozen code
            return False
        # As written first: a symlinked package is the project's although its real files are elsewhere.
        return any(self._holds(candidate) for candidate in (os.path.abspath(path), os.path.realpath(path)))

    def owns_module(self, name: str) -> bool:
        """Whether an imported module is the project's own, or below something that was named."""
        if any(name == named or name.startswith(f"{named}.") for named in self.named):
            return True
        path = module_path(name)
        return path is not None and self.owns_path(path)

    def _holds(self, path: str) -> bool:
        for root in (self.root, *self.import_roots):
            prefix = os.path.join(root, "")
            if path.startswith(prefix):
                return _INSTALLED.isdisjoint(path[len(prefix) :].split(os.sep))
        return False


def module_path(name: str) -> str | None:
    """The file of an imported module, or the folder of a package without one; None for all others."""
    module = sys.modules.get(name)
    path = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    return path if isinstance(path, str) else None


def resolve_all(root: Path, paths: Iterable[Path]) -> list[Path]:
    """Paths from a configuration: relative ones start at the root."""
    return [(root / path).resolve() for path in paths]


def starts(root: Path, sys_path: Sequence[Path]) -> list[Start]:
    """The folders to walk, the deepest first, so that a file gets its name from the nearest import root."""
    found = [Start(root, "" if root in sys_path else _package_name(root))]
    found += [Start(folder, "") for folder in sys_path if root in folder.parents and folder.is_dir()]
    src = root / "src"
    if not found[0].package and src.is_dir() and not (src / "__init__.py").exists():
        found.append(Start(src, ""))
    return sorted(dict.fromkeys(found), key=lambda start: (-len(start.folder.parts), start.folder))


def import_roots(found: Sequence[Start], sys_path: Sequence[Path]) -> tuple[Path, ...]:
    """What goes to the front of `sys.path`: what was configured comes before what was inferred."""
    inferred = [_above(start) for start in found]
    return tuple(dict.fromkeys([*sys_path, *inferred]))


def _above(start: Start) -> Path:
    return start.folder.parents[start.package.count(".")] if start.package else start.folder


def _package_name(folder: Path) -> str:
    """The dotted name of a folder that is itself a package, "" for one that only holds packages."""
    names: list[str] = []
    while _is_package(folder):
        names.insert(0, folder.name)
        folder = folder.parent
    return ".".join(names)


def _is_package(folder: Path) -> bool:
    return (
        folder.name.isidentifier()
        and (folder / "__init__.py").exists()
        and not any((folder / mark).exists() for mark in _PROJECT_MARKS)
    )
