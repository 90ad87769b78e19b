"""Transactions that env.py has begun, and that are its own to end."""

from __future__ import annotations

import secrets
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import rows, version_rows
from support.projects import Rev, alembic_project
from whimbrel import Project

SERVER_KINDS = ("postgresql", "mariadb")


BEGUN_FIRST = """
with connectable.connect() as connection, connection.begin():
    connection.exec_driver_sql("SELECT * FROM item").all()
    context.configure(connection=connection, target_metadata=target_metadata)
    context.run_migrations()
"""


SLEEP = {"postgresql": "SELECT pg_sleep(0.3)", "mariadb": "DO SLEEP(0.3)"}


@pytest.mark.parametrize("kind", SERVER_KINDS)
def test_of_several_at_once_in_transactions_that_began_before_the_lock_one_runs_the_revision(
    kind: str, url: str, tmp_path: Path
) -> None:
    """MySQL shows each of them the database as it was when its own transaction began."""
    made = "op.execute('CREATE TABLE item (n int)')\nop.execute('INSERT INTO item VALUES (0)')"
    slow = (
        "op.execute('UPDATE item SET n = n + 100')\nimport time; time.sleep(0.3)\nop.execute('CREATE TABLE z (i int)')"
    )
    revisions = [Rev("aaaa", upgrade=made), Rev("bbbb", "aaaa", upgrade=slow), Rev("cccc", "bbbb")]
    folder = alembic_project(tmp_path / "p", url, revisions)
    Project.load(folder).upgrade("aaaa")
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for table in ("whimbrel_attempt", "whimbrel_statement"):  # as stock Alembic has left it
            connection.exec_driver_sql(f"DROP TABLE {table}")
    env = folder / "alembic" / "env.py"
    text = env.read_text()
    begins, ends = text.index("    with connectable.connect() as"), text.index("\nif context.is_offline_mode")
    env.write_text(text[:begins] + textwrap.indent(BEGUN_FIRST.strip(), "    ") + "\n\n" + text[ends:])
    command = [sys.executable, "-m", "whimbrel", "upgrade"]
    runs = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(4)
    ]
    told = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0] * 4, told
    assert rows(url, "SELECT n FROM item") == [(100,)]
    assert version_rows(url) == {"cccc"}


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_journal_that_cannot_be_made_in_a_transaction_of_env_pys_leaves_that_as_it_was(
    kind: str, url: str, tmp_path: Path
) -> None:
    role, created = f"wb_{secrets.token_hex(4)}", "op.execute('INSERT INTO item VALUES (1)')"
    admin = sa.create_engine(url, poolclass=sa.NullPool)
    with admin.begin() as connection:
        for statement in (
            "CREATE TABLE item (n int)",
            "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
            f"CREATE ROLE {role} LOGIN",
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            f"GRANT ALL ON item, alembic_version TO {role}",
        ):
            connection.exec_driver_sql(statement)
    try:
        limited = sa.make_url(url).set(username=role).render_as_string(hide_password=False)
        folder = alembic_project(tmp_path / "p", limited, [Rev("aaaa", upgrade=created)])
        env = folder / "alembic" / "env.py"
        text = env.read_text()
        begins, ends = text.index("    with connectable.connect() as"), text.index("\nif context.is_offline_mode")
        env.write_text(text[:begins] + textwrap.indent(BEGUN_FIRST.strip(), "    ") + "\n\n" + text[ends:])
        assert Project.load(folder).upgrade().verified
        assert rows(url, "SELECT n FROM item") == [(1,)]
    finally:
        with admin.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")
