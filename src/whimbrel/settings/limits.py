"""How long a run waits for what, and what it keeps: the settings of a run, with their defaults."""

from __future__ import annotations

from ..errors import UsageError
from ..record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Limits(Record):
    """The settings of a run. All times are in seconds.

    Attributes:
        lock_wait: how long to wait for another migrator; 0 to give up at once.
        lock_timeout: how long a statement may wait for a lock, and hold up everybody behind it, before it is tried
            again.
        retry: how long to try again what fails by chance: a lock timeout, a deadlock.
        journal: whether attempts and statements are noted in the database.
        strict: refuse to run if an applied revision's file was edited.
    """

    lock_wait: float = 600
    lock_timeout: float = 2
    retry: float = 600
    journal: bool = True
    strict: bool = False


_LONGEST = 2_000_000
"""Seconds: PostgreSQL counts milliseconds in 31 bits."""


def limits(options: Mapping[str, Any], **given: Any) -> Limits:
    """The settings of a run.

    Args:
        options: what is configured.
        given: what the command says, or None; it goes first.

    Raises:
        UsageError: a time is none.
    """
    for name in ("lock_wait", "lock_timeout"):
        if (value := given.get(name)) is not None:
            _check(name, value)
    named = {name: options[name] for name in Limits._fields if name in options}
    return Limits(**{**named, **{name: value for name, value in given.items() if value is not None}})


def _check(name: str, value: object) -> None:
    is_time = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LONGEST
    if not is_time:
        raise UsageError(
            f"{name} is no time: {value!r}",
            why=f"it is a number of seconds, from 0 to {_LONGEST}",
            state="nothing was changed",
            hint=f"{name}=30, for half a minute",
        )
