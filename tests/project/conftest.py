"""Fixtures of the tests of what `Project` does."""

from __future__ import annotations

import pytest

from whimbrel.environment.scratch import names


@pytest.fixture
def scratch_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the scratch databases that are made meanwhile: others make theirs on the same server."""
    made: list[str] = []
    new_name = names.new_name

    def recorded() -> str:
        made.append(new_name())
        return made[-1]

    monkeypatch.setattr(names, "new_name", recorded)
    return made
