"""Databases as the prover sees them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from whimbrel import settings
from whimbrel.author import WritingScripts
from whimbrel.environment import AlembicStep, Environment, Visit, Work
from whimbrel.prover import Subject, look


class Stood:
    """A project's environment, and what there is in its databases."""

    def __init__(self, folder: Path, metadata: sa.MetaData | None) -> None:
        loaded = settings.load(str(folder), config=[], url=None, models=[])
        self.environment = Environment(settings.select(loaded, None), scripts=WritingScripts)
        self._metadata = None if metadata is None else [metadata]

    def look(self) -> list[Subject]:
        """Each of the databases, as it is now."""
        found: list[Subject] = []

        def steps(visit: Visit) -> Iterator[AlembicStep]:
            found.append(look(visit))
            return iter(())

        self.environment.run(Work(steps, options={"as_sql": False, "dont_mutate": True}, metadata=self._metadata))
        return found


@pytest.fixture
def stand() -> Callable[..., Stood]:
    """Finds a project, with models that no module needs to be imported for."""
    return lambda folder, metadata=None: Stood(folder, metadata)


@pytest.fixture
def created() -> Iterator[list[str]]:
    """The tables that are created meanwhile, wherever that is, as any engine of this process is told to."""
    names: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if found := re.match(r"\s*CREATE TABLE\W+(\w+)", statement):
            names.append(found[1])

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield names
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
