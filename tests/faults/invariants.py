"""What must hold after every trial, whatever happened in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from faults.databases import Fingerprint, differences, fingerprint, leftovers, version
from faults.generator import CANARY
from faults.processes import Run

EXIT_CODES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 129, 130, 143}
"""Those that the command line documents."""

_LINES = 8
"""The most that one failure may take to tell."""


@dataclass
class Trial:
    """What happened to one database.

    Attributes:
        url: the database.
        expected: its fingerprint after a run without faults.
        revisions: how many revisions there were to apply.
        runs: the runs that met with faults.
        rerun: the last one, without any. None if the faults did not keep the runs from ending well.
        note: what repeats the trial: the seed, the moments.
        all_end_well: only a run that was killed may end with another code than 0.
        observed: versions that a new connection saw right after runs that had ended with 0.
    """

    url: str
    expected: Fingerprint
    revisions: int
    runs: list[Run] = field(default_factory=list)
    rerun: Run | None = None
    note: str = ""
    all_end_well: bool = False
    observed: list[list[str]] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """How many of the runs were killed."""
        return sum(run.killed for run in self.runs)

    @property
    def interrupted(self) -> int:
        """How many of the runs did not end well."""
        return sum(run.code != 0 for run in self.runs)


def violations(trial: Trial) -> list[str]:
    """The invariants that do not hold, each with its number, as in `I2 rows of t0: …`; empty if all do."""
    runs = [*trial.runs, *([trial.rerun] if trial.rerun else [])]
    found = fingerprint(trial.url)
    at = version(trial.url)
    broken = []
    if trial.rerun and trial.rerun.code:
        broken.append(f"I1 the run after the fault ended with {trial.rerun.code}: {_end(trial.rerun)}")
    if trial.all_end_well:
        failed = [run for run in trial.runs if run.code and not run.killed]
        broken += [f"I1 {len(failed)} of {len(trial.runs)} runs failed: {_end(failed[0])}"] if failed else []
    broken += [f"I2 {line}" for line in differences(trial.expected, found)]
    if at != trial.expected["version"]:
        broken.append(f"I3 a new connection finds version {at} instead of {trial.expected['version']}")
    broken += _counted(trial, runs)
    broken += [f"I5 {line}" for line in leftovers(trial.url)]
    for table, indexes in found["indexes"].items():
        # On PostgreSQL: name, definition, valid, ready.
        broken += [f"I6 index {index[0]} of {table} is INVALID" for index in indexes if index[2:] and not index[2]]
    broken += [line for run in runs for line in _told(run)]
    broken += [
        f"I9 a run ended with 0, and a new connection found version {seen} instead of {trial.expected['version']}"
        for seen in trial.observed
        if seen != trial.expected["version"]
    ]
    return broken


def damage(trial: Trial) -> list[str]:
    """What is wrong with the database, or keeps it from getting to head; not how that is told."""
    return [line for line in violations(trial) if line.startswith(("I1", "I2", "I3", "I6"))]


def hold(trial: Trial) -> None:
    """Fail with everything that is wrong, and with what repeats it."""
    broken = violations(trial)
    if broken:
        codes = [run.code for run in trial.runs]
        raise AssertionError(
            "\n".join([f"{trial.note}; the runs ended with {codes}", *(f"  {line}" for line in broken[:12])])
        )


def _counted(trial: Trial, runs: list[Run]) -> list[str]:
    """I4: no revision was applied twice. A run that was cut off may have applied one more than it could tell of."""
    applied = sum(run.applied for run in runs)
    silent = sum(run.code != 0 for run in runs)
    if trial.revisions - silent <= applied <= trial.revisions:
        return []
    return [f"I4 {applied} revisions were applied instead of {trial.revisions} ({silent} runs did not end well)"]


def _told(run: Run) -> list[str]:
    """I7: how a failure is told; I1: that a run ends at all."""
    broken = []
    if run.timed_out:
        return [f"I1 a run did not end: {_end(run)}"]
    if "Traceback (most recent call last)" in run.output:
        broken.append(f"I7 a traceback: {_end(run)}")
    elif len(run.output.splitlines()) > _LINES:
        broken.append(f"I7 {len(run.output.splitlines())} lines of output: {_end(run)}")
    if CANARY in run.output:
        broken.append("I7 a secret is shown")
    if run.code not in EXIT_CODES and run.code >= 0:
        broken.append(f"I7 exit code {run.code} is not in the table: {_end(run)}")
    return broken


def _end(run: Run) -> str:
    lines = [line.strip() for line in run.output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return " | ".join(lines if len(lines) <= _LINES else errors[:2])[:400]
