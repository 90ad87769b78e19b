"""A revision that was left in the middle is run again from its top: which of its statements are done already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from ..dialects.statement import Statement, read_statement
from ..journal.book import AGAIN, FINISHED, HAPPENED, REFUSED, Entry

_WRAPPED = ("obj", "adapted")
"""Where the JSON types of psycopg and psycopg2 keep what they were given."""


class Mismatch(Exception):
    """The revision does something else than the last time. `args`: the entry that does not fit, and why."""


class Resumption:
    """What is left of an interrupted run of a revision.

    Args:
        entries: its statements, as the journal has them.
        is_edited: whether the revision may be another one than that which has executed them.
    """

    def __init__(self, entries: Iterable[Entry], *, is_edited: bool = False) -> None:
        self.left = list(entries)
        self._is_edited = is_edited
        self._last = self.left[-1].seq if self.left else 0
        self.passed_over: list[Entry] = []
        """Statements that the revision has not come to again: it looks before it acts, and found them done."""

    def __bool__(self) -> bool:
        return bool(self.left)

    def match(self, entry: Entry) -> Entry | None:
        """What the journal says of the next statement; None if it was not begun.

        A revision may ask the database before it acts (`if not inspector.has_table(…)`), and then leaves out what is
        done. That is accepted of changes to the schema, never of data: `UPDATE … SET n = n + 1` looks the same twice.
        Nor of the last statement that was begun: more may have stood behind it, under the same condition.

        Raises:
            Mismatch: it is not what was executed there the last time.
        """
        number = self._place_of(entry)
        if number is not None:
            self._pass_over(self.left[:number])
            return self.left.pop(0)
        if self.left:
            alike = self._next_like(entry)
            if alike is not None:
                raise Mismatch(self.left[alike], "its text or its parameters are not the same as the last time")
            self._pass_over(list(self.left))
        return None

    def _place_of(self, entry: Entry) -> int | None:
        """Where a statement is noted. One that a human has decided on fits where it is the next of its kind, whatever
        its parameters are now.
        """
        for number, other in enumerate(self.left):
            if (other.sql_sha256, other.parameters_sha256) == (entry.sql_sha256, entry.parameters_sha256):
                return number
        alike = self._next_like(entry)
        return alike if alike is not None and self.left[alike].state in (HAPPENED, AGAIN) else None

    def _next_like(self, entry: Entry) -> int | None:
        alike = (n for n, one in enumerate(self.left) if one.summary == entry.summary and one.state != REFUSED)
        return next(alike, None)

    def _pass_over(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.state not in (HAPPENED, REFUSED) and (_changes_data(entry) or self._is_edited):
                raise Mismatch(entry, "the revision does not come to it any more")
            if entry.seq == self._last and entry.state not in (HAPPENED, REFUSED):
                raise Mismatch(entry, "the revision does not come to it any more, nor to what may have been behind it")
            self.passed_over.append(entry)
        del self.left[: len(entries)]


def _changes_data(entry: Entry) -> bool:
    parts = read_statement(entry.summary).parts
    return any(part.changes_data for part in parts) or entry.returned is not None


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
    hashed = _hash(f"{salt}|{canonical(parameters)!r}") if parameters else ""
    return Entry(seq, "", statement.summary[:255], _hash(sql), hashed)


def canonical(value: Any) -> Any:
    """The same for equal values in every process: a view of memory shows where it lies, a set is in any order."""
    if isinstance(value, Mapping):
        return [(key, canonical(one)) for key, one in value.items()]
    if isinstance(value, list | tuple):
        return [canonical(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(repr(canonical(one)) for one in value)
    if isinstance(value, memoryview | bytearray):
        return bytes(value)
    wrapped = next((getattr(value, name) for name in _WRAPPED if hasattr(value, name)), value)
    return value if wrapped is value else (type(value).__name__, canonical(wrapped))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def image_hash(image: str | None) -> str | None:
    """A before-image as the journal has it."""
    return None if image is None else _hash(image)
