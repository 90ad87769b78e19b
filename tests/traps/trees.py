"""Projects on disk that are written file by file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from support.projects import Rev, write_revision

INI = """
[alembic]
script_location = %(here)s/migrations
sqlalchemy.url = @URL@
"""

ENV = """
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
target_metadata = None

def run():
    if context.is_offline_mode():
        context.configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = engine_from_config(config.get_section(config.config_ini_section), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()

run()
"""
"""The generic template's env.py, as short as it gets."""


def write(folder: Path, files: Mapping[str, str], *revisions: Rev, versions: str = "migrations/versions") -> Path:
    """Write files (their text is dedented), and revisions into `versions`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))
    (folder / versions).mkdir(parents=True, exist_ok=True)
    for rev in revisions:
        write_revision(folder / versions, rev)
    return folder


def project(folder: Path, url: str, *revisions: Rev, env: str = ENV, ini: str = INI, **more: str) -> Path:
    """A project in `migrations/`; `more` are files besides it, with `__` for a slash."""
    escaped = url.replace("%", "%%")
    files = {
        "alembic.ini": dedent(ini).replace("@URL@", escaped),
        "migrations/env.py": dedent(env).replace("@URL@", url),
    }
    files["migrations/script.py.mako"] = _MAKO
    return write(folder, {**files, **more}, *revisions)


_MAKO = '''
"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''
