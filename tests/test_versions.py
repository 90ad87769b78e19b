"""Reading the version table: through every driver what SQLAlchemy reads, and a clear word where it is another table."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dialects.tables import SCHEMES, Server
from support.cli import whimbrel
from support.databases import fresh_database
from support.projects import linear, native_project
from whimbrel import versions
from whimbrel.connect.url import parse
from whimbrel.dialects import dialect_of
from whimbrel.errors import VersionTableBroken


@pytest.fixture(params=SCHEMES)
def server(request: pytest.FixtureRequest, make_database: Callable[[str], str]) -> Server:
    """An empty database through each driver in turn."""
    return Server.of(request.param, make_database)


def test_without_a_table_there_are_no_rows(server: Server) -> None:
    assert server.read() == server.theirs() == ()


@pytest.mark.parametrize("rows", [[], ["aa01"], ["aa01", "bb02"]], ids=len)
def test_the_rows_are_those_that_sqlalchemy_reads(server: Server, rows: list[str]) -> None:
    server.make_table(rows)
    assert server.read() == server.theirs() == tuple(rows)


@pytest.mark.parametrize(
    "table",
    ["versions", 'v"ersions', "v`ersions", "v'ersions", "v\\ersions", "v.ersions", "v ersions", "v%sions", "v%(x)s",
     "v:ersions", "v$1", "v?", "Versions", "vérsions", "{v}", "select", "[v]", "--v", "v;drop", "v" * 60],
)  # fmt: skip
def test_a_table_may_be_called_anything(server: Server, table: str) -> None:
    if "%(" in table and server.kind == "sqlite" and sa.__version__.startswith("2.0."):
        pytest.skip("SQLAlchemy 2.0 takes it for a parameter")
    server.make_table(["aa01"], table)
    assert server.read(table) == server.theirs(table) == ("aa01",)
    assert server.read(f"{table}x"[-60:] + "y") == ()


@pytest.fixture
def schema(server: Server) -> Iterator[str]:
    """Another schema of the same database; in MariaDB that is another database."""
    if server.kind == "sqlite":
        yield "main"
        return
    name = f"a \"Schema' of%`{secrets.token_hex(4)}"
    quoted = server.dialect.quoted(name)
    server.execute(f"CREATE SCHEMA {quoted}")
    yield name
    server.execute(f"DROP SCHEMA {quoted}" + (" CASCADE" if server.kind == "postgresql" else ""))


def test_a_table_in_another_schema_is_another_table(server: Server, schema: str) -> None:
    server.make_table(["aa01"], schema=schema)
    assert server.read(schema=schema) == server.theirs(schema=schema) == ("aa01",)
    assert server.read() == server.theirs() == (("aa01",) if schema == "main" else ())


def test_a_schema_that_does_not_exist_holds_no_table(make_database: Callable[[str], str]) -> None:
    for scheme in ("postgresql+psycopg", "mysql+pymysql"):
        assert Server.of(scheme, make_database).read(schema="nowhere") == ()


def test_names_are_found_as_the_database_finds_them(make_database: Callable[[str], str]) -> None:
    # SQLite folds the case of ASCII letters even in quotes; PostgreSQL does not.
    lite, post = (Server.of(scheme, make_database) for scheme in ("sqlite", "postgresql+psycopg"))
    for server in (lite, post):
        server.make_table(["aa01"], "Versions")
    assert lite.read("VERSIONS") == ("aa01",)
    assert post.read("VERSIONS") == post.theirs("VERSIONS") == ()


def test_a_view_can_stand_for_the_table(server: Server) -> None:
    server.make_table(["aa01"], "real_versions")
    server.execute("CREATE VIEW alembic_version AS SELECT version_num FROM real_versions")
    assert server.read() == ("aa01",)


def test_a_table_outside_of_postgresqls_search_path_is_not_the_version_table(
    make_database: Callable[[str], str],
) -> None:
    server = Server.of("postgresql+psycopg", make_database)
    server.execute("CREATE SCHEMA other", "CREATE TABLE other.alembic_version (version_num text)")
    assert server.read() == server.theirs() == ()


OTHER_SHAPES = {
    "another column": "version integer",
    "many columns, not the one": "installed_rank integer, version varchar(50), description varchar(200)",
    "a number": "version_num integer",
}


@pytest.mark.parametrize("columns", OTHER_SHAPES.values(), ids=OTHER_SHAPES)
def test_a_table_of_another_shape_is_told_as_such(server: Server, columns: str) -> None:
    first = columns.split()[0]
    server.execute(f"CREATE TABLE alembic_version ({columns})", f"INSERT INTO alembic_version ({first}) VALUES (7)")
    with pytest.raises(VersionTableBroken) as caught:
        server.read()
    assert "alembic_version" in caught.value.what
    assert caught.value.why


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql+asyncpg", "mysql+pymysql"])
def test_who_may_not_read_it_is_told_the_same_by_every_command(
    scheme: str, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    server = Server.of(scheme, make_database)
    server.make_table(["aa01"])
    url = sa.make_url(server.url)
    role = f"wb_{secrets.token_hex(4)}"
    make, drop = [f"CREATE ROLE {role} LOGIN"], [f"DROP ROLE {role}"]
    if server.kind == "mariadb":  # which hides a table from who may do nothing with it
        make = [f"CREATE USER {role}@'%'", f"GRANT INSERT, CREATE ON `{url.database}`.* TO {role}@'%'"]
        drop = [f"DROP USER {role}@'%'"]
    server.execute(*make)
    try:
        mine = url.set(username=role).render_as_string(hide_password=False)
        folder = native_project(tmp_path / "p", mine, linear("aa01"))
        told = [
            whimbrel(*line.split(), cwd=folder)
            for line in ("current", "status", "upgrade", "stamp head", "ensure_version", "log")
        ]
    finally:
        server.execute(*drop)
    said = {(one.err or one.out).rpartition("error[")[2] for one in told}
    assert len(said) == 1, said
    [lines] = [one.splitlines() for one in said]
    assert lines[0].startswith("WB405]: the version table ")
    assert lines[1] == f"  where: {sa.make_url(mine).render_as_string()}"
    assert "denied" in lines[2]
    table = server.dialect.quoted("alembic_version")
    assert lines[4].startswith(f"  hint:  its owner can say: GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO ")


def test_a_row_of_nothing_is_no_revision(server: Server) -> None:
    server.execute(
        "CREATE TABLE alembic_version (version_num varchar(32))", "INSERT INTO alembic_version VALUES (NULL)"
    )
    with pytest.raises(VersionTableBroken, match="holds something that is no revision id"):
        server.read()


def test_the_same_row_twice_is_one_revision(server: Server) -> None:
    insert = "INSERT INTO alembic_version VALUES ('aa01')"
    server.execute("CREATE TABLE alembic_version (version_num varchar(32))", insert, insert)
    assert server.read() == ("aa01",)


def test_further_columns_do_not_matter(server: Server) -> None:
    server.execute(
        "CREATE TABLE alembic_version (x integer, version_num varchar(32))",
        "INSERT INTO alembic_version VALUES (1, 'aa01')",
    )
    assert server.read() == ("aa01",)


def test_two_statements_are_asked_and_nothing_is_locked_or_left_open(make_database: Callable[[str], str]) -> None:
    server = Server.of("postgresql+psycopg", make_database)
    server.make_table(["aa01"])
    asked: list[str] = []
    with server.plain() as query:

        def noted(statement: str) -> list[tuple[object, ...]]:
            asked.append(statement)
            return query(statement)

        versions.read(noted, server.dialect, "alembic_version")
        engine = sa.create_engine(server.admin, poolclass=sa.NullPool)
        with engine.begin() as other:
            other.exec_driver_sql("SET lock_timeout = '2s'")
            other.exec_driver_sql("DROP TABLE alembic_version")
    assert len(asked) == 2


# -- SQLite files --------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["sqlite+pysqlite", "sqlite+aiosqlite"])
def test_reading_a_file_that_is_not_there_does_not_make_it(tmp_path: Path, scheme: str) -> None:
    path = tmp_path / "app.db"
    url = parse(f"{scheme}:///{path}")
    connection = dialect_of(url).plain(url)
    assert connection is not None
    with connection as query:
        assert versions.read(query, dialect_of(url), "alembic_version") == ()
    assert list(tmp_path.iterdir()) == []


def test_reading_leaves_a_file_as_it_is(tmp_path: Path) -> None:
    with fresh_database("sqlite", tmp_path) as url:
        server = Server(url, url, "sqlite")
        server.make_table(["aa01"])
        [path] = tmp_path.iterdir()
        before = path.read_bytes(), path.stat().st_mtime_ns
        assert server.read() == ("aa01",)
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("url", ["sqlite:///app.db", "sqlite:///app.db?timeout=5", "sqlite+aiosqlite:///app.db?x=1"])
def test_status_of_a_missing_file_makes_none(tmp_path: Path, url: str) -> None:
    project = native_project(tmp_path, url, linear("aa01"))
    assert "base" in whimbrel("status", cwd=project).ok().out
    assert not (tmp_path / "app.db").exists()


# -- start-up ------------------------------------------------------------------------------------

LIGHT = """
import sys
import whimbrel.connect.url, whimbrel.connect.driver, whimbrel.dialects, whimbrel.versions
from whimbrel.history import History, read_folders
from whimbrel.history.target import Resolver
from whimbrel.settings import load
from whimbrel.connect.url import parse

[database] = load(".", url="sqlite:///app.db").databases
listing = read_folders(database.version_locations)
history = History(listing.files, listing.broken)
print(Resolver(history).revisions("heads"), history.all_newest_first(), database.required_url.masked)
dialect = whimbrel.dialects.dialect_of(database.required_url)
with dialect.plain(database.required_url) as query:
    print(whimbrel.versions.read(query, dialect, "alembic_version"))
heavy = {"sqlalchemy", "alembic", "mako", "rich", "asyncio", "dataclasses", "logging", "pathlib", "yaml", "psycopg"}
print(sorted(heavy.intersection(sys.modules)))
"""


def test_listing_and_reading_load_neither_sqlalchemy_nor_alembic(tmp_path: Path) -> None:
    folder = tmp_path / "migrations" / "versions"
    folder.mkdir(parents=True)
    (folder / "aa01_.py").write_text("revision = 'aa01'\ndown_revision = None\n")
    (folder / "aa02_.py").write_text("revision = 'aa02'\ndown_revision = ('aa01',)\n")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LIGHT], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["('aa02',) ['aa02', 'aa01'] sqlite:///app.db", "()", "[]"]
