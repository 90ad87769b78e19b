"""A request to stop: heard at once where nothing can be lost by it, and never in the middle of whimbrel's own work."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest

from whimbrel.interruption import Interruption, StopRequested
from whimbrel.patience import Patience


def test_nothing_is_begun_once_it_was_asked_to_stop() -> None:
    interruption = Interruption()
    interruption.check()
    with interruption:
        assert interruption.in_flight
    interruption.request()
    with pytest.raises(StopRequested):
        interruption.check()
    with pytest.raises(StopRequested), interruption:
        pytest.fail("it was begun")
    assert not interruption.in_flight


def test_the_server_gives_up_the_statement_it_executes_and_no_other() -> None:
    interruption, given_up = Interruption(), []
    interruption.use(lambda: given_up.append(interruption.in_flight))

    def executed() -> None:
        with interruption:
            interruption.request()
            raise OSError("the statement was given up")

    with pytest.raises(StopRequested) as stopped:
        executed()
    assert given_up == [True]
    assert isinstance(stopped.value.__cause__, OSError)
    interruption.request()
    assert given_up == [True]


def test_a_statement_that_got_through_all_the_same_is_no_failure() -> None:
    interruption = Interruption()
    with interruption:
        interruption.request()
    with pytest.raises(StopRequested):
        interruption.check()


def test_a_statement_does_not_end_while_it_is_being_given_up() -> None:
    """Else the server would give up the next one, which may be one of whimbrel's own."""
    interruption, asked, answered = Interruption(), Event(), Event()

    def cancel() -> None:
        asked.set()
        assert answered.wait(10)

    interruption.use(cancel)
    with ThreadPoolExecutor() as pool:
        with interruption:
            request = pool.submit(interruption.request)
            assert asked.wait(10)
            ending = pool.submit(interruption.__exit__, None, None, None)
            assert not ending.done()
            assert interruption.in_flight
            answered.set()
        ending.result(10)
        request.result(10)
    assert not interruption.in_flight


@pytest.mark.parametrize(
    "wait",
    [lambda interruption: interruption.sleep(60), lambda interruption: Patience(60, sleep=interruption.sleep).wait()],
    ids=["a pause", "patience"],
)
def test_waiting_ends_when_it_is_asked_to(wait: Callable[[Interruption], object]) -> None:
    interruption = Interruption()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(wait, interruption)
        interruption.request()
        with pytest.raises(StopRequested):
            waiting.result(30)


def test_phases_are_nested() -> None:
    interruption = Interruption()
    seen = [interruption.is_deferred]
    with interruption.deferred():
        seen.append(interruption.is_deferred)
        with interruption.heard_at_once():
            seen.append(interruption.is_deferred)
            with suppress(OSError), interruption.deferred():
                seen.append(interruption.is_deferred)
                raise OSError
            seen.append(interruption.is_deferred)
        seen.append(interruption.is_deferred)
    assert [*seen, interruption.is_deferred] == [False, True, False, True, False, True, False]
