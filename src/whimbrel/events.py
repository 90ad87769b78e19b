"""What happens during a run, as values; whoever listens decides how to show it.

The rooms below the command line never print. They call a `Listener` with one of these events; the command line, a log
or a web page renders them.
"""

from __future__ import annotations

from collections.abc import Callable

from .record import Record


class Found(Record):
    """Something that configuration discovery or a scan found: what, where and a detail."""

    what: str
    where: str
    detail: str = ""


class Notice(Record):
    """Something the user should know although nothing failed."""

    text: str
    hint: str = ""


class Wrote(Record):
    """A file was written under its final name."""

    path: str
    what: str = ""


class Created(Record):
    """A database was created that had been missing: its name, or its file, and the kind of database."""

    name: str
    kind: str


class RevisionStarted(Record):
    """A revision begins: the `number`-th of `total` in this run."""

    revision: str
    message: str
    direction: str
    number: int
    total: int


class RevisionFinished(Record):
    """A revision was applied and its transaction committed after `seconds`."""

    revision: str
    message: str
    direction: str
    seconds: float


class Waiting(Record):
    """A run waits: `what` for, who is in the way (`holder`, empty: as told before), and since when, in `seconds`."""

    what: str
    holder: str
    seconds: float


class RowsMoved(Record):
    """Rows are read or written: `rows` so far of a table, the `number`-th of `total`, and what is done to them."""

    what: str
    table: str
    rows: int
    number: int
    total: int


class BytesMoved(Record):
    """A file is written or read: so many bytes so far, of how many if that is known, and what is done."""

    what: str
    name: str
    size: int
    total: int | None


class Replaying(Record):
    """A revision is run on a scratch database: the `number`-th of `total`."""

    revision: str
    number: int
    total: int


Event = (
    Found | Notice | Wrote | Created | RevisionStarted | RevisionFinished | Waiting | RowsMoved | BytesMoved | Replaying
)
Listener = Callable[[Event], None]


def unheard(event: Event) -> None:
    """A listener that tells nobody."""
