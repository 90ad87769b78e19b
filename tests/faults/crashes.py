"""A server of our own is killed during a run."""

from __future__ import annotations

import time

from faults.invariants import Trial
from faults.servers import Server
from faults.trials import Bench


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
