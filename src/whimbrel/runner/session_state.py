"""What a revision has made of its session, and what that means for the statements that follow."""

from __future__ import annotations

from ..dialects.base import ENDS
from ..dialects.statement import Statement, words_of

_LIMITS = words_of("LOCK_TIMEOUT LOCK_WAIT_TIMEOUT INNODB_LOCK_WAIT_TIMEOUT")


class SessionState:
    """The session of one run of a revision.

    Args:
        ddl_commits: whether DDL commits: then so do LOCK TABLES and the like.
    """

    def __init__(self, ddl_commits: bool) -> None:
        self._ddl_commits = ddl_commits
        self._temporary: set[str] = set()
        self.autocommits = False
        """Whether the revision has told the server to commit each statement."""
        self.has_own_limit = False
        """Whether the revision has set for itself how long to wait for locks."""
        self.is_repeatable = True
        """Whether nothing was made in it that a rollback leaves, and that is in the way when it is made again."""
        self.has_locked_tables = False
        """Whether it has locked tables, so that others, as the journal's, are out of reach."""

    def locks_tables(self, statement: Statement) -> bool:
        """Whether a statement puts all other tables out of reach."""
        return statement.verb == "LOCK" and self._ddl_commits

    def executed(self, statement: Statement, kind: str, sets_autocommit: bool) -> None:
        """A statement was executed that changes the session."""
        if self._ddl_commits and statement.verb in ("LOCK", "UNLOCK"):
            self.has_locked_tables = statement.verb == "LOCK"
        elif kind == ENDS and statement.verb == "SET":
            self.autocommits = sets_autocommit
        if statement.verb == "SET" and not _LIMITS.isdisjoint(statement.words):
            self.has_own_limit = True

    def watch_tables(self, statement: Statement) -> None:
        """Keep the names of temporary tables, until they are dropped."""
        for part in statement.parts:
            if part.verb == "CREATE" and not part.modifiers.isdisjoint(("TEMP", "TEMPORARY")):
                self._temporary.add(_name(part.name))
                self.is_repeatable = self.is_repeatable and not self._ddl_commits
            elif part.verb == "PREPARE" and "TRANSACTION" not in part.words:
                self.is_repeatable = False
            elif part.verb == "DROP":
                self._temporary -= {_name(part.name)} if not part.several else set(self._temporary)

    def temporary_table(self, statement: Statement) -> str | None:
        """The table that a statement changes, if it is one that was made as a temporary one, and no other."""
        if not self._temporary or statement.several or statement.others or statement.verb == "WITH":
            return None
        if statement.subject not in ("", "TABLE", "INDEX"):
            return None
        name = _name(statement.table or statement.name)
        return name if name in self._temporary else None


def _name(parts: tuple[str, ...]) -> str:
    return ".".join(parts).lower()
