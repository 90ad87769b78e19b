"""Where a project's work runs."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from support.databases import ASYNC, tables, through, version_rows
from support.projects import Rev, native_project
from whimbrel import Project, errors, events


def test_ctrl_c_where_an_event_loop_runs_stops_the_run_and_waits_for_it(
    make_database: Callable[[str], str], tmp_path: Path
) -> None:
    """As in a notebook: the work is in another thread, and the signal comes to this one."""
    url = make_database("postgresql")
    slow = "op.execute('CREATE TABLE t (x int)')\nop.execute('SELECT pg_sleep(60)')"
    revisions = [Rev("aaaa"), Rev("bbbb", "aaaa", upgrade=slow)]
    folder = native_project(tmp_path / "p", through(url, ASYNC["postgresql"]), revisions)

    def listen(event: events.Event) -> None:
        if isinstance(event, events.RevisionStarted) and event.revision == "bbbb":
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    project = Project.load(folder, listener=listen)

    async def cell() -> None:
        with pytest.raises(errors.Interrupted):
            project.upgrade()
        assert version_rows(url) == {"aaaa"}
        assert "t" not in tables(url)
        assert not project.interruption.requested, "the next run is another one"

    loop = asyncio.new_event_loop()  # not asyncio.run, which listens to Ctrl-C itself
    try:
        loop.run_until_complete(cell())
    finally:
        loop.close()
