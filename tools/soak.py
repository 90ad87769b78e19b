"""The long run: faults by the hundred, on servers of its own, which are killed as well; one table at the end.

    python tools/soak.py --kills 200 --cuts 100 --servers 50 --upgraders 50x20 --seed 1

Every suite is run on whimbrel and, as its negative control, a part of it on stock Alembic, where it must fail. A trial
that fails is printed with the seed and the moments that repeat it. Ends with 1 if a trial of whimbrel's has failed, or
if a control has not.
"""

# mypy: disable-error-code="import-not-found"
# What tests/ holds is checked with the tests.

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from faults.crashes import server_crash, server_crash_at_index
from faults.generator import SHAPES, generate
from faults.invariants import Trial, damage, violations
from faults.processes import Launcher
from faults.scenes import index_interrupted
from faults.servers import MariaDB, PostgreSQL, Server, ServerMissing, running
from faults.trials import Bench

STOCK = "alembic, transaction per migration"
CONTROL = 10
"""A control is a tenth of its suite, and at least this many trials."""

RARE = "server kill -9"
"""Does harm in windows that are seldom hit."""


class Count:
    """How the trials of one suite on one kind of database have ended."""

    def __init__(self) -> None:
        self.trials = self.landed = self.failed = 0

    def add(self, trial: Trial, broken: list[str]) -> None:
        """Count a trial."""
        self.trials += 1
        self.landed += bool(trial.interrupted)
        self.failed += bool(broken)

    def __str__(self) -> str:
        return f"{self.trials:>7} {self.landed:>7} {self.failed:>7}" if self.trials else f"{'-':>23}"


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="random kill -9, one to three in a row")
    parser.add_argument("--cuts", type=int, default=25, help="connections ended by the server")
    parser.add_argument("--servers", type=int, default=10, help="kill -9 of the server itself")
    parser.add_argument("--upgraders", default="50x3", help="so many at once, so many times")
    parser.add_argument("--leaders", type=int, default=10, help="ten at once, whoever leads is killed")
    parser.add_argument("--indexes", type=int, default=6, help="CREATE INDEX CONCURRENTLY interrupted")
    parser.add_argument("--points", action="store_true", help="every crash point, and a lost connection at each")
    parser.add_argument("--revisions", type=int, default=30)
    parser.add_argument("--on", action="append", choices=("sqlite", "postgresql", "mariadb"))
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    parser.add_argument("--no-controls", action="store_true")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with ExitStack() as stack:
        soak = Soak(options, stack)
        for kind in options.on or ("sqlite", "postgresql", "mariadb"):
            soak.run(kind)
        sys.exit(soak.report())


class Soak:
    """All suites on all kinds of databases."""

    def __init__(self, options: argparse.Namespace, stack: ExitStack) -> None:
        self._options = options
        self._stack = stack
        self._launcher = Launcher()
        stack.callback(self._launcher.close)
        self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self._counts: dict[tuple[str, bool], dict[str, Count]] = {}
        self._made = 0
        self._begun = time.monotonic()

    def run(self, kind: str) -> None:
        """All suites on one kind of database."""
        server: Server | None = None
        url = f"sqlite:///{self._folder / 'soak.db'}"
        if kind != "sqlite":
            try:
                server = self._stack.enter_context(running((PostgreSQL if kind == "postgresql" else MariaDB)()))
            except ServerMissing as error:
                print(f"{kind} is left out: {error}")
                return
            url = server.url
        for name, count, revisions, suite in self._suites(kind, server):
            if count:
                self._suite(kind, name, "whimbrel", url, count, revisions, suite)
                if not self._options.no_controls:
                    fewer = min(count, max(CONTROL, count // 10))
                    self._suite(kind, name, STOCK, url, fewer, revisions, suite)

    def _suites(
        self, kind: str, server: Server | None
    ) -> Iterator[tuple[str, int, int, Callable[[Bench, int], Trial]]]:
        options, revisions = self._options, self._options.revisions
        upgraders, _, times = options.upgraders.partition("x")
        if options.points:
            yield "crash points", sys.maxsize, len(SHAPES), lambda bench, number: bench.crash(number)
        yield "kill -9", options.kills, revisions, lambda bench, number: bench.kill()
        together = int(upgraders)
        yield f"{together} at once", int(times or 1), 10, lambda bench, number: bench.together(together)
        yield "leader killed", options.leaders, 10, lambda bench, number: bench.together(10, killing=True)
        if server is None:
            return
        if options.points:
            lose = sys.maxsize
            yield "connection lost", lose, len(SHAPES), lambda bench, number: bench.crash(number, act="cut")
        yield "connection cut", options.cuts, revisions, lambda bench, number: bench.cut()
        yield RARE, options.servers, revisions, lambda bench, number: server_crash(bench, server)
        if kind == "postgresql":
            ends = ("cancel", "terminate", "")
            few = len(SHAPES) + 1
            yield "index interrupted", options.indexes, few, lambda bench, n: index_interrupted(bench, ends[n % 3])
            half = (options.indexes + 1) // 2
            yield "server, in an index", half, few, lambda bench, number: server_crash_at_index(bench, server)

    def _suite(
        self,
        kind: str,
        name: str,
        system: str,
        url: str,
        count: int,
        revisions: int,
        suite: Callable[[Bench, int], Trial],
    ) -> None:
        self._made += 1
        project = generate(self._folder / f"project{self._made}", url, revisions)
        bench = Bench(self._launcher, project, system, seed=self._options.seed + self._made)
        if count == sys.maxsize:
            count = len(bench.points()) + 1
        control = system == STOCK
        counts = self._counts.setdefault((name, control), {}).setdefault(kind, Count())
        for number in range(count):
            trial = suite(bench, number)
            broken = damage(trial) if control else violations(trial)
            counts.add(trial, broken)
            if broken and not control:
                print(f"FAILED {kind} {name}: {trial.note}; codes {[run.code for run in trial.runs]}")
                print("".join(f"    {line}\n" for line in broken[:6]), end="", flush=True)
        print(
            f"{time.monotonic() - self._begun:6.0f} s  {kind} {name}, {system}: {counts.failed} of {count}", flush=True
        )

    def report(self) -> int:
        """Print the table; the exit code."""
        kinds = ("sqlite", "postgresql", "mariadb")
        print(f"\n{'':<34}" + "".join(f"  {kind:>23}" for kind in kinds))
        print(f"{'':<34}" + f"  {'trials':>7} {'landed':>7} {'failed':>7}" * len(kinds))
        bad = 0
        for (name, control), counts in self._counts.items():
            label = f"{name} (stock Alembic)" if control else name
            cells = "".join(f"  {counts.get(kind, Count())}" for kind in kinds)
            wrong = [kind for kind, count in counts.items() if bool(count.failed) != control]
            # A few trials may well miss the moments that do harm. Those of the server's in PostgreSQL are too short.
            wrong = [kind for kind in wrong if not (control and (counts[kind].trials < CONTROL or name == RARE))]
            bad += len(wrong)
            mark = f"  <- {', '.join(wrong)}" if wrong else ""
            print(f"{label:<34}{cells}{mark}")
        return 1 if bad else 0


if __name__ == "__main__":
    main()
