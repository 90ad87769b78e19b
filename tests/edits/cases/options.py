"""What a table is made with, and what else belongs to one: engine, storage, partitions, collations."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Integer, String, Table

from ..case import MARIADB, POSTGRESQL, SQLITE, Build, Case
from .notes import NOTES, note, notes, noting


def _collated(collation: str | None, length: int = 20, **options: Any) -> Build:
    return noting(lambda: Column("body", String(length, collation=collation), **options))


def _mysql(**options: Any) -> Build:
    return noting(**{f"mysql_{name}": value for name, value in options.items()})


def _parted(*make: Any) -> Build:
    """A table in parts, of which the models say nothing."""
    return lambda metadata: Table(
        "event",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("name", String(20)),
        *(one() for one in make),
        postgresql_partition_by="RANGE (id)",
    )


_PARTS = [
    "CREATE TABLE event_low PARTITION OF event FOR VALUES FROM (0) TO (100)",
    "CREATE TABLE event_rest PARTITION OF event DEFAULT",
]
_ROWS = notes(body=["a", "B", None])
_MORE = (lambda: Column("more", Integer),)

CASES = (
    Case("collation_changed", _collated("C"), _collated("POSIX"), (POSTGRESQL,), rows=_ROWS),
    Case("collation_added", _collated(None), _collated("C"), (POSTGRESQL,), rows=_ROWS),
    Case("collation_dropped", _collated("C"), _collated(None), (POSTGRESQL,), rows=_ROWS),
    Case("collation_kept_with_another_length", _collated("C"), _collated("C", 40), (POSTGRESQL,), rows=_ROWS),
    Case("mysql_collation_changed", _collated("utf8mb4_bin"), _collated("utf8mb4_unicode_ci"), (MARIADB,), rows=_ROWS),
    Case(
        "mysql_collation_kept_with_another_length",
        _collated("utf8mb4_bin"),
        _collated("utf8mb4_bin", 40),
        (MARIADB,),
        rows=_ROWS,
    ),
    Case(
        "mysql_collation_kept_with_not_null",
        _collated("utf8mb4_bin"),
        _collated("utf8mb4_bin", nullable=False),
        (MARIADB,),
        rows=notes(body=["a", "B", ""]),
    ),
    Case("nocase_added", _collated(None), _collated("NOCASE"), (SQLITE,), rows=_ROWS),
    Case("nocase_dropped", _collated("NOCASE"), _collated(None), (SQLITE,), rows=_ROWS),
    Case("nocase_kept_in_a_rebuild", _collated("NOCASE"), _collated("NOCASE", 40), (SQLITE,), rows=_ROWS),
    Case(
        "table_collation_changed",
        _mysql(charset="utf8mb4", collate="utf8mb4_general_ci"),
        _mysql(charset="utf8mb4", collate="utf8mb4_bin"),
        (MARIADB,),
        rows=NOTES,
    ),
    Case(
        "table_charset_changed",
        _mysql(charset="latin1"),
        _mysql(charset="utf8mb4"),
        (MARIADB,),
        rows={"note": [{"id": 1, "title": "ü"}]},
    ),
    Case("table_engine_changed", _mysql(engine="MyISAM"), _mysql(engine="InnoDB"), (MARIADB,), rows=NOTES),
    Case(
        "table_options_kept_with_a_column",
        _mysql(engine="Aria", charset="latin1"),
        lambda m: note(m, Column("more", Integer), mysql_engine="Aria", mysql_charset="latin1"),
        (MARIADB,),
        rows={"note": [{"id": 1, "title": "a"}]},
    ),
    Case(
        "table_with_options_added",
        noting(),
        lambda m: (
            note(m),
            Table(
                "more",
                m,
                Column("id", Integer, primary_key=True),
                mysql_engine="Aria",
                mysql_charset="latin1",
                mysql_comment="it's",
            ),
        ),
        (MARIADB,),
        rows=NOTES,
    ),
    Case("fillfactor_given", noting(), noting(postgresql_with={"fillfactor": 70}), (POSTGRESQL,), rows=NOTES),
    Case("unlogged_now", noting(), noting(prefixes=["UNLOGGED"]), (POSTGRESQL,), rows=NOTES),
    Case(
        "unlogged_kept_with_a_column",
        noting(prefixes=["UNLOGGED"]),
        lambda m: note(m, Column("more", Integer), prefixes=["UNLOGGED"]),
        (POSTGRESQL,),
        rows=NOTES,
    ),
    Case(
        "table_with_fillfactor_added",
        noting(),
        lambda m: (
            note(m),
            Table("more", m, Column("id", Integer, primary_key=True), postgresql_with={"fillfactor": 70}),
        ),
        (POSTGRESQL,),
        rows=NOTES,
    ),
    Case(
        "partitions_are_left_alone",
        _parted(),
        _parted(*_MORE),
        (POSTGRESQL,),
        rows={"event": []},
        objects={POSTGRESQL: _PARTS},
    ),
    Case("table_in_parts_added", noting(), lambda m: (note(m), _parted()(m)), (POSTGRESQL,), rows=NOTES),
    Case(
        "heirs_are_left_alone",
        noting(),
        noting(lambda: Column("more", Integer)),
        (POSTGRESQL,),
        rows=NOTES,
        objects={POSTGRESQL: ["CREATE TABLE note_of_old (year int) INHERITS (note)"]},
    ),
    Case(
        "mysql_partitions_are_kept",
        noting(),
        noting(lambda: Column("more", Integer)),
        (MARIADB,),
        rows=NOTES,
        objects={MARIADB: ["ALTER TABLE note PARTITION BY HASH (id) PARTITIONS 3"]},
    ),
)
