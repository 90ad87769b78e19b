"""Forks the processes of trials. A program of its own: it has imported everything, and holds no connection.

    python launcher.py        reads requests from standard input, one line of JSON each, and answers on standard output

A request has `jobs` (`call`, `arguments`, `background`), `kills` (`job`: an index or "leader"; `after`: seconds from
the start, or from when a job has reported what `on` says) and `timeout`. All jobs start at one gate, when every one of
them is ready. Background jobs are asked to end (SIGTERM) when the others have ended. Only processes that were forked
here, and not yet waited for, are killed.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import pkgutil
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

PRELOAD = (
    "aiosqlite",
    "alembic.command",
    "alembic.config",
    "asyncmy",
    "asyncpg",
    "faults.jobs",
    "psycopg",
    "pymysql",
    "sqlalchemy.dialects.mysql.asyncmy",
    "sqlalchemy.dialects.mysql.pymysql",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "sqlalchemy.ext.asyncio",
)

INTERNAL = 70
"""The exit code of a job that ended with an exception of its own."""


class Child:
    """A process that was forked here, and what it has said through its pipe."""

    def __init__(self, job: dict[str, Any], gate: int, others: list[int]) -> None:
        self.background = bool(job.get("background"))
        self.ready = False
        self.reports: list[list[Any]] = []
        self.code: int | None = None
        self.timed_out = False
        self.ended_at = 0.0
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self.pipe, writing = os.pipe()
        self._unread = b""
        self.pid = os.fork()
        if not self.pid:
            for descriptor in (*others, self.pipe):
                os.close(descriptor)
            _be(job, gate, writing, self._output.fileno())
        os.close(writing)

    def read(self) -> None:
        """Take what has come through the pipe; at its end, wait for the process."""
        data = os.read(self.pipe, 1 << 16)
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            report = json.loads(line)
            self.ready |= report[0] == "ready"
            self.reports.append([*report, time.monotonic()])
        if not data:
            _, status = os.waitpid(self.pid, 0)
            self.code, self.ended_at = os.waitstatus_to_exitcode(status), time.monotonic()
            os.close(self.pipe)

    def send(self, number: int) -> bool:
        """Send a signal, unless the process has been waited for."""
        if self.code is not None:
            return False
        os.kill(self.pid, number)
        return True

    def answer(self, begun: float) -> dict[str, Any]:
        """How it ended."""
        self._output.seek(0)
        text = self._output.read().decode(errors="replace")
        self._output.close()
        return {
            "code": self.code,
            "timed_out": self.timed_out,
            "output": text,
            "seconds": self.ended_at - begun,
            "reports": [[*report[:-1], report[-1] - begun] for report in self.reports],
        }


def _be(job: dict[str, Any], gate: int, pipe: int, output: int) -> None:
    """The life of a forked process; it does not return."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    code = INTERNAL
    try:

        def report(what: str, *values: Any) -> None:
            os.write(pipe, json.dumps([what, *values]).encode() + b"\n")

        def pass_gate() -> None:
            report("ready")
            os.read(gate, 1)  # ends when the launcher closes its end

        module, _, function = job["call"].rpartition(".")
        call: Callable[..., int | None] = getattr(importlib.import_module(module), function)
        code = call(report, pass_gate, **job.get("arguments", {})) or 0
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code & 255)


def perform(request: dict[str, Any], requests: int) -> list[dict[str, Any]]:
    """Run the jobs of one request to their ends."""
    waiting, gate = os.pipe()
    children: list[Child] = []
    for job in request["jobs"]:
        # A child must not hold the gate's other end, nor the pipes of those before it.
        children.append(Child(job, waiting, [gate, *(child.pipe for child in children)]))
    os.close(waiting)
    deadline = time.monotonic() + request.get("timeout", 100)
    while any(not child.ready and child.code is None for child in children) and time.monotonic() < deadline:
        _listen(children, 0.1, requests)
    begun = time.monotonic()
    os.close(gate)
    kills = list(request.get("kills", ()))
    while any(child.code is None for child in children):
        now = time.monotonic()
        dues = [_due(kill, children, begun) for kill in kills]
        for kill, due in [*zip(kills, dues, strict=True)]:
            if due <= now:
                kills.remove(kill)
                _kill(children, kill["job"])
        _end_what_is_left(children, now > deadline)
        _listen(children, max(0.0, min([0.5, *(due - now for due in dues)])), requests)
    return [child.answer(begun) for child in children]


def _end_what_is_left(children: list[Child], too_late: bool) -> None:
    if too_late:
        for child in children:
            child.timed_out |= child.send(signal.SIGKILL)
    elif all(child.code is not None for child in children if not child.background):
        for child in children:
            child.send(signal.SIGTERM)


def _kill(children: list[Child], which: int | str) -> None:
    """Kill one: by its number, or the one that was the last to say that it had applied a revision."""
    if which == "leader":
        applied = [(child.reports[-1][-1], child) for child in children if _applies(child)]
        if applied:
            max(applied, key=lambda pair: pair[0])[1].send(signal.SIGKILL)
    else:
        children[int(which)].send(signal.SIGKILL)


def _due(kill: dict[str, Any], children: list[Child], begun: float) -> float:
    """When to kill: so long after the start, or after somebody has reported what is waited for."""
    if not kill["on"]:
        return begun + float(kill["after"])
    times = [report[-1] for child in children for report in child.reports if report[0] == kill["on"]]
    return float(min(times, default=math.inf) + kill["after"])


def _applies(child: Child) -> bool:
    return child.code is None and bool(child.reports) and child.reports[-1][0] == "applied"


def _listen(children: list[Child], seconds: float, requests: int) -> None:
    """Read what the children say. Whoever asked for them may be gone: then they are ended."""
    pipes = {child.pipe: child for child in children if child.code is None}
    readable, _, _ = select.select([*pipes, requests], [], [], seconds)
    for pipe in readable:
        if pipe in pipes:
            pipes[pipe].read()
        elif pipe == requests:
            for child in children:
                child.send(signal.SIGKILL)
            sys.exit("whoever asked is gone")


def _rooms() -> list[str]:
    """All modules of whimbrel."""
    import whimbrel

    modules = [module.name for module in pkgutil.walk_packages(whimbrel.__path__, "whimbrel.")]
    return [name for name in modules if not name.endswith("__main__")]


def main() -> None:
    """Answer requests until standard input ends."""
    for number in (signal.SIGINT, signal.SIGHUP):  # which a shell or nohup may have made ignored, for all below
        signal.signal(number, signal.SIG_DFL)
    tests = str(Path(__file__).resolve().parent.parent)
    sys.path[:] = [tests, *(path for path in sys.path if path not in (tests, str(Path(__file__).resolve().parent)))]
    for name in (*PRELOAD, *_rooms()):
        try:
            importlib.import_module(name)
        except Exception as error:  # a job that needs it fails, and says so
            print(f"cannot import {name}: {error}", file=sys.stderr)
    requests, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    unread = b""
    while data := os.read(requests, 1 << 16):
        *lines, unread = (unread + data).split(b"\n")
        for line in lines:
            os.write(answers, json.dumps(perform(json.loads(line), requests)).encode() + b"\n")


if __name__ == "__main__":
    main()
