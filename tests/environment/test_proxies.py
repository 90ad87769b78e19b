"""`op` and `context` in threads, and beside stock Alembic in the same process."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command, op
from alembic.config import Config

from support.cli import alembic, whimbrel
from support.databases import tables, version_rows
from support.projects import Rev, alembic_project, linear, native_project
from whimbrel import Project, errors
from whimbrel.environment import proxies

MakeDatabase = Callable[[str], str]
BOTH = pytest.mark.parametrize("tool", [alembic, whimbrel])

IN_A_THREAD = """
from concurrent.futures import ThreadPoolExecutor
def work():
    op.create_table("in_thread", sa.Column("id", sa.Integer))
with ThreadPoolExecutor(1) as pool:
    pool.submit(work).result()
""".strip()


@BOTH
def test_a_thread_that_a_revision_starts_has_its_op(tool: Any, make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("postgresql")
    folder = alembic_project(tmp_path / "p", url, [Rev("aaaa", upgrade=IN_A_THREAD)])
    tool("upgrade", "head", cwd=folder).ok()
    assert tables(url) == {"alembic_version", "in_thread"}


@BOTH
def test_a_thread_that_env_py_starts_has_its_context(tool: Any, kind: str, url: str, tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", url, linear("aaaa", "bbbb"))
    env = folder / "alembic" / "env.py"
    before, call = "else:\n    run_migrations_online()", "run_migrations_online()"
    assert before in env.read_text()
    thread = "import concurrent.futures\n    with concurrent.futures.ThreadPoolExecutor(1) as threads:\n        "
    threaded = before.replace(call, f"{thread}threads.submit(run_migrations_online).result()")
    env.write_text(env.read_text().replace(before, threaded))
    tool("upgrade", "head", cwd=folder).ok()
    assert version_rows(url) == {"bbbb"}


def held(folder: Path, barrier: threading.Barrier, **more: Any) -> Project:
    """A project whose revisions find a barrier."""
    project = Project.load(folder, **more)
    return Project(project.settings, project.database, attributes={"barrier": barrier})


WAIT = "op.get_context().config.attributes['barrier'].wait()"


def test_a_thread_of_one_of_two_runs_is_refused(tmp_path: Path) -> None:
    """It might be sent to the other one's database."""
    barrier = threading.Barrier(2, timeout=30)
    projects = []
    for name in ("one", "other"):
        revision = Rev("aaaa", upgrade=f"barrier = {WAIT.removesuffix('.wait()')}\nbarrier.wait()\n"
                       f"try:\n    {IN_A_THREAD.replace(chr(10), chr(10) + '    ')}\nfinally:\n    barrier.wait()")  # fmt: skip
        folder = native_project(tmp_path / name, f"sqlite:///{tmp_path / name}.db", [revision])
        projects.append(held(folder, barrier))
    with ThreadPoolExecutor(2) as pool:
        for run in [pool.submit(project.upgrade) for project in projects]:
            with pytest.raises(errors.MigrationFailed) as failed:
                run.result()
            assert "several migrations run, and this thread belongs to none of them" in str(failed.value.why)
    assert tables(f"sqlite:///{tmp_path / 'one'}.db") <= {"alembic_version"}


