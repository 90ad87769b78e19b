"""How long it takes to look: whimbrel against stock Alembic on the same 1,000 revisions, as ratios of one run.

    python benchmarks/looking.py [--revisions N] [--rounds N]

Whole processes, in turn, with bytecode compiled and PYTHONDONTWRITEBYTECODE unset; medians. Absolute times say nothing
on another machine, and little on this one: only the ratios are printed. Both tools are started at the entry points that
installed scripts call, without such a script: that of pip 23 imports `re` first, a third of an interpreter's start.
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

REVISION = '''"""revision {number}

Revision ID: {id}
Revises: {before}

"""

import sqlalchemy as sa
from alembic import op

revision = {id!r}
down_revision = {before!r}
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
'''

ENTRY_POINTS = {"whimbrel": "whimbrel.cli", "alembic": "alembic.config"}
PAIRS = (("history", "history"), ("heads", "heads"), ("status", "current"))


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--revisions", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    for package in ("alembic", "sqlalchemy", "whimbrel"):
        # Found, not imported: starting a process takes the longer the more memory this one has.
        spec = find_spec(package)
        assert spec
        assert spec.origin
        compileall.compile_dir(Path(spec.origin).parent, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        make_project(Path(folder), options.revisions)
        print(f"{options.revisions} revisions, {options.rounds} rounds, median of each command\n")
        print(f"{'whimbrel':<10} {'alembic':<10} {'times faster':>12}")
        for ours, theirs in PAIRS:
            print(f"{ours:<10} {theirs:<10} {ratio(Path(folder), ours, theirs, options.rounds):>12.1f}")


def make_project(folder: Path, count: int) -> None:
    """A project that both tools run, whose database is at head."""
    run(folder, "alembic", "init", "migrations")
    ids = [f"{number:012x}" for number in range(count)]
    for number, (id_, before) in enumerate(zip(ids, [None, *ids], strict=False)):
        text = REVISION.format(number=number, id=id_, before=before)
        (folder / "migrations" / "versions" / f"{id_}_.py").write_text(text)
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", "sqlite:///app.db"))
    (folder / "whimbrel.toml").write_text('url = "sqlite:///app.db"\n')
    run(folder, "alembic", "stamp", "head")
    time.sleep(1.1)  # the index keeps no file that is younger than a second


def ratio(folder: Path, ours: str, theirs: str, rounds: int) -> float:
    """How many times longer Alembic's command takes, both run in turn; the first round of each warms its caches."""
    times: dict[str, list[float]] = {"whimbrel": [], "alembic": []}
    for _ in range(rounds + 1):
        for name, command in (("whimbrel", ours), ("alembic", theirs)):
            begun = time.perf_counter()
            run(folder, name, command)
            times[name].append(time.perf_counter() - begun)
    whimbrel_time, alembic_time = (statistics.median(measured[1:]) for measured in times.values())
    return alembic_time / whimbrel_time


def run(folder: Path, tool: str, *arguments: str) -> None:
    """Run a command to its end, with bytecode."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    call = f"import sys; from {ENTRY_POINTS[tool]} import main; sys.exit(main())"
    command = [sys.executable, "-P", "-c", call, *arguments]
    nowhere = subprocess.DEVNULL
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=nowhere, stderr=nowhere)


if __name__ == "__main__":
    main()
