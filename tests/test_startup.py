"""What starts light stays light: commands that look at files load neither SQLAlchemy nor Alembic."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.projects import alembic_project, linear, native_project

HEAVY = ("sqlalchemy", "alembic")

LOOKING = [
    ["--help"],
    ["--version"],
    ["upgrade", "--help"],
    ["history"],
    ["history", "-v", "-r", "aaaa:head"],
    ["heads"],
    ["heads", "--json"],
    ["branches"],
    ["show", "head"],
    ["completion", "bash"],
    ["completion", "zsh"],
]


def modules_loaded(arguments: list[str], folder: Path, *unwanted: str) -> set[str]:
    """Run a command in a process and return which of the modules it has loaded."""
    code = (
        "import sys\nfrom whimbrel.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {unwanted!r} if name in sys.modules], file=sys.stderr)"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COV") and k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "error[" not in done.stderr, done.stderr
    return set(eval(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("arguments", LOOKING, ids=" ".join)
@pytest.mark.parametrize("layout", [native_project, alembic_project])
def test_commands_that_look_at_files_load_neither_sqlalchemy_nor_alembic(
    arguments: list[str], layout: object, tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", "sqlite:///app.db", linear("aaaa", "bbbb"))
    assert modules_loaded(arguments, folder, *HEAVY) == set()


@pytest.mark.parametrize(
    "arguments",
    [["current"], ["current", "-v"], ["status"], ["status", "--json"], ["log"], ["log", "-v", "--json"]],
    ids=" ".join,
)
def test_current_status_and_log_of_a_native_project_load_only_the_driver(
    arguments: list[str], kind: str, url: str, tmp_path: Path
) -> None:
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    driver = {"sqlite": "sqlite3", "postgresql": "psycopg", "mariadb": "pymysql"}[kind]
    assert modules_loaded(arguments, folder, *HEAVY, driver) == {driver}


def test_the_check_itself_sees_a_heavy_command(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    assert modules_loaded(["upgrade"], folder, *HEAVY) == set(HEAVY)


def test_importing_the_package_loads_neither_sqlalchemy_nor_alembic() -> None:
    code = f"import sys, whimbrel; assert not [name for name in {HEAVY!r} if name in sys.modules]"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("name", ["heads", "history"])
def test_the_shortest_commands_do_not_even_load_argparse_and_typing(name: str, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    for path in folder.rglob("*.*"):
        os.utime(path, (1, 1))  # files that are seconds old are not cached yet
    unwanted = ("argparse", "re", "typing", "dataclasses", "asyncio", "tomllib", "importlib.util")
    assert "tomllib" in modules_loaded([name], folder, *unwanted), "the first run reads the files"
    assert modules_loaded([name], folder, *unwanted) == set()
