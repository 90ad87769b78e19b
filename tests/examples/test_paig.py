"""PAIG: the URL in YAML, an async driver, `-c alembic_db/alembic.ini`; the commands as its documentation types them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.databases import ASYNC, rows, tables, through, version_rows

from .conftest import Copy

C = "-c alembic_db/alembic.ini"
NEW_MODEL = """
import sqlalchemy as sa
from core.db_models.base import Base, Identified
from sqlalchemy.orm import Mapped, mapped_column


class Guardrail(Identified, Base):
    __tablename__ = "guardrail"

    name: Mapped[str] = mapped_column(sa.String(255))
"""
OURS = {"user", "ai_application", "tag"}

# The shape of PAIG's own env.py: configured a second time inside of the transaction, and run behind it.
TRANSACTION = """    with context.begin_transaction():
        context.run_migrations()


async def"""
SWALLOWED = """    with context.begin_transaction():
        context.configure(connection=connection, target_metadata=target_metadata)
    context.run_migrations()


async def"""


@pytest.fixture
def paig(copy: Callable[[str], Copy], kind: str) -> Copy:
    """The example, on the URL that a deployment's file has."""
    made = copy("paig")
    url = through(made.url, ASYNC[kind])
    made.folder.joinpath("conf", "dev_config.yaml").write_text(f"database:\n  url: {url}\n")
    return made


@pytest.mark.parametrize(
    ("kind", "tool"),
    [
        ("sqlite", "whimbrel, a process"),
        ("sqlite", "alembic"),
        ("postgresql", "whimbrel"),
        ("mariadb", "whimbrel"),
    ],
    indirect=True,
)
def test_guide_from_its_first_step_to_its_last(paig: Copy) -> None:
    """Every command of the developers' guide, in its order."""
    paig.type(f"{C} upgrade head")
    assert version_rows(paig.url) == {"c27e6a90d814"}
    assert tables(paig.url) >= OURS
    assert rows(paig.url, "SELECT name FROM tag ORDER BY id") == [("PII",), ("TOXIC",)]

    _add_model(paig.folder, imported=True)
    paig.type(f'{C} revision --autogenerate -m "Your migration message here"')
    [fresh] = _fresh(paig)
    text = fresh.read_text()
    assert fresh.name.endswith("_your_migration_message_here.py")
    assert text.count("create_table") == 1
    assert "'guardrail'" in text
    assert "drop_table" not in text.partition("def downgrade")[0]

    paig.type(f"{C} upgrade head")
    assert "guardrail" in tables(paig.url)
    paig.type(f"{C} downgrade -1")
    assert version_rows(paig.url) == {"c27e6a90d814"}
    paig.type(f"{C} downgrade 5a1c0f6e2b7d")
    assert tables(paig.url) & OURS == {"user"}
    paig.type(f"{C} upgrade 8d43b9e07f15")
    assert tables(paig.url) & OURS == {"user", "ai_application"}
    assert "8d43b9e07f15" in paig.type(f"{C} current")
    paig.type(f"{C} downgrade base")
    assert version_rows(paig.url) == set()
    assert not tables(paig.url) & OURS


def test_stock_alembic_and_whimbrel_go_on_behind_each_other(paig: Copy) -> None:
    """Either of them takes over wherever the other one has stopped."""
    paig.type(f"{C} upgrade 5a1c0f6e2b7d", tool="alembic")
    paig.type(f"{C} upgrade 8d43b9e07f15")
    paig.type(f"{C} upgrade head", tool="alembic")
    paig.type(f"{C} downgrade -1")
    assert version_rows(paig.url) == {"8d43b9e07f15"}
    paig.type(f"{C} downgrade base", tool="alembic")
    assert not tables(paig.url) & OURS


def test_env_py_that_swallows_the_commit_is_told_of(paig: Copy, kind: str) -> None:
    """An exit code 0 means that another connection sees the tables. Stock Alembic's does not, on PostgreSQL."""
    env = paig.folder / "alembic_db" / "env.py"
    text = env.read_text()
    assert text.count(TRANSACTION) == 1
    env.write_text(text.replace(TRANSACTION, SWALLOWED))
    done = paig.run(f"{C} upgrade head")
    assert done.code in (0, 3)
    if done.code == 0:
        assert (version_rows(paig.url), tables(paig.url) & OURS) == ({"c27e6a90d814"}, OURS)
    else:
        assert "error[WB403]" in done.err


