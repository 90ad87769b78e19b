"""SQLite holds anything in any column. It goes where it can be what it is, and nowhere else does it become another."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from snapshot.projects import execute, project
from support.databases import rows
from whimbrel import errors

MakeDatabase = Callable[[str], str]
TYPES = (
    *("INTEGER", "REAL", "NUMERIC(10, 2)", "BOOLEAN", "TEXT", "BLOB", "DATE", "DATETIME", "TIME", "JSON", "JSONBLOB"),
    *("UUID", "VARCHAR(5)", "BYTEA", "ENUM", ""),
)
VALUES: tuple[Any, ...] = (
    *(
        "",
        "false",
        "5x",
        "a\0b",
        "nan",
        "Infinity",
        "[",
        '{"a": 5}',
        "2024-02-30",
        "2024-02-29 12:00:00.1234567",
        "12:00",
    ),
    *(0, 1, 2, -5, 10**12, 2**63 - 1, 0.0, -0.0, 1.0, 1.5, 0.1 + 0.2, 1e300, math.inf, -math.inf),
    *(b"", b"5", b"\0\xff", None),
)


def _stored(url: str) -> list[tuple[Any, ...]]:
    """All rows, each value with its storage class, read without SQLAlchemy."""
    columns = ", ".join(f"typeof(v{at}), v{at}" for at, _ in enumerate(TYPES))
    with contextlib.closing(sqlite3.connect(str(sa.make_url(url).database))) as connection:
        return connection.execute(f"SELECT id, {columns} FROM a ORDER BY id").fetchall()


def _insert(url: str, statement: str, values: list[tuple[Any, ...]]) -> None:
    with contextlib.closing(sqlite3.connect(str(sa.make_url(url).database))) as connection:
        connection.executemany(statement, values)
        connection.commit()


def test_any_value_in_any_column_of_sqlite_arrives_as_it_is_stored(make_database: MakeDatabase, tmp_path: Path) -> None:
    here, there = make_database("sqlite"), make_database("sqlite")
    columns = ", ".join(f"v{at} {declared}" for at, declared in enumerate(TYPES))
    first, second = (
        project(tmp_path / name, url, f"CREATE TABLE a (id INTEGER PRIMARY KEY, {columns})")
        for name, url in (("p", here), ("q", there))
    )
    _insert(
        here,
        f"INSERT INTO a VALUES ({', '.join('?' for _ in range(len(TYPES) + 1))})",
        [(at, *(value for _ in TYPES)) for at, value in enumerate(VALUES, 1)],
    )
    before = _stored(here)
    assert {row[at] for row in before for at in range(1, len(row), 2)} == {"text", "integer", "real", "blob", "null"}
    first.dump(tmp_path / "a.whimbrel")
    second.restore(tmp_path / "a.whimbrel")
    assert repr(_stored(there)) == repr(before)


STRAYS = [
    ("BOOLEAN", "BOOLEAN", "false"),
    ("BOOLEAN", "BOOLEAN", 1.5),
    ("BLOB", "BYTES", 5),
    ("BLOB", "BYTES", 10**12),
    ("BLOB", "BYTES", "5"),
    ("INTEGER", "INTEGER", 1.5),
    ("INTEGER", "INTEGER", 2.9),
    ("INTEGER", "INTEGER", b"5"),
    ("NUMERIC(10, 2)", "NUMERIC(10, 2)", "five"),
    ("DOUBLE PRECISION", "DOUBLE PRECISION", "five"),
    ("TEXT", "TEXT", b"\xff"),
    ("STRING", "TEXT", 5),
    ("DATE", "DATE", "today"),
    ("DATE", "DATE", "2024-02-30"),
    ("DATE", "DATE", 20240229),
    ("DATETIME", "DATETIME", "2024-02-29 12:00:00.1234561"),
    ("DATETIME", "DATETIME", "2024-02-29 12:00:00+02:00"),
    ("TIME", "TIME", "noon"),
    ("JSON", "JSON", b"[]"),
]
NAMES = {
    "postgresql": {"BYTES": "BYTEA", "DATETIME": "TIMESTAMP"},
    "mariadb": {"BYTES": "BLOB", "DATETIME": "DATETIME(6)"},
}


@pytest.mark.parametrize("target", NAMES)
def test_what_a_server_cannot_hold_as_it_is_is_refused_by_the_name_of_its_column(
    target: str, make_database: MakeDatabase, tmp_path: Path
) -> None:
    here, other = make_database("sqlite"), make_database(target)
    first, second = (
        project(tmp_path / name, url, "CREATE TABLE a (id INTEGER PRIMARY KEY)")
        for name, url in (("p", here), ("q", other))
    )
    for declared, wanted, value in STRAYS:
        if (target, wanted) == ("mariadb", "JSON"):
            continue  # a text there, that is checked
        execute(here, "DROP TABLE a", f"CREATE TABLE a (id INTEGER PRIMARY KEY, v {declared})")
        _insert(here, "INSERT INTO a VALUES (?, ?)", [(1, None), (2, value)])
        first.dump(tmp_path / "a.whimbrel", overwrite=True)
        create = f"CREATE TABLE a (id INTEGER PRIMARY KEY, v {NAMES[target].get(wanted, wanted)})"
        execute(other, "DROP TABLE a", create, "INSERT INTO a VALUES (9, NULL)")
        with pytest.raises(errors.RowsRefused, match=r"a value in a\.v is nothing for") as refusal:
            second.restore(tmp_path / "a.whimbrel", replace=True)
        assert refusal.value.state == "nothing was changed: all of it was rolled back", (declared, value)
        assert "revision" in str(refusal.value.hint)
        assert rows(other, "SELECT id, v FROM a") == [(9, None)]


@pytest.mark.parametrize(
    ("target", "declared", "wanted", "value", "expected"),
    [
        ("mariadb", "BOOLEAN", "BOOLEAN", 2, 2),  # a number there
        ("mariadb", "DATE", "VARCHAR(20)", "today", "today"),
        ("postgresql", "DATE", "VARCHAR(20)", "today", "today"),
        ("postgresql", "DATETIME", "TEXT", "2024-02-29 12:00:00.1234567", "2024-02-29 12:00:00.1234567"),
        ("postgresql", "JSON", "JSONB", 5, 5),
        ("postgresql", "NUMERIC", "NUMERIC", 0.1 + 0.2, "0.30000000000000004"),
        ("postgresql", "STRING", "BIGINT", 10**12, 10**12),
        ("mariadb", "STRING", "BIGINT", 10**12, 10**12),
    ],
)
def test_what_the_column_of_a_server_is_for_is_kept(
    target: str, declared: str, wanted: str, value: Any, expected: Any, make_database: MakeDatabase, tmp_path: Path
) -> None:
    here, there = make_database("sqlite"), make_database(target)
    first = project(tmp_path / "p", here, f"CREATE TABLE a (id INTEGER PRIMARY KEY, v {declared})")
    second = project(tmp_path / "q", there, f"CREATE TABLE a (id INTEGER PRIMARY KEY, v {wanted})")
    _insert(here, "INSERT INTO a VALUES (?, ?)", [(1, value)])
    first.dump(tmp_path / "a.whimbrel")
    second.restore(tmp_path / "a.whimbrel")
    [(found,)] = rows(there, "SELECT v FROM a")
    assert (str(found) if wanted == "NUMERIC" else found) == expected


def test_a_text_with_a_zero_byte_is_refused_by_the_name_of_its_column(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    here, there = make_database("sqlite"), make_database("postgresql")
    first, second = (
        project(tmp_path / name, url, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)")
        for name, url in (("p", here), ("q", there))
    )
    _insert(here, "INSERT INTO a VALUES (?, ?)", [(1, "a\0b")])
    first.dump(tmp_path / "a.whimbrel")
    with pytest.raises(errors.RowsRefused, match=r"(?s)a\.v .*zero byte"):
        second.restore(tmp_path / "a.whimbrel")
    assert rows(there, "SELECT count(*) FROM a") == [(0,)]
