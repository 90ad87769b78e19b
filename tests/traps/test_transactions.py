"""What env.py does around the migrations stays as it is with stock Alembic, although each revision has a transaction."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.graphs import A1, A2
from conformance.stage import Stage
from conformance.tools import Tool, ours, stock
from support.projects import Rev, linear

from .trees import ENV, project

_EACH_TOOL = pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])
_RUN = """        with context.begin_transaction():
            context.run_migrations()

run()
"""


def _instead(run: str) -> str:
    """env.py that runs the migrations in another way."""
    assert ENV.count(_RUN) == 1
    return ENV.replace(_RUN, f"{run}\nrun()\n")


_BEHIND = _instead("""        with context.begin_transaction():
            context.run_migrations()
            connection.exec_driver_sql("CREATE TABLE behind (id INTEGER)")
""")
_DRY_RUN = _instead("""        with context.begin_transaction() as transaction:
            context.run_migrations()
            if "dry-run" in context.get_x_argument(as_dictionary=True):
                transaction.rollback()
""")
_AGAIN = _instead("""        for _ in range(3):
            try:
                with context.begin_transaction():
                    context.run_migrations()
                return
            except Exception:
                connection.rollback()
""")
_EXIT = f"{ENV}\nimport sys\nsys.exit(0)\n"
_TENANTS = _instead("""        for tenant in ("one", "other"):
            context.configure(connection=connection, version_table=f"version_{tenant}")
            with context.begin_transaction():
                context.run_migrations()
""")


@_EACH_TOOL
def test_what_env_py_executes_behind_the_migrations_is_committed(
    tool: Tool, kind: str, stage: Stage, tmp_path: Path
) -> None:
    [place] = stage.places(kind, 1)
    project(tmp_path, place.url, *linear(A1), env=_BEHIND)
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A1]
    assert "behind" in place.tables()


@_EACH_TOOL
def test_a_dry_run_that_env_py_rolls_back_leaves_nothing(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places("postgresql", 1)
    project(tmp_path, place.url, *linear(A1, A2), env=_DRY_RUN)
    done = tool("-x", "dry-run", "upgrade", "head", cwd=tmp_path)
    assert place.tables() == set()
    if tool is ours:
        assert (done.code, done.out) == (3, "")
        assert "the transaction was rolled back" in done.err
        assert "dry run" in done.err
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A2]


@_EACH_TOOL
def test_a_tenant_that_is_up_to_date_does_not_hold_up_the_next_one(
    tool: Tool, kind: str, stage: Stage, tmp_path: Path
) -> None:
    """One connection for all of them, and the first has nothing to do: what was read of it must not stay open."""
    [place] = stage.places(kind, 1)
    project(tmp_path, place.url, Rev(A1, upgrade="pass", downgrade="pass"), env=_TENANTS)
    tool("upgrade", "head", cwd=tmp_path).ok()
    place.run("DELETE FROM version_other")
    done = tool("upgrade", "head", cwd=tmp_path)
    if tool is stock and kind != "postgresql":
        return  # there it loses the row in silence
    done.ok()
    assert place.rows("SELECT version_num FROM version_other") == [(A1,)]


@_EACH_TOOL
@pytest.mark.parametrize("statement", [
    "SET LOCAL search_path TO tenant", "SELECT pg_advisory_xact_lock(7)"])  # fmt: skip
def test_a_transaction_that_env_py_uses_through_the_driver_is_its_own(
    tool: Tool, statement: str, stage: Stage, tmp_path: Path
) -> None:
    """SQLAlchemy does not see the statement, whose effect ends with the transaction."""
    [place] = stage.places("postgresql", 1)
    place.run("CREATE SCHEMA tenant")
    run = f"""        with context.begin_transaction():
            connection.connection.cursor().execute({statement!r})
            context.run_migrations()
