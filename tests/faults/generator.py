"""Writes projects whose data shows it when a statement was executed twice, or not at all.

Every revision of a project changes sums: a counter `v`, a balance `v + 100`. The same revisions are run natively
(`whimbrel.toml`) and through an env.py (`stock/`), by stock Alembic as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from support.projects import Rev, write_revision

CANARY = "canary-4b1d"
"""Stands in seed rows (as a bind parameter) and in passwords; no output may show it."""

SHAPES = ("create", "count", "balance", "rename", "concurrently")
"""Five revisions that make and change one table; the next five do so with the next table."""

_ROWS = 5

_UPGRADES = {
    "create": """\
table = op.create_table(
    "{t}",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(40)),
    sa.Column("v", sa.Integer, nullable=False, server_default="0"),
)
op.create_index("ix_{t}_name", "{t}", ["name"])
op.bulk_insert(table, [{{"id": i, "name": f"{canary} {{i}}", "v": i}} for i in range(1, {rows} + 1)])""",
    "count": """\
op.add_column("{t}", sa.Column("n", sa.Integer))
op.execute("UPDATE {t} SET v = v + 1")
op.execute("UPDATE {t} SET n = v")""",
    "balance": """\
op.execute("UPDATE {t} SET v = v + 100")
op.create_index("ix_{t}_v", "{t}", ["v"])
op.execute("UPDATE {t} SET v = v + 10")""",
    "rename": """\
op.execute("UPDATE {t} SET v = v + 1000")
with op.batch_alter_table("{t}") as batch:
    batch.alter_column("name", new_column_name="title", existing_type=sa.String(40), type_=sa.String(60))
with op.batch_alter_table("{t}") as batch:
    batch.drop_column("n")
op.execute("INSERT INTO {t} (id, title, v) VALUES (100, 'added', 1)")""",
    "concurrently": """\
op.execute("UPDATE {t} SET v = v + 3")
if op.get_bind().dialect.name == "postgresql":
    with op.get_context().autocommit_block():
        op.create_index("ixc_{t}", "{t}", ["title", "v"], postgresql_concurrently=True)
else:
    op.create_index("ixc_{t}", "{t}", ["title", "v"])
op.execute("UPDATE {t} SET v = v + 5")""",
}

_DOWNGRADES = {
    "create": 'op.drop_index("ix_{t}_name", table_name="{t}")\nop.drop_table("{t}")',
    "count": """\
op.execute("UPDATE {t} SET v = v - 1")
with op.batch_alter_table("{t}") as batch:
    batch.drop_column("n")""",
    "balance": """\
op.execute("UPDATE {t} SET v = v - 10")
op.drop_index("ix_{t}_v", table_name="{t}")
op.execute("UPDATE {t} SET v = v - 100")""",
    "rename": """\
op.execute("DELETE FROM {t} WHERE id = 100")
op.add_column("{t}", sa.Column("n", sa.Integer))
with op.batch_alter_table("{t}") as batch:
    batch.alter_column("title", new_column_name="name", existing_type=sa.String(60), type_=sa.String(40))
op.execute("UPDATE {t} SET v = v - 1000")""",
    "concurrently": """\
op.execute("UPDATE {t} SET v = v - 5")
if op.get_bind().dialect.name == "postgresql":
    with op.get_context().autocommit_block():
        op.drop_index("ixc_{t}", table_name="{t}", postgresql_concurrently=True)
else:
    op.drop_index("ixc_{t}", table_name="{t}")
op.execute("UPDATE {t} SET v = v - 3")""",
}

ENV = """\
from alembic import context
from sqlalchemy import create_engine, pool

config = context.config
engine = create_engine(config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    if config.get_main_option("early") == "yes":
        connection.exec_driver_sql("SELECT 1")  # begins a transaction that nobody commits
    context.configure(
        connection=connection,
        transaction_per_migration=bool(config.attributes.get("per_migration")),
        on_version_apply=config.attributes.get("on_version_apply", ()),
    )
    with context.begin_transaction():
        context.run_migrations()
"""


class Generated(NamedTuple):
    """A project on disk.

    Attributes:
        folder: the native project; `folder / "stock"` is the one with an env.py.
        url: its database, through a sync driver.
        native_url: the same, perhaps through an async driver: the one that the native project uses.
        revisions: how many there are.
        head: the id of the last one.
    """

    folder: Path
    url: str
    native_url: str
    revisions: int
    head: str

    @property
    def stock(self) -> Path:
        """The folder of the same project with an env.py."""
        return self.folder / "stock"


def generate(folder: Path, url: str, count: int = 30, *, branches: bool = False, early: bool = False) -> Generated:
    """Write a project of `count` revisions of all shapes.

    Args:
        folder: where; made if it is not there.
        url: its database.
        count: how many revisions.
        branches: two branches from the first revision, and a merge at the end.
        early: the env.py executes something before it configures the context.
    """
    return write(folder, url, _branched(count) if branches else list(_line(count)), early=early)


def write(folder: Path, url: str, revisions: Sequence[Rev], *, early: bool = False) -> Generated:
    """Write a project of these revisions, natively and with an env.py."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "stock").mkdir()
    (folder / "stock" / "env.py").write_text(ENV)
    (folder / "stock" / "script.py.mako").write_text("")
    for rev in revisions:
        write_revision(versions, rev)
    project = Generated(folder, url, url, len(revisions), revisions[-1].id)
    point_at(project, url, early=early)
    return project


def point_at(project: Generated, url: str, native_url: str | None = None, *, early: bool = False) -> Generated:
    """The same project, from now on for this database, natively perhaps through another driver."""
    (project.folder / "whimbrel.toml").write_text(f'url = "{native_url or url}"\n')
    (project.stock / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s\nversion_locations = %(here)s/../migrations/versions\n"
        "path_separator = os\n"
        f"sqlalchemy.url = {url.replace('%', '%%')}\nearly = {'yes' if early else 'no'}\n"
    )
    return project._replace(url=url, native_url=native_url or url)


def _line(count: int, prefix: str = "0", root: str | None = None) -> Iterator[Rev]:
    before = root
    for number in range(count):
        shape = SHAPES[number % len(SHAPES)]
        values = {"t": f"t{prefix}_{number // len(SHAPES)}", "canary": CANARY, "rows": _ROWS}
        rev = Rev(
            f"{prefix}{number:011x}",
            before,
            message=f"{shape} {values['t']}",
            upgrade=_UPGRADES[shape].format(**values),
            downgrade=_DOWNGRADES[shape].format(**values),
        )
        before = rev.id
        yield rev


def _branched(count: int) -> list[Rev]:
    (root,) = _line(1)
    left = list(_line((count - 2) // 2, "a", root.id))
    right = list(_line(count - 2 - len(left), "b", root.id))
    merge = Rev("f00000000000", (left[-1].id, right[-1].id), message="merge", upgrade="pass", downgrade="pass")
    return [root, *left, *right, merge]
