"""Both ways to start the command: the script that pip installs, and `python -m whimbrel`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.projects import alembic_project, linear

BY_MODULE = [sys.executable, "-m", "whimbrel"]
BY_SCRIPT = [sys.executable, "-P", "-c", "import sys; from whimbrel.cli import main; sys.exit(main())"]

both_ways = pytest.mark.parametrize("start", [BY_MODULE, BY_SCRIPT], ids=["module", "script"])


def run(start: list[str], folder: Path, *arguments: str) -> str:
    done = subprocess.run([*start, *arguments], cwd=folder, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout


@both_ways
def test_a_projects_package_called_alembic_is_not_taken_for_the_library(start: list[str], tmp_path: Path) -> None:
    """Alembic's documentation calls the folder so, and `alembic init --package` makes a package of it."""
    folder = alembic_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    (folder / "alembic" / "__init__.py").touch()
    computed = folder / "alembic" / "versions" / "bbbb_.py"  # an id that only an import can tell
    computed.write_text("from alembic import op\nrevision = 'bb' * 2\ndown_revision = 'aaaa'\ndef upgrade(): pass\n")
    assert run(start, folder, "heads") == "bbbb (head)\n"
    run(start, folder, "upgrade", "head")
    assert run(start, folder, "current") == "bbbb (head)\n"
    assert "Generating" in run(start, folder, "revision", "-m", "next")


@both_ways
def test_env_py_imports_what_lies_beside_the_ini_file(start: list[str], tmp_path: Path) -> None:
    folder = alembic_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    (folder / "shop.py").write_text("")
    env = folder / "alembic" / "env.py"
    env.write_text(f"import shop\n{env.read_text()}")
    assert "verified" in run(start, folder, "upgrade", "head")


def test_python_m_leaves_the_current_folder_in_reach_without_prepend_sys_path(tmp_path: Path) -> None:
    """Projects older than that option are run by `python -m alembic` for the sake of it."""
    folder = alembic_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("prepend_sys_path = .", ""))
    (folder / "shop.py").write_text("")
    env = folder / "alembic" / "env.py"
    env.write_text(f"import shop\n{env.read_text()}")
    assert "verified" in run(BY_MODULE, folder, "upgrade", "head")
