"""Imports a project's models and hands over their metadata."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ..errors import ModelImportFailed, ModelsNotFound
from . import codebase
from .codebase import Codebase
from .found import ModelModule, Models
from .importing import HOW_TO_NAME, import_module, is_absent, put_first
from .scan import survey
from .walk import Walk

if TYPE_CHECKING:
    from .collect import Collector

_NAME = re.compile(r"(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*)(?::(?P<attribute>[^\W\d]\w*(?:\.[^\W\d]\w*)*))?")


def load(
    root: Path, names: Sequence[str] = (), *, sys_path: Sequence[Path] = (), exclude: Iterable[Path] = ()
) -> Models:
    """Import the models of a project. Runs the user's modules, and touches no database by itself.

    Args:
        root: the project's folder; it, or its `src`, goes to the front of `sys.path` and stays there.
        names: "package" for it and all below it but tests and migrations; "package.module"; or
            "package.module:attribute" for a metadata, declarative base, registry, Flask-SQLAlchemy object, a list of
            these or a function that returns them. Without names, the modules that `scan` finds.
        sys_path: further folders for the front of `sys.path`; relative ones start at the root.
        exclude: folders to leave out, such as the revisions.

    Raises:
        ModelsNotFound: nothing declares models, or a name means nothing.
        ModelsEmpty: there are declarative bases or metadata, and no table.
        ModelImportFailed: a module raised or exited while it was imported.
        ConfigurationInvalid: two metadata hold a table of the same name.
    """
    root = root.resolve()
    loader = _Loader(root, codebase.resolve_all(root, sys_path), codebase.resolve_all(root, exclude))
    return loader.named(names) if names else loader.found()


class _Loader:
    def __init__(self, root: Path, sys_path: Sequence[Path], exclude: Sequence[Path]) -> None:
        self._root = root
        self._sys_path = sys_path
        self._exclude = exclude

    def found(self) -> Models:
        """What the project declares."""
        code, modules = survey(self._root, sys_path=self._sys_path, exclude=self._exclude)
        if not modules:
            raise ModelsNotFound(
                "no SQLAlchemy models were found", where=str(self._root), hint=f"say where they are: {HOW_TO_NAME}"
            )
        collector = _collector(code)
        for name, path in self._files(modules):
            collector.add_module(import_module(name, code, path))
        return collector.models()

    def named(self, names: Sequence[str]) -> Models:
        """What the user named."""
        entries = [self._parse(name) for name in names]
        code = self._codebase([module for module, _ in entries])
        collector = _collector(code)
        for name, attribute in entries:
            module = self._import(name, code)
            if attribute:
                collector.add_attribute(module, attribute)
                continue
            count = sum(collector.add_module(each) for each in self._with_submodules(module, code))
            if not count and not collector.add_imported_modules(module):
                raise ModelsNotFound(
                    f"`{name}` holds no SQLAlchemy models",
                    where=code.shown_module(module.__name__),
                    hint=f'when their base is made elsewhere, name it: models = ["{name}:Base"]',
                )
        return collector.models()

    def _files(self, modules: Sequence[ModelModule]) -> list[tuple[str, Path]]:
        files = {module.name: module.path for module in modules}
        for module in modules:
            if module.whole_package:
                files.update(self._submodules(module.name, [str(module.path.parent)]))
        return sorted(files.items())

    def _submodules(self, package: str, folders: Iterable[str]) -> dict[str, Path]:
        """All modules below a package. `pkgutil` would import tests, and pass over folders without `__init__.py`."""
        walk = Walk(self._exclude)
        return {file.name: Path(file.path) for folder in folders for file in walk.files(folder, package)}

    def _with_submodules(self, module: ModuleType, code: Codebase) -> Iterator[ModuleType]:
        yield module
        submodules = self._submodules(module.__name__, getattr(module, "__path__", ()))
        for name, path in sorted(submodules.items()):
            yield import_module(name, code, path)

    # -- names

    def _parse(self, name: str) -> tuple[str, str | None]:
        match = _NAME.fullmatch(name.strip())
        if match is None:
            raise self._absent(name, name.strip().removesuffix(".py").strip("./").replace("/", "."))
        return match["module"], match["attribute"]

    def _codebase(self, modules: Sequence[str]) -> Codebase:
        starts = codebase.starts(self._root, self._sys_path)
        if any(name.partition(".")[0] == "src" for name in modules):
            # The user imports through the root: `src` on the path as well would give every module a second name.
            starts = [start for start in starts if start.folder != self._root / "src"]
        return Codebase(self._root, codebase.import_roots(starts, self._sys_path), frozenset(modules))

    def _import(self, name: str, code: Codebase) -> ModuleType:
        try:
            return import_module(name, code)
        except ModelImportFailed as failed:
            if not is_absent(failed.__cause__, name):
                raise
            raise self._absent(name, name) from failed.__cause__

    def _absent(self, name: str, meant: str) -> ModelsNotFound:
        suggestion = self._suggestion(meant)
        return ModelsNotFound(
            f"there is no module `{name}`",
            where=str(self._root),
            hint=f"did you mean `{suggestion}`?" if suggestion else f"name an existing one: {HOW_TO_NAME}",
        )

    def _suggestion(self, meant: str) -> str | None:
        parent, _, attribute = meant.rpartition(".")
        if hasattr(sys.modules.get(parent), attribute):
            return f"{parent}:{attribute}"
        modules = survey(self._root, sys_path=self._sys_path, exclude=self._exclude).modules
        names = {module.name for module in modules}
        known = sorted(names | {name.rpartition(".")[0] for name in names} - {""})
        same_end = [name for name in known if name.endswith(f".{meant}")]
        return next(iter(same_end or difflib.get_close_matches(meant, known, n=1)), None)


def _collector(code: Codebase) -> Collector:
    # SQLAlchemy is loaded here and not above: `scan` must stay as light as the commands that only look at files.
    from .collect import Collector

    put_first(code.import_roots)
    return Collector(code)
