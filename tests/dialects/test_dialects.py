"""What differs between databases: drivers, connections, quoting, and getting back to the same place."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pymysql.converters
import pytest
import sqlalchemy as sa
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql, sqlite

from dialects.tables import SCHEMES, Server
from whimbrel import versions
from whimbrel.connect.driver import cannot_connect, is_installed
from whimbrel.connect.engine import make_engine, on_new_connection, query_of, run
from whimbrel.connect.url import parse
from whimbrel.dialects import dialect_named, dialect_of
from whimbrel.dialects.base import literal
from whimbrel.errors import ConfigurationInvalid, UrlInvalid


@pytest.fixture(params=SCHEMES)
def server(request: pytest.FixtureRequest, make_database: Callable[[str], str]) -> Server:
    """An empty database through each driver in turn."""
    return Server.of(request.param, make_database)


# -- which dialect -------------------------------------------------------------------------------


def test_each_url_has_the_dialect_of_its_name() -> None:
    for scheme in SCHEMES:
        assert dialect_of(parse(f"{scheme}://")).name == scheme.partition("+")[0]
    assert dialect_of(parse("postgres://h/db")).name == "postgresql"
    assert dialect_named("oracle") is None


@pytest.mark.parametrize("text", ["duckdb:///x", "oracle+oracledb://u:c4nary@h/db", "mssql+pyodbc://h"])
def test_another_database_is_refused_with_those_that_are_supported(text: str) -> None:
    with pytest.raises(UrlInvalid, match="is not a database that whimbrel supports") as caught:
        dialect_of(parse(text))
    assert "c4nary" not in str(caught.value)
    assert caught.value.state == "nothing was changed"
    assert "sqlite, postgresql, mysql and mariadb" in (caught.value.hint or "")


def test_every_driver_is_one_that_sqlalchemy_knows() -> None:
    for name in ("sqlite", "postgresql", "mysql", "mariadb"):
        for driver in dialect_of(parse(f"{name}://")).drivers:
            url = sa.make_url(f"{name}+{driver.name}://")
            assert url.get_dialect().name == name
            if is_installed(driver.module):
                assert url.get_dialect().import_dbapi()


# -- quoting, held against SQLAlchemy and the servers --------------------------------------------

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


@given(NAMES, st.none() | NAMES)
def test_names_are_quoted_as_sqlalchemy_quotes_them(name: str, schema: str | None) -> None:
    # A "%" aside: SQLAlchemy doubles it for drivers that format statements; ours are given without parameters.
    names = [n.replace("%", "") for n in (schema, name) if n]
    assume(all(names))
    for module, kind in ((sqlite, "sqlite"), (postgresql, "postgresql"), (mysql, "mysql"), (mysql, "mariadb")):
        quote = module.dialect().identifier_preparer.quote_identifier
        dialect = dialect_named(kind)
        assert dialect is not None
        assert dialect.quoted(*names) == dialect.quoted(None, *names) == ".".join(map(quote, names))


@given(NAMES)
def test_a_literal_is_the_text_it_stands_for(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    assert connection.execute(f"SELECT {literal(text)}").fetchone() == (text,)
    connection.close()


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES"])
def test_mariadbs_literals_do_not_depend_on_its_mode(make_database: Callable[[str], str], mode: str) -> None:
    engine = sa.create_engine(make_database("mariadb"))
    table = "v\\'\"`x"
    with engine.connect() as connection:
        quoted = pymysql.converters.escape_string(mode)
        connection.exec_driver_sql(f"SET SESSION sql_mode = '{quoted}'")
        query = query_of(connection.connection)
        dialect = dialect_named("mariadb")
        assert dialect is not None
        for text in ("", "a-b $c.d", table, "%s :a 100%", "Zoë", "\n"):
            assert query(f"SELECT {dialect.literal(text)}") == [(text,)]
        assert query(dialect.table_exists(table, None)) == []
        query(f"CREATE TABLE {dialect.quoted(table)} (x integer)")
        assert query(dialect.table_exists(table, None)) == [(1,)]
    engine.dispose()


# -- connections ---------------------------------------------------------------------------------


def test_both_ways_lead_to_the_same_database(server: Server) -> None:
    ask = {
        "sqlite": "SELECT file FROM pragma_database_list WHERE name = 'main'",
        "postgresql": "SELECT current_database()",
        "mariadb": "SELECT DATABASE()",
    }[server.kind]
    server.make_table([])  # SQLite makes a file only now
    assert server.by_driver(lambda query: query(ask)) == server.by_engine(lambda query: query(ask))


def test_a_value_in_the_query_that_the_plain_driver_knows_not_is_left_to_sqlalchemy(server: Server) -> None:
    if server.kind == "sqlite":
        return  # it knows them all: what is not SQLite's is the driver's
    unknown = {"postgresql": "host=a:1&host=b:2", "mariadb": "ssl_ca=/x"}[server.kind]
    url = parse(f"{server.url}?{unknown}")
    assert server.dialect.plain(url) is None


def test_several_hosts_are_tried_in_turn_as_by_sqlalchemy(make_database: Callable[[str], str]) -> None:
    url = sa.make_url(make_database("postgresql"))
    text = f"postgresql+psycopg://{url.username}@/{url.database}?host=127.0.0.1:1&host={url.host}:{url.port or 5432}"
    parsed = parse(text)
    assert dialect_of(parsed).plain(parsed) is None
    asked = on_new_connection(make_engine(parsed), lambda query: query("SELECT current_database()"))
    assert asked == [(url.database,)]


@pytest.mark.parametrize("scheme", ["sqlite+pysqlcipher", "postgresql+pg8000", "mysql+mysqldb", "mysql+aiomysql"])
def test_a_driver_that_is_not_known_here_is_left_to_sqlalchemy(scheme: str) -> None:
    url = parse(f"{scheme}://u:p@h/x")
    assert dialect_of(url).plain(url) is None


REFUSALS: dict[str, tuple[str, str]] = {
    "postgresql+psycopg": ("/no_such_db", "whimbrel update_db creates it"),
    "postgresql+asyncpg": ("/no_such_db", "whimbrel update_db creates it"),
    "postgresql+psycopg_async": ("/no_such_db", "whimbrel update_db creates it"),
    "mysql+pymysql": ("/no_such_db", "whimbrel update_db creates it"),
    "mysql+asyncmy": ("/no_such_db", "whimbrel update_db creates it"),
}


@pytest.mark.parametrize("scheme", REFUSALS)
@pytest.mark.parametrize("trouble", ["no such database", "no such server"])
def test_what_the_driver_says_brings_the_hint_that_helps_and_no_password(
    make_database: Callable[[str], str], scheme: str, trouble: str
) -> None:
    admin = sa.make_url(make_database(SCHEMES[scheme]))
    port = 1 if trouble == "no such server" else admin.port
    word = "" if admin.password is None else admin.password
    text = admin.set(drivername=scheme, port=port, database="no_such_db").render_as_string(hide_password=False)
    url = parse(text)
    connection = dialect_of(url).plain(url)
    assert connection is not None
    with pytest.raises(Exception) as caught, connection:  # noqa: PT011  # each driver has its own
        pass
    error = cannot_connect(caught.value, url, dialect_of(url).hints)
    expected = REFUSALS[scheme][1] if trouble == "no such database" else "check that the server runs"
    assert (error.hint or "").startswith(expected), error.why
    assert not word or word not in str(error)


# -- SQLite's URIs and schemas -------------------------------------------------------------------


def _sqlite(database: str, query: str = "") -> AbstractContextManager[Callable[[str], list[Any]]]:
    url = parse(f"sqlite:///{database}{query}")
    connection = dialect_of(url).plain(url)
    assert connection is not None
    return connection


FORMS = {
    "": "?uri=true",
    "with a mode": "?mode=rwc&uri=1",
    "with the driver's options": "?timeout=3&uri=yes&cache=private",
}


@pytest.mark.parametrize("query", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("form", ["file:{}", "file://{}", "file://localhost{}"])
def test_reading_a_uri_makes_no_file_and_reads_the_one_that_sqlalchemy_makes(
    form: str, query: str, tmp_path: Path
) -> None:
    file = tmp_path / "with space.db"
    uri = form.format(file).replace(" ", "%2520")  # encoded once for the URI, and once more for the URL
    if sa.__version__.startswith("2.0."):
        uri = uri.replace("%25", "%")
    with _sqlite(uri, query) as ask:
        assert ask("SELECT name FROM sqlite_master") == []
    assert list(tmp_path.iterdir()) == []
    engine = sa.create_engine(f"sqlite:///{uri}{query}", poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
    assert list(tmp_path.iterdir()) == [file]
    with _sqlite(uri, query) as ask:
        assert ask("SELECT name FROM sqlite_master") == [("t",)]


def test_a_uri_that_may_only_read_and_one_in_no_folder_are_refused(tmp_path: Path) -> None:
    for uri, query in ((f"file:{tmp_path}/x.db", "?mode=ro&uri=true"), (f"file:{tmp_path}/no/x.db", "?uri=true")):
        with pytest.raises(sqlite3.OperationalError, match="unable to open"), _sqlite(uri, query) as ask:
            ask("SELECT name FROM sqlite_master")
    assert list(tmp_path.iterdir()) == []


def test_without_uri_a_file_may_be_called_like_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with sa.create_engine("sqlite:///file:x?uri=false", poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
    assert [path.name for path in tmp_path.iterdir()] == ["file:x"]
    with _sqlite("file:x", "?uri=false") as ask:
        assert ask("SELECT name FROM sqlite_master") == [("t",)]


def test_a_schema_that_nothing_has_attached_is_told_as_such(tmp_path: Path) -> None:
    dialect = dialect_named("sqlite")
    assert dialect is not None
    with (
        _sqlite(f"{tmp_path}/x.db") as ask,
        pytest.raises(ConfigurationInvalid, match="no database is attached as stocks"),
    ):
        versions.read(ask, dialect, "alembic_version", "stocks")
    with _sqlite(f"{tmp_path}/x.db") as ask, pytest.raises(sqlite3.OperationalError, match="no such table: t"):
        ask("SELECT x FROM t")
    with _sqlite(f"{tmp_path}/x.db") as ask:
        assert versions.read(ask, dialect, "alembic_version", "main") == ()


# -- back to the same place ----------------------------------------------------------------------


def _placed(server: Server, statements: list[str], ask: str) -> tuple[list[Any], list[Any]]:
    """What a connection answers after some statements, and what a new one answers after `place` of the first."""
    url = parse(server.url)
    engine = make_engine(url)

    def move(connection: sa.Connection) -> tuple[list[str], list[Any]]:
        query = query_of(connection.connection)
        for statement in statements:
            query(statement)
        return list(server.dialect.place(query).statements), query(ask)

    place, there = run(engine, move)

    def follow(query: Callable[[str], list[Any]]) -> list[Any]:
        for statement in place:
            query(statement)
        return query(ask)

    return there, on_new_connection(engine, follow)


@pytest.mark.parametrize("path", ['"a ""b""", public', "public", "''", '"$user", pg_temp', '"it\'s", "a,b"'])
def test_postgresqls_search_path_is_restored(make_database: Callable[[str], str], path: str) -> None:
    for scheme in ("postgresql+psycopg", "postgresql+asyncpg", "postgresql+psycopg_async"):
        server = Server.of(scheme, make_database)
        there, here = _placed(server, [f"SET search_path TO {path}"], "SHOW search_path")
        assert here == there != [('"$user", public',)]