"""
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND pid = pg_backend_pid()"
    seen = f'op.execute("CREATE TABLE seen AS SELECT ({locks}) AS locks, current_schema() AS place")'
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=seen, downgrade="pass"), env=_instead(run))
    tool("upgrade", "head", cwd=tmp_path).ok()
    tenant = "search_path" in statement
    where = "tenant.seen" if tenant else "public.seen"
    assert place.rows(f"SELECT locks, place FROM {where}") == [(0, "tenant") if tenant else (1, "public")]


@pytest.mark.parametrize("commit", ['op.execute("COMMIT")', "op.get_bind().commit()"])
def test_a_revision_that_commits_by_itself_goes_on_where_it_stopped(commit: str, stage: Stage, tmp_path: Path) -> None:
    for kind in ("postgresql", "sqlite"):
        [place] = stage.places(kind, 1)
        upgrade = f'op.execute("CREATE TABLE half (id INTEGER)")\n{commit}\n'
        folder = project(tmp_path / kind, place.url, Rev(A1, upgrade=f"{upgrade}raise ValueError", downgrade="pass"))
        failed = ours("upgrade", "head", cwd=folder)
        assert "half" in place.tables()
        assert f"what {A1} has committed is noted, safe to run again" in failed.err
        project(folder, place.url, Rev(A1, upgrade=f"{upgrade}pass", downgrade="pass"))
        ours("upgrade", "head", cwd=folder).ok()
        assert place.versions() == [A1]


@_EACH_TOOL
def test_env_py_may_try_again(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places("postgresql", 1)
    fails_once = f"""import pathlib
tried = pathlib.Path({str(tmp_path)!r}, "tried")
if not tried.exists():
    tried.touch()
    op.execute("SELECT * FROM nowhere")
op.execute("CREATE TABLE there (id INTEGER)")"""
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=fails_once, downgrade="pass"), env=_AGAIN)
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert (place.versions(), "there" in place.tables()) == ([A2], True)


@_EACH_TOOL
def test_env_py_may_end_with_sys_exit(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places("sqlite", 1)
    tool("upgrade", "head", cwd=project(tmp_path, place.url, *linear(A1), env=_EXIT)).ok()
    assert place.versions() == [A1]


def test_a_transaction_left_open_on_the_only_connection_is_not_verified_through_it(
    stage: Stage, tmp_path: Path
) -> None:
    [place] = stage.places("postgresql", 1)
    env = f"""
        import sqlalchemy as sa
        from alembic import context
        engine = sa.create_engine({place.url!r}, poolclass=sa.StaticPool)
        connection = engine.connect()
        connection.execute(sa.text("SELECT 1"))
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
    """
    done = ours("upgrade", "head", cwd=project(tmp_path, place.url, *linear(A1), env=env))
    assert (done.code, done.out, place.tables()) == (3, "", set())
    assert "error[WB403]" in done.err
    assert "nothing is done until it is committed" in done.err


@_EACH_TOOL
def test_a_pragma_that_env_py_sends_through_the_driver_counts(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """Ignored, the rebuild of the parent would delete its children."""
    [place] = stage.places("sqlite", 1)
    run = """        raw = connection.connection
        raw.cursor().execute("PRAGMA foreign_keys=ON")
        with context.begin_transaction():
            raw.cursor().execute("PRAGMA foreign_keys=OFF")
            context.run_migrations()
"""
    place.run(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY, x INTEGER)",
        "CREATE TABLE child (id INTEGER REFERENCES parent (id) ON DELETE CASCADE)",
        "INSERT INTO parent VALUES (1, 1)",
        "INSERT INTO child VALUES (1)",
    )
    rebuild = 'with op.batch_alter_table("parent", recreate="always") as batch: batch.drop_column("x")'
    project(tmp_path, place.url, Rev(A1, upgrade=rebuild, downgrade="pass"), env=_instead(run))
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.rows("SELECT id FROM child") == [(1,)]


def test_a_change_is_confirmed_before_env_py_closes_its_tunnel(stage: Stage, tmp_path: Path) -> None:
    """And a run that changed nothing has nothing to confirm."""
    [place] = stage.places("postgresql", 1)
    env = f"""
        import psycopg
        import sqlalchemy as sa
        from alembic import context
        open_ = [True]
        def connect():
            if not open_[0]:
                raise psycopg.OperationalError("the tunnel is closed")
            return psycopg.connect({place.url!r}.replace("+psycopg", ""))
        engine = sa.create_engine("postgresql+psycopg://", creator=connect, poolclass=sa.NullPool)
        with engine.connect() as connection:
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()
        open_[0] = False
    """
    project(tmp_path, place.url, *linear(A1), env=env)
    assert "verified" in ours("upgrade", "head", cwd=tmp_path).ok().out
    assert place.versions() == [A1]
    ours("upgrade", "head", cwd=tmp_path).ok()
