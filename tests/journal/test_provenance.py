"""What a process says of itself: what git has checked out is what git says it is."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import whimbrel
from whimbrel.journal.provenance import Provenance, provenance


def git(folder: Path, *arguments: str) -> str:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    identity = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = ("-c", "user.name=ann", "-c", "user.email=ann@example.com", "-c", "protocol.file.allow=always")
    done = subprocess.run(
        ["git", *names, *arguments], cwd=folder, env={**os.environ, **identity}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit on the branch `main`."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "migrations").mkdir()
    (folder / "migrations" / "a.py").write_text("")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def seen(folder: Path) -> tuple[str | None, str | None]:
    found = provenance(str(folder), "whimbrel upgrade")
    return found.git_branch, found.git_commit


def test_a_branch_and_its_commit(checkout: Path) -> None:
    git(checkout, "switch", "-q", "-c", "feature/x")
    assert seen(checkout) == ("feature/x", git(checkout, "rev-parse", "HEAD"))
    assert seen(checkout / "migrations") == seen(checkout), "a project may be a folder of the repository"


def test_a_detached_head_has_a_commit_and_no_branch(checkout: Path) -> None:
    """As CI checks out."""
    git(checkout, "checkout", "-q", "--detach")
    assert seen(checkout) == (None, git(checkout, "rev-parse", "HEAD"))


def test_a_branch_whose_reference_is_packed(checkout: Path) -> None:
    git(checkout, "tag", "-a", "v1", "-m", "one")
    git(checkout, "pack-refs", "--all")
    assert not (checkout / ".git" / "refs" / "heads" / "main").exists()
    assert seen(checkout) == ("main", git(checkout, "rev-parse", "HEAD"))
    git(checkout, "commit", "-q", "--allow-empty", "-m", "second")
    assert seen(checkout) == ("main", git(checkout, "rev-parse", "HEAD")), "a loose reference is newer"


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_a_worktree_has_a_branch_of_its_own(checkout: Path, tmp_path: Path, packed: bool) -> None:
    git(checkout, "worktree", "add", "-q", "-b", "hotfix", str(tmp_path / "other"))
    git(tmp_path / "other", "commit", "-q", "--allow-empty", "-m", "second")
    if packed:
        git(checkout, "pack-refs", "--all")
    assert seen(tmp_path / "other") == ("hotfix", git(tmp_path / "other", "rev-parse", "HEAD"))
    assert seen(checkout) == ("main", git(checkout, "rev-parse", "main"))


def test_a_submodule_is_a_checkout_of_its_own(checkout: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "trunk")
    git(outer, "submodule", "--quiet", "add", str(checkout), "inner")
    assert seen(outer / "inner") == ("main", git(checkout, "rev-parse", "HEAD"))


def test_a_branch_without_a_commit_has_only_a_name(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "new")
    assert seen(tmp_path) == ("new", None)


def _nothing(folder: Path) -> None:
    """No repository anywhere above: the folder of the tests is in none."""


def _empty_git(folder: Path) -> None:
    (folder / ".git").mkdir()


def _pointer_to_nowhere(folder: Path) -> None:
    (folder / ".git").write_text("gitdir: /gone/for/good\n")


def _binary_head(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").mkdir()


@pytest.mark.parametrize("damage", [_nothing, _empty_git, _pointer_to_nowhere, _binary_head])
def test_without_a_repository_that_can_be_read_nothing_is_said(damage: Callable[[Path], None], tmp_path: Path) -> None:
    damage(tmp_path)
    assert seen(tmp_path) == (None, None)


def test_no_program_is_started(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert seen(checkout)[0] == "main"


def test_the_process_says_who_and_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ann")
    found = provenance(str(tmp_path), "whimbrel upgrade")
    assert found == Provenance(
        found.tools, "whimbrel upgrade", socket.gethostname(), os.getpid(), "ann", found.git_branch, found.git_commit
    )
    names = [part.split()[0] for part in found.tools.split(", ")]
    assert names == ["whimbrel", "alembic", "sqlalchemy", "python"]
    assert found.tools.startswith(f"whimbrel {whimbrel.__version__}, ")


def test_a_user_without_a_name_is_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container the number of the user may stand in no file."""
    import getpass

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert provenance(str(tmp_path), "whimbrel upgrade").os_user is None
