"""How long a run waits: what is configured, what is given, and what is no time."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from support.projects import linear, native_project
from whimbrel import Project, errors
from whimbrel.settings.limits import Limits, limits


def test_what_is_given_goes_before_what_is_configured() -> None:
    assert limits({}) == Limits()
    assert limits({"lock_wait": 5, "retry": 7}, lock_wait=1, lock_timeout=None) == Limits(lock_wait=1, retry=7)
    assert limits({}, lock_wait=0).lock_wait == 0


@pytest.mark.parametrize("name", ["lock_wait", "lock_timeout"])
@pytest.mark.parametrize("value", ["abc", -1, math.nan, math.inf, True, 10**12, [1]])
def test_what_is_no_time_is_refused(name: str, value: object, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", linear("aaaa"))
    with pytest.raises(errors.UsageError, match=name):
        Project.load(folder).upgrade(**{name: value})
    assert not (tmp_path / "app.db").exists()
