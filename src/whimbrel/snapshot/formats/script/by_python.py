"""Scripts of SQLite, which Python itself writes and reads."""

from __future__ import annotations

import math
import os
import re
import sqlite3
from collections.abc import Iterator
from itertools import chain
from typing import IO

from ....connect.sayings import in_one_line
from ....dialects import Dialect
from ....dialects.base import double_quoted, literal
from ....environment import Visit
from ....errors import DumpFailed, RowsRefused
from ....events import BytesMoved
from ....patience import Patience
from ...sqlite_files import copy_out, locked, persist
from ...transfer import Transfer
from ...view import View
from ..base import Loaded
from ..whole import counts_of, loaded, refuse_shared, refuse_what_is_there

END = rb"COMMIT;"
"""So SQLite's shell ends one, too; with an error, another way."""
_OURS = re.compile(r"\s*(?:BEGIN|COMMIT|END|ROLLBACK)\b", re.IGNORECASE)
_NUMBERS = ("application_id", "user_version")
_OFTEN = 1 << 20


def dump(transfer: Transfer, view: View, path: str) -> int:
    """Write the database; how many rows there are. Reads the database.

    It is copied first, so that whoever writes waits only for that.

    Raises:
        DumpFailed
    """
    visit = view.visit
    refuse_shared(visit, DumpFailed)
    view.tell_left_out(transfer.tell)
    rows = sum(view.counts().values())
    copy = sqlite3.connect("", check_same_thread=False)  # in memory, and what is too large for that in a file
    try:
        copy_out(transfer, view, copy)
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            _write(transfer, copy, file)
    except sqlite3.Error as error:
        raise DumpFailed(
            "the database cannot be written as a script",
            where=visit.where,
            why=in_one_line(error),
            state="nothing was written",
            hint="a .db file takes all that is in one",
        ) from error
    finally:
        copy.close()
    return rows


def _write(transfer: Transfer, copy: sqlite3.Connection, file: IO[str]) -> None:
    told = 0
    for number, statement in enumerate(_script(copy)):
        file.write(f"{statement};\n")
        if number % 1000 == 0 and (size := file.tell()) - told > _OFTEN:
            told = size
            transfer.interruption.check()
            transfer.tell(BytesMoved("dump", transfer.database.name, size, None))


def _script(copy: sqlite3.Connection) -> Iterator[str]:
    """As SQLite's shell writes it. Python's `iterdump` loses NULs, infinity and the rows of virtual tables."""
    yield "BEGIN TRANSACTION"
    for name in _NUMBERS:
        [value] = copy.execute(f"PRAGMA {name}").fetchone()
        if value:
            yield f"PRAGMA {name} = {value}"
    objects = copy.execute("SELECT type = 'table', name, sql FROM sqlite_master WHERE sql NOT NULL ORDER BY rowid")
    definitions = [(bool(is_table), str(name), str(sql)) for is_table, name, sql in objects]
    virtual = [(name, sql) for is_table, name, sql in definitions if sql.upper().startswith("CREATE VIRTUAL")]
    for is_table, name, sql in definitions:
        if is_table and (name, sql) not in virtual and not name.startswith("sqlite_"):
            yield sql
            yield from _rows(copy, name)
    yield from (sql for is_table, _, sql in definitions if not is_table)
    for name, sql in virtual:  # to create it would make the tables that it keeps its rows in, which are there
        yield "PRAGMA writable_schema = ON"
        values = ", ".join(map(_quoted, ("table", name, name, 0, sql)))
        yield f"INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ({values})"
        yield "PRAGMA writable_schema = OFF"
    names = {name for _, name, _ in definitions}
    if "sqlite_stat1" in names:
        yield "ANALYZE sqlite_master"
    for name in sorted(names & {"sqlite_sequence", "sqlite_stat1", "sqlite_stat4"}):
        yield f"DELETE FROM {name}"
        yield from _rows(copy, name)
    yield "COMMIT"


def _rows(copy: sqlite3.Connection, table: str) -> Iterator[str]:
    """What writes the rows of a table; columns that are computed have no values of their own."""
    own = copy.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid", (table,))
    columns = ", ".join(double_quoted(str(name)) for (name,) in own)
    for row in copy.execute(f"SELECT {columns} FROM {double_quoted(table)}"):
        yield f"INSERT INTO {double_quoted(table)} VALUES ({', '.join(map(_quoted, row))})"


def _quoted(value: object) -> str:
    """As SQLite's own `quote()`, which ends a text at its first NUL, and has no word for what is infinite."""
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "9e999" if value > 0 else "-9e999"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, str):
        return literal(value) if "\0" not in value else f"CAST(X'{value.encode().hex()}' AS TEXT)"
    return str(value)


def load(transfer: Transfer, visit: Visit, dialect: Dialect, file: IO[bytes], path: str, replace: bool) -> Loaded:
    """Load a script in one transaction, with what is dropped for it. Writes the database.

    Raises:
        NotEmpty, RowsRefused, LockBusy
    """
    refuse_shared(visit, RowsRefused)
    there = counts_of(visit, dialect)
    try:
        with locked(transfer, visit, "BEGIN IMMEDIATE") as connection:
            clearing = dialect.contents.drop(lambda query: connection.execute(query).fetchall(), None)
            objects = [one for one in clearing if one.startswith("DROP")]
            if objects and not replace:
                refuse_what_is_there(there, len(objects), visit, path)
            for statement in chain(clearing, _statements(transfer, file, path)):
                connection.execute(statement)
            patience = Patience(transfer.limits.retry, sleep=transfer.interruption.sleep)
            persist(lambda: connection.execute("COMMIT"), patience, visit)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise RowsRefused(
            "the script cannot be loaded",
            where=visit.where,
            why="it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else in_one_line(error),
            state="nothing was changed: all of it was rolled back",
            hint="correct that where it comes from, and write it anew",
        ) from error
    return loaded(transfer, visit, dialect, path, sum(there.values()))


def _statements(transfer: Transfer, file: IO[bytes], path: str) -> Iterator[str]:
    """The statements of a script, but those that begin and end its transaction: that is ours."""
    size, told, total = 0, 0, os.fstat(file.fileno()).st_size
    text = ""
    for line in file:
        size += len(line)
        if not text and (not line.strip() or line.startswith(b"--")):
            continue
        text += line.decode()
        if line.rstrip().endswith(b";") and sqlite3.complete_statement(text):
            if not _OURS.match(text):
                yield text
            text = ""
        if size - told > _OFTEN:
            told = size
            transfer.interruption.check()
            transfer.tell(BytesMoved("load", os.path.basename(path), size, total))
