"""How long something is waited for."""

from __future__ import annotations

import pytest

from whimbrel import patience as module
from whimbrel.patience import Patience


class Clock:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module.time, "monotonic", clock.monotonic)
    return clock


def test_who_has_none_tries_once(clock: Clock) -> None:
    assert not Patience(0, sleep=clock.sleep).wait()
    assert clock.pauses == []


def test_pauses_grow_up_to_the_longest_and_end_in_time(clock: Clock) -> None:
    patience = Patience(60, first=1, longest=4, sleep=clock.sleep)
    while patience.wait():
        pass
    assert patience.waited == pytest.approx(60)
    assert 0.5 <= clock.pauses[0] <= 1.5
    assert max(clock.pauses) <= 6
    assert all(pause >= 2 for pause in clock.pauses[3:-1])


def test_two_who_wait_do_not_try_in_step(clock: Clock) -> None:
    one, other = (Patience(60, sleep=clock.sleep) for _ in range(2))
    for _ in range(20):
        one.wait()
        other.wait()
    assert clock.pauses[::2] != clock.pauses[1::2]
