"""Trials of every kind, for the tests and for the long run in `tools/soak.py`."""

from __future__ import annotations

import os
import random
import secrets
import statistics
from collections.abc import Sequence
from typing import Any

from faults.databases import fingerprint, reset, version
from faults.generator import Generated
from faults.invariants import Trial
from faults.processes import Job, Kill, Launcher, Run

SYSTEMS = ("whimbrel", "whimbrel with env.py", "alembic", "alembic, transaction per migration")

EARLIEST = 0.12
"""No kill is earlier than this part of a run."""


def new_seed() -> int:
    """The seed of a test: `WHIMBREL_TEST_SEED` repeats one."""
    return int(os.environ.get("WHIMBREL_TEST_SEED") or secrets.randbelow(1 << 32))


def job_of(system: str, project: Generated, **arguments: Any) -> Job:
    """The job of one of the systems under test."""
    url = project.native_url if system == "whimbrel" else project.url
    arguments["scheme"] = url.partition(":")[0]
    if system.startswith("whimbrel"):
        folder = project.folder if system == "whimbrel" else project.stock
        return Job("whimbrel", {"folder": str(folder), **arguments})
    return Job("alembic", {"folder": str(project.folder), "per_migration": system != "alembic", **arguments})


class Bench:
    """A project, its database and a system under test.

    Args:
        launcher: forks the processes.
        project: what to run.
        system: one of `SYSTEMS`.
        command: `upgrade` from nothing to `head`, or `downgrade` from there to `base`.
        seed: of every moment that is chosen by chance.
    """

    def __init__(
        self,
        launcher: Launcher,
        project: Generated,
        system: str = "whimbrel",
        *,
        command: str = "upgrade",
        seed: int | None = None,
    ) -> None:
        self.launcher = launcher
        self.project = project
        self.system = system
        self.url = project.url
        self.command = command
        self.target = "head" if command == "upgrade" else "base"
        self.seed = new_seed() if seed is None else seed
        self.random = random.Random(self.seed)
        self._expected: dict[str, Any] | None = None
        self._median = 0.0

    def job(self, **arguments: Any) -> Job:
        """The system under test, from the state that `prepare` makes."""
        return job_of(self.system, self.project, command=self.command, target=self.target, **arguments)

    def prepare(self) -> None:
        """Where a trial begins: an empty database, or for downgrades one at head."""
        reset(self.url)
        if self.command == "downgrade":
            self._reference_run("upgrade", "head")

    @property
    def expected(self) -> dict[str, Any]:
        """What stock Alembic makes of the same database when nothing goes wrong."""
        if self._expected is None:
            self.prepare()
            self._reference_run(self.command, self.target)
            self._expected = fingerprint(self.url)
        return self._expected

    def _reference_run(self, command: str, target: str) -> None:
        system = "alembic, transaction per migration"
        arguments = {"command": command, "target": target}
        run = self.launcher.one(job_of(system, self.project, **arguments))
        if run.code:
            raise RuntimeError(f"a run of stock Alembic without faults failed:\n{run.output}")

    def clean(self, **arguments: Any) -> Run:
        """A run without faults; it must end well."""
        self.prepare()
        run = self.launcher.one(self.job(**arguments))
        if run.code:
            raise AssertionError(f"{self.system}: a run without faults ended with {run.code}:\n{run.output}")
        return run

    @property
    def median(self) -> float:
        """How long a run takes without faults."""
        if not self._median:
            self._median = statistics.median(self.clean().seconds for _ in range(3))
        return self._median

    def moment(self) -> float:
        """A moment of a run."""
        return self.random.uniform(EARLIEST, 1) * self.median

    def points(self) -> list[str]:
        """The crash points of a run, by what is executed there."""
        ((labels,),) = (report[:1] for report in self.clean(count=True).told("points"))
        return list(labels)

    # -- trials ---------------------------------------------------------------------------------

    def crash(self, point: int, label: str = "", *, act: str = "kill") -> Trial:
        """Killed, cut off or told by a signal to end, after a point of the run; then run again."""
        trial = self.begin(f"{act} after point {point}, {label or 'the start'}")
        run = self.launcher.one(self.job(crash_after=point, act=act))
        return self.end(trial, [run])

    def kill(self, most: int = 3) -> Trial:
        """Killed at a random moment, and so are up to two reruns; then run again."""
        moments = [self.moment() for _ in range(self.random.randint(1, most))]
        trial = self.begin(f"killed after {_seconds(moments)}")
        return self.end(trial, [self.launcher.one(self.job(), moment) for moment in moments])

    def cut(self, most: int = 3) -> Trial:
        """The server ends the connection, up to three times; then run again."""
        moments = [self.moment() for _ in range(self.random.randint(1, most))]
        trial = self.begin(f"connection cut after {_seconds(moments)}")
        runs = []
        for moment in moments:
            saboteur = Job("cut", {"url": self.url, "after": [moment], "seed": self.seed}, background=True)
            runs.append(self.launcher.run([self.job(), saboteur])[0])
        return self.end(trial, runs)

    def together(self, count: int, *, killing: bool = False) -> Trial:
        """Many at once, released by a gate; perhaps whoever leads is killed, twice; then run again."""
        moments = [self.random.uniform(0, 0.5) * self.median for _ in range(2)] if killing else []
        trial = self.begin(f"{count} together" + (f", the leader killed after {_seconds(moments)}" if killing else ""))
        trial.all_end_well = True
        runs = self.launcher.run([self.job()] * count, [Kill("leader", moment, "applied") for moment in moments])
        return self.end(trial, runs)

    def limited(self, pages: int) -> Trial:
        """The disk is full after so many pages; then there is room, and it is run again."""
        trial = self.begin(f"no more than {pages} pages")
        return self.end(trial, [self.launcher.one(self.job(pages=pages))])

    def begin(self, note: str) -> Trial:
        """A trial, and the database that it begins with."""
        expected = self.expected
        self.prepare()
        name = f"{self.system}, {self.command}, {note}; WHIMBREL_TEST_SEED={self.seed}"
        return Trial(self.url, expected, self.project.revisions, note=name)

    def end(self, trial: Trial, runs: list[Run]) -> Trial:
        """Run again without faults, and note what a new connection sees at once."""
        trial.runs += runs
        if runs and runs[-1].code == 0:
            trial.observed.append(version(self.url))
        trial.rerun = self.launcher.one(self.job())
        if trial.rerun.code == 0:
            trial.observed.append(version(self.url))
        return trial


def _seconds(moments: Sequence[float]) -> str:
    return ", ".join(f"{moment:.3f} s" for moment in moments)
