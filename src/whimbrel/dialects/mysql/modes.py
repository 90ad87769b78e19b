"""What a session of MySQL's does otherwise for a while: its `sql_mode`."""

from __future__ import annotations

KEEPS_ZERO = "NO_AUTO_VALUE_ON_ZERO"
"""The number 0 in a column that is numbered stays what it is; else it becomes the next number."""
STRICT = "STRICT_ALL_TABLES"
"""A value that is too large is an error."""


def with_modes(*modes: str) -> tuple[str, str]:
    """The statements between which a session has some more modes: that before, and that behind.

    Not by `SET STATEMENT … FOR`, which MySQL does not know.

    Args:
        modes: which ones.
    """
    added = f"CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), '{','.join(modes)}')"
    return (
        f"SET @whimbrel_mode = @@SESSION.sql_mode, SESSION sql_mode = {added}",
        "SET SESSION sql_mode = @whimbrel_mode",
    )
