"""The database folder: SQLALCHEMY_URL from `.env`, revisions by hand and by comparison; as its page types it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.databases import tables, version_rows

from .conftest import Copy

CREATE_USER = """
def upgrade():
    op.create_table(
        'user',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('name', sa.String(50), nullable=False),
        sa.Column('description', sa.Unicode(200)),
    )

def downgrade():
    op.drop_table('user')
"""
SAMPLES = '''

class Material(Base):
    """What samples are made of."""

    __tablename__ = "material"

    id: Mapped[int] = mapped_column(primary_key=True)


class Sample(Base):
    """A sample."""

    __tablename__ = "sample"

    id: Mapped[int] = mapped_column(primary_key=True)
    material_id: Mapped[int] = mapped_column(sa.ForeignKey("material.id"))
'''


@pytest.fixture
def database(copy: Callable[[str], Copy]) -> Copy:
    """The example."""
    return copy("database")


@pytest.mark.parametrize(
    ("kind", "tool"),
    [
        ("sqlite", "whimbrel"),
        ("sqlite", "alembic"),
        ("postgresql", "whimbrel, a process"),
        ("mariadb", "whimbrel"),
    ],
    indirect=True,
)
def test_page_with_a_sourced_env_file(database: Copy) -> None:
    """`set -a; source .env; set +a`, then every command in its order."""
    sourced = {"SQLALCHEMY_URL": database.url}
    database.type('revision -m "create user table"', sourced)
    [first] = _revisions(database.folder)
    first.write_text(first.read_text().partition("def upgrade")[0] + CREATE_USER)
    database.type("upgrade head", sourced)
    assert tables(database.url) >= {"user"}
    number = first.name.partition("_")[0]
    assert f"{number} (head)" in database.type("current", sourced)

    models = database.folder / "models.py"
    models.write_text(models.read_text() + SAMPLES)
    database.type('revision --autogenerate -m "added sample and material table"', sourced)
    [second] = [path for path in _revisions(database.folder) if path != first]
    assert second.read_text().partition("def downgrade")[0].count("create_table") == 2
    database.type("upgrade head", sourced)
    assert tables(database.url) >= {"user", "sample", "material"}
    assert len(version_rows(database.url)) == 1


def test_env_file_is_read_without_being_sourced(database: Copy) -> None:
    """What plain Alembic asks the user to do by hand."""
    database.folder.joinpath(".env").write_text(f"SQLALCHEMY_URL='{database.url}'\n")
    database.type('revision -m "create user table"')
    database.type("upgrade head")
    assert len(version_rows(database.url)) == 1


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_missing_variable_is_named(database: Copy) -> None:
    """And not as a traceback."""
    done = database.run("upgrade head")
    assert done.code in (2, 3)
    assert "SQLALCHEMY_URL" in done.err
    assert "Traceback" not in done.err


def test_script_does_it_in_one_command(database: Copy) -> None:
    """`run_migration`: write what the models need, apply it; and nothing when there is nothing."""
    env = {"SQLALCHEMY_URL": database.url, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for message, revisions in (("create user table", 1), ("nothing", 1)):
        _script(database.folder, env, "-m", message)
        assert len(_revisions(database.folder)) == revisions
        assert tables(database.url) >= {"user"}
    models = database.folder / "models.py"
    models.write_text(models.read_text() + SAMPLES)
    assert _script(database.folder, env, "--check", code=1)
    assert len(_revisions(database.folder)) == 1
    _script(database.folder, env, "-m", "added sample and material table")
    assert tables(database.url) >= {"user", "sample", "material"}
    database.type("check", env, tool="alembic")


def _script(folder: Path, env: dict[str, str], *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [folder / "run_migration", *arguments], env={**os.environ, **env}, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def _revisions(folder: Path) -> list[Path]:
    return sorted(folder.joinpath("alembic", "versions").glob("*.py"))
