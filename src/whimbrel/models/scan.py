"""Finds the modules of a project that declare tables, by reading their files: nothing of the user's is imported."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from . import codebase
from .builders import users
from .codebase import Codebase, Start
from .declare import Facts, may_declare, read_facts
from .found import ModelModule
from .inherit import heirs, words_in_bases
from .walk import SourceFile, Walk, read

_IMPORTS_SRC = re.compile(rb"^[ \t]*(?:from|import)[ \t]+src\b", re.MULTILINE)


class Survey(NamedTuple):
    """What reading a whole project tells."""

    code: Codebase
    modules: list[ModelModule]


def scan(root: Path, *, sys_path: Sequence[Path] = (), exclude: Iterable[Path] = ()) -> list[ModelModule]:
    """The modules of a project that declare tables, mapped classes, bases or metadata, by name.

    Tests, virtual environments, migration environments, hidden folders and build results are left out. A file that
    looks like models and cannot be parsed is included: importing it will say what is wrong. Touches no database.

    Args:
        root: the project's folder, or a package's own.
        sys_path: further folders where imports start; relative ones start at the root.
        exclude: folders to leave out, such as the revisions.
    """
    return survey(root, sys_path=sys_path, exclude=exclude).modules


def survey(root: Path, *, sys_path: Sequence[Path] = (), exclude: Iterable[Path] = ()) -> Survey:
    """The same, and where the imports of those names start."""
    root = root.resolve()
    extra = codebase.resolve_all(root, sys_path)
    starts = codebase.starts(root, extra)
    reading = _Reading(Walk(codebase.resolve_all(root, exclude)))
    for start in list(starts):
        if reading.add(start, is_src=start == Start(root / "src", "") and start.folder not in extra):
            starts.remove(start)
    with warnings.catch_warnings():  # the parser warns about the user's escape sequences, and tests make that an error
        warnings.simplefilter("ignore")
        modules = reading.modules()
    return Survey(Codebase(root, codebase.import_roots(starts, extra)), modules)


class _Reading:
    """Every file read once; only those that may declare are kept and parsed."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._files: dict[str, SourceFile] = {}
        self._candidates: dict[str, bytes] = {}
        self._words: dict[str, frozenset[str]] = {}
        self._facts: dict[str, Facts | None] = {}
        self._project: frozenset[str] = frozenset()

    def add(self, start: Start, *, is_src: bool) -> bool:
        """Read the files below a starting point.

        Returns:
            Whether `src` turned out to be a package: its files say `from src.db import …`. The names then start with
            it, since the same module under two names would define every table twice.
        """
        sources = {file: read(file.path) for file in self._walk.files(*start)}
        src_is_package = is_src and any(b"src" in source and _IMPORTS_SRC.search(source) for source in sources.values())
        for file, source in sources.items():
            self._keep(file._replace(name=f"src.{file.name}") if src_is_package else file, source)
        return src_is_package

    def _keep(self, file: SourceFile, source: bytes) -> None:
        if file.name in self._files:  # from an import root before this one, where Python finds it as well
            return
        self._files[file.name] = file
        if may_declare(source):
            self._candidates[file.name] = source
        self._words[file.name] = words_in_bases(source)

    def modules(self) -> list[ModelModule]:
        self._project = frozenset(name.partition(".")[0] for name in self._files)
        facts = {name: self._lookup(name) for name in self._candidates}
        broken = [name for name, found in facts.items() if found is None]
        declaring = {name: found for name, found in facts.items() if found and found.declares}
        others = {name: words for name, words in self._words.items() if name not in declaring and name not in broken}
        names = [*broken, *declaring, *heirs(declaring, others, self._lookup)]
        names += users(names, sorted({*self._files} - {*names}), self._lookup, self._read)
        return [self._model_module(name) for name in sorted(names)]

    def _lookup(self, name: str) -> Facts | None:
        if name not in self._files:
            return None
        if name not in self._facts:
            file = self._files[name]
            self._facts[name] = read_facts(file, self._read(name), self._project)
        return self._facts[name]

    def _read(self, name: str) -> bytes:
        return self._candidates[name] if name in self._candidates else read(self._files[name].path)

    def _model_module(self, name: str) -> ModelModule:
        file, facts = self._files[name], self._facts[name]
        whole_package = file.is_package and facts is not None and not facts.is_application
        return ModelModule(name, Path(file.path), whole_package)
