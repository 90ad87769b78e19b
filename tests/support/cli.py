"""Both command lines, as processes and inside this one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from . import canary

_CLEAN = (
    "DATABASE_URL",
    "SQLALCHEMY_URL",
    "SQLALCHEMY_DATABASE_URI",
    "ALEMBIC_CONFIG",
    "PYTHONPATH",
    "NO_COLOR",
    "FORCE_COLOR",
)


_STILL_AT_WORK = re.compile(r"^  \.\.\.  .*  \(running for \d+ s\)\n", re.MULTILINE)


class Result(NamedTuple):
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    def ok(self) -> Result:
        """Itself, if the command succeeded."""
        assert self.code == 0, f"exit {self.code}\n{self.out}\n{self.err}"
        return self


def settled(text: str) -> str:
    """What was told, but for what is told of work that takes two seconds: that is for a busy machine to say."""
    return _STILL_AT_WORK.sub("", text)


def whimbrel(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: str = "") -> Result:
    """Run the whimbrel command as a process of its own. Whatever it does, it shows no secret that it was given."""
    secrets = canary.secrets_of(arguments, cwd, env or {})
    result = _run([sys.executable, "-m", "whimbrel", *arguments], cwd, env, stdin)
    canary.assert_kept(secrets, result.out + result.err)
    return result


@contextmanager
def started(*command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process, which is gone afterwards, whatever has become of it."""
    with subprocess.Popen(command, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def alembic(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Result:
    """Run stock Alembic as a process of its own."""
    code = "import sys; from alembic.config import main; sys.exit(main(prog='alembic'))"
    return _run([sys.executable, "-P", "-c", code, *arguments], cwd, env, "")


def _run(command: list[str], cwd: Path, env: Mapping[str, str] | None, stdin: str) -> Result:
    kept = {k: v for k, v in os.environ.items() if k not in _CLEAN and not k.startswith("WHIMBREL_")}
    done = subprocess.run(
        command, cwd=cwd, env={**kept, **(env or {})}, input=stdin, capture_output=True, text=True, timeout=100
    )
    return Result(done.returncode, done.stdout, settled(done.stderr))
