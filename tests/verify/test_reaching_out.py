"""A replay does not reach what is beside its scratch database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.cli import whimbrel
from support.databases import rows, tables
from support.projects import Rev, alembic_project, native_project
from whimbrel import Project
from whimbrel.errors import ReplayFailed, ScratchUnusable

from .scenes import execute, on_scratch


@pytest.mark.parametrize("where", ["when it connects", "in a revision"])
def test_a_file_that_is_attached_is_no_scratch_file(where: str, tmp_path: Path) -> None:
    """Else the replay would go through somebody's data."""
    other = tmp_path / "other.db"
    rows(f"sqlite:///{other}", "SELECT 1")
    attach = f"ATTACH DATABASE '{other}' AS other"
    revision = Rev("aaaa", upgrade=f"op.execute({attach!r})" if where == "in a revision" else "pass")
    folder = alembic_project(tmp_path / "p", f"sqlite:///{tmp_path}/app.db", [revision])
    if where == "when it connects":
        env = folder / "alembic" / "env.py"
        listener = (
            "from sqlalchemy import Engine, event\n"
            f"event.listen(Engine, 'connect', lambda connection, _: connection.execute({attach!r}))\n"
        )
        env.write_text(listener + env.read_text())
    done = whimbrel("verify", cwd=folder)  # a process of its own, for the listener
    assert done.code == 2
    assert "error[WB121]" in done.err
    assert "attach" in done.err.lower()
    assert tables(f"sqlite:///{other}") == set()


def test_another_database_of_the_same_server_is_left_alone(make_database: Callable[[str], str], tmp_path: Path) -> None:
    """To MySQL a schema is a database."""
    url, other = make_database("mariadb"), make_database("mariadb")
    name = sa.make_url(other).database
    with sa.create_engine(other).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (n INTEGER)")
    revision = Rev("aaaa", upgrade=f'op.drop_table("kept", schema="{name}")')
    with pytest.raises(ReplayFailed, match="aaaa fails"):  # where the other one is a scratch one, and empty
        Project.load(native_project(tmp_path / "p", url, [revision])).verify()
    assert tables(other) == {"kept"}


