"""Revision files that are more than a header and two functions."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.compare import lines
from conformance.graphs import A1, A2, A3, B1, B2
from conformance.stage import Stage
from conformance.tools import Tool, ours, stock
from support.projects import Rev, linear

from .trees import project, write

_EACH_TOOL = pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])

_NEUTRON = {
    "lib/neutron_names.py": 'EXPAND = "expand"\nCONTRACT = "contract"\nPREFIX = "b"\n',
    f"migrations/versions/{A2}.py": f'''
        """expand starts"""
        from neutron_names import EXPAND
        revision = "{A2}"
        down_revision = "{A1}"
        branch_labels = (EXPAND,)
        def upgrade(): pass
        def downgrade(): pass
    ''',
    f"migrations/versions/{B1}.py": f'''
        """contract starts"""
        import neutron_names
        revision = neutron_names.PREFIX + "{B1[1:]}"
        down_revision = "{A1}"
        branch_labels = (neutron_names.CONTRACT,)
        depends_on = (("{A2}"),)
        def upgrade(): pass
        def downgrade(): pass
    ''',
}
_LIB = "[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = @URL@\nprepend_sys_path = %(here)s/lib\n"


def test_labels_that_are_no_literals(stage: Stage, tmp_path: Path) -> None:
    """Neutron: `branch_labels = (cli.EXPAND_BRANCH,)`. The files must be run to know them."""
    ends = []
    for tool, place in zip((stock, ours), stage.places("sqlite", 2), strict=True):
        folder = project(tmp_path / tool.__name__, place.url, Rev(A1), Rev(B2, B1), ini=_LIB, **_NEUTRON)
        tool("upgrade", "expand@head", cwd=folder).ok()
        assert place.versions() == [A2]
        tool("upgrade", "heads", cwd=folder).ok()
        told = [lines(tool(*line.split(), cwd=folder).ok().out) for line in
                ("heads", "history", "branches", "show contract", "heads --resolve-dependencies")]  # fmt: skip
        ends.append((place.see(), [[line.replace(str(folder), "") for line in one] for one in told]))
    assert ends[0] == ends[1]


@_EACH_TOOL
def test_other_modules_among_the_revisions(tool: Tool, tmp_path: Path) -> None:
    """A helper in versions/ is no revision: Alembic stops at it, whimbrel's listings name it, and both refuse to run."""
    project(tmp_path, f"sqlite:///{tmp_path}/a.db", Rev(A1), **{"migrations/versions/helper.py": "X = 1\n"})
    assert tool("upgrade", "head", cwd=tmp_path).code != 0
    assert (tool("heads", cwd=tmp_path).code == 0) == (tool is ours)


