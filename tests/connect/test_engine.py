"""Engines, and what drivers say beside their errors."""

from __future__ import annotations

import subprocess
import sys

import pytest

WARN = "import logging; logging.getLogger('psycopg').warning('error ignored terminating a pipeline')"
OURS = "import whimbrel.connect.engine"


@pytest.mark.parametrize(
    ("before", "is_shown"),
    [
        ("pass", True),
        (OURS, False),
        (f"{OURS}, logging; logging.basicConfig()", True),
    ],
    ids=["negative control", "nobody logs", "the application logs"],
)
def test_warnings_of_psycopg_are_shown_where_somebody_logs_them(before: str, is_shown: bool) -> None:
    """A lost connection is told in one error of six lines, and not by the driver as well."""
    done = subprocess.run([sys.executable, "-c", f"{before}; {WARN}"], capture_output=True, text=True, check=True)
    assert ("error ignored" in done.stderr) == is_shown
