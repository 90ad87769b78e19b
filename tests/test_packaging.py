"""What installers are told: the oldest libraries that a whimbrel can be installed with are ones that it works with."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PYPROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
OLDEST = [one for one in PYPROJECT["dependency-groups"]["oldest"] if isinstance(one, str)]


@pytest.mark.parametrize(("python", "oldest"), [("3.11", "2.0.30"), ("3.12", "2.0.30"), ("3.13", "2.0.31")])
def test_the_oldest_sqlalchemy_can_be_imported_by_each_python(python: str, oldest: str) -> None:
    """SQLAlchemy 2.0.30 fails on Python 3.13 when it is imported: `TypingOnly` and its new attributes (measured)."""

    def allowed(texts: list[str]) -> list[str]:
        requirements = [Requirement(text) for text in texts if text.startswith("sqlalchemy")]
        on_it = [one for one in requirements if not one.marker or one.marker.evaluate({"python_version": python})]
        return [f"2.0.{n}" for n in range(29, 50) if all(one.specifier.contains(f"2.0.{n}") for one in on_it)]

    assert allowed(PYPROJECT["project"]["dependencies"])[0] == oldest
    assert allowed(OLDEST) == [oldest], "the tests with the oldest libraries install it"
