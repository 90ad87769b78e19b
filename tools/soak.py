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
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from faults.crashes import server_crash, server_crash_at_index
from faults.databases import reset
from faults.generator import SHAPES, generate, point_at
from faults.invariants import Trial, damage, violations
from faults.processes import Launcher
from faults.scenes import balance, index_interrupted, worst_read
from faults.servers import MariaDB, PostgreSQL, Server, ServerMissing, running
from faults.trials import Bench
from support.databases import ASYNC, through

STOCK = "alembic, transaction per migration"
LOCK_TIMEOUT = 2.0
"""Seconds that a statement waits for a lock by default."""
MARGIN = 0.3
"""Seconds that a reader may wait longer than that."""
READER = 6.0
"""Seconds for which a long reader is in the way."""
EVERY = sys.maxsize
"""As many trials as there are points."""
CONTROL = 10
"""A control is a tenth of its suite, and at least this many trials."""

RARE = "server kill -9"
"""Does harm in windows that are seldom hit."""


class Variant(NamedTuple):
    """A project that is not a line of upgrades through a sync driver without an env.py.

    Attributes:
        system: what runs it.
        command: `upgrade` or `downgrade`.
        branches: whether its history has two branches and a merge.
        is_async: whether it goes through an async driver.
    """

    system: str = "whimbrel"
    command: str = "upgrade"
    branches: bool = False
    is_async: bool = False


PLAIN = Variant()
VARIANTS = {
    "downgrade": Variant(command="downgrade"),
    "branches": Variant(branches=True),
    "async": Variant(is_async=True),
    "env.py": Variant(system="whimbrel with env.py"),
}

Suite = tuple[str, int, int, Variant, Callable[[Bench, int], Trial]]
"""Its name, how many trials, of how many revisions, of which project, and what is done."""


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
    parser.add_argument(
        "--points", action="store_true", help="every crash point; a lost connection or a signal at each"
    )
    parser.add_argument("--readers", type=int, default=3, help="readers behind a migration that waits for another one")
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
        self._reads: dict[tuple[str, str], list[float]] = {}
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
        for suite in self._suites(kind, server):
            if suite[1]:
                self._suite(kind, suite, url)
                if not self._options.no_controls and suite[3] == PLAIN:
                    fewer = EVERY if suite[1] == EVERY else min(suite[1], max(CONTROL, suite[1] // 10))
                    self._suite(kind, (suite[0], fewer, suite[2], Variant(STOCK), suite[4]), url)
        self._readers(kind, url)

    def _suites(self, kind: str, server: Server | None) -> Iterator[Suite]:
        options, revisions = self._options, self._options.revisions
        upgraders, _, times = options.upgraders.partition("x")
        if options.points:
            yield "crash points", EVERY, len(SHAPES), PLAIN, lambda bench, number: bench.crash(number)
            yield "a signal at each", EVERY, len(SHAPES), PLAIN, lambda bench, number: bench.crash(number, act="signal")
        yield "kill -9", options.kills, revisions, PLAIN, lambda bench, number: bench.kill()
        for name, variant in VARIANTS.items():
            yield f"kill -9, {name}", options.kills // 4, 12, variant, lambda bench, number: bench.kill()
        together = int(upgraders)
        yield f"{together} at once", int(times or 1), 10, PLAIN, lambda bench, number: bench.together(together)
        for name, variant in VARIANTS.items():
            few = (int(times or 1) + 3) // 4
            yield f"10 at once, {name}", few, 12, variant, lambda bench, number: bench.together(10)
        yield "leader killed", options.leaders, 10, PLAIN, lambda bench, number: bench.together(10, killing=True)
        if server is None:
            return
        if options.points:
            yield "connection lost", EVERY, len(SHAPES), PLAIN, lambda bench, number: bench.crash(number, act="cut")
        yield "connection cut", options.cuts, revisions, PLAIN, lambda bench, number: bench.cut()
        for name, variant in VARIANTS.items():
            yield f"connection cut, {name}", options.cuts // 4, 12, variant, lambda bench, number: bench.cut()
        yield RARE, options.servers, revisions, PLAIN, lambda bench, number: server_crash(bench, server)
        if kind == "postgresql":
            ends, few = ("cancel", "terminate", ""), len(SHAPES) + 1
            interrupted = options.indexes
            yield "index interrupted", interrupted, few, PLAIN, lambda bench, n: index_interrupted(bench, ends[n % 3])
            half = (options.indexes + 1) // 2
            yield "server, in an index", half, few, PLAIN, lambda bench, number: server_crash_at_index(bench, server)

    def _readers(self, kind: str, url: str) -> None:
        """How long others wait for one row while a migration waits for a long reader: told, and held to the limit."""
        for system in ("whimbrel", STOCK):
            worst = []
            for number in range(self._options.readers if system == "whimbrel" else min(self._options.readers, 1)):
                reset(url)
                project = balance(self._folder / f"readers-{kind}-{system[:5]}-{number}", url)
                worst.append(worst_read(self._launcher, project, system, READER)[0])
            if worst:
                self._reads[kind, system] = worst
                told = ", ".join(f"{seconds:.2f}" for seconds in sorted(worst))
                print(f"{kind} reader behind a blocked migration, {system}: {told} s at worst", flush=True)

    def _suite(self, kind: str, suite: Suite, url: str) -> None:
        name, count, revisions, variant, trial_of = suite
        self._made += 1
        system = variant.system
        project = generate(self._folder / f"project{self._made}", url, revisions, branches=variant.branches)
        if variant.is_async:
            project = point_at(project, url, through(url, ASYNC[kind]))
        seed = self._options.seed + self._made
        bench = Bench(self._launcher, project, system, command=variant.command, seed=seed)
        if count == EVERY:
            count = len(bench.points()) + 1
        control = system == STOCK
        counts = self._counts.setdefault((name, control), {}).setdefault(kind, Count())
        for number in range(count):
            trial = trial_of(bench, number)
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
        for (kind, system), worst in self._reads.items():
            is_late = max(worst) > LOCK_TIMEOUT + MARGIN
            bad += is_late and system == "whimbrel"
            text = f"a reader waits {max(worst):.2f} s at worst, of {len(worst)} trials"
            print(f"{kind}, {system}: {text}{'  <- too long' if is_late else ''}")
        return 1 if bad else 0


if __name__ == "__main__":
    main()
