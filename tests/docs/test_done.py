"""The tables in docs/done.rst: what becomes of each shape of env.py, and what each database keeps of a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.databases import tables, version_rows
from support.projects import Rev, linear, native_project, write_revision

from .process import Done, alembic_command, whimbrel_command

FIRST, SECOND = "a1f0c2d4", "a2e19b37"

SHAPES = {
    "executes before configure()": """
        connection.execute(text("SELECT 1"))
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
    """,
    "executes, configures, then commits": """
        connection.execute(text("SELECT 1"))
        context.configure(connection=connection)
        connection.commit()
        with context.begin_transaction():
            context.run_migrations()
    """,
    "never begins a transaction": """
        context.configure(connection=connection)
        context.run_migrations()
    """,
    "rolls back a transaction of its own": """
        transaction = connection.begin()
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
        transaction.rollback()
    """,
    "commits a transaction of its own": """
        with connection.begin():
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()
    """,
    "never runs migrations": """
        context.configure(connection=connection)
    """,
}
SWALLOWED = ("executes before configure()", "rolls back a transaction of its own")
COMMITTED = ("executes, configures, then commits", "never begins a transaction", "commits a transaction of its own")
SERVERS = ("sqlite", "postgresql")


def _project(folder: Path, url: str, shape: str, *revisions: Rev) -> None:
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/alembic\npath_separator = os\n")
    (folder / "alembic" / "env.py").write_text(
        "from alembic import context\n"
        "from sqlalchemy import NullPool, create_engine, text\n\n"
        f"engine = create_engine({url!r}, poolclass=NullPool)\n"
        f"with engine.connect() as connection:{SHAPES[shape]}"
    )
    for rev in revisions or linear(FIRST, SECOND):
        write_revision(versions, rev)


def _kept(dialect: str) -> str:
    return f"{dialect} may have kept what {SECOND} did before it ended"


NOTED = f"what {SECOND} has committed is noted, safe to run again"


def _upgrade(folder: Path) -> Done:
    return whimbrel_command(["upgrade", "heads"], folder, {})


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("shape", SWALLOWED)
def test_a_commit_that_env_py_swallows_is_told(shape: str, url: str, project_folder: Path) -> None:
    _project(project_folder, url, shape)
    done = _upgrade(project_folder)
    assert done.code == 3
    assert "error[WB403]" in done.text
    assert not version_rows(url)


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("shape", COMMITTED)
def test_these_shapes_are_committed_and_verified(shape: str, url: str, project_folder: Path) -> None:
    _project(project_folder, url, shape)
    done = _upgrade(project_folder)
    assert done.code == 0
    assert "(2 revisions, verified)" in done.text
    assert version_rows(url) == {SECOND}


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("shape", sorted(set(SHAPES) - {"commits a transaction of its own", "never runs migrations"}))
def test_alembic_ends_well_and_commits_none_of_them(shape: str, kind: str, url: str, project_folder: Path) -> None:
    _project(project_folder, url, shape)
    assert alembic_command(["upgrade", "heads"], project_folder, {}).code == 0
    kept = kind == "sqlite" and shape == "never begins a transaction"
    assert version_rows(url) == ({SECOND} if kept else set())


@pytest.mark.parametrize("kind", SERVERS)
def test_an_env_py_that_runs_nothing_is_an_error(url: str, project_folder: Path) -> None:
    _project(project_folder, url, "never runs migrations")
    done = _upgrade(project_folder)
    assert done.code == 3
    assert "error[WB406]: env.py ended without running any migration" in done.text
    assert "state: nothing was changed" in done.text
    assert not version_rows(url)


def test_a_transaction_of_env_py_holds_the_whole_run(make_database: object, project_folder: Path) -> None:
    url = make_database("postgresql")
    broken = Rev(SECOND, FIRST, upgrade='op.execute("SELECT nope FROM nowhere")')
    _project(project_folder, url, "commits a transaction of its own", Rev(FIRST), broken)
    done = _upgrade(project_folder)
    assert done.code == 3
    assert "at base, 0 of 2 revisions applied, safe to run again" in done.text
    assert tables(url) == set()


HALF = 'op.create_table("half", sa.Column("id", sa.Integer))\nop.execute("SELECT nope FROM nowhere")'


def test_a_revision_that_fails_leaves_what_the_page_says(kind: str, url: str, project_folder: Path) -> None:
    native_project(project_folder, url, [Rev(FIRST), Rev(SECOND, FIRST, upgrade=HALF)])
    done = _upgrade(project_folder)
    assert done.code == 3
    assert version_rows(url) == {FIRST}
    if kind == "mariadb":
        assert f"at {FIRST}, 1 of 2 revisions applied; {NOTED}" in done.text
        assert "half" in tables(url)
    else:
        assert f"at {FIRST}, 1 of 2 revisions applied, safe to run again" in done.text
        assert "half" not in tables(url)


BLOCK = """\
with op.get_context().autocommit_block():
    op.execute("CREATE TABLE half (id int)")
op.execute("SELECT nope FROM nowhere")
"""


def test_an_autocommit_block_is_kept_everywhere(kind: str, url: str, project_folder: Path) -> None:
    native_project(project_folder, url, [Rev(FIRST), Rev(SECOND, FIRST, upgrade=BLOCK)])
    done = _upgrade(project_folder)
    assert done.code == 3
    assert f"at {FIRST}, 1 of 2 revisions applied; {NOTED}" in done.text
    assert "half" in tables(url)


def test_without_a_journal_nobody_knows_what_was_kept(kind: str, url: str, project_folder: Path) -> None:
    native_project(project_folder, url, [Rev(FIRST), Rev(SECOND, FIRST, upgrade=BLOCK)])
    with (project_folder / "whimbrel.toml").open("a") as file:
        file.write("journal = false\n")
    done = _upgrade(project_folder)
    assert done.code == 3
    assert f"at {FIRST}, 1 of 2 revisions applied; {_kept('mysql' if kind == 'mariadb' else kind)}" in done.text
    assert "safe to run again" not in done.text
    assert "half" in tables(url)


INTERRUPTED = 'op.create_table("half", sa.Column("id", sa.Integer))\nraise KeyboardInterrupt'


def test_an_interrupt_says_where_the_database_is(kind: str, url: str, project_folder: Path) -> None:
    native_project(project_folder, url, [Rev(FIRST), Rev(SECOND, FIRST, upgrade=INTERRUPTED)])
    done = _upgrade(project_folder)
    assert done.code == 130
    assert f"error[WB409]: interrupted while {SECOND} ran" in done.text
    assert version_rows(url) == {FIRST}
    left = NOTED if kind == "mariadb" else "safe to run again"
    assert f"at {FIRST}, 1 of 2 revisions applied{'; ' if kind == 'mariadb' else ', '}{left}" in done.text
    assert ("half" in tables(url)) == (kind == "mariadb")