@pytest.mark.parametrize("tool", ["alembic"], indirect=True)
@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_stock_alembic_loses_everything_there(paig: Copy) -> None:
    """The trap itself."""
    env = paig.folder / "alembic_db" / "env.py"
    env.write_text(env.read_text().replace(TRANSACTION, SWALLOWED))
    paig.type(f"{C} upgrade head")
    assert not tables(paig.url) & OURS


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_default_file_names_a_database_whose_folder_is_made(paig: Copy) -> None:
    """First run from nothing, on what the seed's default file says."""
    paig.folder.joinpath("conf", "dev_config.yaml").unlink()
    paig.type(f"{C} upgrade head")
    assert tables(f"sqlite:///{paig.folder}/db/database.db") >= OURS


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_deployment_has_a_file_of_its_own(paig: Copy, tmp_path: Path) -> None:
    """EXT_CONFIG_PATH and PAIG_DEPLOYMENT choose it; what it does not say stays as it is by default."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    folder.joinpath("prod_config.yaml").write_text(f"database:\n  url: sqlite+aiosqlite:///{folder}/prod.db\n")
    env = {"EXT_CONFIG_PATH": str(folder), "PAIG_DEPLOYMENT": "prod"}
    paig.type(f"{C} upgrade head", env)
    assert tables(f"sqlite:///{folder}/prod.db") >= OURS
    assert not os.path.exists(paig.url.removeprefix("sqlite:///"))


def test_without_env_py_a_new_model_needs_no_import(paig: Copy) -> None:
    """In whimbrel's own layout models are found, and the URL is read from the same YAML file."""
    for path in sorted(paig.folder.joinpath("alembic_db").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    paig.folder.joinpath("alembic_db").rmdir()
    defaults = paig.folder.joinpath("conf", "default_config.yaml")
    defaults.write_text(paig.folder.joinpath("conf", "dev_config.yaml").read_text())
    paig.type("init")
    paig.type("revision --autogenerate -m first")
    paig.type("upgrade head")
    _add_model(paig.folder, imported=False)
    paig.type("revision --autogenerate -m second")
    [second] = paig.folder.glob("migrations/versions/*second.py")
    assert second.read_text().count("create_table") == 1
    paig.type("upgrade head")
    assert tables(paig.url) >= {*OURS, "guardrail"}


def _add_model(folder: Path, *, imported: bool) -> None:
    folder.joinpath("governance", "database", "db_models", "guardrail_model.py").write_text(NEW_MODEL)
    if not imported:
        return
    env = folder / "alembic_db" / "env.py"
    line = "from governance.database.db_models import ai_app_model, tag_model"
    text = env.read_text()
    assert text.count(line) == 1
    env.write_text(text.replace(line, f"{line}, guardrail_model"))


def _fresh(copy: Copy) -> list[Path]:
    known = {"5a1c0f6e2b7d", "8d43b9e07f15", "c27e6a90d814"}
    found = copy.folder.joinpath("alembic_db", "versions").glob("*.py")
    return [path for path in found if path.name.partition("_")[0] not in known]


# -- the service makes its own schema -----------------------------------------------------------

FROM_A_NOTEBOOK = """
import asyncio

async def cell():  # a notebook's event loop runs already
    from core.create_tables import create_or_update_tables

    create_or_update_tables()
    create_or_update_tables()

asyncio.run(cell())
"""
BY_THE_SERVER = """
from starlette.testclient import TestClient
from server import app

with TestClient(app) as client:
    assert client.get("/health").json() == {"ready": True}
"""


def test_first_run_from_a_shell_makes_the_schema_and_the_next_one_leaves_it(paig: Copy) -> None:
    """And what must be in it is there once."""
    for _ in range(2):
        _python(paig.folder, ".", "create_tables")
    assert version_rows(paig.url) == {"c27e6a90d814"}
    assert rows(paig.url, f"SELECT username FROM {_user(paig)}") == [("admin",)]


def test_service_starts_on_an_empty_database(paig: Copy) -> None:
    """FastAPI's start-up does it."""
    _python(paig.folder, "-c", BY_THE_SERVER)
    assert version_rows(paig.url) == {"c27e6a90d814"}


def test_notebook_does_it_by_one_call(paig: Copy) -> None:
    """Where an event loop runs."""
    _python(paig.folder, "-c", FROM_A_NOTEBOOK)
    assert version_rows(paig.url) == {"c27e6a90d814"}


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_service_that_cannot_reach_its_database_says_so(paig: Copy) -> None:
    """In our words, with an exit code, and without the password."""
    config = paig.folder.joinpath("conf", "dev_config.yaml")
    config.write_text("database:\n  url: postgresql+asyncpg://paig:s3cr3t%40x@127.0.0.1:1/paig\n")
    done = subprocess.run(
        [sys.executable, ".", "create_tables"], cwd=paig.folder, env=_environment(), capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "cannot connect to the database" in done.stderr
    assert "s3cr3t" not in done.stderr


def _user(copy: Copy) -> str:
    return "`user`" if copy.url.startswith("mysql") else '"user"'


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "DATABASE_URL")}


def _python(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=_environment(), capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
