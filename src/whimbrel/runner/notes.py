"""What is noted of the statements of one revision, and what is to be noted together with the next commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..dialects.statement import Statement
from ..journal.book import REFUSED, Book, Entry


class Notes:
    """The notes of one run of a revision.

    What is part of a transaction is kept in memory until something is committed, and is written then, in that same
    transaction: either both are there afterwards, or neither.

    Args:
        book: where they are written; None if nothing is noted.
        key: the revision and the direction.
        entries: what is noted of an interrupted run of it.
    """

    def __init__(self, book: Book | None, key: tuple[str, str], entries: Sequence[Entry] = ()) -> None:
        self.book = book
        self.key = key
        self._seq = 0
        self._last_time = max((entry.seq for entry in entries), default=0)
        self._noted = {entry.seq for entry in entries}
        self._pending: list[Entry] = []
        self._committed: Entry | None = None
        self._savepoints: dict[str, int] = {}

    @property
    def has_any(self) -> bool:
        """Whether the journal has statements of the revision, to be forgotten when it is through."""
        return bool(self._noted)

    @property
    def must_be_written(self) -> bool:
        """Whether a commit that comes now would leave something behind that is not noted."""
        # Of a statement whose image is known it can be seen whether it is through.
        return bool(self._pending) or (self._committed is not None and self._committed.before_image is None)

    @property
    def pending(self) -> bool:
        """Whether something is part of a transaction that is not committed."""
        return bool(self._pending)

    def next(self) -> int:
        """The place of the statement that comes now."""
        self._seq += 1
        return self._seq

    def place(self, noted: Entry | None) -> int:
        """The same: that of the note, if there is one, or behind all that was noted the last time."""
        self._seq = noted.seq if noted is not None else max(self._seq, self._last_time + 1)
        return self._seq

    def executed(self, entry: Entry) -> None:
        """A statement was executed, in a transaction that is not committed."""
        self._pending.append(entry)

    def committed(self, entry: Entry) -> None:
        """A statement was executed and has committed; it is noted with the next one that is."""
        self._committed = entry

    def write(self, entries: Iterable[Entry] = ()) -> None:
        """Note these, and what was not noted yet of those before. Commits nothing."""
        if self.book is None:
            return
        last = [self._committed] if self._committed is not None else []
        fresh = [*last, *self._pending, *entries]
        self.book.write(*self.key, fresh)
        self._noted.update(entry.seq for entry in fresh)
        self._committed = None
        if not self._savepoints:  # which would take the note back, and not what came before it
            self._pending.clear()

    def committing(self) -> None:
        """The transaction is committed now: note what is part of it."""
        if self.must_be_written:
            self.write()
        self._savepoints.clear()
        self._pending.clear()

    def write_committed(self) -> None:
        """The transaction was rolled back: note what has been committed before."""
        self._pending.clear()
        if self._committed is not None:
            self.write()

    def rolled_back(self, start: int = 0) -> None:
        """What was executed in the transaction, or a part of it, has left nothing."""
        self._pending[start:] = [entry._replace(state=REFUSED) for entry in self._pending[start:]]

    def watch(self, statement: Statement) -> None:
        """A statement was executed that may roll back, or say from where on."""
        if takes_all_back(statement):
            self.rolled_back()
        if statement.verb == "SAVEPOINT":
            self._savepoints[statement.subject] = len(self._pending)
        name = next((name for name in self._savepoints if name in statement.words), None)
        if name is None:
            return
        if statement.verb == "RELEASE":
            del self._savepoints[name]
        elif statement.verb == "ROLLBACK":
            self.rolled_back(self._savepoints[name])


def takes_all_back(statement: Statement) -> bool:
    """Whether a statement rolls the transaction back."""
    return statement.verb == "ABORT" or (statement.verb == "ROLLBACK" and "TO" not in statement.words)
