"""A revision that was left in the middle is run again from its top: which of its statements are done already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from ..dialects.statement import Statement, read_statement
from ..journal.book import AGAIN, FINISHED, HAPPENED, Entry


class Mismatch(Exception):
    """The revision does something else than the last time. `args`: the entry that does not fit, and why."""


class Resumption:
    """What is left of an interrupted run of a revision.

    Args:
        entries: its statements, as the journal has them.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.left = list(entries)
        self.passed_over: list[Entry] = []
        """Statements that the revision has not come to again: it looks before it acts, and found them done."""

    def __bool__(self) -> bool:
        return bool(self.left)

    def match(self, entry: Entry) -> Entry | None:
        """What the journal says of the next statement; None if it was not begun.

        A revision may ask the database before it acts (`if not inspector.has_table(…)`), and then leaves out what is
        done. That is accepted of changes to the schema, never of data: `UPDATE … SET n = n + 1` looks the same twice.

        Raises:
            Mismatch: it is not what was executed there the last time.
        """
        for number, other in enumerate(self.left):
            if _fits(other, entry):
                self._pass_over(self.left[:number])
                del self.left[: number + 1]
                return other
        if self.left:
            alike = next((other for other in self.left if other.summary == entry.summary), None)
            if alike is not None:
                raise Mismatch(alike, "its text or its parameters are not the same as the last time")
            self._pass_over(self.left)
            self.left.clear()
        return None

    def _pass_over(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if _changes_data(entry) and entry.state != HAPPENED:
                raise Mismatch(entry, "the revision does not come to it any more")
            self.passed_over.append(entry)


def _fits(noted: Entry, entry: Entry) -> bool:
    if noted.state in (HAPPENED, AGAIN):  # a human has decided, whatever its parameters are now
        return noted.summary == entry.summary
    return (noted.sql_sha256, noted.parameters_sha256) == (entry.sql_sha256, entry.parameters_sha256)


def _changes_data(entry: Entry) -> bool:
    return read_statement(entry.summary).changes_data or entry.returned is not None


def is_done(entry: Entry) -> bool:
    """Whether the journal knows that a statement was executed."""
    return entry.state in (FINISHED, HAPPENED)


def entry_of(seq: int, statement: Statement, sql: str, parameters: Any, salt: str) -> Entry:
    """A statement as the journal has it, without its state.

    Args:
        seq: its place.
        statement: what it is about.
        sql: its text.
        parameters: its parameters, of which only a hash is kept.
        salt: mixed into that hash, so that equal values of different revisions do not look equal.
    """
    hashed = _hash(f"{salt}|{parameters!r}") if parameters else ""
    return Entry(seq, "", statement.summary[:255], _hash(sql), hashed, None, None, None, None)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def image_hash(image: str | None) -> str | None:
    """A before-image as the journal has it."""
    return None if image is None else _hash(image)
