"""What whimbrel is called where somebody types its commands: inside of a framework that is `flask db`, for example."""

from __future__ import annotations

from contextvars import ContextVar

_OWN = "whimbrel"
_typed = ContextVar("typed", default=_OWN)


class called:  # noqa: N801  # read as a function: `with called(…)`. contextlib would cost the light commands more
    """Let hints say these words instead of `whimbrel`; None: as before."""

    def __init__(self, words: str | None) -> None:
        self._words = words

    def __enter__(self) -> None:
        self._token = _typed.set(self._words or _typed.get())

    def __exit__(self, *_: object) -> None:
        _typed.reset(self._token)


def as_typed(hint: str) -> str:
    """A hint, with the commands in it as they are typed here.

    A framework spells commands with dashes, and takes options behind them only.
    """
    program = _typed.get()
    if program == _OWN or _OWN not in hint:
        return hint
    import re

    def typed(match: re.Match[str]) -> str:
        option, command = match["option"], match["command"].replace("_", "-")
        return f"{program} {command} {option}" if option else f"{program} {command}"

    return re.sub(rf"(?<![\w.]){_OWN} (?:(?P<option>-d \S+) )?(?P<command>--help|[a-z_]+)", typed, hint)
