"""Fixtures of the tests of `verify`."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

import pytest

from support.projects import alembic_project, native_project
from whimbrel.environment.scratch import names

from .scenes import Layout

LAYOUTS = {"native": native_project, "env.py": alembic_project}


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Layout:
    """Each kind of project in turn."""
    return LAYOUTS[request.param]


@pytest.fixture(autouse=True)
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the names of this test's scratch databases begin with; SQLite's are in a folder of its own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    mark = f"{names.PREFIX}{secrets.token_hex(4)}_"
    monkeypatch.setattr(names, "PREFIX", mark)
    return mark
