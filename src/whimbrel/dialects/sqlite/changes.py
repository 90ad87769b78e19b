"""What statements change in SQLite: everything can be taken back but what is of the connection or the whole file."""

from __future__ import annotations

from ...record import TYPE_CHECKING
from ..base import ENDS, IN_TRANSACTION, PASSES, literal
from ..statement import words_of

if TYPE_CHECKING:
    from ...connect.driver import Query
    from ..statement import Statement

_OF_SESSION = words_of("PRAGMA VACUUM ANALYZE ATTACH DETACH SAVEPOINT RELEASE ROLLBACK BEGIN")
_BUSY = ("database is locked", "database table is locked", "database schema is locked")


class Changes:
    """A transaction holds DDL too; see `whimbrel.environment.sqlite` for how it is begun."""

    ddl_commits = False

    def kind(self, statement: Statement) -> str:
        verb = statement.verb
        if verb in ("SELECT", "EXPLAIN", "VALUES") or (verb == "WITH" and not statement.changes_data):
            return PASSES  # EXPLAIN executes nothing
        if verb in ("COMMIT", "END") or (verb == "ROLLBACK" and "TO" not in statement.words):
            return ENDS
        if verb in _OF_SESSION or not statement.modifiers.isdisjoint(("TEMP", "TEMPORARY")):
            return PASSES
        if len(statement.name) > 1 and statement.name[0].lower() == "temp":
            return PASSES
        return IN_TRANSACTION

    def commits_first(self, statement: Statement) -> bool:
        return False

    def image(self, query: Query, statement: Statement) -> str | None:
        return None

    def happened(self, statement: Statement, now: str, changed: bool) -> bool | None:
        return None

    def clean_up(self, query: Query, statement: Statement) -> None:
        """It is executed or not, and leaves nothing else."""

    def is_temporary(self, query: Query, name: str) -> bool:
        found = (
            f"SELECT 1 FROM sqlite_temp_master WHERE type = 'table' AND lower(name) = {literal(name.split('.')[-1])}"
        )
        return bool(query(found))

    def is_half_made(self, query: Query, statement: Statement) -> bool:
        return False

    def is_forbidden(self, error: BaseException) -> bool:
        return False  # files have owners, SQLite has no users

    def undoes_all(self, error: BaseException) -> bool:
        return False

    def is_transient(self, error: BaseException) -> str | None:
        return "lock" if str(error).startswith(_BUSY) else None
