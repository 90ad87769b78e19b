"""Several schemas: tenants in a loop, translated names, a version table somewhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.graphs import A1, A2
from conformance.stage import Place, Stage
from conformance.tools import Tool, ours, stock
from support.projects import Rev, linear

from .trees import ENV, project

_EACH_TOOL = pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])

_CONFIGURE = "        context.configure(connection=connection, target_metadata=target_metadata)\n"
_RUN = "        with context.begin_transaction():\n            context.run_migrations()\n"


def _env(configure_and_run: str) -> str:
    """env.py with another way to configure and run, once it is connected."""
    assert ENV.count(_CONFIGURE + _RUN) == 1
    return ENV.replace(_CONFIGURE + _RUN, configure_and_run)


def _tables(place: Place, schema: str) -> set[str]:
    return {row[1] for row in place.see()["columns"] if row[0] == schema}


_SEARCH_PATH = _env("""
        import sqlalchemy as sa
        for schema in ("tenant_a", "tenant_b"):
            connection.execute(sa.text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
            connection.execute(sa.text(f'SET search_path TO "{schema}"'))
            connection.commit()
            connection.dialect.default_schema_name = schema
            context.configure(connection=connection, target_metadata=target_metadata)
            with context.begin_transaction():
                context.run_migrations()
""")
_SET_LOCAL = _env("""
        import sqlalchemy as sa
        for schema in ("tenant_a", "tenant_b"):
            connection.execute(sa.text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
            connection.commit()
            context.configure(connection=connection, version_table_schema=schema)
            with context.begin_transaction():
                connection.execute(sa.text(f'SET LOCAL search_path TO "{schema}"'))
                context.run_migrations()
""")
_CONNECTION_EACH = ENV.replace(
    "    with engine.connect() as connection:\n" + _CONFIGURE + _RUN,
    """
    import sqlalchemy as sa
    for schema in ("tenant_a", "tenant_b"):
        with engine.connect() as connection:
            connection.execute(sa.text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
            connection.execute(sa.text(f'SET search_path TO "{schema}"'))
            connection.commit()
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()
""",
)
_EACH_LOOP = pytest.mark.parametrize("env", [
    pytest.param(_SEARCH_PATH, id="search_path"), pytest.param(_SET_LOCAL, id="SET LOCAL"),
    pytest.param(_CONNECTION_EACH, id="a connection each"),
])  # fmt: skip


@_EACH_TOOL
@_EACH_LOOP
def test_loop_over_tenants(tool: Tool, env: str, stage: Stage, tmp_path: Path) -> None:
    """Dispatch and onyx: several configure() and run_migrations() in one run."""
    [place] = stage.places("postgresql", 1)
    project(tmp_path, place.url, *linear(A1, A2), env=env)
    tool("upgrade", A1, cwd=tmp_path).ok()
    tool("upgrade", "head", cwd=tmp_path).ok()
    for schema in ("tenant_a", "tenant_b"):
        assert _tables(place, schema) == {"alembic_version", f"t_{A1}", f"t_{A2}"}, schema
    assert _tables(place, "public") == set()
    assert tool("current", cwd=tmp_path).ok().out == f"{A2} (head)\n" * 2
    tool("downgrade", "base", cwd=tmp_path).ok()
    assert _tables(place, "tenant_b") == {"alembic_version"}


@_EACH_LOOP
def test_a_tenant_that_is_behind(env: str, stage: Stage, tmp_path: Path) -> None:
    """One tenant is at head, another one is not: whichever tool, both are at head afterwards."""
    for tool, place in zip((stock, ours), stage.places("postgresql", 2), strict=True):
        folder = project(tmp_path / tool.__name__, place.url, *linear(A1, A2), env=env)
        stock("upgrade", "head", cwd=folder).ok()
        place.run(f"DROP TABLE tenant_a.t_{A2}", f"UPDATE tenant_a.alembic_version SET version_num = '{A1}'")
        tool("upgrade", "head", cwd=folder).ok()
        assert _tables(place, "tenant_a") == _tables(place, "tenant_b") == {"alembic_version", f"t_{A1}", f"t_{A2}"}


def test_a_tenant_that_fails(stage: Stage, tmp_path: Path) -> None:
    """The second tenant's table is there already: the first is done, the failure says where the second is."""
    [place] = stage.places("postgresql", 1)
    project(tmp_path, place.url, *linear(A1, A2), env=_SEARCH_PATH)
    place.run("CREATE SCHEMA tenant_b", f"CREATE TABLE tenant_b.t_{A2} (id INTEGER)")
    done = ours("upgrade", "head", cwd=tmp_path)
    assert done.code == 3
    assert _tables(place, "tenant_a") == {"alembic_version", f"t_{A1}", f"t_{A2}"}
    assert (f"at {A1}," if f"t_{A1}" in _tables(place, "tenant_b") else "at base,") in done.err
    assert f"_.py:17, on {place.url}, schema tenant_b\n" in done.err
    assert "; completed: tenant_a\n" in done.err


def test_each_revision_of_each_tenant_is_a_transaction(stage: Stage, tmp_path: Path) -> None:
    """What holds for one database holds for the second tenant of a loop: the revision before the failed one stays."""
    [place] = stage.places("postgresql", 1)
    project(tmp_path, place.url, *linear(A1, A2), env=_SEARCH_PATH)
    place.run("CREATE SCHEMA tenant_b", f"CREATE TABLE tenant_b.t_{A2} (id INTEGER)")
    done = ours("upgrade", "head", cwd=tmp_path)
    assert _tables(place, "tenant_b") == {"alembic_version", f"t_{A1}", f"t_{A2}"}, done.err


def test_loop_over_mariadb_databases(stage: Stage, tmp_path: Path) -> None:
    """A schema is a database there; `USE` selects it."""
    for tool, places in zip((stock, ours), zip(*[iter(stage.places("mariadb", 4))] * 2, strict=True), strict=True):
        names = [place.url.rpartition("/")[2] for place in places]
        env = _env(f"""
        for name in {names!r}:
            connection.exec_driver_sql(f"USE {{name}}")
            connection.commit()
            connection.dialect.default_schema_name = name
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()
""")
        folder = project(tmp_path / tool.__name__, places[0].url, *linear(A1, A2), env=env)
        tool("upgrade", "head", cwd=folder).ok()
        assert [place.versions() for place in places] == [[A2], [A2]]
        assert tool("current", cwd=folder).ok().out == f"{A2} (head)\n" * 2


_TRANSLATED = _env("""
        import sqlalchemy as sa
        connection.execute(sa.text("CREATE SCHEMA IF NOT EXISTS tenant_a"))
        connection.commit()
        connection = connection.execution_options(schema_translate_map={None: "tenant_a", "shared": "public"})
        context.configure(connection=connection, version_table_schema="tenant_a")
        with context.begin_transaction():
            context.run_migrations()
""")
_SHARED = 'op.create_table("s", sa.Column("id", sa.Integer), schema="shared")'


@_EACH_TOOL
def test_schema_translate_map(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    [place] = stage.places("postgresql", 1)
    second = Rev(A2, A1, upgrade=_SHARED, downgrade='op.drop_table("s", schema="shared")')
    project(tmp_path, place.url, Rev(A1), second, env=_TRANSLATED)
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert _tables(place, "tenant_a") == {"alembic_version", f"t_{A1}"}
    assert _tables(place, "public") == {"s"}
    assert tool("current", cwd=tmp_path).ok().out == f"{A2} (head)\n"
    tool("downgrade", "base", cwd=tmp_path).ok()
    assert _tables(place, "tenant_a") == {"alembic_version"}


_ONLY_TRANSLATED = _env("""
        import sqlalchemy as sa
        for schema in ("tenant_a", "tenant_b"):
            connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
            connection.commit()
            connection = connection.execution_options(schema_translate_map={None: schema})
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()
""")


def test_version_table_that_only_the_translation_finds(stage: Stage, tmp_path: Path) -> None:
    """Alembic writes it to the tenant's schema, then looks in the default one, and begins again from base every time."""
    one, other = stage.places("postgresql", 2)
    broken = project(tmp_path / "stock", one.url, *linear(A1, A2), env=_ONLY_TRANSLATED)
    stock("upgrade", A1, cwd=broken).ok()
    assert stock("current", cwd=broken).ok().out == ""
    assert "already exists" in stock("upgrade", "head", cwd=broken).err

    folder = project(tmp_path / "ours", other.url, *linear(A1, A2), env=_ONLY_TRANSLATED)
    other.run("CREATE TABLE alembic_version (version_num VARCHAR(32))", "INSERT INTO alembic_version VALUES ('stray')")
    ours("upgrade", A1, cwd=folder).ok()
    other.run(f"UPDATE tenant_a.alembic_version SET version_num = '{A2}'", f"CREATE TABLE tenant_a.t_{A2} (id INTEGER)")
    assert ours("current", cwd=folder).ok().out == f"{A2} (head)\n{A1}\n"
    ours("upgrade", "head", cwd=folder).ok()
    for schema in ("tenant_a", "tenant_b"):
        assert _tables(other, schema) == {"alembic_version", f"t_{A1}", f"t_{A2}"}
    ours("downgrade", A1, cwd=folder).ok()
    ours("stamp", "head", cwd=folder).ok()
    assert ours("current", cwd=folder).ok().out == f"{A2} (head)\n" * 2
    ours("stamp", "--purge", A1, cwd=folder).ok()
    assert ours("current", cwd=folder).ok().out == f"{A1}\n" * 2
    ours("downgrade", "base", cwd=folder).ok()
    assert ours("ensure_version", cwd=folder).ok()
    assert _tables(other, "tenant_b") == {"alembic_version"}
    assert other.versions() == ["stray"]


_ELSEWHERE = _env("""
        import sqlalchemy as sa
        connection.execute(sa.text("CREATE SCHEMA IF NOT EXISTS stocks"))
        connection.commit()
        context.configure(connection=connection, version_table="revisions", version_table_schema="stocks",
                          include_schemas=True, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
""")


@_EACH_TOOL
def test_version_table_in_another_schema(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """dvc: the version table is `stocks.revisions`, and a stray public.alembic_version means nothing."""
    [place] = stage.places("postgresql", 1)
    place.run("CREATE TABLE alembic_version (version_num VARCHAR(32))", "INSERT INTO alembic_version VALUES ('stray')")
    project(tmp_path, place.url, *linear(A1, A2), env=_ELSEWHERE)
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert _tables(place, "stocks") == {"revisions"}
    assert tool("current", cwd=tmp_path).ok().out == f"{A2} (head)\n"
    tool("downgrade", "-1", cwd=tmp_path).ok()
    assert tool("current", cwd=tmp_path).ok().out == f"{A1}\n"
    tool("stamp", "head", cwd=tmp_path).ok()
    assert tool("current", cwd=tmp_path).ok().out == f"{A2} (head)\n"
    assert place.versions() == ["stray"]


@_EACH_TOOL
def test_version_table_with_another_shape(tool: Tool, kind: str, stage: Stage, tmp_path: Path) -> None:
    """A wider column (an id of 40 characters), and no primary key: `version_table_pk=False`."""
    [place] = stage.places(kind, 1)
    long_id = "2024_05_01_add_customers_and_more_tables"
    env = _env(
        _CONFIGURE.replace("target_metadata=target_metadata", 'version_table="versions", version_table_pk=False') + _RUN
    )
    project(tmp_path, place.url, Rev(A1), Rev(long_id, A1), env=env)
    place.run("CREATE TABLE versions (version_num VARCHAR(255) NOT NULL)")
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert tool("current", cwd=tmp_path).ok().out == f"{long_id} (head)\n"
    tool("downgrade", "base", cwd=tmp_path).ok()
    assert tool("current", cwd=tmp_path).ok().out == ""
