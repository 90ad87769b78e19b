"""What statements change in MySQL and MariaDB, where DDL commits, and how to see whether one has."""

from __future__ import annotations

import re

from ...record import TYPE_CHECKING
from ..base import COMMITS, ENDS, IN_TRANSACTION, MAY_COMMIT, PASSES
from ..statement import words_of

if TYPE_CHECKING:
    from ...connect.driver import Query
    from ..statement import Statement

_READS = words_of("SELECT SHOW DESCRIBE DESC EXPLAIN CHECKSUM HELP VALUES TABLE DO")
_OF_SESSION = words_of("SET USE SAVEPOINT RELEASE ROLLBACK PREPARE DEALLOCATE")
_ENDS = words_of("LOCK UNLOCK BEGIN START COMMIT ANALYZE OPTIMIZE CHECK REPAIR FLUSH")
_UNKNOWN = words_of("CALL EXECUTE XA")
_COMMITS_FIRST = words_of("CREATE ALTER DROP RENAME TRUNCATE")  # of those that are executed once
_MOVES_ROWS = words_of("TRUNCATE EXCHANGE")  # of a partition, which the definition does not show
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
_NO_SUCH_TABLE = (1146, 1049, 1059, 1102, 1103)  # nor database; or there cannot be one of this name
_FORBIDDEN = (1044, 1142, 1370)
_DEADLOCK = 1213
_TRANSIENT = {1205: "lock", _DEADLOCK: "deadlock", 1020: "conflict"}


class Changes:
    """DDL commits what came before, itself, and is atomic for one table (MariaDB 10.6, MySQL 8.0)."""

    ddl_commits = True

    def kind(self, statement: Statement) -> str:
        verb, words = statement.verb, statement.words
        if statement.changes_data or verb == "LOAD":
            return IN_TRANSACTION
        if verb in _READS or verb == "WITH":
            return PASSES
        if verb in ("CREATE", "DROP") and "TEMPORARY" in statement.modifiers:
            return PASSES
        if verb in _UNKNOWN or (verb == "BEGIN" and "ATOMIC" in words):  # which is a block of statements
            return MAY_COMMIT
        if verb in _ENDS or (verb == "SET" and "AUTOCOMMIT" in words) or (verb == "ROLLBACK" and "TO" not in words):
            return ENDS
        if verb in _OF_SESSION and "PASSWORD" not in words:
            return PASSES
        return COMMITS

    def commits_first(self, statement: Statement) -> bool:
        return statement.verb in _COMMITS_FIRST

    def image(self, query: Query, statement: Statement) -> str | None:
        table = self._probed(statement)
        if table is None:
            return None
        name = ".".join("`" + part.replace("`", "``") + "`" for part in table)
        try:
            [row] = query(f"SHOW CREATE TABLE {name}")
        except Exception as error:
            cause = getattr(error, "orig", None) or error  # SQLAlchemy's error around the driver's
            if cause.args and cause.args[0] in _NO_SUCH_TABLE:
                return "absent"
            raise
        return _COUNTER.sub("", str(row[1]))

    def happened(self, statement: Statement, now: str, changed: bool) -> bool | None:
        return changed and not ("REPLACE" in statement.modifiers and statement.subject == "TABLE")

    def clean_up(self, query: Query, statement: Statement) -> None:
        """It is executed or not, and leaves nothing else."""

    def is_temporary(self, query: Query, name: str) -> bool:
        return True  # until it is dropped

    def is_half_made(self, query: Query, statement: Statement) -> bool:
        return False

    def is_forbidden(self, error: BaseException) -> bool:
        return bool(error.args) and error.args[0] in _FORBIDDEN

    def undoes_all(self, error: BaseException) -> bool:
        return bool(error.args) and error.args[0] == _DEADLOCK

    def is_transient(self, error: BaseException) -> str | None:
        number = error.args[0] if error.args else None
        return _TRANSIENT.get(number) if isinstance(number, int) else None

    @staticmethod
    def _probed(statement: Statement) -> tuple[str, ...] | None:
        """The table whose definition shows whether a statement was executed."""
        verb, subject = statement.verb, statement.subject
        if statement.several or ("PARTITION" in statement.words and _MOVES_ROWS & statement.words):
            return None
        if subject in ("TABLE", "VIEW") and verb in ("CREATE", "ALTER", "DROP", "RENAME"):
            return statement.name or None
        if subject == "INDEX" and verb in ("CREATE", "DROP"):
            return statement.table or None
        return None
