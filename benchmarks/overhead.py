"""What safety costs: the run time of `upgrade head` with whimbrel against stock Alembic, as ratios of one run.

    python benchmarks/overhead.py [--revisions N] [--rounds N] [--on sqlite --on postgresql --on mariadb]

Both run in forked processes that have imported everything already, in turn, on the same empty database: what is
measured is the upgrade alone, the reading of the revision files from bytecode included (PYTHONDONTWRITEBYTECODE is
unset). Medians; only the ratios are printed, as absolute times say nothing on another machine. Servers are those of
the tests.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from faults.databases import reset
from faults.generator import generate
from faults.processes import Launcher
from faults.trials import job_of
from support.databases import KINDS, fresh_database

STOCK = ("alembic", "alembic, transaction per migration")
OURS = ("whimbrel", "whimbrel with env.py")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--revisions", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--on", action="append", choices=KINDS)
    options = parser.parse_args()
    launcher = Launcher()
    print(f"{options.revisions} revisions, {options.rounds} rounds in turn, whimbrel's median / Alembic's median\n")
    print(f"{'database':<12} {'whimbrel':<22} {'/ default mode':>16} {'/ transaction per migration':>29}")
    for kind in options.on or KINDS:
        times = measure(launcher, kind, options.revisions, options.rounds)
        for ours in OURS:
            ratios = [times[ours] / times[stock] for stock in STOCK]
            print(f"{kind:<12} {ours:<22} {ratios[0]:>16.2f} {ratios[1]:>29.2f}", flush=True)
    launcher.close()


def measure(launcher: Launcher, kind: str, revisions: int, rounds: int) -> dict[str, float]:
    """The median time of each system; the first round of each warms its caches."""
    times: dict[str, list[float]] = {system: [] for system in (*STOCK, *OURS)}
    with tempfile.TemporaryDirectory() as folder, fresh_database(kind, Path(folder)) as url:
        project = generate(Path(folder) / "project", url, revisions)
        for _ in range(rounds + 1):
            for system, measured in times.items():
                reset(url)
                run = launcher.one(job_of(system, project))
                if run.code:
                    raise SystemExit(f"{system} failed on {kind}:\n{run.output}")
                measured.append(run.seconds)
    return {system: statistics.median(measured[1:]) for system, measured in times.items()}


if __name__ == "__main__":
    main()
