"""The table of edits, by kind: each module is one, and has its `CASES`."""

from __future__ import annotations

import importlib
import pkgutil
from typing import NamedTuple

from ..case import Case

KINDS: dict[str, tuple[Case, ...]] = {
    module.name: found
    for module in pkgutil.iter_modules(__path__)
    if (found := getattr(importlib.import_module(f"{__name__}.{module.name}"), "CASES", ()))
}
"""The cases of each kind."""


class Edit(NamedTuple):
    """A case on one of its databases."""

    database: str
    kind: str
    case: Case

    @property
    def id(self) -> str:
        """What its test is called."""
        return f"{self.database}-{self.kind}-{self.case.label}"


def every() -> list[Edit]:
    """Each case on each of its databases."""
    return [
        Edit(database, kind, case) for kind, cases in KINDS.items() for case in cases for database in case.databases
    ]
