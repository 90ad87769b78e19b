"""The databases that edits are tried on: one of each kind for a whole run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from .grounds import Ground, ground


@pytest.fixture(scope="session")
def ground_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Ground]]:
    """Gives the database of a kind, which is made when it is wanted first."""
    made: dict[str, Ground] = {}
    with ExitStack() as stack:

        def give(kind: str) -> Ground:
            if kind not in made:
                made[kind] = stack.enter_context(ground(kind, tmp_path_factory.mktemp("ground")))
            return made[kind]

        yield give
