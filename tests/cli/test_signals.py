"""Signals, where they are listened to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import started
from support.projects import linear, native_project
from whimbrel.cli import bounds

WAITS = """
import threading
from whimbrel.cli.bounds import First
from whimbrel.cli.signals import Signals
from whimbrel.interruption import Interruption

interruption = Interruption()
interruption.use(threading.Event().wait)  # the server that is asked to give it up does not answer
with Signals(interruption, lambda text: print(text, flush=True), First()), interruption:
    print("with the server", flush=True)
    threading.Event().wait()
"""


def test_the_second_signal_ends_the_process_though_the_server_does_not_answer() -> None:
    with started(sys.executable, "-c", WAITS, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "with the server\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline().startswith("stopping: ")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 128 + signal.SIGINT


def test_a_signal_that_comes_twice_at_once_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """`timeout` sends it to the process and to its group. Somebody who has lost patience takes longer."""
    now = [1000.0]
    monkeypatch.setattr(bounds, "monotonic", lambda: now[0])
    first = bounds.First()
    assert first.is_it(signal.SIGINT)
    assert first.is_it(signal.SIGINT)
    assert not first.is_it(signal.SIGTERM)
    now[0] += 1
    assert not first.is_it(signal.SIGINT)
    assert first.number == signal.SIGINT


LIBRARY = """
import sys

def answer():
    try:
        print("begun", flush=True)
        sys.stdin.readline()
        print("read", flush=True)
    except KeyboardInterrupt:
        print("cut off", flush=True)
        raise
"""
IN_A_LIBRARY = """
from whimbrel.cli import signals
from whimbrel.cli.bounds import First
from whimbrel.interruption import Interruption
import library

signals._PATIENCE = {patience}
try:
    with signals.Signals(Interruption(), print, First()):
        library.answer()
        while True:
            pass
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize(("patience", "then"), [(600, ["read", "interrupted"]), (0, ["cut off", "interrupted"])])
def test_a_library_is_let_come_to_an_end_within_reason(patience: int, then: list[str], tmp_path: Path) -> None:
    """Drivers would leave half an answer on the connection, and SQLAlchemy's pool logs a traceback."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "library.py").write_text(LIBRARY)
    code = IN_A_LIBRARY.format(patience=patience)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with started(sys.executable, "-c", code, env={**os.environ, "PYTHONPATH": str(folder)}, **pipes) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        if patience:
            process.stdin.write("an answer\n")
            process.stdin.flush()
        assert process.stdout.read().splitlines() == then


NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
COMMAND = """
import os, sys
from whimbrel.cli import {module}

stock = {module}.{name}
def signalled(*arguments, **options):
    os.kill(os.getpid(), {number})
    return stock(*arguments, **options)
{module}.{name} = signalled
from whimbrel.cli import main
sys.argv[1:] = {arguments}
sys.exit(main())
"""


def command(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=100)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("arguments", [["drift"], ["verify"], ["stamp", "aaaa"], ["check"], ["upgrade"], ["history"]])
def test_a_signal_while_a_command_begins(arguments: list[str], number: int, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    where = {"module": "line", "name": "_parsed"}
    done = command(folder, COMMAND.format(**where, number=int(number), arguments=arguments))
    assert (done.returncode, done.stdout) == (128 + number, "")
    assert done.stderr.splitlines()[:2] == ["error[WB409]: interrupted", "  state: nothing was changed"]
    assert not (folder / "app.db").exists()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_while_it_is_told_what_was_done_changes_nothing(number: int, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    where = {"module": "running", "name": "_report"}
    done = command(folder, COMMAND.format(**where, number=int(number), arguments=["upgrade"]))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "main  base -> aaaa  (1 revision, verified)\n"
    assert "error" not in done.stderr


AT_THE_END = """
import os, sys
from whimbrel.cli import main

class Last:
    def __del__(self, kill=os.kill, process=os.getpid()):
        kill(process, {number})

last = Last()  # Python takes the module apart when it ends
sys.argv[1:] = {arguments}
sys.exit(main())
"""


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("arguments", [["heads"], ["upgrade"]])
def test_a_signal_while_the_interpreter_ends_changes_nothing(arguments: list[str], number: int, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    done = command(folder, AT_THE_END.format(number=int(number), arguments=arguments))
    assert done.returncode == 0, done.stderr
    assert "aaaa" in done.stdout