@_EACH_TOOL
def test_import_between_revisions(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """A revision imports a helper package beside versions/, relative to a package on the path."""
    [place] = stage.places("sqlite", 1)
    name = f"helpers_{tool.__name__}"
    project(tmp_path, place.url, Rev(A1, upgrade=f"from {name}.make import make\nmake(op, sa)", downgrade="pass"),
            ini=_LIB, **{f"lib/{name}/__init__.py": "", f"lib/{name}/make.py":
            "def make(op, sa):\n    op.create_table('made', sa.Column('id', sa.Integer))\n"})  # fmt: skip
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert "made" in place.tables()


@_EACH_TOOL
def test_custom_operations_registered_by_env_py(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """`op.create_view` of the project's own, registered where env.py imports it."""
    from .trees import ENV

    [place] = stage.places("sqlite", 1)
    register = """
        from alembic.operations import MigrateOperation, Operations

        @Operations.register_operation("trap_create_view")
        class CreateView(MigrateOperation):
            def __init__(self, name, text):
                self.name, self.text = name, text
            @classmethod
            def trap_create_view(cls, operations, name, text):
                return operations.invoke(cls(name, text))

        @Operations.implementation_for(CreateView)
        def create_view(operations, operation):
            operations.execute(f"CREATE VIEW {operation.name} AS {operation.text}")
    """
    name = f"own_operations_{tool.__name__}"
    project(tmp_path, place.url, Rev(A1, upgrade='op.trap_create_view("v", "SELECT 1 AS one")', downgrade="pass"),
            ini=_LIB, env=f"import {name}\n{ENV}", **{f"lib/{name}.py": register})  # fmt: skip
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert ("view", "v") in {row[:2] for row in place.see()["columns"]}


@_EACH_TOOL
def test_context_and_bind_in_a_revision(tool: Tool, kind: str, stage: Stage, tmp_path: Path) -> None:
    """A quarter of real revisions ask the database: get_bind, inspect, ORM sessions, context.get_context()."""
    [place] = stage.places(kind, 1)
    upgrade = """
from alembic import context
from sqlalchemy.orm import Session
assert context.get_context().get_context() if False else context.get_bind() is op.get_bind()
assert context.config.get_main_option("sqlalchemy.url")
assert not context.is_offline_mode()
table = op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
op.bulk_insert(table, [{"id": 1, "name": "ann"}, {"id": 2, "name": "bob"}])
with Session(bind=op.get_bind()) as session:
    session.execute(sa.update(table).where(table.c.id == 1).values(name="eve"))
    session.commit()
names = op.get_bind().execute(sa.text("SELECT name FROM users ORDER BY id")).scalars().all()
assert names == ["eve", "bob"], names
assert "users" in sa.inspect(op.get_bind()).get_table_names()
if "flag" not in [column["name"] for column in sa.inspect(op.get_bind()).get_columns("users")]:
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("flag", sa.Integer, server_default="1", nullable=False))
op.execute(sa.text("INSERT INTO users (id, name) VALUES (:id, :name)").bindparams(id=3, name="a:b"))
"""
    project(tmp_path, place.url, Rev(A1, upgrade=upgrade.strip(), downgrade='op.drop_table("users")'))
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A1]
    assert "users" in place.tables()
    tool("downgrade", "base", cwd=tmp_path).ok()
    assert "users" not in place.tables()


@_EACH_TOOL
def test_functions_with_arguments(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """`run_migrations(**kw)` hands its arguments to upgrade() and downgrade()."""
    from .trees import ENV

    [place] = stage.places("sqlite", 1)
    env = ENV.replace("context.run_migrations()", 'context.run_migrations(prefix="shop")')
    text = f'''
        from alembic import op
        import sqlalchemy as sa
        revision = "{A1}"
        down_revision = None
        def upgrade(prefix=None, **kw):
            op.create_table(f"{{prefix}}_orders", sa.Column("id", sa.Integer))
        def downgrade(prefix, **kw):
            op.drop_table(f"{{prefix}}_orders")
    '''
    project(tmp_path, place.url, env=env, **{"migrations/versions/1.py": text})
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert "shop_orders" in place.tables()
    tool("downgrade", "base", cwd=tmp_path).ok()
    assert "shop_orders" not in place.tables()


@_EACH_TOOL
def test_revision_that_cannot_go_down(tool: Tool, kind: str, stage: Stage, tmp_path: Path) -> None:
    """26 of warehouse's revisions raise in downgrade()."""
    [place] = stage.places(kind, 1)
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, downgrade='raise RuntimeError("can\'t roll back")'), Rev(A3, A2))
    tool("upgrade", "head", cwd=tmp_path).ok()
    done = tool("downgrade", "base", cwd=tmp_path)
    assert done.code != 0
    # Alembic's one transaction takes the first step back as well on PostgreSQL: see DIFFERENCES, transactions.
    assert place.versions() == ([A3] if tool is stock and kind == "postgresql" else [A2])
    assert f"t_{A2}" in place.tables()


@_EACH_TOOL
def test_autocommit_block(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """polar, prefect, warehouse: CREATE INDEX CONCURRENTLY, and statements before and after it."""
    [place] = stage.places("postgresql", 1)
    upgrade = f"""
op.add_column("t_{A1}", sa.Column("name", sa.String(10)))
with op.get_context().autocommit_block():
    op.create_index("ix_name", "t_{A1}", ["name"], postgresql_concurrently=True)
    op.execute("CREATE INDEX CONCURRENTLY ix_two ON t_{A1} (name, id)")
op.execute("INSERT INTO t_{A1} (id) VALUES (1)")
"""
    downgrade = f"""
with op.get_context().autocommit_block():
    op.drop_index("ix_name", table_name="t_{A1}", postgresql_concurrently=True)
op.drop_column("t_{A1}", "name")
"""
    project(
        tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=upgrade.strip(), downgrade=downgrade.strip()), Rev(A3, A2)
    )
    tool("upgrade", "head", cwd=tmp_path).ok()
    assert place.versions() == [A3]
    assert {"ix_name", "ix_two"} <= {row[2] for row in place.see()["indexes"]}
    tool("downgrade", A1, cwd=tmp_path).ok()
    assert place.versions() == [A1]
    assert "ix_name" not in {row[2] for row in place.see()["indexes"]}


