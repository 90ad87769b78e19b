"""What safety costs: `upgrade head` with whimbrel against stock Alembic, as ratios of one run.

    python benchmarks/overhead.py [--revisions N] [--rounds N] [--on sqlite --on postgresql --on mariadb]

- The whole command, from the shell's point of view: `whimbrel upgrade head` against `alembic upgrade head`.
- The upgrade alone, in forked processes that have imported everything already, against both modes of Alembic's.

All are run in turn, on the same empty database, the reading of the revision files from bytecode included
(PYTHONDONTWRITEBYTECODE is unset). Medians; only the ratios are printed, as absolute times say nothing on another
machine. Servers are those of the tests.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from faults.databases import reset
from faults.generator import Generated, generate
from faults.processes import Launcher
from faults.trials import job_of
from support.databases import KINDS, fresh_database

STOCK = ("alembic", "alembic, transaction per migration")
OURS = ("whimbrel", "whimbrel with env.py")
COMMAND = "alembic, the command"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--revisions", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--on", action="append", choices=KINDS)
    options = parser.parse_args()
    launcher = Launcher()
    print(f"{options.revisions} revisions, {options.rounds} rounds in turn, whimbrel's median / Alembic's median\n")
    print(f"{'':<35} {'whole command':>13}   {'the upgrade alone':>35}")
    print(f"{'database':<12} {'':<22} {'':>13}   {'/ default mode':>14} {'/ per migration':>20}")
    for kind in options.on or KINDS:
        times = measure(launcher, kind, options.revisions, options.rounds)
        for ours in OURS:
            whole = times[f"{ours}, the command"] / times[COMMAND]
            alone = [times[ours] / times[stock] for stock in STOCK]
            print(f"{kind:<12} {ours:<22} {whole:>13.2f}   {alone[0]:>14.2f} {alone[1]:>20.2f}", flush=True)
    launcher.close()


def measure(launcher: Launcher, kind: str, revisions: int, rounds: int) -> dict[str, float]:
    """The median time of each system; the first round of each warms its caches."""
    with tempfile.TemporaryDirectory() as folder, fresh_database(kind, Path(folder)) as url:
        project = generate(Path(folder) / "project", url, revisions)
        systems: dict[str, Callable[[], float]] = {
            COMMAND: lambda: command("alembic", project.stock),
            "whimbrel, the command": lambda: command("whimbrel", project.folder),
            "whimbrel with env.py, the command": lambda: command("whimbrel", project.stock),
        }
        systems |= {name: _alone(launcher, name, project) for name in (*STOCK, *OURS)}
        times: dict[str, list[float]] = {name: [] for name in systems}
        for _ in range(rounds + 1):
            for name, run in systems.items():
                reset(url)
                times[name].append(run())
    return {name: statistics.median(measured[1:]) for name, measured in times.items()}


def _alone(launcher: Launcher, system: str, project: Generated) -> Callable[[], float]:
    def run() -> float:
        done = launcher.one(job_of(system, project))
        if done.code:
            raise SystemExit(f"{system} failed:\n{done.output}")
        return done.seconds

    return run


def command(name: str, folder: Path) -> float:
    """How long a command takes, from its start to its end."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    arguments = [str(Path(sys.executable).with_name(name)), "upgrade", "head"]
    begun = time.perf_counter()
    subprocess.run(arguments, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
