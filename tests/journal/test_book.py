"""What is written into the journal is what is read from it, on every database and through every connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from support.databases import rows
from support.journal import attempt, book_on
from whimbrel.connect.engine import query_of
from whimbrel.dialects import dialect_named
from whimbrel.journal import ATTEMPTS, STATEMENTS, Attempt, read_attempts
from whimbrel.journal.attempt import CRASHED, DONE, FAILED, RUNNING
from whimbrel.journal.book import FINISHED, STARTED, UNDECIDED, Book, Entry, now

SQL, PARAMETERS, IMAGE = "a" * 64, "b" * 64, "c" * 64
UP = ("aaaa", "upgrade")


@pytest.fixture
def connection(url: str) -> Iterator[sa.Connection]:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        yield connection


@pytest.fixture
def book(connection: sa.Connection) -> Book:
    made = book_on(connection)
    made.create()
    connection.connection.commit()
    return made


def entry(seq: int, state: str = FINISHED, **values: object) -> Entry:
    return Entry(seq, state, f"INSERT t{seq}", SQL, PARAMETERS)._replace(**values)


def running(revision: str = "aaaa", **values: object) -> Attempt:
    return attempt(revision, state=RUNNING, to_heads=None, ended_at=None, **values)


def _read(connection: sa.Connection) -> list[Attempt]:
    dialect = dialect_named(connection.dialect.name)
    assert dialect is not None
    return read_attempts(query_of(connection.connection), dialect, None)


# -- attempts ------------------------------------------------------------------------------------


def test_making_the_tables_twice_does_no_harm(book: Book, connection: sa.Connection) -> None:
    book.note(running())
    book.create()
    connection.connection.commit()
    assert len(_read(connection)) == 1


def test_an_attempt_comes_back_as_it_was_written(book: Book, connection: sa.Connection) -> None:
    full = running()
    empty = running(number=2)._replace(
        file=None,
        file_sha256=None,
        code_sha256=None,
        os_user=None,
        db_user=None,
        session=None,
        git_branch=None,
        git_commit=None,
    )
    for one in (full, empty):
        book.note(one)
    assert sorted(book.open_attempts()) == sorted([full, empty])
    assert _read(connection) == [full, empty]


def test_odd_characters_come_back(book: Book, connection: sa.Connection) -> None:
    odd = running(os_user="ännä 'x' %s \\ :name", git_branch="feature/日本", file="a%b.py")
    book.note(odd)
    book.note(odd._replace(state=FAILED, error="🙂 'quoted' %(x)s ?"))
    (read,) = _read(connection)
    assert (read.os_user, read.git_branch, read.file) == (odd.os_user, odd.git_branch, odd.file)
    assert read.error == "🙂 'quoted' %(x)s ?"


def test_an_attempt_ends_and_the_next_one_begins_in_one_transaction(book: Book, connection: sa.Connection) -> None:
    first, second = running("aaaa"), running("bbbb", number=2)
    book.note(first)
    connection.connection.commit()
    book.note(first._replace(state=DONE, ended_at=now(), to_heads="aaaa"), second)
    connection.connection.rollback()
    assert [(one.revision, one.state) for one in _read(connection)] == [("aaaa", RUNNING)]
    book.note(first._replace(state=DONE, ended_at=now(), to_heads="aaaa"), second)
    connection.connection.commit()
    done, begun = _read(connection)
    assert (done.state, done.to_heads) == (DONE, "aaaa")
    assert done.ended_at is not None
    assert begun == second


def test_ending_one_attempt_leaves_the_others_alone(book: Book, connection: sa.Connection) -> None:
    mine, other_number, other_run = running(), running(number=2), running(run="ffff")
    for one in (mine, other_number, other_run):
        book.note(one)
    book.note(mine._replace(state=FAILED, error="no such table"))
    assert sorted(book.open_attempts()) == sorted([other_number, other_run])
    book.note(other_run._replace(state=CRASHED))
    assert book.open_attempts() == [other_number]
    states = {(one.run, one.number): (one.state, one.error) for one in _read(connection)}
    assert states == {
        (mine.run, 1): (FAILED, "no such table"),
        (mine.run, 2): (RUNNING, None),
        ("ffff", 1): (CRASHED, None),
    }


def test_the_last_attempt_is_the_one_that_began_last(book: Book) -> None:
    times = ["2026-11-20T14:03:05.250000+00:00", "2026-11-21T00:00:00.000000+00:00", "2026-11-20T15:00:00.000000+00:00"]
    for number, time in enumerate(times, 1):
        book.note(running(number=number, started_at=time))
    book.note(running(number=4, direction="downgrade", started_at="2027-01-01T00:00:00.000000+00:00"))
    last = book.last_attempt(*UP)
    assert last is not None
    assert last.number == 2
    assert book.last_attempt("nothing", "upgrade") is None


def test_times_sort_as_text() -> None:
    times = [now() for _ in range(50)]
    assert times == sorted(times)
    assert {len(time) for time in times} == {32}


# -- statements ----------------------------------------------------------------------------------


def test_statements_come_back_as_they_were_written_in_their_order(book: Book) -> None:
    entries = [
        entry(3, STARTED, before_image=IMAGE),
        entry(1, affected=5, inserted_id=2**40, returned='[["id"], [[7]]]'),
        entry(2, affected=-1),
    ]
    book.write(*UP, entries)
    assert book.entries(*UP) == sorted(entries)
    assert book.entries("aaaa", "downgrade") == book.entries("bbbb", "upgrade") == []


def test_writing_nothing_does_nothing(book: Book) -> None:
    book.write(*UP, [])
    assert book.half_done() == ()


def test_what_is_half_done_is_named_once(book: Book) -> None:
    book.write(*UP, [entry(1), entry(2)])
    book.write("aaaa", "downgrade", [entry(1)])
    book.write("bbbb", "upgrade", [entry(1)])
    assert sorted(book.half_done()) == [("aaaa", "downgrade"), ("aaaa", "upgrade"), ("bbbb", "upgrade")]


def test_statements_are_marked_and_forgotten_by_their_places(book: Book) -> None:
    book.write(*UP, [entry(1), entry(2, STARTED), entry(3, STARTED)])
    book.write("bbbb", "upgrade", [entry(2, STARTED)])
    book.write(*UP, [entry(2, affected=7)])
    book.mark(*UP, 3, UNDECIDED)
    assert [(one.state, one.affected) for one in book.entries(*UP)] == [
        (FINISHED, None),
        (FINISHED, 7),
        (UNDECIDED, None),
    ]
    book.clear(*UP, 1)
    assert [one.seq for one in book.entries(*UP)] == [2, 3]
    book.clear(*UP)
    assert book.half_done() == (("bbbb", "upgrade"),)


# -- where it is, and how ------------------------------------------------------------------------


def test_nothing_is_committed(book: Book, connection: sa.Connection, url: str) -> None:
    book.note(running())
    book.write(*UP, [entry(1)])
    connection.connection.rollback()
    assert rows(url, f"SELECT * FROM {ATTEMPTS}") == rows(url, f"SELECT * FROM {STATEMENTS}") == []


def test_sqlalchemy_does_not_see_its_statements(book: Book, connection: sa.Connection) -> None:
    """So they are never taken for those of a revision."""
    seen: list[object] = []
    sa.event.listen(connection, "before_cursor_execute", lambda *args: seen.append(args))
    book.note(running())
    book.write(*UP, [entry(1)])
    book.half_done()
    assert seen == []


def test_more_entries_than_a_statement_has_room_for(book: Book) -> None:
    book.write(*UP, [entry(seq) for seq in range(1, 1301)])
    assert [one.seq for one in book.entries(*UP)] == [*range(1, 1301)]


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_it_is_in_the_schema_of_the_version_table(kind: str, make_database: Callable[[str], str]) -> None:
    url = make_database(kind)
    schema = "my shop" if kind == "postgresql" else str(sa.make_url(make_database(kind)).database)
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        if kind == "postgresql":
            connection.exec_driver_sql(f'CREATE SCHEMA "{schema}"')
        book = book_on(connection, schema)
        book.create()
        book.note(running())
        book.write(*UP, [entry(1)])
        connection.connection.commit()
        assert len(book.open_attempts()) == 1
        assert set(sa.inspect(connection).get_table_names(schema)) == {ATTEMPTS, STATEMENTS}
        assert sa.inspect(connection).get_table_names() == []


def test_it_reads_and_writes_through_a_translated_schema(make_database: Callable[[str], str]) -> None:
    """An env.py for many tenants translates schemas on its connection; the journal's is translated already."""
    url = make_database("postgresql")
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE SCHEMA tenant")
        connection.execution_options(schema_translate_map={None: "tenant"})
        book = book_on(connection, "tenant")
        book.create()
        book.note(running())
        assert len(book.open_attempts()) == 1
        assert set(sa.inspect(connection).get_table_names("tenant")) == {ATTEMPTS, STATEMENTS}
