"""Opening a connection in the place of SQLAlchemy, for those who listen to its `do_connect`."""

from __future__ import annotations

from ..record import TYPE_CHECKING
from .encryption import encrypted_alike

if TYPE_CHECKING:
    from typing import Any


def connected(dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
    """As SQLAlchemy connects. Others listen too: an env.py to sign in with a token that it gets first."""
    for listener in dialect.dispatch.do_connect:
        connection = listener(dialect, record, arguments, options)
        if connection is not None:
            return connection
    return encrypted_alike(dialect, arguments, options)
