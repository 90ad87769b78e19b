"""What an archive says of itself: where it comes from, which tables it has, how many rows and with which checksum."""

from __future__ import annotations

import json

from ..errors import ArchiveInvalid
from ..record import TYPE_CHECKING, Record
from .kinds import KINDS

if TYPE_CHECKING:
    from typing import Any

FORMAT = "whimbrel archive"
VERSION = 1
NAME = "manifest.json"


class ArchivedColumn(Record):
    """A column: its name, and the kind of its values."""

    name: str
    kind: str


class ArchivedTable(Record):
    """A table in an archive.

    Attributes:
        schema: its schema; None for that in which names without one are looked up.
        name: its name.
        columns: those whose values are in the archive, in their order.
        file: the name of the part with its rows.
        rows: how many there are.
        sha256: of that part, before it was compressed.
        following: for columns that number their rows: the number that the next row gets.
    """

    schema: str | None
    name: str
    columns: tuple[ArchivedColumn, ...]
    file: str
    rows: int = 0
    sha256: str = ""
    following: dict[str, int] = {}

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


class Manifest(Record):
    """What an archive says of itself.

    Attributes:
        whimbrel: the version that has written it.
        made_at: when, in ISO 8601, in UTC.
        database: what the project calls the database.
        dialect: what it was, in SQLAlchemy's words.
        revisions: where it was.
        tables: what is in it.
    """

    whimbrel: str
    made_at: str
    database: str
    dialect: str
    revisions: tuple[str, ...]
    tables: tuple[ArchivedTable, ...]

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(table.rows for table in self.tables)

    def text(self) -> str:
        """As it stands in the archive."""
        tables = [
            {**table._asdict(), "columns": [column._asdict() for column in table.columns]} for table in self.tables
        ]
        data = {"format": FORMAT, "version": VERSION, **self._asdict(), "tables": tables}
        return json.dumps(data, indent=1, ensure_ascii=False)


def parse(text: bytes, where: str) -> Manifest:
    """Read a manifest.

    Raises:
        ArchiveInvalid: it is none, or that of a newer version.
    """
    try:
        data = json.loads(text)
        known = data["format"] == FORMAT
        version = int(data["version"])
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(where, "its manifest cannot be read") from error
    if not known:
        raise _unreadable(where, f"it says that it is {data['format']!r}")
    if version > VERSION:
        raise ArchiveInvalid(
            "the archive was written by a newer whimbrel",
            where=where,
            why=f"it has version {version} of the format, by whimbrel {data.get('whimbrel')}; this one knows {VERSION}",
            state="nothing was changed",
            hint="pip install --upgrade whimbrel",
        )
    try:
        return _manifest(data)
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(where, f"its manifest is incomplete: {error}") from error


def _manifest(data: dict[str, Any]) -> Manifest:
    tables = tuple(_table(one) for one in data["tables"])
    revisions = tuple(map(str, data["revisions"]))
    version, made_at, database, dialect = (str(data[name]) for name in ("whimbrel", "made_at", "database", "dialect"))
    return Manifest(version, made_at, database, dialect, revisions, tables)


def _table(data: dict[str, Any]) -> ArchivedTable:
    columns = tuple(ArchivedColumn(str(one["name"]), str(one["kind"])) for one in data["columns"])
    unknown = {column.kind for column in columns} - KINDS
    if unknown:
        raise ValueError(f"kind {', '.join(sorted(unknown))}")
    following = {str(name): int(number) for name, number in data["following"].items()}
    words = (data["schema"], str(data["name"]), columns, str(data["file"]))
    return ArchivedTable(*words, int(data["rows"]), str(data["sha256"]), following)


def _unreadable(where: str, why: str) -> ArchiveInvalid:
    return ArchiveInvalid(
        "the file is no archive of whimbrel's",
        where=where,
        why=why,
        state="nothing was changed",
        hint="name a file that whimbrel dump_db has written",
    )
