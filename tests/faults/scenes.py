"""Particular projects, and what is done to them: one function for the proof and for its negative control."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from faults.databases import rows_of, wait_until
from faults.generator import SHAPES, Generated, write
from faults.invariants import Trial
from faults.processes import Job, Kill, Launcher, Run
from faults.trials import Bench, job_of
from support.projects import Rev

_OVERLAP = {
    "postgresql": "INSERT INTO overlap SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%pg_sleep(2)%'",
    "mariadb": "INSERT INTO overlap SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() "
    "AND id <> CONNECTION_ID() AND info LIKE '%SLEEP(2)%'",
}
_LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500000) SELECT count(*) FROM n"
_SLEEP = {"postgresql": "SELECT pg_sleep(2)", "mariadb": "SELECT SLEEP(2)"}


WAITS_ONE_SECOND = "?init_command=SET+lock_wait_timeout=1"
"""Added to a URL of MariaDB: a session that gives up after a second, not after a day."""


def overlapping(kind: str, folder: Path, url: str) -> Generated:
    """A project whose second revision takes long, and notes when it begins who else is at it."""
    table = 'op.create_table("overlap", sa.Column("others", sa.Integer))'
    body = f'op.execute("{_OVERLAP[kind]}")\nop.get_bind().exec_driver_sql("{_SLEEP[kind]}")'
    first = Rev("aaaa", None, upgrade=table, downgrade='op.drop_table("overlap")')
    return write(folder, url, [first, Rev("bbbb", "aaaa", upgrade=body, downgrade="pass")])


def killed_during_a_long_statement(launcher: Launcher, project: Generated, system: str) -> list[int]:
    """Kill a run while the server works for it, start the next one at once; how many it found still at work."""
    watch = Job("watch", {"url": project.url, "matching": "(2)"})
    launcher.run([job_of(system, project), watch], [Kill(0, on="found")])
    launcher.one(job_of(system, project))
    return [int(row[0]) for row in rows_of(project.url, "SELECT others FROM overlap")]


def balance(folder: Path, url: str) -> Generated:
    """A project whose second revision is an UPDATE and then a change of the same table's schema."""
    table = (
        'accounts = op.create_table("accounts", sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("balance", sa.Integer))\nop.bulk_insert(accounts, [{"id": 1, "balance": 0}])'
    )
    trap = (
        'op.execute("UPDATE accounts SET balance = balance + 100")\n'
        'op.add_column("accounts", sa.Column("extra", sa.Integer))'
    )
    back = 'op.drop_column("accounts", "extra")\nop.execute("UPDATE accounts SET balance = balance - 100")'
    first = Rev("aaaa", None, upgrade=table, downgrade='op.drop_table("accounts")')
    return write(folder, url, [first, Rev("bbbb", "aaaa", upgrade=trap, downgrade=back)])


def _reading(project: Generated, seconds: float) -> Job:
    """Somebody who reads in a transaction of SQLite, too, where a driver begins none for that."""
    begin = ["BEGIN"] if project.url.startswith("sqlite") else []
    return Job("hold", {"url": project.url, "statements": [*begin, "SELECT * FROM accounts"], "seconds": seconds})


def blocked(launcher: Launcher, project: Generated, system: str, seconds: float = 4) -> list[Run]:
    """Upgrade while a reader holds the table's lock, again until it ends well; the reader leaves after some time."""
    launcher.one(job_of(system, project, target="aaaa"))
    reader = _reading(project, seconds)
    runs = [launcher.run([job_of(system, project), reader._replace(background=True)])[0]]
    runs += [launcher.run([job_of(system, project), reader._replace(background=True)])[0]] if runs[0].code else []
    while runs[-1].code and len(runs) < 10:
        runs.append(launcher.one(job_of(system, project)))
    return runs


def worst_read(launcher: Launcher, project: Generated, system: str, seconds: float) -> tuple[float, list[Run]]:
    """The longest that somebody waited for one row while a migration waits for a long reader to leave."""
    launcher.one(job_of(system, project, target="aaaa"))
    long_reader = _reading(project, seconds)
    patient = "?timeout=60" if project.url.startswith("sqlite") else ""
    reading = {"url": project.url + patient, "statement": "SELECT balance FROM accounts WHERE id = 1"}
    readers = [Job("read", reading, background=True)] * 4
    runs = launcher.run([job_of(system, project), long_reader, *readers])
    return max(run.told("reads")[0][1] for run in runs[2:]), runs


def index_interrupted(bench: Bench, then: str) -> Trial:
    """CREATE INDEX CONCURRENTLY waits for a writer; meanwhile the server cancels it or ends the session, or the
    client is killed (`then` is empty). Then run again.
    """
    concurrently = SHAPES.index("concurrently")
    writer = {"url": bench.url, "statements": ["LOCK TABLE t0_0 IN ROW EXCLUSIVE MODE"], "seconds": 20}
    watch = {"url": bench.url, "matching": "CREATE INDEX CONCURRENTLY", "waiting": True, "then": then}
    trial = bench.begin(f"CREATE INDEX CONCURRENTLY, {then or 'killed'}")
    first = bench.launcher.one(job_of(bench.system, bench.project, target=f"0{concurrently - 1:011x}"))
    jobs = [bench.job(), Job("watch", watch), Job("hold", writer, background=True)]
    second = bench.launcher.run(jobs, [] if then else [Kill(0, on="found")])[0]
    return bench.end(trial, [first, second])


def slow(kind: str, folder: Path, url: str) -> tuple[Generated, Path]:
    """A project whose second revision makes a file and then takes a second, half-way through its work."""
    mark = folder.parent / "begun"
    table = 'op.create_table("slow", sa.Column("id", sa.Integer), sa.Column("v", sa.Integer))'
    seed = 'op.execute("INSERT INTO slow VALUES (1, 0)")'
    body = f"""\
op.execute("UPDATE slow SET v = v + 1")
with op.get_context().autocommit_block():
    op.create_index("ix_slow", "slow", ["id"])
op.execute("UPDATE slow SET v = v + 10")
open({str(mark)!r}, "w").close()
op.get_bind().exec_driver_sql({_SLEEP[kind].replace("2", "1") if kind in _SLEEP else _LONG!r})
op.execute("UPDATE slow SET v = v + 100")"""
    back = 'op.drop_index("ix_slow", "slow")\nop.execute("UPDATE slow SET v = v - 111")'
    first = Rev("aaaa", None, upgrade=f"{table}\n{seed}", downgrade='op.drop_table("slow")')
    second = Rev("bbbb", "aaaa", upgrade=body, downgrade=back)
    third = Rev("cccc", "bbbb", upgrade='op.execute("UPDATE slow SET v = v + 1000")', downgrade="pass")
    return write(folder, url, [first, second, third]), mark


def signalled(bench: Bench, mark: Path, command: Sequence[str], folder: Path, numbers: Sequence[int]) -> Trial:
    """Send signals to a run, as a process of its own, while its second revision is at work; then run again."""
    trial = bench.begin(f"signals {list(numbers)}")
    mark.unlink(missing_ok=True)
    begun = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            assert wait_until(lambda: mark.exists() or process.poll() is not None, 30), "it has not begun"
            for number in numbers:
                process.send_signal(number)
                # The second signal comes when the first has been seen: while the process takes its leave.
                wait_until(lambda: process.poll() is not None, 0.2)
            code = process.wait(30)
        finally:
            process.kill()
            process.wait()
        output.seek(0)
        text = output.read().decode(errors="replace")
    return bench.end(trial, [Run(code, text, [], time.monotonic() - begun)])
