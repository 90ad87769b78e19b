"""How commands are typed here, for hints: `flask db` in the place of `whimbrel`, and for which of several databases."""

from __future__ import annotations

from contextvars import ContextVar

_OWN = "whimbrel"
_FOR_NONE = ("--help", "init", "list_templates", "completion", "status")
"""Commands that are for no database, or for all there are."""
_COMMAND = rf"(?<![\w.]){_OWN} (?:(?P<option>-d (?:'[^']*'|\S+)) )?(?P<command>--help|[a-z_]+)"

_typed = ContextVar("typed", default=_OWN)
_database: ContextVar[str | None] = ContextVar("database", default=None)


class called:  # noqa: N801  # read as a function: `with called(…)`. contextlib would cost the light commands more
    """Let hints say these words instead of `whimbrel`; None: as before. A database is named no longer than that."""

    def __init__(self, words: str | None) -> None:
        self._words = words

    def __enter__(self) -> None:
        self._tokens = _typed.set(self._words or _typed.get()), _database.set(_database.get())

    def __exit__(self, *_: object) -> None:
        typed, database = self._tokens
        _typed.reset(typed)
        _database.reset(database)


def commands_are_for(database: str | None) -> None:
    """From now on let commands in hints name a database, one of several, as they would not work without; None: none."""
    _database.set(database)


def as_typed(hint: str) -> str:
    """A hint, with the commands in it as they are typed here.

    A framework spells commands with dashes, and takes options behind them only.
    """
    program, database = _typed.get(), _database.get()
    if database is not None:
        hint = naming(hint, database)
    if program == _OWN or _OWN not in hint:
        return hint
    import re

    def typed(match: re.Match[str]) -> str:
        option, command = match["option"], match["command"].replace("_", "-")
        return f"{program} {command} {option}" if option else f"{program} {command}"

    return re.sub(_COMMAND, typed, hint)


def naming(hint: str, database: str) -> str:
    """A hint, with the commands in it for one of several databases. Those that name one already stay as they are."""
    import re
    from shlex import quote

    def named(match: re.Match[str]) -> str:
        if match["option"] or match["command"] in _FOR_NONE:
            return match[0]
        return f"{_OWN} -d {quote(database)} {match['command']}"

    return re.sub(_COMMAND, named, hint)