@_EACH_TOOL
def test_autocommit_block_that_fails(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """What was committed stays; the version is not moved; the command fails."""
    [place] = stage.places("postgresql", 1)
    upgrade = f"""
op.create_table("kept", sa.Column("id", sa.Integer))
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY ix_one ON t_{A1} (id)")
    op.execute("CREATE INDEX CONCURRENTLY ix_two ON t_{A1} (nonsense)")
"""
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=upgrade.strip()))
    assert tool("upgrade", "head", cwd=tmp_path).code != 0
    assert place.versions() == [A1]
    assert "kept" in place.tables()


@_EACH_TOOL
def test_second_connection_in_a_revision(tool: Tool, kind: str, stage: Stage, tmp_path: Path) -> None:
    """fides reads through a connection of its own while the migration's is open: no lock may stop it."""
    [place] = stage.places(kind, 1)
    upgrade = f"""
engine = sa.create_engine({place.url!r}, poolclass=sa.pool.NullPool)
with engine.connect() as other:
    assert other.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == [{A1!r}]
    assert sa.inspect(other).has_table("t_{A1}")
op.create_table("t_{A2}", sa.Column("id", sa.Integer))
"""
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=upgrade.strip()))
    tool("upgrade", A1, cwd=tmp_path).ok()
    tool("upgrade", A2, cwd=tmp_path).ok()
    assert place.versions() == [A2]


@pytest.mark.parametrize(("tool", "kind"), [
    (stock, "sqlite"), (stock, "postgresql"), (stock, "mariadb"), (ours, "postgresql"), (ours, "mariadb"),
])  # fmt: skip
def test_second_connection_that_writes(tool: Tool, kind: str, stage: Stage, tmp_path: Path) -> None:
    """A revision that writes through a connection of its own before it writes through the migration's; whimbrel on SQLite
    is the next test."""
    [place] = stage.places(kind, 1)
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=_writes_elsewhere(place.url)))
    tool("upgrade", A1, cwd=tmp_path).ok()
    tool("upgrade", A2, cwd=tmp_path).ok()
    assert {"elsewhere", f"t_{A2}"} <= place.tables()


def test_second_connection_that_writes_to_sqlite(stage: Stage, tmp_path: Path) -> None:
    """whimbrel's transaction holds SQLite's write lock from its beginning: this ends in `database is locked`, clearly,
    and leaves nothing behind."""
    [place] = stage.places("sqlite", 1)
    project(tmp_path, place.url, Rev(A1), Rev(A2, A1, upgrade=_writes_elsewhere(place.url, timeout=0.2)))
    ours("upgrade", A1, cwd=tmp_path).ok()
    done = ours("upgrade", A2, cwd=tmp_path)
    assert done.code == 3
    assert "locked" in done.err
    assert place.versions() == [A1]


def _writes_elsewhere(url: str, timeout: float = 5) -> str:
    arguments = f', connect_args={{"timeout": {timeout}}}' if url.startswith("sqlite") else ""
    return f"""
engine = sa.create_engine({url!r}, poolclass=sa.pool.NullPool{arguments})
with engine.begin() as other:
    other.execute(sa.text("CREATE TABLE elsewhere (id INTEGER)"))
op.create_table("t_{A2}", sa.Column("id", sa.Integer))
""".strip()


def test_files_are_imported_only_to_run_them(stage: Stage, tmp_path: Path) -> None:
    """Alembic imports all of history for every command; whimbrel the pending ones. What both run ends the same."""
    one, other = stage.places("sqlite", 2)
    for tool, place in ((stock, one), (ours, other)):
        folder = project(tmp_path / tool.__name__, place.url, *linear(A1, A2))
        mark = f"\nopen({str(folder / 'imported')!r}, 'a').write(revision + ' ')\n"
        for path in (folder / "migrations" / "versions").glob("*.py"):
            path.write_text(path.read_text() + mark)
        tool("upgrade", A1, cwd=folder).ok()
    assert (tmp_path / "stock" / "imported").read_text().split() == [A1, A2]
    assert (tmp_path / "ours" / "imported").read_text().split() == [A1]
    assert one.see() == other.see()


def test_two_files_with_one_id(stage: Stage, tmp_path: Path) -> None:
    """Alembic warns and takes one of them; whimbrel refuses to run."""
    [place] = stage.places("sqlite", 1)
    project(tmp_path, place.url, Rev(A1))
    write(tmp_path, {"migrations/versions/copy.py": (tmp_path / "migrations" / "versions" / f"{A1}_.py").read_text()})
    assert stock("heads", cwd=tmp_path).code == 0
    assert ours("upgrade", "head", cwd=tmp_path).code == 2
    assert place.tables() == set()
