"""What SQLAlchemy takes for the schema of names without one: on MySQL the database, which an engine asks for only once.

env.py may have an engine of the application's, which was connected to the configured database before, or will be after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_NAME = "default_schema_name"


def follow(dialect: Any, configured: str | None, led: Callable[[Any], str | None]) -> None:
    """Let an engine's dialect know where it is, whoever asks it: others may use the engine at the same time.

    Args:
        dialect: SQLAlchemy's, of one engine.
        configured: the database that its engine is configured for.
        led: says to which database the one who asks now is led; None if to none.
    """
    kind = type(dialect)
    if isinstance(vars(kind).get(_NAME), property):
        return
    vars(dialect).setdefault(_NAME, configured)

    def name(self: Any) -> str | None:
        scratch = led(self)
        return vars(self).get(_NAME) if scratch is None else scratch

    def note(self: Any, found: str | None) -> None:
        """Called by SQLAlchemy when it has connected for the first time."""
        if led(self) is None:
            vars(self)[_NAME] = found

    # Its statements may be cached if its own class says so.
    own = {_NAME: property(name, note), "supports_statement_cache": kind.supports_statement_cache}
    dialect.__class__ = type(kind.__name__, (kind,), own)
