"""A revision is run again from its top: what of it is done, as far as journal and database show; else it is asked."""

from __future__ import annotations

from ..dialects.base import COMMITS
from ..dialects.statement import Statement, read_statement
from ..journal.book import AGAIN, FINISHED, HAPPENED, NOT_KEPT, REFUSED, STARTED, Entry
from ..record import TYPE_CHECKING
from .resumption import Mismatch, Resumption, image_hash, is_done
from .undecided import unknown, unlike

if TYPE_CHECKING:
    from ..connect.driver import Query
    from ..dialects.base import Changes


class Replay:
    """One run of a revision, held against what is noted of the last one.

    Args:
        key: the revision and the direction.
        resumption: what is left of the last run.
        changes: of the kind of database.
        query: asks it.
    """

    def __init__(self, key: tuple[str, str], resumption: Resumption, changes: Changes, query: Query) -> None:
        self._key = key
        self._resumption = resumption
        self._changes = changes
        self._query = query
        self._otherwise: Entry | None = None
        """The last statement that was done when the revision had read something else before it."""

    def __bool__(self) -> bool:
        """Whether statements are noted that the revision has not come to yet."""
        return bool(self._resumption)

    def match(self, entry: Entry) -> Entry | None:
        """What is noted of a statement; None if it was not begun.

        Raises:
            NeedsDecision: the revision does something else than the last time, or goes by other rows.
        """
        try:
            noted = self._resumption.match(entry)
        except Mismatch as mismatch:
            raise unlike(self._key, *mismatch.args) from None
        while self._resumption.passed_over:
            passed = self._resumption.passed_over.pop()
            if passed.state == STARTED and not self._is_atomic(passed):
                why = "it was being executed, and the revision does not come to it any more"
                raise unknown(self._key, passed, why)
        if noted is None and self._otherwise is not None:
            why = "it goes by rows that are not the same as then, perhaps as it has changed them itself"
            raise unlike(self._key, self._otherwise, why)
        if noted is not None and noted.state == HAPPENED:
            self._otherwise = None
        elif noted is not None and is_done(noted) and noted.reads_sha256 != entry.reads_sha256:
            self._otherwise = noted
        return noted

    def end(self) -> None:
        """The revision has come to its end.

        Raises:
            NeedsDecision: it was interrupted behind that the last time, or has gone by other rows.
        """
        if self._resumption or self._otherwise is not None:
            self.match(Entry(0, "", "its end", "", ""))

    def is_done(self, noted: Entry, statement: Statement) -> bool:
        """Whether a statement that was begun is through; cleaned up behind it if it is not.

        Raises:
            NeedsDecision: nobody can know.
        """
        if is_done(noted):
            if noted.returned == NOT_KEPT:
                why = "it returned rows that the revision goes by, and they are not kept"
                raise unknown(self._key, noted, why)
            self._check_for(noted, statement)
            return True
        if noted.state == REFUSED:
            return False
        if noted.state == AGAIN:
            self._changes.clean_up(self._query, statement)
            return False
        now = self._changes.image(self._query, statement)
        if now is None or noted.before_image is None:
            raise unknown(self._key, noted, "nothing in the database shows whether it was executed")
        happened = self._changes.happened(statement, now, image_hash(now) != noted.before_image)
        if happened is None:
            raise unknown(self._key, noted, "what it has left in the database is not clear")
        if not happened:
            self._changes.clean_up(self._query, statement)
        return happened

    def _is_atomic(self, entry: Entry) -> bool:
        """Whether a statement is executed or not, so that a revision that looks for what it makes does not find a half
        of it: an index that is built concurrently is there and invalid.
        """
        return entry.before_image is not None and self._changes.kind(read_statement(entry.summary)) == COMMITS

    def _check_for(self, noted: Entry, statement: Statement) -> None:
        """A table that was made must be there: somebody may have undone by hand what the journal calls done."""
        makes = statement.verb == "CREATE" and statement.subject == "TABLE" and self._changes.ddl_commits
        if noted.state != FINISHED or not makes or self._changes.image(self._query, statement) != "absent":
            return
        later = [part.name for entry in self._resumption.left for part in read_statement(entry.summary).parts]
        if statement.name not in later:
            raise unknown(self._key, noted, "it is noted as done, and what it has made is not there")
