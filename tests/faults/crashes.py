"""A server of our own is killed during a run."""

from __future__ import annotations

import time

from faults.databases import connect, sessions, wait_until
from faults.generator import SHAPES
from faults.invariants import Trial
from faults.processes import Job
from faults.servers import Server
from faults.trials import Bench, job_of


def server_crash(bench: Bench, server: Server) -> Trial:
    """kill -9 of the server at a random moment of a run; it is started and recovers, and it is run again."""
    moment = bench.moment()
    trial = bench.begin(f"server killed after {moment:.3f} s")
    bench.launcher.start([bench.job()])
    time.sleep(moment)
    server.kill()
    (run,) = bench.launcher.finish()
    server.start()
    return bench.end(trial, [run])


def server_crash_at_index(bench: Bench, server: Server) -> Trial:
    """kill -9 of a PostgreSQL server while CREATE INDEX CONCURRENTLY waits for a writer."""
    trial = bench.begin("server killed in CREATE INDEX CONCURRENTLY")
    before = f"0{SHAPES.index('concurrently') - 1:011x}"
    first = bench.launcher.one(job_of(bench.system, bench.project, target=before))
    writer = {"url": bench.url, "statements": ["LOCK TABLE t0_0 IN ROW EXCLUSIVE MODE"], "seconds": 20}
    bench.launcher.start([bench.job(), Job("hold", writer, background=True)])
    with connect(bench.url) as connection:
        wait_until(lambda: any(state == "waiting" for _, state, _ in sessions(connection)))
    server.kill()
    second = bench.launcher.finish()[0]
    server.start()
    return bench.end(trial, [first, second])
