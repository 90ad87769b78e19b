"""Small real projects, each in a package of its own name."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from whimbrel.models import Models, load, scan

_numbers = itertools.count()


class Project:
    """A project in a temporary folder.

    The files are written with `shop` as the name of its package, and with `models` for a loose module. Both are
    replaced by names that no other test has, on the way in and, for what is compared, on the way out.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.package = f"shop{next(_numbers)}x"

    def write(self, files: Mapping[str, str]) -> Project:
        for name, text in files.items():
            path = self.root / self.unique(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.unique(dedent(text)))
        return self

    def scan(self, **options: Any) -> list[str]:
        return [self.plain(module.name) for module in scan(self.root, **options)]

    def load(self, *names: str, **options: Any) -> Models:
        return load(self.root, [self.unique(name) for name in names], **options)

    def tables(self, *names: str, **options: Any) -> list[str]:
        return table_names(self.load(*names, **options))

    def plain(self, text: str) -> str:
        return text.replace(self.package, "shop")

    def modules(self, models: Models) -> list[str]:
        return [self.plain(name) for name in models.modules]

    def sources(self, models: Models) -> list[str]:
        return [self.plain(source) for source in models.sources]

    def imported(self) -> list[str]:
        return sorted(self.plain(name) for name in sys.modules if name.startswith(self.package))

    def unique(self, text: str) -> str:
        return re.sub(r"\bshop\b", self.package, text)


def table_names(models: Models) -> list[str]:
    return sorted(name for metadata in models.metadata for name in metadata.tables)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    return Project(root.resolve())


@pytest.fixture(autouse=True)
def imports_restored(tmp_path: Path) -> Iterator[None]:
    """Take back what a test imported and put on `sys.path`, and the tables in what all SQLModel projects share."""
    path = [*sys.path]
    yield
    sys.path[:] = path
    for name in [name for name, module in [*sys.modules.items()] if _is_below(tmp_path, module)]:
        del sys.modules[name]
    if "sqlmodel" in sys.modules:
        sys.modules["sqlmodel"].SQLModel.metadata.clear()


def _is_below(folder: Path, module: object) -> bool:
    # Only what is the project's is taken back: SQLAlchemy, for one, does not survive being imported twice.
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return any(place is not None and Path(place).is_relative_to(folder) for place in places)
