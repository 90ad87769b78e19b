"""Scripts that a tool of the database's writes and reads: pg_dump and psql, mariadb-dump and mariadb."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import IO

from sqlalchemy import exc

from ....connect.iam import with_token
from ....connect.url import DatabaseUrl, parse
from ....dialects import Dialect
from ....dialects.tools import Tools
from ....environment import Visit
from ....environment.reasons import hint_for, reason
from ....errors import CommitUnknown, DumpFailed, Interrupted, PoolerInTheWay, RowsRefused, counted
from ....events import BytesMoved, Notice
from ....interruption import StopRequested
from ...programs import Call, ProgramFailed
from ...transfer import Transfer
from ...view import View, rows_of, settled
from ..base import Loaded
from ..whole import counts_of, loaded, refuse_shared, refuse_what_is_there

_CHUNK = 1 << 18
_CONNECTION_LOST = 2
"""What psql ends with then."""


def dump(transfer: Transfer, view: View, tools: Tools, path: str) -> int:
    """Have the tool write the database; how many rows there are. Reads the database.

    Raises:
        ProgramMissing, DumpFailed
    """
    visit = view.visit
    refuse_shared(visit, DumpFailed)
    url = _url(transfer, visit, changes=False)
    call = Call(tools.dump(url, tools.share(view.rows.ask)), url, transfer.interruption)
    if not tools.is_one_transaction:  # it is one database; PostgreSQL's has all schemas
        view.tell_left_out(transfer.tell)
        for schema in dict.fromkeys(table.schema for table in view.tables if table.schema):
            transfer.tell(Notice(f"schema {schema} is left out: it is another database"))
    rows = sum(view.counts().values())
    size = 0
    try:
        with open(path, "wb") as file:
            for chunk in call.output():
                file.write(chunk)
                size += len(chunk)
                transfer.tell(BytesMoved("dump", transfer.database.name, size, None))
    except ProgramFailed as failure:
        raise DumpFailed(
            f"{call.name} cannot write the database",
            where=visit.where,
            why=failure.words,
            state="nothing was written",
            hint=_hint(view.dialect, failure.words) or "whimbrel dump_db NAME.whimbrel needs no such tool",
        ) from failure
    return rows


class Load:
    """One script on its way into one database.

    Args:
        transfer: how to get at it.
        visit: the database.
        dialect: what it is.
        tools: its tools.
        file: the script, at its beginning.
        path: what it is called.
    """

    def __init__(
        self, transfer: Transfer, visit: Visit, dialect: Dialect, tools: Tools, file: IO[bytes], path: str
    ) -> None:
        self._transfer = transfer
        self._visit = visit
        self._dialect = dialect
        self._tools = tools
        self._file = file
        self._path = path
        self._rows = rows_of(visit, dialect)
        self._dropped = 0
        self._replaced = 0
        self._is_committing = False

    def run(self, replace: bool) -> Loaded:
        """Load it, while no other migrator is at work. Writes the database.

        Raises:
            ProgramMissing, NotEmpty, RowsRefused, CommitUnknown, LockBusy, PoolerInTheWay
        """
        refuse_shared(self._visit, RowsRefused)
        self._refuse_pooler()
        url = _url(self._transfer, self._visit, changes=True)
        call = Call(self._tools.load(url), url, self._transfer.interruption)
        try:
            turn = self._transfer.turn(self._visit, self._dialect)
            turn.run(lambda: self._load(call, replace), lambda error: not self._dropped)
        except StopRequested as request:
            raise self._interrupted() from request
        except exc.DBAPIError as error:
            raise RowsRefused(
                "the database cannot be emptied",
                where=self._visit.where,
                why=reason(error),
                state=self._state(),
                hint=hint_for(error, self._dialect.name) or "use a user who may: migration_url",
            ) from error
        self._transfer.interruption.requested = False  # it came when all was done
        return loaded(self._transfer, self._visit, self._dialect, self._path, self._replaced)

    def _load(self, call: Call, replace: bool) -> None:
        visit = self._visit
        clearing = self._tools.clearing(self._rows.ask)
        objects = [one for one in clearing if one.startswith("DROP")]
        visit.roll_back()
        there = counts_of(visit, self._dialect) if objects else {}
        if objects and not replace:
            refuse_what_is_there(there, len(objects), visit, self._path)
        self._replaced = sum(there.values())
        if not self._tools.is_one_transaction:
            self._drop(clearing)
            clearing = []
        visit.roll_back()  # whatever the connection has seen, it holds nobody up
        try:
            call.feed(self._script(clearing))
        except ProgramFailed as failure:
            raise self._failed(call, failure) from failure

    def _refuse_pooler(self) -> None:
        visit = self._visit
        is_pooled = self._dialect.sessions.identity(visit.driver, visit.query).is_pooled
        visit.end_driver_transaction()
        if is_pooled:
            raise PoolerInTheWay(
                "nobody may migrate while a script is loaded, and a connection pooler stands before the database",
                where=visit.where,
                why="the lock would not last: each transaction may get another session of the server",
                state="nothing was changed",
                hint="set migration_url to the server itself, past the pooler; or load an archive",
            )

    def _drop(self, clearing: list[str]) -> None:
        """Drop what is there, where that cannot be a part of the script's transaction."""
        with settled(self._visit, self._dialect, self._rows):
            for statement in clearing:
                self._transfer.interruption.check()
                self._rows.ask(statement)
                self._dropped += statement.startswith("DROP")

    def _script(self, clearing: list[str]) -> Iterator[bytes]:
        """What the tool reads. Where it can be, a transaction whose end is ours: it is not there if we die before."""
        if self._tools.is_one_transaction:
            begin = self._tools.begin(self._transfer.limits.lock_wait)
            yield (begin + "".join(f"{statement};\n" for statement in clearing)).encode()
        size, total = 0, os.fstat(self._file.fileno()).st_size
        while chunk := self._file.read(_CHUNK):
            yield chunk
            size += len(chunk)
            self._transfer.tell(BytesMoved("load", os.path.basename(self._path), size, total))
        if self._tools.is_one_transaction:
            self._is_committing = True
            yield b"\nCOMMIT;\n"

    def _interrupted(self) -> Interrupted | CommitUnknown:
        self._transfer.interruption.requested = False  # it was for this run
        if self._is_committing:
            return self._unknown("interrupted")
        hint = "run the same command again" + (" with --yes" if self._dropped else "")
        return Interrupted("interrupted", where=self._visit.where, state=self._state(), hint=hint)

    def _unknown(self, why: str) -> CommitUnknown:
        return CommitUnknown(
            "the tool was cut off at its end, so it is not known whether the script was committed",
            where=self._visit.where,
            why=why,
            state="unknown: either all of the script is there, or all is as it was",
            hint="look into the database before you run the same command again",
        )

    def _failed(self, call: Call, failure: ProgramFailed) -> RowsRefused | CommitUnknown:
        if self._is_committing and failure.code == _CONNECTION_LOST:
            return self._unknown(failure.words)
        return RowsRefused(
            f"{call.name} cannot load the script",
            where=self._visit.where,
            why=failure.words,
            state=self._state(),
            hint=_hint(self._dialect, failure.words)
            or ("correct that, and run the same command again" + (" with --yes" if self._dropped else "")),
        )

    def _state(self) -> str:
        """What is there now: all as it was, or what this kind of database has kept."""
        if self._tools.is_one_transaction:
            return "nothing was changed: all of it was rolled back"
        self._visit.roll_back()
        there = counts_of(self._visit, self._dialect)
        if not self._dropped and not there:
            return "nothing was changed"
        dropped = [f"{counted(self._dropped, 'object')} dropped, which this database does not roll back"]
        rows = counted(sum(there.values()), "row")
        loaded = [f"of the script, {counted(len(there), 'table')} with {rows} are there: {', '.join(there)}"]
        return "; ".join(dropped * bool(self._dropped) + (loaded if there else ["nothing of the script is there"]))


def _url(transfer: Transfer, visit: Visit, *, changes: bool) -> DatabaseUrl:
    """Where the visit is connected to: as it is configured, or as env.py's engine has it."""
    engine = parse(visit.engine.url.render_as_string(hide_password=False))
    configured = transfer.database.url_for(changes=changes)
    if configured is not None and _place(configured) == _place(engine):
        return with_token(configured.with_driver(engine.driver) if engine.driver else configured)
    return with_token(engine)


def _place(url: DatabaseUrl) -> tuple[object, ...]:
    return url.user, url.host, url.port, url.database


def _hint(dialect: Dialect, words: str) -> str | None:
    if "version mismatch" in words:
        return "install the server's version of it; or use a .whimbrel archive, which needs no tool"
    hints = dialect.hints.items()
    return next((hint for pattern, hint in hints if re.search(pattern, words, re.IGNORECASE)), None)
