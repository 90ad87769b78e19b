"""Trials: processes that start together, some of which are killed; and how each of them ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

KILLED = -9


class Job(NamedTuple):
    """What one process does.

    Attributes:
        call: a function of `faults.jobs`.
        arguments: its arguments.
        background: it goes on until the other jobs of its trial have ended.
    """

    call: str
    arguments: dict[str, Any]
    background: bool = False


class Kill(NamedTuple):
    """A kill -9.

    Attributes:
        job: of which job; or of the `leader`, who was the last to apply a revision.
        after: so many seconds from the start;
        on: or from when some job has reported this.
    """

    job: int | str
    after: float = 0
    on: str = ""


class Run(NamedTuple):
    """How a process ended.

    Attributes:
        code: its exit code; negative if a signal ended it.
        output: what it wrote to standard output and standard error.
        reports: what it told of itself: `[what, value…, seconds]`.
        seconds: from the start of the trial to its end.
        timed_out: it had to be ended because it did not.
    """

    code: int
    output: str
    reports: list[list[Any]]
    seconds: float
    timed_out: bool = False

    @property
    def killed(self) -> bool:
        """Whether kill -9 has found it running."""
        return self.code == KILLED and not self.timed_out

    @property
    def applied(self) -> int:
        """How many revisions it said it had applied."""
        return len(self.told("applied"))

    def told(self, what: str) -> list[list[Any]]:
        """The reports of one kind, without their name."""
        return [report[1:] for report in self.reports if report[0] == what]


class Launcher:
    """The program that forks (see `launcher.py`). One trial at a time."""

    def __init__(self) -> None:
        left_out = ("PYTHONDONTWRITEBYTECODE", "DATABASE_URL", "ALEMBIC_CONFIG")
        environment = {name: value for name, value in os.environ.items() if name not in left_out}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("launcher.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={name: value for name, value in environment.items() if not name.startswith("WHIMBREL_")},
        )

    def start(self, jobs: Sequence[Job], kills: Sequence[Kill] = (), timeout: float = 60) -> None:
        """Begin a trial, and do not wait for its end."""
        request = {
            "jobs": [{**job._asdict(), "call": f"faults.jobs.{job.call}"} for job in jobs],
            "kills": [kill._asdict() for kill in kills],
            "timeout": timeout,
        }
        assert self._process.stdin
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()

    def finish(self) -> list[Run]:
        """Wait for the end of the trial."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the launcher has ended; standard error tells why")
        return [Run(**answer) for answer in json.loads(line)]

    def run(self, jobs: Sequence[Job], kills: Sequence[Kill] = (), timeout: float = 60) -> list[Run]:
        """A trial from its start to its end."""
        self.start(jobs, kills, timeout)
        return self.finish()

    def one(self, job: Job, kill: float | None = None, timeout: float = 60) -> Run:
        """A trial of one process, perhaps killed after so many seconds."""
        return self.run([job], [Kill(0, kill)] if kill is not None else (), timeout)[0]

    def close(self) -> None:
        """End the program."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
