"""Keeps the journal of a run: which attempt is running, how it ended, and what earlier ones have left behind."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from uuid import uuid4
from weakref import WeakSet

from alembic.util import CommandError
from sqlalchemy import exc

from ..dialects import Dialect
from ..environment import Scripts, Visit
from ..errors import HalfDone, RevisionEdited, WhimbrelError
from ..history.checksum import Checksum, checksum, code_checksums
from ..journal import ATTEMPTS, STATEMENTS, Attempt, read_attempts, read_half_done
from ..journal.attempt import CRASHED, DONE, FAILED, INTERRUPTED, RUNNING
from ..journal.book import UNDECIDED, Book, now
from ..journal.provenance import Provenance
from ..planner import Plan, Step
from .resumption import Resumption
from .turn import LOCKED, Again
from .undecided import Undecided

_ALIVE_ELSEWHERE = 300.0
"""Seconds for which an attempt on another host is taken to be at work, where no lock can tell."""
_LONGEST = 4000
"""Characters that are kept of an error."""
_ALIVE: WeakSet[Attempts] = WeakSet()
"""Those of this process that may be running, in whatever thread."""


class Attempts:
    """The attempts of one command at one database.

    Args:
        visit: the database.
        scripts: the revision files.
        provenance: who runs this.
        session: the number of its session.
    """

    def __init__(self, visit: Visit, scripts: Scripts, provenance: Provenance, session: str) -> None:
        assert visit.context.connection is not None
        assert visit.dialect is not None
        self._visit = visit
        self._dialect = visit.dialect
        self._connection = visit.context.connection
        self._scripts = scripts
        self._provenance = provenance
        self._session = session
        self._run = uuid4().hex
        self._number = 0
        self._upcoming: list[Step] = []
        self._half_done: tuple[tuple[str, str], ...] = ()
        self._codes: dict[str, str | None] = {}
        self._running: Attempt | None = None
        self._committing: Attempt | None = None
        self._untold: Attempt | None = None
        self.book = Book(visit.execute, self._dialect, visit.schema, visit.locking_read)

    def follow(self, plan: Plan) -> None:
        """Make the journal if it is not there, note which attempts have crashed, and that the first step begins.

        In the transaction that is there, if one is. Writes the database.

        Raises:
            Again: another process is in the middle of a revision.
            HalfDone: a revision was left in the middle, and the plan does not complete it.
            RevisionEdited: it was, and its file is another one now.
        """
        self._take_back()
        _ALIVE.add(self)
        self._upcoming = list(plan.steps)
        self._codes = code_checksums(self._path(step.revision) for step in plan.steps)
        with self._transaction():
            there = self._found()
            if there:
                self._look_back(plan)
            elif self._upcoming:
                self.book.create()
            if self._running is None and self._upcoming:
                self._running = self._next()
                self.book.note(self._running)

    def resumption(self) -> Resumption:
        """What is left of an interrupted run of the step."""
        step = self._upcoming[0]
        if (step.revision, step.direction) not in self._half_done:
            return Resumption(())
        code = self._sums(step.revision).code
        tries = self.book.open_tries(step.revision, step.direction)
        is_edited = any(one.code_sha256 != code for one in tries)
        return Resumption(self.book.entries(step.revision, step.direction), is_edited=is_edited)

    def finish(self, *, has_noted: bool) -> None:
        """Note that the step is through, and that the next one begins: in the transaction of the step.

        Args:
            has_noted: whether statements of it were noted.
        """
        assert self._running is not None
        step = self._upcoming.pop(0)
        if has_noted:
            self.book.clear(step.revision, step.direction)
        noted = [_ended(self._running, DONE, to_heads=_heads(self._visit.reported))]
        self._committing = self._running
        self._running = self._next() if self._upcoming else None
        if self._running is not None:
            noted.append(self._running)
        elif self._dialect.sessions.locks_each_transaction:  # nobody may come behind it who looks back
            noted += self._crashed()
        self.book.note(*noted)

    def committed(self) -> None:
        """The transaction in which a step was noted as through is committed, and the next one begins."""
        self._committing = None

    def is_noted(self) -> bool:
        """Whether a new connection finds the last finished attempt of this run. Reads the database."""
        visit, dialect = self._visit, self._dialect
        if visit.has_one_connection:
            return False
        condition = f"run = '{self._run}' AND state = '{DONE}'"
        noted = visit.ask_anew(lambda query: read_attempts(query, dialect, visit.schema, condition))
        return any(attempt.to_heads == _heads(visit.reported) for attempt in noted)

    def withdraw(self) -> None:
        """Forget the attempt that was to begin, as somebody else has been faster. Writes the database."""
        if self._running is not None:
            with self._transaction():
                self.book.forget(self._running)
            self._running = None

    def end(self, error: BaseException, settle: Callable[[], None]) -> None:
        """Note that the step did not get through, if there is still a connection to note it on. Writes the database.

        Args:
            error: why.
            settle: notes what is known of the statements by now.
        """
        _ALIVE.discard(self)
        self._take_back()
        attempt, self._running = self._running, None
        if attempt is None:
            return
        is_failure = isinstance(error, Exception)
        words = _kept(_words(error)) if is_failure else None
        ended = _ended(attempt, FAILED if is_failure else INTERRUPTED, error=words)
        if not self._visit.owned:
            self._untold = ended
            return
        if self._visit.is_lost:
            return
        if self._connection.in_transaction():
            self._connection.rollback()
        with suppress(exc.DBAPIError), self._transaction():  # it must not be told instead of the error
            self.book.note(ended)
            settle()
            if isinstance(error, Undecided):
                self.book.mark(*error.key, error.seq, UNDECIDED)

    def tell_afterwards(self) -> None:
        """Note how an attempt has ended in a transaction of env.py's, whose end has taken back what was noted in it.

        Where DDL commits, that the attempt has begun may be committed, and would be taken for a crash. Writes the
        database.
        """
        ended, self._untold, visit = self._untold, None, self._visit
        if ended is None or visit.shared or not self._dialect.changes.ddl_commits:
            return
        literal, name = self._dialect.literal, self._dialect.quoted(visit.schema, ATTEMPTS)
        values = {"state": ended.state, "ended_at": ended.ended_at or "", "error": ended.error or ""}
        changes = ", ".join(f"{column} = {literal(value)}" for column, value in values.items())
        update = f"UPDATE {name} SET {changes} WHERE run = {literal(ended.run)} AND number = {ended.number}"
        with suppress(Exception):  # then it stays as it is, which is on the safe side
            visit.ask_anew(lambda query: (query(update), query("COMMIT")))

    # -- parts ----------------------------------------------------------------------------------

    def _found(self) -> bool:
        """Whether there is a journal. From now on it is known where: a revision may look up names elsewhere."""
        visit, dialect = self._visit, self._dialect
        if visit.schema is not None:
            return bool(visit.query(dialect.table_exists(STATEMENTS, visit.schema)))
        [[schema, is_there]] = visit.query(dialect.schema_of(STATEMENTS))
        self.book = Book(visit.execute, dialect, schema, visit.locking_read)
        return bool(is_there)

    def _take_back(self) -> None:
        """A step that was noted as through is not: its transaction could not be committed."""
        if self._committing is not None:
            self._running, self._committing = self._committing, None

    def _look_back(self, plan: Plan) -> None:
        """See what earlier runs have left behind."""
        self.book.note(*self._crashed())
        applied = self._scripts.history.ancestors(plan.heads, effective=True)
        self._half_done = self.book.half_done()
        for revision, direction in self._half_done:
            if (direction == "upgrade") == (revision in applied):
                self.book.clear(revision, direction)  # stamped, or completed by stock Alembic
                continue
            if self._is_at_work(revision, direction):
                raise Again(LOCKED)
            if not any((step.revision, step.direction) == (revision, direction) for step in plan.steps):
                raise _half_done(revision, direction, self._visit)
            self._check_for_edits(revision, direction)

    def _crashed(self) -> list[Attempt]:
        """The attempts whose process is gone."""
        gone = (one for one in self.book.open_attempts() if one.run != self._run and not self._is_alive(one))
        return [_ended(one, CRASHED) for one in gone]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """A transaction of its own, or the one that is there, if that is not ours to end."""
        aside, self._visit.aside = self._visit.aside, True
        try:
            if self._visit.owned and not self._connection.in_transaction():
                with self._connection.begin():
                    self._have_begun()
                    yield
            else:
                self._have_begun()
                yield
        finally:
            self._visit.aside = aside

    def _have_begun(self) -> None:
        """Where SQLAlchemy begins for statements of its own only: those of the book go past it."""
        if self._dialect.sessions.locks_each_transaction:
            self._connection.exec_driver_sql("SELECT 1")

    def _is_alive(self, attempt: Attempt) -> bool:
        """Whether the process of an attempt may be at work: where there is a lock, and it is ours, it is not."""
        if not self._dialect.sessions.locks_each_transaction:
            return False
        if (attempt.host, attempt.pid) == (self._provenance.host, self._provenance.pid):
            return any(one._run == attempt.run for one in list(_ALIVE))  # in another thread
        if attempt.host != self._provenance.host:  # a container that is gone, or one that runs beside this one
            began = datetime.fromisoformat(attempt.started_at)
            return (datetime.now(UTC) - began).total_seconds() < _ALIVE_ELSEWHERE
        return not attempt.is_gone

    def _is_at_work(self, revision: str, direction: str) -> bool:
        """Whether the revision is in the middle because another process is running it now."""
        attempt = self.book.last_attempt(revision, direction)
        return attempt is not None and attempt.state == RUNNING and attempt.run != self._run and self._is_alive(attempt)

    def _next(self) -> Attempt:
        step = self._upcoming[0]
        self._number += 1
        path, sums = self._path(step.revision), self._sums(step.revision)
        begun = attempt_by(self._provenance, self._visit, step.direction, self._session)
        numbered = begun._replace(run=self._run, number=self._number, revision=step.revision)
        return with_file(numbered, path, sums)

    def _sums(self, revision: str) -> Checksum:
        file = self._scripts.history[revision]
        return Checksum(file.sha256 or checksum(file.path).raw, self._codes.get(file.path))

    def _path(self, revision: str) -> str:
        return str(self._scripts.history[revision].path)

    def _check_for_edits(self, revision: str, direction: str) -> None:
        attempt = self.book.last_attempt(revision, direction)
        sums = self._sums(revision)
        if attempt is None or attempt.file_sha256 == sums.raw:
            return
        if attempt.state == FAILED:
            return  # it was to be corrected; what it has done is still held against the journal
        if attempt.code_sha256 is None or attempt.code_sha256 != sums.code:
            raise RevisionEdited(
                f"revision {revision} was left in the middle, and its file was edited since",
                where=self._scripts.history[revision].path,
                why=f"statements of it are done that the edited file may not have (run {attempt.when})",
                state="nothing was changed by this run",
                hint="restore the file as it was then; or undo what it did by hand, and whimbrel resolve --abandon",
            )


def has_half_done(visit: Visit, dialect: Dialect) -> bool:
    """Whether a revision was left in the middle. Reads the database."""
    try:
        there = visit.query(dialect.table_exists(STATEMENTS, visit.schema))
        return bool(there and read_half_done(visit.query, dialect, visit.schema))
    finally:
        visit.end_driver_transaction()


def attempt_by(who: Provenance, visit: Visit, direction: str, session: str) -> Attempt:
    """An attempt that begins now, at no revision yet.

    Args:
        who: runs it.
        visit: the database.
        direction: `upgrade` or `downgrade`.
        session: the number of the session.
    """
    return Attempt(
        run="",
        number=1,
        revision="",
        direction=direction,
        from_heads=_heads(visit.reported),
        to_heads=None,
        state=RUNNING,
        started_at=now(),
        ended_at=None,
        file=None,
        file_sha256=None,
        code_sha256=None,
        tools=who.tools[:255],
        application=f"{who.application} {direction}",
        host=who.host[:255],
        pid=who.pid,
        os_user=who.os_user,
        db_user=visit.engine.url.username,
        session=session,
        git_branch=who.git_branch and _in_any_encoding(who.git_branch)[:255],
        git_commit=who.git_commit and who.git_commit[:64],
        error=None,
    )


def with_file(attempt: Attempt, path: str, sums: Checksum) -> Attempt:
    """An attempt that knows the file of its revision."""
    name = _in_any_encoding(os.path.basename(path))[:255]
    return attempt._replace(file=name, file_sha256=sums.raw, code_sha256=sums.code)


def _ended(attempt: Attempt, state: str, *, to_heads: str | None = None, error: str | None = None) -> Attempt:
    return attempt._replace(state=state, ended_at=now(), to_heads=to_heads, error=error)


def _half_done(revision: str, direction: str, visit: Visit) -> HalfDone:
    return HalfDone(
        f"the {direction} of {revision} was left in the middle, and this command does not complete it",
        where=visit.where,
        why="some of its statements are done and committed",
        state="nothing was changed by this run",
        hint=f"whimbrel {direction} {revision if direction == 'upgrade' else '-1'} first; "
        "or, when you have undone it by hand, whimbrel resolve --abandon",
    )


def _kept(text: str) -> str:
    """An error's words as every database can hold them."""
    return _in_any_encoding(text.replace("\0", ""))[:_LONGEST]


def _in_any_encoding(text: str) -> str:
    """The text as every database can hold it, whatever its encoding."""
    return text.encode("ascii", "backslashreplace").decode()


def _heads(heads: frozenset[str]) -> str:
    return " ".join(sorted(heads))


def _words(error: BaseException) -> str:
    if isinstance(error, WhimbrelError):
        return error.what
    if isinstance(error, CommandError):
        return str(error)
    from ..environment.reasons import reason  # for the runs that go wrong

    return reason(error)