def test_stock_alembic_in_another_thread_takes_nothing_away(make_database: MakeDatabase, tmp_path: Path) -> None:
    """Each goes on in the middle of the other, on its own database."""
    assert vars(op)["_proxy"] is proxies._op
    barrier = threading.Barrier(2, timeout=30)
    urls = [make_database("postgresql"), make_database("mariadb")]
    folders = []
    for url, name in zip(urls, ("ours", "stock"), strict=True):
        first = f"{WAIT}\nop.create_table('{name}_1', sa.Column('id', sa.Integer))\n{WAIT}"
        second = f"{WAIT}\nop.create_table('{name}_2', sa.Column('id', sa.Integer))"
        revisions = [Rev("aaaa", upgrade=first), Rev("bbbb", "aaaa", upgrade=second)]
        folders.append(alembic_project(tmp_path / name, url, revisions))
    config = Config(str(folders[1] / "alembic.ini"), attributes={"barrier": barrier})
    project = held(folders[0], barrier, config=folders[0] / "alembic.ini")
    for _ in range(3):
        with ThreadPoolExecutor(2) as pool:
            runs = [pool.submit(project.upgrade), pool.submit(command.upgrade, config, "head")]
            for run in runs:
                run.result()
        for url, name in zip(urls, ("ours", "stock"), strict=True):
            assert tables(url) == {"alembic_version", f"{name}_1", f"{name}_2"}
            assert version_rows(url) == {"bbbb"}
        with ThreadPoolExecutor(2) as pool:
            runs = [pool.submit(project.downgrade, "base"), pool.submit(command.downgrade, config, "base")]
            for run in runs:
                run.exception()  # there is no such table to drop: what counts is whose database is asked
        for url, name in zip(urls, ("ours", "stock"), strict=True):
            assert tables(url) == {"alembic_version", f"{name}_1", f"{name}_2"}
        for folder in folders:
            alembic("stamp", "base", cwd=folder).ok()
        for url in urls:
            _drop(url)


def _drop(url: str) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(url, poolclass=sa.NullPool)
    metadata = sa.MetaData()
    metadata.reflect(engine)
    metadata.drop_all(engine)


def test_stock_alembic_that_was_there_first_goes_on_when_whimbrel_has_run(tmp_path: Path) -> None:
    """A revision under stock Alembic that upgrades another database with whimbrel, in a process that had not used it."""
    other = native_project(tmp_path / "other", f"sqlite:///{tmp_path / 'other.db'}", linear("inner"))
    nested = (
        f"from whimbrel import Project\nProject.load({str(other)!r}).upgrade()\n"
        "op.create_table('behind', sa.Column('id', sa.Integer))\nfrom alembic import context\n"
        "assert context.config.attributes['mine']"
    )
    url = f"sqlite:///{tmp_path / 'outer.db'}"
    folder = alembic_project(tmp_path / "p", url, [Rev("aaaa", upgrade=nested), Rev("bbbb", "aaaa")])
    code = (
        "from alembic import command, context, op\nfrom alembic.config import Config\n"
        "config = Config('alembic.ini', attributes={'mine': True})\ncommand.upgrade(config, 'head')\n"
        "assert not hasattr(context, 'config')\n"
        "try:\n    op.execute('SELECT 1')\nexcept NameError as error:\n    assert 'only available' in str(error)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, timeout=60)
    assert tables(url) == {"alembic_version", "behind", "t_bbbb"}
    assert tables(f"sqlite:///{tmp_path / 'other.db'}") == {"alembic_version", "t_inner"}


@pytest.mark.parametrize("leaves", [False, True])
def test_operations_context_of_stock_alembic_works_in_a_revision(leaves: bool, tmp_path: Path) -> None:
    """Alembic's tests, and pytest plugins, enter it; it is not left when an error passes through."""
    inner = (
        "import sqlalchemy\nfrom alembic.migration import MigrationContext\nfrom alembic.operations import Operations\n"
        f"engine = sqlalchemy.create_engine('sqlite:///{tmp_path / 'inner.db'}')\n"
        "try:\n    with engine.begin() as c, Operations.context(MigrationContext.configure(c)):\n"
        "        op.create_table('inside', sa.Column('id', sa.Integer))\n"
        + ("        raise ValueError\n" if leaves else "")
        + "except ValueError:\n    pass"
    )
    url = f"sqlite:///{tmp_path / 'outer.db'}"
    folder = native_project(tmp_path / "p", url, [Rev("aaaa", upgrade=inner), Rev("bbbb", "aaaa")])
    assert Project.load(folder).upgrade().after == ("bbbb",)
    assert tables(url) == {"alembic_version", "t_bbbb"}
