"""Attempts: read from real databases, and told in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import ASYNC, SYNC, rows, through
from support.journal import attempt, write_journal
from whimbrel.connect.driver import with_driver
from whimbrel.connect.url import DatabaseUrl, parse
from whimbrel.dialects import dialect_of
from whimbrel.errors import DatabaseFailed
from whimbrel.journal import Attempt, applied, last_applied, latest, provenance_of, read_attempts


def read(url: str, schema: str | None = None, where: str = "") -> list[Attempt]:
    """The attempts, through the driver alone."""
    parsed: DatabaseUrl = parse(url)
    dialect = dialect_of(parsed)
    connection = dialect.plain(with_driver(parsed, dialect.drivers))
    assert connection is not None
    with connection as query:
        return read_attempts(query, dialect, schema, where)


# -- in a database -------------------------------------------------------------------------------

WRITTEN = [
    attempt("bbbb", run="r2", number=2, started_at="2026-11-20T14:00:02+00:00", state="failed", error="no such table"),
    attempt("aaaa", run="r2", number=1, started_at="2026-11-20T14:00:02+00:00", git_branch="Zweig/ä 漢"),
    attempt("aaaa", run="r1", started_at="2026-11-20T14:00:01+00:00", to_heads=None, ended_at=None, os_user=None),
]


def test_a_database_without_a_journal_has_no_attempts(url: str) -> None:
    assert read(url) == []


def test_attempts_are_read_as_they_were_written_oldest_first(kind: str, url: str) -> None:
    write_journal(url, WRITTEN)
    assert read(url) == WRITTEN[::-1]
    assert read(through(url, ASYNC[kind])) == WRITTEN[::-1]
    assert read(url, where="state = 'failed'") == WRITTEN[:1]


def test_the_journal_is_in_the_schema_of_the_version_table(make_database: Callable[[str], str]) -> None:
    url = make_database("postgresql")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql('CREATE SCHEMA "Odd name"')
    write_journal(url, [attempt("cccc")], schema="Odd name")
    assert [one.revision for one in read(url, "Odd name")] == ["cccc"]
    assert read(url) == []


def test_a_journal_that_may_not_be_read_is_an_error_that_says_so(make_database: Callable[[str], str]) -> None:
    url = make_database("postgresql")
    write_journal(url, WRITTEN)
    name = f"wbtest_{sa.make_url(url).database}"
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
    try:
        with pytest.raises(DatabaseFailed, match=r"the journal .*whimbrel_attempt.* cannot be read") as failure:
            read(sa.make_url(url).set(username=name).render_as_string(hide_password=False))
        assert "permission denied" in str(failure.value.why)
        assert len(failure.value.lines()) <= 6
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP ROLE {name}")


def test_a_table_of_that_name_that_is_no_journal_is_an_error_too(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "app.db") as connection:
        connection.execute("CREATE TABLE whimbrel_attempt (id INTEGER)")
    connection.close()
    with pytest.raises(DatabaseFailed, match="cannot be read"):
        read(f"sqlite:///{tmp_path}/app.db")


@pytest.mark.parametrize("scheme", SYNC)
def test_reading_changes_nothing(scheme: str, make_database: Callable[[str], str]) -> None:
    url = make_database(scheme)
    write_journal(url, WRITTEN)
    before = rows(url, "SELECT * FROM whimbrel_attempt ORDER BY run, number")
    read(url)
    assert rows(url, "SELECT * FROM whimbrel_attempt ORDER BY run, number") == before


# -- what they come to ---------------------------------------------------------------------------

UP, DOWN = {"direction": "upgrade"}, {"direction": "downgrade"}


def test_what_got_through_last_counts() -> None:
    attempts = [
        attempt("aaaa", run="1", **UP),
        attempt("bbbb", run="1", number=2, **UP),
        attempt("cccc", run="1", number=3, state="failed", **UP),
        attempt("bbbb", run="2", **DOWN),
        attempt("aaaa", run="3", state="failed", **DOWN),
        attempt("dddd", run="4", **DOWN),
        attempt("dddd", run="5", **UP),
    ]
    assert {name: one.run for name, one in latest(attempts).items()} == {"aaaa": "1", "bbbb": "2", "dddd": "5"}
    assert {name: one.run for name, one in applied(attempts).items()} == {"aaaa": "1", "dddd": "5"}
    found = last_applied(attempts, "bbbb")
    assert found is not None
    assert found.run == "1", "who applied it, although it was taken back"
    assert last_applied(attempts, "cccc") is None


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({}, 1.25),
        ({"ended_at": None}, None),
        ({"state": "crashed"}, None),
        ({"started_at": "2026-11-20T14:03:05Z", "ended_at": "2026-11-20T15:03:05+01:00"}, 0),
        ({"started_at": "2026-11-20T14:03:05", "ended_at": "2026-11-20T14:03:05.5+00:00"}, 0.5),
    ],
)
def test_how_long_it_took(fields: dict[str, object], seconds: float | None) -> None:
    assert attempt(**fields).seconds == seconds


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "applied 2026-11-20 14:03 UTC by ann on ci-7 from branch feature/x, whimbrel 0.1.0"),
        (
            {"git_branch": None},
            "applied 2026-11-20 14:03 UTC by ann on ci-7 from commit 1a2b3c4d5e6f, whimbrel 0.1.0",
        ),
        ({"git_branch": None, "git_commit": None}, "applied 2026-11-20 14:03 UTC by ann on ci-7, whimbrel 0.1.0"),
        ({"os_user": None}, "applied 2026-11-20 14:03 UTC by app on ci-7 from branch feature/x, whimbrel 0.1.0"),
        (
            {"os_user": None, "db_user": None, "git_branch": None, "git_commit": None},
            "applied 2026-11-20 14:03 UTC on ci-7, whimbrel 0.1.0",
        ),
        (
            {"started_at": "2026-11-21T01:30:00+05:30"},
            "applied 2026-11-20 20:00 UTC by ann on ci-7 from branch feature/x, whimbrel 0.1.0",
        ),
        (
            {"git_branch": "a\x1b[31m\nb"},
            "applied 2026-11-20 14:03 UTC by ann on ci-7 from branch a?[31m?b, whimbrel 0.1.0",
        ),
    ],
)
def test_who_has_applied_a_revision_in_words(fields: dict[str, object], text: str) -> None:
    assert provenance_of([attempt("aaaa", **fields), attempt("bbbb", run="2", os_user="bob")], "aaaa") == text


def test_of_what_the_journal_does_not_know_nothing_is_said() -> None:
    assert provenance_of([attempt("aaaa", state="failed"), attempt("aaaa", direction="downgrade")], "aaaa") is None
    assert provenance_of([], "aaaa") is None