def test_mariadbs_database_is_restored(make_database: Callable[[str], str]) -> None:
    other = make_database("mariadb").rpartition("/")[2]
    for scheme in ("mysql+pymysql", "mysql+asyncmy"):
        server = Server.of(scheme, make_database)
        assert _placed(server, [f"USE {other}"], "SELECT DATABASE()") == ([(other,)], [(other,)])
        nowhere = server._replace(url=server.url.rpartition("/")[0])
        assert _placed(nowhere, [], "SELECT DATABASE()") == ([(None,)], [(None,)])


def test_sqlites_attached_files_are_attached_again(make_database: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / 'it\'s "other".db'
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE alembic_version (version_num text)")
    other.execute("INSERT INTO alembic_version VALUES ('aa01')")
    other.commit()
    other.close()
    attach = f'ATTACH DATABASE {literal(str(path))} AS "the ""other"""'
    for scheme in ("sqlite", "sqlite+aiosqlite"):
        server = Server.of(scheme, make_database)
        there, here = _placed(
            server, [attach, "ATTACH ':memory:' AS gone"], "SELECT name, file FROM pragma_database_list"
        )
        assert (there, here) == ([*here, ("gone", "")], there[:2])
        url = parse(server.url)

        def read(query: Callable[[str], list[Any]], server: Server = server) -> tuple[str, ...]:
            query(attach)
            return versions.read(query, server.dialect, "alembic_version", 'the "other"')

        assert on_new_connection(make_engine(url), read) == ("aa01",)


def test_a_connection_that_has_not_moved_needs_nothing_special(server: Server) -> None:
    ask = {"sqlite": "PRAGMA database_list", "postgresql": "SHOW search_path", "mariadb": "SELECT DATABASE()"}
    there, here = _placed(server, [], ask[server.kind])
    assert there == here