REACHING_OUT = {
    "the second of a list": "DROP TABLE mine, {other}.b",
    "the second of an update": "UPDATE t1, {other}.b SET {other}.b.n = 2",
    "the second of a delete": "DELETE t1, {other}.b FROM t1 JOIN {other}.b",
    "a new name": "RENAME TABLE {other}.b TO t2",
    "a table that is moved there": "RENAME TABLE t1 TO {other}.t1",
    "a comment that is executed": "/*!40000 DROP TABLE {other}.b */",
    "one of MariaDB's": "/*M! DROP TABLE {other}.b */",
    "a comment in the name": "DROP TABLE {other}/* - */ . /* - */`b`",
    "behind a string with a backslash": r"UPDATE t1, {other}.b SET t1.s = 'C:\\', {other}.b.n = 2",
    "behind an apostrophe": "INSERT INTO t1 (s) VALUES (\"it's\"); DROP TABLE {other}.b -- it's",
    "a database": "DROP DATABASE {other}",
    "one in a comment that is executed": "DROP /*!50000 SCHEMA */ IF EXISTS {other}",
    "the options of a database": "ALTER DATABASE {other} CHARACTER SET latin1",
    "a text": "EXECUTE IMMEDIATE CONCAT('DROP TABLE {other}', '.b')",
    "another database for what follows": "SET STATEMENT max_statement_time = 9 FOR USE {other}; DROP TABLE b",
    "a function": "DO {other}.f()",
    "a function that is only looked at": "SELECT {other}.f()",
}
REFUSED = [
    "PREPARE s FROM @text",
    "GRANT ALL ON {other}.* TO nobody",
    "GRANT SELECT ON *.* TO nobody",
    "USE {other}",
    "/*! USE {other} */",
    "SET GLOBAL wait_timeout = 28800",
    "SET @x = 1, @@global.wait_timeout = 28800",
    "DROP USER nobody",
    "SET DEFAULT ROLE NONE",
    "FLUSH TABLES WITH READ LOCK",
    "RESTART",
    "START SLAVE",
    "BEGIN NOT ATOMIC DROP USER nobody; END",
    "CREATE PROCEDURE p() MODIFIES SQL DATA GRANT ALL ON *.* TO nobody",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SET PASSWORD FOR nobody = ''",
    "SET STATEMENT max_statement_time = 1 FOR USE {other}",
    "XA COMMIT 'somebody'",
    "CREATE TABLE a (n INTEGER) ENGINE=FEDERATED CONNECTION='mysql://root@127.0.0.1/{other}/b'",
    "CREATE TABLE a (n INTEGER) ENGINE 'federated' CONNECTION 'mysql://root@127.0.0.1/{other}/b'",
    "ALTER TABLE t1 ENGINE = `CONNECT` TABLE_TYPE = MYSQL DBNAME = '{other}' TABNAME = 'b'",
    "/*! CREATE TABLE a (n INTEGER) ENGINE=SPIDER */",
    "CREATE TRIGGER t AFTER INSERT ON t1 FOR EACH ROW DELETE FROM {other}.b",
]
STAYING = [
    "CREATE TABLE {other} (id INTEGER, b INTEGER, s VARCHAR(99) COMMENT 'not {other}.b')",  # a table called alike
    "INSERT INTO {other} (id, b) VALUES (1, 2)",
    "UPDATE {other} SET s = 'see {other}.b' WHERE {other}.id = 1",
    "DELETE FROM {other} WHERE {other}.id = 2 -- {other}.b",
    "INSERT INTO {other} (id) SELECT {other}.id FROM {other}",
    "CREATE INDEX i ON {scratch}.{other} (id) /* {other}.b */",
    "ALTER TABLE {other} ADD COLUMN user INTEGER",
    "ALTER TABLE {other} DROP user, ADD COLUMN password INTEGER",
    "UPDATE {other} SET password = 1",
    "SET SESSION wait_timeout = 28800",
    "START TRANSACTION",
    "SET STATEMENT max_statement_time = 9 FOR SELECT 1",
    "INSERT INTO {other} (s) VALUES ('CREATE TABLE a ENGINE=FEDERATED')",
    "CREATE TABLE federated (connect INTEGER) ENGINE=InnoDB",
    "CREATE PROCEDURE p(stop INTEGER) BEGIN DECLARE `grant` INTEGER; SET `grant` = stop; END",
    "ALTER DATABASE CHARACTER SET utf8mb4",
    "ALTER DATABASE {scratch} CHARACTER SET utf8mb4",
    "SELECT count(*) FROM information_schema.tables",
    "DROP TABLE {other}",
]


@pytest.fixture
def beside(make_database: Callable[[str], str]) -> tuple[str, str]:
    """A database of MariaDB, and the name of another one, which may be changed."""
    url, other = make_database("mariadb"), make_database("mariadb")
    execute(
        other,
        "CREATE TABLE b (n INTEGER)",
        "INSERT INTO b VALUES (1)",
        "CREATE FUNCTION f() RETURNS INTEGER MODIFIES SQL DATA BEGIN UPDATE b SET n = 3; RETURN 1; END",
    )
    return url, str(sa.make_url(other).database)


