"""The settings of a run: numbers that are times, and what is no time."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.places import only, write
from whimbrel.errors import ConfigurationInvalid

NUMBERS = ("connect_timeout", "lock_wait", "lock_timeout", "retry")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder under version control that is the current one."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("value", ["-1", "true", '"10"', "inf", "nan", "[1]"])
@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_no_time_is_refused_with_its_line(name: str, value: str, place: Path) -> None:
    write(place, {"whimbrel.toml": f"# one\n{name} = {value}\n"})
    with pytest.raises(ConfigurationInvalid) as caught:
        only(place)
    assert caught.value.what == f'"{name}" in whimbrel.toml must be a number, 0 or more'
    assert caught.value.where == "whimbrel.toml:2"
    assert caught.value.hint == f"{name} = 10"


@pytest.mark.parametrize("value", ["0", "60", "0.5"])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_time_is_a_number_of_seconds(name: str, value: str, place: Path) -> None:
    write(place, {"pyproject.toml": f"[tool.whimbrel]\n{name} = {value}\n"})
    assert only(place).options[name] == float(value)


def test_servers_are_waited_for_ten_seconds(place: Path) -> None:
    assert only(place).connect_timeout == 10
    write(place, {"whimbrel.toml": "connect-timeout = 3"})
    assert only(place).connect_timeout == 3
