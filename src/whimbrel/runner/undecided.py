"""What only a human can decide, as errors."""

from __future__ import annotations

from ..errors import HalfDone, NeedsDecision
from ..journal.book import Entry

_HINT = (
    "look, then say: whimbrel resolve --happened, or --did-not-happen, or, when you have undone the whole revision by "
    "hand, --abandon"
)


class Undecided(NeedsDecision):
    """A statement of which it cannot be known whether it was executed.

    Attributes:
        key: the revision and the direction.
        seq: the statement's place in it.
    """

    def __init__(self, key: tuple[str, str], entry: Entry, what: str, why: str) -> None:
        super().__init__(what, why=why, state=f"part of {key[0]} is committed, and noted", hint=_HINT)
        self.key = key
        self.seq = entry.seq


def unknown(key: tuple[str, str], entry: Entry, why: str) -> Undecided:
    """The error for a statement that was begun."""
    return Undecided(
        key, entry, f"whether statement {entry.seq} of {key[0]} has happened cannot be known: {entry.summary}", why
    )


def unlike(key: tuple[str, str], entry: Entry, why: str) -> Undecided:
    """The error for a revision that does something else than in the run that was interrupted."""
    return Undecided(
        key,
        entry,
        f"revision {key[0]} does not do again what it did before: statement {entry.seq}, {entry.summary}",
        why,
    )


def half_made(key: tuple[str, str], entry: Entry) -> HalfDone:
    """The error for an index that is there, and of no use: CREATE INDEX … IF NOT EXISTS is content with it."""
    return HalfDone(
        f"an index of {key[0]} is there, and invalid: {entry.summary}",
        why="somebody has begun to build one of that name, and has not completed it; IF NOT EXISTS leaves it so",
        state=f"{key[0]} is left in the middle",
        hint="if nobody is building it now: drop it, and run the same command again",
    )
