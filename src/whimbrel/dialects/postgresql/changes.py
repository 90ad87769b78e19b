"""What statements change in PostgreSQL, and how to see whether one has."""

from __future__ import annotations

from ...record import TYPE_CHECKING
from ..base import ALONE, ENDS, IN_TRANSACTION, PASSES, double_quoted, literal
from ..statement import words_of

if TYPE_CHECKING:
    from ...connect.driver import Query
    from ..statement import Statement

_READS = words_of("SELECT SHOW EXPLAIN TABLE VALUES FETCH")
_OF_SESSION = words_of("SET RESET DISCARD LISTEN UNLISTEN PREPARE DEALLOCATE DECLARE CLOSE MOVE LOAD LOCK")
_TRANSACTION = words_of("BEGIN START SAVEPOINT RELEASE ROLLBACK ABORT COMMIT END")
_TWO_PHASE = words_of("PREPARE TRANSACTION")
_REPEATABLE = words_of("VACUUM ANALYZE REINDEX CHECKPOINT CLUSTER REFRESH")
_OF_SERVER = words_of("DATABASE TABLESPACE SYSTEM SUBSCRIPTION")
_TRANSIENT = {"55P03": "lock", "40P01": "deadlock", "40001": "conflict"}
_INSUFFICIENT_PRIVILEGE = "42501"
_INVALID = "invalid"


class Changes:
    """In a transaction everything can be taken back; what cannot be in one is a concurrent index, mostly."""

    ddl_commits = False

    def kind(self, statement: Statement) -> str:
        verb, words = statement.verb, statement.words
        if statement.changes_data:
            return IN_TRANSACTION
        if (verb in _READS or verb == "WITH") and not (verb == "SELECT" and "INTO" in words):
            return PASSES
        if verb == "CREATE" and not statement.modifiers.isdisjoint(("TEMP", "TEMPORARY")):
            return PASSES  # each session needs it anew
        if verb in _OF_SESSION or verb in _TRANSACTION:
            return ENDS if _ends(verb, words) else PASSES
        alone = verb in (*_REPEATABLE, "CALL", "DO", "") or "CONCURRENTLY" in words
        return ALONE if alone or statement.subject in _OF_SERVER else IN_TRANSACTION

    def commits_first(self, statement: Statement) -> bool:
        return False

    def image(self, query: Query, statement: Statement) -> str | None:
        """Only what cannot be in a transaction is ever asked about."""
        if statement.verb in _REPEATABLE:
            return ""
        if statement.subject == "INDEX" and "CONCURRENTLY" in statement.words:
            return self._index(query, statement)
        return None

    def happened(self, statement: Statement, now: str, changed: bool) -> bool | None:
        if statement.verb in _REPEATABLE:
            return False  # once more does no harm
        if statement.verb == "DROP":
            return now == ""
        if not statement.name:
            return changed if _INVALID not in now else None
        return changed and not now.startswith(_INVALID)

    def clean_up(self, query: Query, statement: Statement) -> None:
        """An index that was being built concurrently stays behind, invalid: it is of no use and is in the way."""
        if statement.verb == "REINDEX":
            self._clean_up_reindexed(query, statement)
        elif self.is_half_made(query, statement):
            query(f"DROP INDEX CONCURRENTLY IF EXISTS {double_quoted(*self._full_name(statement))}")

    def is_temporary(self, query: Query, name: str) -> bool:
        quoted = literal(double_quoted("pg_temp", name.split(".")[-1]))
        return query(f"SELECT to_regclass({quoted}) IS NOT NULL") == [(True,)]

    def is_half_made(self, query: Query, statement: Statement) -> bool:
        if statement.verb != "CREATE" or not statement.name:
            return False
        return (self.image(query, statement) or "").startswith(_INVALID)

    def is_forbidden(self, error: BaseException) -> bool:
        return _state(error) == _INSUFFICIENT_PRIVILEGE

    def undoes_all(self, error: BaseException) -> bool:
        return False  # nothing else is executed until somebody rolls it back

    def is_transient(self, error: BaseException) -> str | None:
        return _TRANSIENT.get(_state(error))

    def _index(self, query: Query, statement: Statement) -> str:
        """The index: `valid` or `invalid` and its definition, nothing if it is not there.

        Without a name, those of the table.
        """
        select = (
            f"SELECT CASE WHEN indisvalid AND indisready THEN 'valid ' ELSE '{_INVALID} ' END"
            " || pg_get_indexdef(indexrelid) FROM pg_index"
        )
        name = statement.name and self._full_name(statement)
        where = (
            f"indexrelid = to_regclass({literal(double_quoted(*name))})"
            if name
            else f"indrelid = to_regclass({literal(double_quoted(*statement.table))})"
        )
        return "; ".join(str(row[0]) for row in query(f"{select} WHERE {where} ORDER BY 1"))

    @staticmethod
    def _full_name(statement: Statement) -> tuple[str, ...]:
        """An index is in the schema of its table, which CREATE INDEX does not say."""
        return (*statement.table[:-1], *statement.name) if len(statement.name) == 1 else statement.name

    @staticmethod
    def _clean_up_reindexed(query: Query, statement: Statement) -> None:
        """What an interrupted REINDEX CONCURRENTLY leaves: copies of indexes that are invalid, named by it."""
        rebuilt = literal(double_quoted(*statement.name))
        of_table = {
            "TABLE": f"to_regclass({rebuilt})",
            "INDEX": f"(SELECT indrelid FROM pg_index WHERE indexrelid = to_regclass({rebuilt}))",
        }.get(statement.subject, "i.indrelid")  # else a schema or the database
        rows = query(
            "SELECT n.nspname, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' AND i.indrelid = {of_table}"
        )
        for row in rows:
            query(f"DROP INDEX CONCURRENTLY IF EXISTS {double_quoted(*row)}")


def _ends(verb: str, words: frozenset[str]) -> bool:
    return verb in ("COMMIT", "END", "ABORT") or (verb == "ROLLBACK" and "TO" not in words) or words >= _TWO_PHASE


def _state(error: BaseException) -> str:
    return str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None))
