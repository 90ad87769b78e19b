"""Schemas in files: scripts that a database's own tool has written, and files of SQLite."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

from sqlalchemy.exc import SQLAlchemyError

from ..catalog import Catalog
from ..connect.iam import with_token
from ..connect.sayings import in_one_line
from ..connect.url import parse
from ..dialects import Dialect
from ..environment import Visit
from ..environment.scratch.names import is_ours
from ..errors import ArchiveInvalid, FileRefused, FormatUnknown, ScratchUnusable, place
from ..interruption import Interruption
from ..record import TYPE_CHECKING
from ..snapshot.programs import Call, ProgramFailed

if TYPE_CHECKING:
    from ..connect.driver import Query

SCRIPT = ".sql"
_DATABASES = (".db", ".sqlite", ".sqlite3")
_WHERE = {"postgresql": "SELECT current_database()", "mysql": "SELECT DATABASE()", "mariadb": "SELECT DATABASE()"}
_COPY = re.compile(rb"COPY .* FROM stdin;\s*$")
_OF_PSQL = re.compile(rb"\\(?!restrict\b|unrestrict\b)")
_ELSEWHERE = re.compile(r"\s*(?:/\*!\d*\s*)?(?:USE|(?:CREATE|DROP|ALTER)\s+(?:DATABASE|SCHEMA))\b", re.IGNORECASE)
_ROWS = re.compile(r"(?:INSERT|REPLACE|LOCK TABLES|UNLOCK TABLES)\b", re.IGNORECASE)
_DELIMITER = re.compile(r"DELIMITER (\S+)\s*$", re.IGNORECASE)


def ending_of(path: str) -> str:
    """What a file is, by its name.

    Raises:
        FormatUnknown: nothing that has a schema.
        FileRefused: there is no such file.
    """
    ending = os.path.splitext(path)[1].lower()
    if ending not in (SCRIPT, *_DATABASES):
        raise FormatUnknown(
            f"{place(path)} holds no schema that could be compared",
            why="an archive holds rows" if ending == ".whimbrel" else "its ending says nothing",
            state="nothing was read",
            hint="a script that the database's own tool has written ends with .sql, a database of SQLite with .db",
        )
    if not os.path.isfile(path):
        raise FileRefused("there is no such file", where=place(path), state="nothing was read", hint="check the path")
    return SCRIPT if ending == SCRIPT else _DATABASES[0]


def of_sqlite(path: str, dialect: Dialect) -> Catalog:
    """The catalog of a file of SQLite, or of a script of it, which is executed in memory. Reads the file.

    Raises:
        ArchiveInvalid: it is neither.
    """
    is_script = ending_of(path) == SCRIPT
    source = ":memory:" if is_script else f"file:{quote(os.path.abspath(path))}?mode=ro"
    try:
        with closing(sqlite3.connect(source, uri=not is_script)) as connection:
            if is_script:
                with open(path, encoding="utf-8") as file:
                    connection.executescript(file.read())
            return dialect.catalogs.read(_query(connection), (None,))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _unreadable(path, in_one_line(error)) from error


def _query(connection: sqlite3.Connection) -> Query:
    return lambda statement: [tuple(row) for row in connection.execute(statement)]


def load(visit: Visit, path: str, interruption: Interruption) -> None:
    """Make the schema of a script in a scratch database; its rows stay where they are.

    Args:
        visit: leads to the scratch database.
        path: the script.
        interruption: whether the run is to stop.

    Raises:
        ArchiveInvalid: the database refuses it, or it would reach out of the scratch database.
        ProgramMissing: the database's own tool is not installed.
    """
    [[name]] = visit.query(_WHERE[visit.context.dialect.name])
    visit.end_driver_transaction()
    if not is_ours(str(name)):
        raise ScratchUnusable("a script is loaded into a scratch database only, and this is none", where=visit.where)
    if visit.context.dialect.name == "postgresql":
        _by_tool(visit, str(name), path, interruption)
    else:
        _by_statements(visit, path)


def _by_tool(visit: Visit, name: str, path: str, interruption: Interruption) -> None:
    assert visit.dialect is not None
    assert visit.dialect.tools is not None
    url = with_token(parse(visit.engine.url.set(database=name).render_as_string(hide_password=False)))
    try:
        Call(visit.dialect.tools.load(url), url, interruption).feed(_without_rows(path))
    except ProgramFailed as failure:
        raise _unreadable(path, failure.words) from failure


def _without_rows(path: str) -> Iterator[bytes]:
    """A script of pg_dump's without the rows, and without what only psql could be told.

    Raises:
        ArchiveInvalid: psql would connect to another database, or start a program.
    """
    is_copied = False
    with open(path, "rb") as file:
        for line in file:
            if is_copied:
                is_copied = line.rstrip(b"\r\n") != b"\\."
            elif _COPY.match(line):
                is_copied = True
            elif _OF_PSQL.match(line):
                raise _reaching_out(path, line.decode(errors="replace"))
            elif not line.startswith(b"INSERT INTO ") or not line.rstrip().endswith(b";"):
                yield line


def _by_statements(visit: Visit, path: str) -> None:
    """On the connection, where it is seen whether a statement leaves the scratch database."""
    connection = visit.context.connection
    assert connection is not None
    try:
        for statement in _statements(path):
            if _ELSEWHERE.match(statement):
                raise _reaching_out(path, statement)
            if not _ROWS.match(statement):
                connection.exec_driver_sql(statement.replace("%", "%%"))  # else a driver looks for parameters
        visit.commit_behind()
    except SQLAlchemyError as error:
        raise _unreadable(path, in_one_line(getattr(error, "orig", None) or error)) from error


def _statements(path: str) -> Iterator[str]:
    """The statements of a script as MySQL's tool writes it: each ends with its line."""
    delimiter, lines = ";", list[str]()
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not lines and (line.startswith(("--", "/*M!")) or not line.strip()):
                continue
            if not lines and (found := _DELIMITER.match(line)):
                delimiter = found[1]
                continue
            lines.append(line)
            if line.rstrip().endswith(delimiter):
                yield "".join(lines).rstrip().removesuffix(delimiter)
                lines = []


def _reaching_out(path: str, line: str) -> ArchiveInvalid:
    first = " ".join(line.split())[:60]
    return ArchiveInvalid(
        "the script would leave the scratch database that it is loaded into",
        where=place(path),
        why=f"it says {first}",
        state="the configured database was not touched",
        hint="dump one database, and without what makes it: no --create, no --databases",
    )


def _unreadable(path: str, why: str) -> ArchiveInvalid:
    return ArchiveInvalid(
        "the schema of the file cannot be read",
        where=place(path),
        why=why,
        state="the configured database was not touched",
        hint="it has to be of the same kind of database, and whole",
    )
