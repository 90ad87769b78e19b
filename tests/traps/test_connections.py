"""env.py files with ideas of their own about URLs and connections."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from conformance.graphs import A1, A2, A3
from conformance.stage import Stage
from conformance.tools import Tool, ours, stock
from support.databases import SYNC
from support.projects import Rev, linear
from whimbrel import Project

from .trees import ENV, project

_EACH_TOOL = pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])

# -- where the URL comes from -----------------------------------------------------------------------


@_EACH_TOOL
def test_url_that_only_env_py_completes(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """dvc: `sqlalchemy.url = %(PG_NEON_URL)s`, which means nothing until env.py has set the variable."""
    [place] = stage.places("sqlite", 1)
    env = ENV.replace("config = context.config\n", "import os\nconfig = context.config\n"
                      'config.set_main_option("PG_NEON_URL", os.environ["PG_NEON_URL"])\n')  # fmt: skip
    ini = "[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = %(PG_NEON_URL)s\n"
    project(tmp_path, "", *linear(A1, A2), env=env, ini=ini)
    given = {"PG_NEON_URL": place.url}
    assert tool("heads", cwd=tmp_path).ok().out == f"{A2} (head)\n"
    tool("upgrade", "head", cwd=tmp_path, env=given).ok()
    assert tool("current", cwd=tmp_path, env=given).ok().out == f"{A2} (head)\n"
    assert place.versions() == [A2]


@_EACH_TOOL
def test_url_from_the_environment(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """env.py reads os.environ; the ini file has a placeholder, and a `.env` beside it another database."""
    [place, wrong] = stage.places("sqlite", 2)
    env = ENV.replace("config = context.config\n", "import os\nconfig = context.config\n"
                      'config.set_main_option("sqlalchemy.url", os.environ["SHOP_DB"])\n')  # fmt: skip
    project(tmp_path, "driver://user:pass@localhost/dbname", *linear(A1), env=env,
            **{".env": f"SHOP_DB={wrong.url}\nDATABASE_URL={wrong.url}\n"})  # fmt: skip
    tool("upgrade", "head", cwd=tmp_path, env={"SHOP_DB": place.url, "DATABASE_URL": wrong.url}).ok()
    assert place.versions() == [A1]
    assert wrong.tables() == set()
    assert tool("current", cwd=tmp_path, env={"SHOP_DB": place.url}).ok().out == f"{A1} (head)\n"


@_EACH_TOOL
def test_env_py_that_loads_the_env_file(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """Seed 004: env.py calls load_dotenv()."""
    [place] = stage.places("sqlite", 1)
    env = ENV.replace("config = context.config\n", "import os\nfrom dotenv import load_dotenv\nload_dotenv('.env')\n"
                      'config = context.config\nconfig.set_main_option("sqlalchemy.url", os.environ["TRAP_DB"])\n')  # fmt: skip
    project(tmp_path, "", *linear(A1), env=env, **{".env": f"TRAP_DB={place.url}\n"})
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A1]


def test_percent_sign_in_the_url(stage: Stage, tmp_path: Path) -> None:
    """`set_main_option("sqlalchemy.url", url)` with `p%40ss`: Alembic prints the URL in a traceback, whimbrel takes it."""
    ends = []
    for tool, place in zip((stock, ours), stage.places("sqlite", 2), strict=True):
        url = place.url.replace("/stage", "/%73tage").replace(".db", "%2Edb")
        env = ENV.replace("config = context.config\n", f"config = context.config\n"
                          f'config.set_main_option("sqlalchemy.url", {place.url + "?x=p%40ss"!r}.partition("?")[0] + "")\n'
                          f'config.set_main_option("other.url", {url!r})\n'
                          f'assert config.get_main_option("other.url") == {url!r}\n')  # fmt: skip
        project(tmp_path / tool.__name__, "", *linear(A1), env=env)
        done = tool("upgrade", "head", cwd=tmp_path / tool.__name__)
        ends.append((done.code, place.versions()))
    assert ends == [(1, []), (0, [A1])]


@pytest.mark.parametrize("written", ["p%40ss", "p%%40ss"])
def test_password_with_a_percent_sign(written: str, stage: Stage, tmp_path: Path) -> None:
    """A role whose password is `p@ss`, in the ini file as it is and doubled: whimbrel reads both as `p%40ss`."""
    [place] = stage.places("postgresql", 1)
    place.run("DROP ROLE IF EXISTS wb_percent", "CREATE ROLE wb_percent LOGIN SUPERUSER PASSWORD 'p@ss'")
    try:
        url = sa.make_url(place.url)
        text = f"{SYNC['postgresql']}://wb_percent:{written}@{url.host}:{url.port}/{url.database}"
        project(tmp_path, "", *linear(A1), ini=f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {text}\n")
        ours("upgrade", "head", cwd=tmp_path).ok()
        assert place.versions() == [A1]
        shown = ours("current", "-v", cwd=tmp_path).ok().out
        assert "***" in shown
        assert "p%40ss" not in shown
        assert (stock("current", cwd=tmp_path).code == 0) == (written == "p%%40ss")
    finally:
        place.run("DROP OWNED BY wb_percent CASCADE", "DROP ROLE wb_percent")


# -- connections that are handed over ---------------------------------------------------------------

_SHARED = ENV.replace("    engine = engine_from_config", """
    connection = config.attributes.get("connection")
    if connection is not None:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = engine_from_config""")  # fmt: skip


@pytest.mark.parametrize("commit", [True, False], ids=["committed", "rolled back"])
def test_connection_from_python(commit: bool, kind: str, stage: Stage, tmp_path: Path) -> None:
    """mlflow, jupyterhub, keystone: the caller's connection and transaction; nothing is done until the caller commits."""
    from alembic import command
    from alembic.config import Config

    ends = []
    for name, place in zip(("stock", "ours"), stage.places(kind, 2), strict=True):
        folder = project(tmp_path / name, "sqlite:///wrong.db", *linear(A1, A2), env=_SHARED)
        engine = sa.create_engine(place.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            transaction = connection.begin()
            if name == "stock":
                command.upgrade(Config(folder / "alembic.ini", attributes={"connection": connection}), "head")
            else:
                outcome = Project.load(folder, connection=connection).upgrade("head")
                assert outcome.after == (A2,)
                assert not outcome.verified
            assert connection.in_transaction()
            transaction.commit() if commit else transaction.rollback()
        engine.dispose()
        ends.append(place.see() if kind == "mariadb" or commit else place.versions())
    assert ends[0] == ends[1]
    if commit:
        assert stage.places  # both are at head, or neither is
        assert ends[0]["versions"] == [(A2,)]


def test_connection_from_python_that_is_in_no_transaction(kind: str, stage: Stage, tmp_path: Path) -> None:
    """`engine.connect()` handed over as it is: the migrations commit themselves, with both."""
    from alembic import command
    from alembic.config import Config

    one, other = stage.places(kind, 2)
    for name, place in (("stock", one), ("ours", other)):
        folder = project(tmp_path / name, "sqlite:///wrong.db", *linear(A1, A2), env=_SHARED)
        engine = sa.create_engine(place.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            if name == "stock":
                command.upgrade(Config(folder / "alembic.ini", attributes={"connection": connection}), "head")
            else:
                assert Project.load(folder, connection=connection).upgrade("head").verified
        engine.dispose()
    assert one.see() == other.see()
    assert other.versions() == [A2]


def test_env_py_that_needs_the_connection(stage: Stage, tmp_path: Path) -> None:
    """dagster's env.py raises unless it is called from Python: whimbrel's command says so, without a traceback."""
    [place] = stage.places("sqlite", 1)
    env = _SHARED.replace(
        "    engine = engine_from_config",
        '    raise RuntimeError("use dagster instance migrate")\n    engine = engine_from_config',
    )
    project(tmp_path, place.url, *linear(A1), env=env)
    assert stock("upgrade", "head", cwd=tmp_path).code == 1
    done = ours("upgrade", "head", cwd=tmp_path)
    assert done.code == 3
    assert "use dagster instance migrate" in done.err
    engine = sa.create_engine(place.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        Project.load(tmp_path, connection=connection).upgrade("head")
    assert place.versions() == [A1]
    engine.dispose()


# -- locks and transactions of env.py ---------------------------------------------------------------

_WAREHOUSE = ENV.replace("""        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()
""", """        import sqlalchemy
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            connection.execute(sqlalchemy.text("SET statement_timeout = 5000"))
            connection.execute(sqlalchemy.text("SET lock_timeout = 4000"))
            connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(hashtext('alembic'))"))
            context.run_migrations()
            connection.execute(sqlalchemy.text("SELECT pg_advisory_unlock(hashtext('alembic'))"))
            context.get_bind().commit()
""")  # fmt: skip


@_EACH_TOOL
def test_own_advisory_lock(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """warehouse locks, sets timeouts and commits by `context.get_bind().commit()` inside begin_transaction()."""
    assert _WAREHOUSE != ENV
    [place] = stage.places("postgresql", 1)
    concurrent = f"""
with op.get_context().autocommit_block():
    op.create_index("ix_c", "t_{A1}", ["id"], postgresql_concurrently=True)
assert op.get_bind().execute(sa.text("SHOW lock_timeout")).scalar() == "4s"
"""
    project(
        tmp_path,
        place.url,
        Rev(A1),
        Rev(A2, A1, upgrade=concurrent.strip(), downgrade="pass"),
        Rev(A3, A2),
        env=_WAREHOUSE,
    )
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]
    assert "ix_c" in {row[2] for row in place.see()["indexes"]}
    tool("upgrade", "head", cwd=tmp_path).ok()  # the lock was freed
    tool("downgrade", A2, cwd=tmp_path).ok()
    assert place.versions() == [A2]


_TRANSACTION_LOCK = ENV.replace("            context.run_migrations()\n\nrun()", """
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(42)")
            context.run_migrations()

run()""")  # fmt: skip


@_EACH_TOOL
def test_lock_for_the_transaction(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """Home-made locks (hawk, rhesis, aegra): `pg_advisory_xact_lock` holds while its transaction lasts."""
    assert _TRANSACTION_LOCK != ENV
    [place] = stage.places("postgresql", 1)
    held = "assert op.get_bind().exec_driver_sql(\"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42\").scalar() == 1"
    project(tmp_path, place.url, Rev(A1, upgrade=held), Rev(A2, A1, upgrade=held), env=_TRANSACTION_LOCK)
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A2]


@_EACH_TOOL
def test_env_py_that_opens_a_second_connection(tool: Tool, kind: str, stage: Stage, tmp_path: Path) -> None:
    """env.py asks the database something on a connection of its own, before and while the migrations run."""
    [place] = stage.places(kind, 1)
    env = ENV.replace("    with engine.connect() as connection:\n", """
    import sqlalchemy
    with engine.connect() as first:
        sqlalchemy.inspect(first).get_table_names()
    with engine.connect() as other, engine.connect() as connection:
        sqlalchemy.inspect(other).get_table_names()
""")  # fmt: skip
    assert env != ENV
    project(tmp_path, place.url, *linear(A1, A2), env=env)
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A2]
    tool("downgrade", "base", cwd=tmp_path).ok()
    assert place.versions() == []


@_EACH_TOOL
@pytest.mark.parametrize("begin", ["engine.begin()", "engine.connect() as connection, connection.begin()",
                                   'engine.connect().execution_options(isolation_level="AUTOCOMMIT")'])  # fmt: skip
def test_transaction_of_env_py(tool: Tool, begin: str, kind: str, stage: Stage, tmp_path: Path) -> None:
    """env.py begins the transaction itself, or switches it off."""
    [place] = stage.places(kind, 1)
    opened = begin if " as " in begin else f"{begin} as connection"
    env = ENV.replace("engine.connect() as connection", opened)
    assert f"with {opened}:" in env
    project(tmp_path, place.url, *linear(A1, A2, A3), env=env)
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]
    tool("downgrade", "-2", cwd=tmp_path).ok()
    assert place.versions() == [A1]
    tool("stamp", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]


@_EACH_TOOL
def test_attached_database(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """SQLite files attached by a connect event of env.py."""
    [place] = stage.places("sqlite", 1)
    sqlite3.connect(tmp_path / "other.db").close()
    env = ENV.replace("    with engine.connect()", f"""
    import sqlalchemy
    @sqlalchemy.event.listens_for(engine, "connect")
    def attach(connection, record):
        connection.execute("ATTACH DATABASE '{tmp_path}/other.db' AS other")
        connection.execute("PRAGMA foreign_keys = ON")
    with engine.connect()""")  # fmt: skip
    upgrade = 'op.create_table("t", sa.Column("id", sa.Integer), schema="other")'
    project(tmp_path, place.url, Rev(A1, upgrade=upgrade), env=env)
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A1]
    other = sqlite3.connect(tmp_path / "other.db")
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("t",)]
    other.close()


@_EACH_TOOL
def test_foreign_keys_and_pragmas(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """A batch operation on a table that others refer to, with PRAGMA foreign_keys = ON in env.py."""
    [place] = stage.places("sqlite", 1)
    first = """
op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True))
op.create_table("child", sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", name="fk_parent"), nullable=False))
op.execute("INSERT INTO parent VALUES (1)")
op.execute("INSERT INTO child VALUES (1, 1)")
"""
    second = 'with op.batch_alter_table("child") as batch:\n    batch.alter_column("parent_id", nullable=True)'
    project(tmp_path, place.url, Rev(A1, upgrade=first.strip()), Rev(A2, A1, upgrade=second))
    tool("upgrade", "head", cwd=tmp_path).ok()
    connection = sqlite3.connect(place.file)
    assert connection.execute("SELECT * FROM child").fetchall() == [(1, 1)]
    connection.close()
