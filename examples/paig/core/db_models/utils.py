"""Types of columns that revisions use, too."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


class CommaSeparatedList(sa.types.TypeDecorator[list[str]]):
    """A list of words, in one column of text."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: list[str] | None, dialect: Any) -> str | None:
        """To the database."""
        return None if value is None else ",".join(value)

    def process_result_value(self, value: str | None, dialect: Any) -> list[str] | None:
        """From the database."""
        return None if value is None else value.split(",") if value else []
