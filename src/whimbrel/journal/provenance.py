"""Who runs this, where and from what: what an attempt says besides what it did."""

from __future__ import annotations

import os
import socket
import sys

from ..record import Record


class Provenance(Record):
    """This process.

    Attributes:
        tools: versions of whimbrel, Alembic, SQLAlchemy and Python.
        application: what is run.
        host, pid, os_user: the process.
        git_branch, git_commit: what is checked out in the project's folder.
    """

    tools: str
    application: str
    host: str
    pid: int
    os_user: str | None
    git_branch: str | None
    git_commit: str | None


def provenance(folder: str, application: str) -> Provenance:
    """The provenance of what this process does in a project's folder. Reads files only, and starts no program."""
    branch, commit = _checked_out(folder)
    return Provenance(_tools(), application, socket.gethostname(), os.getpid(), _os_user(), branch, commit)


def is_running(host: str, pid: int, since: float = 0) -> bool:
    """Whether a process may still be there; of one on another host that cannot be known, and it may.

    Args:
        host, pid: which one.
        since: it was there at that time, in seconds since 1970: one that was started later has only its number.
    """
    if os.name != "posix" or host != socket.gethostname():  # elsewhere, signal 0 would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass  # it is there, and another user's
    started = _started(pid)
    return not since or started is None or started <= since + 1


def _started(pid: int) -> float | None:
    """When a process was started, in seconds since 1970; None where the kernel is not Linux's (proc_pid_stat(5))."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        with open("/proc/stat", encoding="ascii") as file:
            booted = next(int(line.split()[1]) for line in file if line.startswith("btime"))
    except (OSError, ValueError, IndexError, StopIteration):
        return None
    return booted + ticks / os.sysconf("SC_CLK_TCK")


def _tools() -> str:
    import alembic
    import sqlalchemy

    from ..version import __version__

    python = ".".join(map(str, sys.version_info[:3]))
    return (
        f"whimbrel {__version__}, alembic {alembic.__version__}, sqlalchemy {sqlalchemy.__version__}, python {python}"
    )


def _os_user() -> str | None:
    """The name of the effective user; in a container it may have none."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return None


def _checked_out(folder: str) -> tuple[str | None, str | None]:
    """The branch and the commit that git has checked out, read from its files as gitrepository-layout(5) has them."""
    git = _git_folder(os.path.abspath(folder))
    head = _text(git, "HEAD") if git else None
    if not git or not head:
        return None, None
    if not head.startswith("ref: "):
        return None, head
    reference = head.removeprefix("ref: ")
    branch = reference.removeprefix("refs/heads/")
    common = os.path.join(git, _text(git, "commondir") or "")  # of a worktree, whose references lie elsewhere
    return branch, _text(git, reference) or _text(common, reference) or _packed(common, reference)


def _git_folder(folder: str) -> str | None:
    while True:
        path = os.path.join(folder, ".git")
        if os.path.isdir(path):
            return path
        pointer = _text(folder, ".git")  # of a worktree or a submodule
        if pointer and pointer.startswith("gitdir: "):
            return os.path.join(folder, pointer.removeprefix("gitdir: "))
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return None


def _packed(git: str, reference: str) -> str | None:
    for line in (_text(git, "packed-refs") or "").splitlines():
        commit, _, name = line.partition(" ")
        if name == reference:
            return commit
    return None


def _text(folder: str, name: str) -> str | None:
    try:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None