def prepared(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE t1 (s VARCHAR(99))")
    connection.exec_driver_sql("CREATE TABLE mine (n INTEGER)")
    connection.exec_driver_sql("INSERT INTO t1 VALUES ('')")


def seen(url: str, other: str) -> list[object]:
    """What the other database has, as the server says."""
    catalog = rows(url, f"SELECT * FROM information_schema.schemata WHERE schema_name = '{other}'")
    names = rows(url, f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{other}' ORDER BY 1")
    return [catalog, names, rows(url, f"SELECT * FROM {other}.b") if ("b",) in names else None]


@pytest.mark.parametrize("text", REACHING_OUT.values(), ids=REACHING_OUT)
def test_a_statement_that_would_reach_another_database_is_refused(text: str, beside: tuple[str, str]) -> None:
    url, other = beside
    before, text = seen(url, other), text.replace("{other}", other)
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"client_flag": 1 << 16})  # several in one text
    with on_scratch(), engine.connect() as connection:
        prepared(connection)
        with pytest.raises(ScratchUnusable):
            connection.exec_driver_sql(text)
    assert seen(url, other) == before
    with engine.begin() as connection:  # it does reach it
        prepared(connection)
        connection.exec_driver_sql(text)
    assert seen(url, other) != before


def test_what_is_about_the_server_is_refused_and_a_table_may_be_called_as_a_database(beside: tuple[str, str]) -> None:
    url, other = beside
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with on_scratch(), engine.connect() as connection:
        prepared(connection)
        scratch = connection.exec_driver_sql("SELECT DATABASE()").scalar()
        for text in REFUSED:
            with pytest.raises(ScratchUnusable):
                connection.exec_driver_sql(text.replace("{other}", other))
        for text in STAYING:
            connection.exec_driver_sql(text.replace("{other}", other).replace("{scratch}", str(scratch)))


OF_THE_SERVER = {
    "another database": 'with op.get_context().autocommit_block():\n    op.execute("DROP DATABASE {other}")',
    "the settings of another database": "op.execute(\"ALTER DATABASE {other} SET work_mem = '5MB'\")",
    "rights on another database": 'op.execute("REVOKE ALL ON DATABASE {other} FROM PUBLIC")',
    "a role": 'op.execute("CREATE ROLE {other}")',
    "behind something else": 'op.execute("SELECT 1; CREATE ROLE {other}")',
}


@pytest.mark.parametrize("does", OF_THE_SERVER.values(), ids=OF_THE_SERVER)
def test_what_is_about_a_server_of_postgresql_is_refused(
    does: str, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_database("postgresql")
    other = f"{sa.make_url(url).database}_b"
    server = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT").connect()
    server.exec_driver_sql(f"CREATE DATABASE {other}")
    catalog = (
        "SELECT d.datname, d.datacl::text, s.setconfig, (SELECT count(*) FROM pg_roles r WHERE r.rolname = d.datname)"
        f" FROM pg_database d LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid WHERE d.datname = '{other}'"
    )
    before = rows(url, catalog)
    assert len(before) == 1
    project = Project.load(native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=does.format(other=other))]))
    try:
        with pytest.raises(ScratchUnusable) as caught:
            project.verify()
        assert rows(url, catalog) == before
        assert "outside of the revisions" in str(caught.value.hint)
        project.upgrade()  # it does reach it
        assert rows(url, catalog) != before
    finally:
        server.exec_driver_sql(f"DROP DATABASE IF EXISTS {other}")
        server.exec_driver_sql(f"DROP ROLE IF EXISTS {other}")
        server.close()


def test_what_is_about_the_own_database_is_not(make_database: Callable[[str], str], tmp_path: Path) -> None:
    url = make_database("postgresql")
    role = str(sa.make_url(url).database)
    execute(url, f"CREATE ROLE {role}")
    does = [
        "CREATE TABLE role (id integer, database text)",
        "COMMENT ON COLUMN role.database IS 'x; DROP DATABASE y'",
        f"GRANT SELECT ON role TO {role}",
        f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    ]
    upgrade = "\n".join(f"op.execute({one!r})" for one in does)
    revision = Rev("aaaa", upgrade=upgrade, downgrade='op.drop_table("role")')
    try:
        assert Project.load(native_project(tmp_path / "p", url, [revision])).verify(down=True).applied == ("aaaa",)
    finally:
        execute(url, f"DROP ROLE {role}")
