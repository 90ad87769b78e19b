"""What a revision has read so far: run again, it may read something else, and go another way."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from .resumption import canonical

_CATALOG = re.compile(
    r"\b(?:information_schema|pg_catalog|pg_\w+|sqlite_\w+|performance_schema|mysql)\b|^\s*(?:SHOW|PRAGMA|DESC\w*)\b",
    re.IGNORECASE,
)


def is_of_catalog(sql: str) -> bool:
    """Whether a question is about the schema, as those of a revision that looks before it acts."""
    return _CATALOG.search(sql) is not None


class Reads:
    """A hash of the rows that one run of a revision has read, in their order; never of the schema's own."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._any = False

    @property
    def sha256(self) -> str | None:
        """Of all rows so far; None if nothing was read."""
        return self._digest.hexdigest() if self._any else None

    def add(self, sql: str, parameters: Any, rows: Iterable[Any]) -> None:
        """Rows were read."""
        self._any = True
        for part in (sql, canonical(parameters), [canonical(tuple(row)) for row in rows]):
            self._digest.update(repr(part).encode(errors="surrogatepass"))
