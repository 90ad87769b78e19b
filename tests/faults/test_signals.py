"""INT, TERM and HUP while a revision is at work: documented exit codes, no traceback, and the next run finishes."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from faults.invariants import hold
from faults.processes import Launcher
from faults.scenes import signalled, slow
from faults.trials import Bench

WHIMBREL = [sys.executable, "-m", "whimbrel", "upgrade"]
ALLOWED = {
    (signal.SIGINT,): {130},
    (signal.SIGTERM,): {143},
    (signal.SIGINT, signal.SIGINT): {130, -signal.SIGINT},
    (signal.SIGHUP,): {129, -signal.SIGHUP},
}


@pytest.mark.parametrize("numbers", ALLOWED, ids=lambda numbers: " ".join(number.name for number in numbers))
def test_a_signal_leaves_what_the_next_run_finishes(
    kind: str, url: str, numbers: tuple[signal.Signals, ...], launcher: Launcher, tmp_path: Path
) -> None:
    project, mark = slow(kind, tmp_path / "project", url)
    bench = Bench(launcher, project)
    trial = signalled(bench, mark, WHIMBREL, project.folder, numbers)
    assert trial.rerun
    # A subprocess does not report revisions; the sums tell whether any was applied twice.
    trial.runs[0].reports.extend([["applied", "?", 0.0]] * (project.revisions - trial.rerun.applied))
    hold(trial)
    assert trial.runs[0].code in ALLOWED[numbers], f"exit code {trial.runs[0].code}: {trial.runs[0].output}"
